/* SPDX-License-Identifier: MIT */
/* The paths of requests. For this room alone. Pure. */
#ifndef ALIASFS_LAMBDA_PATH_H
#define ALIASFS_LAMBDA_PATH_H

#include "backend/base/buffer.h"
#include "backend/base/error.h"

#define FUNCTIONS_PATH "/2015-03-31/functions"
#define LAMBDA_PATH_MAX 8192 /* bytes of a path */

/*
 * Appends a name as one segment of a path. -EINVAL for "", "." and "..": a server may take those for
 * another path, and DELETE …/aliases/.. for the function itself. 0, -ENOMEM, -EFBIG.
 */
int lambda_append_segment(struct buffer *out, const char *name) must_check;

/* Appends `prefix`, and where `rest` is not NULL the function and that. Errors as lambda_append_segment(). */
int lambda_append_route(
	struct buffer *out, const char *prefix, const char *function, const char *rest) must_check;

/* Appends "/2015-03-31/functions/NAME" and `rest`. The same. */
int lambda_append_path(struct buffer *out, const char *function, const char *rest) must_check;

/* Appends "Qualifier=" and the qualifier, to a query. Errors as lambda_append_segment(). */
int lambda_append_qualifier(struct buffer *query, const char *qualifier) must_check;

/* Why a request could not be written: the errors of lambda_append_segment(). */
enum lambda_status lambda_fail_to_write(int error, struct lambda_error *reterr);

#endif
