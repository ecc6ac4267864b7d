/* SPDX-License-Identifier: MIT */
/* `aliasfs ls` of a SOURCE. */
#include <errno.h>

#include "backend/catalog/catalog.h"
#include "backend/documents/document.h"
#include "fs/commands/connect.h"
#include "fs/commands/ls_gather.h"
#include "fs/settings/logging.h"
#include "fs/settings/selection.h"

static int fail_call(
	struct gathering *gathering, const char *what, const struct lambda_error *error)
{
	connect_explain(what, error, gathering->text, sizeof(gathering->text));
	gathering->code = connect_exit_code(error->status);
	return -1;
}

/* The versions' rows; their documents are known with the list. */
static int gather_versions(
	struct gathering *gathering, struct catalog *catalog, struct show_function *function)
{
	struct call_scope scope = connect_read_scope(gathering->options);
	const struct catalog_versions *versions;
	struct lambda_error error = {0};
	int failed = 0;
	size_t i;

	if (catalog_versions_get(catalog, &scope, function->name, &versions, &error))
		return fail_call(gathering, function->name, &error);
	for (i = 0; i < versions->count && !failed; i++) {
		cleanup(buffer_release) struct buffer document = BUFFER_INIT(DOCUMENT_MAX);
		struct show_version version = {.version = versions->entries[i].version,
			.last_modified = versions->entries[i].last_modified};

		if (catalog_document_get(catalog, &scope, function->name, version.version,
			    CATALOG_CONFIGURATION, &document, &error))
			failed = fail_call(gathering, function->name, &error);
		else if (gathering_read_description(
				 buffer_text(&document), document.length, &version.description) ||
			 gathering_add_version(function, &version))
			failed = gathering_fail_memory(gathering);
		if (failed)
			free(version.description);
	}
	catalog_versions_unref(versions);
	return failed;
}

static int copy_alias(struct show_function *function, const struct lambda_alias *from)
{
	struct show_alias *alias = gathering_alias_of(function, from->name);

	if (!alias)
		return -ENOMEM;
	alias->version = from->version;
	alias->weighted_version = from->weighted_version;
	alias->weight = from->weight;
	if (!*from->description)
		return 0;
	alias->description = strdup(from->description);
	return alias->description ? 0 : -ENOMEM;
}

static int gather_aliases(
	struct gathering *gathering, struct catalog *catalog, struct show_function *function)
{
	struct call_scope scope = connect_read_scope(gathering->options);
	const struct catalog_aliases *aliases;
	struct lambda_error error = {0};
	int failed = 0;
	size_t i;

	if (catalog_aliases_get(catalog, &scope, function->name, &aliases, &error))
		return fail_call(gathering, function->name, &error);
	for (i = 0; i < aliases->count && !failed; i++)
		failed = copy_alias(function, &aliases->entries[i]);
	catalog_aliases_unref(aliases);
	return failed ? gathering_fail_memory(gathering) : 0;
}

static int gather_function(struct gathering *gathering, struct catalog *catalog, const char *name)
{
	struct show_function function = {.name = strdup(name)};
	int failed = function.name ? 0 : gathering_fail_memory(gathering);

	if (!failed && gathering_shows_versions(gathering))
		failed = gather_versions(gathering, catalog, &function);
	if (!failed)
		failed = gather_aliases(gathering, catalog, &function);
	if (!failed)
		return gathering_add_function(gathering, &function);
	show_function_release(&function);
	return failed;
}

/* A table that leaves out a function would be taken for all of them. */
static int fail_unlistable(struct gathering *gathering, const char *name)
{
	struct lambda_error error = {0};

	(void)selection_check(NULL, &name, 1, &error);
	lambda_hint(&error, "name the functions that are wanted: aliasfs ls SOURCE FUNCTION...");
	return fail_call(gathering, "cannot list the functions", &error);
}

static int name_functions(struct gathering *gathering, struct catalog *catalog)
{
	struct call_scope scope = connect_read_scope(gathering->options);
	const struct catalog_function_list *functions;
	struct lambda_error error = {0};
	int failed = 0;
	size_t i;

	if (catalog_function_list_get(catalog, &scope, &functions, &error))
		return fail_call(gathering, "cannot list the functions", &error);
	for (i = 0; i < functions->unlistable_count && !failed; i++)
		if (gathering_wants(gathering, functions->unlistable[i]))
			failed = fail_unlistable(gathering, functions->unlistable[i]);
	for (i = 0; i < functions->count && !failed; i++)
		if (gathering_wants(gathering, functions->entries[i].name))
			failed = gathering_add_name(gathering, functions->entries[i].name);
	catalog_function_list_unref(functions);
	return failed ? failed : gathering_end_names(gathering);
}

static int gather_account(struct gathering *gathering, struct catalog *catalog)
{
	int failed = name_functions(gathering, catalog);
	size_t i;

	for (i = 0; i < gathering->name_count && !failed; i++) {
		gathering_tell_progress(gathering, gathering->names[i]);
		failed = gather_function(gathering, catalog, gathering->names[i]);
	}
	return failed;
}

/* A function is no path here: it would find nothing. */
static int check_words(struct gathering *gathering)
{
	size_t i;

	for (i = 0; i < gathering->options->word_count; i++)
		if (strchr(gathering->options->words[i], '/'))
			return gathering_fail(gathering, EXIT_FAILED,
				"'%s' is a path: after a SOURCE, name functions",
				gathering->options->words[i]);
	return 0;
}

int ls_gather_account(struct gathering *gathering)
{
	struct catalog_options options = {.ttl_ms = 3600 * 1000};
	struct connection connection = {0};
	struct catalog *catalog;
	struct log log = {0};
	int failed = check_words(gathering);

	if (failed)
		return failed;
	logging_start(&log, true, (enum log_level)gathering->options->log_level);
	gathering->code = connect_open(
		gathering->options, &log, &connection, gathering->text, sizeof(gathering->text));
	failed = gathering->code ? -1 : 0;
	if (!failed) {
		catalog = catalog_new(connection.client, &options);
		failed = catalog ? gather_account(gathering, catalog)
				 : gathering_fail_memory(gathering);
		catalog_free(catalog);
	}
	connect_close(&connection);
	return failed;
}
