/* SPDX-License-Identifier: MIT */
#include "backend/catalog/kept.h"

#include <errno.h>

void kept_clear(struct kept *kept)
{
	keyed_set_unref(take_pointer(kept->set));
	listing_free(take_pointer(kept->parked));
}

void kept_expire(struct catalog *catalog, struct kept *kept)
{
	kept->forget_tick = ++catalog->room.tick;
}

bool kept_shows_any(const struct kept *kept)
{
	return kept->parked || (kept->set && (kept->set->complete || kept->set->count));
}

uint64_t kept_floor(const struct catalog *catalog, const struct kept *kept)
{
	return kept->forget_tick > catalog->forget_tick ? kept->forget_tick : catalog->forget_tick;
}

bool kept_is_whole(const struct catalog *catalog, const struct kept *kept, int64_t now_ms)
{
	const struct keyed_set *set = kept->set;

	return set && set->complete && set->tick > kept_floor(catalog, kept) &&
	       now_ms < set->expires_ms;
}

static bool is_fresh_at(
	const struct catalog *catalog, const struct kept *kept, size_t at, int64_t now_ms)
{
	return at != SIZE_MAX && kept->set->notes[at].tick > kept_floor(catalog, kept) &&
	       now_ms < kept->set->notes[at].expires_ms;
}

size_t kept_find(const struct catalog *catalog, const struct kept *kept, struct keyed_key key,
	int64_t now_ms)
{
	size_t at = keyed_set_find(kept->set, key);

	return is_fresh_at(catalog, kept, at, now_ms) ? at : SIZE_MAX;
}

bool kept_lacks(const struct catalog *catalog, const struct kept *kept, struct keyed_key key,
	int64_t now_ms)
{
	return is_fresh_at(catalog, kept, keyed_set_find_mark(kept->set, key), now_ms);
}

int kept_merge(
	struct catalog *catalog, struct kept *kept, struct keyed_set *incoming, bool *ret_changed)
{
	struct keyed_set *known = kept->set, *set = incoming;
	bool match;

	*ret_changed = false;
	if (known) {
		set = keyed_set_merge(known, incoming);
		keyed_set_unref(incoming);
	}
	if (!set)
		return -ENOMEM;
	/* Without the mark of a removal, a fetch that started before it could bring the entry back. */
	if (set->total - set->count > KEPT_MARKS_MAX && keyed_set_drop_mark(set))
		kept_expire(catalog, kept);
	match = known && keyed_sets_match(known, set);
	if (match && known->complete == set->complete)
		set->generation = known->generation;
	else
		set->generation = ++catalog->generation;
	if (known)
		*ret_changed = known->complete ? !match : !keyed_set_contains(set, known);
	keyed_set_unref(known);
	kept->set = set;
	return 0;
}

/* --- listings aside --- */

bool listing_is_good(const struct listing *listing, uint64_t floor, int64_t now_ms)
{
	return listing && listing->tick > floor && now_ms < listing->keep_until_ms;
}

void listing_park(struct listing **slot, struct listing *listing, int64_t keep_until_ms)
{
	listing_free(*slot);
	listing->keep_until_ms = keep_until_ms;
	*slot = listing;
}

struct listing *listing_resume(struct listing **slot, uint64_t floor, int64_t now_ms)
{
	struct listing *listing = take_pointer(*slot);

	if (listing_is_good(listing, floor, now_ms))
		return listing;
	listing_free(listing);
	return NULL;
}
