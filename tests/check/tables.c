/* SPDX-License-Identifier: MIT */
/* Prints lambda-plane's tables as JSON, for tests/check/model: every operation, its members, and what each may be. */
#include <stdio.h>

#include "backend/local/call.h"

#define PATH_SIZE 512
#define OUTPUT_MAX (16u << 20)

static int append_values(struct buffer *out, const char *name, const char *const *values)
{
	int error = buffer_appendf(out, ",\"%s\":[", name);

	for (size_t i = 0; values && values[i] && !error; i++) {
		error = i ? buffer_append_byte(out, ',') : 0;
		if (!error)
			error = append_json_string(out, values[i]);
	}
	return error ? error : buffer_append_byte(out, ']');
}

static int append_constraints(struct buffer *out, const struct shape *shape)
{
	int error = 0;

	if (shape->has_minimum)
		error = buffer_appendf(out, ",\"min\":%.17g", shape->minimum);
	if (!error && shape->has_maximum)
		error = buffer_appendf(out, ",\"max\":%.17g", shape->maximum);
	if (!error && shape->pattern) {
		error = buffer_append_string(out, ",\"pattern\":");
		if (!error)
			error = append_json_string(out, shape->pattern);
	}
	if (!error && shape->values)
		error = append_values(out, "values", shape->values);
	if (!error && shape->unlisted_values)
		error = append_values(out, "unlisted", shape->unlisted_values);
	return error;
}

static int append_shape(struct buffer *out, const char *path, const struct shape *shape,
	const char *more, int *count);

static int append_members(
	struct buffer *out, const char *path, const struct member *members, int *count)
{
	static const char *const locations[] = {[IN_BODY] = "body",
		[IN_LABEL] = "label",
		[IN_QUERY] = "query",
		[IN_HEADER] = "header"};
	char below[PATH_SIZE], more[256];
	int error = 0;

	for (const struct member *member = members; member->name && !error; member++) {
		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", member->name);
		snprintf(more, sizeof(more), ",\"location\":\"%s\",\"wire\":\"%s\",\"required\":%s",
			locations[member->location],
			member->wire_name ? member->wire_name : member->name,
			member->required ? "true" : "false");
		error = append_shape(out, below, member->shape, more, count);
	}
	return error;
}

/* One line for the shape at `path`, then those below it. */
static int append_shape(struct buffer *out, const char *path, const struct shape *shape,
	const char *more, int *count)
{
	static const char *const kinds[] = {
		[SHAPE_STRING] = "string",
		[SHAPE_INTEGER] = "number",
		[SHAPE_LONG] = "number",
		[SHAPE_DOUBLE] = "number",
		[SHAPE_BOOLEAN] = "boolean",
		[SHAPE_BLOB] = "blob",
		[SHAPE_TIMESTAMP] = "timestamp",
		[SHAPE_LIST] = "list",
		[SHAPE_MAP] = "map",
		[SHAPE_STRUCTURE] = "structure",
	};
	char below[PATH_SIZE];
	int error = buffer_appendf(out, "%s\n    {\"path\":\"%s\",\"kind\":\"%s\"%s",
		(*count)++ ? "," : "", path, kinds[shape->kind], more);

	if (!error)
		error = append_constraints(out, shape);
	if (!error)
		error = buffer_append_byte(out, '}');
	if (!error && shape->kind == SHAPE_STRUCTURE && shape->members)
		error = append_members(out, path, shape->members, count);
	if (!error && shape->key) {
		snprintf(below, sizeof(below), "%s{key}", path);
		error = append_shape(out, below, shape->key, "", count);
	}
	if (!error && shape->element) {
		snprintf(below, sizeof(below), "%s%s", path,
			shape->kind == SHAPE_MAP ? "{value}" : "[]");
		error = append_shape(out, below, shape->element, "", count);
	}
	return error;
}

static int append_operation(struct buffer *out, const struct operation *operation)
{
	int count = 0;
	int error = buffer_appendf(out,
		"  \"%s\": {\"method\":\"%s\",\"path\":\"%s\",\"status\":%d,\"query\":\"%s\","
		"\"members\":[",
		operation->name, operation->method, operation->path, operation->status,
		operation->query ? operation->query : "");

	if (!error)
		error = append_members(out, "", operation->members, &count);
	return error ? error : buffer_append_string(out, "]}");
}

int main(void)
{
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(OUTPUT_MAX);
	int error = buffer_append_string(&out, "{\n");

	for (size_t i = 0; i < operation_count && !error; i++) {
		if (operations[i].target) /* not Lambda's */
			continue;
		error = i ? buffer_append_string(&out, ",\n") : 0;
		if (!error)
			error = append_operation(&out, &operations[i]);
	}
	if (!error)
		error = buffer_append_string(&out, "\n}\n");
	if (error || fputs(buffer_text(&out), stdout) == EOF || fflush(stdout)) {
		fputs("plane-tables: cannot print the tables\n", stderr);
		return 1;
	}
	return 0;
}
