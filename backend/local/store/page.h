/* SPDX-License-Identifier: MIT */
/* Pages of lists: how many items, where one starts, and the marker that says where the next does. */
#ifndef ALIASFS_LOCAL_PAGE_H
#define ALIASFS_LOCAL_PAGE_H

#include "backend/local/call.h"

#define PAGE_MAX 50

/* The position behind which a page starts: a name and, where there are several of a name, a number. */
struct page {
	int64_t limit;
	char after[FUNCTION_NAME_MAX + 1];
	int64_t after_number;
};

/*
 * Reads MaxItems (at most `maximum`) and Marker. 0, or CALL_FAILED: not a marker that we gave. An
 * absent marker leaves `after` "" and `after_number` -1.
 */
int page_begin(struct call *call, int64_t maximum, struct page *ret_page) must_check;

/* Appends `,"NextMarker":"…"` for a page that ended with this item. Errors as buffer_append(). */
int page_append_marker(struct buffer *out, const char *name, int64_t number) must_check;

#endif
