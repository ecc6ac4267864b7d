/* SPDX-License-Identifier: MIT */
/*
 * Every option there is, one row each: what the parser, --help, the manual page and the completions
 * go by (the latter two are compared with --help by a test). Pure.
 */
#ifndef ALIASFS_OPTIONS_TABLE_H
#define ALIASFS_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

enum option_kind {
	OPTION_FLAG,    /* --x, -o x: a bool becomes true */
	OPTION_OFF,     /* -o x: a bool becomes false */
	OPTION_TEXT,    /* --x V: a string */
	OPTION_GLOBS,   /* --x V[:V]: the same, of globs that text_matches() can match */
	OPTION_PAIR,    /* --x V:V, --x V V: two strings with a colon between them */
	OPTION_PATH,    /* --x V: a string, made absolute by options_resolve() */
	OPTION_NUMBER,  /* --x V: a double within [minimum, maximum] */
	OPTION_ID,      /* --x V: a uid or gid as an int64_t */
	OPTION_UPDATES, /* the same, of all that can be written, `code` too */
	OPTION_DOCUMENTS, /* --x, --x=V:V: an unsigned int gets a bit for each kind of document, or all */
	OPTION_MASK,      /* --x V: octal permission bits as an int */
	OPTION_CHOICE,    /* --x V: an int becomes the place of V in `argument`, "a|b|c" */
	OPTION_FUSE_FLAG, /* -o x: handed on to libfuse and the kernel */
	OPTION_FUSE_TEXT, /* -o x=V: the same with a value */
	OPTION_IGNORED,   /* -o x: a word of mount(8) and fstab that means nothing here */
	OPTION_REFUSED,   /* -o x: known, and wrong here; help says why */
};

struct option_row {
	const char *name; /* with '_'; '-' is taken for it on the command line */
	char letter;      /* the short form, or 0 */
	enum option_kind kind;
	const char *argument; /* what the value is called in --help */
	size_t offset;        /* of the field in struct options */
	double minimum, maximum;
	const char *help; /* NULL: not in --help */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Whether the option needs a value. */
bool option_takes_value(const struct option_row *row);

/* The row of that name (`length` bytes, '-' standing for '_'), of that letter; NULL when there is none. */
const struct option_row *option_find(const char *name, size_t length);
const struct option_row *option_find_letter(char letter);

/* The row whose name is at most two single-byte changes away, NULL when there is none. */
const struct option_row *option_nearest(const char *name, size_t length);

#endif
