/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/random.h>

#include "backend/local/attachment.h"
#include "backend/local/change.h"
#include "backend/local/operations_private.h"

#define CONFIGURATION_MAX 262144
#define URL_ID_LENGTH 32

static const char *const members[] = {"AuthType", "Cors", "InvokeMode", NULL};

/* A URL hangs off an alias, or off the function: "". */
static const char *url_qualifier(const struct call *call)
{
	const char *qualifier = call_qualifier(call);

	return qualifier ? qualifier : "";
}

static void make_url_id(char id[URL_ID_LENGTH + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char bytes[URL_ID_LENGTH];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		memset(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < URL_ID_LENGTH; i++)
		id[i] = letters[bytes[i] % 32];
	id[URL_ID_LENGTH] = '\0';
}

/* URLs are dated with microseconds and a Z, unlike everything else. */
static int append_time(struct buffer *out, const char *name, int64_t milliseconds)
{
	time_t seconds = (time_t)(milliseconds / 1000);
	struct tm parts;
	char text[32];

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	return buffer_appendf(
		out, ",\"%s\":\"%s.%03d000Z\"", name, text, (int)(milliseconds % 1000));
}

/* One configuration: query columns qualifier, id, configuration, created, last_modified. */
struct url {
	const char *qualifier, *id, *configuration;
	int64_t created, last_modified;
};

static void url_load(struct url *url, sqlite3_stmt *row)
{
	url->qualifier = store_text(row, 0);
	url->id = store_text(row, 1);
	url->configuration = store_text(row, 2);
	url->created = sqlite3_column_int64(row, 3);
	url->last_modified = sqlite3_column_int64(row, 4);
}

static int append_url(
	struct buffer *out, const struct call *call, const struct url *url, bool created)
{
	size_t length = strlen(url->configuration);
	int error = buffer_appendf(out,
		"{\"FunctionUrl\":\"https://%s.lambda-url.%s.on.aws/\",\"FunctionArn\":\"", url->id,
		call->identity->region);

	if (!error)
		error = append_function_arn(out, call->identity, call->name.name,
			*url->qualifier ? url->qualifier : NULL);
	if (!error)
		error = buffer_append_byte(out, '"');
	if (!error && length > 2)
		error = buffer_append_byte(out, ',');
	if (!error && length > 2)
		error = buffer_append(out, url->configuration + 1, length - 2);
	if (!error)
		error = append_time(out, "CreationTime", url->created);
	if (!error && !created)
		error = append_time(out, "LastModifiedTime", url->last_modified);
	return error ? error : buffer_append_byte(out, '}');
}

#define URL_COLUMNS "qualifier, id, configuration, created, last_modified"

static sqlite3_stmt *url_query(struct call *call)
{
	return store_query(call->store,
		"SELECT " URL_COLUMNS " FROM url WHERE function = ? AND qualifier = ?", "tt",
		call->name.name, url_qualifier(call));
}

static int check_resource(struct call *call)
{
	int found = resource_find(call, call_qualifier(call), NULL);

	if (found != 1)
		return found ? found
			     : call_fail(call, FAILURE_NOT_FOUND, "Function does not exist");
	return 0;
}

static int fail_without(struct call *call)
{
	return call_fail(call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
}

static int check_new(struct call *call)
{
	sqlite3_stmt *row = url_query(call);
	int found = store_next(call->store, row);
	char arn[FUNCTION_ARN_SIZE];

	if (found != 1)
		return found;
	store_done(row);
	format_function_arn(call->identity, call->name.name,
		*url_qualifier(call) ? url_qualifier(call) : NULL, arn);
	return call_fail(call, FAILURE_CONFLICT,
		"Failed to create function url config for [functionArn = %s]. Error message:  "
		"FunctionUrlConfig exists for this Lambda function",
		arn);
}

int handle_create_url(struct call *call)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	char id[URL_ID_LENGTH + 1];
	struct url url = {.qualifier = url_qualifier(call),
		.id = id,
		.created = call->now_ms,
		.last_modified = call->now_ms};
	int error = check_resource(call);

	make_url_id(id);
	if (!error)
		error = check_new(call);
	if (!error)
		error = attachment_merge(call, NULL, members, &text);
	if (!error)
		error = store_execute(call->store,
			"INSERT INTO url (function, qualifier, id, configuration, created, "
			"last_modified) VALUES (?, ?, ?, ?, ?, ?)",
			"ttttii", call->name.name, url.qualifier, id, buffer_text(&text),
			call->now_ms, call->now_ms);
	if (!error)
		error = change_record(call, call->name.name, url.qualifier, NULL, NULL);
	url.configuration = buffer_text(&text);
	return error ? error : append_url(&call->answer->body, call, &url, true);
}

/* What nobody set is shown by the calls that read. */
static int append_shown(struct buffer *out, const struct call *call, struct url url)
{
	cleanup(json_free_pointer) struct json *shown =
		json_parse(url.configuration, strlen(url.configuration), NULL);
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	int error = shown ? 0 : -ENOMEM;

	if (!error && !json_member(shown, "InvokeMode"))
		error = json_set_string(shown, "InvokeMode", "BUFFERED");
	if (!error)
		error = json_print(shown, &text);
	url.configuration = buffer_text(&text);
	return error ? error : append_url(out, call, &url, false);
}

int handle_get_url(struct call *call)
{
	sqlite3_stmt *row = url_query(call);
	int found = store_next(call->store, row);
	struct url url;
	int error;

	if (found != 1)
		return found ? found : fail_without(call);
	url_load(&url, row);
	error = append_shown(&call->answer->body, call, url);
	store_done(row);
	return error;
}

int handle_update_url(struct call *call)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	struct url url;
	sqlite3_stmt *row;
	int found, error = check_resource(call);

	if (error)
		return error;
	row = url_query(call);
	found = store_next(call->store, row);
	if (found != 1)
		return found ? found : fail_without(call);
	url_load(&url, row);
	error = attachment_merge(call, url.configuration, members, &text);
	if (!error)
		error = store_execute(call->store,
			"UPDATE url SET configuration = ?, last_modified = ? WHERE function = ? "
			"AND qualifier = ?",
			"titt", buffer_text(&text), call->now_ms, call->name.name,
			url_qualifier(call));
	if (!error)
		error = change_record(call, call->name.name, url_qualifier(call), NULL, NULL);
	url.configuration = buffer_text(&text);
	url.last_modified = call->now_ms;
	if (!error)
		error = append_url(&call->answer->body, call, &url, false);
	store_done(row);
	return error;
}

int handle_delete_url(struct call *call)
{
	int error =
		store_execute(call->store, "DELETE FROM url WHERE function = ? AND qualifier = ?",
			"tt", call->name.name, url_qualifier(call));

	if (error)
		return error;
	if (!store_changed(call->store))
		return fail_without(call);
	return change_record(call, call->name.name, url_qualifier(call), NULL, NULL);
}

static int append_item(struct buffer *out, struct call *call, sqlite3_stmt *row)
{
	struct url url;

	url_load(&url, row);
	return append_shown(out, call, url);
}

int handle_list_urls(struct call *call)
{
	struct page page;
	int there, error = page_begin(call, PAGE_MAX, &page);

	if (error)
		return error;
	there = function_exists(call, call->name.name);
	if (there <= 0)
		return there ? there
			     : call_fail(call, FAILURE_NOT_FOUND, "Function does not exist");
	/* "" itself is the first qualifier, so the first page starts at it, not behind it. */
	return append_rows(call, "FunctionUrlConfigs",
		store_query(call->store,
			"SELECT " URL_COLUMNS
			" FROM url WHERE function = ?1 AND (qualifier > ?2 OR "
			"?3 < 0) ORDER BY qualifier LIMIT ?4",
			"ttii", call->name.name, page.after, page.after_number, page.limit + 1),
		&page, append_item);
}
