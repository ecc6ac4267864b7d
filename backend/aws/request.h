/* SPDX-License-Identifier: MIT */
/*
 * One signed request to any AWS service with everything that surrounds it: rate_limit, credentials, signature,
 * the exchange, reading of errors, retries, clock correction. Which calls a service has is not known here.
 *
 *   aws_request ─► rate_limit ─► credentials ─► sigv4 ─► http_exchange ─► retry ─┐
 *        ▲                                                                  │
 *        └──────────────────────────── again ◄──────────────────────────────┘
 */
#ifndef ALIASFS_AWS_REQUEST_H
#define ALIASFS_AWS_REQUEST_H

#include "backend/aws/client.h"
#include "backend/base/json.h"
#include "backend/base/scope.h"
#include "backend/http/exchange.h"
#include "backend/http/retry.h"

#define AWS_REQUEST_HEADERS_MAX 4

/* What is asked. All borrowed; `path` is encoded and starts behind the endpoint's own path. */
struct aws_request {
	const char *service; /* as it is signed: "lambda" */
	const struct endpoint *endpoint;
	const char *operation; /* static: the client counts by it */
	const char *method;
	const char *path;
	const char *query; /* encoded, NULL: none */
	const char *body;  /* NULL: none */
	size_t body_length;
	/*
	 * In the place of the body, or NULL. Such a mutation has all the time of its deadline but 10 s for one attempt, and
	 * scope->interrupted ends it until its last byte has been handed over: it has not happened then.
	 */
	const struct http_body_source *source;
	const char *content_type; /* of the body; NULL: application/json */
	const char *
		target; /* X-Amz-Target, of a request with a body, for services that name the operation there; NULL: none */
	const struct http_header *headers;       /* other ones, signed as well */
	size_t header_count;                     /* at most AWS_REQUEST_HEADERS_MAX */
	const struct http_wanted_header *wanted; /* of the answer; filled by the last attempt */
	size_t wanted_count;
	enum rate_limit_kind rate_limit;
	bool mutation;
	/*
	 * What is not to happen twice and cannot be read back, as an invocation: sent again only where it certainly did
	 * not reach the service (no connection), or where that refused the clock or the credentials. Throttled is
	 * refused. Its one attempt has the whole of the read deadline, and an interruption ends the waiting.
	 */
	bool once;
};

/* The attempts at one request; starts zeroed and is kept when the request is made again. */
struct aws_tries {
	unsigned int attempt; /* made so far */
	unsigned int cost;    /* retry tokens that the last one took */
	bool clock_corrected;
	bool credentials_renewed;
	unsigned int throttled; /* attempts that were refused for being too many */
	/* about the last attempt */
	enum retry_class class;
	int64_t retry_after_ms;
	bool again; /* to be made again, and not as a retry: the clock was wrong, or the credentials */
	bool lost; /* a mutation, or what goes once, that may have happened: not repeated by aws_request() */
	bool answered; /* lost, but the server did answer: with 5xx, or unreadable */
};

/*
 * Makes the request until it succeeds, fails for good, or cannot be repeated without knowing more
 * (tries->lost). A success is any 2xx; *ret_response is the caller's to release.
 */
enum lambda_status aws_request(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct aws_tries *tries,
	struct http_response *ret_response, struct lambda_error *reterr) must_check;

/* Whether another try is allowed after the last one; waits the delay out. Reads may be interrupted. */
bool aws_request_again(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct aws_tries *tries);

/* Sleeps at most `ms`, not beyond the deadline; false when that or the interruption came first. */
bool aws_request_sleep(const struct call_scope *scope, bool mutation, int64_t ms);

/* The same request read as JSON; for reads. */
enum lambda_status aws_request_json(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct json **ret_json,
	struct lambda_error *reterr) must_check;

/* Parses the body of an answer; LAMBDA_BAD_ANSWER says what is wrong with it. */
enum lambda_status aws_parse_answer(const struct http_response *response, const char *operation,
	struct json **ret_json, struct lambda_error *reterr) must_check;

#endif
