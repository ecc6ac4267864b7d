/* SPDX-License-Identifier: MIT */
#include "fs/commands/ls_gather.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/json.h"
#include "backend/lambda/types.h"
#include "fs/settings/selection.h"

#define OUTPUT_MAX (256 * 1024 * 1024)
#define CELL_MIN 12 /* columns of --differ */

/* --- beginning and end --- */

int gathering_fail(struct gathering *gathering, enum exit_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(gathering->text, sizeof(gathering->text), format, arguments);
	va_end(arguments);
	gathering->code = code;
	return -1;
}

int gathering_fail_memory(struct gathering *gathering)
{
	return gathering_fail(gathering, EXIT_FAILED, "out of memory");
}

int gathering_start(struct gathering *gathering, const struct options *options)
{
	const char *colon = options->differ ? strchr(options->differ, ':') : NULL;
	int failed = 0;
	size_t i;

	memset(gathering, 0, sizeof(*gathering));
	gathering->options = options;
	gathering->form = options->json      ? GATHERING_JSON
			  : options->aliases ? GATHERING_MATRIX
			  : options->differ  ? GATHERING_DIFFER
					     : GATHERING_TABLE;
	if (colon) {
		gathering->differ[0] = strndup(options->differ, (size_t)(colon - options->differ));
		gathering->differ[1] = strdup(colon + 1);
		if (!gathering->differ[0] || !gathering->differ[1])
			return gathering_fail_memory(gathering);
	}
	for (i = 0; i < options->word_count && !failed; i++)
		if (!strchr(options->words[i], '/'))
			failed = gathering_add_word(gathering, options->words[i]);
	return failed;
}

static void free_texts(char **texts, size_t count)
{
	while (count)
		free(texts[--count]);
	free(texts);
}

void gathering_release(struct gathering *gathering)
{
	free_texts(gathering->words, gathering->word_count);
	free_texts(gathering->names, gathering->name_count);
	free(gathering->differ[0]);
	free(gathering->differ[1]);
	show_list_release(&gathering->list);
}

/* --- arrays that double --- */

static void *grow_array(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? count * 2 : 1, size);
}

static int add_text(char ***texts, size_t *count, const char *text)
{
	char **larger = grow_array(*texts, *count, sizeof(*larger));

	if (!larger)
		return -ENOMEM;
	*texts = larger;
	larger[*count] = strdup(text);
	if (!larger[*count])
		return -ENOMEM;
	++*count;
	return 0;
}

int gathering_add_word(struct gathering *gathering, const char *text)
{
	return add_text(&gathering->words, &gathering->word_count, text)
		       ? gathering_fail_memory(gathering)
		       : 0;
}

bool gathering_wants(const struct gathering *gathering, const char *function)
{
	size_t i;

	if (!selection_shows(gathering->options->functions, function))
		return false;
	for (i = 0; i < gathering->word_count; i++)
		if (!fnmatch(gathering->words[i], function, 0))
			return true;
	return !gathering->word_count;
}

int gathering_add_name(struct gathering *gathering, const char *function)
{
	size_t i;

	/* Only words can name a function twice. */
	for (i = 0; gathering->word_count && i < gathering->name_count; i++)
		if (!strcmp(gathering->names[i], function))
			return 0;
	gathering->name_width = show_name_width(gathering->name_width, function);
	return add_text(&gathering->names, &gathering->name_count, function)
		       ? gathering_fail_memory(gathering)
		       : 0;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int gathering_end_names(struct gathering *gathering)
{
	size_t i, j;

	for (i = 0; i < gathering->word_count; i++) {
		for (j = 0; j < gathering->name_count; j++)
			if (!fnmatch(gathering->words[i], gathering->names[j], 0))
				break;
		if (j == gathering->name_count)
			return gathering_fail(gathering, EXIT_FAILED, "there is no function '%s'",
				gathering->words[i]);
	}
	if (gathering->name_count)
		qsort(gathering->names, gathering->name_count, sizeof(*gathering->names),
			compare_texts);
	return 0;
}

/* --- a function --- */

bool gathering_shows_versions(const struct gathering *gathering)
{
	return gathering->form == GATHERING_TABLE || gathering->form == GATHERING_JSON;
}

int gathering_add_version(struct show_function *function, const struct show_version *version)
{
	struct show_version *versions =
		grow_array(function->versions, function->version_count, sizeof(*versions));

	if (!versions)
		return -ENOMEM;
	function->versions = versions;
	versions[function->version_count++] = *version;
	return 0;
}

struct show_alias *gathering_alias_of(struct show_function *function, const char *name)
{
	struct show_alias *aliases;
	size_t i;

	for (i = 0; i < function->alias_count; i++)
		if (!strcmp(function->aliases[i].name, name))
			return &function->aliases[i];
	aliases = grow_array(function->aliases, function->alias_count, sizeof(*aliases));
	if (!aliases)
		return NULL;
	function->aliases = aliases;
	memset(&aliases[function->alias_count], 0, sizeof(*aliases));
	aliases[function->alias_count].name = strdup(name);
	return aliases[function->alias_count].name ? &aliases[function->alias_count++] : NULL;
}

int gathering_read_description(const char *document, size_t length, char **ret_description)
{
	cleanup(json_free_pointer) struct json *json = json_parse(document, length, NULL);
	const char *description = json_member_string(json, "Description", "");

	*ret_description = NULL;
	if (!json)
		return -EINVAL;
	if (!*description)
		return 0;
	*ret_description = strdup(description);
	return *ret_description ? 0 : -ENOMEM;
}

/* A row for a version that an alias leads to, where AWS lists none. 0 or -ENOMEM. */
static int add_unlisted(struct show_function *function, uint64_t version)
{
	const struct show_version unlisted = {.version = version, .unlisted = true};
	size_t i;

	for (i = 0; i < function->version_count; i++)
		if (function->versions[i].version == version)
			return 0;
	return gathering_add_version(function, &unlisted);
}

/* No alias is left out of the table. 0 or -ENOMEM. */
static int complete_versions(struct show_function *function)
{
	int error = 0;
	size_t i;

	for (i = 0; i < function->alias_count && !error; i++) {
		const struct show_alias *alias = &function->aliases[i];

		error = add_unlisted(function, alias->version);
		if (!error && alias->weighted_version)
			error = add_unlisted(function, alias->weighted_version);
	}
	return error;
}

/* $LATEST, then the newest first. */
static int compare_versions(const void *left, const void *right)
{
	const struct show_version *one = left, *other = right;

	if (one->version == other->version)
		return 0;
	if (one->version == LAMBDA_VERSION_LATEST || other->version == LAMBDA_VERSION_LATEST)
		return one->version == LAMBDA_VERSION_LATEST ? -1 : 1;
	return one->version > other->version ? -1 : 1;
}

static int compare_aliases(const void *left, const void *right)
{
	return strcmp(
		((const struct show_alias *)left)->name, ((const struct show_alias *)right)->name);
}

static void sort_function(struct show_function *function)
{
	if (function->version_count)
		qsort(function->versions, function->version_count, sizeof(*function->versions),
			compare_versions);
	if (function->alias_count)
		qsort(function->aliases, function->alias_count, sizeof(*function->aliases),
			compare_aliases);
}

/* --- printing --- */

void gathering_tell_progress(struct gathering *gathering, const char *function)
{
	if (gathering->name_count > 1)
		progress_tell(&gathering->progress, "%zu of %zu: %.40s", gathering->done + 1,
			gathering->name_count, function);
}

static int print_text(struct gathering *gathering, const struct buffer *text)
{
	int error;

	progress_clear(&gathering->progress);
	error = terminal_print(text);
	return error ? gathering_fail(gathering, EXIT_FAILED, "standard output: %s",
			       strerrordesc_np(-error))
		     : 0;
}

static int print_function(struct gathering *gathering, const struct show_function *function)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(OUTPUT_MAX);
	bool colours = terminal_wants_colours();
	int error =
		gathering->has_head ? 0 : show_print_head(gathering->name_width, colours, &text);

	gathering->has_head = true;
	if (!error && function)
		error = show_print_function(function, gathering->name_width, colours, &text);
	return error ? gathering_fail_memory(gathering) : print_text(gathering, &text);
}

static int append_differing(const struct gathering *gathering, const char *name,
	const struct show_alias *one, const struct show_alias *other, struct buffer *text)
{
	cleanup(buffer_release) struct buffer cell = BUFFER_INIT(OUTPUT_MAX);
	int error = show_print_route(one, &cell);

	if (!error)
		error = buffer_appendf(text, "%-*s  %-*s  ",
			(int)show_name_width(gathering->name_width, "FUNCTION"), name,
			(int)show_name_width(CELL_MIN, gathering->differ[0]), buffer_text(&cell));
	if (!error)
		error = show_print_route(other, text);
	return error ? error : buffer_append_byte(text, '\n');
}

static int append_differ_head(const struct gathering *gathering, struct buffer *text)
{
	return buffer_appendf(text, "%-*s  %-*s  %s\n",
		(int)show_name_width(gathering->name_width, "FUNCTION"), "FUNCTION", CELL_MIN,
		gathering->differ[0], gathering->differ[1]);
}

/* A row, where the two aliases differ. */
static int print_differing(struct gathering *gathering, const struct show_function *function)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(OUTPUT_MAX);
	const struct show_alias *one = show_find_alias(function, gathering->differ[0]);
	const struct show_alias *other = show_find_alias(function, gathering->differ[1]);
	int error = 0;

	gathering->found[0] |= one != NULL;
	gathering->found[1] |= other != NULL;
	if (!show_differs(one, other))
		return 0;
	if (!gathering->differs)
		error = append_differ_head(gathering, &text);
	gathering->differs = true;
	if (!error)
		error = append_differing(gathering, function->name, one, other, &text);
	return error ? gathering_fail_memory(gathering) : print_text(gathering, &text);
}

static int keep_function(struct gathering *gathering, struct show_function *function)
{
	struct show_list *list = &gathering->list;
	struct show_function *functions =
		grow_array(list->functions, list->count, sizeof(*functions));

	if (!functions)
		return gathering_fail_memory(gathering);
	list->functions = functions;
	functions[list->count++] = *function;
	memset(function, 0, sizeof(*function));
	return 0;
}

int gathering_add_function(struct gathering *gathering, struct show_function *function)
{
	int failed = 0;

	gathering->done++;
	if (gathering_shows_versions(gathering) && complete_versions(function))
		failed = gathering_fail_memory(gathering);
	sort_function(function);
	if (!failed && gathering->form == GATHERING_TABLE)
		failed = print_function(gathering, function);
	else if (!failed && gathering->form == GATHERING_DIFFER)
		failed = print_differing(gathering, function);
	else if (!failed)
		failed = keep_function(gathering, function);
	show_function_release(function);
	return failed;
}

/* An alias that no function has is mistyped, not the same everywhere. */
static int check_differ(struct gathering *gathering)
{
	size_t i;

	for (i = 0; i < array_count(gathering->differ); i++)
		if (!gathering->found[i])
			return gathering_fail(gathering, EXIT_FAILED,
				"no function has an alias '%s'", gathering->differ[i]);
	return 0;
}

int gathering_end(struct gathering *gathering)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(OUTPUT_MAX);
	int error;

	progress_clear(&gathering->progress);
	if (gathering->form == GATHERING_TABLE)
		return gathering->has_head ? 0 : print_function(gathering, NULL);
	if (gathering->form == GATHERING_DIFFER)
		return check_differ(gathering);
	error = gathering->form == GATHERING_JSON
			? show_print_json(&gathering->list, &text)
			: show_print_matrix(&gathering->list, clock_wall_ms() / 1000,
				  terminal_wants_colours(), &text);
	return error ? gathering_fail_memory(gathering) : print_text(gathering, &text);
}
