/* SPDX-License-Identifier: MIT */
#include "backend/local/call.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/random.h>

#define MESSAGE_MAX 8192

void answer_init(struct answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->content_type = "application/json";
	answer->body.maximum = CALL_ANSWER_MAX;
	answer->file = -1;
}

void answer_release(struct answer *answer)
{
	buffer_release(&answer->body);
	free(answer->log_result);
	answer->log_result = NULL;
	if (answer->file >= 0)
		close(answer->file);
	answer->file = -1;
}

bool identity_is_own(const struct identity *identity, const char *region, const char *account)
{
	return (!*region || !strcmp(region, identity->region)) &&
	       (!*account || !strcmp(account, identity->account));
}

int call_check_place(struct call *call, const char *things, const char *region, const char *account)
{
	if (identity_is_own(call->identity, region, account))
		return 0;
	if (*region && strcmp(region, call->identity->region))
		return call_fail(call, FAILURE_NOT_FOUND,
			"%s from '%s' are not reachable in this region ('%s')", things, region,
			call->identity->region);
	answer_fail_as(call->answer, FAILURE_ACCESS_DENIED, NULL, "Message", NULL);
	return CALL_FAILED;
}

int append_json_string(struct buffer *out, const char *text)
{
	int error = buffer_append_byte(out, '"');
	const char *start = text;

	for (; *text && !error; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		error = buffer_append(out, start, (size_t)(text - start));
		if (!error && byte < 0x20)
			error = buffer_appendf(out, "\\u%04x", byte);
		else if (!error)
			error = buffer_appendf(out, "\\%c", byte);
		start = text + 1;
	}
	if (!error)
		error = buffer_append(out, start, (size_t)(text - start));
	return error ? error : buffer_append_byte(out, '"');
}

static int append_failure(
	struct buffer *out, const char *type, const char *key, const char *message)
{
	int error = buffer_append_byte(out, '{');

	if (!error && type)
		error = buffer_appendf(out, "\"Type\":\"%s\"%s", type, key ? "," : "");
	if (!error && key)
		error = buffer_appendf(out, "\"%s\":", key);
	if (!error && key)
		error = message ? append_json_string(out, message)
				: buffer_append_string(out, "null");
	return error ? error : buffer_append_byte(out, '}');
}

void answer_fail_as(struct answer *answer, enum failure failure, const char *type, const char *key,
	const char *message)
{
	answer_release(answer);
	answer_init(answer);
	answer->status = failure_forms[failure].status;
	snprintf(answer->error_type, sizeof(answer->error_type), "%s", failure_forms[failure].code);
	if (append_failure(&answer->body, type, key, message))
		buffer_reset(&answer->body); /* out of memory: code and status still say it */
}

void answer_fail(struct answer *answer, enum failure failure, const char *message)
{
	const struct failure_form *form = &failure_forms[failure];

	answer_fail_as(answer, failure, form->type, form->message_key, message);
}

void answer_throttle(struct answer *answer, const char *reason, const char *message)
{
	answer_fail(answer, FAILURE_THROTTLED, message);
	snprintf(answer->retry_after, sizeof(answer->retry_after), "1");
	buffer_reset(&answer->body);
	if (buffer_append_string(&answer->body, "{\"Type\":\"User\",\"message\":") ||
		append_json_string(&answer->body, message) ||
		buffer_appendf(&answer->body, ",\"Reason\":\"%s\"}", reason))
		buffer_reset(&answer->body);
}

/* Codes that only Lambda has, and what services of the JSON 1.1 protocol say instead. */
static const char *code_of_json11(const char *code)
{
	if (!strcmp(code, failure_forms[FAILURE_THROTTLED].code))
		return "ThrottlingException";
	if (!strcmp(code, failure_forms[FAILURE_REQUEST_CONTENT].code))
		return failure_forms[FAILURE_SERIALIZATION].code;
	return code;
}

static int append_failure_of_json11(struct buffer *out, const char *code, const char *message)
{
	int error = buffer_appendf(out, "{\"__type\":\"%s\"", code);

	if (!error && message)
		error = buffer_append_string(out, ",\"message\":");
	if (!error && message)
		error = append_json_string(out, message);
	return error ? error : buffer_append_byte(out, '}');
}

const char *answer_message(const struct json *body)
{
	return json_member_string(body, "message", json_member_string(body, "Message", NULL));
}

void answer_use_json11(struct answer *answer)
{
	cleanup(json_free_pointer) struct json *body = NULL;
	char code[sizeof(answer->error_type)];
	int status = answer->status;

	if (answer->error_type[0]) {
		snprintf(code, sizeof(code), "%s", code_of_json11(answer->error_type));
		body = json_parse(buffer_text(&answer->body), answer->body.length, NULL);
		answer_release(answer);
		answer_init(answer);
		answer->status = status < 500 ? 400 : status;
		if (append_failure_of_json11(&answer->body, code, answer_message(body)))
			buffer_reset(&answer->body);
	}
	answer->content_type = "application/x-amz-json-1.1";
}

int call_fail(struct call *call, enum failure failure, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	answer_fail(call->answer, failure, message);
	return CALL_FAILED;
}

int call_fail_untyped(struct call *call, enum failure failure, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	answer_fail_as(call->answer, failure, NULL, failure_forms[failure].message_key, message);
	buffer_reset(&call->answer->body);
	if (buffer_append_string(&call->answer->body, "{\"Type\":null,\"message\":") ||
		append_json_string(&call->answer->body, message) ||
		buffer_append_byte(&call->answer->body, '}'))
		buffer_reset(&call->answer->body);
	return CALL_FAILED;
}

const char *call_string(const struct call *call, const char *name)
{
	return json_string(json_member(call->input, name));
}

int64_t call_integer(const struct call *call, const char *name, int64_t fallback)
{
	int64_t value;

	/* What an integer may be is checked by its shape, before any handler runs. */
	if (!json_integer(
		    json_member(call->input, name), -((int64_t)1 << 53), (int64_t)1 << 53, &value))
		return fallback;
	return value;
}

bool call_flag(const struct call *call, const char *name)
{
	return json_is_true(json_member(call->input, name));
}

int append_function_arn(struct buffer *out, const struct identity *identity, const char *function,
	const char *qualifier)
{
	const char *parts[] = {"arn:", identity->partition, ":lambda:", identity->region, ":",
		identity->account, ":function:", function, qualifier ? ":" : "",
		qualifier ? qualifier : ""};
	int error = 0;

	for (size_t i = 0; i < array_count(parts) && !error; i++)
		error = buffer_append_string(out, parts[i]);
	return error;
}

void format_function_arn(const struct identity *identity, const char *function,
	const char *qualifier, char text[FUNCTION_ARN_SIZE])
{
	snprintf(text, FUNCTION_ARN_SIZE, "arn:%s:lambda:%s:%s:function:%s%s%s",
		identity->partition, identity->region, identity->account, function,
		qualifier ? ":" : "", qualifier ? qualifier : "");
}

int call_fail_function(struct call *call, const char *function, const char *qualifier)
{
	char arn[FUNCTION_ARN_SIZE];

	format_function_arn(call->identity, function, qualifier, arn);
	return call_fail(call, FAILURE_NOT_FOUND, "Function not found: %s", arn);
}

void make_uuid(char text[UUID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		memset(bytes, 0, sizeof(bytes));
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
	*text = '\0';
}
