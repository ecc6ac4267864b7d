/* SPDX-License-Identifier: MIT */
/* The reader of one INI file, and what it made of it. Pure; the structs are for profile.c alone. */
#ifndef ALIASFS_CONFIG_PROFILE_INI_H
#define ALIASFS_CONFIG_PROFILE_INI_H

#include <stddef.h>

#include "backend/base/cleanup.h"

#define PROFILE_FILE_MAX (1024 * 1024) /* bytes of one file */
#define INI_DEFAULTS "DEFAULT"         /* the section whose values every other one inherits */

struct ini_nested {
	char *key;
	char *text;
};

struct ini_value {
	char *key; /* in lower case */
	char *text;
	unsigned int line;
	struct ini_nested *nested; /* of a nested block; `text` is then the block as it stands */
	size_t nested_count;
};

struct ini_section {
	char *name;
	struct ini_value *values;
	size_t count;
};

struct profile_file {
	struct ini_section *sections;
	size_t count;
};

/* What is wrong with a file. */
struct profile_problem {
	unsigned int line; /* from 1; 0 when it is not about a line */
	const char *reason; /* a static text that continues "line 3 …"; never a value of the file */
};

/* Parses a whole file. 0, -EINVAL with *ret_problem filled, -ENOMEM. Pure. */
int profile_file_parse(const char *text, size_t length, struct profile_file **ret_file,
	struct profile_problem *ret_problem) must_check;
void profile_file_free(struct profile_file *file);
DEFINE_CLEANUP(struct profile_file *, profile_file_free);

/* The value of a key of a section, or what the section inherits; NULL when absent. */
const struct ini_value *ini_find(
	const struct profile_file *file, const struct ini_section *section, const char *key);

#endif
