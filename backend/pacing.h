/* SPDX-License-Identifier: MIT */
/*
 * When a call may be made. AWS allows 15 control-plane calls a second for the whole account, and
 * GetFunction 100 of its own (lambda-api.md section 7); reads are held to `rate`, writes go first and
 * may borrow a little. After a throttle the rate is cut and grows back slowly, as AWS's adaptive
 * mode does it (section 8.4). Pure: the time is an argument; the caller waits and locks.
 */
#ifndef ALIASFS_PACING_H
#define ALIASFS_PACING_H

#include <stdbool.h>
#include <stdint.h>

#define PACING_RATE 10.0               /* control-plane calls a second, unless told otherwise */
#define PACING_GET_FUNCTION_RATE 100.0 /* AWS's own limit for it */

enum pacing_kind {
	PACING_READ,
	PACING_WRITE,
	PACING_GET_FUNCTION,
};

struct pacing_bucket {
	double capacity; /* calls that may go at once */
	double tokens;   /* below 0 when writes have borrowed */
	int64_t filled_ms;
};

struct pacing {
	double rate; /* calls a second; 0: as many as wanted until AWS throttles */
	struct pacing_bucket calls, get_function;
	unsigned int waiting_writes; /* reads stand back meanwhile */
	/* what is sent, measured in half seconds */
	int64_t period; /* the number of the current half second */
	double period_calls;
	double measured; /* calls a second, smoothed */
	/* after a throttle */
	bool throttled;
	double adaptive_rate;
	double rate_at_throttle;
	int64_t throttled_ms;
};

/* `rate` 0: no limit of our own. */
void pacing_init(struct pacing *pacing, double rate, int64_t now_ms);

/*
 * Takes a place if there is one: 0, and the call may go now; else the milliseconds after which to ask
 * again.
 */
int64_t pacing_take(struct pacing *pacing, enum pacing_kind kind, int64_t now_ms);

/* What the answer said: `throttled`, or anything else. */
void pacing_learn(struct pacing *pacing, bool throttled, int64_t now_ms);

#endif
