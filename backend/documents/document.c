/* SPDX-License-Identifier: MIT */
#include "backend/documents/document.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/lambda/model.h"

#define ARN_FIELDS 7 /* arn:partition:lambda:region:account:function:name */
#define ARN_MAX 1024 /* bytes, the qualifier included */

/* What configuration.json does not show, at the top level. */
static const char *const hidden_members[] = {
	"Environment",
	"LastUpdateStatus",
	"LastUpdateStatusReason",
	"LastUpdateStatusReasonCode",
	"RevisionId",
	"RuntimeVersionConfig",
	"State",
	"StateReason",
	"StateReasonCode",
	NULL,
};

static int copy_without_nulls(const struct json *json, bool top, struct json **ret_copy);

/* Copies one member or element into `into`, unless it is left out. */
static int copy_item(const struct json *item, bool named, bool top, struct json *into)
{
	struct json *copy;
	int error;

	if (named &&
		(json_is_null(item) || (top && text_is_one_of(json_name(item), hidden_members))))
		return 0;
	error = copy_without_nulls(item, false, &copy);
	if (error)
		return error;
	return named ? json_set(into, json_name(item), copy) : json_append(into, copy);
}

/* Recursion is bounded by JSON_DEPTH_MAX. 0, -ENOMEM, or -E2BIG for an object of too many members. */
static int copy_without_nulls(const struct json *json, bool top, struct json **ret_copy)
{
	bool object = json_is_object(json);
	cleanup(json_free_pointer) struct json *copy = NULL;
	const struct json *item;
	int error = 0;

	if (object && json_count(json) > DOCUMENT_MEMBERS_MAX)
		return -E2BIG;
	if (object)
		copy = json_new_object();
	else
		copy = json_is_array(json) ? json_new_array() : json_copy(json);
	if (!copy)
		return -ENOMEM;
	for (item = json_first(json); item && !error; item = json_next(item))
		error = copy_item(item, object, top, copy);
	if (!error)
		*ret_copy = take_pointer(copy);
	return error;
}

/* Writes `arn`, which may end in a qualifier, with `version` as its qualifier. 0 or -EINVAL. */
static int qualify_arn(const char *arn, const char *version, char qualified[ARN_MAX + 1])
{
	const char *end = arn;
	int field, length;

	if (!text_starts_with(arn, "arn:"))
		return -EINVAL;
	for (field = 0; field < ARN_FIELDS; field++) {
		size_t part = strcspn(end, ":");

		if (field == 5 && strncmp(end, "function:", strlen("function:")))
			return -EINVAL;
		if (field == ARN_FIELDS - 1 && !part)
			return -EINVAL;
		end += part;
		if (field < ARN_FIELDS - 1 && *end++ != ':')
			return -EINVAL;
	}
	if (*end == ':' && strchr(end + 1, ':'))
		return -EINVAL;
	length = snprintf(qualified, ARN_MAX + 1, "%.*s:%s", (int)(end - arn), arn, version);
	return length > ARN_MAX ? -EINVAL : 0;
}

static int print_configuration(
	const struct json *configuration, const char *arn, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *shown = NULL;
	int error = copy_without_nulls(configuration, true, &shown);

	if (!error)
		error = json_set_string(shown, "FunctionArn", arn);
	return error ? error : json_print_canonical(shown, out);
}

/* {"Error": {"ErrorCode": …}}: what stands for variables that AWS could not decrypt. */
static int new_environment_error(const struct json *failure, struct json **ret_shown)
{
	const char *code = json_member_string(failure, "ErrorCode", "Unknown");
	cleanup(json_free_pointer) struct json *shown = json_new_object();
	struct json *inner = json_new_object();
	int error;

	if (!shown || !inner) {
		json_free(inner);
		return -ENOMEM;
	}
	error = json_set_string(inner, "ErrorCode", code);
	if (error) {
		json_free(inner);
		return error;
	}
	error = json_set(shown, "Error", inner);
	if (!error)
		*ret_shown = take_pointer(shown);
	return error;
}

static int print_environment(const struct json *environment, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *shown = NULL;
	const struct json *failure = json_member(environment, "Error");
	const struct json *variables = json_member(environment, "Variables");
	int error;

	if (failure)
		error = new_environment_error(failure, &shown);
	else if (!variables)
		return buffer_append_string(out, "{}\n");
	else if (!json_is_object(variables))
		return -EINVAL;
	else
		error = copy_without_nulls(variables, false, &shown);
	return error ? error : json_print_canonical(shown, out);
}

static enum lambda_status fail_errno(struct lambda_error *reterr, int error,
	const struct json *configuration, const char *member)
{
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error == -EFBIG || error == -E2BIG)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer's %s of function '%.64s' is too large", member,
			json_member_string(configuration, "FunctionName", "?"));
	return lambda_fail_member(reterr, configuration, member);
}

/* struct lambda_printer, without a key. */
static enum lambda_status print_documents(const struct lambda_printer *printer,
	const struct json *configuration, struct lambda_version *version,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(DOCUMENT_MAX);
	cleanup(buffer_release_secret) struct buffer environment = BUFFER_INIT(DOCUMENT_MAX);
	char arn[ARN_MAX + 1];
	int error;

	(void)printer;
	if (qualify_arn(json_member_string(configuration, "FunctionArn", ""),
		    json_member_string(configuration, "Version", ""), arn))
		return lambda_fail_member(reterr, configuration, "FunctionArn");
	error = print_configuration(configuration, arn, &shown);
	if (error)
		return fail_errno(reterr, error, configuration, "configuration");
	error = print_environment(json_member(configuration, "Environment"), &environment);
	if (error)
		return fail_errno(reterr, error, configuration, "Environment");
	version->configuration = buffer_detach(&shown, &version->configuration_length);
	version->environment = buffer_detach(&environment, &version->environment_length);
	if (!version->configuration || !version->environment)
		return lambda_fail_memory(reterr);
	return LAMBDA_OK;
}

const struct lambda_printer document_printer = {.print = print_documents};

int document_read_arn(const char *configuration, size_t length, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *json = json_parse(configuration, length, NULL);
	const char *arn = json_member_string(json, "FunctionArn", NULL);

	return arn ? buffer_append_string(out, arn) : -ENODATA;
}

void document_format_sha256(const struct lambda_version *version, char text[DOCUMENT_SHA256_SIZE])
{
	text[0] = '\0';
	if (!version->has_code_sha256)
		return;
	text_format_hex(version->code_sha256, sizeof(version->code_sha256), text);
	snprintf(text + 64, DOCUMENT_SHA256_SIZE - 64, "  code.zip\n");
}
