/* SPDX-License-Identifier: MIT */
/* What a tool wrote: JSON or not, of the right types or not, and in which line. */
#include <errno.h>

#include "backend/base/json_text.h"
#include "backend/base/map.h"
#include "backend/base/text.h"
#include "backend/documents/ways.h"

enum lambda_status document_fail_at(const struct document_text *text, const struct json *value,
	struct lambda_error *reterr, const char *format, ...)
{
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(4096);
	unsigned int line = json_text_line(text->bytes, text->length, text->tree, value);
	char sentence[400];
	va_list arguments;
	int error = 0;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	/* Names come from what was written: none of them is to command a terminal. */
	if (line)
		error = buffer_appendf(&shown, "line %u: ", line);
	if (!error)
		error = text_append_shown(&shown, sentence);
	return lambda_fail(
		reterr, LAMBDA_INVALID, "%s", error ? "it is not valid" : buffer_text(&shown));
}

enum lambda_status document_text_parse(struct document_text *text, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer name = BUFFER_INIT(512);
	struct json_text_fault fault = {0};
	char where[32] = "";

	text->tree = json_text_parse(text->bytes, text->length, &fault);
	if (text->tree)
		return LAMBDA_OK;
	if (fault.line)
		snprintf(where, sizeof(where), "line %u: ", fault.line);
	if (!fault.name[0])
		return lambda_fail(reterr, LAMBDA_INVALID, "%sthe text %s", where, fault.reason);
	if (text_append_shown(&name, fault.name))
		return lambda_fail_memory(reterr);
	return lambda_fail(reterr, LAMBDA_INVALID, "%sthe member '%s' appears twice", where,
		buffer_text(&name));
}

void document_text_release(struct document_text *text)
{
	json_free(text->tree);
	text->tree = NULL;
}

const struct document_member *document_find_member(
	const struct document_member *members, const char *name)
{
	for (; members && members->name; members++)
		if (!strcmp(members->name, name))
			return members;
	return NULL;
}

/* The digits alone: 5.0 and 5e0 are numbers that AWS would make something of. */
static bool is_whole_number(const struct json *json)
{
	cleanup(buffer_release) struct buffer digits = BUFFER_INIT(64);
	double value;

	if (!json_number(json, &value) || json_print(json, &digits))
		return false;
	return strspn(buffer_text(&digits), "-0123456789") == digits.length;
}

static bool are_texts(const struct json *json)
{
	const struct json *item;

	for (item = json_first(json); item; item = json_next(item))
		if (!json_string(item))
			return false;
	return true;
}

static bool are_objects(const struct json *json)
{
	const struct json *item;

	for (item = json_first(json); item; item = json_next(item))
		if (!json_is_object(item))
			return false;
	return true;
}

/* What a value of that type is, for the sentence; NULL: the value is one. */
static const char *wrong_type(enum document_type type, const struct json *value)
{
	switch (type) {
	case DOCUMENT_TEXT:
		return json_string(value) ? NULL : "text in quotes";
	case DOCUMENT_INTEGER:
		return is_whole_number(value) ? NULL : "a whole number";
	case DOCUMENT_BOOLEAN:
		return json_is_boolean(value) ? NULL : "true or false";
	case DOCUMENT_TEXTS:
		return json_is_array(value) && are_texts(value) ? NULL
								: "a list of texts in quotes";
	case DOCUMENT_TEXT_MAP:
		return json_is_object(value) && are_texts(value) ? NULL
								 : "an object of texts in quotes";
	case DOCUMENT_OBJECT:
		return json_is_object(value) ? NULL : "an object";
	case DOCUMENT_OBJECTS:
		return json_is_array(value) && are_objects(value) ? NULL : "a list of objects";
	case DOCUMENT_ANY:
		break;
	}
	return NULL;
}

struct check {
	const struct document_text *text;
	bool is_open;
	struct lambda_error *reterr;
};

static enum lambda_status check_members(const struct check *check, const struct json *object,
	const struct document_member *members);

/* One value whose type is known, and what is in it. */
static enum lambda_status check_value(
	const struct check *check, const struct json *value, const struct document_member *member)
{
	const char *wanted = wrong_type(member->type, value);
	const struct json *item;
	enum lambda_status status = LAMBDA_OK;

	if (wanted)
		return document_fail_at(check->text, value, check->reterr,
			"the member '%.64s' has to be %s", json_name(value), wanted);
	if (!member->members)
		return LAMBDA_OK;
	if (member->type == DOCUMENT_OBJECT)
		return check_members(check, value, member->members);
	for (item = json_first(value); item && !status; item = json_next(item))
		status = check_members(check, item, member->members);
	return status;
}

static enum lambda_status check_required(
	const struct check *check, const struct json *object, const struct document_member *members)
{
	for (; members->name; members++)
		if (members->is_required && !json_member(object, members->name))
			return document_fail_at(check->text, object, check->reterr,
				"the member '%s' is missing", members->name);
	return LAMBDA_OK;
}

/* Recursion is bounded by the tables. */
static enum lambda_status check_members(
	const struct check *check, const struct json *object, const struct document_member *members)
{
	enum lambda_status status = LAMBDA_OK;
	const struct json *value;

	for (value = json_first(object); value && !status; value = json_next(value)) {
		const struct document_member *member =
			document_find_member(members, json_name(value));

		if (member)
			status = check_value(check, value, member);
		else if (!check->is_open)
			status = document_fail_at(check->text, value, check->reterr,
				"there is no member '%.64s' in this document", json_name(value));
	}
	return status ? status : check_required(check, object, members);
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static enum lambda_status check_nulls(
	const struct document_text *text, const struct json *json, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	const struct json *item;

	for (item = json_first(json); item && !status; item = json_next(item)) {
		if (json_is_null(item))
			return document_fail_at(text, item, reterr,
				"%s%.64s%s null: leave it out instead",
				json_is_object(json) ? "the member '" : "an element",
				json_name(item), json_is_object(json) ? "' is" : " is");
		status = check_nulls(text, item, reterr);
	}
	return status;
}

enum lambda_status document_check_types(const struct document_text *text,
	const struct document_ways *ways, struct lambda_error *reterr)
{
	const struct check check = {.text = text, .is_open = ways->is_open, .reterr = reterr};
	enum lambda_status status = LAMBDA_OK;
	const struct json *item;

	if (!json_is_object(text->tree))
		return document_fail_at(
			text, text->tree, reterr, "the document has to be an object: { … }");
	if (json_count(text->tree) > DOCUMENT_MEMBERS_MAX)
		return lambda_fail(reterr, LAMBDA_TOO_LARGE, "the document has over %d members",
			DOCUMENT_MEMBERS_MAX);
	status = check_nulls(text, text->tree, reterr);
	if (status || (ways->is_removable && !json_count(text->tree)))
		return status;
	if (ways->type != DOCUMENT_TEXT_MAP)
		return check_members(&check, text->tree, ways->members);
	for (item = json_first(text->tree); item; item = json_next(item))
		if (!json_string(item))
			return document_fail_at(text, item, reterr,
				"the member '%.64s' has to be text in quotes", json_name(item));
	return LAMBDA_OK;
}

enum lambda_status document_check_whole(const struct document_text *text,
	const struct json *written, const struct json *shown,
	bool (*may_be_absent)(const char *name, const struct json *written),
	struct lambda_error *reterr)
{
	const struct json *inner;

	if (!json_is_object(written) || !json_is_object(shown))
		return LAMBDA_OK;
	for (inner = json_first(shown); inner; inner = json_next(inner))
		if (!json_has_member(written, json_name(inner)) &&
			(!may_be_absent || !may_be_absent(json_name(inner), written)))
			return document_fail_at(text, written, reterr,
				"the member '%.64s' of '%.64s' is left out: AWS would keep its "
				"value or set a default, so write it",
				json_name(inner), json_name(written));
	return LAMBDA_OK;
}

enum lambda_status document_check_unique(const struct document_text *text, const char *name,
	const char *member, struct lambda_error *reterr)
{
	const struct json *item;
	struct name_map seen = {0};
	enum lambda_status status = LAMBDA_OK;

	for (item = json_first(json_member(text->tree, name)); item && !status;
		item = json_next(item)) {
		const char *value = json_member_string(item, member, "");

		if (name_map_find(&seen, value))
			status = document_fail_at(
				text, item, reterr, "the %s '%.100s' appears twice", member, value);
		else if (name_map_add(&seen, value, &seen))
			status = lambda_fail_memory(reterr);
	}
	name_map_release(&seen);
	return status;
}
