/* SPDX-License-Identifier: MIT */
/*
 * What the mount counts: FUSE requests by operation, and waits for updates to settle, in Prometheus' text format.
 * Counting takes no lock.
 */
#ifndef ALIASFS_STATS_H
#define ALIASFS_STATS_H

#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"
#include "backend/lambda/settle.h"

struct stats;

struct stats *stats_new(void) must_check;
void stats_free(struct stats *stats);

/*
 * One request that has ended: `operation` is static, `error` 0 or negative, `calls` the API calls that
 * were made on its behalf (0: what was known was enough).
 */
void stats_note(struct stats *stats, const char *operation, int error, unsigned int calls,
	int64_t microseconds);

/* One wait for an update of $LATEST that has ended, with what it saw last. */
void stats_note_settling(
	struct stats *stats, enum lambda_settle_outcome outcome, int64_t microseconds);

/* Appends how often and how long was waited for updates. Errors as buffer_append(). */
int stats_print_settling(struct stats *stats, struct buffer *out) must_check;

/* Appends what was counted, by operation. Errors as buffer_append(). */
int stats_print_requests(struct stats *stats, struct buffer *out) must_check;

/* Appends the two lines that go in front of a metric. Errors as buffer_append(). */
int stats_print_head(
	struct buffer *out, const char *name, const char *type, const char *help) must_check;

#endif
