/* SPDX-License-Identifier: MIT */
#include "backend/local/store/attachment.h"

#include <errno.h>

int resource_find(struct call *call, const char *qualifier, struct target *ret_target)
{
	struct target target;
	int found = target_find(call, call->name.name, qualifier, &target);

	if (found == 1 && ret_target)
		*ret_target = target;
	return found;
}

int append_epoch(struct buffer *out, const char *name, int64_t milliseconds)
{
	return buffer_appendf(out, "\"%s\":%lld.%03d", name, (long long)(milliseconds / 1000),
		(int)(milliseconds % 1000));
}

static int append_rest(struct buffer *out, const char *last)
{
	int error = buffer_append_byte(out, ']');

	if (!error)
		error = page_append_marker(out, last, 0);
	return error ? error : buffer_append_byte(out, '}');
}

int append_rows(struct call *call, const char *key, sqlite3_stmt *rows, const struct page *page,
	int (*append)(struct buffer *out, struct call *call, sqlite3_stmt *row))
{
	struct buffer *out = &call->answer->body;
	char last[FUNCTION_NAME_MAX + 1] = "";
	int64_t count = 0;
	int found, error = buffer_appendf(out, "{\"%s\":[", key);

	while (!error && (found = store_next(call->store, rows)) != 0) {
		if (found < 0)
			return found;
		if (count++ == page->limit) {
			store_done(rows);
			return append_rest(out, last);
		}
		snprintf(last, sizeof(last), "%s", store_text(rows, 0));
		if (count > 1)
			error = buffer_append_byte(out, ',');
		if (!error)
			error = append(out, call, rows);
	}
	if (error) {
		store_done(rows);
		return error;
	}
	return buffer_append_string(out, "],\"NextMarker\":null}");
}

int attachments_delete(struct call *call, const char *function, const char *qualifier)
{
	int error = store_execute(call->store,
		"DELETE FROM policy WHERE function = ? AND qualifier = ?", "tt", function,
		qualifier);

	if (!error)
		error = store_execute(call->store,
			"DELETE FROM event_invoke WHERE function = ? AND qualifier = ?", "tt",
			function, qualifier);
	if (!error)
		error = store_execute(call->store,
			"UPDATE url SET configuration = json_set(configuration, '$.Orphaned', ?) "
			"WHERE function = ? AND qualifier = ?",
			"itt", call->now_ms, function, qualifier);
	if (!error)
		error = store_execute(call->store,
			"DELETE FROM provisioned WHERE function = ? AND qualifier = ?", "tt",
			function, qualifier);
	return error;
}

int attachments_adopt(struct call *call, const char *function, const char *qualifier)
{
	int error = store_execute(call->store,
		"DELETE FROM url WHERE function = ? AND qualifier = ? AND NOT " URL_IS_THERE, "tti",
		function, qualifier, call->now_ms);

	return error ? error
		     : store_execute(call->store,
			       "UPDATE url SET configuration = json_remove(configuration, "
			       "'$.Orphaned') WHERE function = ? AND qualifier = ?",
			       "tt", function, qualifier);
}

struct json *attachment_merge(struct call *call, const char *before, const char *const *members)
{
	cleanup(json_free_pointer) struct json *merged =
		before ? json_parse(before, strlen(before), NULL) : json_new_object();

	for (size_t i = 0; merged && members[i]; i++) {
		const struct json *given = json_member(call->input, members[i]);

		if (given && json_set(merged, members[i], json_copy(given)))
			return NULL;
	}
	return take_pointer(merged);
}

int attachment_append_merged(
	struct call *call, const char *before, const char *const *members, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *merged = attachment_merge(call, before, members);

	return merged ? json_print(merged, out) : -ENOMEM;
}
