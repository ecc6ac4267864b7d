/* SPDX-License-Identifier: MIT */
#include "backend/local/model/throttle.h"

#include "backend/base/text.h"

#define SHARED_RATE 15.0
#define GET_FUNCTION_RATE 100.0
#define LOOKUP_EVENTS_RATE 2.0

bool bucket_take(struct bucket *bucket, int64_t now_ms)
{
	if (bucket->rate <= 0)
		return true;
	if (now_ms > bucket->since_ms) {
		double most = bucket->rate < 1 ? 1 : bucket->rate;

		bucket->tokens += bucket->rate * (double)(now_ms - bucket->since_ms) / 1000;
		if (bucket->tokens > most)
			bucket->tokens = most;
		bucket->since_ms = now_ms;
	}
	if (bucket->tokens < 1)
		return false;
	bucket->tokens -= 1;
	return true;
}

static void fill_bucket(struct bucket *bucket, double rate, int64_t now_ms)
{
	*bucket = (struct bucket){.rate = rate, .tokens = rate < 1 ? 1 : rate, .since_ms = now_ms};
}

void throttle_init(struct throttle *throttle, double rate, int64_t now_ms)
{
	pthread_mutex_init(&throttle->mutex, NULL);
	fill_bucket(&throttle->shared, rate, now_ms);
	fill_bucket(&throttle->get_policy, rate, now_ms);
	fill_bucket(&throttle->get_function, rate * GET_FUNCTION_RATE / SHARED_RATE, now_ms);
	fill_bucket(&throttle->lookup_events, rate * LOOKUP_EVENTS_RATE / SHARED_RATE, now_ms);
}

void throttle_destroy(struct throttle *throttle)
{
	pthread_mutex_destroy(&throttle->mutex);
}

bool throttle_pass(struct throttle *throttle, const char *operation, int64_t now_ms)
{
	struct bucket *bucket = &throttle->shared;
	bool passes;

	if (throttle->shared.rate <= 0 || text_starts_with(operation, "Invoke"))
		return true;
	if (!strcmp(operation, "GetFunction"))
		bucket = &throttle->get_function;
	else if (!strcmp(operation, "GetPolicy"))
		bucket = &throttle->get_policy;
	else if (!strcmp(operation, "LookupEvents"))
		bucket = &throttle->lookup_events;
	pthread_mutex_lock(&throttle->mutex);
	passes = bucket_take(bucket, now_ms);
	pthread_mutex_unlock(&throttle->mutex);
	return passes;
}
