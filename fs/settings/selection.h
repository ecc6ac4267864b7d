/* SPDX-License-Identifier: MIT */
/* -o functions=GLOB[:GLOB]: which functions of the account are shown, and whether they can be listed. Pure. */
#ifndef ALIASFS_SELECTION_H
#define ALIASFS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"

/* Whether one of the globs (NULL: none were given, everything is shown) matches the whole name. */
bool selection_shows(const char *globs, const char *function);

/*
 * Whether a listing of what the globs show is complete, although AWS has functions of these names, which no
 * directory can hold: LAMBDA_OK, or LAMBDA_BAD_ANSWER with a sentence that names the first and what to do.
 */
enum lambda_status selection_check(const char *globs, const char *const *unlistable, size_t count,
	struct lambda_error *reterr);

#endif
