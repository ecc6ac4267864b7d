/* SPDX-License-Identifier: MIT */
/*
 * What the catalog remembers, and its lock; for this room alone:
 *
 *   catalog.c        its life, refresh, the account
 *   function_list.c  questions about the functions
 *   version.c        questions about versions and their documents; when a walk becomes a crawl (crawl.c, pure)
 *   alias.c          questions about aliases
 *   mutation.c       what changes AWS, and how its answers are kept
 *   walk.c           which processes crawl (pure)
 *   question.c       one question: what is known, or one fetch at a time (flight.c)
 *   list.c, item.c   (fetch.h) fetching all versions, aliases or functions; fetching one version or alias
 *   listing.c        a list while its pages come in
 *   kept.c           a set that is kept: its freshness, and how what comes in joins it
 *   function.c       what is known of each function
 *   changes.c        how what comes in changes what is known, for the callback
 *   keyed_set.c, snapshot.c   the sets that are kept and handed out (immutable)
 *   pack.c           compressed documents
 *
 * One lock, catalog->room.lock, protects everything below that changes. It is never held across the
 * network, across packing, or across the `changed` callback.
 *
 * Order in time is kept with catalog->room.tick, which counts the starts of fetches, the ends of
 * mutations and the refreshes. What a fetch brought carries the tick at which it started:
 * - it is fresh only if no refresh came later (forget_tick) and its time has not run out;
 * - it does not replace what a fetch brought that started later;
 * - nor what a mutation that ended later has put there, or removed: a removal leaves a mark in the set.
 */
#ifndef ALIASFS_CATALOG_STATE_H
#define ALIASFS_CATALOG_STATE_H

#include "backend/base/log.h"
#include "backend/base/map.h"
#include "backend/catalog/catalog.h"
#include "backend/catalog/crawl.h"
#include "backend/catalog/flight.h"
#include "backend/catalog/listing.h"
#include "backend/catalog/snapshot.h"
#include "backend/catalog/walk.h"

enum flight_kind {
	FLIGHT_FUNCTIONS,
	FLIGHT_CRAWL,
	FLIGHT_VERSIONS,
	FLIGHT_VERSION,
	FLIGHT_ALIASES,
	FLIGHT_ALIAS,
	FLIGHT_TARGET, /* where an alias leads */
};

/* A set that is kept, with the beginning of the list that will replace it. */
struct kept {
	struct keyed_set *set;  /* a reference, or NULL */
	struct listing *parked; /* owned, or NULL */
	uint64_t forget_tick;   /* what started up to here is not fresh */
};

struct function {
	unsigned int references; /* the table's, and one for each caller that works on it */
	bool in_table;
	bool asked_beyond; /* one alias was asked for that the parked first page lacks */
	bool crawled;      /* its versions came with the last crawl and were not asked for yet */
	struct flight_list flights;
	struct kept versions, aliases;
	struct keyed_set
		*targets; /* where aliases lead, read without their weights; a reference, or NULL */
	struct pack_dictionary *dictionary;
	struct mutation *mutations; /* under way */
	uint64_t seen_tick;         /* the latest sign that it exists */
	char name[];
};

struct catalog {
	struct lambda_client *client;
	struct catalog_options options;

	struct flight_room room;
	/* all that follows is protected by room.lock */
	struct flight_list flights; /* of the function list, the crawl */
	struct name_map functions;  /* name → struct function, with a reference */
	struct kept list;           /* of functions */
	struct listing *parked_crawl;
	struct crawl crawl;
	struct walks walks;
	struct crawl_wants looks;    /* at one alias, in different functions */
	uint64_t looked_alias;       /* name_hash() of it */
	int64_t no_targets_until_ms; /* GetFunction is denied */
	uint64_t generation;
	uint64_t forget_tick; /* what started up to here is not fresh */
	struct lambda_account account;
	int64_t account_fetched_ms;
	bool account_known;
};

/* AWS has just returned the alias. The lock must not be held. */
static inline void catalog_note_seen(
	const struct catalog *catalog, const char *function, const struct lambda_alias *alias)
{
	if (catalog->options.saw)
		catalog->options.saw(catalog->options.saw_data, function, alias);
}

static inline void catalog_lock(struct catalog *catalog)
{
	pthread_mutex_lock(&catalog->room.lock);
}

static inline void catalog_unlock(struct catalog *catalog)
{
	pthread_mutex_unlock(&catalog->room.lock);
}

#endif
