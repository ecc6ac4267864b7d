/* SPDX-License-Identifier: MIT */
/*
 * backend/zip/zip.h on the command line:
 *
 *   zip_call verify FILE       prints 0 or the errno, and the sentence
 *   zip_call interrupted FILE  the same, interrupted from the beginning
 *   zip_call flips FILE        changes each byte of a small zip in eight ways; prints the places and values that are
 *                              accepted all the same: "OFFSET VALUE"
 *   zip_call prefixes FILE     prints the lengths at which the file's beginning is accepted
 *   zip_call mixes FILE OLD    the file's beginning over OLD, as an interrupted `rsync --inplace` leaves it: the lengths
 *                              of the beginning that are accepted
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/zip/zip.h"

static char sentence[ZIP_SENTENCE_SIZE];

static void must(int error)
{
	if (error)
		abort();
}

static int copy_of(const char *path, uint64_t *ret_size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), copy = memfd_create("zip", MFD_CLOEXEC);
	char piece[4096];
	ssize_t count;

	must(file < 0 || copy < 0);
	*ret_size = 0;
	while ((count = read(file, piece, sizeof(piece))) > 0) {
		must(write(copy, piece, (size_t)count) != count);
		*ret_size += (uint64_t)count;
	}
	close(file);
	return copy;
}

static void flip(int file, uint64_t size)
{
	unsigned char byte, changed;
	uint64_t at;
	int bit;

	for (at = 0; at < size; at++) {
		must(pread(file, &byte, 1, (off_t)at) != 1);
		for (bit = 0; bit < 8; bit++) {
			changed = (unsigned char)(byte ^ 1 << bit);
			must(pwrite(file, &changed, 1, (off_t)at) != 1);
			if (!zip_verify(file, size, NULL, sentence))
				printf("%llu %u\n", (unsigned long long)at, changed);
		}
		must(pwrite(file, &byte, 1, (off_t)at) != 1);
	}
}

static void mix(int file, uint64_t size, int old, uint64_t old_size)
{
	uint64_t at;
	char byte;

	for (at = 0; at < size; at++) {
		if (!zip_verify(old, at > old_size ? at : old_size, NULL, sentence))
			printf("%llu\n", (unsigned long long)at);
		must(pread(file, &byte, 1, (off_t)at) != 1 ||
			pwrite(old, &byte, 1, (off_t)at) != 1);
	}
}

int main(int count, char **arguments)
{
	static const atomic_bool yes = true;
	uint64_t size, old_size, length;
	int file, old, error;

	must(count < 3);
	file = copy_of(arguments[2], &size);
	if (!strcmp(arguments[1], "flips")) {
		flip(file, size);
	} else if (!strcmp(arguments[1], "prefixes")) {
		for (length = 0; length < size; length++)
			if (!zip_verify(file, length, NULL, sentence))
				printf("%llu\n", (unsigned long long)length);
	} else if (!strcmp(arguments[1], "mixes")) {
		must(count < 4);
		old = copy_of(arguments[3], &old_size);
		mix(file, size, old, old_size);
	} else {
		error = zip_verify(
			file, size, strcmp(arguments[1], "verify") ? &yes : NULL, sentence);
		printf("%d %s\n", -error, sentence);
	}
	return 0;
}
