/* SPDX-License-Identifier: MIT */
/*
 * What a name in a function's directory means (contract, sections 1 and 2.2). A name means one thing
 * only: alias names are letters, digits, '-' and '_' and not digits alone; versions are digits;
 * everything else holds a character that no alias can hold. Pure functions.
 */
#ifndef ALIASFS_NAME_H
#define ALIASFS_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/lambda/types.h"

enum name_kind {
	NAME_LOCAL,          /* cannot be an alias: a link of that name lives in this mount only */
	NAME_VERSION,        /* $LATEST, $LATEST.PUBLISHED or a number; there or not */
	NAME_NUMERIC,        /* digits that are no version: 0, 007, too large. Never exists */
	NAME_ALIAS,          /* an alias, there or not */
	NAME_ALIAS_TOO_LONG, /* an alias name of more than 128 bytes. Never exists */
	NAME_WEIGHT,         /* PROD%10 */
	NAME_WEIGHT_MALFORMED, /* PROD%10.0, PROD%x, 7%10: looks like one and is none. Never exists */
	NAME_ALIASES,          /* .aliases */
	NAME_FUNCTION_DOCUMENTS, /* .function */
	NAME_NEWEST,             /* .newest */
	NAME_PUBLISH,            /* +, +description: for mkdir only */
	NAME_SETTLED,            /* PROD@1: where PROD was before (contract 8.2); cannot be made */
	NAME_BACKUP, /* PROD~, PROD.~3~, PROD%10~: a tool's backup of an alias or a weight; local */
};

struct name {
	enum name_kind kind;
	uint64_t version; /* VERSION */
	char alias[LAMBDA_ALIAS_NAME_MAX +
		   1]; /* ALIAS, WEIGHT, SETTLED and BACKUP: the alias's name; else "" */
	uint64_t
		number; /* SETTLED: from 1; 0 for digits that are none (PROD@0, PROD@01): never exists */
	double weight;           /* WEIGHT: 0 to 1 */
	const char *description; /* PUBLISH: what follows the '+', within the given text */
	unsigned int
		backup_of; /* BACKUP: how many bytes of the given text are the name it is a backup of */
};

/* Never fails: every text that can be a directory entry has a meaning. `text` is 1 to 255 bytes, without '/'. */
void name_parse(const char *text, struct name *ret_name);

/* Whose random names are meant; a set. Python's tmp???????? are always meant, as any program may be made of it. */
enum name_patterns {
	NAME_PATTERN_COREUTILS = 1, /* Cu?????? */
	NAME_PATTERN_TOYBOX = 2,    /* NAME_?????? */
	NAME_PATTERNS_ALL = NAME_PATTERN_COREUTILS | NAME_PATTERN_TOYBOX,
};

/*
 * Whether it is spelled like the random name that one of those tools gives to a link before renaming it
 * (fs/rules/TOOLS.md). People's own names look like that too (Customer, PROD_canary): only a hint.
 */
bool name_looks_temporary(const char *text, unsigned int patterns);

#define NAME_WEIGHT_SIZE 256 /* bytes that name_format_weight() may write, with the NUL */

/* "PROD%10": the name of an alias's weight link. 0, or -ERANGE when the weight is no number from 0 to 1. */
int name_format_weight(const char *alias, double weight, char text[NAME_WEIGHT_SIZE]) must_check;

#endif
