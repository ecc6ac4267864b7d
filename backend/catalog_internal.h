/* SPDX-License-Identifier: MIT */
/*
 * The inside of the catalog, for its own files only:
 *
 *   catalog.c           its life, refresh, the account
 *   catalog_root.c      the functions: ListFunctions, and the crawl (ListFunctions ALL)
 *   catalog_version.c   versions and their documents
 *   catalog_alias.c     aliases
 *   catalog_mutation.c  what changes AWS, and how its answers are kept
 *   catalog_function.c  what is known of each function, and whether it is fresh
 *   catalog_merge.c     how what comes in joins what is known: order, changes, the journal
 *   catalog_crawl.c     when a walk becomes a crawl (pure)
 *   catalog_listing.c   a listing while its pages come in
 *   catalog_snapshot.c, catalog_aliases.c   what is handed out (immutable)
 *   catalog_pack.c      compressed documents
 *   catalog_flight.c    one fetch at a time per thing
 *   catalog_map.c       a hash table
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
#ifndef ALIASFS_CATALOG_INTERNAL_H
#define ALIASFS_CATALOG_INTERNAL_H

#include "backend/base/log.h"
#include "backend/catalog.h"
#include "backend/catalog_crawl.h"
#include "backend/catalog_flight.h"
#include "backend/catalog_listing.h"
#include "backend/catalog_map.h"
#include "backend/catalog_snapshot.h"

#define MISSING_MAX 64   /* negative answers remembered, of each function and of the root */
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

/* Something that AWS said is not there: an alias or a function by name, else a version. */
struct missing {
	char *name; /* owned; NULL: a version */
	uint64_t version;
	uint64_t tick;
	int64_t expires_ms;
};

struct missing_list {
	struct missing items[MISSING_MAX];
	size_t next; /* the slot that is used next */
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

/* --- changes, gathered under the lock and reported without it --- */

struct change_list {
	struct catalog_change
		*items; /* each `function` is a reference to a struct function's name */
	struct function **functions;
	size_t count, capacity;
	bool root;
	bool lost; /* no memory to say which */
};

/* The lock must be held. */
void change_list_add(
	struct change_list *changes, struct function *function, bool versions, bool aliases);

/* Calls catalog->changed for each and empties the list. The lock must not be held. */
void change_list_report(struct change_list *changes, struct catalog *catalog);

/* --- functions (catalog_function.c); the lock must be held unless said otherwise --- */

/*
 * Whether the name could be a function's, to AWS. Pure. What could not is answered without a call, also
 * because some of them would be read as something else: "fn:PROD", an ARN.
 */
bool function_is_name(const char *name);

/* LAMBDA_NOT_FOUND with a sentence. Pure. */
enum lambda_status function_fail_missing(struct lambda_error *reterr, const char *function);

/* The function's state, made when there is none, with a reference. NULL when out of memory. */
struct function *function_take(struct catalog *catalog, const char *name) must_check;

/* The same if there is one, else NULL. */
struct function *function_find(struct catalog *catalog, const char *name);

/* Gives the reference back. What holds nothing leaves the table. */
void function_drop(struct catalog *catalog, struct function *function);

/* function_take() with the lock taken for it, and the errors of a public question. */
enum lambda_status function_open(struct catalog *catalog, const char *name,
	struct function **ret_function, struct lambda_error *reterr) must_check;
/* function_drop() with the lock taken for it. */
void function_close(struct catalog *catalog, struct function *function);

/* AWS says that it is not there: forgets all of it. The caller's reference stays the caller's. */
void function_vanished(
	struct catalog *catalog, struct function *function, struct change_list *changes);

/* function_vanished() with the lock taken for it, remembered and reported. `tick`: of the fetch. */
void function_vanish(struct catalog *catalog, struct function *function, uint64_t tick);

/*
 * AWS answered that the function is not there, although it may just have been listed: what is true is asked
 * of the list of functions, so that one wrong answer never makes a directory vanish (a backup with
 * --delete would follow). LAMBDA_NOT_FOUND, and it is forgotten; LAMBDA_BAD_ANSWER when AWS still lists
 * it; or the failure of the listing. Blocks on the network; the lock must not be held.
 */
enum lambda_status function_gone(struct catalog *catalog, const struct call_scope *scope,
	struct function *function, uint64_t tick, struct lambda_error *reterr) must_check;

/* Takes it out of the table and frees it. Nobody else may use it: for the end of the catalog. */
void function_forget(struct catalog *catalog, struct function *function);

uint64_t function_versions_floor(const struct catalog *catalog, const struct function *function);
uint64_t function_aliases_floor(const struct catalog *catalog, const struct function *function);

/* Whether a complete, fresh list is known. */
bool function_has_versions(
	const struct catalog *catalog, const struct function *function, int64_t now_ms);
bool function_has_aliases(
	const struct catalog *catalog, const struct function *function, int64_t now_ms);

/* Whether something fresh proves that the function is there. */
bool function_exists_surely(
	const struct catalog *catalog, const struct function *function, int64_t now_ms);

/* The index of a version or alias that is known and fresh in itself, or SIZE_MAX. */
size_t function_known_version(const struct catalog *catalog, const struct function *function,
	uint64_t version, int64_t now_ms);
size_t function_known_alias(const struct catalog *catalog, const struct function *function,
	const char *name, int64_t now_ms);

/*
 * Keeps a set that a fetch brought (a reference, which is taken over also on failure): mutations of
 * the journal are applied, and nothing newer is replaced. *ret_set (may be NULL) is a reference to
 * what is known afterwards. 0 or -ENOMEM.
 */
int function_install_versions(struct catalog *catalog, struct function *function,
	struct version_set *set, struct version_set **ret_set,
	struct change_list *changes) must_check;
int function_install_aliases(struct catalog *catalog, struct function *function,
	struct alias_set *set, struct alias_set **ret_set, struct change_list *changes) must_check;

/*
 * Keeps, or forgets, one version or alias: what a fetch that started at `tick` or a mutation that ended
 * then says of it, unless something newer is known. 0 or -ENOMEM.
 */
int function_put_version(struct catalog *catalog, struct function *function,
	const struct catalog_version *version, struct pack *pack, uint64_t tick,
	struct change_list *changes) must_check;
int function_put_alias(struct catalog *catalog, struct function *function,
	const struct lambda_alias *alias, int64_t expires_ms, uint64_t tick,
	struct change_list *changes) must_check;
int function_remove_version(struct catalog *catalog, struct function *function, uint64_t version,
	uint64_t tick, struct change_list *changes) must_check;
int function_remove_alias(struct catalog *catalog, struct function *function, const char *name,
	uint64_t tick, struct change_list *changes) must_check;

/* Appends to the journal, if something under way needs it. `entry` is copied. 0 or -ENOMEM. */
int function_note_mutation(struct catalog *catalog, struct function *function,
	const struct journal_entry *entry) must_check;

/* Whether a mutation of that alias, or (`alias` NULL) version, ended after `tick`. */
bool function_mutated_since(
	const struct function *function, const char *alias, uint64_t version, uint64_t tick);

/* Drops the journal when nothing needs it any more. */
void function_trim(struct catalog *catalog, struct function *function);

/* Puts a listing aside, or takes it out if it is still good: fresh, of after `floor`. NULL is not. */
bool listing_is_good(const struct listing *listing, uint64_t floor, int64_t now_ms);
void listing_park(struct listing **slot, struct listing *listing, int64_t keep_until_ms);
struct listing *listing_resume(struct listing **slot, uint64_t floor, int64_t now_ms);

/* Negative answers. `name` NULL: a version. */
void missing_add(struct missing_list *list, const char *name, uint64_t version, uint64_t tick,
	int64_t expires_ms);
bool missing_holds(const struct missing_list *list, const char *name, uint64_t version,
	uint64_t floor, int64_t now_ms);
void missing_clear(struct missing_list *list);
void function_add_missing(struct function *function, const char *name, uint64_t version,
	uint64_t tick, int64_t expires_ms);

/* A lookup for listings that finds what the catalog knows. It takes the lock. */
struct listing_lookup function_lookup(struct catalog *catalog);

/* --- versions (catalog_version.c) --- */

/*
 * The one version as a set of its own, packed; it expires at `expires_ms` if it can change. NULL when out
 * of memory. Takes the lock.
 */
struct version_set *version_set_of_one(struct catalog *catalog,
	const struct lambda_version *version, int64_t expires_ms, uint64_t tick) must_check;

/* --- the root and the crawl (catalog_root.c) --- */

/* Whether a complete, fresh list of functions is known. The lock must be held. */
bool catalog_root_is_fresh(const struct catalog *catalog, int64_t now_ms);

/* Whether the pages of the list that came so far are fresh and hold the function. The same. */
bool catalog_root_part_holds(const struct catalog *catalog, const char *name, int64_t now_ms);

/*
 * Called when a function's versions are wanted and not known: joins or leads a crawl if this is one.
 * Afterwards they may be known. Fails only with LAMBDA_INTERRUPTED; any other failure of the crawl
 * leaves the caller to ask by itself.
 */
enum lambda_status catalog_crawl(struct catalog *catalog, const struct call_scope *scope,
	struct function *function, struct lambda_error *reterr) must_check;

#endif
