/* SPDX-License-Identifier: MIT */
/*
 * What the mount counts: FUSE requests by operation, and with them everything that is worth watching, in
 * Prometheus' text format. Counting takes no lock.
 */
#ifndef ALIASFS_STATS_H
#define ALIASFS_STATS_H

#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

struct aliasfs;
struct stats;

struct stats *stats_new(void) must_check;
void stats_free(struct stats *stats);

/* CLOCK_MONOTONIC in microseconds. */
int64_t stats_now_us(void);

/*
 * One request that has ended: `operation` is static, `error` 0 or negative, `calls` the API calls that
 * were made on its behalf (0: what was known was enough).
 */
void stats_note(struct stats *stats, const char *operation, int error, unsigned int calls,
	int64_t microseconds);

/* Appends the whole text: `.aliasfs/stats`. Never blocks on the network. Errors as buffer_append(). */
int stats_print(struct aliasfs *fs, struct buffer *out) must_check;

#endif
