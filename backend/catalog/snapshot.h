/* SPDX-License-Identifier: MIT */
/*
 * What the catalog hands out: sets of versions, of aliases and of functions (keyed_set.h). Nothing here
 * blocks or locks.
 */
#ifndef ALIASFS_CATALOG_SNAPSHOT_H
#define ALIASFS_CATALOG_SNAPSHOT_H

#include "backend/catalog/keyed_set.h"
#include "backend/catalog/pack.h"

extern const struct keyed_kind
	versions_kind; /* struct catalog_version; the value is its struct pack */
extern const struct keyed_kind
	aliases_kind; /* struct lambda_alias; the value holds its description */
extern const struct keyed_kind
	functions_kind;                      /* struct catalog_function; the value holds its name */
extern const struct keyed_kind targets_kind; /* struct alias_target; no value */
extern const struct keyed_kind names_kind;   /* const char *; the value holds it */

/* Where an alias leads, without its weights. */
struct alias_target {
	char name[LAMBDA_ALIAS_NAME_MAX + 1];
	uint64_t version;
	int64_t last_modified; /* of the version */
};

/* Adds copies to a set that is not finished. 0 or -ENOMEM. */
int add_alias(
	struct keyed_set *set, const struct lambda_alias *alias, int64_t expires_ms) must_check;
int add_function(struct keyed_set *set, const char *name, int64_t last_modified,
	int64_t expires_ms) must_check;
int add_name(struct keyed_set *set, const char *name) must_check;

/* A set of one alias, or of a mark that there is none of that key. NULL when out of memory. */
struct keyed_set *set_of_alias(
	const struct lambda_alias *alias, uint64_t tick, int64_t expires_ms) must_check;
struct keyed_set *set_of_absent(const struct keyed_kind *kind, struct keyed_key key, uint64_t tick,
	int64_t expires_ms) must_check;

static inline struct catalog_version *version_at(const struct keyed_set *set, size_t at)
{
	return keyed_set_entry(set, at);
}

static inline struct lambda_alias *alias_at(const struct keyed_set *set, size_t at)
{
	return keyed_set_entry(set, at);
}

#endif
