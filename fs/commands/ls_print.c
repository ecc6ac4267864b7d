/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/base/json.h"
#include "backend/base/number.h"
#include "backend/lambda/lambda.h"
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

void show_list_release(struct show_list *list)
{
	size_t i, j;

	for (i = 0; i < list->count; i++) {
		struct show_function *function = &list->functions[i];

		for (j = 0; j < function->alias_count; j++)
			free(function->aliases[j].name);
		free(function->aliases);
		free(function->versions);
		free(function->name);
	}
	free(list->functions);
	memset(list, 0, sizeof(*list));
}

static size_t widest_name(const struct show_list *list)
{
	size_t width = strlen("FUNCTION"), i;

	for (i = 0; i < list->count; i++)
		if (strlen(list->functions[i].name) > width)
			width = strlen(list->functions[i].name);
	return width;
}

static size_t widest_version(const struct show_list *list)
{
	size_t width = strlen("VERSION"), i, j;
	char text[LAMBDA_VERSION_TEXT_SIZE];

	for (i = 0; i < list->count; i++)
		for (j = 0; j < list->functions[i].version_count; j++) {
			lambda_version_format(list->functions[i].versions[j].version, text);
			if (strlen(text) > width)
				width = strlen(text);
		}
	return width;
}

/* " PROD", " PROD 75%": the share of the traffic where it is not all of it. */
static int append_alias(struct buffer *out, const struct palette *palette, const char *name,
	double share, bool *first)
{
	char number[NUMBER_DOUBLE_SIZE];
	/* 0.1 is not a tenth: 1 - 0.1 would be shown with all its digits. */
	double percent = (double)(int64_t)(share * 100 * 1e9 + 0.5) / 1e9;
	int error = buffer_appendf(
		out, "%s%s%s%s", *first ? "" : "  ", palette->alias, name, palette->end);

	*first = false;
	if (error || share >= 1)
		return error;
	number_format_double(percent, number);
	return buffer_appendf(out, " %s%s%%%s", palette->weight, number, palette->end);
}

/* The aliases that send traffic to that version. */
static int append_aliases(struct buffer *out, const struct palette *palette,
	const struct show_function *function, uint64_t version)
{
	bool first = true;
	int error = 0;
	size_t i;

	for (i = 0; i < function->alias_count && !error; i++) {
		const struct show_alias *alias = &function->aliases[i];

		if (alias->version == version)
			error = append_alias(out, palette, alias->name,
				alias->weighted_version ? 1 - alias->weight : 1, &first);
		else if (alias->weighted_version == version && alias->weighted_version)
			error = append_alias(out, palette, alias->name, alias->weight, &first);
	}
	return error;
}

static int append_row(struct buffer *out, const struct palette *palette,
	const struct show_function *function, const struct show_version *version, bool first,
	size_t name_width, size_t version_width)
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
		(int)name_width, first ? function->name : "", palette->end, (int)version_width,
		number, palette->dim, TIME_WIDTH, when, palette->end);
	if (!error)
		error = append_aliases(out, palette, function, version->version);
	while (!error && out->length && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
	return error ? error : buffer_append_byte(out, '\n');
}

int show_print_table(const struct show_list *list, bool colours, struct buffer *out)
{
	const struct palette *palette = colours ? &coloured : &plain;
	size_t name_width = widest_name(list), version_width = widest_version(list), i, j;
	int error = buffer_appendf(out, "%s%-*s  %-*s  %-*s  ALIASES%s\n", palette->head,
		(int)name_width, "FUNCTION", (int)version_width, "VERSION", TIME_WIDTH, "MODIFIED",
		palette->end);

	for (i = 0; i < list->count && !error; i++) {
		const struct show_function *function = &list->functions[i];

		for (j = 0; j < function->version_count && !error; j++)
			error = append_row(out, palette, function, &function->versions[j], j == 0,
				name_width, version_width);
	}
	return error;
}

/* --- JSON --- */

static int set_version(struct json *object, const char *name, uint64_t version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(version, text);
	return json_set_string(object, name, text);
}

static struct json *version_json(const struct show_version *version)
{
	struct json *object = json_new_object();
	int error = object ? set_version(object, "version", version->version) : -ENOMEM;

	if (!error)
		error = json_set_number(object, "last_modified", (double)version->last_modified);
	if (!error)
		return object;
	json_free(object);
	return NULL;
}

static struct json *alias_json(const struct show_alias *alias)
{
	struct json *object = json_new_object(), *weights;
	char text[LAMBDA_VERSION_TEXT_SIZE];
	int error = object ? json_set_string(object, "name", alias->name) : -ENOMEM;

	if (!error)
		error = set_version(object, "version", alias->version);
	if (!error && alias->weighted_version) {
		weights = json_new_object();
		lambda_version_format(alias->weighted_version, text);
		error = weights ? json_set_number(weights, text, alias->weight) : -ENOMEM;
		if (error)
			json_free(weights);
		else
			error = json_set(object, "weights", weights);
	}
	if (!error)
		return object;
	json_free(object);
	return NULL;
}

static struct json *function_json(const struct show_function *function)
{
	struct json *object = json_new_object(), *versions = json_new_array(),
		    *aliases = json_new_array();
	int error = object && versions && aliases
			    ? json_set_string(object, "function", function->name)
			    : -ENOMEM;
	size_t i;

	for (i = 0; i < function->version_count && !error; i++)
		if (!function->versions[i].unlisted)
			error = json_append(versions, version_json(&function->versions[i]));
	for (i = 0; i < function->alias_count && !error; i++)
		error = json_append(aliases, alias_json(&function->aliases[i]));
	if (error) {
		json_free(versions);
		json_free(aliases);
	} else {
		/* json_set() takes what it is given, also when it fails. */
		error = json_set(object, "versions", versions);
		if (error)
			json_free(aliases);
		else
			error = json_set(object, "aliases", aliases);
	}
	if (!error)
		return object;
	json_free(object);
	return NULL;
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
