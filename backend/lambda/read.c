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

/* What is asked of a function, or of the account. */
struct reading {
	const char *operation;
	const char *function;  /* NULL: the account */
	const char *rest;      /* of the path, behind the function */
	const char *name;      /* behind that; NULL: nothing */
	const char *qualifier; /* in the query; NULL: none */
	const char *list;      /* what the pages of a list hold; NULL: it has none */
	const char *marker;    /* of the page; NULL: the first */
	bool all_versions;
	enum rate_limit_kind rate_limit; /* 0: RATE_LIMIT_READ */
};

static int append_path(struct buffer *out, const struct reading *reading)
{
	int error = reading->function ? lambda_append_path(out, reading->function, reading->rest)
				      : buffer_append_string(out, reading->rest);

	return error || !reading->name ? error : lambda_append_segment(out, reading->name);
}

static int append_query(struct buffer *out, const struct reading *reading)
{
	int error = 0;

	if (reading->qualifier)
		error = lambda_append_qualifier(out, reading->qualifier);
	if (!error && reading->all_versions)
		error = buffer_append_string(out, "FunctionVersion=ALL&");
	if (!error && reading->list)
		error = buffer_appendf(out, "MaxItems=%d", PAGE_ITEMS);
	if (!error && reading->marker)
		error = buffer_append_string(out, "&Marker=");
	return error || !reading->marker ? error
					 : text_append_percent_encoded(out, reading->marker);
}

static enum lambda_status read_json(struct lambda_client *client, const struct call_scope *scope,
	const struct reading *reading, struct json **ret_json, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	struct aws_request request =
		lambda_request(client, reading->operation, "GET", reading->rate_limit);
	int error = append_path(&path, reading);

	if (!error)
		error = append_query(&query, reading);
	if (error)
		return lambda_fail_to_write(error, reterr);
	request.path = buffer_text(&path);
	request.query = query.length ? buffer_text(&query) : NULL;
	return aws_request_json(client->aws, scope, &request, ret_json, reterr);
}

static enum lambda_status list_page(struct lambda_client *client, const struct call_scope *scope,
	const struct reading *reading, struct lambda_version_page *ret_page,
	struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_version_page page;
	enum lambda_status status = read_json(client, scope, reading, &json, reterr);

	if (status)
		return status;
	status = lambda_read_version_page(
		json, reading->list, lambda_client_printer(client), &page, reterr);
	if (!status) {
		status = check_marker(reading->marker, page.next_marker, reterr);
		if (status)
			lambda_version_page_release(&page);
		else
			*ret_page = page;
	}
	return lambda_name_operation(status, reading->operation, reterr);
}

enum lambda_status lambda_list_functions(struct lambda_client *client,
	const struct call_scope *scope, bool all_versions, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	const struct reading reading = {.operation = "ListFunctions",
		.rest = FUNCTIONS_PATH,
		.list = "Functions",
		.marker = marker,
		.all_versions = all_versions};

	return list_page(client, scope, &reading, ret_page, reterr);
}

enum lambda_status lambda_list_versions(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	const struct reading reading = {.operation = "ListVersionsByFunction",
		.function = function,
		.rest = "/versions",
		.list = "Versions",
		.marker = marker};

	return list_page(client, scope, &reading, ret_page, reterr);
}

static const char get_configuration[] = "GetFunctionConfiguration";

enum lambda_status lambda_get_configuration(struct lambda_client *client,
	const struct call_scope *scope, const char *function, uint64_t version,
	struct json **ret_json, struct lambda_error *reterr)
{
	char qualifier[LAMBDA_VERSION_TEXT_SIZE];
	const struct reading reading = {.operation = get_configuration,
		.function = function,
		.rest = "/configuration",
		.qualifier = qualifier};

	lambda_version_format(version, qualifier);
	return read_json(client, scope, &reading, ret_json, reterr);
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

enum lambda_status lambda_get_version(struct lambda_client *client, const struct call_scope *scope,
	const char *function, uint64_t version, struct lambda_version *ret_version,
	struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	enum lambda_status status =
		lambda_get_configuration(client, scope, function, version, &json, reterr);

	if (status)
		return status;
	status = lambda_read_that_version(client, json, version, ret_version, reterr);
	return lambda_name_operation(status, get_configuration, reterr);
}

enum lambda_status lambda_list_aliases(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *marker, struct lambda_alias_page *ret_page,
	struct lambda_error *reterr)
{
	const struct reading reading = {.operation = "ListAliases",
		.function = function,
		.rest = "/aliases",
		.list = "Aliases",
		.marker = marker};
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_alias_page page;
	enum lambda_status status = read_json(client, scope, &reading, &json, reterr);

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
	return lambda_name_operation(status, reading.operation, reterr);
}

enum lambda_status lambda_get_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	const struct reading reading = {
		.operation = "GetAlias", .function = function, .rest = "/aliases/", .name = name};
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_alias answer;
	enum lambda_status status = read_json(client, scope, &reading, &json, reterr);

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
	return lambda_name_operation(status, reading.operation, reterr);
}

enum lambda_status lambda_get_function(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *qualifier, struct json **ret_json,
	struct lambda_version *ret_version, struct lambda_error *reterr)
{
	const struct reading reading = {.operation = "GetFunction",
		.function = function,
		.rest = "",
		.qualifier = qualifier,
		.rate_limit = RATE_LIMIT_GET_FUNCTION};
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_version version;
	enum lambda_status status = read_json(client, scope, &reading, &json, reterr);

	if (status)
		return status;
	status = lambda_read_version(json_member(json, "Configuration"), NULL, &version, reterr);
	if (!status && strcmp(version.function_name, function) != 0) {
		lambda_version_release(&version);
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer is about another function than %s", function);
	}
	if (status)
		return lambda_name_operation(status, reading.operation, reterr);
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
	const struct reading reading = {.operation = "GetAccountSettings", .rest = ACCOUNT_PATH};
	cleanup(json_free_pointer) struct json *json = NULL;
	enum lambda_status status = read_json(client, scope, &reading, &json, reterr);

	if (!status)
		status = lambda_name_operation(
			lambda_read_account(json, ret_account, reterr), reading.operation, reterr);
	return status;
}
