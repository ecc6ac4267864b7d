/* SPDX-License-Identifier: MIT */
#include "backend/base/json_text.h"

#include "backend/base/text.h"

/* What may stand next. */
enum expected {
	EXPECT_VALUE,
	EXPECT_ELEMENT_OR_END, /* behind "[" */
	EXPECT_NAME_OR_END,    /* behind "{" */
	EXPECT_NAME,           /* behind the "," of an object */
	EXPECT_COLON,
	EXPECT_COMMA_OR_END,
	EXPECT_NOTHING, /* the value is over */
};

struct reader {
	const char *data;
	size_t length, at;
	enum expected expected;
	uint64_t objects; /* a bit for each open bracket, the innermost last: it is an object's */
	unsigned int depth;
};

#define CUT "ends in the middle" /* by address: more bytes may help */
static const char cut[] = CUT;

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_over(const struct reader *reader)
{
	return reader->at >= reader->length;
}

static void skip_blanks(struct reader *reader)
{
	while (!is_over(reader) && is_blank(reader->data[reader->at]))
		reader->at++;
}

static const char *read_word(struct reader *reader, const char *word)
{
	for (; *word; word++, reader->at++) {
		if (is_over(reader))
			return cut;
		if (reader->data[reader->at] != *word)
			return "is not JSON";
	}
	return NULL;
}

static const char *read_digits(struct reader *reader)
{
	if (is_over(reader))
		return cut;
	if (!is_digit(reader->data[reader->at]))
		return "holds a number that is none";
	while (!is_over(reader) && is_digit(reader->data[reader->at]))
		reader->at++;
	return NULL;
}

static bool take_byte(struct reader *reader, const char *any_of)
{
	if (is_over(reader) || !reader->data[reader->at] ||
		!strchr(any_of, reader->data[reader->at]))
		return false;
	reader->at++;
	return true;
}

static const char *read_number(struct reader *reader)
{
	const char *reason;

	take_byte(reader, "-");
	reason = take_byte(reader, "0") ? NULL : read_digits(reader);
	if (!reason && take_byte(reader, "."))
		reason = read_digits(reader);
	if (!reason && take_byte(reader, "eE")) {
		take_byte(reader, "+-");
		reason = read_digits(reader);
	}
	return reason;
}

/* Behind "\u": four hexadecimal digits. */
static const char *read_unit(struct reader *reader, unsigned int *ret_unit)
{
	static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
	int i;

	*ret_unit = 0;
	for (i = 0; i < 4; i++, reader->at++) {
		char byte = is_over(reader) ? '\0' : reader->data[reader->at];
		const char *digit = byte ? strchr(digits, byte) : NULL;

		if (is_over(reader))
			return cut;
		if (!digit)
			return "holds an escape that is none";
		*ret_unit = *ret_unit << 4 | (unsigned int)(digit - digits) / 2;
	}
	return NULL;
}

/* Behind a backslash. */
static const char *read_escape(struct reader *reader)
{
	unsigned int unit, second;
	const char *reason;

	if (is_over(reader))
		return cut;
	if (take_byte(reader, "\"\\/bfnrt"))
		return NULL;
	if (!take_byte(reader, "u"))
		return "holds an escape that is none";
	reason = read_unit(reader, &unit);
	if (reason)
		return reason;
	if (!unit)
		return "holds a NUL byte";
	if (unit < 0xd800 || unit > 0xdfff)
		return NULL;
	if (unit > 0xdbff)
		return "holds an escape that is none";
	reason = read_word(reader, "\\u");
	if (!reason)
		reason = read_unit(reader, &second);
	if (reason)
		return reason == cut ? cut : "holds an escape that is none";
	return second < 0xdc00 || second > 0xdfff ? "holds an escape that is none" : NULL;
}

/* From the first quote to behind the last. */
static const char *read_string(struct reader *reader)
{
	const char *reason = NULL;

	reader->at++;
	while (!reason) {
		if (is_over(reader))
			return cut;
		if (take_byte(reader, "\""))
			return NULL;
		if (take_byte(reader, "\\"))
			reason = read_escape(reader);
		else if ((unsigned char)reader->data[reader->at] < 0x20)
			reason = "holds a control character in a string";
		else
			reader->at++;
	}
	return reason;
}

static const char *open_bracket(struct reader *reader, bool object)
{
	if (reader->depth == JSON_DEPTH_MAX)
		return "is nested too deeply";
	reader->at++;
	reader->depth++;
	reader->objects = reader->objects << 1 | object;
	reader->expected = object ? EXPECT_NAME_OR_END : EXPECT_ELEMENT_OR_END;
	return NULL;
}

static void end_value(struct reader *reader)
{
	reader->expected = reader->depth ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

/* Whether the bracket ends what is open, and may do so here. */
static bool close_bracket(struct reader *reader)
{
	bool object = reader->objects & 1;

	if (!take_byte(reader, object ? "}" : "]"))
		return false;
	reader->depth--;
	reader->objects >>= 1;
	end_value(reader);
	return true;
}

static const char *read_value(struct reader *reader)
{
	char byte = reader->data[reader->at];
	const char *reason;

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

static const char *read_name(struct reader *reader)
{
	if (reader->data[reader->at] != '"')
		return "is not JSON";
	reader->expected = EXPECT_COLON;
	return read_string(reader);
}

/* One token, that stands at reader->at. NULL or what is wrong with it. */
static const char *read_token(struct reader *reader)
{
	switch (reader->expected) {
	case EXPECT_ELEMENT_OR_END:
		return close_bracket(reader) ? NULL : read_value(reader);
	case EXPECT_VALUE:
		return read_value(reader);
	case EXPECT_NAME_OR_END:
		return close_bracket(reader) ? NULL : read_name(reader);
	case EXPECT_NAME:
		return read_name(reader);
	case EXPECT_COLON:
		reader->expected = EXPECT_VALUE;
		return take_byte(reader, ":") ? NULL : "is not JSON";
	case EXPECT_COMMA_OR_END:
		if (close_bracket(reader))
			return NULL;
		reader->expected = reader->objects & 1 ? EXPECT_NAME : EXPECT_VALUE;
		return take_byte(reader, ",") ? NULL : "is not JSON";
	case EXPECT_NOTHING:
		break;
	}
	return "has bytes behind its end";
}

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
	struct reader reader = {.data = data, .length = length};
	const char *reason = NULL;

	while (!reason) {
		skip_blanks(&reader);
		if (is_over(&reader))
			break;
		reason = read_token(&reader);
	}
	if (reason && reason != cut) {
		set_fault(ret_fault, reason, data, reader.at);
		return JSON_TEXT_WRONG;
	}
	if (!text_is_utf8(data, text_whole_characters(data, length))) {
		*ret_fault = (struct json_text_fault){.reason = "is not UTF-8"};
		return JSON_TEXT_WRONG;
	}
	if (!reason && reader.expected == EXPECT_NOTHING)
		return JSON_TEXT_WHOLE;
	if (!reason && reader.expected == EXPECT_VALUE && !reader.depth)
		return JSON_TEXT_BLANK;
	set_fault(ret_fault, cut, data, reader.at);
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
	struct reader reader = {.data = data, .length = length};
	size_t count = 0;

	if (!count_before(tree, value, &count))
		return 0;
	for (;;) {
		skip_blanks(&reader);
		if (is_over(&reader))
			return 0;
		if ((reader.expected == EXPECT_VALUE ||
			    (reader.expected == EXPECT_ELEMENT_OR_END && data[reader.at] != ']')) &&
			!count--)
			return line_at(data, reader.at);
		if (read_token(&reader))
			return 0;
	}
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
