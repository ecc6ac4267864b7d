/* SPDX-License-Identifier: MIT */
/*
 * What the client counts of its calls, by operation: how they ended, how many attempts and how long they
 * took. One mutex inside, held for microseconds.
 */
#ifndef ALIASFS_AWS_STATS_H
#define ALIASFS_AWS_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/base/error.h"

#define AWS_STATS_OPERATIONS 56 /* operations that this client knows, with room */
#define AWS_STATS_BUCKETS 10

/* Upper bounds of the latency buckets in milliseconds; the last bucket has none. */
extern const unsigned int aws_stats_bounds_ms[AWS_STATS_BUCKETS - 1];

/* One operation. */
struct aws_operation_stats {
	const char *operation;                  /* "UpdateAlias"; static */
	uint64_t outcomes[LAMBDA_STATUS_COUNT]; /* calls by how they ended, after all attempts */
	uint64_t attempts;                      /* requests sent or tried */
	uint64_t throttled;                     /* attempts that AWS refused for being too many */
	uint64_t buckets
		[AWS_STATS_BUCKETS]; /* calls by how long they took, waiting and retries included */
	uint64_t milliseconds;       /* all together */
};

struct aws_stats;

struct aws_stats *aws_stats_new(void) must_check;
void aws_stats_free(struct aws_stats *stats);

/* One call that has ended; `operation` must be static. */
void aws_stats_note(struct aws_stats *stats, const char *operation, enum lambda_status status,
	unsigned int attempts, unsigned int throttled, int64_t milliseconds);

/* Copies what was counted; gives how many operations there are. */
size_t aws_stats_copy(
	struct aws_stats *stats, struct aws_operation_stats operations[AWS_STATS_OPERATIONS]);

#endif
