/* SPDX-License-Identifier: MIT */
#include "backend/local/model/policy_document.h"

#include <errno.h>
#include <string.h>

#include "backend/base/cleanup.h"

/* A statement says whether it allows, whom, what; NULL when it does. */
static const char *check_statement(const struct json *statement)
{
	const char *effect = json_member_string(statement, "Effect", "");

	if (!json_is_object(statement))
		return "a statement is not an object";
	if (strcmp(effect, "Allow") && strcmp(effect, "Deny"))
		return "a statement's Effect is neither Allow nor Deny";
	if (!json_member(statement, "Principal") && !json_member(statement, "NotPrincipal"))
		return "a statement has no Principal";
	if (!json_member(statement, "Action") && !json_member(statement, "NotAction"))
		return "a statement has no Action";
	if (!json_member(statement, "Resource") && !json_member(statement, "NotResource"))
		return "a statement has no Resource";
	return NULL;
}

static int take_statements(
	const struct json *given, struct json **ret_statements, const char **ret_reason)
{
	cleanup(json_free_pointer) struct json *list = NULL;

	if (!given || json_is_null(given) || (json_is_array(given) && !json_count(given))) {
		*ret_reason = "there is no Statement";
		return -EINVAL;
	}
	list = json_is_array(given) ? json_copy(given) : json_new_array();
	if (!list || (!json_is_array(given) && json_append(list, json_copy(given))))
		return -ENOMEM;
	for (const struct json *each = json_first(list); each; each = json_next(each)) {
		*ret_reason = check_statement(each);
		if (*ret_reason)
			return -EINVAL;
	}
	*ret_statements = take_pointer(list);
	return 0;
}

int policy_document_split(const char *text, struct json **ret_head, struct json **ret_statements,
	const char **ret_reason)
{
	cleanup(json_free_pointer) struct json *document =
		json_parse(text, strlen(text), ret_reason);
	int error;

	if (!document)
		return -EINVAL;
	if (!json_is_object(document)) {
		*ret_reason = "it is not an object";
		return -EINVAL;
	}
	error = take_statements(json_member(document, "Statement"), ret_statements, ret_reason);
	if (error)
		return error;
	json_remove(document, "Statement");
	*ret_head = take_pointer(document);
	return 0;
}

int policy_document_append(
	struct buffer *out, const struct json *head, const struct json *statements)
{
	int error;

	if (head)
		error = json_print(head, out);
	else
		error = buffer_append_string(out, POLICY_HEAD_DEFAULT);
	if (error)
		return error;
	out->length--; /* the head's last brace: the statements go before it */
	if (!head || json_count(head))
		error = buffer_append_byte(out, ',');
	if (!error)
		error = buffer_append_string(out, "\"Statement\":");
	if (!error)
		error = json_print(statements, out);
	return error ? error : buffer_append_byte(out, '}');
}

static bool has_sid(const struct json *statement, const char *sid)
{
	return !strcmp(json_member_string(statement, "Sid", ""), sid);
}

const struct json *policy_find_statement(const struct json *statements, const char *sid)
{
	const struct json *statement = json_first(statements);

	while (statement && !has_sid(statement, sid))
		statement = json_next(statement);
	return statement;
}

int policy_remove_statement(struct json **statements, const char *sid)
{
	cleanup(json_free_pointer) struct json *left = json_new_array();
	int error = left ? 0 : -ENOMEM;

	for (const struct json *each = json_first(*statements); each && !error;
		each = json_next(each)) {
		if (!has_sid(each, sid))
			error = json_append(left, json_copy(each));
	}
	if (error)
		return error;
	json_free(*statements);
	*statements = take_pointer(left);
	return 0;
}
