/* SPDX-License-Identifier: MIT */
#include "backend/http/error_answer.h"

#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/http/retry.h"

void lambda_error_copy_line(char *line, size_t size, const char *text, size_t length)
{
	bool utf8 = text_is_utf8(text, length), shown;
	size_t i, step, used = 0;

	for (i = 0; i < length; i += step) {
		step = text_next_character(text + i, utf8 ? length - i : 1, &shown);
		if (used + (shown ? step : 1) >= size)
			break;
		if (shown)
			memcpy(line + used, text + i, step);
		else
			line[used] = !utf8 && (unsigned char)text[i] >= 0x80 ? '?' : ' ';
		used += shown ? step : 1;
	}
	line[used] = '\0';
}

/* `ns#Name:http://…` is `Name`. */
static void copy_code(char *code, size_t size, const char *text)
{
	size_t length = strcspn(text, ":");
	const char *hash = memrchr(text, '#', length);

	if (hash) {
		length -= (size_t)(hash + 1 - text);
		text = hash + 1;
	}
	lambda_error_copy_line(code, size, text, length);
}

static void read_code(
	const struct http_response *response, const struct json *body, struct lambda_error *error)
{
	static const char *const names[] = {"code", "Code", "__type"};
	const char *code = response->error_type;
	size_t i;

	for (i = 0; !*code && i < array_count(names); i++)
		code = json_member_string(body, names[i], "");
	copy_code(error->code, sizeof(error->code), code);
}

static bool starts_html(const char *body, size_t length)
{
	while (length && strchr(" \t\r\n", *body)) {
		body++;
		length--;
	}
	return length && *body == '<';
}

static void read_message(
	const struct http_response *response, const struct json *body, struct lambda_error *error)
{
	const char *message = json_member_string(body, "message", NULL);
	const struct buffer *text = &response->body;

	if (!message)
		message = json_member_string(body, "Message", NULL);
	if (message && *message)
		lambda_error_copy_line(
			error->message, sizeof(error->message), message, strlen(message));
	else if (!body && text->length && !starts_html(text->data, text->length))
		lambda_error_copy_line(
			error->message, sizeof(error->message), text->data, text->length);
	else if (error->code[0])
		snprintf(error->message, sizeof(error->message),
			"AWS answered %s without a message", error->code);
	else
		snprintf(error->message, sizeof(error->message), "the server answered HTTP %d",
			response->status);
}

void lambda_error_read(const struct http_response *response, struct lambda_error *ret_error)
{
	cleanup(json_free_pointer) struct json *body =
		json_parse(buffer_text(&response->body), response->body.length, NULL);
	struct lambda_error error = {.http_status = response->status};

	read_code(response, body, &error);
	read_message(response, body, &error);
	memcpy(error.request_id, response->request_id, sizeof(error.request_id));
	error.status = retry_status(response->status, error.code);
	*ret_error = error;
}
