/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/local/operations/private.h"
#include "backend/local/store/change.h"
#include "backend/local/store/page.h"
#include "backend/local/store/publish.h"
#include "backend/local/store/version.h"

static int check_digest(struct call *call, const struct version_row *latest)
{
	const char *given = call_string(call, "CodeSha256");

	if (!given || !*given || !strcmp(given, latest->code_sha256))
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try "
		"again with the CodeSHA256 in $LATEST.",
		given, latest->code_sha256);
}

static int check_publish(struct call *call)
{
	const char *function = call->name.name;
	struct version_row latest;
	int found = version_find(call, function, VERSION_LATEST, &latest);
	int error;

	if (found != 1)
		return found ? found : call_fail_function(call, function, NULL);
	error = check_revision_id(call, version_revision_id(call, &latest));
	if (!error)
		error = publish_check_idle(call, &latest);
	if (!error)
		error = check_digest(call, &latest);
	version_row_done(&latest);
	return error;
}

static int high_water(struct call *call, const char *function, int64_t *ret_version)
{
	return store_integer(call->store, "SELECT version FROM high_water WHERE name = ?", 0,
		ret_version, "t", function);
}

int handle_publish_version(struct call *call)
{
	const char *function = call->name.name;
	char version[VERSION_TEXT_SIZE];
	struct version_row row;
	int64_t before, number;
	int error = check_publish(call);

	if (!error)
		error = high_water(call, function, &before);
	if (!error)
		error = publish_version(
			call, function, call_string(call, "Description"), false, &number);
	version_format(error ? 0 : number, version);
	if (!error && number > before) /* $LATEST.PUBLISHED is, too */
		error = change_record(call, function, NULL, version, NULL);
	if (error)
		return error;
	error = version_find(call, function, number, &row);
	if (error != 1)
		return error ? error : -EIO;
	error = version_append(&call->answer->body, call, &row, version,
		version_is_settling(call, &row) ? VIEW_SETTLING : VIEW_NOW);
	version_row_done(&row);
	return error;
}

static int append_versions(struct buffer *out, struct call *call, const struct page *page)
{
	sqlite3_stmt *rows = store_query(call->store,
		"SELECT " VERSION_COLUMNS " FROM version v WHERE v.function = ? AND v.number > ? "
		"ORDER BY v.number LIMIT ?",
		"tii", call->name.name, page->after_number, page->limit + 1);
	int64_t count = 0, last = 0;
	char version[VERSION_TEXT_SIZE];
	struct version_row row;
	int found, error = buffer_append_string(out, "{\"Versions\":[");

	while (!error && (found = store_next(call->store, rows)) != 0) {
		if (found < 0)
			return found;
		if (count++ == page->limit) {
			store_done(rows);
			error = buffer_append_byte(out, ']');
			if (!error)
				error = page_append_marker(out, call->name.name, last);
			return error ? error : buffer_append_byte(out, '}');
		}
		version_row_load(&row, rows);
		last = row.number;
		version_format(row.number, version);
		if (count > 1)
			error = buffer_append_byte(out, ',');
		if (!error)
			error = version_append(out, call, &row, version, VIEW_LIST);
	}
	if (error) {
		store_done(rows);
		return error;
	}
	return buffer_append_string(out, "],\"NextMarker\":null}");
}

int handle_list_versions_by_function(struct call *call)
{
	struct page page;
	int error = page_begin(call, PAGE_MAX, &page);

	if (!error)
		error = function_check(call, NULL);
	return error ? error : append_versions(&call->answer->body, call, &page);
}
