/* SPDX-License-Identifier: MIT */
#include "backend/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int file_open_unlinked(const char *directory)
{
	int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[PATH_MAX];

	if (file >= 0)
		return file;
	/* Some filesystems have no O_TMPFILE. */
	if (snprintf(path, sizeof(path), "%s/aliasfs-XXXXXX", directory) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	file = mkostemp(path, O_CLOEXEC);
	if (file < 0)
		return -errno;
	unlink(path);
	return file;
}

int file_read_at(int file, void *bytes, size_t length, uint64_t offset)
{
	char *to = bytes;

	while (length) {
		ssize_t count = pread(file, to, length, (off_t)offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? -errno : -EIO;
		to += count;
		offset += (uint64_t)count;
		length -= (size_t)count;
	}
	return 0;
}

int file_write_at(int file, const void *bytes, size_t length, uint64_t offset)
{
	const char *from = bytes;

	while (length) {
		ssize_t count = pwrite(file, from, length, (off_t)offset);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count < 0 ? -errno : -EIO;
		from += count;
		offset += (uint64_t)count;
		length -= (size_t)count;
	}
	return 0;
}
