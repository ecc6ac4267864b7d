/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/local/model/pattern.h"
#include "backend/local/model/policy_document.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/change.h"
#include "backend/local/store/policy.h"
#include "backend/local/store/version.h"

/* 1 with the alias's RevisionId, 0 when there is no such alias, or a negative errno. */
static int find_alias_revision(struct call *call, const char *alias, char revision_id[UUID_SIZE])
{
	sqlite3_stmt *row = store_query(call->store,
		"SELECT revision_id FROM alias WHERE function = ? AND name = ?", "tt",
		call->name.name, alias);
	int found = store_next(call->store, row);

	if (found != 1)
		return found;
	snprintf(revision_id, UUID_SIZE, "%s", store_text(row, 0));
	store_done(row);
	return 1;
}

/*
 * AWS takes the policy's RevisionId and, as it did before 2025, the one of the function, version or
 * alias that the policy hangs off; recordings show both.
 */
static int check_policy_revision(
	struct call *call, const struct policy *policy, const char *resource)
{
	const char *given = call_string(call, "RevisionId");

	if (!given || !strcmp(given, resource) ||
		(policy->statements && !strcmp(given, policy->revision_id)))
		return 0;
	return call_fail(call, FAILURE_PRECONDITION,
		"The Revision Id provided does not match the latest Revision Id. Call the "
		"GetPolicy API to retrieve the latest Revision Id");
}

/* --- AddPermission --- */

/* The RevisionId of what the policy is going to hang off, or a failure when that is not there. */
static int find_resource(struct call *call, char revision_id[UUID_SIZE])
{
	const char *qualifier = call_qualifier(call);
	struct version_row row;
	int64_t number = VERSION_LATEST;
	int found;

	if (qualifier && version_parse(qualifier, &number)) {
		found = find_alias_revision(call, qualifier, revision_id);
		if (found != 1)
			return found ? found : call_fail_qualifier(call, qualifier);
		return 0;
	}
	found = version_find(call, call->name.name, number, &row);
	if (found != 1)
		return found ? found : call_fail_qualifier(call, qualifier);
	snprintf(revision_id, UUID_SIZE, "%s", version_revision_id(call, &row));
	version_row_done(&row);
	return 0;
}

/* The statement's Principal, by what the text looks like; NULL with *ret_bad when it is none. */
static struct json *make_principal(struct call *call, const char *principal, bool *ret_bad)
{
	char arn[128];
	const char *kind = "AWS";
	struct json *object;

	*ret_bad = false;
	if (!strcmp(principal, "*"))
		return json_new_string("*");
	if (pattern_matches("\\d{12}", principal)) {
		snprintf(arn, sizeof(arn), "arn:%s:iam::%s:root", call->identity->partition,
			principal);
		principal = arn;
	} else if (pattern_matches("[a-zA-Z0-9-_.]+\\.amazonaws\\.com(\\.cn)?", principal)) {
		kind = "Service";
	} else if (!pattern_matches("arn:(aws[a-zA-Z-]*):(iam|sts)::\\d{12}:[^\\s]+", principal)) {
		*ret_bad = true;
		return NULL;
	}
	object = json_new_object();
	if (object && json_set_string(object, kind, principal)) {
		json_free(object);
		return NULL;
	}
	return object;
}

/* Adds `{operator: {key: value}}` to the conditions when the call has `member`. */
static int add_condition(struct call *call, struct json *conditions, const char *member,
	const char *operator_name, const char *key)
{
	const char *value = call_flag(call, member) ? "true" : call_string(call, member);
	struct json *below;
	int error;

	if (!value)
		return 0;
	below = json_member(conditions, operator_name)
			? json_copy(json_member(conditions, operator_name))
			: json_new_object();
	if (!below)
		return -ENOMEM;
	error = json_set_string(below, key, value);
	if (error) {
		json_free(below);
		return error;
	}
	return json_set(conditions, operator_name, below);
}

static int add_conditions(struct call *call, struct json *statement)
{
	static const struct {
		const char *member, *operator_name, *key;
	} known[] = {
		{"PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"},
		{"SourceAccount", "StringEquals", "AWS:SourceAccount"},
		{"FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"},
		{"EventSourceToken", "StringEquals", "lambda:EventSourceToken"},
		{"SourceArn", "ArnLike", "AWS:SourceArn"},
		{"InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"},
	};
	cleanup(json_free_pointer) struct json *conditions = json_new_object();
	int error = conditions ? 0 : -ENOMEM;

	for (size_t i = 0; i < array_count(known) && !error; i++)
		error = add_condition(
			call, conditions, known[i].member, known[i].operator_name, known[i].key);
	if (error || !json_count(conditions))
		return error;
	return json_set(statement, "Condition", take_pointer(conditions));
}

/* What the call asks to be allowed. 0, CALL_FAILED or -ENOMEM. */
static int make_statement(struct call *call, struct json **ret_statement)
{
	cleanup(json_free_pointer) struct json *statement = json_new_object();
	char arn[FUNCTION_ARN_SIZE];
	struct json *principal;
	bool bad;
	int error;

	principal = make_principal(call, call_string(call, "Principal"), &bad);
	if (bad)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"The provided principal was invalid. Please check the principal and try "
			"again.");
	format_function_arn(call->identity, call->name.name, call_qualifier(call), arn);
	if (!statement) {
		json_free(principal);
		return -ENOMEM;
	}
	error = json_set_string(statement, "Sid", call_string(call, "StatementId"));
	if (!error)
		error = json_set_string(statement, "Effect", "Allow");
	if (error)
		json_free(principal);
	else
		error = json_set(statement, "Principal", principal);
	if (!error)
		error = json_set_string(statement, "Action", call_string(call, "Action"));
	if (!error)
		error = json_set_string(statement, "Resource", arn);
	if (!error)
		error = add_conditions(call, statement);
	if (!error)
		*ret_statement = take_pointer(statement);
	return error;
}

static int store_statements(struct call *call, struct policy *policy)
{
	int error = policy_store(call, policy);

	return error ? error
		     : change_record(
			       call, call->name.name, call_string(call, "StatementId"), NULL, NULL);
}

static int answer_statement(struct call *call, const struct json *statement)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CALL_ANSWER_MAX);
	int error = json_print(statement, &text);

	if (!error)
		error = buffer_append_string(&call->answer->body, "{\"Statement\":");
	if (!error)
		error = append_json_string(&call->answer->body, buffer_text(&text));
	return error ? error : buffer_append_byte(&call->answer->body, '}');
}

/* A statement id that is taken is reported even to who brings an old RevisionId. */
static int check_new_statement(struct call *call, const struct policy *policy)
{
	const char *sid = call_string(call, "StatementId");

	if (!policy_find_statement(policy->statements, sid))
		return 0;
	return call_fail(call, FAILURE_CONFLICT,
		"The statement id (%s) provided already exists. Please provide a new statement "
		"id, or remove the existing statement.",
		sid);
}

static int add_statement(struct call *call, struct policy *policy)
{
	struct json *statement = NULL;
	int error = make_statement(call, &statement);

	if (error)
		return error;
	if (!policy->statements)
		policy->statements = json_new_array();
	error = json_append(policy->statements, statement);
	if (!error)
		error = store_statements(call, policy);
	return error ? error : answer_statement(call, statement);
}

int handle_add_permission(struct call *call)
{
	const char *qualifier = call_qualifier(call);
	char resource_revision[UUID_SIZE];
	struct policy policy;
	int error;

	if (qualifier && !strcmp(qualifier, "$LATEST"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"We currently do not support adding policies for $LATEST.");
	error = find_resource(call, resource_revision);
	if (!error)
		error = policy_load(call, &policy);
	if (error)
		return error;
	error = check_new_statement(call, &policy);
	if (!error)
		error = check_policy_revision(call, &policy, resource_revision);
	if (!error)
		error = add_statement(call, &policy);
	policy_release(&policy);
	return error;
}

int handle_get_policy(struct call *call)
{
	struct policy policy;
	int error = policy_load(call, &policy);

	if (error)
		return error;
	error = policy.statements ? policy_append_answer(&call->answer->body, policy.head,
					    policy.statements, policy.revision_id)
				  : call_fail(call, FAILURE_NOT_FOUND,
					    "The resource you requested does not exist.");
	policy_release(&policy);
	return error;
}

/* --- RemovePermission --- */

static int check_function_for_policy(struct call *call)
{
	int there = function_exists(call, call->name.name);
	char arn[FUNCTION_ARN_SIZE];

	if (there)
		return there < 0 ? there : 0;
	format_function_arn(call->identity, call->name.name, call_qualifier(call), arn);
	return call_fail(call, FAILURE_NOT_FOUND, "No policy found for: %s", arn);
}

static int remove_statement(struct call *call, struct policy *policy, const char *sid)
{
	int error = policy_remove_statement(&policy->statements, sid);

	if (error)
		return error;
	if (json_count(policy->statements))
		return store_statements(call, policy);
	error = policy_delete(call, policy);
	return error ? error : change_record(call, call->name.name, sid, NULL, NULL);
}

int handle_remove_permission(struct call *call)
{
	const char *sid = call_string(call, "StatementId");
	char resource_revision[UUID_SIZE];
	struct policy policy;
	int error = check_function_for_policy(call);

	if (!error)
		error = find_resource(call, resource_revision);
	if (!error)
		error = policy_load(call, &policy);
	if (error)
		return error;
	if (!policy.statements)
		error = call_fail(call, FAILURE_NOT_FOUND,
			"No policy is associated with the given resource.");
	else if (!policy_find_statement(policy.statements, sid))
		error = call_fail(call, FAILURE_NOT_FOUND,
			"Statement %s is not found in resource policy.", sid);
	if (!error)
		error = check_policy_revision(call, &policy, resource_revision);
	if (!error)
		error = remove_statement(call, &policy, sid);
	policy_release(&policy);
	return error;
}
