/* SPDX-License-Identifier: MIT */
/*
 * The queue in which a client's calls wait (pacing.h), with a clock and threads: first in, first out,
 * writes before reads. A waiter sleeps until its turn; it does not poll.
 */
#ifndef ALIASFS_AWS_PACER_H
#define ALIASFS_AWS_PACER_H

#include <stdatomic.h>

#include "backend/aws/pacing.h"
#include "backend/base/cleanup.h"

struct pacer;

/* `rate` as in pacing_init(). NULL: out of memory. pacer_free() once no thread waits. */
struct pacer *pacer_new(double rate) must_check;
void pacer_free(struct pacer *pacer);

/*
 * Waits until a call of that kind may go: 0. -ETIMEDOUT when clock_monotonic_ms() reaches the deadline
 * first, -EINTR within 20 ms of *interrupted (NULL: never) becoming true, -ENOMEM. Blocks; the pacer's
 * own lock is held for microseconds only.
 */
int pacer_wait(struct pacer *pacer, enum pacing_kind kind, int64_t deadline_ms,
	const atomic_bool *interrupted) must_check;

/* What an answer said, for the rate: `throttled`, or anything else. */
void pacer_learn(struct pacer *pacer, enum pacing_kind kind, bool throttled);

/* How many calls are waiting at this moment. */
unsigned int pacer_waiting(struct pacer *pacer);

#endif
