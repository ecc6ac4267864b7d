/* SPDX-License-Identifier: MIT */
/*
 * The body of a request that is made while it is sent, and is never whole in memory. Its length and SHA-256 are known
 * before, since they are sent and signed.
 */
#ifndef ALIASFS_HTTP_BODY_SOURCE_H
#define ALIASFS_HTTP_BODY_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/cleanup.h"
#include "backend/http/sigv4.h"

struct http_body_source {
	uint64_t length; /* bytes, at least 1 */
	/*
	 * Writes up to `size` of the bytes from `offset` on, which is below the length: how many, at least 1, or -errno.
	 * The same offset always gives the same bytes. Called by the thread that waits for the answer; may read files.
	 */
	ssize_t (*read)(void *data, uint64_t offset, void *bytes, size_t size);
	void *data;
	char digest[SIGV4_DIGEST_SIZE]; /* http_body_source_hash() */
};

/*
 * Reads it from end to end and fills the digest. 0, -EINTR (*interrupted became true; it may be NULL), -ENOMEM, -EIO
 * (OpenSSL refused), or what `read` gave.
 */
int http_body_source_hash(
	struct http_body_source *source, const atomic_bool *interrupted) must_check;

/* How far one sending of a body has come. */
struct http_body_sending {
	const struct http_body_source *source; /* NULL: the body is no source */
	const atomic_bool *interrupted;        /* or NULL */
	uint64_t offset;                       /* of the next byte to hand over */
	int error; /* why there are no more: -EINTR, or what `read` gave; 0 */
};

/* Whether a part of the body has not been handed over: the server cannot carry out such a request. */
bool http_body_sending_is_incomplete(const struct http_body_sending *sending);

/*
 * Hands over the next bytes: how many, 0 at the end, or -errno, also in sending->error. An interruption ends it before
 * the last byte, never after.
 */
ssize_t http_body_sending_read(
	struct http_body_sending *sending, void *bytes, size_t size) must_check;

#endif
