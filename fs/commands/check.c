/* SPDX-License-Identifier: MIT */
#include "backend/base/clock.h"
#include "fs/commands/commands.h"
#include "fs/commands/connect.h"
#include "fs/commands/terminal.h"
#include "fs/settings/logging.h"
#include "fs/settings/selection.h"

#define UNLIKELY_ALIAS "aliasfs-check"
#define IDENTITY_MS 5000 /* for STS, which only makes the answer friendlier */

static void print_fact(void *data, const struct lambda_report_line *line)
{
	(void)data;
	printf("%-12s %s%s%s%s\n", line->name, line->value,
		line->source && *line->source ? "  (" : "", line->source ? line->source : "",
		line->source && *line->source ? ")" : "");
}

/* The identity of the credentials; only AWS has one. */
static void tell_identity(const struct options *options, struct lambda_client *client)
{
	int64_t now_ms = clock_monotonic_ms();
	const struct call_scope scope = {.read_deadline_ms = now_ms + IDENTITY_MS,
		.mutation_deadline_ms = now_ms + IDENTITY_MS};
	struct lambda_identity identity = {0};
	struct lambda_error error = {0};

	if (options->source == SOURCE_LOCAL || options->endpoint_url)
		return;
	if (lambda_client_identity(client, &scope, &identity, &error))
		printf("%-12s unknown: %s\n", "identity", error.message);
	else
		printf("%-12s %s  (account %s)\n", "identity", identity.arn, identity.account);
}

/* --- the calls that browsing makes --- */

/* What is tried on: the first function that a mount would show. */
struct trial {
	struct lambda_client *client;
	const struct call_scope *scope;
	const char *globs;                           /* -o functions */
	char function[LAMBDA_FUNCTION_NAME_MAX + 1]; /* "": there is none */
	struct lambda_alias alias;   /* its first alias, or one that hardly exists */
	struct lambda_error listing; /* why the root cannot be listed; LAMBDA_OK: it can */
};

/* The first of the page that is shown. */
static void choose_function(struct trial *trial, const struct lambda_version_page *page)
{
	size_t i;

	for (i = 0; i < page->count && !trial->function[0]; i++)
		if (selection_shows(trial->globs, page->items[i].function_name))
			snprintf(trial->function, sizeof(trial->function), "%s",
				page->items[i].function_name);
}

static void tell_functions(const struct lambda_version_page *page)
{
	size_t count = page->count + page->unlistable_count;

	printf("%-12s ListFunctions works: %zu function%s%s\n", "call", count,
		count == 1 ? "" : "s", page->next_marker ? " on the first page" : "");
}

/* Policies are often for some functions alone: others say nothing about what -o functions would show. */
static enum lambda_status try_functions(struct trial *trial, struct lambda_error *error)
{
	cleanup(free_pointer) char *marker = NULL;

	do {
		struct lambda_version_page page;
		enum lambda_status status = lambda_list_functions(
			trial->client, trial->scope, false, marker, &page, error);

		if (status)
			return status;
		if (!marker)
			tell_functions(&page);
		choose_function(trial, &page);
		if (!trial->listing.status)
			(void)selection_check(trial->globs, (const char *const *)page.unlistable,
				page.unlistable_count, &trial->listing);
		free(marker);
		marker = take_pointer(page.next_marker);
		lambda_version_page_release(&page);
	} while (marker && !trial->function[0]);
	return LAMBDA_OK;
}

static enum lambda_status try_versions(struct trial *trial, struct lambda_error *error)
{
	struct lambda_version_page page;
	enum lambda_status status = lambda_list_versions(
		trial->client, trial->scope, trial->function, NULL, &page, error);

	if (!status)
		lambda_version_page_release(&page);
	return status;
}

static enum lambda_status try_aliases(struct trial *trial, struct lambda_error *error)
{
	struct lambda_alias_page page;
	enum lambda_status status = lambda_list_aliases(
		trial->client, trial->scope, trial->function, NULL, &page, error);

	if (status)
		return status;
	if (page.count) {
		trial->alias = page.items[0];
		page.items[0].description = NULL;
	}
	lambda_alias_page_release(&page);
	return LAMBDA_OK;
}

/*
 * UpdateAlias of that alias, with all that it has now and a RevisionId that matches none: AWS refuses that
 * behind its look at the permission, and a server that ignores it changes nothing.
 */
static enum lambda_status try_update(struct trial *trial, struct lambda_error *error)
{
	struct lambda_alias *wanted = &trial->alias, updated = {0};
	enum lambda_status status;

	snprintf(wanted->revision_id, sizeof(wanted->revision_id), "%s",
		"00000000-0000-0000-0000-000000000000");
	status = lambda_update_alias(trial->client, trial->scope, trial->function, wanted,
		wanted->description != NULL, &updated, error);
	lambda_alias_release(&updated);
	return status == LAMBDA_REVISION_CHANGED || status == LAMBDA_NOT_FOUND ? LAMBDA_OK : status;
}

static enum lambda_status try_publish(struct trial *trial, struct lambda_error *error)
{
	return lambda_try_publish(trial->client, trial->scope, trial->function, error);
}

/* Of an alias that hardly exists: AWS looks at the permission first. */
static enum lambda_status try_alias(struct trial *trial, struct lambda_error *error)
{
	struct lambda_alias alias = {0};
	enum lambda_status status = lambda_get_alias(
		trial->client, trial->scope, trial->function, UNLIKELY_ALIAS, &alias, error);

	lambda_alias_release(&alias);
	return status == LAMBDA_NOT_FOUND ? LAMBDA_OK : status;
}

static enum lambda_status try_configuration(struct trial *trial, struct lambda_error *error)
{
	struct lambda_version version = {0};
	enum lambda_status status = lambda_get_version(trial->client, trial->scope, trial->function,
		LAMBDA_VERSION_LATEST, &version, error);

	lambda_version_release(&version);
	return status;
}

static enum lambda_status try_account(struct trial *trial, struct lambda_error *error)
{
	struct lambda_account account;

	return lambda_get_account(trial->client, trial->scope, &account, error);
}

/* After ListFunctions, without which there is no mount, in this order. */
static const struct {
	const char *action;  /* as IAM names it, behind "lambda:" */
	const char *without; /* what its lack means to a user */
	bool needs_function;
	bool needed; /* else only something small is not shown */
	bool writes; /* only with --write */
	enum lambda_status (*try)(struct trial *trial, struct lambda_error *error);
} trials[] = {
	{"ListVersionsByFunction", "functions cannot be listed", true, true, false, try_versions},
	{"ListAliases", "functions cannot be listed", true, true, false, try_aliases},
	{"GetAlias", "aliases cannot be read one by one or changed", true, true, false, try_alias},
	{"GetFunctionConfiguration", "versions cannot be read one by one", true, true, false,
		try_configuration},
	{"GetAccountSettings", "df shows nothing", false, false, false, try_account},
	{"UpdateAlias", "nothing can be promoted", true, true, true, try_update},
	{"PublishVersion", "no version can be published", true, true, true, try_publish},
};

static enum exit_code try_calls(
	const struct options *options, struct lambda_client *client, const struct call_scope *scope)
{
	struct trial trial = {.client = client,
		.scope = scope,
		.globs = options->functions,
		.alias = {.name = UNLIKELY_ALIAS, .version = 1}};
	struct lambda_error error = {0};
	enum exit_code code = EXIT_OK;
	size_t i;

	if (try_functions(&trial, &error))
		return connect_complain("cannot list the functions", &error);
	if (trial.listing.status)
		code = connect_complain(
			"the mount would stand, but its root cannot be listed", &trial.listing);
	for (i = 0; i < array_count(trials); i++) {
		enum lambda_status status;

		if (trials[i].needs_function && !trial.function[0])
			continue; /* there is nothing to try it on */
		if (trials[i].writes && !options->check_write)
			continue;
		status = trials[i].try(&trial, &error);
		if (status == LAMBDA_ACCESS_DENIED) {
			printf("%-12s lambda:%s, so that %s: %s\n", "missing", trials[i].action,
				trials[i].without, error.message);
			if (trials[i].needed)
				code = EXIT_PERMISSION;
		} else if (status == LAMBDA_CONFLICT) {
			continue; /* permitted, while AWS is updating the function */
		} else if (status) {
			code = connect_complain(trials[i].action, &error);
			break;
		} else if (trials[i].writes) {
			printf("%-12s %s is permitted on %s; nothing was changed\n", "call",
				trials[i].action, trial.function);
		}
	}
	lambda_alias_release(&trial.alias);
	return code;
}

static enum exit_code check_account(const struct options *options, struct lambda_client *client)
{
	const struct call_scope scope = connect_read_scope(options);
	struct lambda_error error = {0};

	if (lambda_client_report(client, &scope, print_fact, NULL, &error))
		return connect_complain("no credentials can be used", &error);
	tell_identity(options, client);
	return try_calls(options, client, &scope);
}

enum exit_code check_run(const struct options *options)
{
	struct connection connection = {0};
	char text[EXIT_TEXT_MAX];
	struct log log = {0};
	enum exit_code code;

	logging_start(&log, true, (enum log_level)options->log_level);
	code = connect_open(options, &log, &connection, text, sizeof(text));
	code = code ? report_error(code, "%s", text) : check_account(options, connection.client);
	connect_close(&connection);
	return code;
}
