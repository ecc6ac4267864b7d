/* SPDX-License-Identifier: MIT */
/*
 * Which processes crawl, and since when: a process crawls once it, or it and its children, needed calls about
 * three functions within the time of crawl.h. While the crawl goes on, they are shown what it has read,
 * however long that took. It ends when no call was made for it for ttl, or after WALK_LONGEST_MS.
 * Pure: given the time; the catalog's lock protects it.
 */
#ifndef ALIASFS_CATALOG_WALK_H
#define ALIASFS_CATALOG_WALK_H

#include "backend/base/scope.h"
#include "backend/catalog/crawl.h"

#define WALKS_MAX 32 /* processes that are watched; the one that was quiet for longest makes room */
#define WALK_LONGEST_MS (30 * 60 * 1000)

/* What a process, with its children, has wanted of late. */
struct walk {
	uint64_t process; /* as in struct call_lineage; 0: a free place */
	struct crawl_wants wants;
	bool crawling;
	int64_t began_ms;   /* of the crawl: when the first of its functions was wanted */
	int64_t called_ms;  /* when the last call for it began or ended */
	unsigned int calls; /* under way */
};

struct walks {
	struct walk items[WALKS_MAX];
};

/* When the crawl began in which the asking process takes part, INT64_MAX: in none. `lineage` may be NULL. */
int64_t walks_find_crawl(const struct walks *walks, const struct call_lineage *lineage,
	int64_t ttl_ms, int64_t now_ms);

/* A call is made for the process; `function` is name_hash() of the one that it is about, 0: it is about none. */
void walks_begin_call(struct walks *walks, const struct call_lineage *lineage, uint64_t function,
	int64_t ttl_ms, int64_t now_ms);
void walks_end_call(
	struct walks *walks, const struct call_lineage *lineage, uint64_t function, int64_t now_ms);

#endif
