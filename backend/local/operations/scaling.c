/* SPDX-License-Identifier: MIT */
/* How many execution environments a version on a capacity provider may have. */
#include <errno.h>

#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"

#define CONFIGURATION_MAX 4096

/* Finds the version, which must be on a capacity provider. 0, CALL_FAILED or a negative errno. */
static int find_scaled(struct call *call, int64_t *ret_version)
{
	const char *qualifier = call_string(call, "Qualifier");
	struct version_row row;
	bool has_provider;
	int found;

	if (version_parse(qualifier, ret_version))
		return call_fail_function(call, call->name.name, qualifier);
	found = version_find(call, call->name.name, *ret_version, &row);
	if (found != 1)
		return found ? found : call_fail_function(call, call->name.name, qualifier);
	has_provider = version_has_provider(&row);
	version_row_done(&row);
	if (has_provider)
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"Function scaling configuration is supported only for functions that use a "
		"capacity provider.");
}

int handle_get_scaling(struct call *call)
{
	struct buffer *out = &call->answer->body;
	const char *configuration;
	int64_t version;
	sqlite3_stmt *row;
	int found, error = find_scaled(call, &version);

	if (error)
		return error;
	row = store_query(call->store,
		"SELECT configuration FROM scaling WHERE function = ? AND version = ?", "ti",
		call->name.name, version);
	found = store_next(call->store, row);
	if (found < 0)
		return found;
	configuration = found ? store_text(row, 0) : "null";
	error = buffer_append_string(out, "{\"FunctionArn\":\"");
	if (!error)
		error = append_function_arn(
			out, call->identity, call->name.name, call_string(call, "Qualifier"));
	if (!error)
		error = buffer_appendf(out,
			"\",\"AppliedFunctionScalingConfig\":%s,"
			"\"RequestedFunctionScalingConfig\":%s}",
			configuration, configuration);
	if (found)
		store_done(row);
	return error;
}

static int check_range(struct call *call, const struct json *scaling)
{
	double low, high;

	if (!json_number(json_member(scaling, "MinExecutionEnvironments"), &low) ||
		!json_number(json_member(scaling, "MaxExecutionEnvironments"), &high) ||
		low <= high)
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments.");
}

int handle_put_scaling(struct call *call)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	const struct json *scaling = json_member(call->input, "FunctionScalingConfig");
	int64_t version;
	int error = find_scaled(call, &version);

	if (!error)
		error = check_range(call, scaling);
	if (!error && scaling)
		error = json_print(scaling, &text);
	if (!error && scaling)
		error = store_execute(call->store,
			"INSERT OR REPLACE INTO scaling (function, version, configuration) "
			"VALUES (?, ?, ?)",
			"tit", call->name.name, version, buffer_text(&text));
	else if (!error)
		error = store_execute(call->store,
			"DELETE FROM scaling WHERE function = ? AND version = ?", "ti",
			call->name.name, version);
	if (!error)
		error = change_record(
			call, call->name.name, call_string(call, "Qualifier"), NULL, NULL);
	return error ? error
		     : buffer_append_string(&call->answer->body, "{\"FunctionState\":\"Active\"}");
}
