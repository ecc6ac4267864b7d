/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/local/attachment.h"
#include "backend/local/change.h"
#include "backend/local/operations_private.h"

#define CONFIGURATION_MAX 65536

static const char *const members[] = {
	"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig", NULL};

/* These configurations hang off $LATEST where no qualifier is named. */
static const char *invoke_qualifier(const struct call *call)
{
	const char *qualifier = call_qualifier(call);

	return qualifier ? qualifier : "$LATEST";
}

static int fail_without(struct call *call)
{
	char arn[FUNCTION_ARN_SIZE];

	format_function_arn(call->identity, call->name.name, invoke_qualifier(call), arn);
	return call_fail(
		call, FAILURE_NOT_FOUND, "The function %s doesn't have an EventInvokeConfig", arn);
}

/* `configuration` is an object's text; its members are joined to ours. */
static int append_invoke(struct buffer *out, const struct call *call, const char *qualifier,
	const char *configuration, int64_t last_modified)
{
	size_t length = strlen(configuration);
	int error = buffer_append_string(out, "{\"FunctionArn\":\"");

	if (!error)
		error = append_function_arn(out, call->identity, call->name.name, qualifier);
	if (!error)
		error = buffer_append_string(out, "\",");
	if (!error)
		error = append_epoch(out, "LastModified", last_modified);
	if (!error && length > 2)
		error = buffer_append_byte(out, ',');
	if (!error && length > 2)
		error = buffer_append(out, configuration + 1, length - 2);
	if (!error && !strstr(configuration, "\"DestinationConfig\":"))
		error = buffer_append_string(
			out, ",\"DestinationConfig\":{\"OnSuccess\":{},\"OnFailure\":{}}");
	return error ? error : buffer_append_byte(out, '}');
}

static sqlite3_stmt *invoke_query(struct call *call)
{
	return store_query(call->store,
		"SELECT configuration, last_modified FROM event_invoke WHERE function = ? AND "
		"qualifier = ?",
		"tt", call->name.name, invoke_qualifier(call));
}

int handle_get_event_invoke(struct call *call)
{
	sqlite3_stmt *row = invoke_query(call);
	int found = store_next(call->store, row);
	int error;

	if (found != 1)
		return found ? found : fail_without(call);
	error = append_invoke(&call->answer->body, call, invoke_qualifier(call), store_text(row, 0),
		sqlite3_column_int64(row, 1));
	store_done(row);
	return error;
}

/* Both sides of a destination are shown, an unset one as {}. */
static int complete_destinations(struct call *call)
{
	struct json *destinations;
	const struct json *given = json_member(call->input, "DestinationConfig");
	int error = 0;

	if (!given)
		return 0;
	destinations = json_copy(given);
	if (!destinations)
		return -ENOMEM;
	if (!json_member(destinations, "OnSuccess"))
		error = json_set(destinations, "OnSuccess", json_new_object());
	if (!error && !json_member(destinations, "OnFailure"))
		error = json_set(destinations, "OnFailure", json_new_object());
	if (error) {
		json_free(destinations);
		return error;
	}
	return json_set(call->input, "DestinationConfig", destinations);
}

static int check_something_given(struct call *call)
{
	for (size_t i = 0; members[i]; i++) {
		if (json_member(call->input, members[i]))
			return 0;
	}
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"You must specify at least one of error handling or destination setting.");
}

static int store_invoke(struct call *call, const char *before)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	const char *qualifier = invoke_qualifier(call);
	int error = complete_destinations(call);

	if (!error)
		error = attachment_merge(call, before, members, &text);
	if (!error)
		error = store_execute(call->store,
			"INSERT OR REPLACE INTO event_invoke (function, qualifier, configuration, "
			"last_modified) VALUES (?, ?, ?, ?)",
			"ttti", call->name.name, qualifier, buffer_text(&text), call->now_ms);
	if (!error)
		error = change_record(call, call->name.name, qualifier, NULL, NULL);
	return error ? error
		     : append_invoke(&call->answer->body, call, qualifier, buffer_text(&text),
			       call->now_ms);
}

int handle_put_event_invoke(struct call *call)
{
	int found, error = check_something_given(call);

	if (error)
		return error;
	found = resource_find(call, call_qualifier(call), NULL);
	if (found != 1)
		return found ? found
			     : call_fail(call, FAILURE_NOT_FOUND, "The function doesn't exist.");
	return store_invoke(call, NULL);
}

int handle_update_event_invoke(struct call *call)
{
	cleanup(free_pointer) char *before = NULL;
	sqlite3_stmt *row;
	int found, error = check_something_given(call);

	if (error)
		return error;
	row = invoke_query(call);
	found = store_next(call->store, row);
	if (found != 1)
		return found ? found : fail_without(call);
	before = strdup(store_text(row, 0));
	store_done(row);
	return before ? store_invoke(call, before) : -ENOMEM;
}

int handle_delete_event_invoke(struct call *call)
{
	const char *qualifier = invoke_qualifier(call);
	int error = store_execute(call->store,
		"DELETE FROM event_invoke WHERE function = ? AND qualifier = ?", "tt",
		call->name.name, qualifier);

	if (error)
		return error;
	if (!store_changed(call->store))
		return fail_without(call);
	return change_record(call, call->name.name, qualifier, NULL, NULL);
}

static int append_item(struct buffer *out, struct call *call, sqlite3_stmt *row)
{
	return append_invoke(
		out, call, store_text(row, 0), store_text(row, 1), sqlite3_column_int64(row, 2));
}

int handle_list_event_invoke(struct call *call)
{
	struct page page;
	int there, error = page_begin(call, PAGE_MAX, &page);

	if (error)
		return error;
	there = function_exists(call, call->name.name);
	if (there <= 0)
		return there ? there
			     : call_fail(call, FAILURE_NOT_FOUND, "The function doesn't exist.");
	return append_rows(call, "FunctionEventInvokeConfigs",
		store_query(call->store,
			"SELECT qualifier, configuration, last_modified FROM event_invoke "
			"WHERE function = ? AND qualifier > ? ORDER BY qualifier LIMIT ?",
			"tti", call->name.name, page.after, page.limit + 1),
		&page, append_item);
}
