/* SPDX-License-Identifier: MIT */
#include "fs/stats.h"

#include <errno.h>
#include <stdatomic.h>

#include "backend/base/clock.h"
#include "backend/lambda_stats.h"
#include "fs/aliasfs.h"
#include "fs/request.h"

#define OPERATIONS_MAX 40

/* One FUSE operation. */
struct row {
	_Atomic(const char *) operation; /* static; NULL: the row is free */
	_Atomic uint64_t succeeded, failed;
	_Atomic uint64_t from_cache; /* of those that succeeded: no API call was made for them */
	_Atomic uint64_t microseconds;
};

struct stats {
	struct row rows[OPERATIONS_MAX]; /* used from the front */
};

struct stats *stats_new(void)
{
	return calloc(1, sizeof(struct stats));
}

void stats_free(struct stats *stats)
{
	free(stats);
}

int64_t stats_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The operation's row; the first to need one takes it. NULL when all are taken. */
static struct row *find(struct stats *stats, const char *operation)
{
	size_t i;

	for (i = 0; i < OPERATIONS_MAX; i++) {
		struct row *row = &stats->rows[i];
		const char *taken = atomic_load_explicit(&row->operation, memory_order_acquire);

		if (!taken && atomic_compare_exchange_strong(&row->operation, &taken, operation))
			return row;
		if (taken == operation || !strcmp(taken, operation))
			return row;
	}
	return NULL;
}

static void add(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

void stats_note(struct stats *stats, const char *operation, int error, unsigned int calls,
	int64_t microseconds)
{
	struct row *row = find(stats, operation);

	if (!row)
		return;
	add(error ? &row->failed : &row->succeeded, 1);
	if (!error && !calls)
		add(&row->from_cache, 1);
	add(&row->microseconds, microseconds > 0 ? (uint64_t)microseconds : 0);
}

/* --- the text --- */

static int head(struct buffer *out, const char *name, const char *type, const char *help)
{
	return buffer_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Rows are only ever added in front of free ones. */
static size_t row_count(const struct stats *stats)
{
	size_t count = 0;

	while (count < OPERATIONS_MAX && atomic_load(&stats->rows[count].operation))
		count++;
	return count;
}

static int print_requests(struct stats *stats, struct buffer *out)
{
	size_t count = row_count(stats), i;
	int error = head(out, "aliasfs_requests_total", "counter", "Requests of the kernel.");

	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out,
			"aliasfs_requests_total{operation=\"%s\",outcome=\"ok\"} %llu\n"
			"aliasfs_requests_total{operation=\"%s\",outcome=\"error\"} %llu\n",
			stats->rows[i].operation, (unsigned long long)stats->rows[i].succeeded,
			stats->rows[i].operation, (unsigned long long)stats->rows[i].failed);
	if (!error)
		error = head(out, "aliasfs_cache_hits_total", "counter",
			"Requests that were answered without a call of the API.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out, "aliasfs_cache_hits_total{operation=\"%s\"} %llu\n",
			stats->rows[i].operation, (unsigned long long)stats->rows[i].from_cache);
	if (!error)
		error = head(out, "aliasfs_requests_seconds_total", "counter",
			"Time that requests took.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out,
			"aliasfs_requests_seconds_total{operation=\"%s\"} %.6f\n",
			stats->rows[i].operation, (double)stats->rows[i].microseconds / 1000000);
	return error;
}

static int print_outcomes(const struct lambda_operation_stats *row, struct buffer *out)
{
	int status, error = 0;

	for (status = 0; status < LAMBDA_STATUS_COUNT && !error; status++)
		if (row->outcomes[status])
			error = buffer_appendf(out,
				"aliasfs_api_calls_total{operation=\"%s\",outcome=\"%s\"} %llu\n",
				row->operation, lambda_status_name((enum lambda_status)status),
				(unsigned long long)row->outcomes[status]);
	return error;
}

static int print_latency(const struct lambda_operation_stats *row, struct buffer *out)
{
	unsigned long long seen = 0;
	int i, error = 0;

	for (i = 0; i < LAMBDA_STATS_BUCKETS && !error; i++) {
		char bound[16] = "+Inf";

		if (i < LAMBDA_STATS_BUCKETS - 1)
			snprintf(bound, sizeof(bound), "%g", lambda_stats_bounds_ms[i] / 1000.0);
		seen += row->buckets[i];
		error = buffer_appendf(out,
			"aliasfs_api_call_seconds_bucket{operation=\"%s\",le=\"%s\"} %llu\n",
			row->operation, bound, seen);
	}
	if (!error)
		error = buffer_appendf(out,
			"aliasfs_api_call_seconds_sum{operation=\"%s\"} %.3f\n"
			"aliasfs_api_call_seconds_count{operation=\"%s\"} %llu\n",
			row->operation, (double)row->milliseconds / 1000, row->operation, seen);
	return error;
}

static int print_calls(struct aliasfs *fs, struct buffer *out)
{
	struct lambda_operation_stats rows[LAMBDA_STATS_OPERATIONS];
	size_t count = lambda_client_stats(fs->client, rows), i;
	int error = head(out, "aliasfs_api_calls_total", "counter",
		"Calls of the Lambda API by how they ended, retries included.");

	for (i = 0; i < count && !error; i++)
		error = print_outcomes(&rows[i], out);
	if (!error)
		error = head(
			out, "aliasfs_api_attempts_total", "counter", "Attempts of these calls.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out, "aliasfs_api_attempts_total{operation=\"%s\"} %llu\n",
			rows[i].operation, (unsigned long long)rows[i].attempts);
	if (!error)
		error = head(out, "aliasfs_api_throttled_total", "counter",
			"Attempts that AWS refused for being too many.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out, "aliasfs_api_throttled_total{operation=\"%s\"} %llu\n",
			rows[i].operation, (unsigned long long)rows[i].throttled);
	if (!error)
		error = head(out, "aliasfs_api_call_seconds", "histogram",
			"How long calls took, waiting and retries included.");
	for (i = 0; i < count && !error; i++)
		error = print_latency(&rows[i], out);
	return error;
}

static int gauge(struct buffer *out, const char *name, const char *help, uint64_t value)
{
	int error = head(out, name, "gauge", help);

	return error ? error : buffer_appendf(out, "%s %llu\n", name, (unsigned long long)value);
}

static int print_state(struct aliasfs *fs, struct buffer *out)
{
	struct gesture_counts counts = gesture_count(fs->gestures);
	int error = gauge(out, "aliasfs_mounted_seconds", "How long the mount stands.",
		(uint64_t)(clock_wall_ms() / 1000 - fs->mounted_at));

	if (!error)
		error = gauge(out, "aliasfs_requests_under_way",
			"Requests that are not answered yet.", request_count(fs->requests));
	if (!error)
		error = gauge(out, "aliasfs_api_calls_waiting",
			"Calls of the API that wait for their turn (-o rate).",
			lambda_client_waiting(fs->client));
	if (!error)
		error = gauge(out, "aliasfs_nodes", "Inodes that the kernel remembers.",
			node_table_count(fs->nodes));
	if (!error)
		error = gauge(out, "aliasfs_staged_names",
			"Links that only this mount knows, on their way to become something.",
			counts.links);
	if (!error)
		error = gauge(out, "aliasfs_tombstoned_names",
			"Names that are hidden and wait to be deleted.", counts.tombstones);
	return error;
}

int stats_print(struct aliasfs *fs, struct buffer *out)
{
	int error = print_state(fs, out);

	if (!error)
		error = print_requests(fs->stats, out);
	return error ? error : print_calls(fs, out);
}
