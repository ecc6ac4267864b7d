/* SPDX-License-Identifier: MIT */
#include "backend/base/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <stdlib.h>

#include "backend/base/json_reader.h"
#include "backend/base/number.h"
#include "backend/base/text.h"

#define NO_MEMORY "is too large for the memory there is"
#define EXACT_INTEGER_MAX 9007199254740991.0 /* 2^53 - 1 */
#define PLAIN_DIGITS_MAX 15                  /* so many digits always fit into a double */
#define CJSON_NUMBER_MAX 63 /* bytes of a number that cJSON takes; it refuses longer ones */

static cJSON *unwrap_json(struct json *json)
{
	return (cJSON *)json;
}

static const cJSON *unwrap_const_json(const struct json *json)
{
	return (const cJSON *)json;
}

static struct json *wrap_json(cJSON *json)
{
	return (struct json *)json;
}

static const struct json *wrap_const_json(const cJSON *json)
{
	return (const struct json *)json;
}

/* The numbers of a document. */
struct numbers {
	size_t longest;   /* bytes of the longest */
	bool need_digits; /* one is not plain */
};

/* Whether a double prints just these digits again: most numbers, and they need no text beside them. */
static bool is_plain_number(const char *digits, size_t length)
{
	size_t sign = digits[0] == '-', i;

	for (i = sign; i < length; i++)
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	return length <= PLAIN_DIGITS_MAX && !(sign && digits[1] == '0');
}

/* All that cJSON does not check but names that repeat. NULL or what is wrong. */
static const char *scan_text(const char *data, size_t length, struct numbers *ret_numbers)
{
	struct json_reader reader = {.data = data, .length = length};
	const char *digits;
	size_t size;

	if (!text_is_utf8(data, length))
		return "is not UTF-8";
	while ((digits = json_reader_next_number(&reader, &size))) {
		if (size > ret_numbers->longest)
			ret_numbers->longest = size;
		ret_numbers->need_digits |= !is_plain_number(digits, size);
	}
	if (reader.reason && reader.reason != json_cut)
		return reader.reason;
	if (reader.reason || reader.expected != JSON_EXPECT_NOTHING)
		return "is not JSON";
	return reader.values > JSON_VALUES_MAX ? "holds too many values" : NULL;
}

/* A copy in which 0 and blanks stand for each number that cJSON would refuse. NULL when out of memory. */
static char *shorten_numbers(const char *data, size_t length)
{
	struct json_reader reader = {.data = data, .length = length};
	char *copy = malloc(length);
	const char *digits;
	size_t size;

	if (!copy)
		return NULL;
	memcpy(copy, data, length);
	while ((digits = json_reader_next_number(&reader, &size))) {
		if (size > CJSON_NUMBER_MAX) {
			memset(copy + (digits - data), ' ', size);
			copy[digits - data] = '0';
		}
	}
	return copy;
}

/* cJSON frees and copies the text of a number as it does a string's. 0 or -ENOMEM. */
static int set_digits(cJSON *number, const char *digits, size_t length)
{
	char *text = cJSON_malloc(length + 1);

	if (!text)
		return -ENOMEM;
	memcpy(text, digits, length);
	text[length] = '\0';
	number->valuestring = text;
	number->valuedouble = strtod(text, NULL);
	return 0;
}

/*
 * Gives the numbers of the tree, which stand in the order of the bytes, their digits. Recursion is bounded by
 * JSON_DEPTH_MAX. 0 or -ENOMEM.
 */
static int keep_digits(cJSON *json, struct json_reader *reader)
{
	cJSON *child;
	int error = 0;

	if (cJSON_IsNumber(json)) {
		size_t size = 0;
		const char *digits = json_reader_next_number(reader, &size);

		return !digits || is_plain_number(digits, size) ? 0
								: set_digits(json, digits, size);
	}
	for (child = json->child; child && !error; child = child->next)
		error = keep_digits(child, reader);
	return error;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp((*(cJSON *const *)left)->string, (*(cJSON *const *)right)->string);
}

/* The members of an object sorted by name, in a malloc'ed array; NULL when out of memory. */
static cJSON **sorted_members(const cJSON *object, size_t count)
{
	cJSON **members = calloc(count ? count : 1, sizeof(*members));
	size_t i = 0;
	cJSON *item;

	if (!members)
		return NULL;
	for (item = object->child; item; item = item->next)
		members[i++] = item;
	qsort(members, count, sizeof(*members), compare_names);
	return members;
}

/* Which of two members stands behind the other. */
static const cJSON *later_member(const cJSON *one, const cJSON *other)
{
	const cJSON *item;

	for (item = one; item; item = item->next)
		if (item == other)
			return other;
	return one;
}

/*
 * Names must not repeat: *ret_twice is the member whose name does. Recursion is bounded by JSON_DEPTH_MAX. NULL or
 * what is wrong.
 */
static const char *check_tree(const cJSON *json, const cJSON **ret_twice)
{
	size_t count = json_count(wrap_const_json(json)), i;
	const cJSON *child;

	if (cJSON_IsObject(json) && count > 1) {
		cleanup(free_pointer) cJSON **members = sorted_members(json, count);

		if (!members)
			return NO_MEMORY;
		for (i = 1; i < count; i++)
			if (!strcmp(members[i - 1]->string, members[i]->string)) {
				*ret_twice = later_member(members[i - 1], members[i]);
				return "holds a name twice";
			}
	}
	for (child = json->child; child; child = child->next) {
		const char *reason = check_tree(child, ret_twice);

		if (reason)
			return reason;
	}
	return NULL;
}

/* Parses scanned bytes. NULL or what is wrong; *ret_tree is the caller's in either case, and may be NULL. */
static const char *parse_tree(const char *data, size_t length, const struct numbers *numbers,
	cJSON **ret_tree, const cJSON **ret_twice)
{
	struct json_reader reader = {.data = data, .length = length};
	char *copy = NULL;

	if (numbers->longest > CJSON_NUMBER_MAX) {
		copy = shorten_numbers(data, length);
		if (!copy)
			return NO_MEMORY;
	}
	*ret_tree = cJSON_ParseWithLength(copy ? copy : data, length);
	if (copy)
		explicit_bzero(copy, length); /* as in json_free() */
	free(copy);
	if (!*ret_tree)
		return NO_MEMORY;
	if (numbers->need_digits && keep_digits(*ret_tree, &reader))
		return NO_MEMORY;
	return check_tree(*ret_tree, ret_twice);
}

const char *json_parse_faulty(
	const char *data, size_t length, struct json **ret_tree, const struct json **ret_twice)
{
	struct numbers numbers = {0};
	const char *reason = scan_text(data, length, &numbers);
	const cJSON *twice = NULL;
	cJSON *tree = NULL;

	if (!reason)
		reason = parse_tree(data, length, &numbers, &tree, &twice);
	*ret_tree = wrap_json(tree);
	*ret_twice = wrap_const_json(twice);
	return reason;
}

struct json *json_parse(const char *data, size_t length, const char **ret_reason)
{
	const struct json *twice;
	struct json *tree;
	const char *reason = json_parse_faulty(data, length, &tree, &twice);

	if (!reason)
		return tree;
	json_free(tree);
	if (ret_reason)
		*ret_reason = reason;
	return NULL;
}

/* Services and programs give credentials as JSON: none of its texts stays in memory. */
static void wipe_texts(cJSON *json)
{
	for (; json; json = json->next) {
		if (json->valuestring)
			explicit_bzero(json->valuestring, strlen(json->valuestring));
		wipe_texts(json->child);
	}
}

void json_free(struct json *json)
{
	wipe_texts(unwrap_json(json));
	cJSON_Delete(unwrap_json(json));
}

const struct json *json_member(const struct json *object, const char *name)
{
	const cJSON *found;

	if (!json_is_object(object))
		return NULL;
	found = cJSON_GetObjectItemCaseSensitive(unwrap_const_json(object), name);
	return cJSON_IsNull(found) ? NULL : wrap_const_json(found);
}

bool json_has_member(const struct json *object, const char *name)
{
	return json_is_object(object) &&
	       cJSON_GetObjectItemCaseSensitive(unwrap_const_json(object), name);
}

const char *json_string(const struct json *json)
{
	return cJSON_GetStringValue(unwrap_const_json(json));
}

const char *json_member_string(const struct json *object, const char *name, const char *fallback)
{
	const char *value = json_string(json_member(object, name));

	return value ? value : fallback;
}

bool json_number(const struct json *json, double *ret_value)
{
	if (!cJSON_IsNumber(unwrap_const_json(json)) ||
		!isfinite(unwrap_const_json(json)->valuedouble))
		return false;
	*ret_value = unwrap_const_json(json)->valuedouble;
	return true;
}

bool json_integer(const struct json *json, int64_t minimum, int64_t maximum, int64_t *ret_value)
{
	double value;

	if (!json_number(json, &value) || value != trunc(value) || fabs(value) > EXACT_INTEGER_MAX)
		return false;
	if ((int64_t)value < minimum || (int64_t)value > maximum)
		return false;
	*ret_value = (int64_t)value;
	return true;
}

/* The double next to the number in the direction of zero: it has the same whole part. */
static double read_towards_zero(const char *digits)
{
	int before = fegetround();
	double value;

	fesetround(FE_TOWARDZERO);
	value = strtod(digits, NULL);
	fesetround(before);
	return value;
}

bool json_whole(const struct json *json, int64_t minimum, int64_t maximum, int64_t *ret_value)
{
	const cJSON *item = unwrap_const_json(json);
	double value;

	if (!cJSON_IsNumber(item))
		return false;
	value = item->valuestring ? read_towards_zero(item->valuestring) : item->valuedouble;
	if (value <= (double)minimum)
		*ret_value = minimum;
	else if (value >= (double)maximum)
		*ret_value = maximum;
	else
		*ret_value = (int64_t)value;
	return true;
}

bool json_is_object(const struct json *json)
{
	return cJSON_IsObject(unwrap_const_json(json));
}

bool json_is_array(const struct json *json)
{
	return cJSON_IsArray(unwrap_const_json(json));
}

bool json_is_boolean(const struct json *json)
{
	return cJSON_IsBool(unwrap_const_json(json));
}

bool json_is_null(const struct json *json)
{
	return cJSON_IsNull(unwrap_const_json(json));
}

bool json_is_true(const struct json *json)
{
	return cJSON_IsTrue(unwrap_const_json(json));
}

size_t json_count(const struct json *json)
{
	const cJSON *item;
	size_t count = 0;

	if (json_is_object(json) || json_is_array(json))
		for (item = unwrap_const_json(json)->child; item; item = item->next)
			count++;
	return count;
}

const struct json *json_first(const struct json *json)
{
	return json_is_object(json) || json_is_array(json)
		       ? wrap_const_json(unwrap_const_json(json)->child)
		       : NULL;
}

const struct json *json_next(const struct json *item)
{
	return item ? wrap_const_json(unwrap_const_json(item)->next) : NULL;
}

const char *json_name(const struct json *item)
{
	return item && unwrap_const_json(item)->string ? unwrap_const_json(item)->string : "";
}

struct json *json_new_object(void)
{
	return wrap_json(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
	return wrap_json(cJSON_CreateArray());
}

struct json *json_new_string(const char *value)
{
	return wrap_json(cJSON_CreateString(value));
}

struct json *json_new_number(double value)
{
	return wrap_json(cJSON_CreateNumber(value));
}

struct json *json_new_boolean(bool value)
{
	return wrap_json(cJSON_CreateBool(value));
}

struct json *json_new_null(void)
{
	return wrap_json(cJSON_CreateNull());
}

struct json *json_copy(const struct json *json)
{
	return wrap_json(cJSON_Duplicate(unwrap_const_json(json), true));
}

int json_set(struct json *object, const char *name, struct json *value)
{
	cJSON *old;

	if (!value)
		return -ENOMEM;
	old = cJSON_GetObjectItemCaseSensitive(unwrap_json(object), name);
	if (!cJSON_AddItemToObject(unwrap_json(object), name, unwrap_json(value))) {
		json_free(value);
		return -ENOMEM;
	}
	if (old)
		json_free(wrap_json(cJSON_DetachItemViaPointer(unwrap_json(object), old)));
	return 0;
}

int json_set_string(struct json *object, const char *name, const char *value)
{
	return json_set(object, name, json_new_string(value));
}

int json_set_number(struct json *object, const char *name, double value)
{
	return json_set(object, name, json_new_number(value));
}

int json_set_boolean(struct json *object, const char *name, bool value)
{
	return json_set(object, name, json_new_boolean(value));
}

int json_append(struct json *array, struct json *value)
{
	if (!value)
		return -ENOMEM;
	if (!cJSON_AddItemToArray(unwrap_json(array), unwrap_json(value))) {
		json_free(value);
		return -ENOMEM;
	}
	return 0;
}

static void forget_digits(cJSON *item, const char *having)
{
	cJSON *child;

	if (cJSON_IsNumber(item) && item->valuestring && isfinite(item->valuedouble) &&
		strpbrk(item->valuestring, having)) {
		cJSON_free(item->valuestring);
		item->valuestring = NULL;
	}
	for (child = item ? item->child : NULL; child; child = child->next)
		forget_digits(child, having);
}

void json_forget_digits(struct json *json)
{
	forget_digits(unwrap_json(json), "0123456789");
}

void json_forget_fractions(struct json *json)
{
	forget_digits(unwrap_json(json), ".eE");
}

void json_remove(struct json *object, const char *name)
{
	json_free(wrap_json(cJSON_DetachItemFromObjectCaseSensitive(unwrap_json(object), name)));
}

static int print_string(const char *text, struct buffer *out)
{
	int error = buffer_append_byte(out, '"');

	for (; !error && *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			error = buffer_appendf(out, "\\%c", byte);
		else if (byte == '\n')
			error = buffer_append_string(out, "\\n");
		else if (byte == '\r')
			error = buffer_append_string(out, "\\r");
		else if (byte == '\t')
			error = buffer_append_string(out, "\\t");
		else if (byte < 0x20 || byte == 0x7f)
			error = buffer_appendf(out, "\\u%04x", byte);
		else
			error = buffer_append_byte(out, (char)byte);
	}
	return error ? error : buffer_append_byte(out, '"');
}

static int print_scalar(const cJSON *json, struct buffer *out)
{
	char number[NUMBER_DOUBLE_SIZE];

	if (cJSON_IsString(json))
		return print_string(json->valuestring, out);
	if (cJSON_IsNumber(json) && json->valuestring)
		return buffer_append_string(out, json->valuestring);
	if (cJSON_IsNumber(json)) {
		number_format_double(json->valuedouble, number);
		return buffer_append_string(out, number);
	}
	if (cJSON_IsBool(json))
		return buffer_append_string(out, cJSON_IsTrue(json) ? "true" : "false");
	return buffer_append_string(out, "null");
}

/* The line break and indent in front of an item at `depth`; nothing when compact (depth < 0). */
static int print_break(int depth, struct buffer *out)
{
	return depth < 0 ? 0 : buffer_appendf(out, "\n%*s", 2 * depth, "");
}

static int print_value(const cJSON *json, int depth, struct buffer *out);

static int print_item(const cJSON *item, bool named, bool first, int depth, struct buffer *out)
{
	int error = first ? 0 : buffer_append_byte(out, ',');

	if (!error)
		error = print_break(depth, out);
	if (!error && named)
		error = print_string(item->string, out);
	if (!error && named)
		error = buffer_append_string(out, depth < 0 ? ":" : ": ");
	return error ? error : print_value(item, depth, out);
}

/* `depth` is the indent of the value itself, or -1 for compact output in the members' own order. */
static int print_value(const cJSON *json, int depth, struct buffer *out)
{
	bool object = cJSON_IsObject(json), first = true;
	int inner = depth < 0 ? depth : depth + 1, error;
	size_t count = json_count(wrap_const_json(json)), i;
	const cJSON *item;

	if (!object && !cJSON_IsArray(json))
		return print_scalar(json, out);
	error = buffer_append_byte(out, object ? '{' : '[');
	if (object && depth >= 0) {
		cleanup(free_pointer) cJSON **members = sorted_members(json, count);

		if (!members)
			return -ENOMEM;
		for (i = 0; !error && i < count; i++)
			error = print_item(members[i], true, i == 0, inner, out);
	} else {
		for (item = json->child; !error && item; item = item->next, first = false)
			error = print_item(item, object, first, inner, out);
	}
	if (!error && count)
		error = print_break(depth, out);
	return error ? error : buffer_append_byte(out, object ? '}' : ']');
}

int json_print(const struct json *json, struct buffer *out)
{
	return print_value(unwrap_const_json(json), -1, out);
}

int json_print_canonical(const struct json *json, struct buffer *out)
{
	int error = print_value(unwrap_const_json(json), 0, out);

	return error ? error : buffer_append_byte(out, '\n');
}
