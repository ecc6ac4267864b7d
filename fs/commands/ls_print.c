/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/base/json.h"
#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/lambda/model.h"
#include "fs/commands/ls.h"

#define TIME_FORMAT "%Y-%m-%d %H:%M"
#define TIME_WIDTH 16

/* Escape sequences, all "" without colours. */
struct palette {
	const char *head, *function, *alias, *weight, *dim, *end;
};

static const struct palette plain = {"", "", "", "", "", ""};
static const struct palette coloured = {
	"\033[1m", "\033[1;34m", "\033[1;36m", "\033[33m", "\033[2m", "\033[0m"};

void show_function_release(struct show_function *function)
{
	size_t i;

	for (i = 0; i < function->alias_count; i++) {
		free(function->aliases[i].name);
		free(function->aliases[i].description);
	}
	for (i = 0; i < function->version_count; i++)
		free(function->versions[i].description);
	free(function->aliases);
	free(function->versions);
	free(function->name);
	memset(function, 0, sizeof(*function));
}

void show_list_release(struct show_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		show_function_release(&list->functions[i]);
	free(list->functions);
	memset(list, 0, sizeof(*list));
}

const struct show_alias *show_find_alias(const struct show_function *function, const char *name)
{
	size_t i;

	for (i = 0; i < function->alias_count; i++)
		if (!strcmp(function->aliases[i].name, name))
			return &function->aliases[i];
	return NULL;
}

size_t show_name_width(size_t width, const char *name)
{
	size_t length = strlen(name);

	return length > width ? length : width;
}

/* A column for this function's versions; most are as narrow as the head. */
static size_t version_width(const struct show_function *function)
{
	size_t width = strlen("VERSION"), i;
	char text[LAMBDA_VERSION_TEXT_SIZE];

	for (i = 0; i < function->version_count; i++) {
		lambda_version_format(function->versions[i].version, text);
		width = show_name_width(width, text);
	}
	return width;
}

static int append_description(struct buffer *out, const struct palette *palette, const char *before,
	const char *description, const char *after)
{
	int error;

	if (!description)
		return 0;
	error = buffer_appendf(out, "%s%s", palette->dim, before);
	if (!error)
		error = text_append_shown(out, description);
	return error ? error : buffer_appendf(out, "%s%s", after, palette->end);
}

void show_format_percent(double share, char text[NUMBER_DOUBLE_SIZE])
{
	/* 0.1 is not a tenth: 1 - 0.1 would be shown with all its digits. */
	number_format_double((double)(int64_t)(share * 100 * 1e9 + 0.5) / 1e9, text);
}

/* " PROD", " PROD 75%": the share of the traffic where it is not all of it. */
static int append_alias(struct buffer *out, const struct palette *palette,
	const struct show_alias *alias, double share, bool *first)
{
	char number[NUMBER_DOUBLE_SIZE];
	int error = buffer_appendf(
		out, "%s%s%s%s", *first ? "" : "  ", palette->alias, alias->name, palette->end);

	*first = false;
	if (!error && share < 1) {
		show_format_percent(share, number);
		error = buffer_appendf(out, " %s%s%%%s", palette->weight, number, palette->end);
	}
	return error ? error : append_description(out, palette, " (", alias->description, ")");
}

/* The aliases that send traffic to that version, and what it is. */
static int append_aliases(struct buffer *out, const struct palette *palette,
	const struct show_function *function, const struct show_version *row)
{
	uint64_t version = row->version;
	bool first = true;
	int error = 0;
	size_t i;

	for (i = 0; i < function->alias_count && !error; i++) {
		const struct show_alias *alias = &function->aliases[i];

		if (alias->version == version)
			error = append_alias(out, palette, alias,
				alias->weighted_version ? 1 - alias->weight : 1, &first);
		else if (alias->weighted_version == version && alias->weighted_version)
			error = append_alias(out, palette, alias, alias->weight, &first);
	}
	return error ? error
		     : append_description(
			       out, palette, first ? "- " : "  - ", row->description, "");
}

static int append_row(struct buffer *out, const struct palette *palette,
	const struct show_function *function, const struct show_version *version, bool first,
	size_t name_width, size_t number_width)
{
	char number[LAMBDA_VERSION_TEXT_SIZE], when[32] = "";
	time_t seconds = (time_t)version->last_modified;
	struct tm broken;
	int error;

	lambda_version_format(version->version, number);
	if (version->unlisted)
		snprintf(when, sizeof(when), "not listed");
	else if (version->last_modified && localtime_r(&seconds, &broken))
		strftime(when, sizeof(when), TIME_FORMAT, &broken);
	error = buffer_appendf(out, "%s%-*s%s  %-*s  %s%-*s%s  ", palette->function,
		(int)name_width, first ? function->name : "", palette->end, (int)number_width,
		number, palette->dim, TIME_WIDTH, when, palette->end);
	if (!error)
		error = append_aliases(out, palette, function, version);
	while (!error && out->length && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
	return error ? error : buffer_append_byte(out, '\n');
}

int show_print_head(size_t name_width, bool colours, struct buffer *out)
{
	const struct palette *palette = colours ? &coloured : &plain;

	return buffer_appendf(out, "%s%-*s  VERSION  %-*s  ALIASES%s\n", palette->head,
		(int)show_name_width(name_width, "FUNCTION"), "FUNCTION", TIME_WIDTH, "MODIFIED",
		palette->end);
}

int show_print_function(
	const struct show_function *function, size_t name_width, bool colours, struct buffer *out)
{
	size_t number_width = version_width(function), i;
	int error = 0;

	for (i = 0; i < function->version_count && !error; i++)
		error = append_row(out, colours ? &coloured : &plain, function,
			&function->versions[i], i == 0, show_name_width(name_width, "FUNCTION"),
			number_width);
	return error;
}

/* --- JSON --- */

static struct json *version_json(const struct show_version *version)
{
	cleanup(json_free_pointer) struct json *object = json_new_object();
	int error = object ? lambda_set_version(object, "version", version->version) : -ENOMEM;

	if (!error)
		error = json_set_number(object, "last_modified", (double)version->last_modified);
	if (!error && version->description)
		error = json_set_string(object, "description", version->description);
	return error ? NULL : take_pointer(object);
}

static struct json *alias_json(const struct show_alias *alias)
{
	cleanup(json_free_pointer) struct json *object = json_new_object();
	int error = object ? json_set_string(object, "name", alias->name) : -ENOMEM;
	char since[TEXT_TIME_SIZE];

	if (!error)
		error = lambda_set_version(object, "version", alias->version);
	if (!error && alias->description)
		error = json_set_string(object, "description", alias->description);
	if (!error && alias->since) {
		text_format_utc(alias->since, since);
		error = json_set_string(object, "since", since);
	}
	if (!error && alias->weighted_version)
		error = lambda_set_weights(
			object, "weights", alias->weighted_version, alias->weight);
	return error ? NULL : take_pointer(object);
}

static struct json *function_json(const struct show_function *function)
{
	cleanup(json_free_pointer) struct json *object = json_new_object();
	cleanup(json_free_pointer) struct json *versions = json_new_array();
	cleanup(json_free_pointer) struct json *aliases = json_new_array();
	int error = object && versions && aliases
			    ? json_set_string(object, "function", function->name)
			    : -ENOMEM;
	size_t i;

	for (i = 0; i < function->version_count && !error; i++)
		if (!function->versions[i].unlisted)
			error = json_append(versions, version_json(&function->versions[i]));
	for (i = 0; i < function->alias_count && !error; i++)
		error = json_append(aliases, alias_json(&function->aliases[i]));
	if (!error)
		error = json_set(object, "versions", take_pointer(versions));
	if (!error)
		error = json_set(object, "aliases", take_pointer(aliases));
	return error ? NULL : take_pointer(object);
}

int show_print_json(const struct show_list *list, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *all = json_new_array();
	int error = all ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < list->count && !error; i++)
		error = json_append(all, function_json(&list->functions[i]));
	if (!error)
		error = json_print(all, out);
	return error ? error : buffer_append_byte(out, '\n');
}
