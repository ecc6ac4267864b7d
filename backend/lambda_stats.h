/* SPDX-License-Identifier: MIT */
/*
 * What the client counts of its calls, by operation: how they ended, how many attempts and how long they
 * took. One mutex inside, held for microseconds.
 */
#ifndef ALIASFS_LAMBDA_STATS_H
#define ALIASFS_LAMBDA_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/error.h"

#define LAMBDA_STATS_OPERATIONS 24 /* Lambda operations that this client knows, with room */
#define LAMBDA_STATS_BUCKETS 10

/* Upper bounds of the latency buckets in milliseconds; the last bucket has none. */
extern const unsigned int lambda_stats_bounds_ms[LAMBDA_STATS_BUCKETS - 1];

/* One operation. */
struct lambda_operation_stats {
	const char *operation;                  /* "UpdateAlias"; static */
	uint64_t outcomes[LAMBDA_STATUS_COUNT]; /* calls by how they ended, after all attempts */
	uint64_t attempts;                      /* requests sent or tried */
	uint64_t throttled;                     /* attempts that AWS refused for being too many */
	uint64_t buckets
		[LAMBDA_STATS_BUCKETS]; /* calls by how long they took, waiting and retries included */
	uint64_t milliseconds;          /* all together */
};

struct lambda_stats;

struct lambda_stats *lambda_stats_new(void) must_check;
void lambda_stats_free(struct lambda_stats *stats);

/* One call that has ended; `operation` must be static. */
void lambda_stats_note(struct lambda_stats *stats, const char *operation, enum lambda_status status,
	unsigned int attempts, unsigned int throttled, int64_t milliseconds);

/* Copies what was counted; gives how many operations there are. */
size_t lambda_stats_copy(struct lambda_stats *stats,
	struct lambda_operation_stats operations[LAMBDA_STATS_OPERATIONS]);

#endif
