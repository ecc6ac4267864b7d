/* SPDX-License-Identifier: MIT */
/* JSON's grammar, token by token, strictly: cJSON takes more. For json.c and json_text.c alone. Pure functions. */
#ifndef ALIASFS_BASE_JSON_READER_H
#define ALIASFS_BASE_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may stand next. */
enum json_expected {
	JSON_EXPECT_VALUE,
	JSON_EXPECT_ELEMENT_OR_END, /* behind "[" */
	JSON_EXPECT_NAME_OR_END,    /* behind "{" */
	JSON_EXPECT_NAME,           /* behind the "," of an object */
	JSON_EXPECT_COLON,
	JSON_EXPECT_COMMA_OR_END,
	JSON_EXPECT_NOTHING, /* the value is over */
};

/* How far the bytes are read: zero but for `data` and `length` at first. */
struct json_reader {
	const char *data;
	size_t length, at;
	enum json_expected expected;
	uint64_t objects; /* a bit for each open bracket, the innermost last: it is an object's */
	unsigned int depth;
	size_t values;      /* that have begun so far */
	const char *reason; /* why json_reader_next_number() ended; NULL: the bytes are over */
};

/* The reason, by address, of what more bytes may mend. */
extern const char json_cut[];

/* Skips what is blank. Whether a token begins there; false: the bytes are over. */
bool json_reader_find_token(struct json_reader *reader);

/* Reads the token that begins there. NULL, or a static sentence of what is wrong with it. */
const char *json_reader_take_token(struct json_reader *reader);

/* Reads on to the end of the next number: where its digits begin, and how many bytes they are; NULL: there is none. */
const char *json_reader_next_number(struct json_reader *reader, size_t *ret_size);

#endif
