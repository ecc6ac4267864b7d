/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"

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

/* One side of the destinations: {} where there is none at all, else null where this side has none. */
static int append_destination(
	struct buffer *out, const struct json *destinations, const char *side, bool any)
{
	const char *arn = json_member_string(json_member(destinations, side), "Destination", "");
	int error = buffer_appendf(out, "\"%s\":{", side);

	if (!error && any)
		error = buffer_append_string(out, "\"Destination\":");
	if (!error && any)
		error = *arn ? append_json_string(out, arn) : buffer_append_string(out, "null");
	return error ? error : buffer_append_byte(out, '}');
}

static int append_destinations(struct buffer *out, const struct json *destinations)
{
	bool any = *json_member_string(json_member(destinations, "OnSuccess"), "Destination", "") ||
		   *json_member_string(json_member(destinations, "OnFailure"), "Destination", "");
	int error = buffer_append_string(out, ",\"DestinationConfig\":{");

	if (!error)
		error = append_destination(out, destinations, "OnSuccess", any);
	if (!error)
		error = buffer_append_byte(out, ',');
	if (!error)
		error = append_destination(out, destinations, "OnFailure", any);
	return error ? error : buffer_append_byte(out, '}');
}

static int append_number(struct buffer *out, const struct json *stored, const char *name)
{
	int64_t value;

	if (!json_integer(json_member(stored, name), INT32_MIN, INT32_MAX, &value))
		return buffer_appendf(out, ",\"%s\":null", name);
	return buffer_appendf(out, ",\"%s\":%lld", name, (long long)value);
}

/* `configuration` is the text of what is stored. */
static int append_invoke(struct buffer *out, const struct call *call, const char *qualifier,
	const char *configuration, int64_t last_modified)
{
	cleanup(json_free_pointer) struct json *stored =
		json_parse(configuration, strlen(configuration), NULL);
	int error = stored ? buffer_append_string(out, "{\"FunctionArn\":\"") : -ENOMEM;

	if (!error)
		error = append_function_arn(out, call->identity, call->name.name, qualifier);
	if (!error)
		error = buffer_append_string(out, "\",");
	if (!error)
		error = append_epoch(out, "LastModified", last_modified);
	if (!error)
		error = append_number(out, stored, "MaximumRetryAttempts");
	if (!error)
		error = append_number(out, stored, "MaximumEventAgeInSeconds");
	if (!error)
		error = append_destinations(out, json_member(stored, "DestinationConfig"));
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

/* An empty DestinationConfig says nothing; one with an empty side does. */
static int check_something_given(struct call *call)
{
	if (json_member(call->input, "MaximumRetryAttempts") ||
		json_member(call->input, "MaximumEventAgeInSeconds") ||
		json_count(json_member(call->input, "DestinationConfig")))
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"You must specify at least one of error handling or destination setting.");
}

/* The service of an ARN that is a destination; "" where it is no ARN. */
static void destination_service(const char *arn, char service[16])
{
	service[0] = '\0';
	if (text_starts_with(arn, "arn:") && strchr(arn + 4, ':'))
		snprintf(service, 16, "%.*s", (int)strcspn(strchr(arn + 4, ':') + 1, ":"),
			strchr(arn + 4, ':') + 1);
}

/* A function as a destination: another one, which is there. */
static int check_function_destination(struct call *call, const char *arn)
{
	struct function_name name;
	int there;

	if (function_name_parse(arn, &name))
		return call_fail(
			call, FAILURE_INVALID_PARAMETER, "The destination ARN %s is invalid.", arn);
	if (!strcmp(name.name, call->name.name) &&
		identity_is_own(call->identity, name.region, name.account))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"You can't specify the function as a destination for itself.");
	there = function_exists(call, name.name);
	if (there)
		return there < 0 ? there : 0;
	return call_fail(
		call, FAILURE_INVALID_PARAMETER, "The destination ARN %s is invalid.", arn);
}

static const char *describe_side(const char *side, const char *arn, char text[512])
{
	if (!*arn)
		return "null";
	snprintf(text, 512, "%s(destination=%s)", side, arn);
	return text;
}

static int check_destinations(struct call *call)
{
	static const struct {
		const char *side, *services[6];
	} sides[] = {
		{"OnSuccess", {"lambda", "sqs", "sns", "events", NULL}},
		{"OnFailure", {"lambda", "sqs", "sns", "events", "s3", NULL}},
	};
	const struct json *given = json_member(call->input, "DestinationConfig");
	char success[512], failure[512], service[16];
	const char *arns[array_count(sides)];
	bool good = true;

	for (size_t i = 0; i < array_count(sides); i++) {
		arns[i] = json_member_string(json_member(given, sides[i].side), "Destination", "");
		destination_service(arns[i], service);
		good = good && (!*arns[i] || text_is_one_of(service, sides[i].services));
	}
	if (!good)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"The provided destination config DestinationConfig(onSuccess=%s, "
			"onFailure=%s) is invalid.",
			describe_side("OnSuccess", arns[0], success),
			describe_side("OnFailure", arns[1], failure));
	for (size_t i = 0; i < array_count(sides); i++) {
		int error;

		destination_service(arns[i], service);
		error = strcmp(service, "lambda") ? 0 : check_function_destination(call, arns[i]);
		if (error)
			return error;
	}
	return 0;
}

static int check_resource(struct call *call)
{
	int found = resource_find(call, call_qualifier(call), NULL);

	if (found == 1)
		return check_destinations(call);
	return found ? found : call_fail(call, FAILURE_NOT_FOUND, "The function doesn't exist.");
}

static int store_invoke(struct call *call, const char *before)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	const char *qualifier = invoke_qualifier(call);
	int error = attachment_append_merged(call, before, members, &text);

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
	int error = check_something_given(call);

	if (!error)
		error = check_resource(call);
	return error ? error : store_invoke(call, NULL);
}

int handle_update_event_invoke(struct call *call)
{
	cleanup(free_pointer) char *before = NULL;
	sqlite3_stmt *row;
	int found, error = check_something_given(call);

	if (!error)
		error = check_resource(call);
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
