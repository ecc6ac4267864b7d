/* SPDX-License-Identifier: MIT */
/*
 * AWS Signature Version 4 for requests whose signature travels in the Authorization header
 * (backend/lambda/NOTES.md section 9: libcurl 7.88's own signer is measured wrong). There is one
 * canonicaliser, for every service but S3. Pure functions, the time is an argument.
 *
 * Errors everywhere: 0, -ENOMEM, -EFBIG (over the buffer's maximum), -EIO (OpenSSL refused).
 */
#ifndef ALIASFS_HTTP_SIGV4_H
#define ALIASFS_HTTP_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

#define SIGV4_KEY_SIZE 32    /* bytes of a derived signing key */
#define SIGV4_DATE_SIZE 17   /* "20150830T123600Z" and the NUL */
#define SIGV4_DIGEST_SIZE 65 /* hexadecimal SHA-256 and the NUL */

/* A header as it is sent. */
struct http_header {
	const char *name;
	const char *value;
};

/* What is signed: exactly the bytes that go on the wire. All pointers are borrowed. */
struct sigv4_request {
	const char *method;
	const char *path;  /* percent-encoded as sent, starting with '/'; "" counts as "/" */
	const char *query; /* as sent, without the '?'; NULL or "" when there is none */
	const struct http_header *headers; /* with Host and X-Amz-Date */
	size_t header_count;
	const void *body;
	size_t body_length;
	const char
		*body_digest; /* hexadecimal SHA-256 in the place of the body; NULL: of the body */
	/* When a client's signature is checked: it signed all these headers, those included that we leave out. */
	bool every_header;
};

/* For whom and for when. All pointers are borrowed. */
struct sigv4_scope {
	char date[SIGV4_DATE_SIZE]; /* the value of X-Amz-Date; sigv4_format_date() */
	const char *region;
	const char *service;
};

/* Writes the moment, in seconds since the epoch, as X-Amz-Date wants it. */
void sigv4_format_date(int64_t seconds, char date[SIGV4_DATE_SIZE]);

/* Hexadecimal SHA-256 of the bytes. */
int sigv4_hex_digest(const void *data, size_t length, char digest[SIGV4_DIGEST_SIZE]) must_check;

/*
 * Appends the canonical request to `out` and the names of the signed headers, joined by ';', to
 * `ret_signed`. Headers that proxies change (connection, user-agent, …) are left out.
 */
int sigv4_canonical_request(const struct sigv4_request *request, struct buffer *out,
	struct buffer *ret_signed) must_check;

/* The signing key of a secret for the scope's day, region and service. The caller wipes it. */
int sigv4_derive_key(const char *secret_access_key, const struct sigv4_scope *scope,
	unsigned char key[SIGV4_KEY_SIZE]) must_check;

/* Appends the value of the Authorization header. `key` is the derived one. */
int sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
	const char *access_key_id, const unsigned char key[SIGV4_KEY_SIZE],
	struct buffer *out) must_check;

#endif
