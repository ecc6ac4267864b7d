/* SPDX-License-Identifier: MIT */
#include "backend/local/model/trail_event.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/local/model/shape.h"

#define RECORD_MAX (8 * TRAIL_TEXT_MAX)
#define ARN_SIZE 320
#define ROLE "lambda-plane" /* stands behind the sessions of temporary keys */

/* --- names --- */

/* Recorded or well known; the suffix marks a second form of the event, not of the operation. */
static bool is_second_form(const char *operation)
{
	static const char *const names[] = {"AddPermission", "RemovePermission",
		"UpdateFunctionCode", "UpdateFunctionConfiguration", "TagResource", "UntagResource",
		NULL};

	return text_is_one_of(operation, names);
}

void trail_event_name(const struct operation *operation, char name[TRAIL_NAME_SIZE])
{
	const char *path = operation->path; /* "/2015-03-31/…" */
	bool dated = strlen(path) > 10 && path[5] == '-' && strncmp(path + 1, "2019", 4) < 0;

	if (dated)
		snprintf(name, TRAIL_NAME_SIZE, "%s%.4s%.2s%.2s%s", operation->name, path + 1,
			path + 6, path + 9, is_second_form(operation->name) ? "v2" : "");
	else
		snprintf(name, TRAIL_NAME_SIZE, "%s", operation->name);
}

const struct operation *trail_find_operation(const char *event_name)
{
	char name[TRAIL_NAME_SIZE];

	for (size_t i = 0; i < operation_count; i++) {
		trail_event_name(&operations[i], name);
		if (operations[i].kind == OPERATION_WRITE && !strcmp(name, event_name))
			return &operations[i];
	}
	return NULL;
}

/* --- values --- */

/* Objects whose keys are the user's, not the API's. */
static const char *const maps[] = {"AdditionalVersionWeights", "Tags", "Endpoints", NULL};
/* Code, and links that are good without a signature. */
static const char *const left_out[] = {"ZipFile", "Location", NULL};
/* Shown as {}: what is in there is the user's secret. */
static const char *const emptied[] = {"Environment", NULL};

static int append_value(struct buffer *out, const struct json *value, bool fold);

/* `"functionName":VALUE`, or nothing for what is not shown. */
static int append_member(
	struct buffer *out, const char *name, const struct json *value, bool fold, bool *first)
{
	cleanup(json_free_pointer) struct json *key = NULL;
	cleanup(free_pointer) char *folded = NULL;
	int error;

	if (json_is_null(value) || (fold && text_is_one_of(name, left_out)))
		return 0;
	folded = strdup(name);
	if (!folded)
		return -ENOMEM;
	if (fold && folded[0] >= 'A' && folded[0] <= 'Z')
		folded[0] = (char)(folded[0] + 'a' - 'A');
	key = json_new_string(folded);
	error = key ? 0 : -ENOMEM;
	if (!error && !*first)
		error = buffer_append_byte(out, ',');
	*first = false;
	if (!error)
		error = json_print(key, out);
	if (!error)
		error = buffer_append_byte(out, ':');
	if (error)
		return error;
	if (fold && text_is_one_of(name, emptied))
		return buffer_append_string(out, "{}");
	return append_value(out, value, fold && !text_is_one_of(name, maps));
}

static int append_list(struct buffer *out, const struct json *list, bool fold)
{
	int error = buffer_append_byte(out, '[');

	for (const struct json *item = json_first(list); item && !error; item = json_next(item)) {
		if (item != json_first(list))
			error = buffer_append_byte(out, ',');
		if (!error)
			error = append_value(out, item, fold);
	}
	return error ? error : buffer_append_byte(out, ']');
}

/* The parser bounds how deep this goes. */
static int append_value(struct buffer *out, const struct json *value, bool fold)
{
	bool first = true;
	int error;

	if (json_is_array(value))
		return append_list(out, value, fold);
	if (!json_is_object(value))
		return json_print(value, out);
	error = buffer_append_byte(out, '{');
	for (const struct json *item = json_first(value); item && !error; item = json_next(item))
		error = append_member(out, json_name(item), item, fold, &first);
	return error ? error : buffer_append_byte(out, '}');
}

int trail_append_parameters(
	struct buffer *out, const struct operation *operation, const struct json *input)
{
	bool first = true;
	int error = buffer_append_byte(out, '{');

	for (const struct member *member = operation->members; member->name && !error; member++) {
		const struct json *value = json_member(input, member->name);

		if (value)
			error = append_member(out, member->name, value, true, &first);
	}
	return error ? error : buffer_append_byte(out, '}');
}

int trail_append_elements(struct buffer *out, const struct json *answer)
{
	return append_value(out, answer, true);
}

int trail_append_omitted(struct buffer *out)
{
	return buffer_append_string(
		out, "{\"omitted\":true,\"reason\":\"lambda-plane keeps 16 KiB of it\"}");
}

/* --- objects that are made here: the first failure stays, and ends it --- */

struct making {
	struct json *object;
	int error;
};

static struct making make_object(void)
{
	struct making making = {.object = json_new_object()};

	making.error = making.object ? 0 : -ENOMEM;
	return making;
}

static void put_member(struct making *making, const char *name, struct json *value)
{
	if (making->error)
		json_free(value);
	else
		making->error = json_set(making->object, name, value);
}

/* Nothing for NULL. */
static void put_text(struct making *making, const char *name, const char *text)
{
	if (text && !making->error)
		making->error = json_set_string(making->object, name, text);
}

static void put_flag(struct making *making, const char *name, bool flag)
{
	if (!making->error)
		making->error = json_set_boolean(making->object, name, flag);
}

/* A value that was kept as text; null for NULL. */
static void put_document(struct making *making, const char *name, const char *text)
{
	struct json *value = text ? json_parse(text, strlen(text), NULL) : json_new_null();

	if (!value && !making->error)
		making->error = text ? -EINVAL : -ENOMEM;
	if (value)
		put_member(making, name, value);
}

static void put_object(struct making *making, const char *name, struct making *value)
{
	if (value->error && !making->error)
		making->error = value->error;
	if (value->error)
		json_free(value->object);
	else
		put_member(making, name, value->object);
	value->object = NULL;
}

/* --- resources --- */

static int append_resource(struct json *list, const char *type, const char *name)
{
	struct making resource = make_object();

	put_text(&resource, "ResourceType", type);
	put_text(&resource, "ResourceName", name);
	if (!resource.error)
		return json_append(list, resource.object);
	json_free(resource.object);
	return resource.error;
}

int trail_append_resources(struct buffer *out, const struct json *answer, const struct json *input)
{
	static const char alias_type[] = "AWS::Lambda::Alias";
	static const char function_type[] = "AWS::Lambda::Function";
	const char *alias_arn = json_string(json_member(answer, "AliasArn"));
	const char *function_arn = json_string(json_member(answer, "FunctionArn"));
	const char *function = json_string(json_member(input, "FunctionName"));
	const char *alias = json_string(json_member(input, "Name"));
	cleanup(json_free_pointer) struct json *list = json_new_array();
	int error = list ? 0 : -ENOMEM;

	if (alias_arn || function_arn)
		alias = function = NULL;
	if (!error && alias_arn)
		error = append_resource(list, alias_type, alias_arn);
	else if (!error && function_arn)
		error = append_resource(list, function_type, function_arn);
	if (!error && alias)
		error = append_resource(list, alias_type, alias);
	if (!error && function)
		error = append_resource(list, function_type, function);
	return error ? error : json_print(list, out);
}

/* --- the record --- */

static struct making make_issuer(const struct trail_place *place)
{
	struct making issuer = make_object(), session = make_object();
	char arn[ARN_SIZE];

	snprintf(arn, sizeof(arn), "arn:%s:iam::%s:role/" ROLE, place->partition, place->account);
	put_text(&issuer, "type", "Role");
	put_text(&issuer, "principalId", ROLE);
	put_text(&issuer, "arn", arn);
	put_text(&issuer, "accountId", place->account);
	put_text(&issuer, "userName", ROLE);
	put_object(&session, "sessionIssuer", &issuer);
	return session;
}

/* A long-term key is a user of its name, a temporary one (ASIA…) a role's session of its name. */
static struct making make_identity(const char *key, const struct trail_place *place)
{
	struct making identity = make_object(), session;
	bool temporary = key && text_starts_with(key, "ASIA");
	char arn[ARN_SIZE], principal[ARN_SIZE];

	if (!key) {
		put_text(&identity, "type", "AWSAccount");
		put_text(&identity, "principalId", "");
		put_text(&identity, "accountId", "ANONYMOUS_PRINCIPAL");
		return identity;
	}
	snprintf(arn, sizeof(arn),
		temporary ? "arn:%s:sts::%s:assumed-role/" ROLE "/%s" : "arn:%s:iam::%s:user/%s",
		place->partition, place->account, key);
	snprintf(principal, sizeof(principal), "%s%s", temporary ? ROLE ":" : "", key);
	put_text(&identity, "type", temporary ? "AssumedRole" : "IAMUser");
	put_text(&identity, "principalId", principal);
	put_text(&identity, "arn", arn);
	put_text(&identity, "accountId", place->account);
	put_text(&identity, "accessKeyId", key);
	if (temporary) {
		session = make_issuer(place);
		put_object(&identity, "sessionContext", &session);
	} else {
		put_text(&identity, "userName", key);
	}
	return identity;
}

/* "2026-09-14T22:16:35Z": whole seconds, as CloudTrail has them. */
static void format_time(int64_t time_ms, char text[TEXT_TIME_SIZE])
{
	text_format_time(time_ms, text);
	snprintf(text + strlen("2026-09-14T22:16:35"), 2, "Z");
}

static void put_call(struct making *record, const struct trail_event *event)
{
	put_text(record, "sourceIPAddress", event->address);
	put_text(record, "userAgent", event->user_agent);
	put_text(record, "errorCode", event->error_code);
	put_text(record, "errorMessage", event->error_message);
	put_document(record, "requestParameters", event->parameters);
	put_document(record, "responseElements", event->elements);
	put_text(record, "requestID", event->request_id);
	put_text(record, "eventID", event->id);
	put_flag(record, "readOnly", event->operation->kind == OPERATION_READ);
}

/* The members are in the order in which they were recorded. */
static struct making make_record(const struct trail_event *event, const struct trail_place *place)
{
	struct making record = make_object(), tls = make_object();
	struct making identity = make_identity(event->access_key_id, place);
	char time[TEXT_TIME_SIZE], name[TRAIL_NAME_SIZE];

	format_time(event->time_ms, time);
	trail_event_name(event->operation, name);
	put_text(&record, "eventVersion", "1.11");
	put_object(&record, "userIdentity", &identity);
	put_text(&record, "eventTime", time);
	put_text(&record, "eventSource", TRAIL_SOURCE);
	put_text(&record, "eventName", name);
	put_text(&record, "awsRegion", place->region);
	put_call(&record, event);
	put_text(&record, "eventType", "AwsApiCall");
	put_flag(&record, "managementEvent", true);
	put_text(&record, "recipientAccountId", place->account);
	put_text(&record, "eventCategory", "Management");
	put_text(&tls, "clientProvidedHostHeader", event->host);
	put_object(&record, "tlsDetails", &tls);
	return record;
}

static void put_record(
	struct making *member, const struct trail_event *event, const struct trail_place *place)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(RECORD_MAX);
	struct making record = make_record(event, place);

	if (!record.error)
		record.error = json_print(record.object, &text);
	json_free(record.object);
	if (record.error && !member->error)
		member->error = record.error;
	put_text(member, "CloudTrailEvent", buffer_text(&text));
}

int trail_append_event(
	struct buffer *out, const struct trail_event *event, const struct trail_place *place)
{
	struct making member = make_object();
	char name[TRAIL_NAME_SIZE];

	trail_event_name(event->operation, name);
	put_text(&member, "EventId", event->id);
	put_text(&member, "EventName", name);
	put_text(&member, "ReadOnly", event->operation->kind == OPERATION_READ ? "true" : "false");
	put_text(&member, "AccessKeyId", event->access_key_id);
	put_member(&member, "EventTime", json_new_number((double)(event->time_ms / 1000)));
	put_text(&member, "EventSource", TRAIL_SOURCE);
	put_text(&member, "Username", event->access_key_id);
	put_document(&member, "Resources", event->resources);
	put_record(&member, event, place);
	if (!member.error)
		member.error = json_print(member.object, out);
	json_free(member.object);
	return member.error;
}
