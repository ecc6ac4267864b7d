/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/random.h>

#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"

#define CONFIGURATION_MAX 262144
#define URL_ID_LENGTH 32

static const char *const members[] = {"AuthType", "Cors", "InvokeMode", NULL};

/* Which answer shows a URL: only the calls that read say an InvokeMode that this one did not send. */
enum url_view {
	URL_CREATED,
	URL_UPDATED,
	URL_READ,
};

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

/* URLs are dated with nanoseconds and a Z, unlike everything else. */
static int append_time(struct buffer *out, const char *name, int64_t milliseconds)
{
	time_t seconds = (time_t)(milliseconds / 1000);
	struct tm parts;
	char text[32];

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	return buffer_appendf(
		out, ",\"%s\":\"%s.%03d000000Z\"", name, text, (int)(milliseconds % 1000));
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

/* `,"Cors":{…},"InvokeMode":"…"` and what else is stored; null is what is not set. */
static int append_settings(
	struct buffer *out, const struct call *call, const struct url *url, enum url_view view)
{
	cleanup(json_free_pointer) struct json *stored =
		json_parse(url->configuration, strlen(url->configuration), NULL);
	const char *mode = view == URL_READ ? json_member_string(stored, "InvokeMode", "BUFFERED")
					    : call_string(call, "InvokeMode");
	const struct json *cors = json_member(stored, "Cors");
	int error = stored ? buffer_appendf(out, ",\"AuthType\":\"%s\",\"Cors\":",
				     json_member_string(stored, "AuthType", ""))
			   : -ENOMEM;

	if (!error)
		error = json_count(cors) ? json_print(cors, out)
					 : buffer_append_string(out, "null");
	if (error)
		return error;
	return mode ? buffer_appendf(out, ",\"InvokeMode\":\"%s\"", mode)
		    : buffer_append_string(out, ",\"InvokeMode\":null");
}

static int append_url(
	struct buffer *out, const struct call *call, const struct url *url, enum url_view view)
{
	int error = buffer_appendf(out,
		"{\"FunctionUrl\":\"https://%s.lambda-url.%s.on.aws/\",\"FunctionArn\":\"", url->id,
		call->identity->region);

	if (!error)
		error = append_function_arn(out, call->identity, call->name.name,
			*url->qualifier ? url->qualifier : NULL);
	if (!error)
		error = buffer_append_byte(out, '"');
	if (!error)
		error = append_settings(out, call, url, view);
	if (!error)
		error = append_time(out, "CreationTime", url->created);
	if (!error && view != URL_CREATED)
		error = append_time(out, "LastModifiedTime", url->last_modified);
	return error ? error : buffer_append_byte(out, '}');
}

#define URL_COLUMNS "qualifier, id, configuration, created, last_modified"

static sqlite3_stmt *url_query(struct call *call)
{
	return store_query(call->store,
		"SELECT " URL_COLUMNS
		" FROM url WHERE function = ? AND qualifier = ? AND " URL_IS_THERE,
		"tti", call->name.name, url_qualifier(call), call->now_ms);
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

/* Cors without any member is none; with one, it names the origins, if only as an empty list. */
static int check_cors(struct call *call)
{
	const struct json *cors = json_member(call->input, "Cors");

	if (!json_count(cors) || json_member(cors, "AllowOrigins"))
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"You can't leave AllowOrigins as empty when Cors is enabled.");
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
		error = check_cors(call);
	if (!error)
		error = attachment_append_merged(call, NULL, members, &text);
	if (!error)
		error = store_execute(call->store,
			"INSERT OR REPLACE INTO url (function, qualifier, id, configuration, "
			"created, "
			"last_modified) VALUES (?, ?, ?, ?, ?, ?)",
			"ttttii", call->name.name, url.qualifier, id, buffer_text(&text),
			call->now_ms, call->now_ms);
	if (!error)
		error = change_record(call, call->name.name, url.qualifier, NULL, NULL);
	url.configuration = buffer_text(&text);
	return error ? error : append_url(&call->answer->body, call, &url, URL_CREATED);
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
	error = append_url(&call->answer->body, call, &url, URL_READ);
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
	error = check_cors(call);
	if (!error)
		error = attachment_append_merged(call, url.configuration, members, &text);
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
		error = append_url(&call->answer->body, call, &url, URL_UPDATED);
	store_done(row);
	return error;
}

int handle_delete_url(struct call *call)
{
	int error = store_execute(call->store,
		"DELETE FROM url WHERE function = ? AND qualifier = ? AND " URL_IS_THERE, "tti",
		call->name.name, url_qualifier(call), call->now_ms);

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
	return append_url(out, call, &url, URL_READ);
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
	/* Aliases by name, then the function's own, whose qualifier is "". */
	return append_rows(call, "FunctionUrlConfigs",
		store_query(call->store,
			"SELECT " URL_COLUMNS " FROM url WHERE function = ? AND (? < 0 OR "
			"iif(qualifier = '', ? <> '', qualifier > ?)) AND " URL_IS_THERE
			" ORDER BY qualifier = '', qualifier LIMIT ?",
			"tittii", call->name.name, page.after_number, page.after, page.after,
			call->now_ms, page.limit + 1),
		&page, append_item);
}
