/* SPDX-License-Identifier: MIT */
/*
 * `aliasfs log PATH… | SOURCE FUNCTION [ALIAS…]`: what happened to aliases, as a table or as JSON. Of a mount the files
 * .aliases/NAME/.history are read; of a source the same text is made here.
 */
#ifndef ALIASFS_COMMANDS_LOG_H
#define ALIASFS_COMMANDS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

#define ALIAS_LOG_MAX (64 * 1024 * 1024) /* bytes of one alias's history */

/* --- what is read: log_lines.c --- */

/* The fields of a line, in their order. */
enum alias_log_field {
	ALIAS_LOG_TIME,
	ALIAS_LOG_WHAT,
	ALIAS_LOG_FROM,
	ALIAS_LOG_TO,
	ALIAS_LOG_WHO,
	ALIAS_LOG_WITH,
	ALIAS_LOG_REQUEST,
	ALIAS_LOG_NOTE,
	ALIAS_LOG_FIELD_COUNT,
};

struct alias_log_move {
	int64_t time_s; /* since the epoch */
	const char *fields[ALIAS_LOG_FIELD_COUNT];
};

/* The history of one alias. */
struct alias_log {
	char *function, *alias;       /* names; owned */
	char *text;                   /* that the rest points into; owned */
	struct alias_log_move *moves; /* newest first; owned */
	size_t count;
	const char **notes; /* the lines that are no moves, without their "# "; owned */
	size_t note_count;
	size_t leading_notes; /* how many of them stand before the first move */
};

void alias_log_release(struct alias_log *log);

/*
 * Reads the text of a .history, strictly: each line begins with '#' or has eight fields that mean what they should.
 * `log` has neither text nor moves yet. 0, -ENOMEM, or -EINVAL with the number of the line in *ret_line. Pure.
 */
int alias_log_read(
	struct alias_log *log, const char *text, size_t length, size_t *ret_line) must_check;

/* The newest move or creation, NULL when none is known. Pure. */
const struct alias_log_move *alias_log_last_move(const struct alias_log *log);

/*
 * Reads what --since takes, `now_s` being the present: 90s, 30m, 2h, 3d, 1w before it, or a moment as
 * 2026-11-27, 2026-11-27T03:00, 2026-11-27T03:00:12 in local time, with Z behind it in UTC; a blank may
 * stand for the T. 0 or -EINVAL.
 */
int alias_log_read_since(const char *text, int64_t now_s, int64_t *ret_since_s) must_check;

/* --- where histories are found: log_sources.c --- */

struct alias_log_set {
	struct alias_log *items; /* in the order in which they were named; owned */
	size_t count;
};

/*
 * Fill `set` with what options->source_text and options->words name. EXIT_OK, or another having complained; then
 * nothing is to be printed, as a part would be taken for all. Both wait for CloudTrail.
 */
enum exit_code alias_log_read_mount(
	const struct options *options, struct alias_log_set *set) must_check;
enum exit_code alias_log_ask_account(
	const struct options *options, struct alias_log_set *set) must_check;

/* --- what is printed: log_print.c --- */

struct alias_log_row {
	const struct alias_log *log;
	const struct alias_log_move *move;
};

/* The moves of several aliases since that moment. */
struct alias_log_rows {
	struct alias_log_row *items; /* newest first; owned */
	size_t count;
};

/* Merges them; those of one alias keep their order. The caller frees `items`. 0 or -ENOMEM. Pure. */
int alias_log_merge(const struct alias_log *logs, size_t count, int64_t since_s,
	struct alias_log_rows *ret_rows) must_check;

/* Appends a line for each move, `with_names` with function and alias. Errors as buffer_append(). Pure. */
int alias_log_print_table(const struct alias_log_rows *rows, bool with_names, bool colours,
	struct buffer *out) must_check;

/*
 * Appends one JSON array of objects with time, function, alias, what, from, to, who, with, request_id and note. An
 * empty field is null; `from` and `to` are null where there was no alias, and "?" where it is not known. Errors as
 * buffer_append(). Pure.
 */
int alias_log_print_json(const struct alias_log_rows *rows, struct buffer *out) must_check;

/* Appends the short form of a caller: of an ARN its last part. Errors as buffer_append(). Pure. */
int alias_log_append_who(const char *who, struct buffer *out) must_check;

/* Appends "5 minutes ago". Errors as buffer_append(). Pure. */
int alias_log_append_age(int64_t seconds, struct buffer *out) must_check;

#endif
