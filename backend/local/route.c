/* SPDX-License-Identifier: MIT */
#include "backend/local/route.h"

#include <errno.h>

#include "backend/base/number.h"
#include "backend/base/text.h"

#define SEGMENTS_MAX 8
#define PARAMETER_MAX 131072 /* bytes of one decoded parameter */

struct segment {
	const char *start;
	size_t length;
};

/* Splits a path at its slashes; one at the end does not count. Gives 0 for what cannot be one of ours. */
static size_t split_path(const char *path, struct segment segments[SEGMENTS_MAX])
{
	size_t length = strcspn(path, "?"), count = 0, at = 1;

	if (!length || path[0] != '/')
		return 0;
	if (length > 1 && path[length - 1] == '/')
		length--;
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

static bool segments_match(const struct segment *pattern, const struct segment *given, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_label(&pattern[i])
				? given[i].length == 0
				: given[i].length != pattern[i].length ||
					  memcmp(given[i].start, pattern[i].start, given[i].length))
			return false;
	}
	return true;
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

static bool operation_matches(const struct operation *operation, const char *method,
	const char *target, const struct segment *given, size_t count)
{
	struct segment pattern[SEGMENTS_MAX], ignored;

	if (strcmp(operation->method, method) || split_path(operation->path, pattern) != count ||
		!segments_match(pattern, given, count))
		return false;
	return !operation->query || find_query(target, operation->query, 0, &ignored);
}

const struct operation *route_find(const char *method, const char *target)
{
	struct segment given[SEGMENTS_MAX];
	size_t count = split_path(target, given);

	for (size_t i = 0; i < operation_count && count; i++) {
		if (operation_matches(&operations[i], method, target, given, count))
			return &operations[i];
	}
	return NULL;
}

static int decode(const struct segment *segment, struct buffer *out, const char **ret_reason)
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
	bool flag, negative;

	switch (member->shape->kind) {
	case SHAPE_INTEGER:
		negative = *text == '-';
		if (number_parse_u64(text + negative, INT32_MAX, &number)) {
			*ret_reason = "STRING_VALUE can not be converted to an Integer";
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
	int error = decode(value, &text, ret_reason);

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
		error = list ? decode(&value, &text, ret_reason) : -ENOMEM;
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
