/* SPDX-License-Identifier: MIT */
/* What has changed: gathered under the catalog's lock, reported without it (catalog_options.changed). */
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

/* Calls catalog->changed for each and empties the list. The lock must not be held. */
void change_list_report(struct change_list *changes, struct catalog *catalog);

#endif
