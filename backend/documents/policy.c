/* SPDX-License-Identifier: MIT */
/*
 * policy.json: the statements of the resource policy. AddPermission makes a statement of parameters, so only what it can
 * make can be written; what is new is added before what is gone is removed, so that no grant is missing in between.
 */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/ways.h"

#define SID_MAX 100

static const struct document_member statement_members[] = {{"Sid", DOCUMENT_TEXT},
	{"Effect", DOCUMENT_TEXT}, {"Action", DOCUMENT_ANY}, {"Principal", DOCUMENT_ANY},
	{"Condition", DOCUMENT_OBJECT}, {NULL}};
static const struct document_member policy_members[] = {
	{"Statement", DOCUMENT_OBJECTS, statement_members, true}, {NULL}};

/* --- reading --- */

/* The statements without their Resource, which is the function or the alias itself. */
static int copy_statements(const struct json *statements, struct json *document)
{
	struct json *list = json_new_array(), *copy;
	const struct json *item;
	int error = list ? 0 : -ENOMEM;

	for (item = json_first(statements); item && !error; item = json_next(item)) {
		error = document_copy(item, &copy);
		if (!error) {
			json_remove(copy, "Resource");
			error = json_append(list, copy);
		}
	}
	if (error) {
		json_free(list);
		return error;
	}
	error = json_set(document, "Statement", list);
	return error ? error : document_sort(document, "Statement", "Sid", "");
}

static enum lambda_status shape_policy(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	const char *text = json_member_string(answer, "Policy", "");
	cleanup(json_free_pointer) struct json *policy = json_parse(text, strlen(text), NULL);
	cleanup(json_free_pointer) struct json *document = NULL;
	const struct json *statements = json_member(policy, "Statement"), *item;
	int error;

	if (!json_is_array(statements))
		return document_fail_answer(reterr, "Policy");
	for (item = json_first(statements); item; item = json_next(item))
		if (!json_is_object(item))
			return document_fail_answer(reterr, "Policy");
	if (!json_count(statements))
		return LAMBDA_OK;
	document = json_new_object();
	error = document ? copy_statements(statements, document) : -ENOMEM;
	if (error)
		return document_fail_errno(reterr, error);
	*ret_document = take_pointer(document);
	return LAMBDA_OK;
}

/* Sorted by Sid; no statement is no policy. */
static int normalize_policy(struct json *document)
{
	if (!json_count(json_member(document, "Statement"))) {
		json_remove(document, "Statement");
		return 0;
	}
	return document_sort(document, "Statement", "Sid", "");
}

/* --- what was written --- */

static enum lambda_status check_policy(
	const struct document_text *text, struct lambda_error *reterr)
{
	return document_check_unique(text, "Statement", "Sid", reterr);
}

static bool is_sid(const char *sid)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	size_t length = strlen(sid);

	return length && length <= SID_MAX && strspn(sid, allowed) == length;
}

/* What is being written for one new statement. */
struct grant {
	const struct document_text *text;
	const struct json *statement; /* as it was written */
	struct json *body;            /* AddPermission's */
	struct lambda_error *reterr;
};

static enum lambda_status fail_grant(
	const struct grant *grant, const struct json *where, const char *reason)
{
	return document_fail_at(grant->text, where ? where : grant->statement, grant->reterr,
		"the statement '%.100s' cannot be added: %s",
		json_member_string(grant->statement, "Sid", ""), reason);
}

static enum lambda_status set_parameter(
	const struct grant *grant, const char *name, struct json *value)
{
	return json_set(grant->body, name, value) ? lambda_fail_memory(grant->reterr) : LAMBDA_OK;
}

/* "*", {"Service": …} and {"AWS": …}; AddPermission takes one, as text. */
static enum lambda_status express_principal(const struct grant *grant)
{
	const struct json *principal = json_member(grant->statement, "Principal");
	const struct json *inner = json_first(principal);
	const char *text = json_string(principal), *name = json_name(inner);

	if (text && !strcmp(text, "*"))
		return set_parameter(grant, "Principal", json_new_string("*"));
	if (text || !json_is_object(principal) || json_next(inner))
		return fail_grant(grant, principal,
			"its Principal has to be \"*\", {\"Service\": …} or {\"AWS\": …}");
	text = json_string(inner);
	if (!text || !*text || (strcmp(name, "Service") && strcmp(name, "AWS")))
		return fail_grant(grant, principal,
			"its Principal has to name one Service or one AWS principal, as text");
	if (!strcmp(name, "AWS") && !text_starts_with(text, "arn:"))
		return fail_grant(grant, principal,
			"an AWS principal has to be an ARN (…:root for an account)");
	if (!strcmp(name, "Service") && (!strchr(text, '.') || strchr(text, ':')))
		return fail_grant(grant, principal, "that is no service's principal");
	return set_parameter(grant, "Principal", json_new_string(text));
}

/* The conditions that AddPermission makes, and of which parameter. */
static const struct {
	const char *operator, * key, *parameter;
} conditions[] = {
	{"ArnLike", "AWS:SourceArn", "SourceArn"},
	{"StringEquals", "AWS:SourceAccount", "SourceAccount"},
	{"StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"},
	{"StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"},
	{"StringEquals", "lambda:EventSourceToken", "EventSourceToken"},
	{"Bool", "lambda:InvokedViaFunctionUrl", "InvokedViaFunctionUrl"},
};

static enum lambda_status express_condition(
	const struct grant *grant, const char *operator, const struct json * condition)
{
	const char *value = json_string(condition);
	size_t i;

	for (i = 0; i < array_count(conditions); i++)
		if (!strcmp(conditions[i].operator, operator) &&
			!strcmp(conditions[i].key, json_name(condition)))
			break;
	if (i == array_count(conditions) || !value || !*value)
		return fail_grant(grant, condition,
			"AddPermission cannot make this Condition (only ArnLike AWS:SourceArn, "
			"StringEquals AWS:SourceAccount, aws:PrincipalOrgID, "
			"lambda:FunctionUrlAuthType and lambda:EventSourceToken, Bool "
			"lambda:InvokedViaFunctionUrl, each with one text)");
	if (strcmp(operator, "Bool") != 0)
		return set_parameter(grant, conditions[i].parameter, json_new_string(value));
	if (strcmp(value, "true") != 0)
		return fail_grant(grant, condition, "InvokedViaFunctionUrl can only be \"true\"");
	return set_parameter(grant, conditions[i].parameter, json_new_boolean(true));
}

static enum lambda_status express_conditions(const struct grant *grant)
{
	const struct json *operator= json_first(json_member(grant->statement, "Condition"));
	enum lambda_status status = LAMBDA_OK;
	const struct json *condition;

	for (; operator&& !status; operator= json_next(operator)) {
		if (!json_is_object(operator) || !json_count(operator))
			return fail_grant(grant, operator, "its Condition is none");
		for (condition = json_first(operator); condition && !status;
			condition = json_next(condition))
			status = express_condition(grant, json_name(operator), condition);
	}
	return status;
}

static enum lambda_status express_statement(const struct grant *grant)
{
	const char *sid = json_member_string(grant->statement, "Sid", "");
	const struct json *action = json_member(grant->statement, "Action");
	const char *effect = json_member_string(grant->statement, "Effect", "");
	enum lambda_status status = LAMBDA_OK;
	const struct json *member;

	if (!is_sid(sid))
		return fail_grant(
			grant, NULL, "its Sid has to be 1 to 100 of A-Z, a-z, 0-9, '-' and '_'");
	for (member = json_first(grant->statement); member; member = json_next(member))
		if (!document_find_member(statement_members, json_name(member)))
			return fail_grant(grant, member,
				"it has another member than Sid, Effect, Action, Principal and "
				"Condition");
	if (strcmp(effect, "Allow") != 0)
		return fail_grant(grant, json_member(grant->statement, "Effect"),
			"its Effect has to be Allow");
	if (!json_string(action))
		return fail_grant(grant, action, "its Action has to be one text");
	status = set_parameter(grant, "StatementId", json_new_string(sid));
	if (!status)
		status = set_parameter(grant, "Action", json_new_string(json_string(action)));
	if (!status)
		status = express_principal(grant);
	return status ? status : express_conditions(grant);
}

/* --- calls --- */

static int add_statement(struct json *state, const struct json *statement)
{
	cleanup(json_free_pointer) struct json *list = NULL;
	const struct json *before = json_member(state, "Statement");
	struct json *copy;
	int error;

	list = before ? json_copy(before) : json_new_array();
	error = list ? document_copy(statement, &copy) : -ENOMEM;
	if (!error)
		error = json_append(list, copy);
	if (!error)
		error = json_set(state, "Statement", take_pointer(list));
	return error ? error : normalize_policy(state);
}

static int remove_statement(struct json *state, const char *sid)
{
	cleanup(json_free_pointer) struct json *list = json_new_array();
	const struct json *item;
	int error = list ? 0 : -ENOMEM;

	for (item = json_first(json_member(state, "Statement")); item && !error;
		item = json_next(item))
		if (strcmp(json_member_string(item, "Sid", ""), sid) != 0)
			error = json_append(list, json_copy(item));
	if (!error)
		error = json_set(state, "Statement", take_pointer(list));
	return error ? error : normalize_policy(state);
}

static enum lambda_status add_grant(struct document_planning *planning,
	const struct json *statement, struct json *state, struct lambda_error *reterr)
{
	struct grant grant = {.text = planning->text,
		.statement = statement,
		.body = json_new_object(),
		.reterr = reterr};
	enum lambda_status status =
		grant.body ? express_statement(&grant) : lambda_fail_memory(reterr);
	int error = 0;

	if (!status)
		error = add_statement(state, statement);
	if (error)
		status = document_fail_errno(reterr, error);
	if (!status)
		return document_add_call(
			planning, LAMBDA_ADD_PERMISSION, NULL, NULL, grant.body, state, reterr);
	json_free(grant.body);
	return status;
}

/* What was written, statement by statement: there already, another one under a Sid that is there, or new. */
static enum lambda_status add_grants(
	struct document_planning *planning, struct json *state, struct lambda_error *reterr)
{
	const struct json *shown = json_member(planning->shown, "Statement"), *item;
	enum lambda_status status = LAMBDA_OK;

	for (item = json_first(json_member(planning->text->tree, "Statement")); item && !status;
		item = json_next(item)) {
		const char *sid = json_member_string(item, "Sid", "");
		const struct json *there = document_find(shown, "Sid", sid);
		int same = there ? document_equals(there, item) : 0;

		if (same < 0)
			return document_fail_errno(reterr, same);
		if (there && !same)
			return document_fail_at(planning->text, item, reterr,
				"the statement '%.100s' exists already and differs: AWS cannot "
				"change a statement, so give the new one another Sid",
				sid);
		if (!there)
			status = add_grant(planning, item, state, reterr);
	}
	return status;
}

static enum lambda_status remove_grants(
	struct document_planning *planning, struct json *state, struct lambda_error *reterr)
{
	const struct json *wanted = json_member(planning->wanted, "Statement"), *item;
	enum lambda_status status = LAMBDA_OK;

	for (item = json_first(json_member(planning->shown, "Statement")); item && !status;
		item = json_next(item)) {
		const char *sid = json_member_string(item, "Sid", "");
		int error;

		if (document_find(wanted, "Sid", sid))
			continue;
		if (!*sid)
			return document_fail_at(planning->text, planning->text->tree, reterr,
				"a statement without a Sid cannot be removed");
		error = remove_statement(state, sid);
		if (error)
			return document_fail_errno(reterr, error);
		status = document_add_call(
			planning, LAMBDA_REMOVE_PERMISSION, sid, NULL, NULL, state, reterr);
	}
	return status;
}

static enum lambda_status plan_policy(
	struct document_planning *planning, struct lambda_error *reterr)
{
	const struct json *shown = json_member(planning->shown, "Statement"), *item;
	cleanup(json_free_pointer) struct json *state = json_copy(planning->shown);
	enum lambda_status status;

	if (!state)
		return lambda_fail_memory(reterr);
	for (item = json_first(shown); item; item = json_next(item))
		if (document_find(shown, "Sid", json_member_string(item, "Sid", "")) != item)
			return lambda_fail(reterr, LAMBDA_INVALID,
				"AWS has two statements with the same Sid: change them with aws "
				"lambda add-permission and remove-permission");
	status = add_grants(planning, state, reterr);
	return status ? status : remove_grants(planning, state, reterr);
}

const struct document_ways document_policy_ways = {
	.type = DOCUMENT_OBJECT,
	.members = policy_members,
	.is_open = true,
	.is_removable = true,
	.shape = shape_policy,
	.check = check_policy,
	.normalize = normalize_policy,
	.plan = plan_policy,
};
