/* SPDX-License-Identifier: MIT */
/*
 * How what comes in joins what is known: order, changes, the journal. The catalog's lock must be held;
 * nothing here blocks.
 */
#ifndef ALIASFS_CATALOG_MERGE_H
#define ALIASFS_CATALOG_MERGE_H

#include "backend/catalog/changes.h"
#include "backend/catalog/state.h"

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

#endif
