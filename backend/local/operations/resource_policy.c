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

#define POLICY_MAX 20480 /* bytes (backend/lambda/NOTES.md section 7) */
#define TEXT_MAX (1u << 20)

/* The stored policy of the resource; "" in revision_id: it has none. */
struct resource_policy {
	const char *qualifier; /* "": the function itself */
	struct json *head;     /* NULL: the default */
	struct json *statements;
	char revision_id[UUID_SIZE];
};

static void policy_release(struct resource_policy *policy)
{
	json_free(policy->head);
	json_free(policy->statements);
}

/* What the ARN names goes into call->name. 0, CALL_FAILED or a negative errno. */
static int find_resource(struct call *call)
{
	const char *arn = call_string(call, "ResourceArn");
	const char *qualifier;
	int found;

	if (function_name_parse(arn, &call->name))
		return call_fail(call, FAILURE_INVALID_PARAMETER, "Invalid resource: %s", arn);
	if (strcmp(call->name.region, call->identity->region))
		return call_fail(call, FAILURE_NOT_FOUND,
			"Functions from '%s' are not reachable in this region ('%s')",
			call->name.region, call->identity->region);
	if (strcmp(call->name.account, call->identity->account)) {
		answer_fail_as(call->answer, FAILURE_ACCESS_DENIED, NULL, "Message", NULL);
		return CALL_FAILED;
	}
	qualifier = call->name.qualifier[0] ? call->name.qualifier : NULL;
	found = resource_find(call, qualifier, NULL);
	if (found != 1)
		return found ? found : call_fail_function(call, call->name.name, qualifier);
	return 0;
}

/* An alias's policy has no revision of its own: its RevisionId is the alias's. */
static int policy_load(struct call *call, struct resource_policy *policy)
{
	sqlite3_stmt *row;
	const char *head;
	int found, error;

	memset(policy, 0, sizeof(*policy));
	error = find_resource(call);
	if (error)
		return error;
	policy->qualifier = call->name.qualifier;
	row = store_query(call->store,
		"SELECT p.statements, p.head, ifnull(a.revision_id, p.revision_id) FROM policy p "
		"LEFT JOIN alias a ON a.function = p.function AND a.name = p.qualifier "
		"WHERE p.function = ? AND p.qualifier = ?",
		"tt", call->name.name, policy->qualifier);
	found = store_next(call->store, row);
	if (found != 1)
		return found;
	head = store_text_or_null(row, 1);
	policy->statements = json_parse(store_text(row, 0), strlen(store_text(row, 0)), NULL);
	policy->head = head ? json_parse(head, strlen(head), NULL) : NULL;
	snprintf(policy->revision_id, UUID_SIZE, "%s", store_text(row, 2));
	error = policy->statements && (policy->head || !head) ? 0 : -ENOMEM;
	store_done(row);
	return error;
}

static int check_revision(struct call *call, const struct resource_policy *policy)
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

static int answer_policy(struct call *call, const struct resource_policy *policy)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	struct buffer *out = &call->answer->body;
	int error = policy_document_append(&text, policy->head, policy->statements);

	if (!error)
		error = buffer_append_string(out, "{\"Policy\":");
	if (!error)
		error = append_json_string(out, buffer_text(&text));
	return error ? error : buffer_appendf(out, ",\"RevisionId\":\"%s\"}", policy->revision_id);
}

int handle_get_resource_policy(struct call *call)
{
	struct resource_policy policy;
	int error = policy_load(call, &policy);

	if (!error && !policy.statements)
		error = fail_without_policy(call);
	if (!error)
		error = answer_policy(call, &policy);
	policy_release(&policy);
	return error;
}

/* --- replacing and deleting --- */

/* Puts the call's document in the place of what was loaded. */
static int replace_document(struct call *call, struct resource_policy *policy)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
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
	error = policy_document_append(&text, head, statements);
	if (!error && text.length > POLICY_MAX)
		error = call_fail(call, FAILURE_POLICY_LENGTH,
			"The final policy size (%zu) is bigger than the limit (%d).", text.length,
			POLICY_MAX);
	return error;
}

/* Gives the alias, if the policy hangs off one, its new revision. */
static int touch_alias(struct call *call, struct resource_policy *policy)
{
	make_uuid(policy->revision_id);
	return store_execute(call->store,
		"UPDATE alias SET revision_id = ? WHERE function = ? AND name = ?", "ttt",
		policy->revision_id, call->name.name, policy->qualifier);
}

static int policy_store(struct call *call, struct resource_policy *policy)
{
	cleanup(buffer_release) struct buffer head = BUFFER_INIT(TEXT_MAX);
	cleanup(buffer_release) struct buffer statements = BUFFER_INIT(TEXT_MAX);
	int error = json_print(policy->head, &head);

	if (!error)
		error = json_print(policy->statements, &statements);
	if (!error)
		error = touch_alias(call, policy);
	if (!error)
		error = store_execute(call->store,
			"INSERT OR REPLACE INTO policy (function, qualifier, statements, head, "
			"revision_id) VALUES (?, ?, ?, ?, ?)",
			"ttttt", call->name.name, policy->qualifier, buffer_text(&statements),
			buffer_text(&head), policy->revision_id);
	return error ? error : change_record(call, call->name.name, policy->qualifier, NULL, NULL);
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
	struct resource_policy policy;
	int error = policy_load(call, &policy);

	if (!error)
		error = check_latest(call);
	if (!error)
		error = check_revision(call, &policy);
	if (!error)
		error = replace_document(call, &policy);
	if (!error)
		error = policy_store(call, &policy);
	if (!error)
		error = answer_policy(call, &policy);
	policy_release(&policy);
	return error;
}

int handle_delete_resource_policy(struct call *call)
{
	struct resource_policy policy;
	int error = policy_load(call, &policy);

	if (!error && !policy.statements)
		error = fail_without_policy(call);
	if (!error)
		error = check_revision(call, &policy);
	if (!error)
		error = store_execute(call->store,
			"DELETE FROM policy WHERE function = ? AND qualifier = ?", "tt",
			call->name.name, policy.qualifier);
	if (!error)
		error = touch_alias(call, &policy);
	if (!error)
		error = change_record(call, call->name.name, policy.qualifier, NULL, NULL);
	policy_release(&policy);
	return error;
}
