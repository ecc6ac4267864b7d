/* SPDX-License-Identifier: MIT */
/*
 * The constraints of the Lambda API's inputs as one table, and the ValidationException that AWS
 * makes of a violation. Shapes and their limits: AWS's API model 2015-03-31 (backend/lambda/NOTES.md sections
 * 2 to 4); texts: recorded answers of AWS. Pure.
 */
#ifndef ALIASFS_LOCAL_SHAPE_H
#define ALIASFS_LOCAL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/buffer.h"
#include "backend/base/json.h"

enum shape_kind {
	SHAPE_STRING,
	SHAPE_INTEGER,
	SHAPE_LONG,
	SHAPE_DOUBLE,
	SHAPE_BOOLEAN,
	SHAPE_BLOB,
	SHAPE_TIMESTAMP,
	SHAPE_LIST,
	SHAPE_MAP,
	SHAPE_STRUCTURE,
};

struct shape {
	enum shape_kind kind;
	bool has_minimum, has_maximum;
	double minimum, maximum;   /* of the value, or of the length (code points, elements) */
	const char *pattern;       /* AWS's own spelling; it is part of the answer */
	const char *const *values; /* an enum's values, NULL at the end; of a list: its elements' */
	const char *const *unlisted_values; /* taken too, though AWS's text does not list them */
	const struct shape *element;        /* of a list; a map's values */
	const struct shape *key;            /* a map's keys */
	const struct member *members;       /* of a structure; name NULL at the end */
};

enum member_location {
	IN_BODY,
	IN_LABEL,
	IN_QUERY,
	IN_HEADER,
};

struct member {
	const char *name;
	const struct shape *shape;
	enum member_location location;
	bool required;
	const char *wire_name; /* where query or header name differs from `name` */
};

/*
 * Checks whether `input`, an object, has values of the right JSON types everywhere. Returns NULL, or
 * a sentence about the first wrong one (put in `text`), as AWS answers with SerializationException.
 */
const char *shape_check_types(
	const struct member *members, const struct json *input, char *text, size_t text_size);

/*
 * Makes the numbers where `members` want an integer whole ones of 32 bits, as AWS does: 1.5 is 1, 1e100
 * is 2147483647. 0 or -ENOMEM.
 */
int shape_truncate_integers(const struct member *members, struct json *input) must_check;

/*
 * Appends the message of the ValidationException that `input` earns to `message`, or nothing when it
 * is in order. All violations are listed, in the order of the table. 0, -EFBIG or -ENOMEM.
 */
int shape_validate(
	const struct member *members, const struct json *input, struct buffer *message) must_check;

#endif
