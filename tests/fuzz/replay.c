/* SPDX-License-Identifier: MIT */
/* Runs a target over the files of a directory, and over each beginning of each file. */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define FILE_MAX 65536
#define PREFIXES_MAX 2048 /* of one file */

static void run_with_beginnings(const uint8_t *data, size_t size)
{
	size_t length;

	LLVMFuzzerTestOneInput(data, size);
	for (length = 0; length < size && length < PREFIXES_MAX; length++) {
		/* In memory of just that size: what reads behind it is caught. */
		uint8_t *copy = malloc(length ? length : 1);

		PROMISE(copy);
		memcpy(copy, data, length);
		LLVMFuzzerTestOneInput(copy, length);
		free(copy);
	}
}

static void run_file(int directory, const char *name)
{
	static uint8_t data[FILE_MAX];
	int descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	PROMISE(descriptor >= 0);
	size = read(descriptor, data, sizeof(data));
	PROMISE(size >= 0);
	close(descriptor);
	run_with_beginnings(data, (size_t)size);
}

int main(int count, char **arguments)
{
	struct dirent *entry;
	unsigned int files = 0;
	DIR *directory;

	PROMISE(count == 2);
	directory = opendir(arguments[1]);
	PROMISE(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		run_file(dirfd(directory), entry->d_name);
		files++;
	}
	closedir(directory);
	PROMISE(files > 0);
	return 0;
}
