/* SPDX-License-Identifier: MIT */
/*
 * The queue in which a client's calls wait (rate_limit.h), with a clock and threads: first in, first out,
 * writes before reads. A waiter sleeps until its turn; it does not poll.
 */
#ifndef ALIASFS_AWS_PACER_H
#define ALIASFS_AWS_PACER_H

#include <stdatomic.h>

#include "backend/aws/rate_limit.h"
#include "backend/base/cleanup.h"

struct rate_limiter;

/* `rate` as in rate_limit_init(). NULL: out of memory. rate_limiter_free() once no thread waits. */
struct rate_limiter *rate_limiter_new(double rate) must_check;
void rate_limiter_free(struct rate_limiter *rate_limiter);

/*
 * Waits until a call of that kind may go: 0. -ETIMEDOUT when clock_monotonic_ms() reaches the deadline
 * first, -EINTR within 20 ms of *interrupted (NULL: never) becoming true, -ENOMEM. Blocks; the rate_limiter's
 * own lock is held for microseconds only.
 */
int rate_limiter_wait(struct rate_limiter *rate_limiter, enum rate_limit_kind kind,
	int64_t deadline_ms, const atomic_bool *interrupted) must_check;

/* What an answer said, for the rate: `throttled`, or anything else. */
void rate_limiter_learn(
	struct rate_limiter *rate_limiter, enum rate_limit_kind kind, bool throttled);

/* How many calls are waiting at this moment. */
unsigned int rate_limiter_waiting(struct rate_limiter *rate_limiter);

#endif
