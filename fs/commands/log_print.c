/* SPDX-License-Identifier: MIT */
/* `aliasfs log`: the table and the JSON. Pure. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "backend/base/json.h"
#include "backend/base/text.h"
#include "fs/commands/log.h"

#define TIME_FORMAT "%Y-%m-%d %H:%M:%S"
#define CELL_MAX (1024 * 1024)

/* The list whose next move is the newest; of several at the same second the first. */
static size_t find_newest(const struct alias_log *logs, const size_t *next, size_t count)
{
	size_t newest = count, i;

	for (i = 0; i < count; i++) {
		if (next[i] == logs[i].count)
			continue;
		if (newest == count ||
			logs[i].moves[next[i]].time_s > logs[newest].moves[next[newest]].time_s)
			newest = i;
	}
	return newest;
}

int alias_log_merge(const struct alias_log *logs, size_t count, int64_t since_s,
	struct alias_log_rows *ret_rows)
{
	cleanup(free_pointer) size_t *next = calloc(count + 1, sizeof(*next));
	size_t total = 0, i;

	memset(ret_rows, 0, sizeof(*ret_rows));
	for (i = 0; i < count; i++)
		total += logs[i].count;
	ret_rows->items = calloc(total + 1, sizeof(*ret_rows->items));
	if (!next || !ret_rows->items) {
		free(take_pointer(ret_rows->items));
		return -ENOMEM;
	}
	while ((i = find_newest(logs, next, count)) < count) {
		const struct alias_log_move *move = &logs[i].moves[next[i]++];

		if (move->time_s >= since_s)
			ret_rows->items[ret_rows->count++] =
				(struct alias_log_row){.log = &logs[i], .move = move};
	}
	return 0;
}

/* --- the table --- */

enum column {
	COLUMN_TIME,
	COLUMN_ALIAS,
	COLUMN_WHAT,
	COLUMN_ROUTE,
	COLUMN_WHO,
	COLUMN_WITH,
	COLUMN_REQUEST,
	COLUMN_NOTE,
	COLUMN_COUNT,
};

static const char *const heads[COLUMN_COUNT] = {
	"TIME", "ALIAS", "WHAT", "FROM -> TO", "WHO", "WITH", "REQUEST", "NOTE"};

int alias_log_append_who(const char *who, struct buffer *out)
{
	const char *slash = strrchr(who, '/'), *colon = strrchr(who, ':');

	if (!text_starts_with(who, "arn:"))
		return text_append_shown(out, who);
	return text_append_shown(out, slash ? slash + 1 : colon + 1);
}

int alias_log_append_age(int64_t seconds, struct buffer *out)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
	size_t i;

	for (i = 0; i < array_count(units); i++)
		if (seconds >= units[i].seconds) {
			long long count = seconds / units[i].seconds;

			return buffer_appendf(
				out, "%lld %s%s ago", count, units[i].name, count == 1 ? "" : "s");
		}
	return buffer_append_string(out, "less than a minute ago");
}

static int append_time(int64_t time_s, struct buffer *out)
{
	time_t seconds = (time_t)time_s;
	char text[64] = "";
	struct tm broken;

	if (localtime_r(&seconds, &broken))
		strftime(text, sizeof(text), TIME_FORMAT, &broken);
	return buffer_append_string(out, text);
}

/* The first word: "aws-cli/2.15.0" of all that it sends. */
static int append_program(const char *agent, struct buffer *out)
{
	cleanup(free_pointer) char *word = strndup(agent, strcspn(agent, " "));

	return word ? text_append_shown(out, word) : -ENOMEM;
}

static int append_cell(const struct alias_log_row *row, enum column column, struct buffer *out)
{
	const char *const *fields = row->move->fields;

	switch (column) {
	case COLUMN_TIME:
		return append_time(row->move->time_s, out);
	case COLUMN_ALIAS:
		return buffer_appendf(out, "%s/%s", row->log->function, row->log->alias);
	case COLUMN_WHAT:
		return buffer_append_string(out, fields[ALIAS_LOG_WHAT]);
	case COLUMN_ROUTE:
		return buffer_appendf(
			out, "%s -> %s", fields[ALIAS_LOG_FROM], fields[ALIAS_LOG_TO]);
	case COLUMN_WHO:
		return alias_log_append_who(fields[ALIAS_LOG_WHO], out);
	case COLUMN_WITH:
		return append_program(fields[ALIAS_LOG_WITH], out);
	case COLUMN_REQUEST:
		return text_append_shown(out, fields[ALIAS_LOG_REQUEST]);
	case COLUMN_NOTE:
		return strcmp(fields[ALIAS_LOG_NOTE], "-")
			       ? text_append_shown(out, fields[ALIAS_LOG_NOTE])
			       : 0;
	case COLUMN_COUNT:
		break;
	}
	return 0;
}

/* What the cells of each column need; 0 for a column that is left out. */
static int measure_columns(
	const struct alias_log_rows *rows, bool with_names, size_t widths[COLUMN_COUNT])
{
	cleanup(buffer_release) struct buffer cell = BUFFER_INIT(CELL_MAX);
	size_t i, column;
	int error = 0;

	for (column = 0; column < COLUMN_COUNT; column++)
		widths[column] = strlen(heads[column]);
	if (!with_names)
		widths[COLUMN_ALIAS] = 0;
	for (i = 0; i < rows->count && !error; i++)
		for (column = 0; column < COLUMN_COUNT && !error; column++) {
			size_t width;

			buffer_reset(&cell);
			error = append_cell(&rows->items[i], (enum column)column, &cell);
			width = text_count_code_points(buffer_text(&cell));
			if (widths[column] && width > widths[column])
				widths[column] = width;
		}
	return error;
}

/* Appends the cell as wide as its column, and what keeps the next one away. */
static int append_padded(struct buffer *out, const char *text, size_t width)
{
	size_t length = text_count_code_points(text);

	return buffer_appendf(
		out, "%s%*s", text, (int)(width > length ? width - length : 0) + 2, "");
}

static int end_line(struct buffer *out, const char *after)
{
	while (out->length && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
	return buffer_appendf(out, "%s\n", after);
}

static int append_row(
	const struct alias_log_row *row, const size_t widths[COLUMN_COUNT], struct buffer *out)
{
	cleanup(buffer_release) struct buffer cell = BUFFER_INIT(CELL_MAX);
	size_t column;
	int error = 0;

	for (column = 0; column < COLUMN_COUNT && !error; column++) {
		if (!widths[column])
			continue;
		buffer_reset(&cell);
		error = append_cell(row, (enum column)column, &cell);
		if (!error)
			error = append_padded(out, buffer_text(&cell), widths[column]);
	}
	return error ? error : end_line(out, "");
}

int alias_log_print_table(
	const struct alias_log_rows *rows, bool with_names, bool colours, struct buffer *out)
{
	size_t widths[COLUMN_COUNT], column, i;
	int error = measure_columns(rows, with_names, widths);

	if (!error && colours)
		error = buffer_append_string(out, "\033[1m");
	for (column = 0; column < COLUMN_COUNT && !error; column++)
		if (widths[column])
			error = append_padded(out, heads[column], widths[column]);
	if (!error)
		error = end_line(out, colours ? "\033[0m" : "");
	for (i = 0; i < rows->count && !error; i++)
		error = append_row(&rows->items[i], widths, out);
	return error;
}

/* --- JSON --- */

static struct json *row_json(const struct alias_log_row *row)
{
	static const char *const names[ALIAS_LOG_FIELD_COUNT] = {
		"time", "what", "from", "to", "who", "with", "request_id", "note"};
	cleanup(json_free_pointer) struct json *object = json_new_object();
	int error = object ? 0 : -ENOMEM;
	char time[TEXT_TIME_SIZE];
	size_t i;

	text_format_utc(row->move->time_s, time);
	for (i = 0; i < ALIAS_LOG_FIELD_COUNT && !error; i++) {
		const char *field = i == ALIAS_LOG_TIME ? time : row->move->fields[i];

		error = strcmp(field, "-") ? json_set_string(object, names[i], field)
					   : json_set(object, names[i], json_new_null());
		if (!error && i == ALIAS_LOG_TIME)
			error = json_set_string(object, "function", row->log->function);
		if (!error && i == ALIAS_LOG_TIME)
			error = json_set_string(object, "alias", row->log->alias);
	}
	return error ? NULL : take_pointer(object);
}

int alias_log_print_json(const struct alias_log_rows *rows, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *all = json_new_array();
	int error = all ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < rows->count && !error; i++)
		error = json_append(all, row_json(&rows->items[i]));
	if (!error)
		error = json_print(all, out);
	return error ? error : buffer_append_byte(out, '\n');
}
