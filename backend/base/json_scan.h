/* SPDX-License-Identifier: MIT */
/* What can be seen in a JSON document's bytes before it is parsed. For json.c alone. Pure functions. */
#ifndef ALIASFS_BASE_JSON_SCAN_H
#define ALIASFS_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* The numbers of a document. */
struct json_numbers {
	size_t longest;   /* bytes of the longest */
	bool need_digits; /* one is not plain */
};

/*
 * What cJSON does not check: one pass over the bytes. NULL, or a static sentence of what is wrong. *numbers, all zero
 * before, is only of use when nothing is.
 */
const char *json_scan(const char *data, size_t length, struct json_numbers *numbers);

/* Where the first number outside a string starts, from `at` on, and its length; `length`: there is none. Of scanned bytes. */
size_t json_find_number(const char *data, size_t length, size_t at, size_t *ret_size);

/* Whether a double prints just these digits again: most numbers, and they need no text beside them. */
bool json_number_is_plain(const char *digits, size_t length);

#endif
