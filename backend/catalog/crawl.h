/* SPDX-License-Identifier: MIT */
/*
 * When walking through functions becomes a crawl: at the third function whose versions are wanted
 * within 2 s. The time that AWS took to answer the first two does not count, so that a slow
 * connection crawls too. Pure: given the time; the catalog's lock protects it.
 *
 * A crawl costs one call for each 50 versions of the account, at AWS's pace, and what it brought is fresh
 * for ttl. In a large account that can be over before the walk has used it. So the next crawl is
 * allowed when the last one answered at least as many functions as it made calls, or was long ago.
 */
#ifndef ALIASFS_CATALOG_CRAWL_H
#define ALIASFS_CATALOG_CRAWL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRAWL_WINDOW_MS 2000
#define CRAWL_FUNCTIONS 3         /* the one whose want starts the crawl included */
#define CRAWL_RETRY_MS 10000      /* after one that failed */
#define CRAWL_UNUSED_MS 60000     /* after one that was not worth its calls, … */
#define CRAWL_UNUSED_PAGE_MS 1000 /* … and for each of them */

struct crawl_want {
	uint64_t function; /* name_hash() */
	int64_t asked_ms;
	int64_t answered_ms; /* as asked_ms until answered */
};

struct crawl_wants {
	struct crawl_want items[CRAWL_FUNCTIONS - 1]; /* of different functions, older first */
	size_t count;
};

struct crawl {
	struct crawl_wants wants;
	int64_t blocked_until_ms;
	int64_t completed_ms; /* of the last crawl; 0: none yet */
	uint64_t pages;       /* it took */
	uint64_t used;        /* functions it answered so far */
};

/* Notes that a function is wanted. Whether that makes a crawl; *ret_began_ms (may be NULL): since when. */
bool crawl_want(
	struct crawl_wants *wants, uint64_t function, int64_t now_ms, int64_t *ret_began_ms);

/* Notes that it was answered by its own call. */
void crawl_answered(struct crawl_wants *wants, uint64_t function, int64_t now_ms);

/* Whether a crawl may start now. */
bool crawl_allowed(const struct crawl *crawl, int64_t now_ms);

void crawl_completed(struct crawl *crawl, uint64_t pages, int64_t now_ms);
void crawl_failed(struct crawl *crawl, int64_t now_ms);

#endif
