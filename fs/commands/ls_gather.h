/* SPDX-License-Identifier: MIT */
/*
 * What `aliasfs ls` gathers, function by function, and prints as far as it can be printed: rows of the table and of
 * --differ at once, the matrix and JSON at the end. For ls*.c only; one thread.
 */
#ifndef ALIASFS_LS_GATHER_H
#define ALIASFS_LS_GATHER_H

#include "fs/commands/ls.h"
#include "fs/commands/terminal.h"
#include "fs/settings/options.h"

enum gathering_form {
	GATHERING_TABLE,
	GATHERING_JSON,
	GATHERING_MATRIX,
	GATHERING_DIFFER,
};

struct gathering {
	const struct options *options;
	enum gathering_form form;
	char **words; /* names and globs of functions; owned */
	size_t word_count;
	char **names; /* of the functions to show, sorted; owned */
	size_t name_count;
	size_t name_width;
	char *differ[2]; /* DIFFER: the aliases; owned */
	bool found[2];   /* DIFFER: whether any function has it */
	bool differs;    /* DIFFER: some function does */
	bool has_head;   /* the head of the table is printed */
	size_t done;     /* functions that have been gathered */
	struct progress progress;
	struct show_list list;
	enum exit_code code;
	char text[EXIT_TEXT_MAX];
};

/*
 * Gather the functions of a mount (ls_mount.c), read through the filesystem as anybody would, or of a SOURCE
 * (ls_account.c), asked for through the API: each call takes `read_timeout` at most. 0 or -1 with the reason. Both block.
 */
int ls_gather_mount(struct gathering *gathering) must_check;
int ls_gather_account(struct gathering *gathering) must_check;

/* 0 or -1 with the reason in gathering->text; gathering_release() in every case. */
int gathering_start(struct gathering *gathering, const struct options *options) must_check;
void gathering_release(struct gathering *gathering);

/* Notes why it failed: always -1. */
int gathering_fail(struct gathering *gathering, enum exit_code code, const char *format, ...)
	printf_like(3, 4);
int gathering_fail_memory(struct gathering *gathering);

/* One more word: the text is copied. 0 or -1. */
int gathering_add_word(struct gathering *gathering, const char *text) must_check;

/* Whether that function is asked for, by the words and the option `functions`. */
bool gathering_wants(const struct gathering *gathering, const char *function);

/* One more function to show, once each. 0 or -1. */
int gathering_add_name(struct gathering *gathering, const char *function) must_check;

/* All names are known: sorts them. -1 when a word has found none: a mistyped name is no empty table. */
int gathering_end_names(struct gathering *gathering) must_check;

/* Whether versions and descriptions are shown. */
bool gathering_shows_versions(const struct gathering *gathering);

/* Shows on a terminal which function is asked for now. */
void gathering_tell_progress(struct gathering *gathering, const char *function);

/* --- filling a function; each 0 or -ENOMEM --- */

int gathering_add_version(
	struct show_function *function, const struct show_version *version) must_check;

/* The alias of that name, made when it is not there yet. NULL: out of memory. */
struct show_alias *gathering_alias_of(struct show_function *function, const char *name);

/* The member Description of a configuration.json, NULL where it is empty; the caller frees it. -EINVAL: no document. */
int gathering_read_description(
	const char *document, size_t length, char **ret_description) must_check;

/* The function is whole: printed or kept. It belongs to the gathering afterwards. 0 or -1. */
int gathering_add_function(struct gathering *gathering, struct show_function *function) must_check;

/* All functions are there: prints what is still to be printed. 0 or -1. */
int gathering_end(struct gathering *gathering) must_check;

#endif
