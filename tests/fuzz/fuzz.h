/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is one function over bytes that must neither crash, nor leak, nor break a promise of
 * the header it tests. libFuzzer calls it with bytes of its own making (the long suite), replay.c
 * with those of the corpus (the quick one).
 */
#ifndef ALIASFS_TESTS_FUZZ_H
#define ALIASFS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, with or without NDEBUG. */
#define PROMISE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__,         \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The bytes as a string of their own size, so that reading behind the end is seen; the caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	PROMISE(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
