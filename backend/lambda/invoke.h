/* SPDX-License-Identifier: MIT */
/*
 * Invoke: runs a function and waits for its answer. The request is sent once, even if the answer is lost: the API does
 * not say whether a function has run, and running it twice may do harm. It is sent again only where no connection
 * came to be, or where AWS refused the clock or the credentials of the first one (backend/aws/request.h). Too many
 * running at once (429) is returned, not retried: nothing ran, and the caller may try again.
 *
 * It has no rate: AWS limits concurrent invocations, not requests.
 */
#ifndef ALIASFS_LAMBDA_INVOKE_H
#define ALIASFS_LAMBDA_INVOKE_H

#include "backend/lambda/lambda.h"

#define LAMBDA_PAYLOAD_MAX 6291456 /* bytes of a payload: AWS's 6 MB */
#define LAMBDA_ANSWER_MAX 6291556  /* bytes of an answer; AWS makes more an error of the function */
#define LAMBDA_LOG_TAIL_MAX 4096   /* bytes: the end of the log */
#define LAMBDA_INVOKE_MS 900000    /* AWS's longest time for a function */

/* How an invocation ended that AWS answered with success: the function has run. */
struct lambda_invocation {
	int status; /* HTTP's: 200 */
	char executed_version
		[LAMBDA_VERSION_TEXT_SIZE]; /* what ran, also of an alias with weights; "" unknown */
	char function_error
		[32]; /* "Unhandled": the payload says what the function failed with; "" it did not */
	char request_id[64];
	struct buffer log;     /* the end of what it logged, at most LAMBDA_LOG_TAIL_MAX bytes */
	struct buffer payload; /* what the function answered */
};

void lambda_invocation_release(struct lambda_invocation *invocation);

/*
 * Invoke of that version or alias with a payload of `length` bytes (0: none), and waits until the function has ended,
 * until scope->read_deadline_ms, or within 100 ms of the interruption; the function then runs on. On success
 * *ret_invocation is filled, also where the function failed, and the caller releases it. LAMBDA_TOO_LARGE: the payload
 * is over LAMBDA_PAYLOAD_MAX, and nothing was sent. reterr->outcome_unknown: it may have run. An HTTP
 * status of 200 in *reterr: it has, but the answer is larger than LAMBDA_ANSWER_MAX.
 */
enum lambda_status lambda_invoke(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *qualifier, const char *payload, size_t length,
	struct lambda_invocation *ret_invocation, struct lambda_error *reterr) must_check;

#endif
