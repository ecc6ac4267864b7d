/* SPDX-License-Identifier: MIT */
/*
 * JSON that is being written: whether the bytes so far are whole, may become so, or cannot any more; and where in the
 * text something stands. What json_parse() takes is whole here, except for names that repeat and the number of values.
 * Pure.
 */
#ifndef ALIASFS_BASE_JSON_TEXT_H
#define ALIASFS_BASE_JSON_TEXT_H

#include "backend/base/json.h"

enum json_text_state {
	JSON_TEXT_BLANK,      /* nothing, or blanks and line ends */
	JSON_TEXT_UNFINISHED, /* the beginning of JSON */
	JSON_TEXT_WHOLE,      /* one value, and blanks behind it */
	JSON_TEXT_WRONG,      /* no bytes that follow make it JSON */
};

/* What is wrong with a text, or what it still lacks. */
struct json_text_fault {
	const char *reason; /* a static sentence without a subject: "has bytes behind its end" */
	unsigned int line;  /* from 1; 0: not known */
	char name[64];      /* the name that stands there twice, cut; "" with any other reason */
};

/* One pass over the bytes. *ret_fault is filled unless it is blank or whole. */
enum json_text_state json_text_judge(
	const char *data, size_t length, struct json_text_fault *ret_fault);

/* json_parse() that says where: NULL, with *ret_fault filled, on error. */
struct json *json_text_parse(
	const char *data, size_t length, struct json_text_fault *ret_fault) must_check;

/* The line, from 1, in which `value` begins. `tree` is the unchanged result of json_parse() of these bytes. */
unsigned int json_text_line(
	const char *data, size_t length, const struct json *tree, const struct json *value);

#endif
