/* SPDX-License-Identifier: MIT */
/*
 * A hash table from names to pointers, which it does not own. Not locked. Walk it with
 * `for (e = name_map_first(m); e; e = name_map_next(m, e))`; the walk's own entry must not be
 * removed before the next one was taken.
 */
#ifndef ALIASFS_BASE_MAP_H
#define ALIASFS_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/base/hash_map.h"

struct name_map_entry {
	struct hash_entry entry; /* first: it is cast back */
	void *value;
	char name[];
};

/* Zero-initialised: empty. */
struct name_map {
	struct hash_map table;
};

/* A 64-bit hash of a name. Pure. */
uint64_t name_hash(const char *name);

/* The value of that name, or NULL. */
void *name_map_find(const struct name_map *map, const char *name);

/* Adds a name that is not there. 0 or -ENOMEM. */
int name_map_add(struct name_map *map, const char *name, void *value) must_check;

/* Removes the name and gives its value; NULL when it is not there. */
void *name_map_remove(struct name_map *map, const char *name);

struct name_map_entry *name_map_first(const struct name_map *map);
struct name_map_entry *name_map_next(
	const struct name_map *map, const struct name_map_entry *entry);

/* Frees the table's own memory, which is then empty. */
void name_map_release(struct name_map *map);

#endif
