/* SPDX-License-Identifier: MIT */
/*
 * When a call may be made. AWS allows 15 control-plane calls a second for the whole account, and
 * GetFunction 100 of its own and GetPolicy 15 (backend/lambda/NOTES.md section 7), CloudTrail's LookupEvents 2; none
 * slows the others. Reads are held to `rate`, writes go first and may borrow a little. After a throttle the rate is cut and grows back slowly, as AWS's adaptive
 * mode does it (section 8.4). Waiters are served first in, first out. Pure: the time is an argument;
 * rate_limiter.h waits and locks.
 */
#ifndef ALIASFS_AWS_PACING_H
#define ALIASFS_AWS_PACING_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_LIMIT_DEFAULT 10.0 /* control-plane calls a second, the default of -o rate */
#define RATE_LIMIT_MAX 15.0     /* AWS's limit */
#define RATE_LIMIT_GET_FUNCTION_RATE                                                               \
	90.0 /* GetFunction's at the default rate, in proportion at others */
#define RATE_LIMIT_GET_FUNCTION_MAX 100.0 /* AWS's limit for it; it holds up to RATE_LIMIT_MAX */
#define RATE_LIMIT_GET_POLICY_RATE 12.0   /* GetPolicy's, in the same way */
#define RATE_LIMIT_GET_POLICY_MAX 15.0    /* AWS's limit for it */
#define RATE_LIMIT_TRAIL_RATE 2.0         /* CloudTrail's limit for LookupEvents */

enum rate_limit_kind {
	RATE_LIMIT_READ,
	RATE_LIMIT_WRITE, /* and what a change has to look up (call_scope.for_change) */
	RATE_LIMIT_GET_FUNCTION,
	RATE_LIMIT_GET_POLICY,
	RATE_LIMIT_TRAIL, /* LookupEvents: what it takes is not taken from Lambda */
	RATE_LIMIT_KIND_COUNT,
	RATE_LIMIT_NONE, /* no bucket: AWS limits how many run at a time, not how many are asked for */
};

/* A call in the queue. The caller owns it, and takes it out of the queue before freeing it. */
struct rate_limit_waiter {
	enum rate_limit_kind kind;
	struct rate_limit_waiter *next; /* the next in the queue */
};

struct rate_limit_queue {
	struct rate_limit_waiter *first, *last;
};

struct rate_limit_bucket {
	double capacity; /* calls that may go at once */
	double tokens;   /* below 0 when writes have borrowed */
	int64_t filled_ms;
};

/* An operation that AWS counts on its own. */
struct rate_limit_own {
	struct rate_limit_bucket bucket;
	double rate;     /* at most */
	double cut_rate; /* after a throttle of it, … */
	int64_t cut_ms;  /* … at that time */
};

struct rate_limit {
	double rate; /* calls a second; 0: as many as wanted until AWS throttles */
	struct rate_limit_bucket calls, trail;
	struct rate_limit_own get_function, get_policy;
	struct rate_limit_queue queues[RATE_LIMIT_KIND_COUNT];
	unsigned int waiting; /* in all queues */
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
void rate_limit_init(struct rate_limit *rate_limit, double rate, int64_t now_ms);

/* Appends the waiter, whose `kind` is set, to its queue. */
void rate_limit_join(struct rate_limit *rate_limit, struct rate_limit_waiter *waiter);

/* Removes a waiter that gives up from its queue. */
void rate_limit_leave(struct rate_limit *rate_limit, struct rate_limit_waiter *waiter);

/* The first of that queue, if it is its turn: the only waiter to wake when tokens come back. May be NULL. */
struct rate_limit_waiter *rate_limit_next(
	const struct rate_limit *rate_limit, enum rate_limit_kind kind);

#define RATE_LIMIT_OTHERS_FIRST INT64_MAX

/*
 * Takes a token for a waiter that has joined: 0, it has left the queue, and the call may go now. Else the
 * milliseconds after which to ask again, or RATE_LIMIT_OTHERS_FIRST: once those before it have gone.
 */
int64_t rate_limit_take(
	struct rate_limit *rate_limit, struct rate_limit_waiter *waiter, int64_t now_ms);

/*
 * What the answer to a call of that kind said: `throttled`, or anything else. What CloudTrail refuses says nothing of
 * how many calls Lambda takes.
 */
void rate_limit_learn(
	struct rate_limit *rate_limit, enum rate_limit_kind kind, bool throttled, int64_t now_ms);

#endif
