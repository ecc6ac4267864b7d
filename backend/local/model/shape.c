/* SPDX-License-Identifier: MIT */
#include "backend/local/model/shape.h"

#include <errno.h>
#include <math.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/model/pattern.h"

#define PATH_MAX_BYTES 512
#define JSON_INTEGER_MAX ((int64_t)1 << 53)

struct validation {
	struct buffer list; /* "violation; violation" */
	size_t count;
	int error;
};

static void keep_error(struct validation *validation, int error)
{
	if (error && !validation->error)
		validation->error = error;
}

/* --- how AWS shows a value: Java's toString() --- */

static int append_double(struct buffer *out, double value)
{
	char text[NUMBER_DOUBLE_SIZE];
	int error;

	number_format_double(value, text);
	error = buffer_append_string(out, text);
	if (!error && !strpbrk(text, ".e"))
		error = buffer_append_string(out, ".0");
	return error;
}

static int append_value(struct buffer *out, const struct shape *shape, const struct json *value);

static int append_items(
	struct buffer *out, const struct shape *shape, const struct json *value, bool names)
{
	int error = 0;

	for (const struct json *item = json_first(value); item && !error; item = json_next(item)) {
		if (item != json_first(value))
			error = buffer_append_string(out, ", ");
		if (!error && names)
			error = buffer_appendf(out, "%s=", json_name(item));
		if (!error)
			error = append_value(out, shape, item);
	}
	return error;
}

static int append_bracketed(struct buffer *out, const struct shape *shape, const struct json *value,
	const char *brackets, bool names)
{
	int error = buffer_append_byte(out, brackets[0]);

	if (!error)
		error = append_items(out, shape, value, names);
	return error ? error : buffer_append_byte(out, brackets[1]);
}

static int append_value(struct buffer *out, const struct shape *shape, const struct json *value)
{
	char text[NUMBER_DOUBLE_SIZE];
	double number;

	if (json_string(value))
		return buffer_append_string(out, json_string(value));
	if (json_number(value, &number)) {
		if (shape && shape->kind == SHAPE_DOUBLE)
			return append_double(out, number);
		number_format_double(number, text);
		return buffer_append_string(out, text);
	}
	if (json_is_boolean(value))
		return buffer_append_string(out, json_is_true(value) ? "true" : "false");
	if (json_is_array(value))
		return append_bracketed(out, shape ? shape->element : NULL, value, "[]", false);
	if (json_is_object(value))
		return append_bracketed(out, shape ? shape->element : NULL, value, "{}", true);
	return buffer_append_string(out, "null");
}

/* --- what can be wrong with a value, each as AWS words it --- */

/* Starts one violation: "Value 'v' at 'path' failed to satisfy constraint: ". */
static void begin_violation(struct validation *validation, const char *path,
	const struct shape *shape, const struct json *value)
{
	struct buffer *list = &validation->list;
	bool quoted = value && !json_is_null(value);

	if (validation->count++)
		keep_error(validation, buffer_append_string(list, "; "));
	keep_error(validation, buffer_append_string(list, quoted ? "Value '" : "Value "));
	keep_error(validation, append_value(list, shape, value));
	keep_error(validation, buffer_appendf(list, "%s at '%s' failed to satisfy constraint: ",
				       quoted ? "'" : "", path));
}

/* The bound as AWS prints it: integers plain, bounds of doubles with a decimal. */
static int append_bound(struct buffer *out, const struct shape *shape, double bound)
{
	return shape->kind == SHAPE_DOUBLE ? append_double(out, bound)
					   : buffer_appendf(out, "%.0f", bound);
}

static const char *name_measure(const struct shape *shape)
{
	return shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG ||
			       shape->kind == SHAPE_DOUBLE
		       ? "value"
		       : "length";
}

static int append_maximum(struct buffer *out, const struct shape *shape)
{
	int error = buffer_appendf(
		out, "Member must have %s less than or equal to ", name_measure(shape));

	return error ? error : append_bound(out, shape, shape->maximum);
}

static int append_minimum(struct buffer *out, const struct shape *shape)
{
	int error = buffer_appendf(
		out, "Member must have %s greater than or equal to ", name_measure(shape));

	return error ? error : append_bound(out, shape, shape->minimum);
}

static int append_pattern(struct buffer *out, const struct shape *shape)
{
	return buffer_appendf(
		out, "Member must satisfy regular expression pattern: %s", shape->pattern);
}

static int append_enum(struct buffer *out, const struct shape *shape)
{
	int error = buffer_append_string(out, "Member must satisfy enum value set: [");

	for (size_t i = 0; shape->values[i] && !error; i++)
		error = buffer_appendf(out, "%s%s", i ? ", " : "", shape->values[i]);
	return error ? error : buffer_append_byte(out, ']');
}

/* The number that the shape's bounds are about: the value itself, or a length. */
static double measure_value(const struct shape *shape, const struct json *value)
{
	double number = 0;

	if (json_number(value, &number))
		return number;
	if (shape->kind == SHAPE_STRING || shape->kind == SHAPE_BLOB)
		return (double)text_count_code_points(json_string(value) ? json_string(value) : "");
	return (double)json_count(value);
}

static bool above_maximum(const struct shape *shape, const struct json *value)
{
	return shape->has_maximum && measure_value(shape, value) > shape->maximum;
}

static bool below_minimum(const struct shape *shape, const struct json *value)
{
	return shape->has_minimum && measure_value(shape, value) < shape->minimum;
}

static bool misses_pattern(const struct shape *shape, const struct json *value)
{
	return shape->pattern && json_string(value) &&
	       !pattern_matches(shape->pattern, json_string(value));
}

static bool is_enum_value(const struct shape *shape, const char *text)
{
	return text_is_one_of(text, shape->values) || text_is_one_of(text, shape->unlisted_values);
}

static bool misses_enum(const struct shape *shape, const struct json *value)
{
	if (!shape->values)
		return false;
	if (json_string(value))
		return !is_enum_value(shape, json_string(value));
	for (const struct json *item = json_first(value); item; item = json_next(item)) {
		if (json_string(item) && !is_enum_value(shape, json_string(item)))
			return true;
	}
	return false;
}

/* Whether a value that stands inside a list or map breaks its shape's own constraints. */
static bool is_bad_item(const struct shape *shape, const struct json *value)
{
	return json_is_null(value) || above_maximum(shape, value) || below_minimum(shape, value) ||
	       misses_pattern(shape, value) || misses_enum(shape, value);
}

/* "[Member must …, Member must …]": everything that an item, or a key, has to be. */
static void append_all_constraints(
	struct validation *validation, const struct shape *shape, bool nullable)
{
	struct buffer *list = &validation->list;
	const char *separator = "";

	keep_error(validation, buffer_append_byte(list, '['));
#define PART(condition, call)                                                                      \
	do {                                                                                       \
		if (condition) {                                                                   \
			keep_error(validation, buffer_append_string(list, separator));             \
			keep_error(validation, (call));                                            \
			separator = ", ";                                                          \
		}                                                                                  \
	} while (0)
	PART(shape->has_maximum, append_maximum(list, shape));
	PART(shape->has_minimum, append_minimum(list, shape));
	PART(shape->pattern, append_pattern(list, shape));
	PART(shape->values, append_enum(list, shape));
	PART(!nullable, buffer_append_string(list, "Member must not be null"));
#undef PART
	keep_error(validation, buffer_append_byte(list, ']'));
}

static void check_value(struct validation *validation, const char *path, const struct shape *shape,
	const struct json *value);

static void check_members(struct validation *validation, const char *path,
	const struct member *members, const struct json *value);

/* The elements of a list or the values of a map. */
static void check_items(struct validation *validation, const char *path, const struct shape *shape,
	const struct json *value)
{
	bool map = shape->kind == SHAPE_MAP;
	char below[PATH_MAX_BYTES];
	size_t index = 0;

	for (const struct json *item = json_first(value); item; item = json_next(item)) {
		index++;
		if (shape->element->kind == SHAPE_STRUCTURE || shape->element->kind == SHAPE_LIST) {
			if (map)
				snprintf(below, sizeof(below), "%s.%s.member", path,
					json_name(item));
			else
				snprintf(below, sizeof(below), "%s.%zu.member", path, index);
			check_value(validation, below, shape->element, item);
		} else if (is_bad_item(shape->element, item)) {
			begin_violation(validation, path, shape, value);
			keep_error(validation, buffer_append_string(&validation->list,
						       map ? "Map value must satisfy constraint: "
							   : "Member must satisfy constraint: "));
			append_all_constraints(validation, shape->element, false);
			return;
		}
	}
}

static bool is_bad_key(const struct shape *shape, const char *key)
{
	double length = (double)text_count_code_points(key);

	return (shape->has_maximum && length > shape->maximum) ||
	       (shape->has_minimum && length < shape->minimum) ||
	       (shape->pattern && !pattern_matches(shape->pattern, key));
}

static void check_keys(struct validation *validation, const char *path, const struct shape *shape,
	const struct json *value)
{
	for (const struct json *item = json_first(value); item; item = json_next(item)) {
		if (!is_bad_key(shape->key, json_name(item)))
			continue;
		begin_violation(validation, path, shape, value);
		keep_error(validation, buffer_append_string(&validation->list,
					       "Map keys must satisfy constraint: "));
		append_all_constraints(validation, shape->key, true);
		return;
	}
}

static void check_own(struct validation *validation, const char *path, const struct shape *shape,
	const struct json *value)
{
	const struct {
		bool broken;
		int (*append)(struct buffer *out, const struct shape *shape);
	} checks[] = {
		{above_maximum(shape, value), append_maximum},
		{below_minimum(shape, value), append_minimum},
		{misses_pattern(shape, value), append_pattern},
		{misses_enum(shape, value), append_enum},
	};

	for (size_t i = 0; i < array_count(checks); i++) {
		if (!checks[i].broken)
			continue;
		begin_violation(validation, path, shape, value);
		keep_error(validation, checks[i].append(&validation->list, shape));
	}
}

static void check_value(struct validation *validation, const char *path, const struct shape *shape,
	const struct json *value)
{
	check_own(validation, path, shape, value);
	if (shape->kind == SHAPE_STRUCTURE && shape->members)
		check_members(validation, path, shape->members, value);
	if (shape->kind == SHAPE_MAP && shape->key)
		check_keys(validation, path, shape, value);
	if ((shape->kind == SHAPE_MAP || shape->kind == SHAPE_LIST) && shape->element)
		check_items(validation, path, shape, value);
}

/* "RoutingConfig" below "" is "routingConfig", below "a" "a.routingConfig". */
static void lower_camel(const char *path, const char *name, char below[PATH_MAX_BYTES])
{
	char first = name[0];

	if (first >= 'A' && first <= 'Z')
		first = (char)(first - 'A' + 'a');
	snprintf(below, PATH_MAX_BYTES, "%s%s%c%s", path, *path ? "." : "", first, name + 1);
}

static void check_members(struct validation *validation, const char *path,
	const struct member *members, const struct json *value)
{
	char below[PATH_MAX_BYTES];

	for (const struct member *member = members; member->name; member++) {
		const struct json *given = json_member(value, member->name);

		lower_camel(path, member->name, below);
		if (given) {
			check_value(validation, below, member->shape, given);
		} else if (member->required) {
			begin_violation(validation, below, member->shape, NULL);
			keep_error(validation,
				buffer_append_string(&validation->list, "Member must not be null"));
		}
	}
}

int shape_validate(const struct member *members, const struct json *input, struct buffer *message)
{
	struct validation validation = {.list = BUFFER_INIT(message->maximum)};
	int error;

	check_members(&validation, "", members, input);
	error = validation.error;
	if (!error && validation.count)
		error = buffer_appendf(message, "%zu validation error%s detected: %s",
			validation.count, validation.count == 1 ? "" : "s",
			buffer_text(&validation.list));
	buffer_release(&validation.list);
	return error;
}

/* --- types --- */

static bool has_type(const struct shape *shape, const struct json *value)
{
	double number;
	int64_t whole;

	switch (shape->kind) {
	case SHAPE_STRING:
	case SHAPE_BLOB:
		return json_string(value);
	case SHAPE_INTEGER:
		return json_whole(value, INT32_MIN, INT32_MAX, &whole);
	case SHAPE_LONG:
		return json_whole(value, -JSON_INTEGER_MAX, JSON_INTEGER_MAX, &whole);
	case SHAPE_DOUBLE:
	case SHAPE_TIMESTAMP:
		return json_number(value, &number);
	case SHAPE_BOOLEAN:
		return json_is_boolean(value);
	case SHAPE_LIST:
		return json_is_array(value);
	case SHAPE_MAP:
	case SHAPE_STRUCTURE:
		return json_is_object(value);
	}
	return false;
}

static const char *json_type_name(const struct json *value)
{
	double number;

	if (json_string(value))
		return "STRING_VALUE";
	if (json_number(value, &number))
		return number == trunc(number) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
	return json_is_true(value) ? "TRUE_VALUE" : "FALSE_VALUE";
}

static const char *shape_type_name(const struct shape *shape)
{
	static const char *const names[] = {
		[SHAPE_STRING] = "a String",
		[SHAPE_INTEGER] = "an Integer",
		[SHAPE_LONG] = "a Long",
		[SHAPE_DOUBLE] = "a Double",
		[SHAPE_BOOLEAN] = "a Boolean",
		[SHAPE_BLOB] = "a Blob",
		[SHAPE_TIMESTAMP] = "a Date",
	};

	return names[shape->kind];
}

/* What stands where the shape wants something else, in AWS's words. */
static const char *describe_type(
	const struct shape *shape, const struct json *value, char *text, size_t text_size)
{
	if (json_is_array(value))
		return "Start of list found where not expected";
	if (json_is_object(value))
		return "Start of structure or map found where not expected.";
	if (shape->kind == SHAPE_LIST || shape->kind == SHAPE_MAP || shape->kind == SHAPE_STRUCTURE)
		return "Unexpected field type";
	snprintf(text, text_size, "%s can not be converted to %s", json_type_name(value),
		shape_type_name(shape));
	return text;
}

static const char *check_type(
	const struct shape *shape, const struct json *value, char *text, size_t text_size)
{
	const char *wrong = NULL;

	if (!value || json_is_null(value))
		return NULL;
	if (!has_type(shape, value))
		return describe_type(shape, value, text, text_size);
	if (shape->kind == SHAPE_STRUCTURE && shape->members)
		return shape_check_types(shape->members, value, text, text_size);
	if ((shape->kind != SHAPE_LIST && shape->kind != SHAPE_MAP) || !shape->element)
		return NULL;
	for (const struct json *item = json_first(value); item && !wrong; item = json_next(item))
		wrong = check_type(shape->element, item, text, text_size);
	return wrong;
}

const char *shape_check_types(
	const struct member *members, const struct json *input, char *text, size_t text_size)
{
	const char *wrong = NULL;

	for (const struct member *member = members; member->name && !wrong; member++)
		wrong = check_type(
			member->shape, json_member(input, member->name), text, text_size);
	return wrong;
}

/* --- integers --- */

/* The member of a tree that is ours to change. */
static struct json *find_member(struct json *object, const char *name)
{
	return (struct json *)(uintptr_t)json_member(object, name);
}

int shape_truncate_integers(const struct member *members, struct json *input)
{
	int error = 0;

	for (const struct member *member = members; member->name && !error; member++) {
		struct json *value = find_member(input, member->name);
		int64_t whole;

		if (member->shape->kind == SHAPE_INTEGER &&
			json_whole(value, INT32_MIN, INT32_MAX, &whole))
			error = json_set_number(input, member->name, (double)whole);
		else if (member->shape->kind == SHAPE_STRUCTURE && member->shape->members &&
			 json_is_object(value))
			error = shape_truncate_integers(member->shape->members, value);
	}
	return error;
}
