/* SPDX-License-Identifier: MIT */
/*
 * A hash table whose entries belong to the caller, who embeds a struct hash_entry as the first member and compares what
 * hashes alike. Not locked. Walk it with `for (e = hash_map_first(m); e; e = hash_map_next(m, e))`; the walk's own
 * entry must not be removed before the next one was taken.
 */
#ifndef ALIASFS_BASE_HASH_MAP_H
#define ALIASFS_BASE_HASH_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

struct hash_entry {
	struct hash_entry *next; /* in its bucket */
	uint64_t hash;
};

/* Zero-initialised: empty. */
struct hash_map {
	struct hash_entry **buckets;
	size_t bucket_count; /* a power of two, or 0 */
	size_t count;
};

/* An entry of that hash, and the next one of the same hash; NULL: no more. */
struct hash_entry *hash_map_find(const struct hash_map *map, uint64_t hash);
struct hash_entry *hash_map_find_next(const struct hash_entry *entry);

/* Adds the entry under that hash, whatever else has it. 0 or -ENOMEM. */
int hash_map_add(struct hash_map *map, struct hash_entry *entry, uint64_t hash) must_check;

/* Takes the entry, which is in the table, out of it. */
void hash_map_remove(struct hash_map *map, struct hash_entry *entry);

struct hash_entry *hash_map_first(const struct hash_map *map);
struct hash_entry *hash_map_next(const struct hash_map *map, const struct hash_entry *entry);

/* Frees the table's own memory, not the entries; it is empty then. */
void hash_map_release(struct hash_map *map);

#endif
