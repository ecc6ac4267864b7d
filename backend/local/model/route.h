/* SPDX-License-Identifier: MIT */
/* From a request's method and raw target to the operation and its parameters. Pure. */
#ifndef ALIASFS_LOCAL_ROUTE_H
#define ALIASFS_LOCAL_ROUTE_H

#include "backend/base/json.h"
#include "backend/local/model/operation.h"

/*
 * Finds the operation that `method` and `target` (path, perhaps `?query`, percent-encoded as sent)
 * name. NULL when there is none. One slash at the end of the path is allowed.
 */
const struct operation *route_find(const char *method, const char *target);

/* The operation that the header X-Amz-Target names on POST /. NULL when there is none. */
const struct operation *route_find_target(const char *target);

/*
 * Sets the operation's labels and query parameters on `input`, decoded. 0, -EINVAL (bad
 * percent-encoding, NUL, not UTF-8, a number that is none: *ret_reason then is a static sentence) or
 * -ENOMEM.
 */
int route_parameters(const struct operation *operation, const char *target, struct json *input,
	const char **ret_reason) must_check;

#endif
