/* SPDX-License-Identifier: MIT */
#include "backend/aws/rate_limit.h"

#include <math.h>
#include <string.h>

#define BURST 0.4 /* of a second's calls may go at once: rate and burst stay below AWS's 15 */
#define POLICY_BURST 0.25 /* 12 a second and 3 at once are GetPolicy's 15 */
#define WRITES_BORROW 5   /* calls that writes may be ahead of the rate */
#define RATE_MIN 2        /* who is throttled at less is throttled because of others */
#define HALF_SECOND_MS 500
#define RECOVERY_SECONDS 10 /* of the rate of an operation that AWS counts on its own */
/* The constants of AWS's adaptive mode (TCP CUBIC). */
#define SMOOTHING 0.8
#define BETA 0.7
#define SCALE 0.4

static void bucket_init(struct rate_limit_bucket *bucket, double rate, double burst, int64_t now_ms)
{
	bucket->capacity = fmax(1, rate * burst);
	bucket->tokens = bucket->capacity;
	bucket->filled_ms = now_ms;
}

/* The rate of an operation that AWS counts on its own, beside that of the other calls. */
static double own_rate(double rate, double at_default, double maximum)
{
	double proportional = rate * at_default / RATE_LIMIT_DEFAULT;

	if (rate <= 0)
		return at_default;
	return rate <= RATE_LIMIT_MAX ? fmin(proportional, maximum) : proportional;
}

static void own_init(struct rate_limit_own *own, double rate, double burst, int64_t now_ms)
{
	own->rate = own->cut_rate = rate;
	bucket_init(&own->bucket, rate, burst, now_ms);
}

/* The same after a throttle: it is back at its own within RECOVERY_SECONDS. */
static double current_own_rate(const struct rate_limit_own *own, int64_t now_ms)
{
	double seconds = (double)(now_ms - own->cut_ms) / 1000;
	double gained = seconds / RECOVERY_SECONDS * own->rate;

	return fmin(own->cut_rate + gained, own->rate);
}

/* What such a kind of call has of its own; NULL for the others. */
static struct rate_limit_own *find_own(struct rate_limit *rate_limit, enum rate_limit_kind kind)
{
	if (kind == RATE_LIMIT_GET_FUNCTION)
		return &rate_limit->get_function;
	return kind == RATE_LIMIT_GET_POLICY ? &rate_limit->get_policy : NULL;
}

void rate_limit_init(struct rate_limit *rate_limit, double rate, int64_t now_ms)
{
	memset(rate_limit, 0, sizeof(*rate_limit));
	rate_limit->rate = rate;
	bucket_init(&rate_limit->calls, rate, BURST, now_ms);
	own_init(&rate_limit->get_function,
		own_rate(rate, RATE_LIMIT_GET_FUNCTION_RATE, RATE_LIMIT_GET_FUNCTION_MAX), BURST,
		now_ms);
	own_init(&rate_limit->get_policy,
		own_rate(rate, RATE_LIMIT_GET_POLICY_RATE, RATE_LIMIT_GET_POLICY_MAX), POLICY_BURST,
		now_ms);
	bucket_init(&rate_limit->trail, RATE_LIMIT_TRAIL_RATE, BURST, now_ms);
	rate_limit->period = now_ms / HALF_SECOND_MS;
}

static void fill_bucket(struct rate_limit_bucket *bucket, double rate, int64_t now_ms)
{
	double more = (double)(now_ms - bucket->filled_ms) / 1000 * rate;

	bucket->tokens = fmin(bucket->tokens + more, bucket->capacity);
	bucket->filled_ms = now_ms;
}

/* Counts a call that goes now. */
static void count_call(struct rate_limit *rate_limit, int64_t now_ms)
{
	int64_t period = now_ms / HALF_SECOND_MS;

	rate_limit->period_calls++;
	if (period > rate_limit->period) {
		double seconds = (double)((period - rate_limit->period) * HALF_SECOND_MS) / 1000;
		double current = rate_limit->period_calls / seconds;

		rate_limit->measured = current * SMOOTHING + rate_limit->measured * (1 - SMOOTHING);
		rate_limit->period_calls = 0;
		rate_limit->period = period;
	}
}

/* Calls a second now; 0 is no limit. */
static double current_rate(const struct rate_limit *rate_limit)
{
	if (!rate_limit->throttled)
		return rate_limit->rate;
	return rate_limit->rate > 0 ? fmin(rate_limit->rate, rate_limit->adaptive_rate)
				    : rate_limit->adaptive_rate;
}

/* Takes from the bucket what leaves at least `floor` in it. */
static int64_t take_token(
	struct rate_limit_bucket *bucket, double floor, double rate, int64_t now_ms)
{
	double missing;

	fill_bucket(bucket, rate, now_ms);
	missing = floor + 1 - bucket->tokens;
	if (missing > 1e-9)
		return (int64_t)ceil(missing / rate * 1000);
	bucket->tokens -= 1;
	return 0;
}

void rate_limit_join(struct rate_limit *rate_limit, struct rate_limit_waiter *waiter)
{
	struct rate_limit_queue *queue = &rate_limit->queues[waiter->kind];

	waiter->next = NULL;
	if (queue->last)
		queue->last->next = waiter;
	else
		queue->first = waiter;
	queue->last = waiter;
	rate_limit->waiting++;
}

void rate_limit_leave(struct rate_limit *rate_limit, struct rate_limit_waiter *waiter)
{
	struct rate_limit_queue *queue = &rate_limit->queues[waiter->kind];
	struct rate_limit_waiter **link = &queue->first, *before = NULL;

	while (*link != waiter) {
		before = *link;
		link = &before->next;
	}
	*link = waiter->next;
	if (queue->last == waiter)
		queue->last = before;
	waiter->next = NULL;
	rate_limit->waiting--;
}

struct rate_limit_waiter *rate_limit_next(
	const struct rate_limit *rate_limit, enum rate_limit_kind kind)
{
	if (kind == RATE_LIMIT_READ && rate_limit->queues[RATE_LIMIT_WRITE].first)
		return NULL; /* writes go first */
	return rate_limit->queues[kind].first;
}

int64_t rate_limit_take(
	struct rate_limit *rate_limit, struct rate_limit_waiter *waiter, int64_t now_ms)
{
	double rate = current_rate(rate_limit);
	struct rate_limit_own *own = find_own(rate_limit, waiter->kind);
	bool may_borrow = waiter->kind == RATE_LIMIT_WRITE && !rate_limit->throttled;
	int64_t wait = 0;

	if (rate_limit_next(rate_limit, waiter->kind) != waiter)
		return RATE_LIMIT_OTHERS_FIRST;
	if (own)
		wait = take_token(&own->bucket, 0, current_own_rate(own, now_ms), now_ms);
	else if (waiter->kind == RATE_LIMIT_TRAIL && rate_limit->rate > 0)
		wait = take_token(&rate_limit->trail, 0, RATE_LIMIT_TRAIL_RATE, now_ms);
	else if (waiter->kind != RATE_LIMIT_TRAIL && rate > 0)
		wait = take_token(
			&rate_limit->calls, may_borrow ? -WRITES_BORROW : 0, rate, now_ms);
	if (wait)
		return wait;
	rate_limit_leave(rate_limit, waiter);
	if (!own && waiter->kind != RATE_LIMIT_TRAIL)
		count_call(rate_limit, now_ms);
	return 0;
}

static void learn_own(struct rate_limit_own *own, bool throttled, int64_t now_ms)
{
	double rate = current_own_rate(own, now_ms);

	if (!throttled)
		return;
	own->cut_rate = fmin(fmax(rate * BETA, RATE_MIN), own->rate);
	own->cut_ms = now_ms;
	fill_bucket(&own->bucket, rate, now_ms);
	own->bucket.tokens = fmin(own->bucket.tokens, 0);
}

void rate_limit_learn(
	struct rate_limit *rate_limit, enum rate_limit_kind kind, bool throttled, int64_t now_ms)
{
	struct rate_limit_own *own = find_own(rate_limit, kind);
	double rate, since, knee;

	if (kind == RATE_LIMIT_TRAIL)
		return;
	if (own) {
		learn_own(own, throttled, now_ms);
		return;
	}
	if (throttled) {
		rate = fmax(rate_limit->measured, RATE_MIN);
		if (rate_limit->throttled)
			rate = fmin(rate, rate_limit->adaptive_rate);
		rate_limit->rate_at_throttle = rate;
		rate_limit->throttled_ms = now_ms;
		if (!rate_limit->throttled) {
			rate_limit->calls.capacity = 1;
			rate_limit->calls.tokens = fmin(rate_limit->calls.tokens, 0);
			rate_limit->calls.filled_ms = now_ms;
		}
		rate_limit->throttled = true;
		rate *= BETA;
	} else {
		if (!rate_limit->throttled)
			return;
		since = (double)(now_ms - rate_limit->throttled_ms) / 1000;
		knee = cbrt(rate_limit->rate_at_throttle * (1 - BETA) / SCALE);
		rate = SCALE * pow(since - knee, 3) + rate_limit->rate_at_throttle;
	}
	fill_bucket(&rate_limit->calls, current_rate(rate_limit), now_ms);
	rate_limit->adaptive_rate = fmax(fmin(rate, 2 * rate_limit->measured), RATE_MIN);
	if (rate_limit->rate > 0 && rate_limit->adaptive_rate >= rate_limit->rate) {
		rate_limit->throttled = false;
		rate_limit->calls.capacity = fmax(1, rate_limit->rate * BURST);
	} else {
		rate_limit->calls.capacity = fmax(1, rate_limit->adaptive_rate);
	}
}
