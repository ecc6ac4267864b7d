/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/base/text.h"
#include "fs/commands/diff.h"

#define PATH_SIZE 1024 /* bytes of the name of a member; a longer one is cut */

/* Members of a configuration that say which version it is, and hashes of what is compared itself. */
static const char *const left_out[] = {
	"CodeSha256",
	"ConfigSha256",
	"FunctionArn",
	"LastModified",
	"MasterArn",
	"Version",
	NULL,
};

void diff_side_release(struct diff_side *side)
{
	json_free(side->configuration);
	json_free(side->environment);
	free(side->code);
	side->configuration = side->environment = NULL;
	side->code = NULL;
}

/* The member of that name, also an explicit null; NULL where there is none. */
static const struct json *find_member(const struct json *object, const char *name)
{
	const struct json *member;

	for (member = json_first(object); member; member = json_next(member))
		if (!strcmp(json_name(member), name))
			return member;
	return NULL;
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The names of both objects, sorted, each once; the caller frees the array alone. -ENOMEM. */
static int collect_names(
	const struct json *from, const struct json *to, const char ***ret_names, size_t *ret_count)
{
	const struct json *sides[] = {from, to}, *member;
	const char **names =
		reallocarray(NULL, json_count(from) + json_count(to) + 1, sizeof(*names));
	size_t count = 0, i;

	if (!names)
		return -ENOMEM;
	for (i = 0; i < array_count(sides); i++)
		for (member = json_first(sides[i]); member; member = json_next(member))
			if (i == 0 || !find_member(from, json_name(member)))
				names[count++] = json_name(member);
	qsort(names, count, sizeof(*names), compare_names);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

static int append_line(
	struct buffer *out, const char *sign, const char *path, const struct json *value)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(out->maximum);
	int error;

	if (!value)
		return 0;
	error = buffer_appendf(&text, "%s%s: ", sign, path);
	if (!error)
		error = json_print(value, &text);
	if (!error)
		error = text_append_shown(out, buffer_text(&text));
	return error ? error : buffer_append_byte(out, '\n');
}

static int compare_json(
	struct buffer *out, const char *path, const struct json *from, const struct json *to);

static int compare_objects(struct buffer *out, const char *path, const struct json *from,
	const struct json *to, bool is_top)
{
	cleanup(free_pointer) const char **names = NULL;
	size_t count, i;
	int error = collect_names(from, to, &names, &count);

	for (i = 0; !error && i < count; i++) {
		char below[PATH_SIZE];

		if (is_top && text_is_one_of(names[i], left_out))
			continue;
		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", names[i]);
		error = compare_json(
			out, below, find_member(from, names[i]), find_member(to, names[i]));
	}
	return error;
}

static int compare_arrays(
	struct buffer *out, const char *path, const struct json *from, const struct json *to)
{
	const struct json *left = json_first(from), *right = json_first(to);
	unsigned int i;
	int error = 0;

	for (i = 0; !error && (left || right); i++) {
		char below[PATH_SIZE];

		snprintf(below, sizeof(below), "%s[%u]", path, i);
		error = compare_json(out, below, left, right);
		left = left ? json_next(left) : NULL;
		right = right ? json_next(right) : NULL;
	}
	return error;
}

/* Not deeper than JSON_DEPTH_MAX. */
static int compare_json(
	struct buffer *out, const char *path, const struct json *from, const struct json *to)
{
	cleanup(buffer_release) struct buffer left = BUFFER_INIT(64 * 1024 * 1024);
	cleanup(buffer_release) struct buffer right = BUFFER_INIT(64 * 1024 * 1024);
	int error = 0;

	if (json_is_object(from) && json_is_object(to))
		return compare_objects(out, path, from, to, false);
	if (json_is_array(from) && json_is_array(to))
		return compare_arrays(out, path, from, to);
	if (from)
		error = json_print(from, &left);
	if (!error && to)
		error = json_print(to, &right);
	if (error || !strcmp(buffer_text(&left), buffer_text(&right)))
		return error;
	error = append_line(out, "-", path, from);
	return error ? error : append_line(out, "+", path, to);
}

/* Names alone: a value may be a secret, and so may be what it was before. */
static int compare_names_of_environment(
	struct buffer *out, const struct json *from, const struct json *to)
{
	cleanup(free_pointer) const char **names = NULL;
	size_t count, i;
	int error = collect_names(from, to, &names, &count);

	for (i = 0; !error && i < count; i++) {
		const struct json *left = find_member(from, names[i]),
				  *right = find_member(to, names[i]);
		cleanup(buffer_release) struct buffer found = BUFFER_INIT(64 * 1024 * 1024);

		error = compare_json(&found, "", left, right);
		if (error || !found.length)
			continue;
		error = buffer_append_string(out, left && right ? "!" : left ? "-" : "+");
		if (!error)
			error = buffer_append_string(out, "environment.");
		if (!error)
			error = text_append_shown(out, names[i]);
		if (!error && left && right)
			error = buffer_append_string(out, " has another value");
		if (!error)
			error = buffer_append_byte(out, '\n');
	}
	return error;
}

static int compare_sides(struct buffer *out, const struct diff_side *from,
	const struct diff_side *to, bool with_values)
{
	int error = compare_objects(out, "", from->configuration, to->configuration, true);

	if (!error)
		error = with_values ? compare_objects(out, "environment", from->environment,
					      to->environment, false)
				    : compare_names_of_environment(
					      out, from->environment, to->environment);
	if (!error && strcmp(from->code, to->code) != 0)
		error = buffer_appendf(out, "-code: %s\n+code: %s\n", from->code, to->code);
	return error;
}

int diff_print(const struct diff_side *from, const struct diff_side *to, bool with_values,
	struct buffer *out)
{
	cleanup(buffer_release) struct buffer found = BUFFER_INIT(out->maximum);
	int error = compare_sides(&found, from, to, with_values);

	if (error || !found.length)
		return error;
	error = buffer_appendf(out, "--- %s\n+++ %s\n", from->path, to->path);
	return error ? error : buffer_append(out, found.data, found.length);
}
