/* SPDX-License-Identifier: MIT */
/*
 * What the catalog remembers, and its lock; for this room alone:
 *
 *   catalog.c        its life, refresh, the account
 *   function_list.c  the functions: ListFunctions, the crawl (ListFunctions ALL), and those that are gone
 *   version.c        versions and their documents
 *   alias.c          aliases
 *   mutation.c       what changes AWS, and how its answers are kept
 *   function.c       what is known of each function, and whether it is fresh
 *   missing.c        what AWS said is not there
 *   changes.c        what has changed, for the callback
 *   merge.c          how what comes in joins what is known: order, changes, the journal
 *   crawl.c          when a walk becomes a crawl (pure)
 *   listing.c        a listing while its pages come in
 *   snapshot.c, aliases.c   what is handed out (immutable)
 *   pack.c           compressed documents
 *   flight.c         one fetch at a time per thing
 *
 * One lock, catalog->room.lock, protects everything below that changes. It is never held across the
 * network, across packing, or across the `changed` callback.
 *
 * Order in time is kept with catalog->room.tick, which counts the starts of fetches, the ends of
 * mutations and the refreshes. What a fetch brought carries the tick at which it started:
 * - it is fresh only if no refresh came later (forget_tick) and its time has not run out;
 * - it does not replace what a fetch brought that started later;
 * - mutations that ended later are applied on top of it, from the function's journal.
 */
#ifndef ALIASFS_CATALOG_STATE_H
#define ALIASFS_CATALOG_STATE_H

#include "backend/base/log.h"
#include "backend/base/map.h"
#include "backend/catalog/catalog.h"
#include "backend/catalog/crawl.h"
#include "backend/catalog/flight.h"
#include "backend/catalog/listing.h"
#include "backend/catalog/missing.h"
#include "backend/catalog/snapshot.h"

#define JOURNAL_MAX 1024 /* mutations remembered of a function while it is being listed */

enum flight_kind {
	FLIGHT_ROOT,
	FLIGHT_CRAWL,
	FLIGHT_ACCOUNT,
	FLIGHT_VERSIONS,
	FLIGHT_VERSION,
	FLIGHT_ALIASES,
	FLIGHT_ALIAS,
};

enum journal_kind {
	JOURNAL_ALIAS_SET,
	JOURNAL_ALIAS_REMOVED,
	JOURNAL_VERSION_SET,
	JOURNAL_VERSION_REMOVED,
};

/* One mutation that ended while a listing was under way or parked. */
struct journal_entry {
	struct journal_entry *next; /* older first */
	enum journal_kind kind;
	uint64_t tick;
	struct lambda_alias alias;
	struct catalog_version version;
	struct pack *pack;
};

struct function {
	unsigned int references; /* the table's, and one for each caller that works on it */
	bool in_table;
	char *name;
	struct flight_list flights;
	struct version_set *versions; /* a reference, or NULL */
	struct alias_set *aliases;    /* a reference, or NULL */
	struct pack_dictionary *dictionary;
	struct listing *parked_versions, *parked_aliases;
	struct missing_list *missing; /* NULL until something is missing */
	struct journal_entry *journal;
	size_t journal_length;
	uint64_t seen_tick;            /* the latest sign that it exists */
	uint64_t forget_versions_tick; /* what started up to here is not fresh */
	uint64_t forget_aliases_tick;
	unsigned int mutations; /* under way */
	bool asked_beyond;      /* one alias was asked for that the parked first page lacks */
	bool crawled; /* its versions came with the last crawl and were not asked for yet */
};

struct catalog {
	struct lambda_client *client;
	int64_t ttl_ms;
	struct log *log;
	void (*changed)(void *changed_data, const struct catalog_change *change);
	void *changed_data;
	void (*wrote)(void *wrote_data, const struct catalog_write *write);
	void *wrote_data;

	struct flight_room room;
	/* all that follows is protected by room.lock */
	struct flight_list flights; /* of the root, the crawl, the account */
	struct name_map functions;  /* name → struct function, with a reference */
	struct root_set *root;      /* a reference, or NULL */
	struct listing *parked_root, *parked_crawl;
	struct missing_list missing; /* functions */
	struct crawl crawl;
	uint64_t generation;
	uint64_t forget_tick;      /* what started up to here is not fresh */
	uint64_t forget_root_tick; /* the same for the root alone */
	struct lambda_account account;
	int64_t account_fetched_ms;
	bool account_known;
};

static inline void catalog_lock(struct catalog *catalog)
{
	pthread_mutex_lock(&catalog->room.lock);
}

static inline void catalog_unlock(struct catalog *catalog)
{
	pthread_mutex_unlock(&catalog->room.lock);
}

#endif
