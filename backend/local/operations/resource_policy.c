/* SPDX-License-Identifier: MIT */
/*
 * A resource's whole policy by the resource's ARN. It is the same policy that AddPermission and
 * RemovePermission change by the statement, and that GetPolicy shows.
 */
#include <errno.h>

#include "backend/local/model/policy_document.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"
#include "backend/local/store/policy.h"

/* What the ARN names goes into call->name. 0, CALL_FAILED or a negative errno. */
static int find_resource(struct call *call)
{
	const char *arn = call_string(call, "ResourceArn");
	const char *qualifier;
	int found;

	if (function_name_parse(arn, &call->name))
		return call_fail(call, FAILURE_INVALID_PARAMETER, "Invalid resource: %s", arn);
	if (call_check_place(call, "Functions", call->name.region, call->name.account))
		return CALL_FAILED;
	qualifier = call->name.qualifier[0] ? call->name.qualifier : NULL;
	found = resource_find(call, qualifier, NULL);
	if (found != 1)
		return found ? found : call_fail_function(call, call->name.name, qualifier);
	return 0;
}

static int load_policy(struct call *call, struct policy *ret_policy)
{
	int error = find_resource(call);

	*ret_policy = (struct policy){0};
	return error ? error : policy_load(call, ret_policy);
}

static int check_revision(struct call *call, const struct policy *policy)
{
	const char *given = call_string(call, "RevisionId");

	if (!given || !strcmp(given, policy->revision_id))
		return 0;
	return call_fail(call, FAILURE_PRECONDITION,
		"The Revision Id provided does not match the latest Revision Id. Call the "
		"GetResourcePolicy API to retrieve the latest Revision Id");
}

static int fail_without_policy(struct call *call)
{
	return call_fail(call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
}

static int answer_policy(struct call *call, const struct policy *policy)
{
	return policy_append_answer(
		&call->answer->body, policy->head, policy->statements, policy->revision_id);
}

int handle_get_resource_policy(struct call *call)
{
	struct policy policy;
	int error = load_policy(call, &policy);

	if (!error && !policy.statements)
		error = fail_without_policy(call);
	if (!error)
		error = answer_policy(call, &policy);
	policy_release(&policy);
	return error;
}

/* --- replacing and deleting --- */

/* Puts the call's document in the place of what was loaded. */
static int replace_document(struct call *call, struct policy *policy)
{
	struct json *head = NULL, *statements = NULL;
	const char *reason = "";
	int error = policy_document_split(call_string(call, "Policy"), &head, &statements, &reason);

	if (error == -EINVAL)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"The provided policy document is not valid: %s.", reason);
	if (error)
		return error;
	policy_release(policy);
	policy->head = head;
	policy->statements = statements;
	return 0;
}

static int check_latest(struct call *call)
{
	if (strcmp(call->name.qualifier, "$LATEST"))
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"We currently do not support adding policies for $LATEST.");
}

int handle_put_resource_policy(struct call *call)
{
	struct policy policy;
	int error = load_policy(call, &policy);

	if (!error)
		error = check_latest(call);
	if (!error)
		error = check_revision(call, &policy);
	if (!error)
		error = replace_document(call, &policy);
	if (!error)
		error = policy_store(call, &policy);
	if (!error)
		error = change_record(call, call->name.name, policy.qualifier, NULL, NULL);
	if (!error)
		error = answer_policy(call, &policy);
	policy_release(&policy);
	return error;
}

int handle_delete_resource_policy(struct call *call)
{
	struct policy policy;
	int error = load_policy(call, &policy);

	if (!error && !policy.statements)
		error = fail_without_policy(call);
	if (!error)
		error = check_revision(call, &policy);
	if (!error)
		error = policy_delete(call, &policy);
	if (!error)
		error = change_record(call, call->name.name, policy.qualifier, NULL, NULL);
	policy_release(&policy);
	return error;
}
