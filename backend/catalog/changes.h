/* SPDX-License-Identifier: MIT */
/*
 * How what comes in joins what is known of a function, and what that changes: gathered under the catalog's lock,
 * reported without it (catalog_options.changed).
 */
#ifndef ALIASFS_CATALOG_CHANGES_H
#define ALIASFS_CATALOG_CHANGES_H

#include "backend/catalog/state.h"

struct change_list {
	struct catalog_change
		*items; /* each `function` is a reference to a struct function's name */
	struct function **functions;
	size_t count, capacity;
	bool root;
	bool lost; /* no memory to say which */
};

/* The lock must be held. */
void change_list_add(
	struct change_list *changes, struct function *function, bool versions, bool aliases);

/* Calls catalog->options.changed for each and empties the list. The lock must not be held. */
void change_list_report(struct change_list *changes, struct catalog *catalog);

/*
 * kept_merge() of its versions or its aliases (`kept`), with what follows from it; what changes is added to
 * `changes`. The reference of `incoming` is taken over. The lock must be held. 0 or -ENOMEM.
 */
int function_merge(struct catalog *catalog, struct function *function, struct kept *kept,
	struct keyed_set *incoming, struct change_list *changes) must_check;

#endif
