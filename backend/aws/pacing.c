/* SPDX-License-Identifier: MIT */
#include "backend/aws/pacing.h"

#include <math.h>
#include <string.h>

#define BURST 0.4       /* of a second's calls may go at once: rate and burst stay below AWS's 15 */
#define WRITES_BORROW 5 /* calls that writes may be ahead of the rate */
#define RATE_MIN 2      /* who is throttled at less is throttled because of others */
#define HALF_SECOND_MS 500
#define RECOVERY_SECONDS 10 /* of GetFunction's rate */
/* The constants of AWS's adaptive mode (TCP CUBIC). */
#define SMOOTHING 0.8
#define BETA 0.7
#define SCALE 0.4

static void bucket_init(struct pacing_bucket *bucket, double rate, int64_t now_ms)
{
	bucket->capacity = fmax(1, rate * BURST);
	bucket->tokens = bucket->capacity;
	bucket->filled_ms = now_ms;
}

/* GetFunction's rate beside that of the other calls. */
static double get_function_rate(double rate)
{
	double proportional = rate * PACING_GET_FUNCTION_RATE / PACING_RATE;

	if (rate <= 0)
		return PACING_GET_FUNCTION_RATE;
	return rate <= PACING_RATE_MAX ? fmin(proportional, PACING_GET_FUNCTION_MAX) : proportional;
}

/* The same after a throttle: it is back at its own within RECOVERY_SECONDS. */
static double current_get_function_rate(const struct pacing *pacing, int64_t now_ms)
{
	double seconds = (double)(now_ms - pacing->get_function_cut_ms) / 1000;
	double gained = seconds / RECOVERY_SECONDS * pacing->get_function_rate;

	return fmin(pacing->get_function_cut_rate + gained, pacing->get_function_rate);
}

void pacing_init(struct pacing *pacing, double rate, int64_t now_ms)
{
	memset(pacing, 0, sizeof(*pacing));
	pacing->rate = rate;
	bucket_init(&pacing->calls, rate, now_ms);
	pacing->get_function_rate = pacing->get_function_cut_rate = get_function_rate(rate);
	bucket_init(&pacing->get_function, pacing->get_function_rate, now_ms);
	bucket_init(&pacing->trail, PACING_TRAIL_RATE, now_ms);
	pacing->period = now_ms / HALF_SECOND_MS;
}

static void fill_bucket(struct pacing_bucket *bucket, double rate, int64_t now_ms)
{
	double more = (double)(now_ms - bucket->filled_ms) / 1000 * rate;

	bucket->tokens = fmin(bucket->tokens + more, bucket->capacity);
	bucket->filled_ms = now_ms;
}

/* Counts a call that goes now. */
static void count_call(struct pacing *pacing, int64_t now_ms)
{
	int64_t period = now_ms / HALF_SECOND_MS;

	pacing->period_calls++;
	if (period > pacing->period) {
		double seconds = (double)((period - pacing->period) * HALF_SECOND_MS) / 1000;
		double current = pacing->period_calls / seconds;

		pacing->measured = current * SMOOTHING + pacing->measured * (1 - SMOOTHING);
		pacing->period_calls = 0;
		pacing->period = period;
	}
}

/* Calls a second now; 0 is no limit. */
static double current_rate(const struct pacing *pacing)
{
	if (!pacing->throttled)
		return pacing->rate;
	return pacing->rate > 0 ? fmin(pacing->rate, pacing->adaptive_rate) : pacing->adaptive_rate;
}

/* Takes from the bucket what leaves at least `floor` in it. */
static int64_t take_token(struct pacing_bucket *bucket, double floor, double rate, int64_t now_ms)
{
	double missing;

	fill_bucket(bucket, rate, now_ms);
	missing = floor + 1 - bucket->tokens;
	if (missing > 1e-9)
		return (int64_t)ceil(missing / rate * 1000);
	bucket->tokens -= 1;
	return 0;
}

void pacing_join(struct pacing *pacing, struct pacing_waiter *waiter)
{
	struct pacing_queue *queue = &pacing->queues[waiter->kind];

	waiter->next = NULL;
	if (queue->last)
		queue->last->next = waiter;
	else
		queue->first = waiter;
	queue->last = waiter;
	pacing->waiting++;
}

void pacing_leave(struct pacing *pacing, struct pacing_waiter *waiter)
{
	struct pacing_queue *queue = &pacing->queues[waiter->kind];
	struct pacing_waiter **link = &queue->first, *before = NULL;

	while (*link != waiter) {
		before = *link;
		link = &before->next;
	}
	*link = waiter->next;
	if (queue->last == waiter)
		queue->last = before;
	waiter->next = NULL;
	pacing->waiting--;
}

struct pacing_waiter *pacing_next(const struct pacing *pacing, enum pacing_kind kind)
{
	if (kind == PACING_READ && pacing->queues[PACING_WRITE].first)
		return NULL; /* writes go first */
	return pacing->queues[kind].first;
}

int64_t pacing_take(struct pacing *pacing, struct pacing_waiter *waiter, int64_t now_ms)
{
	double rate = current_rate(pacing);
	bool may_borrow = waiter->kind == PACING_WRITE && !pacing->throttled;
	int64_t wait = 0;

	if (pacing_next(pacing, waiter->kind) != waiter)
		return PACING_OTHERS_FIRST;
	if (waiter->kind == PACING_GET_FUNCTION)
		wait = take_token(&pacing->get_function, 0,
			current_get_function_rate(pacing, now_ms), now_ms);
	else if (waiter->kind == PACING_TRAIL && pacing->rate > 0)
		wait = take_token(&pacing->trail, 0, PACING_TRAIL_RATE, now_ms);
	else if (waiter->kind != PACING_TRAIL && rate > 0)
		wait = take_token(&pacing->calls, may_borrow ? -WRITES_BORROW : 0, rate, now_ms);
	if (wait)
		return wait;
	pacing_leave(pacing, waiter);
	if (waiter->kind != PACING_GET_FUNCTION && waiter->kind != PACING_TRAIL)
		count_call(pacing, now_ms);
	return 0;
}

static void learn_get_function(struct pacing *pacing, bool throttled, int64_t now_ms)
{
	double rate = current_get_function_rate(pacing, now_ms);

	if (!throttled)
		return;
	pacing->get_function_cut_rate =
		fmin(fmax(rate * BETA, RATE_MIN), pacing->get_function_rate);
	pacing->get_function_cut_ms = now_ms;
	fill_bucket(&pacing->get_function, rate, now_ms);
	pacing->get_function.tokens = fmin(pacing->get_function.tokens, 0);
}

void pacing_learn(struct pacing *pacing, enum pacing_kind kind, bool throttled, int64_t now_ms)
{
	double rate, since, knee;

	if (kind == PACING_GET_FUNCTION) {
		learn_get_function(pacing, throttled, now_ms);
		return;
	}
	if (throttled) {
		rate = fmax(pacing->measured, RATE_MIN);
		if (pacing->throttled)
			rate = fmin(rate, pacing->adaptive_rate);
		pacing->rate_at_throttle = rate;
		pacing->throttled_ms = now_ms;
		if (!pacing->throttled) {
			pacing->calls.capacity = 1;
			pacing->calls.tokens = fmin(pacing->calls.tokens, 0);
			pacing->calls.filled_ms = now_ms;
		}
		pacing->throttled = true;
		rate *= BETA;
	} else {
		if (!pacing->throttled)
			return;
		since = (double)(now_ms - pacing->throttled_ms) / 1000;
		knee = cbrt(pacing->rate_at_throttle * (1 - BETA) / SCALE);
		rate = SCALE * pow(since - knee, 3) + pacing->rate_at_throttle;
	}
	fill_bucket(&pacing->calls, current_rate(pacing), now_ms);
	pacing->adaptive_rate = fmax(fmin(rate, 2 * pacing->measured), RATE_MIN);
	if (pacing->rate > 0 && pacing->adaptive_rate >= pacing->rate) {
		pacing->throttled = false;
		pacing->calls.capacity = fmax(1, pacing->rate * BURST);
	} else {
		pacing->calls.capacity = fmax(1, pacing->adaptive_rate);
	}
}
