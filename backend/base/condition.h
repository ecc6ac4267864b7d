/* SPDX-License-Identifier: MIT */
/* Condition variables whose time is clock_monotonic_ms(): a changed wall clock wakes and delays no thread. */
#ifndef ALIASFS_BASE_CONDITION_H
#define ALIASFS_BASE_CONDITION_H

#include <pthread.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

/* 0, or a negative errno; the caller's to give to pthread_cond_destroy(). */
int condition_init(pthread_cond_t *condition) must_check;

/*
 * Waits for the condition until clock_monotonic_ms() is `until_ms`, INT64_MAX for ever. The mutex is held
 * before and after. 0, also for no reason (look again), or -ETIMEDOUT.
 */
int condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_ms);

#endif
