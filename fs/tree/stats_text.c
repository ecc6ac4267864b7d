/* SPDX-License-Identifier: MIT */
#include "fs/tree/stats_text.h"

#include "backend/aws/stats.h"
#include "backend/base/clock.h"
#include "backend/lambda/lambda.h"
#include "fs/aliasfs.h"
#include "fs/gesture/gesture.h"
#include "fs/request/request.h"
#include "fs/request/stats.h"
#include "fs/tree/node.h"

static int print_outcomes(const struct aws_operation_stats *row, struct buffer *out)
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

static int print_latency(const struct aws_operation_stats *row, struct buffer *out)
{
	unsigned long long seen = 0;
	int i, error = 0;

	for (i = 0; i < AWS_STATS_BUCKETS && !error; i++) {
		char bound[16] = "+Inf";

		if (i < AWS_STATS_BUCKETS - 1)
			snprintf(bound, sizeof(bound), "%g", aws_stats_bounds_ms[i] / 1000.0);
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
	struct aws_operation_stats rows[AWS_STATS_OPERATIONS];
	size_t count = lambda_client_stats(fs->client, rows), i;
	int error = stats_print_head(out, "aliasfs_api_calls_total", "counter",
		"Calls of the Lambda API by how they ended, retries included.");

	for (i = 0; i < count && !error; i++)
		error = print_outcomes(&rows[i], out);
	if (!error)
		error = stats_print_head(
			out, "aliasfs_api_attempts_total", "counter", "Attempts of these calls.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out, "aliasfs_api_attempts_total{operation=\"%s\"} %llu\n",
			rows[i].operation, (unsigned long long)rows[i].attempts);
	if (!error)
		error = stats_print_head(out, "aliasfs_api_throttled_total", "counter",
			"Attempts that AWS refused for being too many.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out, "aliasfs_api_throttled_total{operation=\"%s\"} %llu\n",
			rows[i].operation, (unsigned long long)rows[i].throttled);
	if (!error)
		error = stats_print_head(out, "aliasfs_api_call_seconds", "histogram",
			"How long calls took, waiting and retries included.");
	for (i = 0; i < count && !error; i++)
		error = print_latency(&rows[i], out);
	return error;
}

static int print_state(struct aliasfs *fs, struct buffer *out)
{
	struct gesture_counts counts = gesture_count(fs->gestures);
	const struct {
		const char *name, *help;
		uint64_t value;
	} gauges[] = {
		{"aliasfs_mounted_seconds", "Time since the mount was made.",
			(uint64_t)(clock_wall_ms() / 1000 - fs->mounted_at)},
		{"aliasfs_requests_under_way", "Requests that are not answered yet.",
			request_count(fs->requests)},
		{"aliasfs_api_calls_waiting",
			"Calls of the API that wait for their turn (-o rate).",
			lambda_client_waiting(fs->client)},
		{"aliasfs_invocations_open", ".invoke files that are open.",
			atomic_load(&fs->invocations)},
		{"aliasfs_nodes", "Inodes that the kernel remembers.", node_table_count(fs->nodes)},
		{"aliasfs_staged_names",
			"Links that only this mount knows, on their way to become something.",
			counts.links},
		{"aliasfs_tombstoned_names", "Names that are hidden and wait to be deleted.",
			counts.tombstones},
	};
	int error = 0;
	size_t i;

	for (i = 0; i < array_count(gauges) && !error; i++) {
		error = stats_print_head(out, gauges[i].name, "gauge", gauges[i].help);
		if (!error)
			error = buffer_appendf(out, "%s %llu\n", gauges[i].name,
				(unsigned long long)gauges[i].value);
	}
	return error;
}

int stats_text_print(struct aliasfs *fs, struct buffer *out)
{
	int error = print_state(fs, out);

	if (!error)
		error = stats_print_requests(fs->stats, out);
	if (!error)
		error = stats_print_settling(fs->stats, out);
	return error ? error : print_calls(fs, out);
}
