/* SPDX-License-Identifier: MIT */
/*
 * JSON, strictly. This is the only user of cJSON: what cJSON 1.7.15 lets through (NUL bytes, bad
 * UTF-8, control characters in strings, trailing bytes, leading zeros, duplicate names,
 * case-insensitive look-ups) is refused or not offered here.
 *
 * A `struct json` that json_parse() or json_new_*() gave is a tree owned by the caller and freed by
 * json_free(); values reached from it (json_member(), json_first() …) belong to the tree. No function
 * blocks or locks; trees may be read by several threads at once.
 */
#ifndef ALIASFS_BASE_JSON_H
#define ALIASFS_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

struct json; /* never defined: a cJSON behind the curtain */

#define JSON_DEPTH_MAX 64 /* nesting that json_parse() accepts */
#define JSON_VALUES_MAX                                                                            \
	500000 /* values that it accepts: each takes 80 bytes, however short it is */

/*
 * Parses a whole document of `length` bytes. NULL on error, with *ret_reason (may be NULL) a static
 * sentence for people: not UTF-8, a NUL, nested too deeply, too many values, a repeated name, out of memory …
 */
struct json *json_parse(const char *data, size_t length, const char **ret_reason) must_check;

/*
 * The same, but for a message to the user (json_text_parse()): gives the sentence, NULL on success. *ret_tree
 * is the caller's in either case: on error what was read, or NULL; *ret_twice is the member whose name stands there
 * twice, or NULL.
 */
const char *json_parse_faulty(const char *data, size_t length, struct json **ret_tree,
	const struct json **ret_twice) must_check;

/* Frees a whole tree; NULL is fine. */
void json_free(struct json *json);
DEFINE_CLEANUP(struct json *, json_free);

/* --- reading: every function accepts NULL and then gives its "absent" answer --- */

/* The member of that exact name; NULL when absent, when it is null, or when `object` is no object. */
const struct json *json_member(const struct json *object, const char *name);

/* Whether a member of that exact name stands there, null included. */
bool json_has_member(const struct json *object, const char *name);

/* The string's bytes, or NULL when it is not a string. */
const char *json_string(const struct json *json);

/* json_string(json_member(object, name)), or `fallback`. */
const char *json_member_string(const struct json *object, const char *name, const char *fallback);

/* Whether it is a number that a double can hold (1e999 is not); *ret_value, the nearest double, only then. */
bool json_number(const struct json *json, double *ret_value);

/* Whether it is a whole number from `minimum` to `maximum` (within ±2^53); *ret_value only then. */
bool json_integer(const struct json *json, int64_t minimum, int64_t maximum, int64_t *ret_value);

/*
 * Whether it is a number; *ret_value, only then, is the number without its fraction, by the digits that it came with
 * (2.9999999999999999999999 is 2), and the bound where it lies beyond one. The bounds are within ±2^53.
 */
bool json_whole(const struct json *json, int64_t minimum, int64_t maximum, int64_t *ret_value);

bool json_is_object(const struct json *json);
bool json_is_array(const struct json *json);
bool json_is_boolean(const struct json *json);
bool json_is_null(const struct json *json); /* an explicit null; false for a NULL pointer */
bool json_is_true(const struct json *json);

/* Number of members or elements; 0 for anything else. */
size_t json_count(const struct json *json);

/* The first member or element and the one behind: NULL at the end. */
const struct json *json_first(const struct json *json);
const struct json *json_next(const struct json *item);

/* The name of a member that json_first()/json_next()/json_member() gave; "" for an element. */
const char *json_name(const struct json *item);

/* --- building: each returns 0 or -ENOMEM; on failure the tree stays as it was --- */

struct json *json_new_object(void) must_check;
struct json *json_new_array(void) must_check;
struct json *json_new_string(const char *value) must_check;
struct json *json_new_number(double value) must_check;
struct json *json_new_boolean(bool value) must_check;
struct json *json_new_null(void) must_check;
struct json *json_copy(const struct json *json) must_check; /* a deep copy */

/* Sets a member, replacing one of that name. `value` belongs to the tree afterwards, and is freed on failure; NULL value is -ENOMEM. */
int json_set(struct json *object, const char *name, struct json *value) must_check;
int json_set_string(struct json *object, const char *name, const char *value) must_check;
int json_set_number(struct json *object, const char *name, double value) must_check;
int json_set_boolean(struct json *object, const char *name, bool value) must_check;

/* Appends an element; ownership as in json_set(). */
int json_append(struct json *array, struct json *value) must_check;

/*
 * From now on the numbers of the tree are written as their value is, not with the digits that they came with: for a
 * server, which stores values. One that no double can hold keeps its digits. NULL is fine.
 */
void json_forget_digits(struct json *json);

/* The same of numbers with a point or an exponent alone: 5.0 and 0.5e1 are written as 5, which compares them with 5. */
void json_forget_fractions(struct json *json);

/* Removes and frees the member of that exact name, if there. */
void json_remove(struct json *object, const char *name);

/* --- writing: 0, -ENOMEM, or -EFBIG when `out` is full --- */

/*
 * Compact, members in their order. A number that json_parse() read is written with the digits that it came with
 * (9007199254740993, 1.0, 1e400); one that was set here shortest-exact, integers without a point.
 */
int json_print(const struct json *json, struct buffer *out) must_check;

/*
 * Canonical: members sorted by byte order of their names at every level, two blanks of indent, one
 * member a line, a line end at the end. Numbers as json_print() writes them. The same value always gives the
 * same bytes, where numbers come with the same digits.
 */
int json_print_canonical(const struct json *json, struct buffer *out) must_check;

#endif
