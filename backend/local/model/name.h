/* SPDX-License-Identifier: MIT */
/* The spellings of a function's name (backend/lambda/NOTES.md section 2). Pure. */
#ifndef ALIASFS_LOCAL_NAME_H
#define ALIASFS_LOCAL_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

#define FUNCTION_NAME_MAX 256
#define QUALIFIER_MAX 128

struct function_name {
	char region[32];  /* "" when it was not spelled */
	char account[13]; /* "" when it was not spelled */
	char name[FUNCTION_NAME_MAX + 1];
	char qualifier[FUNCTION_NAME_MAX + 1]; /* "" for none */
};

/*
 * Takes a text apart that matches the pattern of NamespacedFunctionName. 0, or -EINVAL for one that
 * does not.
 */
int function_name_parse(const char *text, struct function_name *ret_name) must_check;

/* Versions as the store has them: numbers, 0 for $LATEST. */
#define VERSION_LATEST ((int64_t)0)
#define VERSION_LATEST_PUBLISHED INT64_MAX
#define VERSION_TEXT_SIZE 24

/* "$LATEST", "$LATEST.PUBLISHED" or a positive number that fits. 0 or -EINVAL: then it may be an alias. */
int version_parse(const char *text, int64_t *ret_version) must_check;

/* The reverse. */
void version_format(int64_t version, char text[VERSION_TEXT_SIZE]);

#endif
