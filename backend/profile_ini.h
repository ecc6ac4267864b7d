/* SPDX-License-Identifier: MIT */
/* What the INI reader (profile_ini.c) made of one file, for profile.c alone. */
#ifndef ALIASFS_PROFILE_INI_H
#define ALIASFS_PROFILE_INI_H

#include <stddef.h>

#include "backend/profile.h"

#define INI_DEFAULTS "DEFAULT" /* the section whose values every other one inherits */

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

/* The value of a key of a section, or what the section inherits; NULL when absent. */
const struct ini_value *ini_find(
	const struct profile_file *file, const struct ini_section *section, const char *key);

#endif
