/* SPDX-License-Identifier: MIT */
/*
 * Matches a whole text against a regular expression as AWS's API model writes them, with PCRE2.
 * The text is UTF-8: \p{L} is any letter of Unicode, while \d \s \w stand for ASCII. `$` matches at
 * the very end only, and `.` matches a line's end too. Pure, but for a memo of what the patterns
 * compile to.
 */
#ifndef ALIASFS_LOCAL_PATTERN_H
#define ALIASFS_LOCAL_PATTERN_H

#include <stdbool.h>

/*
 * Whether `pattern` matches all of `text`. The pattern is a string literal: what it compiles to is
 * remembered by its address. Thread-safe, without a lock. A pattern that cannot be understood, a
 * text that is not UTF-8, and a match that takes more than two million steps or 16 MiB give false:
 * the answer is then a refusal, never an acceptance.
 */
bool pattern_matches(const char *pattern, const char *text);

#endif
