/* SPDX-License-Identifier: MIT */
#include "backend/base/map.h"

#include <errno.h>

#include "backend/base/hash.h"

uint64_t name_hash(const char *name)
{
	return hash_bytes(HASH_START, name, strlen(name));
}

static struct name_map_entry *entry_of(struct hash_entry *entry)
{
	return (struct name_map_entry *)entry;
}

static struct name_map_entry *find_entry(const struct name_map *map, const char *name)
{
	struct hash_entry *entry = hash_map_find(&map->table, name_hash(name));

	while (entry && strcmp(entry_of(entry)->name, name) != 0)
		entry = hash_map_find_next(entry);
	return entry_of(entry);
}

void *name_map_find(const struct name_map *map, const char *name)
{
	const struct name_map_entry *entry = find_entry(map, name);

	return entry ? entry->value : NULL;
}

int name_map_add(struct name_map *map, const char *name, void *value)
{
	size_t size = strlen(name) + 1;
	struct name_map_entry *entry = malloc(sizeof(*entry) + size);

	if (!entry)
		return -ENOMEM;
	entry->value = value;
	memcpy(entry->name, name, size);
	if (hash_map_add(&map->table, &entry->entry, name_hash(name))) {
		free(entry);
		return -ENOMEM;
	}
	return 0;
}

void *name_map_remove(struct name_map *map, const char *name)
{
	struct name_map_entry *entry = find_entry(map, name);
	void *value;

	if (!entry)
		return NULL;
	value = entry->value;
	hash_map_remove(&map->table, &entry->entry);
	free(entry);
	return value;
}

struct name_map_entry *name_map_first(const struct name_map *map)
{
	return entry_of(hash_map_first(&map->table));
}

struct name_map_entry *name_map_next(const struct name_map *map, const struct name_map_entry *entry)
{
	return entry_of(hash_map_next(&map->table, &entry->entry));
}

void name_map_release(struct name_map *map)
{
	struct name_map_entry *entry, *next;

	for (entry = name_map_first(map); entry; entry = next) {
		next = name_map_next(map, entry);
		free(entry);
	}
	hash_map_release(&map->table);
}
