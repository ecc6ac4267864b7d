/* SPDX-License-Identifier: MIT */
/* How what comes in joins what is known of a function, and what that changes. */
#ifndef ALIASFS_CATALOG_MERGE_H
#define ALIASFS_CATALOG_MERGE_H

#include "backend/catalog/changes.h"
#include "backend/catalog/state.h"

/*
 * kept_merge() of its versions or its aliases (`kept`), with what follows from it; what changes is added to
 * `changes`. The reference of `incoming` is taken over. The lock must be held. 0 or -ENOMEM.
 */
int function_merge(struct catalog *catalog, struct function *function, struct kept *kept,
	struct keyed_set *incoming, struct change_list *changes) must_check;

#endif
