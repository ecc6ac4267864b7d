/* SPDX-License-Identifier: MIT */
/* The event patterns of event source mappings: whether one is well-formed. Pure. */
#ifndef ALIASFS_LOCAL_FILTER_PATTERN_H
#define ALIASFS_LOCAL_FILTER_PATTERN_H

#include <stdbool.h>

/*
 * A JSON object whose leaves are lists of what a value may be: strings, numbers, true, false, null,
 * or one comparison such as {"prefix": "a"}. "$or" holds a list of such objects.
 */
bool filter_pattern_is_valid(const char *text);

#endif
