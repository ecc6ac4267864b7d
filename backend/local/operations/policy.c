/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/local/model/pattern.h"
#include "backend/local/model/policy_document.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/change.h"
#include "backend/local/store/version.h"

#define POLICY_MAX 20480 /* bytes (backend/lambda/NOTES.md section 7) */

/* A resource's policy: its statements as a JSON list, and its revision. PutResourcePolicy can make it too. */
struct policy {
	struct json *head; /* what stands beside them; NULL: the default */
	struct json *statements;
	char revision_id[UUID_SIZE];
	bool exists;
};

static void policy_release(struct policy *policy)
{
	json_free(policy->head);
	json_free(policy->statements);
}

/* The policy's resource: "" is the function itself. */
static const char *policy_qualifier(const struct call *call)
{
	const char *qualifier = call_qualifier(call);

	return qualifier ? qualifier : "";
}

/* The alias that the call's policy hangs off, or NULL: the policy is the function's or a version's. */
static const char *policy_alias(const struct call *call)
{
	const char *qualifier = call_qualifier(call);
	int64_t number;

	return qualifier && version_parse(qualifier, &number) ? qualifier : NULL;
}

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

/* An alias's policy has no revision of its own: its RevisionId is the alias's. */
static int policy_load(struct call *call, struct policy *ret_policy)
{
	const char *alias = policy_alias(call);
	sqlite3_stmt *row = store_query(call->store,
		"SELECT statements, revision_id, head FROM policy WHERE function = ? AND qualifier "
		"= ?",
		"tt", call->name.name, policy_qualifier(call));
	int found = store_next(call->store, row);
	const char *head;

	if (found < 0)
		return found;
	*ret_policy = (struct policy){.exists = found == 1};
	if (!found) {
		ret_policy->statements = json_new_array();
		return ret_policy->statements ? 0 : -ENOMEM;
	}
	ret_policy->statements = json_parse(store_text(row, 0), strlen(store_text(row, 0)), NULL);
	snprintf(ret_policy->revision_id, UUID_SIZE, "%s", store_text(row, 1));
	head = store_text_or_null(row, 2);
	if (head)
		ret_policy->head = json_parse(head, strlen(head), NULL);
	store_done(row);
	if (!ret_policy->statements)
		return -ENOMEM;
	found = alias ? find_alias_revision(call, alias, ret_policy->revision_id) : 0;
	if (found < 0)
		policy_release(ret_policy);
	return found < 0 ? found : 0;
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
		(policy->exists && !strcmp(given, policy->revision_id)))
		return 0;
	return call_fail(call, FAILURE_PRECONDITION,
		"The Revision Id provided does not match the latest Revision Id. Call the "
		"GetPolicy API to retrieve the latest Revision Id");
}

static int policy_print(const struct policy *policy, struct buffer *out)
{
	return policy_document_append(out, policy->head, policy->statements);
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

static const struct json *find_statement(const struct policy *policy, const char *sid)
{
	const struct json *statement = json_first(policy->statements);

	while (statement && strcmp(json_member_string(statement, "Sid", ""), sid))
		statement = json_next(statement);
	return statement;
}

/* A grant on an alias changes the alias: a RevisionId that was read before is old. */
static int touch_alias(struct call *call, const char *revision_id)
{
	const char *alias = policy_alias(call);

	return alias ? store_execute(call->store,
			       "UPDATE alias SET revision_id = ? WHERE function = ? AND name = ?",
			       "ttt", revision_id, call->name.name, alias)
		     : 0;
}

static int policy_store(struct call *call, const struct policy *policy)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CALL_ANSWER_MAX);
	char revision_id[UUID_SIZE];
	int error = policy_print(policy, &text);

	if (error)
		return error;
	if (text.length > POLICY_MAX)
		return call_fail(call, FAILURE_POLICY_LENGTH,
			"The final policy size (%zu) is bigger than the limit (%d).", text.length,
			POLICY_MAX);
	buffer_reset(&text);
	error = json_print(policy->statements, &text);
	make_uuid(revision_id);
	if (!error)
		error = store_execute(call->store,
			"INSERT INTO policy (function, qualifier, statements, revision_id) "
			"VALUES (?, ?, ?, ?) ON CONFLICT (function, qualifier) DO UPDATE SET "
			"statements = excluded.statements, revision_id = excluded.revision_id",
			"tttt", call->name.name, policy_qualifier(call), buffer_text(&text),
			revision_id);
	if (!error)
		error = touch_alias(call, revision_id);
	if (!error)
		error = change_record(
			call, call->name.name, call_string(call, "StatementId"), NULL, NULL);
	return error;
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

	if (!find_statement(policy, sid))
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

	if (!error)
		error = json_append(policy->statements, statement);
	if (!error)
		error = policy_store(call, policy);
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
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CALL_ANSWER_MAX);
	struct buffer *out = &call->answer->body;
	struct policy policy;
	int error = policy_load(call, &policy);

	if (error)
		return error;
	if (!policy.exists) {
		policy_release(&policy);
		return call_fail(
			call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
	}
	error = policy_print(&policy, &text);
	if (!error)
		error = buffer_append_string(out, "{\"Policy\":");
	if (!error)
		error = append_json_string(out, buffer_text(&text));
	if (!error)
		error = buffer_appendf(out, ",\"RevisionId\":\"%s\"}", policy.revision_id);
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
	struct json *left = json_new_array();
	char revision_id[UUID_SIZE];
	int error = left ? 0 : -ENOMEM;

	for (const struct json *statement = json_first(policy->statements); statement && !error;
		statement = json_next(statement)) {
		if (strcmp(json_member_string(statement, "Sid", ""), sid))
			error = json_append(left, json_copy(statement));
	}
	if (error) {
		json_free(left);
		return error;
	}
	json_free(policy->statements);
	policy->statements = left;
	if (json_count(left))
		return policy_store(call, policy);
	error = store_execute(call->store,
		"DELETE FROM policy WHERE function = ? AND qualifier = ?", "tt", call->name.name,
		policy_qualifier(call));
	make_uuid(revision_id);
	if (!error)
		error = touch_alias(call, revision_id);
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
	if (!policy.exists)
		error = call_fail(call, FAILURE_NOT_FOUND,
			"No policy is associated with the given resource.");
	else if (!find_statement(&policy, sid))
		error = call_fail(call, FAILURE_NOT_FOUND,
			"Statement %s is not found in resource policy.", sid);
	if (!error)
		error = check_policy_revision(call, &policy, resource_revision);
	if (!error)
		error = remove_statement(call, &policy, sid);
	policy_release(&policy);
	return error;
}
