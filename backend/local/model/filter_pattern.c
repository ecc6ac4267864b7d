/* SPDX-License-Identifier: MIT */
#include "backend/local/model/filter_pattern.h"

#include <string.h>

#include "backend/base/cleanup.h"
#include "backend/base/json.h"

static bool is_scalar(const struct json *value)
{
	double number;

	return json_string(value) || json_number(value, &number) || json_is_boolean(value) ||
	       json_is_null(value);
}

static bool is_text(const struct json *value)
{
	return json_string(value);
}

static bool is_list_of(const struct json *list, bool (*is_good)(const struct json *value))
{
	const struct json *item = json_first(list);

	if (!json_is_array(list) || !item)
		return false;
	while (item && is_good(item))
		item = json_next(item);
	return !item;
}

/* "a", ["a", "b"] or, for the text operators, {"equals-ignore-case": "a"}. */
static bool is_text_operand(const struct json *value)
{
	const struct json *ignoring = json_member(value, "equals-ignore-case");

	if (json_is_object(value))
		return json_count(value) == 1 &&
		       (json_string(ignoring) || is_list_of(ignoring, is_text));
	return json_string(value) || is_list_of(value, is_text);
}

static bool is_excluded(const struct json *value)
{
	static const char *const within[] = {"prefix", "suffix", "equals-ignore-case", "wildcard"};

	if (!json_is_object(value))
		return (is_scalar(value) && !json_is_null(value)) || is_list_of(value, is_scalar);
	for (size_t i = 0; i < array_count(within); i++) {
		if (json_count(value) == 1 && is_text_operand(json_member(value, within[i])))
			return true;
	}
	return false;
}

/* [">", 0] or [">=", 0, "<", 10]; "=" stands alone. */
static bool is_range(const struct json *list)
{
	static const char *const lower[] = {">", ">="}, *const upper[] = {"<", "<="};
	const struct json *item = json_first(list);
	bool seen_lower = false, seen_upper = false;
	size_t count = json_count(list);
	double number;

	if (!json_is_array(list) || (count != 2 && count != 4))
		return false;
	for (; item; item = json_next(json_next(item))) {
		const char *comparison = json_string(item);

		if (!comparison || !json_number(json_next(item), &number))
			return false;
		if (!strcmp(comparison, "=") && count == 2)
			return true;
		if (!strcmp(comparison, lower[0]) || !strcmp(comparison, lower[1])) {
			if (seen_lower || seen_upper)
				return false;
			seen_lower = true;
		} else if (!strcmp(comparison, upper[0]) || !strcmp(comparison, upper[1])) {
			if (seen_upper)
				return false;
			seen_upper = true;
		} else {
			return false;
		}
	}
	return true;
}

static bool is_comparison(const struct json *value)
{
	static const struct {
		const char *name;
		bool (*is_operand)(const struct json *value);
	} known[] = {
		{"prefix", is_text_operand},
		{"suffix", is_text_operand},
		{"equals-ignore-case", is_text},
		{"wildcard", is_text},
		{"cidr", is_text},
		{"exists", json_is_boolean},
		{"anything-but", is_excluded},
		{"numeric", is_range},
	};
	const struct json *operand = json_first(value);

	if (!json_is_object(value) || json_count(value) != 1)
		return false;
	for (size_t i = 0; i < array_count(known); i++) {
		if (!strcmp(json_name(operand), known[i].name))
			return known[i].is_operand(operand);
	}
	return false;
}

static bool is_leaf(const struct json *value)
{
	return is_scalar(value) || is_comparison(value);
}

/* Recursion is bounded: json_parse() takes only so many levels. */
static bool is_pattern(const struct json *object)
{
	if (!json_is_object(object) || !json_count(object))
		return false;
	for (const struct json *item = json_first(object); item; item = json_next(item)) {
		bool alternatives = !strcmp(json_name(item), "$or");
		bool good = alternatives && json_is_array(item)
				    ? json_count(item) > 1 && is_list_of(item, is_pattern)
				    : is_list_of(item, is_leaf) || is_pattern(item);

		if (!good)
			return false;
	}
	return true;
}

bool filter_pattern_is_valid(const char *text)
{
	struct json *pattern = json_parse(text, strlen(text), NULL);
	bool good = is_pattern(pattern);

	json_free(pattern);
	return good;
}
