/* SPDX-License-Identifier: MIT */
/* What the kinds do with trees of JSON: copies, comparisons, and finding what is the subject's. */
#include <errno.h>

#include "backend/base/hash.h"
#include "backend/base/text.h"
#include "backend/documents/ways.h"
#include "backend/lambda/model.h"

#define ARN_FIELDS 7 /* arn:partition:lambda:region:account:function:name */
#define COMPARED_MAX (8 * DOCUMENT_MAX)

/* --- copies --- */

/* Copies one member or element into `into`, unless it is a member that is null. */
static int copy_item(const struct json *item, bool named, struct json *into)
{
	struct json *copy;
	int error;

	if (named && json_is_null(item))
		return 0;
	error = document_copy(item, &copy);
	if (error)
		return error;
	return named ? json_set(into, json_name(item), copy) : json_append(into, copy);
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
int document_copy(const struct json *json, struct json **ret_copy)
{
	bool object = json_is_object(json);
	cleanup(json_free_pointer) struct json *copy = NULL;
	const struct json *item;
	int error = 0;

	if (object && json_count(json) > DOCUMENT_MEMBERS_MAX)
		return -E2BIG;
	if (object)
		copy = json_new_object();
	else
		copy = json_is_array(json) ? json_new_array() : json_copy(json);
	if (!copy)
		return -ENOMEM;
	for (item = json_first(json); item && !error; item = json_next(item))
		error = copy_item(item, object, copy);
	if (!error)
		*ret_copy = take_pointer(copy);
	return error;
}

int document_pick(const struct json *from, const char *const *names, struct json **ret_object)
{
	cleanup(json_free_pointer) struct json *object = json_new_object();
	struct json *copy;
	int error = object ? 0 : -ENOMEM;

	for (; *names && !error; names++) {
		const struct json *member = json_member(from, *names);

		if (member)
			error = document_copy(member, &copy);
		if (member && !error)
			error = json_set(object, *names, copy);
	}
	if (!error)
		*ret_object = take_pointer(object);
	return error;
}

static bool is_empty(const struct json *json)
{
	const char *text = json_string(json);

	if (text)
		return !*text;
	return (json_is_object(json) || json_is_array(json)) && !json_count(json);
}

/* A value without what is empty in it; *ret_copy NULL: nothing is left. Recursion is bounded by JSON_DEPTH_MAX. */
static int copy_unless_empty(const struct json *json, struct json **ret_copy)
{
	cleanup(json_free_pointer) struct json *copy = NULL;
	const struct json *item;
	struct json *inner;
	int error = 0;

	if (json_is_object(json) || json_is_array(json))
		copy = json_is_object(json) ? json_new_object() : json_new_array();
	else
		copy = json_copy(json);
	if (!copy)
		return -ENOMEM;
	for (item = json_first(json); item && !error; item = json_next(item)) {
		if (!json_is_object(json)) {
			/* Elements keep their places: ["", "x"] is not ["x"]. */
			error = json_append(copy, json_copy(item));
			continue;
		}
		error = copy_unless_empty(item, &inner);
		if (!error && inner)
			error = json_set(copy, json_name(item), inner);
	}
	if (!error)
		*ret_copy = is_empty(copy) ? NULL : take_pointer(copy);
	return error;
}

int document_drop_empty(struct json *json)
{
	cleanup(json_free_pointer) struct json *before = json_copy(json);
	const struct json *item;
	struct json *inner;
	int error = before ? 0 : -ENOMEM;

	for (item = json_first(before); item && !error; item = json_next(item)) {
		error = copy_unless_empty(item, &inner);
		if (!error && inner)
			error = json_set(json, json_name(item), inner);
		else if (!error)
			json_remove(json, json_name(item));
	}
	return error;
}

/* --- comparisons --- */

/* The text by which trees are compared: 1541139109, 1541139109.0 and 1.541139109E9 are one number. */
static int print_compared(const struct json *json, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *copy = json_copy(json);

	if (!copy)
		return -ENOMEM;
	json_forget_fractions(copy);
	return json_print_canonical(copy, out);
}

int document_equals(const struct json *one, const struct json *other)
{
	cleanup(buffer_release_secret) struct buffer first = BUFFER_INIT(COMPARED_MAX);
	cleanup(buffer_release_secret) struct buffer second = BUFFER_INIT(COMPARED_MAX);
	int error;

	if (!one || !other)
		return !one && !other;
	error = print_compared(one, &first);
	if (!error)
		error = print_compared(other, &second);
	if (error)
		return error;
	return first.length == second.length && !memcmp(first.data, second.data, first.length);
}

int document_hash(const struct json *json, uint64_t *ret_hash)
{
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(COMPARED_MAX);
	int error = print_compared(json, &text);

	if (!error)
		*ret_hash = hash_bytes(HASH_START, text.data, text.length);
	return error;
}

struct sorted {
	const struct json *item;
	const char *first, *second;
};

static int compare_sorted(const void *left, const void *right)
{
	const struct sorted *one = left, *other = right;
	int order = strcmp(one->first, other->first);

	return order ? order : strcmp(one->second, other->second);
}

int document_sort(struct json *object, const char *name, const char *first, const char *second)
{
	const struct json *list = json_member(object, name), *item;
	size_t count = json_count(list), i = 0;
	cleanup(free_pointer) struct sorted *sorted = NULL;
	cleanup(json_free_pointer) struct json *result = NULL;
	int error = 0;

	if (count < 2)
		return 0;
	sorted = calloc(count, sizeof(*sorted));
	result = json_new_array();
	if (!sorted || !result)
		return -ENOMEM;
	for (item = json_first(list); item; item = json_next(item))
		sorted[i++] = (struct sorted){item, json_member_string(item, first, ""),
			json_member_string(item, second, "")};
	qsort(sorted, count, sizeof(*sorted), compare_sorted);
	for (i = 0; i < count && !error; i++)
		error = json_append(result, json_copy(sorted[i].item));
	return error ? error : json_set(object, name, take_pointer(result));
}

const struct json *document_find(const struct json *list, const char *member, const char *text)
{
	const struct json *item;

	for (item = json_first(list); item; item = json_next(item))
		if (!strcmp(json_member_string(item, member, ""), text))
			return item;
	return NULL;
}

/* --- what is the subject's --- */

size_t document_arn_length(const char *arn)
{
	const char *end = arn;
	int field;

	if (!text_starts_with(arn, "arn:"))
		return 0;
	for (field = 0; field < ARN_FIELDS; field++) {
		size_t part = strcspn(end, ":");

		if (field == 5 && strncmp(end, "function:", strlen("function:")))
			return 0;
		if (field == ARN_FIELDS - 1 && !part)
			return 0;
		end += part;
		if (field < ARN_FIELDS - 1 && *end++ != ':')
			return 0;
	}
	return *end == ':' && strchr(end + 1, ':') ? 0 : (size_t)(end - arn);
}

int document_arn_matches(const char *arn, const struct document_subject *subject)
{
	size_t length = document_arn_length(arn), name = strlen(subject->function);
	const char *qualifier = arn + length;

	if (!length)
		return -EINVAL;
	if (length <= name || arn[length - name - 1] != ':' ||
		strncmp(arn + length - name, subject->function, name))
		return 0;
	qualifier += *qualifier == ':';
	if (!*subject->qualifier)
		return !*qualifier || !strcmp(qualifier, "$LATEST");
	return !strcmp(qualifier, subject->qualifier);
}

enum lambda_status document_find_item(const struct json *answer, const char *list,
	const struct document_subject *subject, const struct json **ret_item,
	struct lambda_error *reterr)
{
	const struct json *items = json_member(answer, list), *item, *found = NULL;

	if (!json_is_array(items))
		return document_fail_answer(reterr, list);
	for (item = json_first(items); item; item = json_next(item)) {
		int matches =
			document_arn_matches(json_member_string(item, "FunctionArn", ""), subject);

		if (matches < 0 || (matches && found))
			return document_fail_answer(reterr, "FunctionArn");
		if (matches)
			found = item;
	}
	*ret_item = found;
	return LAMBDA_OK;
}

/* --- failures --- */

enum lambda_status document_fail_answer(struct lambda_error *reterr, const char *member)
{
	return lambda_fail(
		reterr, LAMBDA_BAD_ANSWER, "the answer's %s is missing or cannot be read", member);
}

enum lambda_status document_fail_errno(struct lambda_error *reterr, int error)
{
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	return lambda_fail(reterr, LAMBDA_TOO_LARGE, "the document is too large");
}
