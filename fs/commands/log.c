/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "backend/base/clock.h"
#include "fs/commands/commands.h"
#include "fs/commands/log.h"
#include "fs/commands/terminal.h"

#define OUTPUT_MAX (512 * 1024 * 1024)

static void release_set(struct alias_log_set *set)
{
	while (set->count)
		alias_log_release(&set->items[--set->count]);
	free(set->items);
}

static bool has_note(const struct alias_log *log, const char *note)
{
	size_t i;

	for (i = 0; i < log->note_count; i++)
		if (!strcmp(log->notes[i], note))
			return true;
	return false;
}

/* What several aliases have in common is printed once. */
static void print_note(const struct alias_log_set *set, size_t index, const char *note)
{
	size_t others = 0, i;

	for (i = 0; i < set->count; i++) {
		if (i < index && has_note(&set->items[i], note))
			return;
		others += i > index && has_note(&set->items[i], note);
	}
	fprintf(stderr, "# %s/%s", set->items[index].function, set->items[index].alias);
	if (others)
		fprintf(stderr, " and %zu more", others);
	fprintf(stderr, ": %s\n", note);
}

/* What is no move: to standard error, so that a script reads moves alone. */
static void print_notes(const struct alias_log_set *set, bool leading)
{
	size_t i, j;

	for (i = 0; i < set->count; i++) {
		const struct alias_log *log = &set->items[i];
		size_t first = leading ? 0 : log->leading_notes;
		size_t end = leading ? log->leading_notes : log->note_count;

		for (j = first; j < end; j++)
			print_note(set, i, log->notes[j]);
	}
}

static enum exit_code print_log(
	const struct options *options, const struct alias_log_set *set, int64_t since_s)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(OUTPUT_MAX);
	struct alias_log_rows rows;
	int error = alias_log_merge(set->items, set->count, since_s, &rows);

	if (!error)
		error = options->json ? alias_log_print_json(&rows, &text)
				      : alias_log_print_table(&rows, set->count > 1,
						terminal_wants_colours(), &text);
	free(rows.items);
	if (error)
		return report_error(EXIT_FAILED, "out of memory");
	print_notes(set, true);
	error = terminal_print(&text);
	if (error)
		return report_error(EXIT_FAILED, "standard output: %s", strerrordesc_np(-error));
	print_notes(set, false);
	return EXIT_OK;
}

enum exit_code log_run(const struct options *options)
{
	cleanup(release_set) struct alias_log_set set = {0};
	int64_t since_s = 0;
	enum exit_code code;

	if (options->since &&
		alias_log_read_since(options->since, clock_wall_ms() / 1000, &since_s))
		return report_error(EXIT_USAGE,
			"option 'since' takes 90s, 30m, 2h, 3d, 1w, or a moment as 2026-11-27 or "
			"2026-11-27T03:00, not '%s'",
			options->since);
	code = options_is_source(options->source_text) ? alias_log_ask_account(options, &set)
						       : alias_log_read_mount(options, &set);
	return code ? code : print_log(options, &set, since_s);
}
