/* SPDX-License-Identifier: MIT */
#include "backend/base/json_text.h"

#include "backend/base/json_reader.h"
#include "backend/base/text.h"

static unsigned int line_at(const char *data, size_t at)
{
	unsigned int line = 1;
	size_t i;

	for (i = 0; i < at; i++)
		line += data[i] == '\n';
	return line;
}

static void set_fault(
	struct json_text_fault *ret_fault, const char *reason, const char *data, size_t at)
{
	*ret_fault = (struct json_text_fault){.reason = reason, .line = line_at(data, at)};
}

enum json_text_state json_text_judge(
	const char *data, size_t length, struct json_text_fault *ret_fault)
{
	struct json_reader reader = {.data = data, .length = length};
	const char *reason = NULL;

	while (!reason && json_reader_find_token(&reader))
		reason = json_reader_take_token(&reader);
	if (reason && reason != json_cut) {
		set_fault(ret_fault, reason, data, reader.at);
		return JSON_TEXT_WRONG;
	}
	if (!text_is_utf8(data, text_whole_characters(data, length))) {
		*ret_fault = (struct json_text_fault){.reason = "is not UTF-8"};
		return JSON_TEXT_WRONG;
	}
	if (!reason && reader.expected == JSON_EXPECT_NOTHING)
		return JSON_TEXT_WHOLE;
	if (!reason && reader.expected == JSON_EXPECT_VALUE && !reader.depth)
		return JSON_TEXT_BLANK;
	set_fault(ret_fault, json_cut, data, reader.at);
	return JSON_TEXT_UNFINISHED;
}

/* --- places --- */

/* How many values stand before `value`, which is counted down to 0, in the order of the text. */
static bool count_before(const struct json *json, const struct json *value, size_t *count)
{
	const struct json *item;

	if (json == value)
		return true;
	++*count;
	for (item = json_first(json); item; item = json_next(item))
		if (count_before(item, value, count))
			return true;
	return false;
}

unsigned int json_text_line(
	const char *data, size_t length, const struct json *tree, const struct json *value)
{
	struct json_reader reader = {.data = data, .length = length};
	size_t count = 0;

	if (!count_before(tree, value, &count))
		return 0;
	while (json_reader_find_token(&reader)) {
		if ((reader.expected == JSON_EXPECT_VALUE ||
			    (reader.expected == JSON_EXPECT_ELEMENT_OR_END &&
				    data[reader.at] != ']')) &&
			!count--)
			return line_at(data, reader.at);
		if (json_reader_take_token(&reader))
			return 0;
	}
	return 0;
}

struct json *json_text_parse(const char *data, size_t length, struct json_text_fault *ret_fault)
{
	cleanup(json_free_pointer) struct json *tree = NULL;
	const struct json *twice;
	const char *reason = json_parse_faulty(data, length, &tree, &twice);
	enum json_text_state state;

	if (!reason)
		return take_pointer(tree);
	state = json_text_judge(data, length, ret_fault);
	if (state == JSON_TEXT_WHOLE || state == JSON_TEXT_BLANK)
		*ret_fault = (struct json_text_fault){
			.reason = state == JSON_TEXT_BLANK ? "is empty" : reason};
	if (twice) {
		ret_fault->line = json_text_line(data, length, tree, twice);
		snprintf(ret_fault->name, sizeof(ret_fault->name), "%s", json_name(twice));
	}
	return NULL;
}
