/* SPDX-License-Identifier: MIT */
/* Where `aliasfs log` finds histories. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "backend/moves/moves.h"
#include "fs/commands/connect.h"
#include "fs/commands/log.h"
#include "fs/commands/mount_path.h"
#include "fs/commands/terminal.h"
#include "fs/rules/name.h"
#include "fs/settings/logging.h"
#include "fs/tree/history_text.h"

/* The log of that alias, made when it is not there yet: then without a text. NULL: out of memory. */
static struct alias_log *add_log(struct alias_log_set *set, const char *function, const char *alias)
{
	struct alias_log *items, *log;
	size_t i;

	for (i = 0; i < set->count; i++)
		if (!strcmp(set->items[i].function, function) &&
			!strcmp(set->items[i].alias, alias))
			return &set->items[i];
	items = reallocarray(set->items, set->count + 1, sizeof(*items));
	if (!items)
		return NULL;
	set->items = items;
	log = &items[set->count];
	memset(log, 0, sizeof(*log));
	log->function = strdup(function);
	log->alias = strdup(alias);
	if (log->function && log->alias) {
		set->count++;
		return log;
	}
	alias_log_release(log);
	return NULL;
}

/* Reads the text of a .history into a log without one. EXIT_OK, or another having complained. */
static enum exit_code take_text(struct alias_log *log, const struct buffer *text)
{
	size_t line;
	int error = alias_log_read(log, buffer_text(text), text->length, &line);

	if (error == -EINVAL)
		return report_error(EXIT_FAILED,
			"the history of %s/%s cannot be read: line %zu is no line of a history - "
			"was it mounted by another version of aliasfs?",
			log->function, log->alias, line);
	return error ? report_error(EXIT_FAILED, "out of memory") : EXIT_OK;
}

/* --- of a mount: the files .aliases/NAME/.history --- */

struct reading {
	struct alias_log_set *set;
	const struct mount_path *path;
	struct progress progress;
};

static enum exit_code fail_read(const struct reading *reading, const char *alias, int error)
{
	cleanup(buffer_release) struct buffer reason = BUFFER_INIT(EXIT_TEXT_MAX);
	int failed;

	if (error == ENOENT)
		return report_error(EXIT_FAILED,
			"%s/%s has no history: it is gone, or was mounted by an aliasfs without it",
			reading->path->function, alias);
	failed = mount_append_reason(reading->path->mountpoint, error, &reason);
	(void)failed; /* without memory it is shorter */
	return report_error(mount_exit_code(error), "the history of %s/%s cannot be read: %s",
		reading->path->function, alias, buffer_text(&reason));
}

static enum exit_code read_alias(struct reading *reading, const char *alias)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(ALIAS_LOG_MAX);
	const struct mount_path *path = reading->path;
	struct alias_log *log = add_log(reading->set, path->function, alias);
	char file[2 * NAME_MAX];
	int error;

	if (!log)
		return report_error(EXIT_FAILED, "out of memory");
	if (log->text) /* named twice */
		return EXIT_OK;
	progress_tell(&reading->progress, "%.40s/%.40s: asking CloudTrail", path->function, alias);
	snprintf(file, sizeof(file), ".aliases/%s/.history", alias);
	error = buffer_append_file(&text, path->function_directory, file);
	progress_clear(&reading->progress);
	return error ? fail_read(reading, alias, -error) : take_text(log, &text);
}

/* All aliases of the function. */
static enum exit_code read_function(struct reading *reading)
{
	cleanup(free_pointer) struct dirent **entries = NULL;
	int count = scandirat(reading->path->function_directory, ".", &entries, NULL, alphasort);
	enum exit_code code = EXIT_OK;
	int i;

	if (count < 0)
		return report_error(mount_exit_code(errno), "%s: %s - see %s/.aliasfs/errors",
			reading->path->function, strerrordesc_np(errno), reading->path->mountpoint);
	for (i = 0; i < count; i++) {
		struct name name;

		name_parse(entries[i]->d_name, &name);
		if (!code && name.kind == NAME_ALIAS)
			code = read_alias(reading, entries[i]->d_name);
		free(entries[i]);
	}
	return code;
}

/* *mountpoint is that of the paths before, NULL at first; owned. */
static enum exit_code read_path(struct alias_log_set *set, const char *text, char **mountpoint)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
	cleanup(mount_path_release) struct mount_path path = MOUNT_PATH_INIT;
	struct reading reading = {.set = set, .path = &path};
	enum exit_code code = mount_path_open(text, &path, &message);

	if (code)
		return report_error(code, "%s", buffer_text(&message));
	if (*mountpoint && strcmp(*mountpoint, path.mountpoint) != 0)
		return report_error(EXIT_MOUNTPOINT,
			"'%s' is in another mount than '%s': print them one after the other", text,
			*mountpoint);
	code = path.alias ? read_alias(&reading, path.alias) : read_function(&reading);
	if (!*mountpoint)
		*mountpoint = take_pointer(path.mountpoint);
	return code;
}

enum exit_code alias_log_read_mount(const struct options *options, struct alias_log_set *set)
{
	cleanup(free_pointer) char *mountpoint = NULL;
	enum exit_code code = read_path(set, options->source_text, &mountpoint);
	size_t i;

	for (i = 0; i < options->word_count && !code; i++)
		code = read_path(set, options->words[i], &mountpoint);
	return code;
}

/* --- of a source: the same text, made here, also of aliases that are gone --- */

struct asking {
	const struct options *options;
	struct alias_log_set *set;
	struct catalog *catalog;
	struct moves *moves;
	struct progress progress;
};

static void on_saw(void *data, const char *function, const struct lambda_alias *alias)
{
	const struct asking *asking = data;

	moves_note_seen(asking->moves, function, alias);
}

static enum exit_code take_view(
	struct alias_log *log, const char *alias, const struct moves_view *view)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(ALIAS_LOG_MAX);

	/* A mistyped name is no empty table. */
	if (!*view->present.name && !view->history.count)
		return report_error(EXIT_FAILED, "%s has no alias %s, and nothing is known of one",
			log->function, alias);
	if (history_text_print(alias, view, &text))
		return report_error(EXIT_FAILED, "out of memory");
	return take_text(log, &text);
}

static bool is_refused(const struct moves_view *view)
{
	return view->trail_status == LAMBDA_ACCESS_DENIED || view->is_trail_unknown;
}

static enum exit_code ask_alias(struct asking *asking, const char *function, const char *alias)
{
	struct call_scope scope = connect_read_scope(asking->options);
	struct alias_log *log = add_log(asking->set, function, alias);
	struct lambda_error error = {0};
	char what[2 * NAME_MAX + 2];
	struct moves_view view = {0};
	enum lambda_status status;
	enum exit_code code;

	if (!log)
		return report_error(EXIT_FAILED, "out of memory");
	if (log->text) /* named twice */
		return EXIT_OK;
	progress_tell(&asking->progress, "%.40s/%.40s: asking CloudTrail", function, alias);
	status = moves_read(asking->moves, &scope, function, alias, &view, &error);
	progress_clear(&asking->progress);
	snprintf(what, sizeof(what), "%s/%s", function, alias);
	/* There is no mount that did something itself: without CloudTrail nothing is known. */
	if (!status && is_refused(&view))
		status = lambda_fail_as(&error, &view.trail_error);
	code = status ? connect_complain(what, &error) : take_view(log, alias, &view);
	moves_view_release(&view);
	return code;
}

/* All that the function has now. */
static enum exit_code ask_function(struct asking *asking, const char *function)
{
	struct call_scope scope = connect_read_scope(asking->options);
	const struct catalog_aliases *aliases;
	struct lambda_error error = {0};
	enum exit_code code = EXIT_OK;
	size_t i;

	if (catalog_aliases_get(asking->catalog, &scope, function, &aliases, &error))
		return connect_complain(function, &error);
	for (i = 0; i < aliases->count && !code; i++)
		code = ask_alias(asking, function, aliases->entries[i].name);
	catalog_aliases_unref(aliases);
	return code;
}

static enum exit_code ask_sources(struct asking *asking)
{
	const struct options *options = asking->options;
	enum exit_code code = EXIT_OK;
	size_t i;

	if (options->word_count == 1)
		return ask_function(asking, options->words[0]);
	for (i = 1; i < options->word_count && !code; i++)
		code = ask_alias(asking, options->words[0], options->words[i]);
	return code;
}

/* With the client: what stands on it. */
static enum exit_code ask_client(
	struct asking *asking, struct lambda_client *client, struct log *log)
{
	struct catalog_options catalog = {.ttl_ms = 3600 * 1000, .saw = on_saw, .saw_data = asking};
	struct moves_options moves = {
		.source = trail_source_of_client(lambda_client_aws(client)), .log = log};
	enum exit_code code;

	asking->catalog = moves.catalog = catalog_new(client, &catalog);
	asking->moves = asking->catalog ? moves_new(&moves) : NULL;
	code = asking->moves ? ask_sources(asking) : report_error(EXIT_FAILED, "out of memory");
	moves_free(asking->moves);
	catalog_free(asking->catalog);
	return code;
}

enum exit_code alias_log_ask_account(const struct options *options, struct alias_log_set *set)
{
	struct asking asking = {.options = options, .set = set};
	struct connection connection = {0};
	char text[EXIT_TEXT_MAX];
	struct log log = {0};
	enum exit_code code;
	size_t i;

	for (i = 0; i < options->word_count; i++) {
		const char *word = options->words[i];

		if (strchr(word, '/'))
			return report_error(EXIT_FAILED,
				"'%s' is a path: after a SOURCE, name a function and its aliases",
				word);
		if (i ? !lambda_is_alias_name(word) : !lambda_is_entry_name(word))
			return report_error(EXIT_FAILED, "'%s' is no name of %s", word,
				i ? "an alias" : "a function");
	}
	logging_start(&log, true, (enum log_level)options->log_level);
	code = connect_open(options, &log, &connection, text, sizeof(text));
	code = code ? report_error(code, "%s", text) : ask_client(&asking, connection.client, &log);
	connect_close(&connection);
	return code;
}
