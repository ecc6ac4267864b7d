/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"
#include "backend/local/store/code.h"
#include "backend/local/store/layer.h"
#include "backend/local/store/publish.h"

#define LIST_TEXT_MAX 65536
#define FILTER_SIZE 64

/* The first column is what a list's marker names. */
#define LAYER_COLUMNS                                                                              \
	"l.number, l.layer, l.description, l.license, l.runtimes, l.architectures, l.code, "       \
	"l.code_sha256, l.code_size, l.created"

struct layer_row {
	int64_t number, code_size, created;
	const char *layer, *description, *license, *runtimes, *architectures, *code, *code_sha256;
};

static void layer_load(struct layer_row *row, sqlite3_stmt *statement, int first)
{
	*row = (struct layer_row){.number = sqlite3_column_int64(statement, first),
		.layer = store_text(statement, first + 1),
		.description = store_text(statement, first + 2),
		.license = store_text_or_null(statement, first + 3),
		.runtimes = store_text_or_null(statement, first + 4),
		.architectures = store_text_or_null(statement, first + 5),
		.code = store_text(statement, first + 6),
		.code_sha256 = store_text(statement, first + 7),
		.code_size = sqlite3_column_int64(statement, first + 8),
		.created = sqlite3_column_int64(statement, first + 9)};
}

/* --- a version's answer --- */

static int append_text_or_null(struct buffer *out, const char *name, const char *text)
{
	int error = buffer_appendf(out, ",\"%s\":", name);

	if (error)
		return error;
	return text ? append_json_string(out, text) : buffer_append_string(out, "null");
}

/* The members that lists show too, from LayerVersionArn on, without braces. */
static int append_version(struct buffer *out, const struct call *call, const struct layer_row *row)
{
	char arn[LAYER_ARN_SIZE], created[TEXT_TIME_SIZE];
	int error;

	format_layer_arn(call->identity, row->layer, row->number, arn);
	text_format_time(row->created, created);
	error = buffer_appendf(out,
		"\"LayerVersionArn\":\"%s\",\"Version\":%lld,\"CreatedDate\":\"%s\"", arn,
		(long long)row->number, created);
	if (!error)
		error = append_text_or_null(out, "Description", row->description);
	if (!error)
		error = append_text_or_null(out, "LicenseInfo", row->license);
	if (!error)
		error = buffer_append_string(out, ",\"CompatibleRuntimes\":");
	if (!error)
		error = buffer_append_string(out, row->runtimes ? row->runtimes : "null");
	if (!error)
		error = buffer_append_string(out, ",\"CompatibleArchitectures\":");
	if (!error)
		error = buffer_append_string(out, row->architectures ? row->architectures : "null");
	return error;
}

static int append_whole(struct buffer *out, struct call *call, const struct layer_row *row)
{
	char arn[LAYER_ARN_SIZE];
	int error = buffer_append_string(out, "{\"Content\":{\"Location\":\"");

	format_layer_arn(call->identity, row->layer, 0, arn);
	if (!error)
		error = code_append_location(out, call, row->code);
	if (!error)
		error = buffer_appendf(out,
			"\",\"CodeSha256\":\"%s\",\"CodeSize\":%lld,"
			"\"SigningProfileVersionArn\":null,\"SigningJobArn\":null},"
			"\"LayerArn\":\"%s\",",
			row->code_sha256, (long long)row->code_size, arn);
	if (!error)
		error = append_version(out, call, row);
	return error ? error : buffer_append_byte(out, '}');
}

static int answer_version(struct call *call, const struct layer_name *name)
{
	sqlite3_stmt *statement = store_query(call->store,
		"SELECT " LAYER_COLUMNS " FROM layer_version l WHERE l.layer = ? AND l.number = ?",
		"ti", name->name, name->version);
	int found = store_next(call->store, statement);
	struct layer_row row;

	if (found < 0)
		return found;
	if (!found)
		return call_fail(
			call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
	layer_load(&row, statement, 0);
	found = append_whole(&call->answer->body, call, &row);
	store_done(statement);
	return found;
}

int handle_get_layer_version(struct call *call)
{
	struct layer_name name;
	int error = layer_name_of_call(call, &name);

	return error ? error : answer_version(call, &name);
}

/* --- publishing and deleting --- */

int prepare_publish_layer(struct call *call)
{
	return code_stage(call, json_member(call->input, "Content"), &call->code);
}

/* The list as JSON in `text`, or NULL when the call has none. */
static int print_list(
	struct call *call, const char *member, struct buffer *text, const char **ret_list)
{
	const struct json *list = json_member(call->input, member);

	*ret_list = NULL;
	if (!list)
		return 0;
	if (json_print(list, text))
		return -ENOMEM;
	*ret_list = buffer_text(text);
	return 0;
}

static int insert_version(struct call *call, const struct layer_name *name)
{
	cleanup(buffer_release) struct buffer runtimes_text = BUFFER_INIT(LIST_TEXT_MAX);
	cleanup(buffer_release) struct buffer architectures_text = BUFFER_INIT(LIST_TEXT_MAX);
	const char *description = call_string(call, "Description");
	const char *runtimes, *architectures;
	const struct code *code = &call->code;
	int error = print_list(call, "CompatibleRuntimes", &runtimes_text, &runtimes);

	if (!error)
		error = print_list(
			call, "CompatibleArchitectures", &architectures_text, &architectures);
	if (error)
		return error;
	return store_execute(call->store,
		"INSERT INTO layer_version (layer, number, description, license, runtimes, "
		"architectures, code, code_sha256, code_size, created) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"tittttttii", name->name, name->version, description ? description : "",
		call_string(call, "LicenseInfo"), runtimes, architectures, code->digest,
		code->sha256, code->size, call->now_ms);
}

int handle_publish_layer_version(struct call *call)
{
	struct layer_name name;
	char version[VERSION_TEXT_SIZE];
	int error = layer_name_of_call(call, &name);

	if (!error)
		error = check_code_storage(call, call->code.size);
	if (!error)
		error = store_execute(call->store,
			"INSERT INTO layer (name, last) VALUES (?, 1) "
			"ON CONFLICT (name) DO UPDATE SET last = last + 1",
			"t", name.name);
	if (!error)
		error = store_integer(call->store, "SELECT last FROM layer WHERE name = ?", 0,
			&name.version, "t", name.name);
	if (!error)
		error = code_keep(call, &call->code);
	if (!error)
		error = insert_version(call, &name);
	version_format(name.version, version);
	if (!error)
		error = change_record(call, NULL, name.name, version, NULL);
	return error ? error : answer_version(call, &name);
}

/* Deleting what is not there is no error, as with aliases. */
int handle_delete_layer_version(struct call *call)
{
	struct layer_name name;
	char version[VERSION_TEXT_SIZE];
	sqlite3_stmt *row;
	int found, error = layer_name_of_call(call, &name);

	if (error)
		return error;
	row = store_query(call->store,
		"SELECT code FROM layer_version WHERE layer = ? AND number = ?", "ti", name.name,
		name.version);
	found = store_next(call->store, row);
	if (found != 1)
		return found;
	error = code_release(call, store_text(row, 0));
	store_done(row);
	if (!error)
		error = store_execute(call->store,
			"DELETE FROM layer_version WHERE layer = ? AND number = ?", "ti", name.name,
			name.version);
	version_format(name.version, version);
	return error ? error : change_record(call, NULL, name.name, version, NULL);
}

/* --- lists --- */

/* The text that a stored JSON list of such values holds, for instr(), or NULL: everything passes. */
static const char *filter_of(const struct call *call, const char *member, char text[FILTER_SIZE])
{
	const char *value = call_string(call, member);

	if (!value)
		return NULL;
	snprintf(text, FILTER_SIZE, "\"%s\"", value);
	return text;
}

#define MATCHES                                                                                    \
	"(?1 IS NULL OR instr(l.runtimes, ?1)) AND (?2 IS NULL OR instr(l.architectures, ?2))"

static int append_listed_version(struct buffer *out, struct call *call, sqlite3_stmt *statement)
{
	struct layer_row row;
	int error = buffer_append_byte(out, '{');

	layer_load(&row, statement, 0);
	if (!error)
		error = append_version(out, call, &row);
	return error ? error : buffer_append_byte(out, '}');
}

/* Newest first. A layer that is not there has no versions. */
int handle_list_layer_versions(struct call *call)
{
	char runtime[FILTER_SIZE], architecture[FILTER_SIZE];
	struct layer_name name;
	struct page page;
	int error = layer_name_of_call(call, &name);

	if (!error)
		error = page_begin(call, PAGE_MAX, &page);
	if (error)
		return error;
	return append_rows(call, "LayerVersions",
		store_query(call->store,
			"SELECT " LAYER_COLUMNS " FROM layer_version l WHERE l.layer = ?3 AND "
			"(?4 = '' OR l.number < CAST(?4 AS INTEGER)) AND " MATCHES
			" ORDER BY l.number DESC LIMIT ?5",
			"tttti", filter_of(call, "CompatibleRuntime", runtime),
			filter_of(call, "CompatibleArchitecture", architecture), name.name,
			page.after, page.limit + 1),
		&page, append_listed_version);
}

static int append_layer(struct buffer *out, struct call *call, sqlite3_stmt *statement)
{
	char arn[LAYER_ARN_SIZE];
	struct layer_row row;
	int error = buffer_append_string(out, "{\"LayerName\":");

	layer_load(&row, statement, 1);
	format_layer_arn(call->identity, row.layer, 0, arn);
	if (!error)
		error = append_json_string(out, row.layer);
	if (!error)
		error = buffer_appendf(
			out, ",\"LayerArn\":\"%s\",\"LatestMatchingVersion\":{", arn);
	if (!error)
		error = append_version(out, call, &row);
	return error ? error : buffer_append_string(out, "}}");
}

int handle_list_layers(struct call *call)
{
	char runtime[FILTER_SIZE], architecture[FILTER_SIZE];
	struct page page;
	int error = page_begin(call, PAGE_MAX, &page);

	if (error)
		return error;
	return append_rows(call, "Layers",
		store_query(call->store,
			"SELECT l.layer, " LAYER_COLUMNS " FROM layer y JOIN layer_version l "
			"ON l.layer = y.name AND l.number = (SELECT max(l.number) FROM "
			"layer_version l WHERE l.layer = y.name AND " MATCHES
			") WHERE y.name > ?3 ORDER BY y.name LIMIT ?4",
			"ttti", filter_of(call, "CompatibleRuntime", runtime),
			filter_of(call, "CompatibleArchitecture", architecture), page.after,
			page.limit + 1),
		&page, append_layer);
}
