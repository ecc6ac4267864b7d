/* SPDX-License-Identifier: MIT */
/* One request to one answer: routing, validation, the transaction around a handler. Knows no sockets. */
#ifndef ALIASFS_LOCAL_DISPATCH_H
#define ALIASFS_LOCAL_DISPATCH_H

#include "backend/http/sigv4.h"
#include "backend/local/call.h"
#include "backend/local/fault.h"

#define BODY_MAX_CODE                                                                              \
	70167211 /* bytes: CreateFunction, UpdateFunctionCode (backend/lambda/NOTES.md 4.1) */
#define BODY_MAX_PAYLOAD 6291556 /* bytes: Invoke */
#define BODY_MAX_OTHER 1048576   /* bytes */

/* A request as it was sent. Everything belongs to the caller. */
struct request {
	const char *method;
	const char *target; /* path and query, percent-encoded */
	const struct buffer *body;
	const char *base_url;
	const char *address;               /* the client\'s */
	bool body_too_large;               /* it was read away, not kept */
	bool overloaded;                   /* there was no memory left to keep the body */
	const struct http_header *headers; /* all of them, in their order */
	size_t header_count;
};

/* How many bytes of body a request may have. */
size_t dispatch_body_max(const char *method, const char *target);

/*
 * Answers. Fills `answer` (answer_init() it before), `request_id` and `fault`: what is to happen to
 * the answer on its way (FAULT_NONE, RESET, HANG, TRUNCATE or SLOW). Blocks on the disk.
 */
void dispatch_request(struct plane *plane, const struct request *request, struct answer *answer,
	char request_id[UUID_SIZE], struct fault *fault);

#endif
