/* SPDX-License-Identifier: MIT */
/*
 * A set of entries sorted by their key, each with its age: of versions, aliases or functions (snapshot.h).
 * The caller who makes a set adds entries to it and finishes it; from then on it is immutable and counted.
 * What comes in is merged with what is known, and the newer one stays of each key. An entry that is not
 * there any more leaves a mark. Marks are no entries for who reads the set.
 * Nothing here blocks or locks. A tick is a moment of the flight room's logical clock, a time one of
 * clock_monotonic_ms().
 */
#ifndef ALIASFS_CATALOG_KEYED_SET_H
#define ALIASFS_CATALOG_KEYED_SET_H

#include "backend/catalog/catalog.h"
#include "backend/catalog/flight.h"

/* A name, or (`name` NULL) the number of a version. */
struct keyed_key {
	const char *name;
	uint64_t number;
};

/* The age of an entry. */
struct keyed_note {
	void *value; /* counted by its first member, an atomic_uint; keeps what the entry points to; may be NULL */
	uint64_t tick; /* when the fetch that brought it started, or the mutation ended */
	int64_t expires_ms;
};

struct keyed_set;

/* What a set holds. */
struct keyed_kind {
	size_t entry_size;
	struct keyed_key (*key)(const void *entry);
	/* Whether two entries of one key say the same. */
	bool (*same)(const void *left, const void *left_value, const void *right,
		const void *right_value);
	void (*unref)(void *value); /* NULL: there are no values */
	/* Derives the rest of the view from the entries. */
	void (*finish)(struct keyed_set *set);
};

struct keyed_set {
	struct snapshot snapshot;
	const struct keyed_kind *kind;
	struct keyed_note *notes; /* beside each entry and mark */
	uint32_t total, capacity; /* entries and marks; allocated */
	uint64_t tick;            /* when the fetch that brought it started */
	bool complete;            /* what it does not hold was not there at `tick` */
	struct keyed_set
		*others; /* a reference or NULL: functions that cannot be directory entries */
	union {
		struct {
			size_t count;       /* of entries */
			void *entries;      /* sorted; behind them the marks, sorted */
			int64_t expires_ms; /* of a complete set */
			uint64_t generation;
		}; /* how each of the views begins */
		struct catalog_function_list functions;
		struct catalog_versions versions;
		struct catalog_aliases aliases;
	};
};

/* An empty set with room for `capacity` entries (more may be added). NULL when out of memory. */
struct keyed_set *keyed_set_new(
	const struct keyed_kind *kind, size_t capacity, uint64_t tick) must_check;
void keyed_set_unref(struct keyed_set *set); /* NULL is fine */
struct keyed_set *keyed_set_ref(struct keyed_set *set);
DEFINE_CLEANUP(struct keyed_set *, keyed_set_unref);

/*
 * Adds a copy of the entry to a set that is not finished. Takes over a reference of `value`, also when it
 * fails. 0 or -ENOMEM.
 */
int keyed_set_add(struct keyed_set *set, const void *entry, void *value, uint64_t tick,
	int64_t expires_ms) must_check;

/* A set that is not finished, with the entries of another that is not either. NULL when out of memory. */
struct keyed_set *keyed_set_copy(const struct keyed_set *set) must_check;

/* Sorts the entries; of a key that came twice the last one stays. `expires_ms`: of a complete set. 0 or -ENOMEM. */
int keyed_set_finish(struct keyed_set *set, bool complete, int64_t expires_ms) must_check;

/* A set of one entry, or one mark, finished and incomplete; `value` as with keyed_set_add(). NULL when out of memory. */
struct keyed_set *keyed_set_of_one(const struct keyed_kind *kind, const void *entry, void *value,
	uint64_t tick, int64_t expires_ms) must_check;
struct keyed_set *keyed_set_of_mark(const struct keyed_kind *kind, const void *entry, void *value,
	uint64_t tick, int64_t expires_ms) must_check;

/* Both together, of each key what is newer. Of two that are as old, `incoming` is. NULL when out of memory. */
struct keyed_set *keyed_set_merge(
	const struct keyed_set *known, const struct keyed_set *incoming) must_check;

/* Drops the oldest mark of a set that no other thread sees yet, which has one. Whether it was one that never expires. */
bool keyed_set_drop_mark(struct keyed_set *set);

/* Where the entry, or the mark, of that key stands, or SIZE_MAX. `set` may be NULL. */
size_t keyed_set_find(const struct keyed_set *set, struct keyed_key key);
size_t keyed_set_find_mark(const struct keyed_set *set, struct keyed_key key);

/* How new it is what the set says of that key; 0: it says nothing. `set` may be NULL. */
uint64_t keyed_set_tick(const struct keyed_set *set, struct keyed_key key);

/* Whether both hold the same. NULL counts as empty. */
bool keyed_sets_match(const struct keyed_set *left, const struct keyed_set *right);

/* Whether every entry of `part` stands in `whole` just so. */
bool keyed_set_contains(const struct keyed_set *whole, const struct keyed_set *part);

static inline void *keyed_set_entry(const struct keyed_set *set, size_t at)
{
	return (unsigned char *)set->entries + at * set->kind->entry_size;
}

static inline struct keyed_key key_of_name(const char *name)
{
	return (struct keyed_key){.name = name};
}

static inline struct keyed_key key_of_version(uint64_t version)
{
	return (struct keyed_key){.number = version};
}

#endif
