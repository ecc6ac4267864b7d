/* SPDX-License-Identifier: MIT */
#include "fs/request/stats.h"

#include <errno.h>
#include <stdatomic.h>

#define OPERATIONS_MAX 40

/* One FUSE operation. */
struct row {
	_Atomic(const char *) operation; /* static; NULL: the row is free */
	_Atomic uint64_t succeeded, failed;
	_Atomic uint64_t from_cache; /* of those that succeeded: no API call was made for them */
	_Atomic uint64_t microseconds;
};

struct stats {
	struct row rows[OPERATIONS_MAX];                           /* used from the front */
	_Atomic uint64_t settlings[LAMBDA_SETTLE_INTERRUPTED + 1]; /* by outcome */
	_Atomic uint64_t settling_microseconds;
};

struct stats *stats_new(void)
{
	return calloc(1, sizeof(struct stats));
}

void stats_free(struct stats *stats)
{
	free(stats);
}

/* The operation's row; the first to need one takes it. NULL when all are taken. */
static struct row *find_row(struct stats *stats, const char *operation)
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

static void add_to_counter(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

void stats_note(struct stats *stats, const char *operation, int error, unsigned int calls,
	int64_t microseconds)
{
	struct row *row = find_row(stats, operation);

	if (!row)
		return;
	add_to_counter(error ? &row->failed : &row->succeeded, 1);
	if (!error && !calls)
		add_to_counter(&row->from_cache, 1);
	add_to_counter(&row->microseconds, microseconds > 0 ? (uint64_t)microseconds : 0);
}

void stats_note_settling(
	struct stats *stats, enum lambda_settle_outcome outcome, int64_t microseconds)
{
	add_to_counter(&stats->settlings[outcome], 1);
	add_to_counter(
		&stats->settling_microseconds, microseconds > 0 ? (uint64_t)microseconds : 0);
}

/* --- the text --- */

int stats_print_head(struct buffer *out, const char *name, const char *type, const char *help)
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

int stats_print_requests(struct stats *stats, struct buffer *out)
{
	size_t count = row_count(stats), i;
	int error = stats_print_head(
		out, "aliasfs_requests_total", "counter", "Requests of the kernel.");

	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out,
			"aliasfs_requests_total{operation=\"%s\",outcome=\"ok\"} %llu\n"
			"aliasfs_requests_total{operation=\"%s\",outcome=\"error\"} %llu\n",
			stats->rows[i].operation, (unsigned long long)stats->rows[i].succeeded,
			stats->rows[i].operation, (unsigned long long)stats->rows[i].failed);
	if (!error)
		error = stats_print_head(out, "aliasfs_cache_hits_total", "counter",
			"Requests that were answered without a call of the API.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out, "aliasfs_cache_hits_total{operation=\"%s\"} %llu\n",
			stats->rows[i].operation, (unsigned long long)stats->rows[i].from_cache);
	if (!error)
		error = stats_print_head(out, "aliasfs_requests_seconds_total", "counter",
			"Time that requests took.");
	for (i = 0; i < count && !error; i++)
		error = buffer_appendf(out,
			"aliasfs_requests_seconds_total{operation=\"%s\"} %.6f\n",
			stats->rows[i].operation, (double)stats->rows[i].microseconds / 1000000);
	return error;
}

int stats_print_settling(struct stats *stats, struct buffer *out)
{
	static const char *const names[] = {
		[LAMBDA_SETTLED] = "settled",
		[LAMBDA_SETTLE_FAILED] = "failed",
		[LAMBDA_SETTLE_IN_PROGRESS] = "in_progress",
		[LAMBDA_SETTLE_INTERRUPTED] = "interrupted",
	};
	int error = stats_print_head(out, "aliasfs_settling_total", "counter",
		"Waits for an update of $LATEST, by what was seen last.");
	size_t i;

	for (i = 0; i < array_count(names) && !error; i++)
		error = buffer_appendf(out, "aliasfs_settling_total{outcome=\"%s\"} %llu\n",
			names[i], (unsigned long long)stats->settlings[i]);
	if (!error)
		error = stats_print_head(out, "aliasfs_settling_seconds_total", "counter",
			"Time that these waits took.");
	if (!error)
		error = buffer_appendf(out, "aliasfs_settling_seconds_total %.6f\n",
			(double)stats->settling_microseconds / 1000000);
	return error;
}
