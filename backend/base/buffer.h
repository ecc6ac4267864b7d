/* SPDX-License-Identifier: MIT */
/*
 * Growing byte buffers, each with a maximum that is stated when it is made: nothing that comes from
 * the network, a file or a caller can grow without bound. No function here locks, and only
 * those that read a file block; a buffer belongs to one thread at a time.
 */
#ifndef ALIASFS_BASE_BUFFER_H
#define ALIASFS_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

#include "backend/base/cleanup.h"

/*
 * `data` holds `length` bytes and is always followed by a NUL, except that it is NULL until the
 * first byte is appended: use buffer_text() where a string is wanted.
 */
struct buffer {
	char *data;
	size_t length;
	size_t capacity;
	size_t maximum; /* bytes that it may hold, without the NUL */
};

#define BUFFER_INIT(maximum_bytes)                                                                 \
	{                                                                                          \
		.data = NULL, .length = 0, .capacity = 0, .maximum = (maximum_bytes)               \
	}

/* Appends `length` bytes. 0, -EFBIG when the maximum would be passed (nothing is appended), -ENOMEM. */
int buffer_append(struct buffer *buffer, const void *data, size_t length) must_check;

/* Appends the string, without its NUL. Errors as buffer_append(). */
int buffer_append_string(struct buffer *buffer, const char *text) must_check;

/* Appends one byte. Errors as buffer_append(). */
int buffer_append_byte(struct buffer *buffer, char byte) must_check;

/* Appends what printf(3) would print. Errors as buffer_append(). */
int buffer_appendf(struct buffer *buffer, const char *format, ...) must_check printf_like(2, 3);

/*
 * Appends all that the descriptor gives until its end. Blocks as read(2). 0, -errno of read(2), or as buffer_append();
 * what was appended before an error stands.
 */
int buffer_append_descriptor(struct buffer *buffer, int descriptor) must_check;

/* Appends the file at `path` below `directory` (AT_FDCWD: the working directory). -errno of open(2), or as above. */
int buffer_append_file(struct buffer *buffer, int directory, const char *path) must_check;

/* The content as a string: "" while nothing was appended. Belongs to the buffer. */
const char *buffer_text(const struct buffer *buffer);

/* Forgets the content and keeps the memory. */
void buffer_reset(struct buffer *buffer);

/* Frees the memory; the buffer can be used again. For cleanup(buffer_release). */
void buffer_release(struct buffer *buffer);

/* As buffer_release(), wiping the bytes first: for keys, tokens and signed requests. */
void buffer_release_secret(struct buffer *buffer);

/*
 * Hands the content over as a malloc'ed, NUL-terminated string that the caller frees; *ret_length
 * (may be NULL) is its length. NULL when out of memory. The buffer is empty afterwards.
 */
char *buffer_detach(struct buffer *buffer, size_t *ret_length);

#endif
