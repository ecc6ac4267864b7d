/* SPDX-License-Identifier: MIT */
/*
 * What AWS said is not there: the last MISSING_MAX answers, each for a time. Not locked: the catalog's lock
 * protects it. Nothing here blocks.
 */
#ifndef ALIASFS_CATALOG_MISSING_H
#define ALIASFS_CATALOG_MISSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MISSING_MAX 64 /* of each function and of the root */

/* Something that AWS said is not there: an alias or a function by name, else a version. */
struct missing {
	char *name; /* owned; NULL: a version */
	uint64_t version;
	uint64_t tick;
	int64_t expires_ms;
};

struct missing_list {
	struct missing items[MISSING_MAX];
	size_t next; /* the slot that is used next */
};

/* Remembers it in the place of the oldest. `name` NULL: a version. Without memory it is asked again. */
void missing_add(struct missing_list *list, const char *name, uint64_t version, uint64_t tick,
	int64_t expires_ms);

/* Whether it is remembered, in time and from after `floor`. `list` may be NULL. */
bool missing_holds(const struct missing_list *list, const char *name, uint64_t version,
	uint64_t floor, int64_t now_ms);

/* Empties the list (NULL is fine). */
void missing_clear(struct missing_list *list);

#endif
