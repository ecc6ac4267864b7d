/* SPDX-License-Identifier: MIT */
#include "fs/commands/ls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "fs/commands/connect.h"
#include "fs/rules/name.h"
#include "fs/settings/logging.h"
#include "fs/settings/selection.h"

#define OUTPUT_MAX (256 * 1024 * 1024)

/* What is being gathered, and what went wrong. */
struct gathering {
	const struct options *options;
	struct show_list list;
	size_t capacity;
	enum exit_code code;
	char text[EXIT_TEXT_MAX];
};

static int fail_gathering(struct gathering *gathering, enum exit_code code, const char *format, ...)
	printf_like(3, 4);

static int fail_gathering(struct gathering *gathering, enum exit_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(gathering->text, sizeof(gathering->text), format, arguments);
	va_end(arguments);
	gathering->code = code;
	return -1;
}

static int fail_memory(struct gathering *gathering)
{
	return fail_gathering(gathering, EXIT_FAILED, "out of memory");
}

/* Whether that function is asked for. */
static bool is_wanted(const struct options *options, const char *function)
{
	size_t i;

	if (!selection_shows(options->functions, function))
		return false;
	for (i = 0; i < options->word_count; i++)
		if (!fnmatch(options->words[i], function, 0))
			return true;
	return !options->word_count;
}

/* Room for one more element of an array that doubles. */
static void *grow_array(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? count * 2 : 1, size);
}

static struct show_function *add_function(struct gathering *gathering, const char *name)
{
	struct show_list *list = &gathering->list;
	struct show_function *functions =
		grow_array(list->functions, list->count, sizeof(*functions));

	if (!functions)
		return NULL;
	list->functions = functions;
	memset(&functions[list->count], 0, sizeof(*functions));
	functions[list->count].name = strdup(name);
	return functions[list->count].name ? &functions[list->count++] : NULL;
}

static int add_version(struct show_function *function, const struct show_version *version)
{
	struct show_version *versions =
		grow_array(function->versions, function->version_count, sizeof(*versions));

	if (!versions)
		return -ENOMEM;
	function->versions = versions;
	versions[function->version_count++] = *version;
	return 0;
}

/* A row for a version that an alias leads to, where AWS lists none. 0 or -ENOMEM. */
static int add_unlisted(struct show_function *function, uint64_t version)
{
	const struct show_version unlisted = {.version = version, .unlisted = true};
	size_t i;

	for (i = 0; i < function->version_count; i++)
		if (function->versions[i].version == version)
			return 0;
	return add_version(function, &unlisted);
}

/* No alias is left out of the table. 0 or -ENOMEM. */
static int complete_versions(struct show_list *list)
{
	int error = 0;
	size_t i, j;

	for (i = 0; i < list->count; i++) {
		struct show_function *function = &list->functions[i];

		for (j = 0; j < function->alias_count && !error; j++) {
			const struct show_alias *alias = &function->aliases[j];

			error = add_unlisted(function, alias->version);
			if (!error && alias->weighted_version)
				error = add_unlisted(function, alias->weighted_version);
		}
	}
	return error;
}

/* The alias of that name, made when it is not there yet. NULL: out of memory. */
static struct show_alias *alias_of(struct show_function *function, const char *name)
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

static int compare_functions(const void *left, const void *right)
{
	return strcmp(((const struct show_function *)left)->name,
		((const struct show_function *)right)->name);
}

static void sort_list(struct show_list *list)
{
	size_t i;

	if (list->count)
		qsort(list->functions, list->count, sizeof(*list->functions), compare_functions);
	for (i = 0; i < list->count; i++) {
		struct show_function *function = &list->functions[i];

		if (function->version_count)
			qsort(function->versions, function->version_count,
				sizeof(*function->versions), compare_versions);
		if (function->alias_count)
			qsort(function->aliases, function->alias_count, sizeof(*function->aliases),
				compare_aliases);
	}
}

/* --- through a mount --- */

static int read_link(int directory, const char *name, uint64_t *ret_version)
{
	char target[LAMBDA_VERSION_TEXT_SIZE + 1];
	ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return lambda_version_parse(target, ret_version);
}

/* One entry of a function's directory. 0 or -errno. */
static int gather_entry(struct show_function *function, int directory, const char *text)
{
	struct show_alias *alias;
	struct stat status;
	struct name name;
	uint64_t version;
	int error;

	name_parse(text, &name);
	if (name.kind == NAME_VERSION) {
		if (fstatat(directory, text, &status, AT_SYMLINK_NOFOLLOW))
			return -errno;
		return add_version(function, &(struct show_version){.version = name.version,
						     .last_modified = status.st_mtim.tv_sec});
	}
	if (name.kind != NAME_ALIAS && name.kind != NAME_WEIGHT)
		return 0;
	error = read_link(directory, text, &version);
	if (error)
		return error == -ENOENT ? 0 : error; /* gone meanwhile */
	alias = alias_of(function, name.alias);
	if (!alias)
		return -ENOMEM;
	if (name.kind == NAME_ALIAS) {
		alias->version = version;
	} else {
		alias->weighted_version = version;
		alias->weight = name.weight;
	}
	return 0;
}

static int gather_directory(struct gathering *gathering, int root, const char *name)
{
	int descriptor = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
	struct show_function *function;
	const struct dirent *entry;
	int error = 0;

	if (!directory)
		return fail_gathering(
			gathering, EXIT_FAILED, "%s: %s", name, strerrordesc_np(errno));
	function = add_function(gathering, name);
	if (!function)
		error = -ENOMEM;
	while (!error) {
		errno = 0;
		entry = readdir(directory);
		if (!entry) {
			error = -errno;
			break;
		}
		if (entry->d_name[0] != '.')
			error = gather_entry(function, dirfd(directory), entry->d_name);
	}
	closedir(directory);
	return error ? fail_gathering(
			       gathering, EXIT_FAILED, "%s: %s", name, strerrordesc_np(-error))
		     : 0;
}

/* Whether each word is a function's name: they are looked up by their paths, whatever else is there. */
static bool names_functions(const struct options *options)
{
	size_t i;

	for (i = 0; i < options->word_count; i++)
		if (!options->words[i][0] || options->words[i][0] == '.' ||
			strpbrk(options->words[i], "*?[\\/"))
			return false;
	return options->word_count > 0;
}

static bool is_gathered(const struct show_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->functions[i].name, name))
			return true;
	return false;
}

/* The functions that the words name; one that is not there is check_words()'s to tell. */
static int gather_words(struct gathering *gathering, int root)
{
	const struct options *options = gathering->options;
	struct stat status;
	int failed = 0;
	size_t i;

	for (i = 0; i < options->word_count && !failed; i++) {
		const char *name = options->words[i];

		if (is_gathered(&gathering->list, name) || !is_wanted(options, name) ||
			(fstatat(root, name, &status, AT_SYMLINK_NOFOLLOW) && errno == ENOENT))
			continue;
		failed = gather_directory(gathering, root, name);
	}
	return failed;
}

/* Every function that is listed and wanted. */
static int gather_root(struct gathering *gathering, int root)
{
	const char *path = gathering->options->source_text;
	int descriptor = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *entry;
	int failed = 0;

	if (!directory) {
		failed = fail_gathering(gathering, EXIT_FAILED, "'%s': %s - see %s/.aliasfs/errors",
			path, strerrordesc_np(errno), path);
		if (descriptor >= 0)
			close(descriptor);
		return failed;
	}
	while (!failed) {
		errno = 0;
		entry = readdir(directory);
		if (!entry) {
			if (errno)
				failed = fail_gathering(gathering, EXIT_FAILED, "'%s': %s", path,
					strerrordesc_np(errno));
			break;
		}
		if (entry->d_name[0] != '.' && is_wanted(gathering->options, entry->d_name))
			failed = gather_directory(gathering, dirfd(directory), entry->d_name);
	}
	closedir(directory);
	return failed;
}

static int gather_mount(struct gathering *gathering)
{
	const char *path = gathering->options->source_text;
	cleanup(close_descriptor) int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (root < 0)
		return fail_gathering(
			gathering, EXIT_MOUNTPOINT, "'%s': %s", path, strerrordesc_np(errno));
	if (fstatat(root, ".aliasfs/version", &status, 0))
		return fail_gathering(gathering, EXIT_MOUNTPOINT,
			"'%s' is neither a mount of aliasfs nor aws, aws:REGION or local:DIR",
			path);
	return names_functions(gathering->options) ? gather_words(gathering, root)
						   : gather_root(gathering, root);
}

/* --- through the API --- */

static struct call_scope scope_for(const struct options *options)
{
	int64_t deadline_ms = clock_monotonic_ms() + (int64_t)(options->read_timeout * 1000);

	return (struct call_scope){
		.read_deadline_ms = deadline_ms, .mutation_deadline_ms = deadline_ms};
}

static int fail_call(
	struct gathering *gathering, const char *what, const struct lambda_error *error)
{
	connect_explain(what, error, gathering->text, sizeof(gathering->text));
	gathering->code = connect_exit_code(error->status);
	return -1;
}

static int copy_versions(struct show_function *function, const struct catalog_versions *versions)
{
	int error = 0;
	size_t i;

	for (i = 0; i < versions->count && !error; i++)
		error = add_version(
			function, &(struct show_version){.version = versions->entries[i].version,
					  .last_modified = versions->entries[i].last_modified});
	return error;
}

static int copy_aliases(struct show_function *function, const struct catalog_aliases *aliases)
{
	size_t i;

	for (i = 0; i < aliases->count; i++) {
		const struct lambda_alias *from = &aliases->entries[i];
		struct show_alias *alias = alias_of(function, from->name);

		if (!alias)
			return -ENOMEM;
		alias->version = from->version;
		alias->weighted_version = from->weighted_version;
		alias->weight = from->weight;
	}
	return 0;
}

static int gather_function(struct gathering *gathering, struct catalog *catalog, const char *name)
{
	struct call_scope scope = scope_for(gathering->options);
	const struct catalog_versions *versions;
	const struct catalog_aliases *aliases;
	struct show_function *function;
	struct lambda_error error = {0};
	int failed;

	if (catalog_versions_get(catalog, &scope, name, &versions, &error))
		return fail_call(gathering, name, &error);
	function = add_function(gathering, name);
	failed = function ? copy_versions(function, versions) : -ENOMEM;
	catalog_versions_unref(versions);
	if (failed)
		return fail_memory(gathering);
	scope = scope_for(gathering->options);
	if (catalog_aliases_get(catalog, &scope, name, &aliases, &error))
		return fail_call(gathering, name, &error);
	failed = copy_aliases(function, aliases);
	catalog_aliases_unref(aliases);
	return failed ? fail_memory(gathering) : 0;
}

/* A table that leaves out a function would be taken for all of them. */
static int fail_unlistable(struct gathering *gathering, const char *name)
{
	struct lambda_error error = {0};

	(void)selection_check(NULL, &name, 1, &error);
	lambda_hint(&error, "name the functions that are wanted: aliasfs ls SOURCE FUNCTION...");
	return fail_call(gathering, "cannot list the functions", &error);
}

static int gather_account(struct gathering *gathering, struct catalog *catalog)
{
	struct call_scope scope = scope_for(gathering->options);
	const struct catalog_function_list *root;
	struct lambda_error error = {0};
	int failed = 0;
	size_t i;

	if (catalog_function_list_get(catalog, &scope, &root, &error))
		return fail_call(gathering, "cannot list the functions", &error);
	for (i = 0; i < root->unlistable_count && !failed; i++)
		if (is_wanted(gathering->options, root->unlistable[i]))
			failed = fail_unlistable(gathering, root->unlistable[i]);
	for (i = 0; i < root->count && !failed; i++)
		if (is_wanted(gathering->options, root->entries[i].name))
			failed = gather_function(gathering, catalog, root->entries[i].name);
	catalog_function_list_unref(root);
	return failed;
}

static int gather_source(struct gathering *gathering)
{
	struct catalog_options options = {.ttl_ms = 3600 * 1000};
	struct connection connection = {0};
	struct catalog *catalog;
	struct log log = {0};
	int failed = -1;

	logging_start(&log, true, (enum log_level)gathering->options->log_level);
	gathering->code = connect_open(
		gathering->options, &log, &connection, gathering->text, sizeof(gathering->text));
	if (!gathering->code) {
		catalog = catalog_new(connection.client, &options);
		failed = catalog ? gather_account(gathering, catalog) : fail_memory(gathering);
		catalog_free(catalog);
	}
	connect_close(&connection);
	return failed;
}

/* --- the command --- */

/* Every word must have found something: a mistyped name is no empty table. */
static int check_words(struct gathering *gathering)
{
	const struct options *options = gathering->options;
	size_t i, j;

	for (i = 0; i < options->word_count; i++) {
		for (j = 0; j < gathering->list.count; j++)
			if (!fnmatch(options->words[i], gathering->list.functions[j].name, 0))
				break;
		if (j == gathering->list.count)
			return fail_gathering(gathering, EXIT_FAILED, "there is no function '%s'",
				options->words[i]);
	}
	return 0;
}

static bool wants_colours(void)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

static int print_gathered(struct gathering *gathering)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(OUTPUT_MAX);
	int error = gathering->options->json
			    ? show_print_json(&gathering->list, &text)
			    : show_print_table(&gathering->list, wants_colours(), &text);

	if (error)
		return fail_memory(gathering);
	if (fputs(buffer_text(&text), stdout) < 0 || fflush(stdout))
		return fail_gathering(
			gathering, EXIT_FAILED, "standard output: %s", strerrordesc_np(errno));
	return 0;
}

enum exit_code show_run(const struct options *options)
{
	struct gathering gathering = {.options = options};
	int failed = options_is_source(options->source_text) ? gather_source(&gathering)
							     : gather_mount(&gathering);

	if (!failed)
		failed = check_words(&gathering);
	if (!failed && complete_versions(&gathering.list))
		failed = fail_memory(&gathering);
	if (!failed) {
		sort_list(&gathering.list);
		failed = print_gathered(&gathering);
	}
	if (failed)
		fprintf(stderr, "aliasfs: %s\n", gathering.text);
	show_list_release(&gathering.list);
	return failed ? gathering.code : EXIT_OK;
}
