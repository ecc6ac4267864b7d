/* SPDX-License-Identifier: MIT */
#include "backend/cloudtrail/model.h"

#include <errno.h>
#include <string.h>

#include "backend/base/text.h"
#include "backend/http/error_answer.h"
#include "backend/lambda/model.h"

#define TIME_MAX_S 253402300799 /* the end of the year 9999 */
#define LAMBDA_SOURCE "lambda.amazonaws.com"

void cloudtrail_page_release(struct cloudtrail_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++)
		cloudtrail_event_release(&page->items[i]);
	free(page->items);
	free(page->next_token);
	memset(page, 0, sizeof(*page));
}

/* --- the request --- */

static int append_attribute(const struct cloudtrail_query *query, struct json *body)
{
	struct json *list = json_new_array(), *attribute = json_new_object();
	int error = json_set_string(attribute, "AttributeKey", query->key);

	if (!error)
		error = json_set_string(attribute, "AttributeValue", query->value);
	if (error) {
		json_free(attribute);
		json_free(list);
		return error;
	}
	error = json_append(list, attribute);
	if (error) {
		json_free(list);
		return error;
	}
	return json_set(body, "LookupAttributes", list);
}

int cloudtrail_write_lookup(const struct cloudtrail_query *query, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	int error = body ? 0 : -ENOMEM;

	if (!error && query->key)
		error = append_attribute(query, body);
	if (!error && query->start_s)
		error = json_set_number(body, "StartTime", (double)query->start_s);
	if (!error && query->end_s)
		error = json_set_number(body, "EndTime", (double)query->end_s);
	if (!error)
		error = json_set_number(body, "MaxResults", CLOUDTRAIL_PAGE);
	if (!error && query->next_token)
		error = json_set_string(body, "NextToken", query->next_token);
	return error ? error : json_print(body, out);
}

/* --- the answer --- */

static enum lambda_status bad_event(struct lambda_error *reterr, const char *id, const char *member)
{
	return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "event %.64s of CloudTrail has no usable %s",
		*id ? id : "(without an id)", member);
}

/* One printable line of it, on the heap. NULL when out of memory. */
static char *copy_line(const char *text)
{
	char line[CLOUDTRAIL_TEXT_MAX + 1];

	lambda_error_copy_line(line, sizeof(line), text, strlen(text));
	return strdup(line);
}

static void copy_text(char *out, size_t size, const char *text)
{
	lambda_error_copy_line(out, size, text, strlen(text));
}

/* The whole state after the call. False when it cannot be read; 0 or -ENOMEM in *ret_error. */
static bool read_result(const struct json *state, struct lambda_alias *ret_alias, int *ret_error)
{
	const char *name = json_member_string(state, "name", "");
	const char *revision = json_member_string(state, "revisionId", "");
	const struct json *description = json_member(state, "description");
	struct lambda_alias alias = {0};

	*ret_error = 0;
	if (!lambda_is_alias_name(name) || !*revision ||
		strlen(revision) > LAMBDA_REVISION_ID_MAX ||
		lambda_version_parse(
			json_member_string(state, "functionVersion", ""), &alias.version) ||
		(description && !json_string(description)) ||
		!lambda_read_weights(
			json_member(state, "routingConfig"), "additionalVersionWeights", &alias))
		return false;
	copy_text(alias.name, sizeof(alias.name), name);
	copy_text(alias.revision_id, sizeof(alias.revision_id), revision);
	alias.description = strdup(description ? json_string(description) : "");
	if (!alias.description) {
		*ret_error = -ENOMEM;
		return false;
	}
	*ret_alias = alias;
	return true;
}

/* Which alias it is about; "" when none. */
static void read_subject(const struct json *record, struct cloudtrail_event *event)
{
	const struct json *request = json_member(record, "requestParameters");
	const struct json *state = json_member(record, "responseElements");
	bool of_permission = event->operation == CLOUDTRAIL_ADD_PERMISSION ||
			     event->operation == CLOUDTRAIL_REMOVE_PERMISSION;
	const char *text = json_member_string(state, "aliasArn", NULL), *name;
	char qualifier[LAMBDA_ALIAS_NAME_MAX + 1];

	if (!text || of_permission)
		text = json_member_string(request, "functionName", "");
	if (cloudtrail_parse_function(text, event->function, qualifier)) {
		event->function[0] = '\0';
		return;
	}
	name = json_member_string(request, of_permission ? "qualifier" : "name", qualifier);
	if (lambda_is_alias_name(name))
		copy_text(event->alias, sizeof(event->alias), name);
}

static enum lambda_status read_people(const struct json *item, const struct json *record,
	struct cloudtrail_event *event, struct lambda_error *reterr)
{
	static const char *const names[] = {"arn", "invokedBy", "userName", "principalId"};
	const struct json *identity = json_member(record, "userIdentity");
	const char *code = json_member_string(record, "errorCode", "");
	const char *message = json_member_string(record, "errorMessage", "");
	cleanup(buffer_release) struct buffer error = BUFFER_INIT(CLOUDTRAIL_RECORD_MAX);
	const char *who = NULL;
	size_t i;

	for (i = 0; !who && i < array_count(names); i++)
		who = json_member_string(identity, names[i], NULL);
	if (!who)
		who = json_member_string(item, "Username", "");
	event->failed = *code || *message;
	if (event->failed &&
		buffer_appendf(&error, "%s%s%s", code, *code && *message ? ": " : "", message))
		return lambda_fail_memory(reterr);
	event->who = copy_line(who);
	event->user_agent = copy_line(json_member_string(record, "userAgent", ""));
	event->error = copy_line(buffer_text(&error));
	return event->who && event->user_agent && event->error ? LAMBDA_OK
							       : lambda_fail_memory(reterr);
}

static enum lambda_status read_record(
	const struct json *item, struct cloudtrail_event *event, struct lambda_error *reterr)
{
	const char *text = json_member_string(item, "CloudTrailEvent", "");
	size_t length = strlen(text);
	cleanup(json_free_pointer) struct json *record =
		length <= CLOUDTRAIL_RECORD_MAX ? json_parse(text, length, NULL) : NULL;
	const struct json *request = json_member(record, "requestParameters");
	const char *before = json_member_string(request, "revisionId", "");
	int error = 0;

	if (!json_is_object(record) || (request && !json_is_object(request)))
		return bad_event(reterr, event->id, "CloudTrailEvent");
	if (strcmp(json_member_string(record, "eventID", event->id), event->id) != 0)
		return bad_event(reterr, event->id, "eventID");
	if (strcmp(json_member_string(record, "eventSource", LAMBDA_SOURCE), LAMBDA_SOURCE) != 0) {
		event->operation = CLOUDTRAIL_OTHER;
		return LAMBDA_OK;
	}
	copy_text(event->request_id, sizeof(event->request_id),
		json_member_string(record, "requestID", ""));
	copy_text(event->statement_id, sizeof(event->statement_id),
		json_member_string(request, "statementId", ""));
	if (strlen(before) <= LAMBDA_REVISION_ID_MAX)
		copy_text(event->before_revision_id, sizeof(event->before_revision_id), before);
	event->sent_version = json_member(request, "functionVersion") != NULL;
	event->sent_routing = json_member(request, "routingConfig") != NULL;
	event->sent_description = json_member(request, "description") != NULL;
	read_subject(record, event);
	if (read_people(item, record, event, reterr))
		return LAMBDA_NO_MEMORY;
	if (!event->failed && (event->operation == CLOUDTRAIL_CREATE_ALIAS ||
				      event->operation == CLOUDTRAIL_UPDATE_ALIAS))
		event->has_result = read_result(
			json_member(record, "responseElements"), &event->result, &error);
	return error ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

static enum lambda_status read_time(
	const struct json *item, const char *id, int64_t *ret_time_s, struct lambda_error *reterr)
{
	const struct json *time = json_member(item, "EventTime");
	double value;

	if (json_number(time, &value) && value >= 0 && value <= TIME_MAX_S &&
		json_whole(time, 0, TIME_MAX_S, ret_time_s))
		return LAMBDA_OK;
	if (json_string(time) && !text_parse_time(json_string(time), ret_time_s) &&
		*ret_time_s >= 0)
		return LAMBDA_OK;
	return bad_event(reterr, id, "EventTime");
}

/* One element of the list; it is only kept when it concerns an alias. */
static enum lambda_status read_item(
	const struct json *item, struct cloudtrail_page *page, struct lambda_error *reterr)
{
	const char *id = json_member_string(item, "EventId", "");
	const char *name = json_member_string(item, "EventName", "");
	struct cloudtrail_event event = {.operation = cloudtrail_operation_of(name)};
	enum lambda_status status;

	if (!*id || strlen(id) > CLOUDTRAIL_ID_MAX)
		return bad_event(reterr, "", "EventId");
	if (!*name)
		return bad_event(reterr, id, "EventName");
	status = read_time(item, id, &event.time_s, reterr);
	if (status)
		return status;
	page->seen++;
	if (event.time_s < page->oldest_s)
		page->oldest_s = event.time_s;
	if (event.operation == CLOUDTRAIL_OTHER)
		return LAMBDA_OK;
	copy_text(event.id, sizeof(event.id), id);
	status = read_record(item, &event, reterr);
	if (status || event.operation == CLOUDTRAIL_OTHER || !event.alias[0]) {
		cloudtrail_event_release(&event);
		return status;
	}
	page->items[page->count++] = event;
	return LAMBDA_OK;
}

enum lambda_status cloudtrail_read_page(
	const struct json *json, struct cloudtrail_page *ret_page, struct lambda_error *reterr)
{
	const struct json *list = json_member(json, "Events"), *item;
	const struct json *token = json_member(json, "NextToken");
	const char *text = json_string(token);
	struct cloudtrail_page page = {.oldest_s = INT64_MAX};
	enum lambda_status status = LAMBDA_OK;

	if (!json_is_array(list))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the answer has no list of Events");
	if (json_count(list) > CLOUDTRAIL_PAGE_MAX)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer has a page of over %d Events", CLOUDTRAIL_PAGE_MAX);
	if (token && (!text || strlen(text) > CLOUDTRAIL_TOKEN_MAX))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the answer has no usable NextToken");
	page.items = calloc(json_count(list) + 1, sizeof(*page.items));
	if (text && *text)
		page.next_token = strdup(text);
	if (!page.items || (text && *text && !page.next_token))
		status = lambda_fail_memory(reterr);
	for (item = json_first(list); !status && item; item = json_next(item))
		status = read_item(item, &page, reterr);
	if (status)
		cloudtrail_page_release(&page);
	else
		*ret_page = page;
	return status;
}
