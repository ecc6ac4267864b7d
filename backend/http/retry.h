/* SPDX-License-Identifier: MIT */
/*
 * Whether to try again, and when: AWS's standard mode (backend/lambda/NOTES.md section 8.2) plus what a polite
 * client does with Retry-After and with a bare 429. Pure: no clock, no randomness, no network.
 */
#ifndef ALIASFS_HTTP_RETRY_H
#define ALIASFS_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

/* What kind of end an attempt had. */
enum retry_class {
	RETRY_SUCCESS,   /* 2xx */
	RETRY_THROTTLED, /* the server did nothing and says so */
	RETRY_TRANSIENT, /* 5xx, resets, DNS: may go better */
	RETRY_TIMED_OUT, /* transient too, and expensive: costs twice the tokens */
	RETRY_PERMANENT, /* saying it again changes nothing */
};

/* The class of an answer: AWS's code wins over the status. `code` "" when there is none. */
enum retry_class retry_classify(int http_status, const char *code);

/* What AWS's code and the status mean to us. Never LAMBDA_OK. The caller words a 409 of `operation`. */
enum lambda_status retry_status(int http_status, const char *code);

#define RETRY_QUOTA 500
#define RETRY_COST 5
#define RETRY_COST_TIMED_OUT 10

/* One client's bucket of retries: a server in trouble does not get three requests for each call. */
struct retry_quota {
	unsigned int tokens;
};

/* What there is to know about an attempt that is over. */
struct retry_facts {
	enum retry_class class;
	unsigned int attempt;      /* that ended: 1 is the first */
	unsigned int attempts_max; /* in all */
	double random;             /* in [0, 1) */
	int64_t retry_after_ms;    /* what the server asked for; 0: nothing */
	int64_t left_ms;           /* until the caller's deadline */
};

struct retry_decision {
	bool again;
	int64_t delay_ms;
};

/*
 * Decides, taking the cost of another try out of the bucket. Full jitter: random * 2^(n-1) seconds, at
 * most 20; never less than Retry-After; not when the deadline would be over first.
 */
struct retry_decision retry_decide(struct retry_quota *quota, const struct retry_facts *facts);

/* Gives tokens back after a success: `cost` of the last retry, or 1 when the first try succeeded. */
void retry_refund(struct retry_quota *quota, unsigned int cost);

/*
 * Milliseconds of Lambda's Retry-After (seconds; exchange.c turns a moment into them) or x-amz-retry-after
 * (milliseconds); the texts may be "". 0 when there is nothing usable. Not cut: who is asked to stay away
 * for an hour does not come back after 20 s, but gives up at once.
 */
int64_t retry_after_ms(const char *retry_after, const char *amz_retry_after);

#endif
