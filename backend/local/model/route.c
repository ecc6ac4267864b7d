/* SPDX-License-Identifier: MIT */
#include "backend/local/model/route.h"

#include <errno.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/model/shape.h"

#define SEGMENTS_MAX 8
#define PARAMETER_MAX 131072 /* bytes of one decoded parameter */
#define LONG_PARAMETER_MAX ((uint64_t)1 << 53)

struct segment {
	const char *start;
	size_t length;
};

/* The length of the path in a target, without one slash at its end. */
static size_t path_length(const char *target)
{
	size_t length = strcspn(target, "?");

	return length > 1 && target[length - 1] == '/' ? length - 1 : length;
}

/* Splits a path that a pattern matched, or a pattern, at its slashes. */
static size_t split_path(const char *path, struct segment segments[SEGMENTS_MAX])
{
	size_t length = path_length(path), count = 0, at = 1;

	while (at <= length) {
		size_t end = at;

		while (end < length && path[end] != '/')
			end++;
		if (count == SEGMENTS_MAX)
			return 0;
		segments[count++] = (struct segment){.start = path + at, .length = end - at};
		at = end + 1;
	}
	return count;
}

static bool is_label(const struct segment *segment)
{
	return segment->length > 2 && segment->start[0] == '{';
}

/* Whether the path has the pattern's segments, any text of at least one byte for each label. */
static bool path_matches(const char *pattern, const char *path, size_t length)
{
	size_t at = 0;

	while (*pattern) {
		if (*pattern == '{') {
			size_t start = at;

			while (at < length && path[at] != '/')
				at++;
			if (at == start)
				return false;
			pattern = strchr(pattern, '}') + 1;
		} else if (at < length && path[at] == *pattern) {
			at++;
			pattern++;
		} else {
			return false;
		}
	}
	return at == length;
}

/* The value of a query parameter as sent, or false. `index` counts repetitions from 0. */
static bool find_query(
	const char *target, const char *name, size_t index, struct segment *ret_value)
{
	const char *query = strchr(target, '?');

	while (query && *query) {
		const char *item = query + 1;
		size_t length = strcspn(item, "&"), name_length = strcspn(item, "=&");

		if (name_length == strlen(name) && !memcmp(item, name, name_length) && !index--) {
			size_t skip = name_length < length ? name_length + 1 : name_length;

			*ret_value = (struct segment){item + skip, length - skip};
			return true;
		}
		query = item[length] == '&' ? item + length : NULL;
	}
	return false;
}

const struct operation *route_find(const char *method, const char *target)
{
	size_t length = path_length(target);
	struct segment ignored;

	for (size_t i = 0; i < operation_count; i++) {
		const struct operation *operation = &operations[i];

		if (!operation->target && !strcmp(operation->method, method) &&
			path_matches(operation->path, target, length) &&
			(!operation->query || find_query(target, operation->query, 0, &ignored)))
			return operation;
	}
	return NULL;
}

const struct operation *route_find_target(const char *target)
{
	/* Recorded: some SDKs send it, some do not. */
	static const char prefix[] = "com.amazonaws.cloudtrail.v20131101.";

	if (text_starts_with(target, prefix))
		target += strlen(prefix);
	for (size_t i = 0; i < operation_count; i++) {
		if (operations[i].target && !strcmp(operations[i].target, target))
			return &operations[i];
	}
	return NULL;
}

static int decode_segment(
	const struct segment *segment, struct buffer *out, const char **ret_reason)
{
	int error = text_percent_decode(segment->start, segment->length, out);

	if (!error && (strlen(buffer_text(out)) != out->length ||
			      !text_is_utf8(buffer_text(out), out->length)))
		error = -EINVAL;
	if (error == -EINVAL || error == -EFBIG) {
		*ret_reason = "The request's path or query is not well-formed";
		return -EINVAL;
	}
	return error;
}

/* Sets one decoded parameter with the type that its shape wants. */
static int set_typed(
	struct json *input, const struct member *member, const char *text, const char **ret_reason)
{
	uint64_t number;
	int64_t seconds;
	bool flag, negative;

	switch (member->shape->kind) {
	case SHAPE_TIMESTAMP:
		if (text_parse_time(text, &seconds)) {
			*ret_reason = "STRING_VALUE can not be converted to a Date";
			return -EINVAL;
		}
		return json_set_number(input, member->name, (double)seconds);
	case SHAPE_INTEGER:
	case SHAPE_LONG:
		negative = *text == '-';
		if (number_parse_u64(text + negative,
			    member->shape->kind == SHAPE_LONG ? LONG_PARAMETER_MAX : INT32_MAX,
			    &number)) {
			*ret_reason = member->shape->kind == SHAPE_LONG
					      ? "STRING_VALUE can not be converted to a Long"
					      : "STRING_VALUE can not be converted to an Integer";
			return -EINVAL;
		}
		return json_set_number(
			input, member->name, negative ? -(double)number : (double)number);
	case SHAPE_BOOLEAN:
		if (number_parse_boolean(text, &flag)) {
			*ret_reason = "STRING_VALUE can not be converted to a Boolean";
			return -EINVAL;
		}
		return json_set_boolean(input, member->name, flag);
	default:
		return json_set_string(input, member->name, text);
	}
}

static int set_parameter(struct json *input, const struct member *member,
	const struct segment *value, const char **ret_reason)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(PARAMETER_MAX);
	int error = decode_segment(value, &text, ret_reason);

	return error ? error : set_typed(input, member, buffer_text(&text), ret_reason);
}

/* A list repeats its name: `tagKeys=a&tagKeys=b`. */
static int set_list(struct json *input, const struct member *member, const char *target,
	const char *name, const char **ret_reason)
{
	struct json *list = NULL;
	struct segment value;
	int error = 0;

	for (size_t i = 0; !error && find_query(target, name, i, &value); i++) {
		cleanup(buffer_release) struct buffer text = BUFFER_INIT(PARAMETER_MAX);

		if (!list)
			list = json_new_array();
		error = list ? decode_segment(&value, &text, ret_reason) : -ENOMEM;
		if (!error)
			error = json_append(list, json_new_string(buffer_text(&text)));
	}
	if (error || !list) {
		json_free(list);
		return error;
	}
	return json_set(input, member->name, list);
}

static int set_query(struct json *input, const struct member *member, const char *target,
	const char **ret_reason)
{
	const char *name = member->wire_name ? member->wire_name : member->name;
	struct segment value;

	if (member->shape->kind == SHAPE_LIST)
		return set_list(input, member, target, name, ret_reason);
	if (!find_query(target, name, 0, &value))
		return 0;
	return set_parameter(input, member, &value, ret_reason);
}

/* The segment of `given` that stands where the pattern has this label. */
static const struct segment *find_label(
	const struct segment *pattern, const struct segment *given, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (is_label(&pattern[i]) && pattern[i].length == strlen(name) + 2 &&
			!memcmp(pattern[i].start + 1, name, strlen(name)))
			return &given[i];
	}
	return NULL;
}

int route_parameters(const struct operation *operation, const char *target, struct json *input,
	const char **ret_reason)
{
	struct segment pattern[SEGMENTS_MAX], given[SEGMENTS_MAX];
	size_t count = split_path(target, given);
	int error = 0;

	split_path(operation->path, pattern);
	for (const struct member *member = operation->members; member->name && !error; member++) {
		if (member->location == IN_QUERY) {
			error = set_query(input, member, target, ret_reason);
		} else if (member->location == IN_LABEL) {
			const struct segment *label =
				find_label(pattern, given, count, member->name);

			error = label ? set_parameter(input, member, label, ret_reason) : -EINVAL;
		}
	}
	return error;
}
