/* SPDX-License-Identifier: MIT */
/* Small pure questions about bytes and strings, and the AWS spellings of time and digests. */
#ifndef ALIASFS_BASE_TEXT_H
#define ALIASFS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

/* Whether the bytes are well-formed UTF-8 (no overlong forms, surrogates or values over U+10FFFF). */
bool text_is_utf8(const char *text, size_t length);

/* How many of the bytes are left without the character that the end cuts, if it does. */
size_t text_whole_characters(const char *text, size_t length);

/*
 * Bytes of the character that begins the text, `length` being more than 0. *ret_shown: it is well-formed, and
 * none that ends a line, commands a terminal (C0, C1) or turns the direction of writing.
 */
size_t text_next_character(const char *text, size_t length, bool *ret_shown);

/*
 * Appends the text, with a '?' in place of each character that text_next_character() does not show. Errors as
 * buffer_append(); what was appended before one stands.
 */
int text_append_shown(struct buffer *out, const char *text) must_check;

/* How many Unicode code points a well-formed UTF-8 string holds. */
size_t text_count_code_points(const char *text);

/* Whether the text is one of `texts`, which ends with NULL; false where that is NULL. */
bool text_is_one_of(const char *text, const char *const *texts);

#define TEXT_GLOB_MAX 4095 /* bytes of a glob */

/* Whether one of the globs, GLOB[:GLOB], matches the whole text as fnmatch(3) has it. One that is too long matches nothing. */
bool text_matches(const char *text, const char *globs);

/* Bytes of the longest of the globs. */
size_t text_longest_glob(const char *globs);

bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* Whether `name`, which is not empty, stands in the text as a word: no letter, digit, '-' or '_' beside it. */
bool text_holds_name(const char *text, const char *name);

/*
 * Seconds since the epoch of `2020-04-10T19:06:32.563+0000`, of the same without the decimals, or
 * with `Z` (Lambda's LastModified; backend/lambda/NOTES.md section 3). 0 or -EINVAL.
 */
int text_parse_time(const char *text, int64_t *ret_seconds) must_check;

#define TEXT_TIME_SIZE 32

/* Lambda's spelling of a moment given in milliseconds since the epoch: `2020-04-10T19:06:32.563+0000`. */
void text_format_time(int64_t milliseconds, char text[TEXT_TIME_SIZE]);

/* The spelling that people and logs use, of seconds since the epoch: `2020-04-10T19:06:32Z`. */
void text_format_utc(int64_t seconds, char text[TEXT_TIME_SIZE]);

/* Lower-case hexadecimal of `length` bytes; `text` takes 2 * length + 1. */
void text_format_hex(const unsigned char *bytes, size_t length, char *text);

/* The bytes of 2 * length hexadecimal digits, in either case. 0 or -EINVAL; the text may end before its time. */
int text_parse_hex(const char *text, size_t length, unsigned char *bytes) must_check;

/* Appends `length` bytes as standard base64 with padding. Errors as buffer_append(). */
int text_append_base64(struct buffer *out, const void *bytes, size_t length) must_check;

/* Decodes strict standard base64 (padding needed, nothing else allowed) onto `out`. 0, -EINVAL, -EFBIG, -ENOMEM. */
int text_decode_base64(const char *text, size_t length, struct buffer *out) must_check;

/*
 * Appends `text` percent-encoded: all bytes outside A-Za-z0-9-._~ become %XX in upper case, as AWS's
 * path labels and query values are sent (backend/lambda/NOTES.md section 1). Errors as buffer_append().
 */
int text_append_percent_encoded(struct buffer *out, const char *text) must_check;

/* Decodes %XX of the first `length` bytes onto `out`; a stray % is -EINVAL. `+` stays. Errors as buffer_append(). */
int text_percent_decode(const char *text, size_t length, struct buffer *out) must_check;

#endif
