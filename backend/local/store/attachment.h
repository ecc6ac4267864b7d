/* SPDX-License-Identifier: MIT */
/*
 * What hangs off a function, a version or an alias: asynchronous-invoke configurations, URLs,
 * provisioned concurrency. Helpers that these families share.
 */
#ifndef ALIASFS_LOCAL_ATTACHMENT_H
#define ALIASFS_LOCAL_ATTACHMENT_H

#include "backend/local/store/page.h"
#include "backend/local/store/version.h"

/*
 * Whether the function and, with a qualifier, its version or alias are there: 1, 0 or a negative
 * errno. *ret_target (may be NULL) says where it leads.
 */
int resource_find(struct call *call, const char *qualifier, struct target *ret_target) must_check;

/* Appends `"LastModified":1700000000.123`, seconds with a fraction. Errors as buffer_append(). */
int append_epoch(struct buffer *out, const char *name, int64_t milliseconds) must_check;

/*
 * Appends `{"KEY":[item,…],"NextMarker":…}` for the rows of a query that asks for one row more than
 * the page holds; the marker names the row's first column. `append` writes one item. 0 or an error.
 */
int append_rows(struct call *call, const char *key, sqlite3_stmt *rows, const struct page *page,
	int (*append)(struct buffer *out, struct call *call, sqlite3_stmt *row)) must_check;

/*
 * AWS removes the URL of a deleted alias some time later: it is orphaned for a minute, then gone. The
 * parameter is the call's time.
 */
#define URL_IS_THERE "(ifnull(json_extract(configuration, '$.Orphaned') + 60000 > ?, true))"

/*
 * Takes away what hangs off the function's version or alias; a URL is orphaned. 0 or a negative
 * errno.
 */
int attachments_delete(struct call *call, const char *function, const char *qualifier) must_check;

/* Gives a new alias the URL that one of its name left behind, where it is still there. 0 or an errno. */
int attachments_adopt(struct call *call, const char *function, const char *qualifier) must_check;

/*
 * The members of `members` that the input has, over those of the JSON text `before` (NULL: none). NULL when out of
 * memory; the caller's to free.
 */
struct json *attachment_merge(
	struct call *call, const char *before, const char *const *members) must_check;

/* The same as JSON text. 0 or a negative errno. */
int attachment_append_merged(struct call *call, const char *before, const char *const *members,
	struct buffer *out) must_check;

#endif
