/* SPDX-License-Identifier: MIT */
/*
 * A request to a service of AWS as it goes on the wire: the URL, the headers, and AWS's signature where it has one.
 * Nothing here blocks.
 */
#ifndef ALIASFS_HTTP_SIGNED_H
#define ALIASFS_HTTP_SIGNED_H

#include "backend/base/buffer.h"
#include "backend/config/endpoint.h"
#include "backend/http/exchange.h"
#include "backend/http/sigv4.h"

#define SIGNED_HEADERS_MAX 6 /* of the caller's own */

/* Who signs, for what. All borrowed. */
struct signer {
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token; /* NULL: none */
	const char *region;
	const char *service;
	int64_t now_s; /* seconds since the epoch, by the server's clock */
};

/* What is to be sent. All borrowed; zero what is not needed. */
struct signed_parts {
	const char *method;
	const struct endpoint *endpoint;
	const char *path;                  /* encoded, behind the endpoint's own */
	const char *query;                 /* encoded, NULL: none */
	const struct http_header *headers; /* beside Host and those of the signature; signed */
	size_t header_count;               /* at most SIGNED_HEADERS_MAX */
	const char *body;                  /* NULL: none */
	size_t body_length;
	const struct http_body_source *source; /* in the place of the body; NULL: none */
	const struct signer *signer;           /* NULL: not signed */
};

struct signed_request {
	struct http_request
		http; /* deadline, sink and what else is not said above are the caller's to set */
	/* what it borrows */
	struct buffer path, url, authorization;
	char date[SIGV4_DATE_SIZE];
	struct http_header headers[SIGNED_HEADERS_MAX + 6];
};

/*
 * Writes and signs. The result borrows from the parts and is not to be moved; signed_request_release() in any case,
 * which wipes the signature. 0, -ENOMEM, -EFBIG, -EIO (OpenSSL refused).
 */
int signed_request_build(
	struct signed_request *request, const struct signed_parts *parts) must_check;
void signed_request_release(struct signed_request *request);

#endif
