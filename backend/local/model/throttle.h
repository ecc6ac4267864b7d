/* SPDX-License-Identifier: MIT */
/* AWS's limits of calls a second (backend/lambda/NOTES.md section 7): token buckets that hold one second's worth. */
#ifndef ALIASFS_LOCAL_THROTTLE_H
#define ALIASFS_LOCAL_THROTTLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct bucket {
	double rate;   /* tokens a second, and as many at most; 0: no limit */
	double tokens; /* left at `since_ms` */
	int64_t since_ms;
};

/* Takes one token. False when there is none. Pure but for the bucket. */
bool bucket_take(struct bucket *bucket, int64_t now_ms);

/*
 * GetFunction, GetPolicy and LookupEvents have buckets of their own, everything else shares one; Invoke is not
 * limited here. `mutex` protects all of it.
 */
struct throttle {
	pthread_mutex_t mutex;
	struct bucket shared, get_function, get_policy, lookup_events;
};

/* `rate` stands for AWS's 15 calls a second, GetFunction's 100 and LookupEvents' 2 in proportion. 0: no limits. */
void throttle_init(struct throttle *throttle, double rate, int64_t now_ms);
void throttle_destroy(struct throttle *throttle);

/* Whether a call of the operation may pass now. Thread-safe. */
bool throttle_pass(struct throttle *throttle, const char *operation, int64_t now_ms);

#endif
