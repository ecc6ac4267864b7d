/* SPDX-License-Identifier: MIT */
#include "backend/local/store/change.h"

#include <errno.h>

#include "backend/base/text.h"

/* NULL stays NULL. */
static int copy_text(char **copy, const char *text)
{
	free(*copy);
	*copy = text ? strdup(text) : NULL;
	return text && !*copy ? -ENOMEM : 0;
}

int change_record(struct call *call, const char *function, const char *qualifier,
	const char *version, const char *detail)
{
	struct change *change = &call->change;
	int error = copy_text(&change->function, function);

	if (!error)
		error = copy_text(&change->qualifier, qualifier);
	if (!error)
		error = copy_text(&change->version, version);
	if (!error)
		error = copy_text(&change->detail, detail);
	change->made = !error;
	return error;
}

void change_release(struct change *change)
{
	free(change->function);
	free(change->qualifier);
	free(change->version);
	free(change->detail);
}

static int append_text(struct buffer *out, const char *name, const char *value)
{
	int error = 0;

	if (value)
		error = buffer_appendf(out, ",\"%s\":", name);
	return value && !error ? append_json_string(out, value) : error;
}

static int append_change(struct buffer *out, sqlite3_stmt *row)
{
	char time[TEXT_TIME_SIZE];
	const char *detail = store_text_or_null(row, 6);
	int error;

	text_format_time(sqlite3_column_int64(row, 1), time);
	error = buffer_appendf(out, "{\"sequence\":%lld,\"time\":\"%s\"",
		(long long)sqlite3_column_int64(row, 0), time);
	if (!error)
		error = append_text(out, "operation", store_text_or_null(row, 2));
	if (!error)
		error = append_text(out, "function", store_text_or_null(row, 3));
	if (!error)
		error = append_text(out, "qualifier", store_text_or_null(row, 4));
	if (!error)
		error = append_text(out, "version", store_text_or_null(row, 5));
	if (!error && detail)
		error = buffer_appendf(out, ",\"detail\":%s", detail);
	if (!error)
		error = append_text(out, "requestId", store_text_or_null(row, 7));
	return error ? error : buffer_append_byte(out, '}');
}

int change_append_list(struct buffer *out, struct store *store, int64_t after)
{
	sqlite3_stmt *row = store_query(store,
		"SELECT sequence, time, operation, function, qualifier, version, detail, "
		"request_id FROM change WHERE sequence > ? AND effective ORDER BY sequence LIMIT ?",
		"ii", after, (int64_t)CHANGES_PAGE);
	const char *separator = "[";
	int error, found;

	while ((found = store_next(store, row)) == 1) {
		error = buffer_append_string(out, separator);
		if (!error)
			error = append_change(out, row);
		if (error) {
			store_done(row);
			return error;
		}
		separator = ",";
	}
	if (found < 0)
		return found;
	return buffer_append_string(out, *separator == '[' ? "[]" : "]");
}
