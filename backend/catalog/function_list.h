/* SPDX-License-Identifier: MIT */
/* The functions of the account: their list, the crawl, and a function that is on it no more. */
#ifndef ALIASFS_CATALOG_FUNCTION_LIST_H
#define ALIASFS_CATALOG_FUNCTION_LIST_H

#include "backend/catalog/state.h"

/* Whether a complete, fresh list of functions is known. The lock must be held. */
bool catalog_root_is_fresh(const struct catalog *catalog, int64_t now_ms);

/* Whether the pages of the list that came so far are fresh and hold the function. The same. */
bool catalog_root_part_holds(const struct catalog *catalog, const char *name, int64_t now_ms);

/*
 * Called when a function's versions are wanted and not known: joins or leads a crawl if this is one.
 * Afterwards they may be known. Fails only with LAMBDA_INTERRUPTED; any other failure of the crawl
 * leaves the caller to ask by itself.
 */
enum lambda_status catalog_crawl(struct catalog *catalog, const struct call_scope *scope,
	struct function *function, struct lambda_error *reterr) must_check;

/* function_vanished() with the lock taken for it, remembered and reported. `tick`: of the fetch. */
void function_vanish(struct catalog *catalog, struct function *function, uint64_t tick);

/*
 * AWS answered that the function is not there, although it may just have been listed: what is true is asked
 * of the list of functions, so that one wrong answer never makes a directory vanish (a backup with
 * --delete would follow). LAMBDA_NOT_FOUND, and it is forgotten; LAMBDA_BAD_ANSWER when AWS still lists
 * it; or the failure of the listing. Blocks on the network; the lock must not be held.
 */
enum lambda_status function_gone(struct catalog *catalog, const struct call_scope *scope,
	struct function *function, uint64_t tick, struct lambda_error *reterr) must_check;

#endif
