/* SPDX-License-Identifier: MIT */
#include "backend/base/hash_map.h"

#include <errno.h>

#define BUCKETS_AT_FIRST 64

/* A hash's low bits may be weak (FNV-1a of short names): the high ones count as well. */
static struct hash_entry **bucket_of(const struct hash_map *map, uint64_t hash)
{
	return &map->buckets[(hash ^ hash >> 32) & (map->bucket_count - 1)];
}

static struct hash_entry *skip_others(struct hash_entry *entry, uint64_t hash)
{
	while (entry && entry->hash != hash)
		entry = entry->next;
	return entry;
}

struct hash_entry *hash_map_find(const struct hash_map *map, uint64_t hash)
{
	return map->count ? skip_others(*bucket_of(map, hash), hash) : NULL;
}

struct hash_entry *hash_map_find_next(const struct hash_entry *entry)
{
	return skip_others(entry->next, entry->hash);
}

static void insert_entry(struct hash_map *map, struct hash_entry *entry)
{
	struct hash_entry **bucket = bucket_of(map, entry->hash);

	entry->next = *bucket;
	*bucket = entry;
	map->count++;
}

static int resize_table(struct hash_map *map, size_t bucket_count)
{
	struct hash_map grown = {
		calloc(bucket_count, sizeof(struct hash_entry *)), bucket_count, 0};
	struct hash_entry *entry, *next;

	if (!grown.buckets)
		return -ENOMEM;
	for (entry = hash_map_first(map); entry; entry = next) {
		next = hash_map_next(map, entry);
		insert_entry(&grown, entry);
	}
	free(map->buckets);
	*map = grown;
	return 0;
}

int hash_map_add(struct hash_map *map, struct hash_entry *entry, uint64_t hash)
{
	/* A table that cannot grow is only slower. */
	if (map->count >= map->bucket_count &&
		resize_table(map, map->bucket_count ? map->bucket_count * 2 : BUCKETS_AT_FIRST) &&
		!map->bucket_count)
		return -ENOMEM;
	entry->hash = hash;
	insert_entry(map, entry);
	return 0;
}

void hash_map_remove(struct hash_map *map, struct hash_entry *entry)
{
	struct hash_entry **link = bucket_of(map, entry->hash);

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	map->count--;
}

static struct hash_entry *first_from(const struct hash_map *map, size_t bucket)
{
	for (; bucket < map->bucket_count; bucket++)
		if (map->buckets[bucket])
			return map->buckets[bucket];
	return NULL;
}

struct hash_entry *hash_map_first(const struct hash_map *map)
{
	return first_from(map, 0);
}

struct hash_entry *hash_map_next(const struct hash_map *map, const struct hash_entry *entry)
{
	if (entry->next)
		return entry->next;
	return first_from(map, (size_t)(bucket_of(map, entry->hash) - map->buckets) + 1);
}

void hash_map_release(struct hash_map *map)
{
	free(map->buckets);
	*map = (struct hash_map){0};
}
