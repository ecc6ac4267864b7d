/* SPDX-License-Identifier: MIT */
/* The kinds that one Put call sets as a whole, and one Delete call, if there is any, removes. */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/ways.h"

static enum lambda_status pick_members(const struct json *from, const char *const *names,
	struct json **ret_document, struct lambda_error *reterr)
{
	int error = document_pick(from, names, ret_document);

	return error ? document_fail_errno(reterr, error) : LAMBDA_OK;
}

static enum lambda_status plan_setting(
	struct document_planning *planning, struct lambda_error *reterr)
{
	const struct document_ways *ways = planning->kind->ways;
	struct json *body = NULL;
	int error;

	if (planning->removes)
		return document_add_call(
			planning, ways->remove, NULL, NULL, NULL, planning->wanted, reterr);
	if (!json_count(planning->wanted))
		return document_fail_at(planning->text, planning->text->tree, reterr,
			"the document sets nothing: {} removes what is configured");
	error = document_copy(planning->wanted, &body);
	if (error)
		return document_fail_errno(reterr, error);
	return document_add_call(planning, ways->put, NULL, NULL, body, planning->wanted, reterr);
}

/* --- reserved-concurrency --- */

static const struct document_member reserved_members[] = {
	{"ReservedConcurrentExecutions", DOCUMENT_INTEGER, NULL, true}, {NULL}};

static enum lambda_status shape_reserved(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	static const char *const names[] = {"ReservedConcurrentExecutions", NULL};
	const struct json *concurrency = json_member(answer, "Concurrency");
	int64_t count;

	if (!concurrency || (json_is_object(concurrency) && !json_count(concurrency)))
		return LAMBDA_OK;
	if (!json_integer(json_member(concurrency, names[0]), 0, INT32_MAX, &count))
		return document_fail_answer(reterr, "Concurrency");
	return pick_members(concurrency, names, ret_document, reterr);
}

const struct document_ways document_reserved_concurrency_ways = {
	.type = DOCUMENT_OBJECT,
	.members = reserved_members,
	.is_removable = true,
	.put = LAMBDA_PUT_CONCURRENCY,
	.remove = LAMBDA_DELETE_CONCURRENCY,
	.shape = shape_reserved,
	.plan = plan_setting,
};

/* --- provisioned-concurrency --- */

static const struct document_member provisioned_members[] = {
	{"ProvisionedConcurrentExecutions", DOCUMENT_INTEGER, NULL, true}, {NULL}};

/* What is requested: what is allocated and available changes by itself. */
static enum lambda_status shape_provisioned(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	const struct json *item, *requested;
	enum lambda_status status =
		document_find_item(answer, "ProvisionedConcurrencyConfigs", subject, &item, reterr);
	cleanup(json_free_pointer) struct json *document = NULL;
	int64_t count;

	if (status || !item)
		return status;
	requested = json_member(item, "RequestedProvisionedConcurrentExecutions");
	if (!json_integer(requested, 0, INT32_MAX, &count))
		return document_fail_answer(reterr, "RequestedProvisionedConcurrentExecutions");
	document = json_new_object();
	if (!document ||
		json_set_number(document, "ProvisionedConcurrentExecutions", (double)count))
		return lambda_fail_memory(reterr);
	*ret_document = take_pointer(document);
	return LAMBDA_OK;
}

const struct document_ways document_provisioned_concurrency_ways = {
	.type = DOCUMENT_OBJECT,
	.members = provisioned_members,
	.is_removable = true,
	.put = LAMBDA_PUT_PROVISIONED_CONCURRENCY,
	.remove = LAMBDA_DELETE_PROVISIONED_CONCURRENCY,
	.shape = shape_provisioned,
	.plan = plan_setting,
};

/* --- event-invoke --- */

static const struct document_member destination_members[] = {
	{"Destination", DOCUMENT_TEXT}, {NULL}};
static const struct document_member destinations_members[] = {
	{"OnFailure", DOCUMENT_OBJECT, destination_members},
	{"OnSuccess", DOCUMENT_OBJECT, destination_members}, {NULL}};
static const struct document_member event_invoke_members[] = {
	{"DestinationConfig", DOCUMENT_OBJECT, destinations_members},
	{"MaximumEventAgeInSeconds", DOCUMENT_INTEGER}, {"MaximumRetryAttempts", DOCUMENT_INTEGER},
	{NULL}};

/* AWS shows an empty OnSuccess and OnFailure where there is none. */
static enum lambda_status shape_event_invoke(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	static const char *const names[] = {
		"DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts", NULL};
	const struct json *item;
	enum lambda_status status =
		document_find_item(answer, "FunctionEventInvokeConfigs", subject, &item, reterr);
	int error;

	if (!status && item)
		status = pick_members(item, names, ret_document, reterr);
	if (status || !item)
		return status;
	error = document_drop_empty(*ret_document);
	return error ? document_fail_errno(reterr, error) : LAMBDA_OK;
}

/* Put replaces everything: what this program does not know would be lost. */
static enum lambda_status plan_event_invoke(
	struct document_planning *planning, struct lambda_error *reterr)
{
	static const char *const known[] = {"DestinationConfig", "FunctionArn", "LastModified",
		"MaximumEventAgeInSeconds", "MaximumRetryAttempts", NULL};
	const struct json *item = NULL, *member;
	enum lambda_status status = document_find_item(
		planning->answer, "FunctionEventInvokeConfigs", planning->subject, &item, reterr);

	for (member = json_first(item); member && !status; member = json_next(member)) {
		if (!text_is_one_of(json_name(member), known) && !json_is_null(member) &&
			!planning->removes)
			status = lambda_fail(reterr, LAMBDA_INVALID,
				"AWS has a member '%.64s' there, which this version of aliasfs "
				"does "
				"not know and would remove: use aws lambda "
				"update-function-event-invoke-config",
				json_name(member));
	}
	return status ? status : plan_setting(planning, reterr);
}

const struct document_ways document_event_invoke_ways = {
	.type = DOCUMENT_OBJECT,
	.members = event_invoke_members,
	.is_removable = true,
	.put = LAMBDA_PUT_EVENT_INVOKE,
	.remove = LAMBDA_DELETE_EVENT_INVOKE,
	.shape = shape_event_invoke,
	.normalize = document_drop_empty,
	.plan = plan_event_invoke,
};

/* --- recursion, runtime-management: always there --- */

static const struct document_member recursion_members[] = {
	{"RecursiveLoop", DOCUMENT_TEXT, NULL, true}, {NULL}};

static enum lambda_status shape_recursion(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	static const char *const names[] = {"RecursiveLoop", NULL};

	if (!json_string(json_member(answer, "RecursiveLoop")))
		return document_fail_answer(reterr, "RecursiveLoop");
	return pick_members(answer, names, ret_document, reterr);
}

const struct document_ways document_recursion_ways = {
	.type = DOCUMENT_OBJECT,
	.members = recursion_members,
	.put = LAMBDA_PUT_RECURSION,
	.shape = shape_recursion,
	.plan = plan_setting,
};

static const struct document_member runtime_members[] = {{"RuntimeVersionArn", DOCUMENT_TEXT},
	{"UpdateRuntimeOn", DOCUMENT_TEXT, NULL, true}, {NULL}};

static enum lambda_status shape_runtime(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	static const char *const names[] = {"RuntimeVersionArn", "UpdateRuntimeOn", NULL};

	if (!json_string(json_member(answer, "UpdateRuntimeOn")))
		return document_fail_answer(reterr, "UpdateRuntimeOn");
	return pick_members(answer, names, ret_document, reterr);
}

const struct document_ways document_runtime_management_ways = {
	.type = DOCUMENT_OBJECT,
	.members = runtime_members,
	.put = LAMBDA_PUT_RUNTIME_MANAGEMENT,
	.shape = shape_runtime,
	.normalize = document_drop_empty,
	.plan = plan_setting,
};

/* --- code-signing --- */

static const struct document_member signing_members[] = {
	{"CodeSigningConfigArn", DOCUMENT_TEXT, NULL, true}, {NULL}};

static enum lambda_status shape_signing(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	static const char *const names[] = {"CodeSigningConfigArn", NULL};
	const struct json *arn = json_member(answer, names[0]);

	if (!json_is_object(answer) || (arn && !json_string(arn)))
		return document_fail_answer(reterr, names[0]);
	return arn ? pick_members(answer, names, ret_document, reterr) : LAMBDA_OK;
}

const struct document_ways document_code_signing_ways = {
	.type = DOCUMENT_OBJECT,
	.members = signing_members,
	.is_removable = true,
	.put = LAMBDA_PUT_CODE_SIGNING,
	.remove = LAMBDA_DELETE_CODE_SIGNING,
	.shape = shape_signing,
	.plan = plan_setting,
};
