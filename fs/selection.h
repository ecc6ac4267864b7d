/* SPDX-License-Identifier: MIT */
/* -o functions=GLOB[:GLOB]: which functions of the account are shown. Pure. */
#ifndef ALIASFS_SELECTION_H
#define ALIASFS_SELECTION_H

#include <stdbool.h>

/* Whether one of the globs (NULL: none were given, everything is shown) matches the whole name. */
bool selection_shows(const char *globs, const char *function);

#endif
