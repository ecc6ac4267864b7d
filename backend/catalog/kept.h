/* SPDX-License-Identifier: MIT */
/*
 * A set that is kept: whether it is fresh, and how what comes in joins it. The catalog's lock must be
 * held; nothing here blocks. `now_ms` is the moment at which things must be fresh.
 */
#ifndef ALIASFS_CATALOG_KEPT_H
#define ALIASFS_CATALOG_KEPT_H

#include "backend/catalog/state.h"

#define KEPT_MARKS_MAX 256 /* removals and negative answers that a set remembers */

/* Forgets all of it. */
void kept_clear(struct kept *kept);

/* Whether anything was ever listed or fetched that is there; fresh or not. */
bool kept_shows_any(const struct kept *kept);

/* What is known now is not fresh any more. */
void kept_expire(struct catalog *catalog, struct kept *kept);

/* What started up to this tick is not fresh. */
uint64_t kept_floor(const struct catalog *catalog, const struct kept *kept);

/* Whether a complete, fresh list is known. */
bool kept_is_whole(const struct catalog *catalog, const struct kept *kept, int64_t now_ms);

/* Where an entry stands that is fresh in itself, or SIZE_MAX. */
size_t kept_find(const struct catalog *catalog, const struct kept *kept, struct keyed_key key,
	int64_t now_ms);

/* Whether a fresh answer says that there is none (the negative cache). */
bool kept_lacks(const struct catalog *catalog, const struct kept *kept, struct keyed_key key,
	int64_t now_ms);

/*
 * Joins what a fetch brought, or a mutation left behind, with what is known; of each key what is newer stays.
 * Takes over the reference also on failure. *ret_changed: whether an earlier answer would differ now.
 * 0 or -ENOMEM.
 */
int kept_merge(struct catalog *catalog, struct kept *kept, struct keyed_set *incoming,
	bool *ret_changed) must_check;

/* Puts a listing aside for its time, or takes it out if it is still good: fresh, of after `floor`. NULL is not. */
bool listing_is_good(const struct listing *listing, uint64_t floor, int64_t now_ms);
void listing_park(struct listing **slot, struct listing *listing, int64_t keep_until_ms);
struct listing *listing_resume(struct listing **slot, uint64_t floor, int64_t now_ms) must_check;

#endif
