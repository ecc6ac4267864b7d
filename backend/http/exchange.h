/* SPDX-License-Identifier: MIT */
/*
 * One HTTP exchange: a request out, an answer or the reason why there is none. The only user of
 * libcurl. It does not sign, retry, pace or read bodies: backend/aws/request.h does.
 *
 * A pool holds so many handles as its options say, each used by one caller at a time and keeping its
 * connection for the next. The pool's mutex is held only to take and give back a slot, never
 * across the network. Redirects are not followed, compressed bodies not asked for and refused,
 * TLS is 1.2 or newer and always verified.
 *
 * libcurl sends a request again by itself when a kept connection turns out dead. That is stopped
 * here, since the server may have acted on the first copy: the caller decides about every sending.
 */
#ifndef ALIASFS_HTTP_EXCHANGE_H
#define ALIASFS_HTTP_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"
#include "backend/http/body_source.h"
#include "backend/http/failure.h"
#include "backend/http/sigv4.h"

#define HTTP_BODY_MAX (8 * 1024 * 1024) /* bytes of an answer's body */
#define HTTP_HEADERS_MAX (64 * 1024)    /* bytes of an answer's headers in all */
#define HTTP_POOL_SLOTS 32
#define HTTP_POOL_SLOTS_MAX 64
#define HTTP_STEP_MS 50 /* how soon an interruption is seen */

struct http_pool;

struct http_pool_options {
	size_t slots; /* exchanges at a time, at most HTTP_POOL_SLOTS_MAX; HTTP_POOL_SLOTS is usual */
	bool keeps_none; /* a new connection each: of a kept one that is dead it is unknown what arrived */
	int64_t connect_timeout_ms;
	const char *
		ca_bundle; /* the absolute path of the only authorities; NULL: the system's. Copied. */
};

/* Must not be called before a fork. NULL when out of memory or when libcurl cannot start. */
struct http_pool *http_pool_new(const struct http_pool_options *options) must_check;
/* No exchange may be under way. */
void http_pool_free(struct http_pool *pool);
DEFINE_CLEANUP(struct http_pool *, http_pool_free);

/* A header of the answer whose value is wanted: `text` becomes "" where it is absent, too long, or no printable ASCII. */
struct http_wanted_header {
	const char *name; /* in any case */
	char *text;
	size_t size; /* bytes of `text`, at least 1 */
};

/* All pointers are borrowed for the length of the exchange. */
struct http_request {
	const char *method;
	const char *url;                   /* absolute, encoded */
	const char *unix_socket;           /* connect there instead; NULL: by the URL */
	bool direct;                       /* never through a proxy */
	const struct http_header *headers; /* Host too */
	size_t header_count;
	const void *body; /* NULL: none */
	size_t body_length;
	/*
	 * In the place of the body, or NULL. While a part of it has not been handed over, any failure is one of a request
	 * that was not sent; from then on an interruption does not end the exchange any more.
	 */
	const struct http_body_source *source;
	size_t body_maximum; /* bytes of the answer's body, at most HTTP_BODY_MAX */
	const struct http_wanted_header *wanted; /* beside those of struct http_response */
	size_t wanted_count;
	/*
	 * Takes the body of a 200 piece by piece instead, without that maximum; other answers' bodies are
	 * kept as always. Anything but 0 ends the exchange. May be NULL.
	 */
	int (*sink)(void *sink_data, const void *bytes, size_t length);
	void *sink_data;
	int64_t deadline_ms;            /* clock_monotonic_ms() */
	const atomic_bool *interrupted; /* NULL: cannot be interrupted */
	_Atomic uint64_t *sendings;     /* NULL, or counted up when the request goes on the wire */
};

/*
 * An answer. Texts are "" where the header is absent, too long, or no printable ASCII. The body of a
 * compressed answer is empty, unless a sink took it.
 */
struct http_response {
	int status;
	struct buffer body;
	char request_id[64];
	char error_type[128];
	char retry_after[32];    /* seconds, also where the server named a moment */
	char retry_after_ms[32]; /* x-amz-retry-after: milliseconds */
	char content_encoding[32];
	int64_t date; /* the Date header in seconds since the epoch; 0: none */
};

void http_response_release(struct http_response *response);

/*
 * Blocks until the answer is complete, the deadline, or (within 100 ms) the interruption. LAMBDA_OK
 * whatever the HTTP status is, and *ret_response is the caller's to release; else *ret_failure.
 */
enum lambda_status http_exchange(struct http_pool *pool, const struct http_request *request,
	struct http_response *ret_response, struct http_failure *ret_failure) must_check;

#endif
