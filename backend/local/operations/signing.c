/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/random.h>

#include "backend/base/text.h"
#include "backend/local/operations/private.h"
#include "backend/local/operations/signing.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"

#define CONFIGURATION_MAX 65536
#define ID_SIZE 22 /* "csc-" and 17 letters or digits */
#define ARN_SIZE 256

static const char *const members[] = {
	"Description", "AllowedPublishers", "CodeSigningPolicies", NULL};

/* --- names --- */

static void format_arn(const struct identity *identity, const char *id, char text[ARN_SIZE])
{
	snprintf(text, ARN_SIZE, "arn:%s:lambda:%s:%s:code-signing-config:%s", identity->partition,
		identity->region, identity->account, id);
}

/* The identifier at the end of an ARN of this account; of any other, "". */
static void id_of(const struct call *call, const char *arn, char id[ID_SIZE])
{
	const char *last = strrchr(arn, ':');
	char ours[ARN_SIZE];

	snprintf(id, ID_SIZE, "%s", last ? last + 1 : "");
	format_arn(call->identity, id, ours);
	if (strcmp(ours, arn))
		id[0] = '\0';
}

static void make_id(char id[ID_SIZE])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned char bytes[ID_SIZE];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		memset(bytes, 0, sizeof(bytes));
	memcpy(id, "csc-", 4);
	for (size_t i = 4; i < ID_SIZE - 1; i++)
		id[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	id[ID_SIZE - 1] = '\0';
}

/* --- one configuration: query columns id, configuration, last_modified --- */

#define SIGNING_COLUMNS "id, configuration, last_modified"

static int append_signing(struct buffer *out, const struct call *call, const char *id,
	const char *configuration, int64_t last_modified)
{
	char arn[ARN_SIZE], modified[TEXT_TIME_SIZE];
	int error;

	format_arn(call->identity, id, arn);
	text_format_time(last_modified, modified);
	error = buffer_appendf(out,
		"{\"CodeSigningConfigId\":\"%s\",\"CodeSigningConfigArn\":\"%s\","
		"\"LastModified\":\"%s\",",
		id, arn, modified);
	return error ? error : buffer_append_string(out, configuration + 1);
}

static int append_item(struct buffer *out, struct call *call, sqlite3_stmt *row)
{
	return append_signing(
		out, call, store_text(row, 0), store_text(row, 1), sqlite3_column_int64(row, 2));
}

static int answer_signing(
	struct call *call, const char *id, const char *configuration, int64_t last_modified)
{
	struct buffer *out = &call->answer->body;
	int error = buffer_append_string(out, "{\"CodeSigningConfig\":");

	if (!error)
		error = append_signing(out, call, id, configuration, last_modified);
	return error ? error : buffer_append_byte(out, '}');
}

/* Finds the one that the call names. 0 with the row, or a failure. The caller ends the row. */
static int signing_find(struct call *call, sqlite3_stmt **ret_row)
{
	const char *arn = call_string(call, "CodeSigningConfigArn");
	char id[ID_SIZE], message[512];
	int found;

	id_of(call, arn, id);
	*ret_row = store_query(
		call->store, "SELECT " SIGNING_COLUMNS " FROM code_signing WHERE id = ?", "t", id);
	found = store_next(call->store, *ret_row);
	if (found == 1)
		return 0;
	if (found < 0)
		return found;
	snprintf(message, sizeof(message),
		"The Lambda code signing configuration %s can not be found.", arn);
	answer_fail_as(call->answer, FAILURE_NOT_FOUND, NULL, "Message", message);
	return CALL_FAILED;
}

int handle_get_signing(struct call *call)
{
	sqlite3_stmt *row;
	int error = signing_find(call, &row);

	if (error)
		return error;
	error = answer_signing(
		call, store_text(row, 0), store_text(row, 1), sqlite3_column_int64(row, 2));
	store_done(row);
	return error;
}

/* --- making and changing --- */

/* Description and the policy have defaults. */
static int build_configuration(struct call *call, const char *before, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *configuration =
		attachment_merge(call, before, members);
	int error = 0;

	if (!configuration)
		return -ENOMEM;
	if (!json_member(configuration, "Description"))
		error = json_set_string(configuration, "Description", "");
	if (!error && !json_count(json_member(configuration, "CodeSigningPolicies"))) {
		struct json *policies = json_new_object();

		if (!policies ||
			json_set_string(policies, "UntrustedArtifactOnDeployment", "Warn")) {
			json_free(policies);
			return -ENOMEM;
		}
		error = json_set(configuration, "CodeSigningPolicies", policies);
	}
	return error ? error : json_print(configuration, out);
}

int handle_create_signing(struct call *call)
{
	cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(CONFIGURATION_MAX);
	cleanup(buffer_release) struct buffer tags = BUFFER_INIT(CONFIGURATION_MAX);
	const struct json *given = json_member(call->input, "Tags");
	char id[ID_SIZE];
	int error = build_configuration(call, NULL, &configuration);

	make_id(id);
	if (!error)
		error = given ? json_print(given, &tags) : buffer_append_string(&tags, "{}");
	if (!error)
		error = store_execute(call->store,
			"INSERT INTO code_signing (id, configuration, tags, last_modified) "
			"VALUES (?, ?, ?, ?)",
			"ttti", id, buffer_text(&configuration), buffer_text(&tags), call->now_ms);
	if (!error)
		error = change_record(call, NULL, id, NULL, NULL);
	return error ? error : answer_signing(call, id, buffer_text(&configuration), call->now_ms);
}

int handle_update_signing(struct call *call)
{
	cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(CONFIGURATION_MAX);
	char id[ID_SIZE];
	sqlite3_stmt *row;
	int error = signing_find(call, &row);

	if (error)
		return error;
	snprintf(id, sizeof(id), "%s", store_text(row, 0));
	error = build_configuration(call, store_text(row, 1), &configuration);
	store_done(row);
	if (!error)
		error = store_execute(call->store,
			"UPDATE code_signing SET configuration = ?, last_modified = ? WHERE id = ?",
			"tit", buffer_text(&configuration), call->now_ms, id);
	if (!error)
		error = change_record(call, NULL, id, NULL, NULL);
	return error ? error : answer_signing(call, id, buffer_text(&configuration), call->now_ms);
}

int handle_delete_signing(struct call *call)
{
	const char *arn = call_string(call, "CodeSigningConfigArn");
	char id[ID_SIZE];
	sqlite3_stmt *row;
	int64_t used;
	int error = signing_find(call, &row);

	if (error)
		return error;
	snprintf(id, sizeof(id), "%s", store_text(row, 0));
	store_done(row);
	error = store_integer(call->store,
		"SELECT EXISTS (SELECT 1 FROM function WHERE code_signing = ?)", 0, &used, "t",
		arn);
	if (!error && used)
		error = call_fail(call, FAILURE_CONFLICT,
			"Cannot delete the code signing configuration %s: functions use it.", arn);
	if (!error)
		error = store_execute(
			call->store, "DELETE FROM code_signing WHERE id = ?", "t", id);
	return error ? error : change_record(call, NULL, id, NULL, NULL);
}

/* --- lists --- */

int handle_list_signing(struct call *call)
{
	struct page page;
	int error = page_begin(call, PAGE_MAX, &page);

	if (error)
		return error;
	return append_rows(call, "CodeSigningConfigs",
		store_query(call->store,
			"SELECT " SIGNING_COLUMNS
			" FROM code_signing WHERE id > ? ORDER BY id LIMIT ?",
			"ti", page.after, page.limit + 1),
		&page, append_item);
}

static int append_function(struct buffer *out, struct call *call, sqlite3_stmt *row)
{
	int error = buffer_append_byte(out, '"');

	if (!error)
		error = append_function_arn(out, call->identity, store_text(row, 0), NULL);
	return error ? error : buffer_append_byte(out, '"');
}

int handle_list_signing_functions(struct call *call)
{
	struct page page;
	sqlite3_stmt *row;
	int error = page_begin(call, PAGE_MAX, &page);

	if (!error)
		error = signing_find(call, &row);
	if (error)
		return error;
	store_done(row);
	return append_rows(call, "FunctionArns",
		store_query(call->store,
			"SELECT name FROM function WHERE code_signing = ? AND name > ? "
			"ORDER BY name LIMIT ?",
			"tti", call_string(call, "CodeSigningConfigArn"), page.after,
			page.limit + 1),
		&page, append_function);
}

/* --- of a function --- */

int signing_check_named(struct call *call, const char *arn)
{
	char id[ID_SIZE];
	int64_t there;
	int error;

	if (!arn || !*arn)
		return 0;
	id_of(call, arn, id);
	error = store_integer(
		call->store, "SELECT 1 FROM code_signing WHERE id = ?", 0, &there, "t", id);
	if (error || there)
		return error;
	return call_fail(call, FAILURE_CODE_SIGNING_NOT_FOUND,
		"The code signing configuration cannot be found. Check that the provided "
		"configuration is not deleted: %s.",
		arn);
}

int signing_check_deployment(struct call *call, const char *arn)
{
	char id[ID_SIZE];
	int64_t enforced;
	int error;

	if (!arn || !*arn || call->code.image_uri) /* images are not signed */
		return 0;
	id_of(call, arn, id);
	error = store_integer(call->store,
		"SELECT json_extract(configuration, "
		"'$.CodeSigningPolicies.UntrustedArtifactOnDeployment') = 'Enforce' "
		"FROM code_signing WHERE id = ?",
		0, &enforced, "t", id);
	if (error || !enforced)
		return error;
	return call_fail(call, FAILURE_CODE_VERIFICATION,
		"Lambda cannot deploy the function. The function or layer might be signed using a "
		"signature that the client is not configured to accept. Check the provided "
		"signature for unsigned.");
}

/* The function's configuration in `arn`, "" for none. 0, CALL_FAILED or a negative errno. */
static int find_of_function(struct call *call, const char *function, char arn[ARN_SIZE])
{
	sqlite3_stmt *row = store_query(
		call->store, "SELECT code_signing FROM function WHERE name = ?", "t", function);
	int found = store_next(call->store, row);

	if (found != 1)
		return found ? found : call_fail_function(call, function, NULL);
	snprintf(arn, ARN_SIZE, "%s", store_text(row, 0));
	store_done(row);
	return 0;
}

int signing_check_update(struct call *call, const char *function)
{
	char arn[ARN_SIZE];
	int error = find_of_function(call, function, arn);

	return error ? error : signing_check_deployment(call, arn);
}

static int answer_of_function(struct call *call, const char *arn)
{
	int error = buffer_appendf(
		&call->answer->body, "{\"CodeSigningConfigArn\":\"%s\",\"FunctionName\":", arn);

	if (!error)
		error = append_json_string(&call->answer->body, call->name.name);
	return error ? error : buffer_append_byte(&call->answer->body, '}');
}

int handle_get_code_signing(struct call *call)
{
	char arn[ARN_SIZE];
	int error = find_of_function(call, call->name.name, arn);

	if (error)
		return error;
	return arn[0] ? answer_of_function(call, arn)
		      : buffer_append_string(&call->answer->body, "{}");
}

/* A configuration that is not there is refused before a function that is not. */
int handle_put_code_signing(struct call *call)
{
	const char *wanted = call_string(call, "CodeSigningConfigArn");
	char before[ARN_SIZE];
	int error = signing_check_named(call, wanted);

	if (!error)
		error = find_of_function(call, call->name.name, before);
	if (!error)
		error = store_execute(call->store,
			"UPDATE function SET code_signing = ? WHERE name = ?", "tt", wanted,
			call->name.name);
	if (!error)
		error = change_record(call, call->name.name, NULL, NULL, NULL);
	return error ? error : answer_of_function(call, wanted);
}

int handle_delete_code_signing(struct call *call)
{
	char before[ARN_SIZE];
	int error = find_of_function(call, call->name.name, before);

	if (!error)
		error = store_execute(call->store,
			"UPDATE function SET code_signing = NULL WHERE name = ?", "t",
			call->name.name);
	return error ? error : change_record(call, call->name.name, NULL, NULL, NULL);
}
