/* SPDX-License-Identifier: MIT */
/*
 * Strict numbers: the whole text is the number or it is an error. No leading blanks, no sign where
 * none is meant, no trailing bytes, no locale. Pure functions.
 */
#ifndef ALIASFS_BASE_NUMBER_H
#define ALIASFS_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

/* Parses decimal digits, at most `maximum`. 0, -EINVAL (not a number), -ERANGE. *ret_value only on 0. */
int number_parse_u64(const char *text, uint64_t maximum, uint64_t *ret_value) must_check;

/* The same of the first `length` bytes of `text`. */
int number_parse_u64_bytes(
	const char *text, size_t length, uint64_t maximum, uint64_t *ret_value) must_check;

/*
 * Parses a plain decimal such as `12`, `0.25` or `1e-3`, within [minimum, maximum]. No `inf`, `nan`
 * or hexadecimal. 0, -EINVAL, -ERANGE. *ret_value only on 0.
 */
int number_parse_double(
	const char *text, double minimum, double maximum, double *ret_value) must_check;

/* Parses true/false, yes/no, on/off, 1/0, case-insensitively. 0 or -EINVAL. */
int number_parse_boolean(const char *text, bool *ret_value) must_check;

#define NUMBER_DOUBLE_SIZE 32 /* bytes that number_format_double() may write, with the NUL */

/*
 * Writes the shortest decimal text that parses back to exactly `value` (finite), as JSON takes it:
 * integers below 2^53 without a point or an exponent.
 */
void number_format_double(double value, char text[NUMBER_DOUBLE_SIZE]);

#endif
