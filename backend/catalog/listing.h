/* SPDX-License-Identifier: MIT */
/*
 * A listing while its pages come in: of an account's functions, of one function's versions, or of one
 * function's aliases. It belongs to the caller that leads the flight, and may be parked between two
 * of them, so that what an interrupted caller fetched is not fetched again. Nothing here blocks.
 */
#ifndef ALIASFS_CATALOG_LISTING_H
#define ALIASFS_CATALOG_LISTING_H

#include "backend/base/map.h"
#include "backend/catalog/snapshot.h"

#define LISTING_ITEMS_MAX 1000000                     /* versions or aliases in one listing */
#define LISTING_PAGES_MAX 1000000                     /* pages, empty ones included */
#define LISTING_UNLISTABLE_MAX 1000                   /* names that cannot be a directory entry */
#define LISTING_BYTES_MAX ((size_t)512 * 1024 * 1024) /* of packed documents */

/* Finds servers that would make a listing endless. Zero-initialised; release with page_guard_release(). */
struct page_guard {
	char *marker; /* one that was seen */
	uint64_t pages, items;
	uint64_t
		replace_at; /* the page whose marker replaces it: doubles, so that every circle is found */
};

/* After a page of `items`. 0, -ELOOP (a marker came again), -E2BIG, -ENOMEM. `next_marker` may be NULL. */
int page_guard_check(struct page_guard *guard, const char *next_marker, size_t items) must_check;
void page_guard_release(struct page_guard *guard);

/* The versions of one function as they come. */
struct version_builder {
	struct keyed_set *set;              /* not finished */
	struct pack_dictionary *dictionary; /* a reference, or NULL before the first version */
	struct keyed_set *previous; /* a reference, or NULL: packs that did not change are shared */
};

/* `tick`: when the fetch started. NULL when out of memory. */
struct version_builder *version_builder_new(uint64_t tick) must_check;
void version_builder_free(struct version_builder *builder);
DEFINE_CLEANUP(struct version_builder *, version_builder_free);

/* Packs and adds one version. 0 or -ENOMEM. */
int version_builder_add(struct version_builder *builder, struct packer *packer,
	const struct lambda_version *version) must_check;

/*
 * The set of what was added, which is taken out of the builder; of a version that came twice the last one.
 * What can change expires at `expires_ms`. NULL when out of memory.
 */
struct keyed_set *version_builder_finish(
	struct version_builder *builder, bool complete, int64_t expires_ms) must_check;

struct listing {
	uint64_t tick;         /* when its first page was asked for */
	int64_t keep_until_ms; /* while parked */
	char *marker;          /* of the next page; NULL: the first, or complete */
	struct page_guard guard;
	struct packer *packer;
	size_t bytes;
	struct name_map functions; /* name → struct version_builder */
	struct keyed_set *aliases; /* not finished; NULL before the first page */
	struct keyed_set *
		unlistable; /* of functions: the names that cannot be a directory entry, each once; or NULL */
};

/* Where a listing finds what was known of a function before; gives references, or leaves NULL. */
struct listing_lookup {
	void *data;
	void (*find)(void *data, const char *function, struct pack_dictionary **ret_dictionary,
		struct keyed_set **ret_previous);
};

struct listing *listing_new(uint64_t tick) must_check;
void listing_free(struct listing *listing); /* NULL is fine */
DEFINE_CLEANUP(struct listing *, listing_free);

/*
 * Adds a page and moves on to the next marker. `function` is the only one whose versions may be there,
 * or NULL: then a name that cannot be a directory entry is noted, and the listing goes on. The page stays the
 * caller's.
 */
enum lambda_status listing_add_versions(struct listing *listing,
	const struct lambda_version_page *page, const char *function,
	const struct listing_lookup *lookup, struct lambda_error *reterr) must_check;

/* The same of aliases. */
enum lambda_status listing_add_aliases(struct listing *listing,
	const struct lambda_alias_page *page, struct lambda_error *reterr) must_check;

/* The aliases that came so far; a complete set when there is no page behind. NULL when out of memory. */
struct keyed_set *listing_aliases(const struct listing *listing, int64_t expires_ms) must_check;

#endif
