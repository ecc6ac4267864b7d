/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"
#include "backend/local/store/code.h"
#include "backend/local/store/page.h"
#include "backend/local/store/publish.h"
#include "backend/local/store/version.h"

/* Finds what the call names, or fails with "Function not found" of it as it was asked for. */
static int find_asked(struct call *call, struct version_row *row)
{
	const char *qualifier = call_qualifier(call);
	struct target target;
	int found = target_find(call, call->name.name, qualifier, &target);

	if (found == 1)
		found = version_find(call, call->name.name, target.version, row);
	if (found == 1)
		return 0;
	return found ? found : call_fail_function(call, call->name.name, qualifier);
}

int handle_get_function_configuration(struct call *call)
{
	struct version_row row;
	int error = find_asked(call, &row);

	if (error)
		return error;
	error = version_append(&call->answer->body, call, &row, call_qualifier(call), VIEW_NOW);
	version_row_done(&row);
	return error;
}

#define NO_CODE_FACTS                                                                              \
	",\"ResolvedS3Object\":null,\"ResolvedS3Uri\":null,\"SourceKMSKeyArn\":null,\"Error\":"    \
	"null"

/* "repository:tag" is resolved to "repository@sha256:DIGEST", which is what CodeSha256 shows. */
static int append_image(struct buffer *out, const struct version_row *row)
{
	const char *uri = row->image_uri, *slash = strrchr(uri, '/');
	const char *end = strpbrk(slash ? slash : uri, ":@");
	cleanup(free_pointer) char *resolved = NULL;
	int error;

	if (asprintf(&resolved, "%.*s@sha256:%s", end ? (int)(end - uri) : (int)strlen(uri), uri,
		    row->code_sha256) < 0)
		return -ENOMEM;
	error = buffer_append_string(out, ",\"Code\":{\"RepositoryType\":\"ECR\",\"ImageUri\":");
	if (!error)
		error = append_json_string(out, uri);
	if (!error)
		error = buffer_append_string(out, ",\"ResolvedImageUri\":");
	if (!error)
		error = append_json_string(out, resolved);
	return error ? error : buffer_append_string(out, ",\"Location\":null" NO_CODE_FACTS "}");
}

static int append_code(struct buffer *out, struct call *call, const struct version_row *row)
{
	int error;

	if (row->image_uri)
		return append_image(out, row);
	error = buffer_append_string(out, ",\"Code\":{\"RepositoryType\":\"S3\",\"Location\":\"");
	if (!error)
		error = code_append_location(out, call, row->code);
	return error ? error
		     : buffer_append_string(out,
			       "\",\"ImageUri\":null,\"ResolvedImageUri\":null" NO_CODE_FACTS "}");
}

/* Tags where there are any, Concurrency where it is reserved. */
static int append_function_settings(struct buffer *out, struct call *call)
{
	sqlite3_stmt *row = store_query(call->store,
		"SELECT tags, reserved FROM function WHERE name = ?", "t", call->name.name);
	int found = store_next(call->store, row);
	int error = 0;

	if (found != 1)
		return found;
	error = buffer_appendf(out, ",\"Tags\":%s,\"TagsError\":null",
		strcmp(store_text(row, 0), "{}") ? store_text(row, 0) : "null");
	if (!error && sqlite3_column_type(row, 1) == SQLITE_NULL)
		error = buffer_append_string(out, ",\"Concurrency\":null");
	else if (!error)
		error = buffer_appendf(out,
			",\"Concurrency\":{\"ReservedConcurrentExecutions\":%lld}",
			(long long)sqlite3_column_int64(row, 1));
	store_done(row);
	return error;
}

int handle_get_function(struct call *call)
{
	struct buffer *out = &call->answer->body;
	struct version_row row;
	int error = find_asked(call, &row);

	if (error)
		return error;
	error = buffer_append_string(out, "{\"Configuration\":");
	if (!error)
		error = version_append(out, call, &row, call_qualifier(call), VIEW_NOW);
	if (!error)
		error = append_code(out, call, &row);
	version_row_done(&row);
	if (!error)
		error = append_function_settings(out, call);
	return error ? error : buffer_append_byte(out, '}');
}

/* The rows of one page, at most `limit`, of a query for one more than that. */
static int append_page(
	struct buffer *out, struct call *call, sqlite3_stmt *rows, int64_t limit, bool qualified)
{
	char last[FUNCTION_NAME_MAX + 1] = "", version[VERSION_TEXT_SIZE];
	int64_t last_number = 0, count = 0;
	struct version_row row;
	int found, error = buffer_append_string(out, "{\"Functions\":[");

	while (!error && (found = store_next(call->store, rows)) != 0) {
		if (found < 0)
			return found;
		if (count++ == limit) {
			error = buffer_append_byte(out, ']');
			if (!error)
				error = page_append_marker(out, last, last_number);
			store_done(rows);
			return error ? error : buffer_append_byte(out, '}');
		}
		version_row_load(&row, rows);
		snprintf(last, sizeof(last), "%s", row.function);
		last_number = row.number;
		version_format(row.number, version);
		if (count > 1)
			error = buffer_append_byte(out, ',');
		if (!error)
			error = version_append(
				out, call, &row, qualified ? version : NULL, VIEW_LIST);
	}
	if (error) {
		store_done(rows);
		return error;
	}
	return buffer_append_string(out, "],\"NextMarker\":null}");
}

int handle_list_functions(struct call *call)
{
	bool all = call_string(call, "FunctionVersion");
	const char *master = call_string(call, "MasterRegion");
	struct page page;
	sqlite3_stmt *rows;
	int error = page_begin(call, PAGE_MAX, &page);

	if (error)
		return error;
	if (master && !all)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"MasterRegion can only be specified with FunctionVersion ALL");
	if (master) /* no replicas of other regions live here */
		return buffer_append_string(
			&call->answer->body, "{\"Functions\":[],\"NextMarker\":null}");
	if (all)
		rows = store_query(call->store,
			"SELECT " VERSION_COLUMNS " FROM version v WHERE (v.function, v.number) > "
			"(?, ?) ORDER BY v.function, v.number LIMIT ?",
			"tii", page.after, page.after_number, page.limit + 1);
	else
		rows = store_query(call->store,
			"SELECT " VERSION_COLUMNS " FROM function f JOIN version v ON "
			"v.function = f.name AND v.number = 0 WHERE f.name > ? "
			"ORDER BY f.name LIMIT ?",
			"ti", page.after, page.limit + 1);
	return append_page(&call->answer->body, call, rows, page.limit, all);
}

/* Notes the zips of the rows that are about to go: all of the function's, or one version's. */
static int release_code(struct call *call, const char *function, int64_t from, int64_t to)
{
	sqlite3_stmt *rows = store_query(call->store,
		"SELECT DISTINCT code FROM version WHERE function = ? AND number BETWEEN ? AND ?",
		"tii", function, from, to);
	int found;

	while ((found = store_next(call->store, rows)) == 1) {
		int error = code_release(call, store_text(rows, 0));

		if (error) {
			store_done(rows);
			return error;
		}
	}
	return found;
}

static int delete_whole(struct call *call, const char *function)
{
	int error = release_code(call, function, 0, INT64_MAX);

	if (!error)
		error = store_execute(
			call->store, "DELETE FROM function WHERE name = ?", "t", function);
	return error ? error : change_record(call, function, NULL, NULL, NULL);
}

/* Fails when an alias points to the version, naming all that do. */
static int check_unreferenced(struct call *call, const char *function, int64_t number)
{
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(CALL_ANSWER_MAX);
	sqlite3_stmt *rows = store_query(call->store,
		"SELECT name FROM alias WHERE function = ?1 AND (version = ?2 OR "
		"weighted_version = ?2) ORDER BY name LIMIT 200",
		"ti", function, number);
	int found;

	while ((found = store_next(call->store, rows)) == 1) {
		int error = buffer_appendf(
			&names, "%s%s", names.length ? ", " : "", store_text(rows, 0));

		if (error) {
			store_done(rows);
			return error;
		}
	}
	if (found || !names.length)
		return found;
	return call_fail(call, FAILURE_CONFLICT,
		"Unable to delete version because the following aliases reference it: [%s]",
		buffer_text(&names));
}

static int delete_version(
	struct call *call, const char *function, const char *qualifier, int64_t number)
{
	int error = check_unreferenced(call, function, number);

	if (!error)
		error = release_code(call, function, number, number);
	if (!error)
		error = attachments_delete(call, function, qualifier);
	if (!error)
		error = store_execute(call->store,
			"DELETE FROM runtime_management WHERE function = ? AND version = ?", "ti",
			function, number);
	if (!error)
		error = store_execute(call->store,
			"DELETE FROM version WHERE function = ? AND number = ?", "ti", function,
			number);
	if (error || !store_changed(call->store))
		return error;
	return change_record(call, function, qualifier, NULL, NULL);
}

int handle_delete_function(struct call *call)
{
	const char *qualifier = call_qualifier(call);
	const char *function = call->name.name;
	int64_t number = VERSION_LATEST;
	bool is_version = !qualifier || !version_parse(qualifier, &number);
	int error;

	/* What has a '$' in it is no alias's name: a version that is not there, then. */
	if (!is_version && !strchr(qualifier, '$'))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Deletion of aliases is not currently supported.");
	if (qualifier && !strcmp(qualifier, "$LATEST"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"$LATEST version cannot be deleted without deleting the function.");
	error = function_check(call, NULL);
	if (error)
		return error;
	if (!qualifier)
		return delete_whole(call, function);
	if (!is_version)
		return 0;
	return delete_version(call, function, qualifier, number);
}

int handle_get_account_settings(struct call *call)
{
	sqlite3_stmt *row =
		store_query(call->store, "SELECT functions, code_size, reserved FROM usage", "");
	int found = store_next(call->store, row);
	int error;

	if (found != 1)
		return found ? found : -EIO;
	error = buffer_appendf(&call->answer->body,
		"{\"AccountLimit\":{\"TotalCodeSize\":%lld,\"CodeSizeUnzipped\":262144000,"
		"\"CodeSizeZipped\":52428800,\"ConcurrentExecutions\":1000,"
		"\"UnreservedConcurrentExecutions\":%lld},"
		"\"AccountUsage\":{\"TotalCodeSize\":%lld,\"FunctionCount\":%lld}}",
		(long long)CODE_STORAGE_MAX, 1000 - (long long)sqlite3_column_int64(row, 2),
		(long long)sqlite3_column_int64(row, 1), (long long)sqlite3_column_int64(row, 0));
	store_done(row);
	return error;
}
