/* SPDX-License-Identifier: MIT */
/*
 * event-sources.json: the event source mappings that name this function or alias. Each is changed by its UUID; none is
 * made, moved or deleted by writing.
 */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/ways.h"

#define LIST "EventSourceMappings"

/* What a mapping has and its create call has not, or what changes by itself. */
static const char *const hidden_members[] = {"EventSourceMappingArn", "FilterCriteriaError",
	"FunctionArn", "LastModified", "LastProcessingResult", "State", "StateTransitionReason"};

static const struct document_member mapping_members[] = {
	{"UUID", DOCUMENT_TEXT, NULL, true},
	{"AmazonManagedKafkaEventSourceConfig", DOCUMENT_OBJECT},
	{"BatchSize", DOCUMENT_INTEGER},
	{"BisectBatchOnFunctionError", DOCUMENT_BOOLEAN},
	{"DestinationConfig", DOCUMENT_OBJECT},
	{"DocumentDBEventSourceConfig", DOCUMENT_OBJECT},
	{"Enabled", DOCUMENT_BOOLEAN},
	{"EventSourceArn", DOCUMENT_TEXT},
	{"FilterCriteria", DOCUMENT_OBJECT},
	{"FunctionResponseTypes", DOCUMENT_TEXTS},
	{"KMSKeyArn", DOCUMENT_TEXT},
	{"LoggingConfig", DOCUMENT_OBJECT},
	{"MaximumBatchingWindowInSeconds", DOCUMENT_INTEGER},
	{"MaximumRecordAgeInSeconds", DOCUMENT_INTEGER},
	{"MaximumRetryAttempts", DOCUMENT_INTEGER},
	{"MetricsConfig", DOCUMENT_OBJECT},
	{"ParallelizationFactor", DOCUMENT_INTEGER},
	{"ProvisionedPollerConfig", DOCUMENT_OBJECT},
	{"Queues", DOCUMENT_TEXTS},
	{"ScalingConfig", DOCUMENT_OBJECT},
	{"SelfManagedEventSource", DOCUMENT_OBJECT},
	{"SelfManagedKafkaEventSourceConfig", DOCUMENT_OBJECT},
	{"SourceAccessConfigurations", DOCUMENT_OBJECTS},
	{"StartingPosition", DOCUMENT_TEXT},
	{"StartingPositionTimestamp", DOCUMENT_ANY},
	{"Topics", DOCUMENT_TEXTS},
	{"TumblingWindowInSeconds", DOCUMENT_INTEGER},
	{NULL},
};
static const struct document_member event_sources_members[] = {
	{LIST, DOCUMENT_OBJECTS, mapping_members, true}, {NULL}};

/* Only creating sets these. */
static const char *const created_members[] = {"EventSourceArn", "Queues", "SelfManagedEventSource",
	"StartingPosition", "StartingPositionTimestamp", "Topics", NULL};

/* What is sent for a member that is left out; others cannot be left out. */
static const struct {
	const char *name, *value;
} cleared[] = {
	{"DestinationConfig", "{}"},
	{"FilterCriteria", "{}"},
	{"FunctionResponseTypes", "[]"},
	{"KMSKeyArn", "\"\""},
	{"MetricsConfig", "{\"Metrics\":[]}"},
	{"ProvisionedPollerConfig", "{}"},
	{"ScalingConfig", "{}"},
	{"SourceAccessConfigurations", "[]"},
};

/* --- reading --- */

/* 1 or 0, or -1: AWS does not show it while it creates or updates the mapping. -EINVAL: no state of a mapping. */
static int read_enabled(const char *state)
{
	static const struct {
		const char *state;
		int enabled;
	} states[] = {
		{"Enabled", 1},
		{"Enabling", 1},
		{"Disabled", 0},
		{"Disabling", 0},
		{"Creating", -1},
		{"Updating", -1},
	};
	size_t i;

	for (i = 0; i < array_count(states); i++)
		if (!strcmp(states[i].state, state))
			return states[i].enabled;
	return -EINVAL;
}

static int copy_mapping(const struct json *mapping, struct json *list)
{
	struct json *copy;
	int enabled = read_enabled(json_member_string(mapping, "State", ""));
	int error = enabled == -EINVAL ? -EINVAL : document_copy(mapping, &copy);
	size_t i;

	if (error)
		return error;
	for (i = 0; i < array_count(hidden_members); i++)
		json_remove(copy, hidden_members[i]);
	if (enabled >= 0)
		error = json_set_boolean(copy, "Enabled", enabled);
	if (!error)
		return json_append(list, copy);
	json_free(copy);
	return error;
}

/* The subject's mappings; one that is being deleted is gone. */
static enum lambda_status collect_mappings(const struct document_subject *subject,
	const struct json *answer, struct json *list, struct lambda_error *reterr)
{
	const struct json *item;

	for (item = json_first(json_member(answer, LIST)); item; item = json_next(item)) {
		int matches =
			document_arn_matches(json_member_string(item, "FunctionArn", ""), subject);
		int error = 0;

		if (matches < 0 || !json_string(json_member(item, "UUID")))
			return document_fail_answer(reterr, LIST);
		if (matches && strcmp(json_member_string(item, "State", ""), "Deleting") != 0)
			error = copy_mapping(item, list);
		if (error == -EINVAL)
			return document_fail_answer(reterr, "State");
		if (error)
			return document_fail_errno(reterr, error);
	}
	return LAMBDA_OK;
}

static enum lambda_status shape_event_sources(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *document = json_new_object();
	struct json *list = json_new_array();
	enum lambda_status status;
	int error;

	if (!document || !list) {
		json_free(list);
		return lambda_fail_memory(reterr);
	}
	if (json_set(document, LIST, list))
		return lambda_fail_memory(reterr);
	if (!json_is_array(json_member(answer, LIST)))
		return document_fail_answer(reterr, LIST);
	status = collect_mappings(subject, answer, list, reterr);
	if (status || !json_count(list))
		return status;
	error = document_sort(document, LIST, "EventSourceArn", "UUID");
	if (error)
		return document_fail_errno(reterr, error);
	*ret_document = take_pointer(document);
	return LAMBDA_OK;
}

/* --- comparing --- */

static int normalize_event_sources(struct json *document)
{
	const struct json *item;
	struct json *list = json_new_array(), *copy;
	int error = list ? 0 : -ENOMEM;

	for (item = json_first(json_member(document, LIST)); item && !error;
		item = json_next(item)) {
		error = document_copy(item, &copy);
		if (error)
			break;
		error = document_drop_empty(copy);
		if (!error)
			error = json_append(list, copy);
		else
			json_free(copy);
	}
	if (error || !json_count(list)) {
		json_free(list);
		json_remove(document, LIST);
		return error;
	}
	error = json_set(document, LIST, list);
	return error ? error : document_sort(document, LIST, "EventSourceArn", "UUID");
}

/* Enabled is shown once AWS shows it. */
static bool is_settled(const struct json *mapping)
{
	return json_has_member(mapping, "Enabled");
}

static enum lambda_status check_event_sources(
	const struct document_text *text, struct lambda_error *reterr)
{
	return document_check_unique(text, LIST, "UUID", reterr);
}

/* --- calls --- */

/* One mapping: as AWS has it and as it was written. */
struct change {
	const struct document_text *text;
	const struct json *shown;   /* normalized */
	const struct json *wanted;  /* the same */
	const struct json *written; /* as it was written */
	struct json *body;
	struct lambda_error *reterr;
};

static enum lambda_status set_member(
	const struct change *change, const char *name, struct json *value)
{
	return json_set(change->body, name, value) ? lambda_fail_memory(change->reterr) : LAMBDA_OK;
}

static enum lambda_status fail_member(
	const struct change *change, const char *name, const char *reason)
{
	const struct json *written = json_member(change->written, name);

	return document_fail_at(change->text, written ? written : change->written, change->reterr,
		"the mapping %.64s: the member '%.64s' %s",
		json_member_string(change->shown, "UUID", ""), name, reason);
}

/* A member that is not what AWS has. */
static enum lambda_status change_member(const struct change *change, const char *name)
{
	const struct json *written = json_member(change->written, name);
	size_t i;

	if (text_is_one_of(name, created_members))
		return fail_member(change, name,
			"can only be set when a mapping is created: leave it as it is");
	if (!document_find_member(mapping_members, name))
		return fail_member(change, name,
			"is not known to this version of aliasfs: change it with aws lambda "
			"update-event-source-mapping");
	/* {} is as good as left out. */
	if (json_has_member(change->wanted, name)) {
		enum lambda_status status = document_check_whole(change->text, written,
			json_member(change->shown, name), NULL, change->reterr);

		return status ? status : set_member(change, name, json_copy(written));
	}
	if (!strcmp(name, "Enabled"))
		return LAMBDA_OK;
	for (i = 0; i < array_count(cleared); i++)
		if (!strcmp(cleared[i].name, name))
			return set_member(change, name,
				json_parse(cleared[i].value, strlen(cleared[i].value), NULL));
	return fail_member(change, name, "is left out, but AWS always has it: write it");
}

/* Puts what differs into the body. */
static enum lambda_status collect_changes(const struct change *change)
{
	enum lambda_status status = LAMBDA_OK;
	const struct json *member;

	for (member = json_first(change->wanted); member && !status; member = json_next(member)) {
		int same = document_equals(member, json_member(change->shown, json_name(member)));

		if (same < 0)
			return document_fail_errno(change->reterr, same);
		if (!same)
			status = change_member(change, json_name(member));
	}
	for (member = json_first(change->shown); member && !status; member = json_next(member))
		if (!json_has_member(change->wanted, json_name(member)))
			status = change_member(change, json_name(member));
	return status;
}

/* Puts what was written in the place of what AWS has. Enabled stays where it was left out. */
static int update_state(struct json *state, const struct change *change)
{
	const struct json *enabled = json_member(change->shown, "Enabled"), *item;
	const char *uuid = json_member_string(change->shown, "UUID", "");
	cleanup(json_free_pointer) struct json *list = json_new_array();
	struct json *copy;
	int error = list ? 0 : -ENOMEM;

	for (item = json_first(json_member(state, LIST)); item && !error; item = json_next(item)) {
		bool is_it = !strcmp(json_member_string(item, "UUID", ""), uuid);

		copy = json_copy(is_it ? change->wanted : item);
		error = copy ? 0 : -ENOMEM;
		if (!error && is_it && !json_has_member(copy, "Enabled") && enabled)
			error = json_set(copy, "Enabled", json_copy(enabled));
		if (error)
			json_free(copy);
		else
			error = json_append(list, copy);
	}
	return error ? error : json_set(state, LIST, take_pointer(list));
}

static enum lambda_status send_change(struct document_planning *planning, struct change *change,
	struct json *state, struct lambda_error *reterr)
{
	const char *uuid = json_member_string(change->shown, "UUID", "");
	int error;

	if (!json_has_member(change->shown, "Enabled"))
		return lambda_fail(reterr, LAMBDA_CONFLICT,
			"AWS is changing the mapping %.64s at this moment: try again", uuid);
	error = update_state(state, change);
	if (error)
		return document_fail_errno(reterr, error);
	return document_add_call(planning, LAMBDA_UPDATE_EVENT_SOURCE, uuid, NULL,
		take_pointer(change->body), state, reterr);
}

static enum lambda_status plan_mapping(struct document_planning *planning,
	const struct json *written, struct json *state, struct lambda_error *reterr)
{
	const char *uuid = json_member_string(written, "UUID", "");
	struct change change = {.text = planning->text,
		.shown = document_find(json_member(planning->shown, LIST), "UUID", uuid),
		.wanted = document_find(json_member(planning->wanted, LIST), "UUID", uuid),
		.written = written,
		.reterr = reterr};
	enum lambda_status status;

	if (!change.shown || !change.wanted)
		return document_fail_at(planning->text, written, reterr,
			"the mapping '%.64s' is not one of these: writing does not create or move "
			"mappings (use aws lambda create-event-source-mapping)",
			uuid);
	change.body = json_new_object();
	if (!change.body)
		return lambda_fail_memory(reterr);
	status = collect_changes(&change);
	if (!status && json_count(change.body))
		status = send_change(planning, &change, state, reterr);
	json_free(change.body);
	return status;
}

static enum lambda_status plan_event_sources(
	struct document_planning *planning, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *state = json_copy(planning->shown);
	const struct json *wanted = json_member(planning->wanted, LIST), *item;
	enum lambda_status status = LAMBDA_OK;

	if (!state)
		return lambda_fail_memory(reterr);
	for (item = json_first(json_member(planning->shown, LIST)); item; item = json_next(item)) {
		const char *uuid = json_member_string(item, "UUID", "");

		if (!document_find(wanted, "UUID", uuid))
			return document_fail_at(planning->text, planning->text->tree, reterr,
				"the mapping %.64s is left out: writing does not delete mappings "
				"(use aws lambda delete-event-source-mapping)",
				uuid);
	}
	for (item = json_first(json_member(planning->text->tree, LIST)); item && !status;
		item = json_next(item))
		status = plan_mapping(planning, item, state, reterr);
	return status;
}

const struct document_ways document_event_sources_ways = {
	.type = DOCUMENT_OBJECT,
	.members = event_sources_members,
	.is_open = true,
	.is_removable = true,
	.shape = shape_event_sources,
	.check = check_event_sources,
	.normalize = normalize_event_sources,
	.is_settled = is_settled,
	.plan = plan_event_sources,
};
