/* SPDX-License-Identifier: MIT */
#include "backend/base/json_reader.h"

#include "backend/base/json.h"

const char json_cut[] = "ends in the middle";

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_over(const struct json_reader *reader)
{
	return reader->at >= reader->length;
}

bool json_reader_find_token(struct json_reader *reader)
{
	while (!is_over(reader) && is_blank(reader->data[reader->at]))
		reader->at++;
	return !is_over(reader);
}

static const char *read_word(struct json_reader *reader, const char *word)
{
	for (; *word; word++, reader->at++) {
		if (is_over(reader))
			return json_cut;
		if (reader->data[reader->at] != *word)
			return "is not JSON";
	}
	return NULL;
}

static const char *read_digits(struct json_reader *reader)
{
	if (is_over(reader))
		return json_cut;
	if (!is_digit(reader->data[reader->at]))
		return "holds an invalid number";
	while (!is_over(reader) && is_digit(reader->data[reader->at]))
		reader->at++;
	return NULL;
}

static bool take_byte(struct json_reader *reader, char byte)
{
	bool is_there = !is_over(reader) && reader->data[reader->at] == byte;

	reader->at += is_there;
	return is_there;
}

static bool take_any(struct json_reader *reader, const char *any_of)
{
	while (*any_of && !take_byte(reader, *any_of))
		any_of++;
	return *any_of;
}

static const char *read_number(struct json_reader *reader)
{
	const char *reason = NULL;

	take_byte(reader, '-');
	if (!take_byte(reader, '0'))
		reason = read_digits(reader);
	else if (!is_over(reader) && is_digit(reader->data[reader->at]))
		reason = "holds an invalid number";
	if (!reason && take_byte(reader, '.'))
		reason = read_digits(reader);
	if (!reason && take_any(reader, "eE")) {
		take_any(reader, "+-");
		reason = read_digits(reader);
	}
	return reason;
}

/* Behind "\u": four hexadecimal digits. */
static const char *read_unit(struct json_reader *reader, unsigned int *ret_unit)
{
	static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
	int i;

	*ret_unit = 0;
	for (i = 0; i < 4; i++, reader->at++) {
		char byte = is_over(reader) ? '\0' : reader->data[reader->at];
		const char *digit = byte ? strchr(digits, byte) : NULL;

		if (is_over(reader))
			return json_cut;
		if (!digit)
			return "holds an invalid escape";
		*ret_unit = *ret_unit << 4 | (unsigned int)(digit - digits) / 2;
	}
	return NULL;
}

/* Behind a backslash. */
static const char *read_escape(struct json_reader *reader)
{
	unsigned int unit, second;
	const char *reason;

	if (is_over(reader))
		return json_cut;
	if (take_any(reader, "\"\\/bfnrt"))
		return NULL;
	if (!take_byte(reader, 'u'))
		return "holds an invalid escape";
	reason = read_unit(reader, &unit);
	if (reason)
		return reason;
	if (!unit)
		return "holds a NUL byte";
	if (unit < 0xd800 || unit > 0xdfff)
		return NULL;
	if (unit > 0xdbff)
		return "holds an invalid escape";
	reason = read_word(reader, "\\u");
	if (!reason)
		reason = read_unit(reader, &second);
	if (reason)
		return reason == json_cut ? json_cut : "holds an invalid escape";
	return second < 0xdc00 || second > 0xdfff ? "holds an invalid escape" : NULL;
}

/* Goes to the byte that ends a string, or is something else than itself in one. */
static void skip_plain_bytes(struct json_reader *reader)
{
	const char *data = reader->data;
	size_t at = reader->at;

	while (at < reader->length && data[at] != '"' && data[at] != '\\' &&
		(unsigned char)data[at] >= 0x20)
		at++;
	reader->at = at;
}

/* From the first quote to behind the last. */
static const char *read_string(struct json_reader *reader)
{
	const char *reason = NULL;

	reader->at++;
	while (!reason) {
		skip_plain_bytes(reader);
		if (is_over(reader))
			return json_cut;
		if (take_byte(reader, '"'))
			return NULL;
		if (take_byte(reader, '\\'))
			reason = read_escape(reader);
		else
			reason = reader->data[reader->at] ? "holds a control character in a string"
							  : "holds a NUL byte";
	}
	return reason;
}

static const char *open_bracket(struct json_reader *reader, bool object)
{
	if (reader->depth == JSON_DEPTH_MAX)
		return "is nested too deeply";
	reader->at++;
	reader->depth++;
	reader->objects = reader->objects << 1 | object;
	reader->expected = object ? JSON_EXPECT_NAME_OR_END : JSON_EXPECT_ELEMENT_OR_END;
	return NULL;
}

static void end_value(struct json_reader *reader)
{
	reader->expected = reader->depth ? JSON_EXPECT_COMMA_OR_END : JSON_EXPECT_NOTHING;
}

/* Whether the bracket ends what is open, and may do so here. */
static bool close_bracket(struct json_reader *reader)
{
	bool object = reader->objects & 1;

	if (!take_byte(reader, object ? '}' : ']'))
		return false;
	reader->depth--;
	reader->objects >>= 1;
	end_value(reader);
	return true;
}

static const char *read_value(struct json_reader *reader)
{
	char byte = reader->data[reader->at];
	const char *reason;

	reader->values++;
	if (byte == '{' || byte == '[')
		return open_bracket(reader, byte == '{');
	if (byte == '"')
		reason = read_string(reader);
	else if (byte == '-' || is_digit(byte))
		reason = read_number(reader);
	else if (byte == 't')
		reason = read_word(reader, "true");
	else if (byte == 'f')
		reason = read_word(reader, "false");
	else if (byte == 'n')
		reason = read_word(reader, "null");
	else
		return "is not JSON";
	end_value(reader);
	return reason;
}

static const char *read_name(struct json_reader *reader)
{
	if (reader->data[reader->at] != '"')
		return "is not JSON";
	reader->expected = JSON_EXPECT_COLON;
	return read_string(reader);
}

const char *json_reader_take_token(struct json_reader *reader)
{
	char byte = reader->data[reader->at];

	if (byte >= 0 && byte < 0x20)
		return byte ? "holds a control character" : "holds a NUL byte";
	switch (reader->expected) {
	case JSON_EXPECT_ELEMENT_OR_END:
		return close_bracket(reader) ? NULL : read_value(reader);
	case JSON_EXPECT_VALUE:
		return read_value(reader);
	case JSON_EXPECT_NAME_OR_END:
		return close_bracket(reader) ? NULL : read_name(reader);
	case JSON_EXPECT_NAME:
		return read_name(reader);
	case JSON_EXPECT_COLON:
		reader->expected = JSON_EXPECT_VALUE;
		return take_byte(reader, ':') ? NULL : "is not JSON";
	case JSON_EXPECT_COMMA_OR_END:
		if (close_bracket(reader))
			return NULL;
		reader->expected = reader->objects & 1 ? JSON_EXPECT_NAME : JSON_EXPECT_VALUE;
		return take_byte(reader, ',') ? NULL : "is not JSON";
	case JSON_EXPECT_NOTHING:
		break;
	}
	return "has bytes behind its end";
}

const char *json_reader_next_number(struct json_reader *reader, size_t *ret_size)
{
	while (json_reader_find_token(reader)) {
		const char *token = reader->data + reader->at;

		reader->reason = json_reader_take_token(reader);
		*ret_size = (size_t)(reader->data + reader->at - token);
		if (reader->reason)
			break;
		if (*token == '-' || is_digit(*token))
			return token;
	}
	return NULL;
}
