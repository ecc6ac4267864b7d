/* SPDX-License-Identifier: MIT */
/* `aliasfs ls --aliases`: function by alias. */
#include <errno.h>

#include "backend/base/number.h"
#include "backend/lambda/lambda.h"
#include "fs/commands/ls.h"

#define CELL_MAX 4096

struct column {
	const char *name;
	size_t functions; /* that have it */
	size_t width;
};

struct columns {
	struct column *entries;
	size_t count;
};

bool show_differs(const struct show_alias *one, const struct show_alias *other)
{
	if (!one || !other)
		return one || other;
	return one->version != other->version || one->weighted_version != other->weighted_version ||
	       (one->weighted_version && one->weight != other->weight);
}

static int append_share(struct buffer *out, uint64_t version, double share)
{
	char text[LAMBDA_VERSION_TEXT_SIZE], number[NUMBER_DOUBLE_SIZE];

	lambda_version_format(version, text);
	show_format_percent(share, number);
	return buffer_appendf(out, "%s %s%%", text, number);
}

int show_print_route(const struct show_alias *alias, struct buffer *out)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];
	int error;

	if (!alias)
		return buffer_append_byte(out, '-');
	if (!alias->weighted_version) {
		lambda_version_format(alias->version, text);
		return buffer_append_string(out, text);
	}
	error = append_share(out, alias->version, 1 - alias->weight);
	if (!error)
		error = buffer_append_string(out, " ");
	return error ? error : append_share(out, alias->weighted_version, alias->weight);
}

/* " (2h)": how long the alias has been where it is. */
static int append_duration(struct buffer *out, const struct show_alias *alias, int64_t now)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	int64_t duration;
	size_t i = 0;

	if (!alias || !alias->since)
		return 0;
	duration = now > alias->since ? now - alias->since : 0;
	while (i + 1 < array_count(units) && duration < units[i].seconds)
		i++;
	return buffer_appendf(
		out, " (%lld%c)", (long long)(duration / units[i].seconds), units[i].unit);
}

static int append_cell(
	struct buffer *out, const struct show_function *function, const char *name, int64_t now)
{
	const struct show_alias *alias = show_find_alias(function, name);
	int error = show_print_route(alias, out);

	return error ? error : append_duration(out, alias, now);
}

static int compare_by_name(const void *left, const void *right)
{
	return strcmp(((const struct column *)left)->name, ((const struct column *)right)->name);
}

static int compare_by_number(const void *left, const void *right)
{
	const struct column *one = left, *other = right;

	if (one->functions != other->functions)
		return one->functions > other->functions ? -1 : 1;
	return compare_by_name(left, right);
}

/* Every alias of every function once; 0 or -ENOMEM. */
static int collect_aliases(const struct show_list *list, struct columns *columns)
{
	size_t total = 0, kept = 0, i, j;

	for (i = 0; i < list->count; i++)
		total += list->functions[i].alias_count;
	columns->entries = calloc(total + 1, sizeof(*columns->entries));
	if (!columns->entries)
		return -ENOMEM;
	for (i = 0; i < list->count; i++)
		for (j = 0; j < list->functions[i].alias_count; j++)
			columns->entries[columns->count++] = (struct column){
				.name = list->functions[i].aliases[j].name, .functions = 1};
	qsort(columns->entries, columns->count, sizeof(*columns->entries), compare_by_name);
	for (i = 0; i < columns->count; i++) {
		struct column *column = &columns->entries[i];

		if (kept && !strcmp(columns->entries[kept - 1].name, column->name))
			columns->entries[kept - 1].functions++;
		else
			columns->entries[kept++] = *column;
	}
	columns->count = kept;
	qsort(columns->entries, columns->count, sizeof(*columns->entries), compare_by_number);
	return 0;
}

static int measure_column(const struct show_list *list, int64_t now, struct column *column)
{
	cleanup(buffer_release) struct buffer cell = BUFFER_INIT(CELL_MAX);
	int error = 0;
	size_t i;

	column->width = strlen(column->name);
	for (i = 0; i < list->count && !error; i++) {
		buffer_reset(&cell);
		error = append_cell(&cell, &list->functions[i], column->name, now);
		if (cell.length > column->width)
			column->width = cell.length;
	}
	return error;
}

static int append_row(struct buffer *out, const struct show_function *function,
	const struct columns *columns, size_t name_width, int64_t now, bool colours)
{
	cleanup(buffer_release) struct buffer cell = BUFFER_INIT(CELL_MAX);
	int error = buffer_appendf(out, "%s%-*s%s", colours ? "\033[1;34m" : "", (int)name_width,
		function->name, colours ? "\033[0m" : "");
	size_t i;

	for (i = 0; i < columns->count && !error; i++) {
		bool is_last = i + 1 == columns->count;

		buffer_reset(&cell);
		error = append_cell(&cell, function, columns->entries[i].name, now);
		if (!error)
			error = buffer_appendf(out, "  %-*s",
				is_last ? 0 : (int)columns->entries[i].width, buffer_text(&cell));
	}
	return error ? error : buffer_append_byte(out, '\n');
}

static int append_head(
	struct buffer *out, const struct columns *columns, size_t name_width, bool colours)
{
	int error = buffer_appendf(out, "%s%-*s", colours ? "\033[1m" : "",
		columns->count ? (int)name_width : 0, "FUNCTION");
	size_t i;

	for (i = 0; i < columns->count && !error; i++)
		error = buffer_appendf(out, "  %-*s",
			i + 1 == columns->count ? 0 : (int)columns->entries[i].width,
			columns->entries[i].name);
	return error ? error : buffer_appendf(out, "%s\n", colours ? "\033[0m" : "");
}

int show_print_matrix(const struct show_list *list, int64_t now, bool colours, struct buffer *out)
{
	struct columns columns = {0};
	size_t name_width = show_name_width(0, "FUNCTION"), i;
	int error = collect_aliases(list, &columns);

	for (i = 0; i < list->count; i++)
		name_width = show_name_width(name_width, list->functions[i].name);
	for (i = 0; i < columns.count && !error; i++)
		error = measure_column(list, now, &columns.entries[i]);
	if (!error)
		error = append_head(out, &columns, name_width, colours);
	for (i = 0; i < list->count && !error; i++)
		error = append_row(out, &list->functions[i], &columns,
			columns.count ? name_width : 0, now, colours);
	free(columns.entries);
	return error;
}
