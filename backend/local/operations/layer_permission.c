/* SPDX-License-Identifier: MIT */
/* The policies of layer versions: who else may use them. */
#include <errno.h>

#include "backend/local/model/policy_document.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/change.h"
#include "backend/local/store/layer.h"
#include "backend/local/store/policy.h"
#include "backend/local/store/version.h"

#define TEXT_MAX (1u << 20)

struct layer_policy {
	struct layer_name name;
	struct json *statements; /* empty: there is no policy */
	char revision_id[UUID_SIZE];
};

static void release_policy(struct layer_policy *policy)
{
	json_free(policy->statements);
}

/* Finds the version and its policy. The caller releases it. */
static int load_policy(struct call *call, struct layer_policy *policy)
{
	char arn[LAYER_ARN_SIZE];
	const char *text;
	sqlite3_stmt *row;
	int found, error;

	memset(policy, 0, sizeof(*policy));
	error = layer_name_of_call(call, &policy->name);
	if (error)
		return error;
	row = store_query(call->store,
		"SELECT statements, policy_revision FROM layer_version WHERE layer = ? AND number "
		"= ?",
		"ti", policy->name.name, policy->name.version);
	found = store_next(call->store, row);
	if (found < 0)
		return found;
	if (!found) {
		format_layer_arn(call->identity, policy->name.name, policy->name.version, arn);
		return call_fail(call, FAILURE_NOT_FOUND, "Layer version %s does not exist.", arn);
	}
	text = store_text_or_null(row, 0);
	policy->statements = text ? json_parse(text, strlen(text), NULL) : json_new_array();
	snprintf(policy->revision_id, UUID_SIZE, "%s", store_text(row, 1));
	store_done(row);
	return policy->statements ? 0 : -ENOMEM;
}

static int store_policy(struct call *call, struct layer_policy *policy)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	char version[VERSION_TEXT_SIZE];
	int error = policy_check_length(call, NULL, policy->statements);

	if (!error)
		error = json_print(policy->statements, &text);
	make_uuid(policy->revision_id);
	if (!error)
		error = store_execute(call->store,
			"UPDATE layer_version SET statements = ?, policy_revision = ? "
			"WHERE layer = ? AND number = ?",
			"ttti", json_count(policy->statements) ? buffer_text(&text) : NULL,
			policy->revision_id, policy->name.name, policy->name.version);
	version_format(policy->name.version, version);
	return error ? error : change_record(call, NULL, policy->name.name, version, NULL);
}

static int check_revision(struct call *call, const struct layer_policy *policy)
{
	const char *given = call_string(call, "RevisionId");

	if (!given || !strcmp(given, policy->revision_id))
		return 0;
	return call_fail(call, FAILURE_PRECONDITION,
		"The Revision Id provided does not match the latest Revision Id. Call the "
		"GetLayerPolicy API to retrieve the latest Revision Id");
}

/* All accounts are "*"; an account is its root's ARN. */
static int set_principal(struct call *call, struct json *statement)
{
	const char *principal = call_string(call, "Principal");
	struct json *object;
	char arn[128];
	int error;

	if (!strcmp(principal, "*"))
		return json_set_string(statement, "Principal", principal);
	snprintf(arn, sizeof(arn), "arn:%s:iam::%s:root", call->identity->partition, principal);
	object = json_new_object();
	if (!object)
		return -ENOMEM;
	error = json_set_string(object, "AWS", strlen(principal) == 12 ? arn : principal);
	if (error) {
		json_free(object);
		return error;
	}
	return json_set(statement, "Principal", object);
}

static int set_organization(struct call *call, struct json *statement)
{
	const char *organization = call_string(call, "OrganizationId");
	struct json *condition, *equals;

	if (!organization)
		return 0;
	equals = json_new_object();
	if (!equals || json_set_string(equals, "aws:PrincipalOrgID", organization)) {
		json_free(equals);
		return -ENOMEM;
	}
	condition = json_new_object();
	if (!condition || json_set(condition, "StringEquals", equals)) {
		if (!condition)
			json_free(equals);
		json_free(condition);
		return -ENOMEM;
	}
	return json_set(statement, "Condition", condition);
}

static int make_statement(
	struct call *call, const struct layer_name *name, struct json **ret_statement)
{
	cleanup(json_free_pointer) struct json *statement = json_new_object();
	char arn[LAYER_ARN_SIZE];
	int error = statement ? 0 : -ENOMEM;

	format_layer_arn(call->identity, name->name, name->version, arn);
	if (!error)
		error = json_set_string(statement, "Sid", call_string(call, "StatementId"));
	if (!error)
		error = json_set_string(statement, "Effect", "Allow");
	if (!error)
		error = set_principal(call, statement);
	if (!error)
		error = json_set_string(statement, "Action", call_string(call, "Action"));
	if (!error)
		error = json_set_string(statement, "Resource", arn);
	if (!error)
		error = set_organization(call, statement);
	if (!error)
		*ret_statement = take_pointer(statement);
	return error;
}

static int answer_statement(
	struct call *call, const struct json *statement, const char *revision_id)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(TEXT_MAX);
	struct buffer *out = &call->answer->body;
	int error = json_print(statement, &text);

	if (!error)
		error = buffer_append_string(out, "{\"Statement\":");
	if (!error)
		error = append_json_string(out, buffer_text(&text));
	return error ? error : buffer_appendf(out, ",\"RevisionId\":\"%s\"}", revision_id);
}

static int add_statement(struct call *call, struct layer_policy *policy)
{
	const char *sid = call_string(call, "StatementId");
	struct json *statement = NULL;
	int error;

	if (policy_find_statement(policy->statements, sid))
		return call_fail(call, FAILURE_CONFLICT,
			"The statement id (%s) provided already exists. Please provide a new "
			"statement id, or remove the existing statement.",
			sid);
	error = check_revision(call, policy);
	if (!error)
		error = make_statement(call, &policy->name, &statement);
	if (!error)
		error = json_append(policy->statements, statement);
	if (!error)
		error = store_policy(call, policy);
	return error ? error : answer_statement(call, statement, policy->revision_id);
}

int handle_add_layer_permission(struct call *call)
{
	struct layer_policy policy;
	int error = load_policy(call, &policy);

	if (!error)
		error = add_statement(call, &policy);
	release_policy(&policy);
	return error;
}

static int fail_without_policy(struct call *call)
{
	return call_fail(
		call, FAILURE_NOT_FOUND, "No policy is associated with the given resource.");
}

int handle_get_layer_policy(struct call *call)
{
	struct layer_policy policy;
	int error = load_policy(call, &policy);

	if (!error && !json_count(policy.statements))
		error = fail_without_policy(call);
	if (!error)
		error = policy_append_answer(
			&call->answer->body, NULL, policy.statements, policy.revision_id);
	release_policy(&policy);
	return error;
}

static int remove_statement(struct call *call, struct layer_policy *policy)
{
	const char *sid = call_string(call, "StatementId");
	int error;

	if (!json_count(policy->statements))
		return fail_without_policy(call);
	if (!policy_find_statement(policy->statements, sid))
		return call_fail(call, FAILURE_NOT_FOUND,
			"Statement %s is not found in resource policy.", sid);
	error = check_revision(call, policy);
	if (!error)
		error = policy_remove_statement(&policy->statements, sid);
	return error ? error : store_policy(call, policy);
}

int handle_remove_layer_permission(struct call *call)
{
	struct layer_policy policy;
	int error = load_policy(call, &policy);

	if (!error)
		error = remove_statement(call, &policy);
	release_policy(&policy);
	return error;
}
