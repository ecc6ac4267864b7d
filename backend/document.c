/* SPDX-License-Identifier: MIT */
#include "backend/document.h"

#include <errno.h>

#include "backend/base/text.h"

#define ENTRY_NAME_MAX 255
#define CODE_SIZE_MAX 9007199254740991 /* 2^53 - 1: what JSON can carry exactly */
#define ARN_FIELDS 7                   /* arn:partition:lambda:region:account:function:name */
#define ARN_MAX 1024                   /* bytes, the qualifier included */

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
};

static bool is_hidden(const char *name)
{
	size_t i;

	for (i = 0; i < array_count(hidden_members); i++)
		if (!strcmp(name, hidden_members[i]))
			return true;
	return false;
}

bool document_is_entry_name(const char *name)
{
	size_t length = strlen(name), i;

	if (!length || length > ENTRY_NAME_MAX)
		return false;
	if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, ".aliasfs"))
		return false;
	for (i = 0; i < length; i++)
		if (name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return true;
}

static int copy_without_nulls(const struct json *json, bool top, struct json **ret_copy);

/* Copies one member or element into `into`, unless it is left out. */
static int copy_item(const struct json *item, bool named, bool top, struct json *into)
{
	struct json *copy;
	int error;

	if (named && (json_is_null(item) || (top && is_hidden(json_name(item)))))
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

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Base64 of a zip's hash, or hexadecimal of an image's digest. 0, -EINVAL or -ENOMEM. */
static int read_sha256(const char *text, unsigned char sha256[32])
{
	cleanup(buffer_release) struct buffer bytes = BUFFER_INIT(64);
	size_t length = strlen(text), i;
	int error;

	if (length == 64) {
		for (i = 0; i < 32; i++) {
			int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

			if (high < 0 || low < 0)
				return -EINVAL;
			sha256[i] = (unsigned char)(high << 4 | low);
		}
		return 0;
	}
	error = text_decode_base64(text, length, &bytes);
	if (error == -ENOMEM)
		return error;
	if (error || bytes.length != 32)
		return -EINVAL;
	memcpy(sha256, bytes.data, 32);
	return 0;
}

/* A sentence about one member, naming the function where that is known. */
static enum lambda_status fail_member(
	struct lambda_error *reterr, const struct json *configuration, const char *member)
{
	return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
		"the answer's %s of function '%.64s' is missing or cannot be read", member,
		json_member_string(configuration, "FunctionName", "?"));
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
	return fail_member(reterr, configuration, member);
}

/* The plain members; what is allocated goes into `version` by the caller. */
static enum lambda_status read_members(const struct json *configuration,
	struct lambda_version *version, struct lambda_error *reterr)
{
	const struct json *size = json_member(configuration, "CodeSize");
	const char *hash = json_member_string(configuration, "CodeSha256", "");
	int64_t code_size = 0;
	int error;

	if (lambda_version_parse(
		    json_member_string(configuration, "Version", ""), &version->version))
		return fail_member(reterr, configuration, "Version");
	if (text_parse_time(
		    json_member_string(configuration, "LastModified", ""), &version->last_modified))
		return fail_member(reterr, configuration, "LastModified");
	if (size && !json_integer(size, 0, CODE_SIZE_MAX, &code_size))
		return fail_member(reterr, configuration, "CodeSize");
	version->code_size = (uint64_t)code_size;
	if (*hash) {
		error = read_sha256(hash, version->code_sha256);
		if (error)
			return fail_errno(reterr, error, configuration, "CodeSha256");
		version->has_code_sha256 = true;
	}
	return LAMBDA_OK;
}

static enum lambda_status check_name(const char *name, struct lambda_error *reterr)
{
	if (!name)
		return lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer holds a function without a name");
	if (!document_is_entry_name(name))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer holds a function whose name cannot be a directory entry: "
			"'%.256s'",
			name);
	return LAMBDA_OK;
}

enum lambda_status document_read_version(const struct json *configuration,
	struct lambda_version *ret_version, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(DOCUMENT_MAX);
	cleanup(buffer_release_secret) struct buffer environment = BUFFER_INIT(DOCUMENT_MAX);
	const char *name = json_member_string(configuration, "FunctionName", NULL);
	struct lambda_version version = {0};
	char arn[ARN_MAX + 1];
	enum lambda_status status;
	int error;

	status = check_name(name, reterr);
	if (!status)
		status = read_members(configuration, &version, reterr);
	if (status)
		return status;
	if (qualify_arn(json_member_string(configuration, "FunctionArn", ""),
		    json_member_string(configuration, "Version", ""), arn))
		return fail_member(reterr, configuration, "FunctionArn");
	error = print_configuration(configuration, arn, &shown);
	if (error)
		return fail_errno(reterr, error, configuration, "configuration");
	error = print_environment(json_member(configuration, "Environment"), &environment);
	if (error)
		return fail_errno(reterr, error, configuration, "Environment");
	version.function_name = strdup(name);
	version.configuration = buffer_detach(&shown, &version.configuration_length);
	version.environment = buffer_detach(&environment, &version.environment_length);
	if (!version.function_name || !version.configuration || !version.environment) {
		lambda_version_release(&version);
		return lambda_fail_memory(reterr);
	}
	*ret_version = version;
	return LAMBDA_OK;
}

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
