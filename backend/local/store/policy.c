/* SPDX-License-Identifier: MIT */
#include "backend/local/store/policy.h"

#include <errno.h>

#include "backend/local/model/policy_document.h"
#include "backend/local/store/version.h"

#define POLICY_MAX 20480 /* bytes (backend/lambda/NOTES.md section 7) */

void policy_release(struct policy *policy)
{
	json_free(policy->head);
	json_free(policy->statements);
}

static int read_row(sqlite3_stmt *row, struct policy *policy)
{
	const char *statements = store_text(row, 0), *head = store_text_or_null(row, 1);

	policy->statements = json_parse(statements, strlen(statements), NULL);
	policy->head = head ? json_parse(head, strlen(head), NULL) : NULL;
	snprintf(policy->revision_id, UUID_SIZE, "%s", store_text(row, 2));
	if (policy->statements && (policy->head || !head))
		return 0;
	policy_release(policy);
	return -ENOMEM;
}

int policy_load(struct call *call, struct policy *ret_policy)
{
	const char *qualifier = call_qualifier(call);
	sqlite3_stmt *row;
	int found, error;

	*ret_policy = (struct policy){.qualifier = qualifier ? qualifier : ""};
	row = store_query(call->store,
		"SELECT p.statements, p.head, ifnull(a.revision_id, p.revision_id) FROM policy p "
		"LEFT JOIN alias a ON a.function = p.function AND a.name = p.qualifier "
		"WHERE p.function = ? AND p.qualifier = ?",
		"tt", call->name.name, ret_policy->qualifier);
	found = store_next(call->store, row);
	if (found != 1)
		return found;
	error = read_row(row, ret_policy);
	store_done(row);
	return error;
}

int policy_check_length(struct call *call, const struct json *head, const struct json *statements)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CALL_ANSWER_MAX);
	int error = policy_document_append(&text, head, statements);

	if (error || text.length <= POLICY_MAX)
		return error;
	return call_fail(call, FAILURE_POLICY_LENGTH,
		"The final policy size (%zu) is bigger than the limit (%d).", text.length,
		POLICY_MAX);
}

static int touch_alias(struct call *call, const struct policy *policy, const char *revision_id)
{
	return store_execute(call->store,
		"UPDATE alias SET revision_id = ? WHERE function = ? AND name = ?", "ttt",
		revision_id, call->name.name, policy->qualifier);
}

int policy_store(struct call *call, struct policy *policy)
{
	cleanup(buffer_release) struct buffer head = BUFFER_INIT(CALL_ANSWER_MAX);
	cleanup(buffer_release) struct buffer statements = BUFFER_INIT(CALL_ANSWER_MAX);
	int error = policy_check_length(call, policy->head, policy->statements);

	if (!error && policy->head)
		error = json_print(policy->head, &head);
	if (!error)
		error = json_print(policy->statements, &statements);
	if (error)
		return error;
	make_uuid(policy->revision_id);
	error = store_execute(call->store,
		"INSERT OR REPLACE INTO policy (function, qualifier, statements, head, "
		"revision_id) "
		"VALUES (?, ?, ?, ?, ?)",
		"ttttt", call->name.name, policy->qualifier, buffer_text(&statements),
		policy->head ? buffer_text(&head) : NULL, policy->revision_id);
	return error ? error : touch_alias(call, policy, policy->revision_id);
}

int policy_delete(struct call *call, const struct policy *policy)
{
	char revision_id[UUID_SIZE];
	int error = store_execute(call->store,
		"DELETE FROM policy WHERE function = ? AND qualifier = ?", "tt", call->name.name,
		policy->qualifier);

	make_uuid(revision_id);
	return error ? error : touch_alias(call, policy, revision_id);
}

int policy_append_answer(struct buffer *out, const struct json *head, const struct json *statements,
	const char *revision_id)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CALL_ANSWER_MAX);
	int error = policy_document_append(&text, head, statements);

	if (!error)
		error = buffer_append_string(out, "{\"Policy\":");
	if (!error)
		error = append_json_string(out, buffer_text(&text));
	return error ? error : buffer_appendf(out, ",\"RevisionId\":\"%s\"}", revision_id);
}
