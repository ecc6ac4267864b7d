/* SPDX-License-Identifier: MIT */
#include "backend/local/store/change.h"

#include "backend/base/text.h"

int change_forget_oldest(struct store *store)
{
	int64_t sequence;
	int error = store_integer(store, "SELECT last_insert_rowid()", 0, &sequence, "");

	if (!error && sequence > CHANGES_KEPT)
		error = store_execute(store, "DELETE FROM change WHERE sequence = ?", "i",
			sequence - CHANGES_KEPT);
	return error;
}

int change_record(struct call *call, const char *function, const char *qualifier,
	const char *version, const char *detail)
{
	int error = store_execute(call->store,
		"INSERT INTO change (time, operation, function, qualifier, version, detail, "
		"request_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
		"itttttt", call->now_ms, call->operation->name, function, qualifier, version,
		detail, call->request_id);

	if (!error)
		error = store_integer(
			call->store, "SELECT last_insert_rowid()", 0, &call->change, "");
	return error ? error : change_forget_oldest(call->store);
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
