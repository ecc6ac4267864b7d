/* SPDX-License-Identifier: MIT */
#include "fs/commands/redact_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/stat.h>

static int write_complaint(struct buffer *message, int error, const char *path, const char *what)
{
	if (buffer_appendf(message, "the key of env=redact, '%s': %s", path, what))
		return -ENOMEM;
	return -error;
}

/* Makes DIR and DIR/aliasfs, as far as they are missing. */
static int default_path(char path[PATH_MAX], struct buffer *message)
{
	const char *configuration = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	const struct passwd *entry;
	char directory[PATH_MAX - 32];

	if (configuration && *configuration == '/') {
		snprintf(directory, sizeof(directory), "%s", configuration);
	} else {
		if (!home || *home != '/') {
			entry = getpwuid(geteuid());
			home = entry ? entry->pw_dir : NULL;
		}
		if (!home)
			return write_complaint(message, ENOENT, "~/.config/aliasfs/redact.key",
				"there is no home directory; name a file with redact_key=FILE");
		snprintf(directory, sizeof(directory), "%s/.config", home);
	}
	mkdir(directory, 0700); /* a failure shows when the file is opened */
	snprintf(path, PATH_MAX, "%s/aliasfs", directory);
	mkdir(path, 0700);
	snprintf(path, PATH_MAX, "%s/aliasfs/redact.key", directory);
	return 0;
}

/* Written under another name first: two mounts that start at once take the same key. */
static int make_file(const char *path)
{
	unsigned char key[REDACT_KEY_SIZE];
	char temporary[PATH_MAX];
	int file, error = 0;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	file = mkostemp(temporary, O_CLOEXEC); /* of mode 0600 */
	if (file < 0)
		return -errno;
	if (write(file, key, sizeof(key)) != sizeof(key) || fsync(file))
		error = -EIO;
	else if (link(temporary, path) && errno != EEXIST)
		error = -errno;
	explicit_bzero(key, sizeof(key));
	unlink(temporary);
	close(file);
	return error;
}

/* Never blocks: a FIFO opens at once, and is refused afterwards. */
static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int redact_key_load(const char *path, unsigned char key[REDACT_KEY_SIZE], struct buffer *message)
{
	cleanup(close_descriptor) int file = -1;
	char own_path[PATH_MAX];
	struct stat status;
	int error;

	if (!path) {
		error = default_path(own_path, message);
		if (error)
			return error;
		path = own_path;
	}
	file = open_file(path);
	if (file < 0 && errno == ENOENT) {
		error = make_file(path);
		if (error)
			return write_complaint(message, -error, path, strerrordesc_np(-error));
		file = open_file(path);
	}
	if (file < 0 && errno != ENXIO)
		return write_complaint(message, errno, path, strerrordesc_np(errno));
	/* open(2) of a socket fails with ENXIO */
	if (file < 0 || fstat(file, &status) || !S_ISREG(status.st_mode))
		return write_complaint(message, EINVAL, path, "this is no plain file");
	if (status.st_mode & 077)
		return write_complaint(message, EPERM, path,
			"this must be a file that no other user may read: chmod 600 it");
	if (read(file, key, REDACT_KEY_SIZE) != REDACT_KEY_SIZE ||
		status.st_size != REDACT_KEY_SIZE)
		return write_complaint(message, EINVAL, path, "this is not a key of 32 bytes");
	return 0;
}
