/* SPDX-License-Identifier: MIT */
/*
 * What the catalog hands out: sets of versions, of aliases and of functions. Immutable once others can
 * see them; a change makes a new set. Each carries, beside what callers see, from when its parts are.
 * Nothing here blocks or locks. `tick` is the flight room's logical clock.
 */
#ifndef ALIASFS_CATALOG_SNAPSHOT_H
#define ALIASFS_CATALOG_SNAPSHOT_H

#include "backend/catalog/catalog.h"
#include "backend/catalog/flight.h"
#include "backend/catalog/pack.h"

struct version_note {
	struct pack *pack; /* a reference */
	uint64_t tick;     /* when the fetch that brought it started */
};

struct version_set {
	struct snapshot snapshot;
	struct catalog_versions view; /* view.entries is `entries` */
	struct catalog_version *entries;
	struct version_note *notes; /* beside each entry */
	bool complete;              /* false: single versions, fetched without a listing */
	uint64_t tick;              /* when the listing started; 0 for an incomplete set */
};

struct alias_note {
	int64_t expires_ms; /* of this entry alone, where it was fetched alone */
	uint64_t tick;
};

struct alias_set {
	struct snapshot snapshot;
	struct catalog_aliases view;
	struct lambda_alias *entries;
	struct alias_note *notes;
	bool complete;
	uint64_t tick;
};

struct root_set {
	struct snapshot snapshot;
	struct catalog_root view;
	struct catalog_root_entry *entries;
	char **unlistable; /* view.unlistable is this */
	uint64_t tick;
};

struct version_set *version_set_of(const struct catalog_versions *view);
struct alias_set *alias_set_of(const struct catalog_aliases *view);
struct root_set *root_set_of(const struct catalog_root *view);

/* --- versions; a set or NULL when out of memory --- */

/* An incomplete set with room for `count` entries, which the caller fills and then finishes. */
struct version_set *version_set_new(size_t count) must_check;

/* Derives last_modified and newest from the entries, which are sorted. */
void version_set_finish(struct version_set *set);

/* `set` (may be NULL) with that version put in or replaced. Takes a reference of `pack`. */
struct version_set *version_set_with(const struct version_set *set,
	const struct catalog_version *version, struct pack *pack, uint64_t tick) must_check;

/* `set` without that version. */
struct version_set *version_set_without(const struct version_set *set, uint64_t version) must_check;

/* Where the version stands, or SIZE_MAX. `set` may be NULL. */
size_t version_set_index(const struct version_set *set, uint64_t version);

/* Whether both hold the same versions with the same documents. NULL counts as empty. */
bool version_sets_match(const struct version_set *left, const struct version_set *right);

/* Whether every entry of `part` stands in `whole` just so. `part` may be NULL. */
bool version_set_contains(const struct version_set *whole, const struct version_set *part);

/* --- aliases --- */

/*
 * A set of the `count` aliases, whose content it takes over also when it fails. Sorted; of a name
 * that occurs twice the last one stays.
 */
struct alias_set *alias_set_new(struct lambda_alias *aliases, size_t count, bool complete,
	int64_t expires_ms, uint64_t tick) must_check;
struct alias_set *alias_set_with(const struct alias_set *set, const struct lambda_alias *alias,
	int64_t expires_ms, uint64_t tick) must_check;
struct alias_set *alias_set_without(const struct alias_set *set, const char *name) must_check;
size_t alias_set_index(const struct alias_set *set, const char *name);
bool alias_sets_match(const struct alias_set *left, const struct alias_set *right);
bool alias_set_contains(const struct alias_set *whole, const struct alias_set *part);

/* --- functions --- */

/* One function for root_set_new(), which copies the name. */
struct root_item {
	const char *name;
	int64_t last_modified;
};

/* Sorts `items`. */
struct root_set *root_set_new(
	struct root_item *items, size_t count, int64_t expires_ms, uint64_t tick) must_check;

/* Copies the names of what cannot be listed into a set that nobody else sees yet, sorted. 0 or -ENOMEM. */
int root_set_note_unlistable(struct root_set *set, char *const *names, size_t count) must_check;
bool root_sets_match(const struct root_set *left, const struct root_set *right);

/* The entry of that name, or NULL. `set` may be NULL. */
const struct catalog_root_entry *root_set_find(const struct root_set *set, const char *name);

#endif
