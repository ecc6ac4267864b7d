/* SPDX-License-Identifier: MIT */
#include "backend/documents/document.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/redact.h"
#include "backend/documents/ways.h"
#include "backend/lambda/model.h"

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

/* Writes `arn`, which may end in a qualifier, with `version` as its qualifier. 0 or -EINVAL. */
static int qualify_arn(const char *arn, const char *version, char qualified[ARN_MAX + 1])
{
	size_t length = document_arn_length(arn);

	if (!length || length > ARN_MAX)
		return -EINVAL;
	return snprintf(qualified, ARN_MAX + 1, "%.*s:%s", (int)length, arn, version) > ARN_MAX
		       ? -EINVAL
		       : 0;
}

/* Copies what configuration.json shows, with `arn` as its FunctionArn. The environment is not copied. */
static int copy_configuration(
	const struct json *configuration, const char *arn, struct json **ret_document)
{
	cleanup(json_free_pointer) struct json *document = json_new_object();
	const struct json *member;
	struct json *copy;
	int error = document ? 0 : -ENOMEM;

	if (json_count(configuration) > DOCUMENT_MEMBERS_MAX)
		return -E2BIG;
	for (member = json_first(configuration); member && !error; member = json_next(member)) {
		if (json_is_null(member) || text_is_one_of(json_name(member), hidden_members))
			continue;
		error = document_copy(member, &copy);
		if (!error)
			error = json_set(document, json_name(member), copy);
	}
	if (!error)
		error = json_set_string(document, "FunctionArn", arn);
	if (!error)
		*ret_document = take_pointer(document);
	return error;
}

/* {"Error": {"ErrorCode": …}}: what stands for variables that AWS could not decrypt. */
static int new_environment_error(const struct json *failure, struct json **ret_shown)
{
	const char *code = json_member_string(failure, "ErrorCode", "Unknown");
	cleanup(json_free_pointer) struct json *shown = json_new_object();
	cleanup(json_free_pointer) struct json *inner = json_new_object();
	int error = shown && inner ? json_set_string(inner, "ErrorCode", code) : -ENOMEM;

	if (!error)
		error = json_set(shown, "Error", take_pointer(inner));
	if (!error)
		*ret_shown = take_pointer(shown);
	return error;
}

static int copy_environment(const struct json *environment, struct json **ret_document)
{
	const struct json *failure = json_member(environment, "Error");
	const struct json *variables = json_member(environment, "Variables");

	if (failure)
		return new_environment_error(failure, ret_document);
	if (variables && !json_is_object(variables))
		return -EINVAL;
	if (variables)
		return document_copy(variables, ret_document);
	*ret_document = json_new_object();
	return *ret_document ? 0 : -ENOMEM;
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

enum lambda_status document_shape_configuration(const struct document_subject *subject,
	const struct json *configuration, struct json **ret_document, struct lambda_error *reterr)
{
	char arn[ARN_MAX + 1];
	int error;

	if (qualify_arn(json_member_string(configuration, "FunctionArn", ""),
		    json_member_string(configuration, "Version", ""), arn))
		return lambda_fail_member(reterr, configuration, "FunctionArn");
	error = copy_configuration(configuration, arn, ret_document);
	return error ? fail_errno(reterr, error, configuration, "configuration") : LAMBDA_OK;
}

enum lambda_status document_shape_environment(const struct document_subject *subject,
	const struct json *configuration, struct json **ret_document, struct lambda_error *reterr)
{
	int error = copy_environment(json_member(configuration, "Environment"), ret_document);

	return error ? fail_errno(reterr, error, configuration, "Environment") : LAMBDA_OK;
}

static enum lambda_status print_document(const struct json *configuration, const char *member,
	const struct json *document, struct buffer *out, struct lambda_error *reterr)
{
	int error = json_print_canonical(document, out);

	return error ? fail_errno(reterr, error, configuration, member) : LAMBDA_OK;
}

/* Replaces the variables' values, on a mount with env=redact. */
static enum lambda_status redact_values(const struct lambda_printer *printer,
	const struct json *configuration, struct json *variables, struct lambda_error *reterr)
{
	int error =
		printer->is_redacting
			? redact_variables(printer->key,
				  json_member_string(configuration, "FunctionName", ""), variables)
			: 0;

	return error ? fail_errno(reterr, error, configuration, "Environment") : LAMBDA_OK;
}

/* struct lambda_printer */
static enum lambda_status print_documents(const struct lambda_printer *printer,
	const struct json *configuration, struct lambda_version *version,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(DOCUMENT_MAX);
	cleanup(buffer_release_secret) struct buffer environment = BUFFER_INIT(DOCUMENT_MAX);
	cleanup(json_free_pointer) struct json *first = NULL;
	cleanup(json_free_pointer) struct json *second = NULL;
	enum lambda_status status =
		document_shape_configuration(NULL, configuration, &first, reterr);

	if (!status)
		status = print_document(configuration, "configuration", first, &shown, reterr);
	if (!status)
		status = document_shape_environment(NULL, configuration, &second, reterr);
	if (!status)
		status = redact_values(printer, configuration, second, reterr);
	if (!status)
		status = print_document(configuration, "Environment", second, &environment, reterr);
	if (status)
		return status;
	version->configuration = buffer_detach(&shown, &version->configuration_length);
	version->environment = buffer_detach(&environment, &version->environment_length);
	if (!version->configuration || !version->environment)
		return lambda_fail_memory(reterr);
	return LAMBDA_OK;
}

const struct lambda_printer document_printer = {.print = print_documents};

struct lambda_printer redact_printer(const unsigned char key[REDACT_KEY_SIZE])
{
	struct lambda_printer printer = {.print = print_documents, .is_redacting = true};

	memcpy(printer.key, key, sizeof(printer.key));
	return printer;
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
