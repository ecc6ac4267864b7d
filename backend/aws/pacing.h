/* SPDX-License-Identifier: MIT */
/*
 * When a call may be made. AWS allows 15 control-plane calls a second for the whole account, and
 * GetFunction 100 of its own (backend/lambda/NOTES.md section 7), CloudTrail's LookupEvents 2; neither slows the
 * others. Reads are held to `rate`, writes go first and may borrow a little. After a throttle the rate is cut and grows back slowly, as AWS's adaptive
 * mode does it (section 8.4). Waiters are served first in, first out. Pure: the time is an argument;
 * pacer.h waits and locks.
 */
#ifndef ALIASFS_AWS_PACING_H
#define ALIASFS_AWS_PACING_H

#include <stdbool.h>
#include <stdint.h>

#define PACING_RATE 10.0     /* control-plane calls a second, the default of -o rate */
#define PACING_RATE_MAX 15.0 /* AWS's limit */
#define PACING_GET_FUNCTION_RATE                                                                   \
	90.0 /* GetFunction's at the default rate, in proportion at others */
#define PACING_GET_FUNCTION_MAX 100.0 /* AWS's limit for it; it holds up to PACING_RATE_MAX */
#define PACING_TRAIL_RATE 2.0         /* CloudTrail's limit for LookupEvents */

enum pacing_kind {
	PACING_READ,
	PACING_WRITE, /* and what a change has to look up (call_scope.for_change) */
	PACING_GET_FUNCTION,
	PACING_TRAIL, /* LookupEvents: what it takes is not taken from Lambda */
	PACING_KIND_COUNT,
};

/* A call in the queue. The caller owns it, and takes it out of the queue before freeing it. */
struct pacing_waiter {
	enum pacing_kind kind;
	struct pacing_waiter *next; /* the next in the queue */
};

struct pacing_queue {
	struct pacing_waiter *first, *last;
};

struct pacing_bucket {
	double capacity; /* calls that may go at once */
	double tokens;   /* below 0 when writes have borrowed */
	int64_t filled_ms;
};

struct pacing {
	double rate; /* calls a second; 0: as many as wanted until AWS throttles */
	struct pacing_bucket calls, get_function, trail;
	double get_function_rate;     /* at most */
	double get_function_cut_rate; /* after a throttle of GetFunction, … */
	int64_t get_function_cut_ms;  /* … at that time */
	struct pacing_queue queues[PACING_KIND_COUNT];
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
void pacing_init(struct pacing *pacing, double rate, int64_t now_ms);

/* Appends the waiter, whose `kind` is set, to its queue. */
void pacing_join(struct pacing *pacing, struct pacing_waiter *waiter);

/* Removes a waiter that gives up from its queue. */
void pacing_leave(struct pacing *pacing, struct pacing_waiter *waiter);

/* The first of that queue, if it is its turn: the only waiter to wake when tokens come back. May be NULL. */
struct pacing_waiter *pacing_next(const struct pacing *pacing, enum pacing_kind kind);

#define PACING_OTHERS_FIRST INT64_MAX

/*
 * Takes a token for a waiter that has joined: 0, it has left the queue, and the call may go now. Else the
 * milliseconds after which to ask again, or PACING_OTHERS_FIRST: once those before it have gone.
 */
int64_t pacing_take(struct pacing *pacing, struct pacing_waiter *waiter, int64_t now_ms);

/* What the answer to a call of that kind said: `throttled`, or anything else. */
void pacing_learn(struct pacing *pacing, enum pacing_kind kind, bool throttled, int64_t now_ms);

#endif
