/* SPDX-License-Identifier: MIT */
/* $LATEST's environment.json, written: UpdateFunctionConfiguration with all the variables. */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/redact.h"
#include "backend/documents/ways.h"

static int show_environment(const struct document_subject *subject, struct json *document)
{
	return subject->redact_key
		       ? redact_variables(subject->redact_key, subject->function, document)
		       : 0;
}

/* The value that a redacted form stands for, or what was written. */
static enum lambda_status resolve_value(const struct document_planning *planning,
	const struct json *written, const char **ret_value, struct lambda_error *reterr)
{
	const struct document_subject *subject = planning->subject;
	const char *name = json_name(written), *value = json_string(written);
	const char *current = json_member_string(planning->shown, name, NULL);
	char redacted[REDACT_TEXT_SIZE];
	int error;

	*ret_value = value;
	if (!redact_is_form(value) || (current && !strcmp(current, value)))
		return LAMBDA_OK;
	if (!subject->redact_key)
		return document_fail_at(planning->text, written, reterr,
			"the variable '%.128s' has a redacted value, which only a mount with "
			"env=redact can replace: write the value itself",
			name);
	if (current) {
		error = redact_value(
			subject->redact_key, subject->function, name, current, redacted);
		if (error)
			return document_fail_errno(reterr, error);
		if (!strcmp(redacted, value)) {
			*ret_value = current;
			return LAMBDA_OK;
		}
	}
	return document_fail_at(planning->text, written, reterr,
		"the variable '%.128s' has the redacted form of a value that AWS does not have: "
		"write the value itself",
		name);
}

static enum lambda_status resolve_values(const struct document_planning *planning,
	struct json *variables, struct lambda_error *reterr)
{
	const struct json *written;

	for (written = json_first(planning->text->tree); written; written = json_next(written)) {
		const char *value;
		enum lambda_status status = resolve_value(planning, written, &value, reterr);

		if (status)
			return status;
		if (json_set_string(variables, json_name(written), value))
			return lambda_fail_memory(reterr);
	}
	return LAMBDA_OK;
}

static int make_body(const struct json *variables, struct json **ret_body)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	cleanup(json_free_pointer) struct json *environment = json_new_object();
	int error = body && environment ? json_set(environment, "Variables", json_copy(variables))
					: -ENOMEM;

	if (!error)
		error = json_set(body, "Environment", take_pointer(environment));
	if (!error)
		*ret_body = take_pointer(body);
	return error;
}

static enum lambda_status plan_environment(
	struct document_planning *planning, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *variables = json_new_object();
	struct json *body = NULL;
	enum lambda_status status;
	int same, error;

	if (json_is_object(json_member(planning->shown, "Error")))
		return lambda_fail(reterr, LAMBDA_INVALID,
			"AWS could not decrypt the variables, so they cannot be changed here: "
			"replace them with aws lambda update-function-configuration");
	status = variables ? resolve_values(planning, variables, reterr)
			   : lambda_fail_memory(reterr);
	if (status)
		return status;
	same = document_equals(planning->shown, variables);
	if (same > 0)
		return LAMBDA_OK;
	error = same < 0 ? same : make_body(variables, &body);
	if (error)
		return document_fail_errno(reterr, error);
	return document_add_call(
		planning, LAMBDA_UPDATE_CONFIGURATION, NULL, NULL, body, variables, reterr);
}

const struct document_ways document_environment_ways = {
	.type = DOCUMENT_TEXT_MAP,
	.shape = document_shape_environment,
	.show = show_environment,
	.plan = plan_environment,
};
