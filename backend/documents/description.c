/* SPDX-License-Identifier: MIT */
/* description: the one document that is text. Its last line end is the file's, not the description's. */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/ways.h"

static size_t text_length(const char *bytes, size_t length)
{
	return length && bytes[length - 1] == '\n' ? length - 1 : length;
}

/* Bytes that are cut within a character may still become text. */
static size_t count_characters(const char *bytes, size_t length)
{
	size_t characters = 0, i;

	for (i = 0; i < length; i++)
		characters += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return characters;
}

static enum document_state check_description(
	const char *bytes, size_t length, struct lambda_error *reterr)
{
	size_t text = text_length(bytes, length);

	if (!length)
		return DOCUMENT_EMPTY;
	if (count_characters(bytes, text) > LAMBDA_DESCRIPTION_MAX) {
		lambda_fail(reterr, LAMBDA_TOO_LARGE, "%s", LAMBDA_DESCRIPTION_IS_TOO_LONG);
		return DOCUMENT_WRONG;
	}
	if (text && memchr(bytes, '\0', text)) {
		lambda_fail(reterr, LAMBDA_INVALID, "a description has no NUL bytes");
		return DOCUMENT_WRONG;
	}
	if (text_is_utf8(bytes, text))
		return DOCUMENT_WHOLE;
	lambda_fail(reterr, LAMBDA_INVALID, "a description is UTF-8 text");
	/* Three bytes at most are missing of a character. */
	return text_is_utf8(bytes, text_whole_characters(bytes, text)) ? DOCUMENT_UNFINISHED
								       : DOCUMENT_WRONG;
}

static enum lambda_status parse_description(struct document_text *text, struct lambda_error *reterr)
{
	size_t length = text_length(text->bytes, text->length);
	/* No strndup(): the bytes need not end with a NUL. */
	cleanup(free_pointer) char *copy = calloc(1, length + 1);

	if (copy && length)
		memcpy(copy, text->bytes, length);
	text->tree = json_new_object();
	if (!copy || !text->tree || json_set_string(text->tree, "Description", copy))
		return lambda_fail_memory(reterr);
	return LAMBDA_OK;
}

static enum lambda_status shape_description(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *document = json_new_object();
	const struct json *description = json_member(answer, "Description");

	if (!json_string(json_member(answer, "Name")) || (description && !json_string(description)))
		return document_fail_answer(reterr, "Description");
	if (!document || json_set_string(document, "Description",
				 description ? json_string(description) : ""))
		return lambda_fail_memory(reterr);
	*ret_document = take_pointer(document);
	return LAMBDA_OK;
}

static enum lambda_status plan_description(
	struct document_planning *planning, struct lambda_error *reterr)
{
	struct json *body = json_copy(planning->wanted);

	if (!body)
		return lambda_fail_memory(reterr);
	return document_add_call(planning, LAMBDA_UPDATE_ALIAS_DESCRIPTION,
		planning->subject->qualifier, NULL, body, planning->wanted, reterr);
}

const struct document_ways document_description_ways = {
	.type = DOCUMENT_OBJECT,
	.examine = check_description,
	.parse = parse_description,
	.shape = shape_description,
	.plan = plan_description,
};
