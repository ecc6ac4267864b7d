/* SPDX-License-Identifier: MIT */
#include "backend/aws/stats.h"

#include <pthread.h>

const unsigned int aws_stats_bounds_ms[AWS_STATS_BUCKETS - 1] = {
	5, 10, 25, 50, 100, 250, 1000, 2500, 10000};

struct aws_stats {
	pthread_mutex_t mutex; /* protects what is below */
	size_t count;
	struct aws_operation_stats operations[AWS_STATS_OPERATIONS];
};

struct aws_stats *aws_stats_new(void)
{
	struct aws_stats *stats = calloc(1, sizeof(*stats));

	if (stats)
		pthread_mutex_init(&stats->mutex, NULL);
	return stats;
}

void aws_stats_free(struct aws_stats *stats)
{
	if (!stats)
		return;
	pthread_mutex_destroy(&stats->mutex);
	free(stats);
}

/* The operation's row, made when there is none; NULL when the table is full. The mutex is held. */
static struct aws_operation_stats *find_row(struct aws_stats *stats, const char *operation)
{
	size_t i;

	for (i = 0; i < stats->count; i++)
		if (!strcmp(stats->operations[i].operation, operation))
			return &stats->operations[i];
	if (stats->count == AWS_STATS_OPERATIONS)
		return NULL;
	stats->operations[stats->count].operation = operation;
	return &stats->operations[stats->count++];
}

static size_t bucket_of(int64_t milliseconds)
{
	size_t i;

	for (i = 0; i < array_count(aws_stats_bounds_ms); i++)
		if (milliseconds <= aws_stats_bounds_ms[i])
			break;
	return i;
}

void aws_stats_note(struct aws_stats *stats, const char *operation, enum lambda_status status,
	unsigned int attempts, unsigned int throttled, int64_t milliseconds)
{
	struct aws_operation_stats *row;

	pthread_mutex_lock(&stats->mutex);
	row = find_row(stats, operation);
	if (row && status < LAMBDA_STATUS_COUNT) {
		row->outcomes[status]++;
		row->attempts += attempts;
		row->throttled += throttled;
		row->buckets[bucket_of(milliseconds)]++;
		row->milliseconds += (uint64_t)(milliseconds > 0 ? milliseconds : 0);
	}
	pthread_mutex_unlock(&stats->mutex);
}

size_t aws_stats_copy(
	struct aws_stats *stats, struct aws_operation_stats operations[AWS_STATS_OPERATIONS])
{
	size_t count;

	pthread_mutex_lock(&stats->mutex);
	count = stats->count;
	memcpy(operations, stats->operations, count * sizeof(operations[0]));
	pthread_mutex_unlock(&stats->mutex);
	return count;
}
