/* SPDX-License-Identifier: MIT */
/*
 * Between LookupEvents' JSON and the structs of backend/cloudtrail/event.h, strictly: what is missing or makes no
 * sense is LAMBDA_BAD_ANSWER, never an empty list. Pure functions.
 */
#ifndef ALIASFS_CLOUDTRAIL_MODEL_H
#define ALIASFS_CLOUDTRAIL_MODEL_H

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/cloudtrail/cloudtrail.h"

#define CLOUDTRAIL_PAGE_MAX 1000   /* events of one answer; 50 are asked for */
#define CLOUDTRAIL_TOKEN_MAX 16384 /* bytes of a NextToken */
#define CLOUDTRAIL_RECORD_MAX                                                                      \
	(1024 * 1024) /* bytes of a CloudTrailEvent; CloudTrail's own bound is 256 KiB */

/* Appends the body of LookupEvents. 0, -ENOMEM, -EFBIG. */
int cloudtrail_write_lookup(const struct cloudtrail_query *query, struct buffer *out) must_check;

/*
 * Reads LookupEvents' answer. Events that do not concern an alias are counted and left out. One that does, and
 * whose CloudTrailEvent cannot be read, is LAMBDA_BAD_ANSWER and named. A successful one whose state after it
 * cannot be read has no `has_result`: nothing can be concluded from it.
 */
enum lambda_status cloudtrail_read_page(const struct json *json, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr) must_check;

#endif
