/* SPDX-License-Identifier: MIT */
#include "backend/base/map.h"

#include <errno.h>

#include "backend/base/hash.h"

#define BUCKETS_AT_FIRST 64

uint64_t name_hash(const char *name)
{
	return hash_bytes(HASH_START, name, strlen(name));
}

static struct name_map_entry **bucket_of(const struct name_map *map, uint64_t hash)
{
	return &map->buckets[(hash ^ hash >> 32) & (map->bucket_count - 1)];
}

/* The link that points to the entry, or NULL. */
static struct name_map_entry **find_link(const struct name_map *map, const char *name)
{
	uint64_t hash = name_hash(name);
	struct name_map_entry **link;

	if (!map->count)
		return NULL;
	for (link = bucket_of(map, hash); *link; link = &(*link)->next)
		if ((*link)->hash == hash && !strcmp((*link)->name, name))
			return link;
	return NULL;
}

void *name_map_find(const struct name_map *map, const char *name)
{
	struct name_map_entry **link = find_link(map, name);

	return link ? (*link)->value : NULL;
}

static int resize(struct name_map *map, size_t bucket_count)
{
	struct name_map grown = {calloc(bucket_count, sizeof(*grown.buckets)), bucket_count, 0};
	struct name_map_entry *entry, *next;

	if (!grown.buckets)
		return -ENOMEM;
	for (entry = name_map_first(map); entry; entry = next) {
		struct name_map_entry **bucket = bucket_of(&grown, entry->hash);

		next = name_map_next(map, entry);
		entry->next = *bucket;
		*bucket = entry;
	}
	grown.count = map->count;
	free(map->buckets);
	*map = grown;
	return 0;
}

int name_map_add(struct name_map *map, const char *name, void *value)
{
	size_t size = strlen(name) + 1;
	struct name_map_entry *entry, **bucket;

	/* A table that cannot grow is only slower. */
	if (map->count >= map->bucket_count &&
		resize(map, map->bucket_count ? map->bucket_count * 2 : BUCKETS_AT_FIRST) &&
		!map->bucket_count)
		return -ENOMEM;
	entry = malloc(sizeof(*entry) + size);
	if (!entry)
		return -ENOMEM;
	entry->hash = name_hash(name);
	entry->value = value;
	memcpy(entry->name, name, size);
	bucket = bucket_of(map, entry->hash);
	entry->next = *bucket;
	*bucket = entry;
	map->count++;
	return 0;
}

void *name_map_remove(struct name_map *map, const char *name)
{
	struct name_map_entry **link = find_link(map, name), *entry;
	void *value;

	if (!link)
		return NULL;
	entry = *link;
	value = entry->value;
	*link = entry->next;
	free(entry);
	map->count--;
	return value;
}

static struct name_map_entry *first_from(const struct name_map *map, size_t bucket)
{
	for (; bucket < map->bucket_count; bucket++)
		if (map->buckets[bucket])
			return map->buckets[bucket];
	return NULL;
}

struct name_map_entry *name_map_first(const struct name_map *map)
{
	return first_from(map, 0);
}

struct name_map_entry *name_map_next(const struct name_map *map, const struct name_map_entry *entry)
{
	if (entry->next)
		return entry->next;
	return first_from(map, (size_t)(bucket_of(map, entry->hash) - map->buckets) + 1);
}

void name_map_release(struct name_map *map)
{
	struct name_map_entry *entry, *next;

	for (entry = name_map_first(map); entry; entry = next) {
		next = name_map_next(map, entry);
		free(entry);
	}
	free(map->buckets);
	*map = (struct name_map){0};
}
