/* SPDX-License-Identifier: MIT */
/*
 * Matches a whole text against a regular expression as AWS's API model writes them (the Java kind).
 * POSIX regexes are not that language and glibc's take a lock per match. What is understood:
 * literals, classes (a `-` behind a range or at an end is itself), \d \s \w \p{L} \p{Z} \p{N} and
 * escaped signs, groups with alternatives, ? * + {n} {n,m}, ^ $ . and (?!...) (?<!...).
 * Bytes from 0x80 count as letters of \p{L}. Pure, but for a memo of what the patterns compile to.
 */
#ifndef ALIASFS_LOCAL_PATTERN_H
#define ALIASFS_LOCAL_PATTERN_H

#include <stdbool.h>

/*
 * Whether `pattern` matches all of `text`. The pattern is a string literal: what it compiles to is
 * remembered by its address. Thread-safe, without a lock. A pattern that cannot be understood, or that takes more
 * than a few million steps, matches nothing: the answer is then a refusal, never an acceptance.
 */
bool pattern_matches(const char *pattern, const char *text);

#endif
