/* SPDX-License-Identifier: MIT */
#include "backend/local/store/version.h"

#include <errno.h>
#include <openssl/evp.h>

#include "backend/base/number.h"
#include "backend/base/text.h"

void version_row_load(struct version_row *row, sqlite3_stmt *statement)
{
	row->statement = statement;
	row->function = store_text(statement, 0);
	row->number = sqlite3_column_int64(statement, 1);
	row->configuration = store_text(statement, 2);
	row->description = store_text(statement, 3);
	row->role = store_text(statement, 4);
	row->code = store_text(statement, 5);
	row->code_sha256 = store_text(statement, 6);
	row->code_size = sqlite3_column_int64(statement, 7);
	row->image_uri = store_text_or_null(statement, 8);
	row->last_modified = sqlite3_column_int64(statement, 9);
	row->revision_id = store_text(statement, 10);
	row->settled_revision_id = store_text(statement, 11);
	row->settles = sqlite3_column_int64(statement, 12);
	row->change = store_text(statement, 13);
}

int version_find(
	struct call *call, const char *function, int64_t number, struct version_row *ret_row)
{
	sqlite3_stmt *statement = store_query(call->store,
		"SELECT " VERSION_COLUMNS " FROM version v WHERE v.function = ? AND v.number = ?",
		"ti", function, number);
	int found = store_next(call->store, statement);

	if (found == 1)
		version_row_load(ret_row, statement);
	return found;
}

void version_row_done(struct version_row *row)
{
	if (row->statement)
		store_done(row->statement);
	row->statement = NULL;
}

bool version_is_settling(const struct call *call, const struct version_row *row)
{
	return call->now_ms < row->settles;
}

bool version_is_new(const struct version_row *row)
{
	return text_starts_with(row->change, "created");
}

void version_format_change(const struct call *call, const char *kind, char text[CHANGE_SIZE])
{
	snprintf(text, CHANGE_SIZE, "%s%s", kind, call->failure);
}

const char *version_revision_id(const struct call *call, const struct version_row *row)
{
	return version_is_settling(call, row) ? row->revision_id : row->settled_revision_id;
}

#define NO_STATE_REASON "\"StateReason\":null,\"StateReasonCode\":null"
#define NO_UPDATE_REASON "\"LastUpdateStatusReason\":null,\"LastUpdateStatusReasonCode\":null"

/* What no function here has, and what lists leave out of a version. */
static const char never_set[] = ",\"MasterArn\":null,\"ConfigSha256\":null,"
				"\"SigningProfileVersionArn\":null,\"SigningJobArn\":null";
static const char not_listed[] =
	",\"State\":null," NO_STATE_REASON ",\"LastUpdateStatus\":null," NO_UPDATE_REASON
	",\"RuntimeVersionConfig\":null";

/* A creation that failed is the State's reason, an update that failed is LastUpdateStatus's. */
static int append_failed(struct buffer *out, const struct version_row *row, const char *failure)
{
	const char *reason = strchr(failure, '\n') ? strchr(failure, '\n') + 1 : "";
	int length = (int)strcspn(failure, "\n");
	bool is_new = version_is_new(row);
	int error = buffer_append_string(
		out, is_new ? ",\"State\":\"Failed\",\"StateReason\":"
			    : ",\"State\":\"Active\"," NO_STATE_REASON
			      ",\"LastUpdateStatus\":\"Failed\",\"LastUpdateStatusReason\":");

	if (!error)
		error = append_json_string(out, reason);
	if (!error && is_new)
		return buffer_appendf(out,
			",\"StateReasonCode\":\"%.*s\",\"LastUpdateStatus\":null,"
			"\"LastUpdateStatusReason\":null,\"LastUpdateStatusReasonCode\":null",
			length, failure);
	return error ? error
		     : buffer_appendf(
			       out, ",\"LastUpdateStatusReasonCode\":\"%.*s\"", length, failure);
}

static int append_state(struct buffer *out, const struct version_row *row, bool settling)
{
	const char *failure = strchr(row->change, '\n');

	if (!settling && failure)
		return append_failed(out, row, failure + 1);
	if (!settling)
		return buffer_append_string(out,
			",\"State\":\"Active\"," NO_STATE_REASON
			",\"LastUpdateStatus\":\"Successful\"," NO_UPDATE_REASON);
	if (version_is_new(row))
		return buffer_append_string(out,
			",\"State\":\"Pending\",\"StateReason\":\"The function is being created.\","
			"\"StateReasonCode\":\"Creating\","
			"\"LastUpdateStatus\":null," NO_UPDATE_REASON);
	return buffer_append_string(out,
		",\"State\":\"Active\"," NO_STATE_REASON ",\"LastUpdateStatus\":\"InProgress\","
		"\"LastUpdateStatusReason\":\"The function is being created.\","
		"\"LastUpdateStatusReasonCode\":\"Creating\"");
}

static int append_string_member(struct buffer *out, const char *name, const char *value)
{
	int error = buffer_append_string(out, name);

	return error ? error : append_json_string(out, value);
}

/* `,"Name":"` and a value that needs no escaping. Lists are made of these: no printf. */
static int append_plain_member(struct buffer *out, const char *start, const char *value)
{
	int error = buffer_append_string(out, start);

	if (!error)
		error = buffer_append_string(out, value);
	return error ? error : buffer_append_byte(out, '"');
}

static int append_code_facts(struct buffer *out, const struct version_row *row)
{
	char size[NUMBER_DOUBLE_SIZE];
	int error = append_plain_member(out, ",\"CodeSha256\":\"", row->code_sha256);

	snprintf(size, sizeof(size), "%lld", (long long)row->code_size);
	if (!error)
		error = buffer_append_string(out, ",\"CodeSize\":");
	return error ? error : buffer_append_string(out, size);
}

static int append_arn(struct buffer *out, const struct call *call, const struct version_row *row,
	const char *qualifier)
{
	int error = buffer_append_string(out, ",\"FunctionArn\":\"");

	if (!error)
		error = append_function_arn(out, call->identity, row->function, qualifier);
	return error ? error : buffer_append_byte(out, '"');
}

/* What the stored configuration says, which is an object: its members go between ours. */
static int append_stored(struct buffer *out, const char *configuration)
{
	size_t length = strlen(configuration);
	int error;

	if (length < 3)
		return 0;
	error = buffer_append_byte(out, ',');
	return error ? error : buffer_append(out, configuration + 1, length - 2);
}

/*
 * The build of the runtime that a version runs on. Here it is always the same one of each runtime,
 * named by a digest as on AWS.
 */
static int append_runtime_version(
	struct buffer *out, const struct call *call, const struct version_row *row)
{
	static const char member[] = "\"Runtime\":";
	const char *runtime = strstr(row->configuration, member);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length;
	char text[2 * EVP_MAX_MD_SIZE + 1];

	if (!runtime || runtime[strlen(member)] != '"')
		return buffer_append_string(out, ",\"RuntimeVersionConfig\":null");
	runtime += strlen(member) + 1;
	if (!EVP_Digest(runtime, strcspn(runtime, "\""), digest, &length, EVP_sha256(), NULL))
		return -ENOMEM;
	text_format_hex(digest, length, text);
	return buffer_appendf(out,
		",\"RuntimeVersionConfig\":{\"RuntimeVersionArn\":\"arn:%s:lambda:%s::runtime:%"
		"s\",\"Error\":null}",
		call->identity->partition, call->identity->region, text);
}

int version_append(struct buffer *out, const struct call *call, const struct version_row *row,
	const char *qualifier, enum version_view view)
{
	bool settling =
		view == VIEW_SETTLING || (view != VIEW_LIST && version_is_settling(call, row));
	const char *revision_id =
		view == VIEW_SETTLING ? row->revision_id : version_revision_id(call, row);
	char version[VERSION_TEXT_SIZE], modified[TEXT_TIME_SIZE];
	int error;

	version_format(row->number, version);
	text_format_time(row->last_modified, modified);
	error = buffer_append_string(out, "{\"FunctionName\":");
	if (!error)
		error = append_json_string(out, row->function);
	if (!error)
		error = append_arn(out, call, row, qualifier);
	if (!error)
		error = append_stored(out, row->configuration);
	if (!error)
		error = append_string_member(out, ",\"Description\":", row->description);
	if (!error)
		error = append_code_facts(out, row);
	if (!error)
		error = append_plain_member(out, ",\"LastModified\":\"", modified);
	if (!error)
		error = append_plain_member(out, ",\"Version\":\"", version);
	if (!error)
		error = append_plain_member(out, ",\"RevisionId\":\"", revision_id);
	if (!error)
		error = buffer_append_string(out, never_set);
	if (!error && view == VIEW_LIST)
		error = buffer_append_string(out, not_listed);
	if (!error && view != VIEW_LIST)
		error = append_state(out, row, settling);
	if (!error && view != VIEW_LIST)
		error = append_runtime_version(out, call, row);
	return error ? error : buffer_append_byte(out, '}');
}

static int find_alias(
	struct call *call, const char *function, const char *alias, struct target *target)
{
	sqlite3_stmt *statement = store_query(call->store,
		"SELECT version, weighted_version, weight FROM alias WHERE function = ? AND name = "
		"?",
		"tt", function, alias);
	int found = store_next(call->store, statement);

	if (found == 1) {
		target->version = sqlite3_column_int64(statement, 0);
		target->weighted_version = sqlite3_column_int64(statement, 1);
		target->weight = sqlite3_column_double(statement, 2);
		target->through_alias = true;
		store_done(statement);
	}
	return found;
}

int target_find(
	struct call *call, const char *function, const char *qualifier, struct target *ret_target)
{
	struct target target = {.version = VERSION_LATEST};
	struct version_row row;
	int found;

	if (qualifier && version_parse(qualifier, &target.version)) {
		found = find_alias(call, function, qualifier, &target);
		if (found != 1)
			return found;
	}
	found = version_find(call, function, target.version, &row);
	if (found == 1) {
		version_row_done(&row);
		*ret_target = target;
	}
	return found;
}

const char *call_qualifier(const struct call *call)
{
	const char *qualifier = call_string(call, "Qualifier");

	if (qualifier)
		return qualifier;
	return call->name.qualifier[0] ? call->name.qualifier : NULL;
}

int call_fail_qualifier(struct call *call, const char *qualifier)
{
	char arn[FUNCTION_ARN_SIZE];
	int64_t number;

	if (!qualifier || strchr(qualifier, '$') || !version_parse(qualifier, &number))
		return call_fail_function(call, call->name.name, qualifier);
	format_function_arn(call->identity, call->name.name, qualifier, arn);
	return call_fail(call, FAILURE_NOT_FOUND, "Cannot find alias arn: %s", arn);
}

int function_exists(struct call *call, const char *function)
{
	int64_t there;
	int error = store_integer(
		call->store, "SELECT 1 FROM function WHERE name = ?", 0, &there, "t", function);

	return error ? error : there == 1;
}

int function_check(struct call *call, const char *qualifier)
{
	int there = function_exists(call, call->name.name);

	if (there)
		return there < 0 ? there : 0;
	return call_fail_function(call, call->name.name, qualifier);
}

bool version_has_provider(const struct version_row *row)
{
	return strstr(row->configuration, "\"CapacityProviderConfig\":{");
}
