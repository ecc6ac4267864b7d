/* SPDX-License-Identifier: MIT */
/* How what comes in joins what is known (backend/catalog/state.h). The lock is held throughout. */
#include "backend/catalog/merge.h"

#include <errno.h>

/* Whether something is under way, or put aside, that started before now and will be kept later: fetches, mutations. */
static bool needs_journal(const struct catalog *catalog, const struct function *function)
{
	return function->mutations || function->flights.first || function->parked_versions ||
	       function->parked_aliases || catalog->parked_crawl ||
	       flight_is_under_way(&catalog->flights, FLIGHT_CRAWL);
}

static void drop_oldest(struct function *function)
{
	struct journal_entry *entry = function->journal;

	function->journal = entry->next;
	function->journal_length--;
	lambda_alias_release(&entry->alias);
	pack_unref(entry->pack);
	free(entry);
}

void function_trim(struct catalog *catalog, struct function *function)
{
	if (needs_journal(catalog, function))
		return;
	while (function->journal)
		drop_oldest(function);
}

int function_note_mutation(
	struct catalog *catalog, struct function *function, const struct journal_entry *entry)
{
	struct journal_entry *copy, **end;

	if (!needs_journal(catalog, function)) {
		function_trim(catalog, function);
		return 0;
	}
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *entry;
	copy->next = NULL;
	copy->alias.description = NULL;
	if (entry->kind == JOURNAL_ALIAS_SET && lambda_alias_copy(&entry->alias, &copy->alias)) {
		free(copy);
		return -ENOMEM;
	}
	if (entry->pack)
		pack_ref(entry->pack);
	for (end = &function->journal; *end; end = &(*end)->next)
		;
	*end = copy;
	if (++function->journal_length > JOURNAL_MAX) {
		/* What the dropped entry would have corrected must not count as fresh. */
		function->forget_aliases_tick = ++catalog->room.tick;
		function->forget_versions_tick = catalog->room.tick;
		drop_oldest(function);
	}
	return 0;
}

static void see(struct function *function, uint64_t tick)
{
	if (tick > function->seen_tick)
		function->seen_tick = tick;
}

bool function_mutated_since(
	const struct function *function, const char *alias, uint64_t version, uint64_t tick)
{
	const struct journal_entry *entry;

	for (entry = function->journal; entry; entry = entry->next) {
		bool of_alias =
			entry->kind == JOURNAL_ALIAS_SET || entry->kind == JOURNAL_ALIAS_REMOVED;

		if (entry->tick <= tick || of_alias != (alias != NULL))
			continue;
		if (alias ? !strcmp(entry->alias.name, alias) : entry->version.version == version)
			return true;
	}
	return false;
}

/* --- versions --- */

/* Puts `changed` in the place of *set, which is a reference. */
static int step_versions(struct version_set **set, struct version_set *changed)
{
	if (!changed)
		return -ENOMEM;
	snapshot_unref(&(*set)->snapshot);
	*set = changed;
	return 0;
}

/* Brings *set, a reference, up to what happened after it started. */
static int catch_up_versions(const struct function *function, struct version_set **set)
{
	const struct version_set *known = function->versions;
	uint64_t tick = (*set)->tick;
	const struct journal_entry *entry;
	int error = 0;
	size_t i;

	for (i = 0; known && i < known->view.count && !error; i++)
		if (known->notes[i].tick > tick)
			error = step_versions(
				set, version_set_with(*set, &known->entries[i],
					     known->notes[i].pack, known->notes[i].tick));
	for (entry = function->journal; entry && !error; entry = entry->next) {
		if (entry->tick <= tick)
			continue;
		if (entry->kind == JOURNAL_VERSION_SET)
			error = step_versions(set,
				version_set_with(*set, &entry->version, entry->pack, entry->tick));
		else if (entry->kind == JOURNAL_VERSION_REMOVED)
			error = step_versions(
				set, version_set_without(*set, entry->version.version));
	}
	return error;
}

/* Whether somebody who saw what was known before would see something else now. */
static bool versions_differ(const struct version_set *known, const struct version_set *set)
{
	if (!known)
		return false;
	return known->complete ? !version_sets_match(known, set)
			       : !version_set_contains(set, known);
}

static void take_dictionary(struct function *function, const struct version_set *set)
{
	if (!function->dictionary && set->view.count)
		function->dictionary = pack_dictionary_ref(set->notes[0].pack->dictionary);
}

/* Makes `set`, a reference, what is known. */
static void keep_versions(struct catalog *catalog, struct function *function,
	struct version_set *set, struct change_list *changes)
{
	struct version_set *known = function->versions;

	if (known && known->complete == set->complete && version_sets_match(known, set))
		set->view.generation = known->view.generation;
	else
		set->view.generation = ++catalog->generation;
	if (versions_differ(known, set))
		change_list_add(changes, function, true, false);
	take_dictionary(function, set);
	if (known)
		snapshot_unref(&known->snapshot);
	function->versions = set;
}

static void give_versions(const struct function *function, struct version_set **ret_set)
{
	if (!ret_set)
		return;
	snapshot_ref(&function->versions->snapshot);
	*ret_set = function->versions;
}

int function_install_versions(struct catalog *catalog, struct function *function,
	struct version_set *set, struct version_set **ret_set, struct change_list *changes)
{
	const struct version_set *known = function->versions;

	see(function, set->tick);
	if (known && known->complete && known->tick > set->tick) {
		/* Somebody asked later and was answered sooner. */
		snapshot_unref(&set->snapshot);
		give_versions(function, ret_set);
		return 0;
	}
	if (catch_up_versions(function, &set)) {
		snapshot_unref(&set->snapshot);
		return -ENOMEM;
	}
	keep_versions(catalog, function, set, changes);
	give_versions(function, ret_set);
	return 0;
}

int function_put_version(struct catalog *catalog, struct function *function,
	const struct catalog_version *version, struct pack *pack, uint64_t tick,
	struct change_list *changes)
{
	size_t at = version_set_index(function->versions, version->version);
	struct version_set *set;

	see(function, tick);
	if (function_mutated_since(function, NULL, version->version, tick) ||
		(at != SIZE_MAX && function->versions->notes[at].tick > tick))
		return 0;
	set = version_set_with(function->versions, version, pack, tick);
	if (!set)
		return -ENOMEM;
	keep_versions(catalog, function, set, changes);
	return 0;
}

int function_remove_version(struct catalog *catalog, struct function *function, uint64_t version,
	uint64_t tick, struct change_list *changes)
{
	size_t at = version_set_index(function->versions, version);
	struct version_set *set;

	if (at == SIZE_MAX || function_mutated_since(function, NULL, version, tick) ||
		function->versions->notes[at].tick > tick)
		return 0;
	set = version_set_without(function->versions, version);
	if (!set)
		return -ENOMEM;
	keep_versions(catalog, function, set, changes);
	return 0;
}

/* --- aliases --- */

static int step_aliases(struct alias_set **set, struct alias_set *changed)
{
	if (!changed)
		return -ENOMEM;
	snapshot_unref(&(*set)->snapshot);
	*set = changed;
	return 0;
}

static int catch_up_aliases(const struct function *function, struct alias_set **set)
{
	const struct alias_set *known = function->aliases;
	uint64_t tick = (*set)->tick;
	const struct journal_entry *entry;
	int error = 0;
	size_t i;

	for (i = 0; known && i < known->view.count && !error; i++)
		if (known->notes[i].tick > tick)
			error = step_aliases(
				set, alias_set_with(*set, &known->entries[i],
					     known->notes[i].expires_ms, known->notes[i].tick));
	for (entry = function->journal; entry && !error; entry = entry->next)
		if (entry->tick > tick && entry->kind == JOURNAL_ALIAS_REMOVED)
			error = step_aliases(set, alias_set_without(*set, entry->alias.name));
	return error;
}

static bool aliases_differ(const struct alias_set *known, const struct alias_set *set)
{
	if (!known)
		return false;
	return known->complete ? !alias_sets_match(known, set) : !alias_set_contains(set, known);
}

static void keep_aliases(struct catalog *catalog, struct function *function, struct alias_set *set,
	struct change_list *changes)
{
	struct alias_set *known = function->aliases;

	if (known && known->complete == set->complete && alias_sets_match(known, set))
		set->view.generation = known->view.generation;
	else
		set->view.generation = ++catalog->generation;
	if (aliases_differ(known, set))
		change_list_add(changes, function, false, true);
	if (known)
		snapshot_unref(&known->snapshot);
	function->aliases = set;
}

static void give_aliases(const struct function *function, struct alias_set **ret_set)
{
	if (!ret_set)
		return;
	snapshot_ref(&function->aliases->snapshot);
	*ret_set = function->aliases;
}

/* The first pages of a list: each alias is known, that there are no others is not. */
static int install_part(struct catalog *catalog, struct function *function,
	const struct alias_set *part, struct change_list *changes)
{
	int error = 0;
	size_t i;

	for (i = 0; i < part->view.count && !error; i++)
		error = function_put_alias(catalog, function, &part->entries[i],
			part->notes[i].expires_ms, part->notes[i].tick, changes);
	return error;
}

int function_install_aliases(struct catalog *catalog, struct function *function,
	struct alias_set *set, struct alias_set **ret_set, struct change_list *changes)
{
	const struct alias_set *known = function->aliases;
	int error = 0;

	see(function, set->tick);
	if (!set->complete && known) {
		error = install_part(catalog, function, set, changes);
	} else if (!known || !known->complete || known->tick <= set->tick) {
		error = catch_up_aliases(function, &set);
		if (!error) {
			snapshot_ref(&set->snapshot);
			keep_aliases(catalog, function, set, changes);
		}
	}
	snapshot_unref(&set->snapshot);
	if (!error)
		give_aliases(function, ret_set);
	return error;
}

int function_put_alias(struct catalog *catalog, struct function *function,
	const struct lambda_alias *alias, int64_t expires_ms, uint64_t tick,
	struct change_list *changes)
{
	size_t at = alias_set_index(function->aliases, alias->name);
	struct alias_set *set;

	see(function, tick);
	if (function_mutated_since(function, alias->name, 0, tick) ||
		(at != SIZE_MAX && function->aliases->notes[at].tick > tick))
		return 0;
	set = alias_set_with(function->aliases, alias, expires_ms, tick);
	if (!set)
		return -ENOMEM;
	keep_aliases(catalog, function, set, changes);
	return 0;
}

int function_remove_alias(struct catalog *catalog, struct function *function, const char *name,
	uint64_t tick, struct change_list *changes)
{
	size_t at = alias_set_index(function->aliases, name);
	struct alias_set *set;

	if (at == SIZE_MAX || function_mutated_since(function, name, 0, tick) ||
		function->aliases->notes[at].tick > tick)
		return 0;
	set = alias_set_without(function->aliases, name);
	if (!set)
		return -ENOMEM;
	keep_aliases(catalog, function, set, changes);
	return 0;
}
