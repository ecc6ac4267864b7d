/* SPDX-License-Identifier: MIT */
/* The reads of backend/lambda/lambda.h: a path, a request, a struct. */
#include "backend/lambda/lambda.h"

#include <errno.h>

#include "backend/base/buffer.h"
#include "backend/base/text.h"
#include "backend/lambda/model.h"
#include "backend/lambda/read.h"

#define ACCOUNT_PATH "/2016-08-19/account-settings"
#define PAGE_ITEMS 50 /* what AWS sends at most, whatever is asked for */
#define PATH_MAX_BYTES 8192
#define QUERY_MAX_BYTES (3 * LAMBDA_MARKER_MAX + 128)

/* A page is asked for by its marker; the same one again would never end. */
static enum lambda_status check_marker(
	const char *asked, const char *next, struct lambda_error *reterr)
{
	if (asked && next && !strcmp(asked, next))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer's NextMarker is the one that was asked for");
	return LAMBDA_OK;
}

static int append_page_query(struct buffer *out, const char *marker)
{
	int error = buffer_appendf(out, "MaxItems=%d", PAGE_ITEMS);

	if (!error && marker)
		error = buffer_append_string(out, "&Marker=");
	return error || !marker ? error : text_append_percent_encoded(out, marker);
}

static enum lambda_status get_json(struct lambda_client *client, const struct call_scope *scope,
	const char *operation, enum rate_limit_kind rate_limit, const char *path, const char *query,
	struct json **ret_json, struct lambda_error *reterr)
{
	struct aws_request request = lambda_request(client, operation, "GET", rate_limit);

	request.path = path;
	request.query = query;
	return aws_request_json(client->aws, scope, &request, ret_json, reterr);
}

static enum lambda_status get_version_page(struct lambda_client *client,
	const struct call_scope *scope, const struct aws_request *request, const char *member,
	const char *marker, struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_version_page page;
	enum lambda_status status = aws_request_json(client->aws, scope, request, &json, reterr);

	if (status)
		return status;
	status = lambda_read_version_page(
		json, member, lambda_client_printer(client), &page, reterr);
	if (!status) {
		status = check_marker(marker, page.next_marker, reterr);
		if (status)
			lambda_version_page_release(&page);
		else
			*ret_page = page;
	}
	return lambda_name_operation(status, request->operation, reterr);
}

enum lambda_status lambda_list_functions(struct lambda_client *client,
	const struct call_scope *scope, bool all_versions, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	struct aws_request request =
		lambda_request(client, "ListFunctions", "GET", RATE_LIMIT_READ);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	int error = all_versions ? buffer_append_string(&query, "FunctionVersion=ALL&") : 0;

	if (!error)
		error = append_page_query(&query, marker);
	if (error)
		return lambda_fail_to_write(error, reterr);
	request.path = FUNCTIONS_PATH;
	request.query = buffer_text(&query);
	return get_version_page(client, scope, &request, "Functions", marker, ret_page, reterr);
}

enum lambda_status lambda_list_versions_as(struct lambda_client *client,
	const struct call_scope *scope, enum rate_limit_kind rate_limit, const char *function,
	const char *marker, struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	struct aws_request request =
		lambda_request(client, "ListVersionsByFunction", "GET", rate_limit);
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	int error = lambda_append_path(&path, function, "/versions");

	if (!error)
		error = append_page_query(&query, marker);
	if (error)
		return lambda_fail_to_write(error, reterr);
	request.path = buffer_text(&path);
	request.query = buffer_text(&query);
	return get_version_page(client, scope, &request, "Versions", marker, ret_page, reterr);
}

enum lambda_status lambda_list_versions(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	return lambda_list_versions_as(
		client, scope, RATE_LIMIT_READ, function, marker, ret_page, reterr);
}

static const char get_configuration[] = "GetFunctionConfiguration";

enum lambda_status lambda_get_configuration_as(struct lambda_client *client,
	const struct call_scope *scope, enum rate_limit_kind rate_limit, const char *function,
	uint64_t version, struct json **ret_json, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	char qualifier[LAMBDA_VERSION_TEXT_SIZE];
	int error = lambda_append_path(&path, function, "/configuration");

	lambda_version_format(version, qualifier);
	if (!error)
		error = lambda_append_qualifier(&query, qualifier);
	if (error)
		return lambda_fail_to_write(error, reterr);
	return get_json(client, scope, get_configuration, rate_limit, buffer_text(&path),
		buffer_text(&query), ret_json, reterr);
}

enum lambda_status lambda_read_that_version(struct lambda_client *client, const struct json *json,
	uint64_t version, struct lambda_version *ret_version, struct lambda_error *reterr)
{
	struct lambda_version answer;
	char qualifier[LAMBDA_VERSION_TEXT_SIZE];
	enum lambda_status status =
		lambda_read_version(json, lambda_client_printer(client), &answer, reterr);

	if (status)
		return status;
	if (answer.version != version) {
		lambda_version_release(&answer);
		lambda_version_format(version, qualifier);
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer is about another version than %s", qualifier);
	}
	*ret_version = answer;
	return LAMBDA_OK;
}

enum lambda_status lambda_get_version_as(struct lambda_client *client,
	const struct call_scope *scope, enum rate_limit_kind rate_limit, const char *function,
	uint64_t version, struct lambda_version *ret_version, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	enum lambda_status status = lambda_get_configuration_as(
		client, scope, rate_limit, function, version, &json, reterr);

	if (status)
		return status;
	status = lambda_read_that_version(client, json, version, ret_version, reterr);
	return lambda_name_operation(status, get_configuration, reterr);
}

enum lambda_status lambda_get_version(struct lambda_client *client, const struct call_scope *scope,
	const char *function, uint64_t version, struct lambda_version *ret_version,
	struct lambda_error *reterr)
{
	return lambda_get_version_as(
		client, scope, RATE_LIMIT_READ, function, version, ret_version, reterr);
}

enum lambda_status lambda_list_aliases(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *marker, struct lambda_alias_page *ret_page,
	struct lambda_error *reterr)
{
	static const char operation[] = "ListAliases";
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_alias_page page;
	enum lambda_status status;
	int error = lambda_append_path(&path, function, "/aliases");

	if (!error)
		error = append_page_query(&query, marker);
	if (error)
		return lambda_fail_to_write(error, reterr);
	status = get_json(client, scope, operation, RATE_LIMIT_READ, buffer_text(&path),
		buffer_text(&query), &json, reterr);
	if (status)
		return status;
	status = lambda_read_alias_page(json, &page, reterr);
	if (!status) {
		status = check_marker(marker, page.next_marker, reterr);
		if (status)
			lambda_alias_page_release(&page);
		else
			*ret_page = page;
	}
	return lambda_name_operation(status, operation, reterr);
}

enum lambda_status lambda_get_alias_as(struct lambda_client *client, const struct call_scope *scope,
	enum rate_limit_kind rate_limit, const char *function, const char *name,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	static const char operation[] = "GetAlias";
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_alias answer;
	enum lambda_status status;
	int error = lambda_append_path(&path, function, "/aliases/");

	if (!error)
		error = lambda_append_segment(&path, name);
	if (error)
		return lambda_fail_to_write(error, reterr);
	status = get_json(
		client, scope, operation, rate_limit, buffer_text(&path), NULL, &json, reterr);
	if (status)
		return status;
	status = lambda_read_alias(json, &answer, reterr);
	if (!status && strcmp(answer.name, name) != 0) {
		lambda_alias_release(&answer);
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer is about another alias than %s", name);
	}
	if (!status)
		*ret_alias = answer;
	return lambda_name_operation(status, operation, reterr);
}

enum lambda_status lambda_get_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	return lambda_get_alias_as(
		client, scope, RATE_LIMIT_READ, function, name, ret_alias, reterr);
}

enum lambda_status lambda_get_function(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *qualifier, struct json **ret_json,
	struct lambda_version *ret_version, struct lambda_error *reterr)
{
	static const char operation[] = "GetFunction";
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_version version;
	enum lambda_status status;
	int error = lambda_append_path(&path, function, "");

	if (!error)
		error = lambda_append_qualifier(&query, qualifier);
	if (error)
		return lambda_fail_to_write(error, reterr);
	status = get_json(client, scope, operation, RATE_LIMIT_GET_FUNCTION, buffer_text(&path),
		buffer_text(&query), &json, reterr);
	if (status)
		return status;
	status = lambda_read_version(json_member(json, "Configuration"), NULL, &version, reterr);
	if (!status && strcmp(version.function_name, function) != 0) {
		lambda_version_release(&version);
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer is about another function than %s", function);
	}
	if (status)
		return lambda_name_operation(status, operation, reterr);
	*ret_json = take_pointer(json);
	*ret_version = version;
	return LAMBDA_OK;
}

enum lambda_status lambda_get_alias_target(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *name,
	struct lambda_alias_target *ret_target, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_version version;
	enum lambda_status status =
		lambda_get_function(client, scope, function, name, &json, &version, reterr);

	if (status)
		return status;
	*ret_target = (struct lambda_alias_target){version.version, version.last_modified};
	lambda_version_release(&version);
	return LAMBDA_OK;
}

enum lambda_status lambda_get_account(struct lambda_client *client, const struct call_scope *scope,
	struct lambda_account *ret_account, struct lambda_error *reterr)
{
	static const char operation[] = "GetAccountSettings";
	cleanup(json_free_pointer) struct json *json = NULL;
	enum lambda_status status = get_json(
		client, scope, operation, RATE_LIMIT_READ, ACCOUNT_PATH, NULL, &json, reterr);

	if (!status)
		status = lambda_name_operation(
			lambda_read_account(json, ret_account, reterr), operation, reterr);
	return status;
}
