/* SPDX-License-Identifier: MIT */
/*
 * One request to Lambda with everything that surrounds it: pacing, credentials, signature, the exchange,
 * reading of errors, retries, clock correction. For the lambda*.c files alone.
 *
 *   lambda_request ─► pacing ─► credentials ─► sigv4 ─► http_exchange ─► retry ─┐
 *        ▲                                                                     │
 *        └──────────────────────────── again ◄─────────────────────────────────┘
 *
 * Locks: the client's mutex protects the retry quota, for microseconds. The pacer, the credentials
 * store, the key cache and the pool have their own; none is taken while another is held.
 */
#ifndef ALIASFS_LAMBDA_REQUEST_H
#define ALIASFS_LAMBDA_REQUEST_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/credentials.h"
#include "backend/http.h"
#include "backend/json.h"
#include "backend/lambda.h"
#include "backend/lambda_stats.h"
#include "backend/pacer.h"
#include "backend/retry.h"

struct lambda_client {
	struct settings settings;
	struct environment environment;
	char *unix_socket; /* NULL: the endpoint's address; else nothing is signed */
	struct log *log;
	struct http_pool *pool;
	struct sigv4_key_cache *keys;
	struct credentials_store *credentials;
	struct lambda_stats *stats;
	struct lambda_printer printer; /* of what versions hold; print is NULL when there is none */
	_Atomic uint64_t calls;        /* to Lambda, every attempt on the wire */
	_Atomic int64_t clock_offset_s; /* server's time - ours, when they are far apart */
	struct pacer *pacer;
	pthread_mutex_t mutex;
	struct retry_quota quota; /* protected by mutex */
};

/* What is asked. All borrowed; `path` is encoded and starts behind the endpoint's own path. */
struct lambda_request {
	const char *operation;
	const char *method;
	const char *path;
	const char *query; /* encoded, NULL: none */
	const char *body;  /* NULL: none */
	size_t body_length;
	enum pacing_kind pacing;
	bool mutation;
};

/* The attempts at one request; starts zeroed and is kept when the request is made again. */
struct lambda_tries {
	unsigned int attempt; /* made so far */
	unsigned int cost;    /* retry tokens that the last one took */
	bool clock_corrected;
	bool credentials_renewed;
	unsigned int throttled; /* attempts that were refused for being too many */
	/* about the last attempt */
	enum retry_class class;
	int64_t retry_after_ms;
	bool lost;     /* a mutation that may have happened: not repeated by lambda_request() */
	bool answered; /* lost, but the server did answer: with 5xx or what nobody can read */
};

/*
 * Makes the request until it succeeds, fails for good, or cannot be repeated without knowing more
 * (tries->lost). A success is any 2xx; *ret_response is the caller's to release.
 */
enum lambda_status lambda_request(struct lambda_client *client, const struct call_scope *scope,
	const struct lambda_request *request, struct lambda_tries *tries,
	struct http_response *ret_response, struct lambda_error *reterr) must_check;

/* Whether another try is allowed after the last one; waits the delay out. Reads may be interrupted. */
bool lambda_request_again(struct lambda_client *client, const struct call_scope *scope,
	const struct lambda_request *request, struct lambda_tries *tries);

/* Sleeps at most `ms`, not beyond the deadline; false when that or the interruption came first. */
bool lambda_request_sleep(const struct call_scope *scope, bool mutation, int64_t ms);

/* The same request read as JSON; for reads. */
enum lambda_status lambda_request_json(struct lambda_client *client, const struct call_scope *scope,
	const struct lambda_request *request, struct json **ret_json,
	struct lambda_error *reterr) must_check;

/* Parses the body of an answer; LAMBDA_BAD_ANSWER says what is wrong with it. */
enum lambda_status lambda_parse_answer(const struct http_response *response, const char *operation,
	struct json **ret_json, struct lambda_error *reterr) must_check;

/* GetAlias with its pacing; for reading back. */
enum lambda_status lambda_get_alias_as(struct lambda_client *client, const struct call_scope *scope,
	enum pacing_kind pacing, const char *function, const char *name,
	struct lambda_alias *ret_alias, struct lambda_error *reterr) must_check;

/* GetFunctionConfiguration and ListVersionsByFunction, the same way. */
enum lambda_status lambda_get_version_as(struct lambda_client *client,
	const struct call_scope *scope, enum pacing_kind pacing, const char *function,
	uint64_t version, struct lambda_version *ret_version,
	struct lambda_error *reterr) must_check;
enum lambda_status lambda_list_versions_as(struct lambda_client *client,
	const struct call_scope *scope, enum pacing_kind pacing, const char *function,
	const char *marker, struct lambda_version_page *ret_page,
	struct lambda_error *reterr) must_check;

/* What makes the documents of the versions that are read; NULL: none are made. */
const struct lambda_printer *lambda_client_printer(const struct lambda_client *client);

/*
 * Appends a name as one segment of a path. -EINVAL for "", "." and "..": a server may take those for
 * another path, and DELETE …/aliases/.. for the function itself. 0, -ENOMEM, -EFBIG.
 */
int lambda_append_segment(struct buffer *out, const char *name) must_check;

/* Appends "/2015-03-31/functions/NAME" and `rest`. Errors as lambda_append_segment(). */
int lambda_append_path(struct buffer *out, const char *function, const char *rest) must_check;

#endif
