/* SPDX-License-Identifier: MIT */
/* Recursion and runtime management: small settings beside a function's configuration. */
#include <errno.h>

#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"
#include "backend/local/store/publish.h"

#define CONFIGURATION_MAX 65536

/* --- recursive loops --- */

int handle_get_recursion(struct call *call)
{
	sqlite3_stmt *row;
	int found, error = function_check(call, NULL);

	if (error)
		return error;
	row = store_query(call->store,
		"SELECT ifnull(recursion, 'Terminate') FROM function WHERE name = ?", "t",
		call->name.name);
	found = store_next(call->store, row);
	if (found != 1)
		return found ? found : -EIO;
	error = buffer_appendf(
		&call->answer->body, "{\"RecursiveLoop\":\"%s\"}", store_text(row, 0));
	store_done(row);
	return error;
}

int handle_put_recursion(struct call *call)
{
	const char *wanted = call_string(call, "RecursiveLoop");
	int error = function_check(call, NULL);

	if (!error)
		error = store_execute(call->store,
			"UPDATE function SET recursion = ? WHERE name = ?", "tt", wanted,
			call->name.name);
	if (!error)
		error = change_record(call, call->name.name, NULL, NULL, NULL);
	return error ? error
		     : buffer_appendf(&call->answer->body, "{\"RecursiveLoop\":\"%s\"}", wanted);
}

/* --- runtime management: of $LATEST or a version --- */

static int find_version(struct call *call, int64_t *ret_version)
{
	const char *qualifier = call_qualifier(call);
	struct target target;
	int found;

	if (qualifier && version_parse(qualifier, ret_version))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"This operation is permitted on Lambda functions and versions only. "
			"Aliases do not support this operation.");
	found = resource_find(call, qualifier, &target);
	if (found != 1)
		return found ? found : call_fail_function(call, call->name.name, qualifier);
	*ret_version = target.version;
	return 0;
}

static int append_runtime_management(
	struct call *call, int64_t version, const char *mode, const char *arn)
{
	struct buffer *out = &call->answer->body;
	char text[VERSION_TEXT_SIZE];
	int error = buffer_append_string(out, "{\"FunctionArn\":\"");

	version_format(version, text);
	if (!error)
		error = append_function_arn(out, call->identity, call->name.name,
			version == VERSION_LATEST ? NULL : text);
	if (!error)
		error = buffer_appendf(
			out, "\",\"UpdateRuntimeOn\":\"%s\",\"RuntimeVersionArn\":", mode);
	if (!error)
		error = arn ? append_json_string(out, arn) : buffer_append_string(out, "null");
	return error ? error : buffer_append_byte(out, '}');
}

int handle_get_runtime_management(struct call *call)
{
	cleanup(json_free_pointer) struct json *stored = NULL;
	int64_t version = VERSION_LATEST;
	sqlite3_stmt *row;
	int found, error = find_version(call, &version);

	if (error)
		return error;
	row = store_query(call->store,
		"SELECT configuration FROM runtime_management WHERE function = ? AND version = ?",
		"ti", call->name.name, version);
	found = store_next(call->store, row);
	if (found < 0)
		return found;
	if (found)
		stored = json_parse(store_text(row, 0), strlen(store_text(row, 0)), NULL);
	if (found)
		store_done(row);
	return append_runtime_management(call, version,
		json_member_string(stored, "UpdateRuntimeOn", "Auto"),
		json_member_string(stored, "RuntimeVersionArn", NULL));
}

/* The version is updated by this, which takes as long as any update, and fails during another one. */
static int begin_update(struct call *call, int64_t version)
{
	char now[UUID_SIZE], settled[UUID_SIZE], change[CHANGE_SIZE];
	struct version_row row;
	int error = version_find(call, call->name.name, version, &row);

	if (error != 1)
		return error ? error : -EIO;
	error = publish_check_idle(call, &row);
	version_row_done(&row);
	version_format_change(call, "updated", change);
	make_uuid(now);
	make_uuid(settled);
	return error ? error
		     : store_execute(call->store,
			       "UPDATE version SET revision_id = ?, settled_revision_id = ?, "
			       "settles = ?, change = ? WHERE function = ? AND number = ?",
			       "ttitti", now, settled, call->now_ms + call->settle_ms, change,
			       call->name.name, version);
}

int handle_put_runtime_management(struct call *call)
{
	static const char *const members[] = {"UpdateRuntimeOn", "RuntimeVersionArn", NULL};
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	const char *mode = call_string(call, "UpdateRuntimeOn");
	const char *arn = call_string(call, "RuntimeVersionArn");
	bool manual = !strcmp(mode, "Manual");
	int64_t version = VERSION_LATEST;
	int error = find_version(call, &version);

	if (!error && manual && !arn)
		error = call_fail(call, FAILURE_INVALID_PARAMETER,
			"RuntimeVersionArn is required when UpdateRuntimeOn is Manual.");
	if (!error && !manual && arn)
		error = call_fail(call, FAILURE_INVALID_PARAMETER,
			"RuntimeVersionArn is only allowed when UpdateRuntimeOn is Manual.");
	if (!error)
		error = begin_update(call, version);
	if (!error)
		error = attachment_append_merged(call, NULL, members, &text);
	if (!error)
		error = store_execute(call->store,
			"INSERT OR REPLACE INTO runtime_management (function, version, "
			"configuration) VALUES (?, ?, ?)",
			"tit", call->name.name, version, buffer_text(&text));
	if (!error)
		error = change_record(call, call->name.name, call_qualifier(call), NULL, NULL);
	return error ? error : append_runtime_management(call, version, mode, arn);
}
