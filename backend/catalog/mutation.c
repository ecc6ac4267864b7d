/* SPDX-License-Identifier: MIT */
/*
 * What changes AWS (backend/catalog/catalog.h). The answer of a mutation replaces what was known at once; a
 * journal of them corrects the fetches that were under way meanwhile (backend/catalog/merge.c).
 */
#include "backend/catalog/state.h"

#include "backend/base/clock.h"
#include "backend/catalog/changes.h"
#include "backend/catalog/function.h"
#include "backend/catalog/function_list.h"
#include "backend/catalog/merge.h"
#include "backend/catalog/version.h"

struct mutation {
	struct catalog *catalog;
	struct function *function;
	uint64_t begun;
	struct call_scope scope; /* the caller's, with a record in any case */
	struct call_record record;
	struct catalog_write write; /* for catalog->wrote */
};

static struct catalog_route route_of(const struct lambda_alias *alias)
{
	return (struct catalog_route){alias->version, alias->weighted_version, alias->weight};
}

/* Makes ready to tell of the call: who, what about, and how the alias was. */
static void prepare(struct mutation *mutation, const struct call_scope *scope,
	const char *operation, const char *alias)
{
	const struct alias_set *known;

	mutation->scope = *scope;
	mutation->record = (struct call_record){0};
	if (!scope->record)
		mutation->scope.record = &mutation->record;
	mutation->write = (struct catalog_write){.who = mutation->scope.record->who,
		.operation = operation,
		.function = mutation->function->name,
		.alias = alias};
	if (!alias)
		return;
	catalog_lock(mutation->catalog);
	known = mutation->function->aliases;
	if (known) {
		const struct lambda_alias *before = catalog_aliases_find(&known->view, alias);

		mutation->write.has_before = before != NULL;
		if (before)
			mutation->write.before = route_of(before);
	}
	catalog_unlock(mutation->catalog);
}

/* Tells of the call, if it changed something or may have. */
static void tell(
	struct mutation *mutation, enum lambda_status status, const struct lambda_error *error)
{
	const struct catalog *catalog = mutation->catalog;

	if (!catalog->wrote || (status && !error->outcome_unknown))
		return;
	mutation->write.outcome_unknown = status != LAMBDA_OK;
	mutation->write.request_id = mutation->scope.record->request_id;
	catalog->wrote(catalog->wrote_data, &mutation->write);
}

static enum lambda_status begin(struct mutation *mutation, struct catalog *catalog,
	const char *name, struct lambda_error *reterr)
{
	enum lambda_status status = function_open(catalog, name, &mutation->function, reterr);

	if (status)
		return status;
	mutation->catalog = catalog;
	catalog_lock(catalog);
	mutation->begun = ++catalog->room.tick;
	mutation->function->mutations++;
	catalog_unlock(catalog);
	return LAMBDA_OK;
}

/*
 * What the answer says of one alias or version; `kind` tells which. Of two mutations of the same that overlap
 * nobody knows which was the later one for AWS: then what was kept is asked for again.
 */
static void keep(
	struct mutation *mutation, struct journal_entry *entry, struct change_list *changes)
{
	struct catalog *catalog = mutation->catalog;
	struct function *function = mutation->function;
	int64_t expires_ms = clock_monotonic_ms() + catalog->ttl_ms;
	size_t changes_before = changes->count;
	bool of_alias = entry->kind == JOURNAL_ALIAS_SET || entry->kind == JOURNAL_ALIAS_REMOVED;
	bool overlaps = function_mutated_since(function, of_alias ? entry->alias.name : NULL,
		entry->version.version, mutation->begun);
	uint64_t tick = ++catalog->room.tick;
	int error;

	entry->tick = tick;
	if (entry->kind == JOURNAL_ALIAS_SET)
		error = function_put_alias(
			catalog, function, &entry->alias, expires_ms, tick, changes);
	else if (entry->kind == JOURNAL_ALIAS_REMOVED)
		error = function_remove_alias(catalog, function, entry->alias.name, tick, changes);
	else if (entry->kind == JOURNAL_VERSION_SET)
		error = function_put_version(
			catalog, function, &entry->version, entry->pack, tick, changes);
	else
		error = function_remove_version(
			catalog, function, entry->version.version, tick, changes);
	if (function_note_mutation(catalog, function, entry))
		error = -1;
	if (error || overlaps) {
		function->forget_aliases_tick = ++catalog->room.tick;
		function->forget_versions_tick = catalog->room.tick;
	}
	if (changes->count == changes_before)
		change_list_add(changes, function, !of_alias, of_alias);
}

/* What AWS answered does not go with what was known. The lock must be held. */
static void doubt(struct mutation *mutation, bool aliases)
{
	uint64_t tick = ++mutation->catalog->room.tick;

	if (aliases)
		mutation->function->forget_aliases_tick = tick;
	else
		mutation->function->forget_versions_tick = tick;
}

/* Ends it: keeps `entry` (NULL: nothing is known to have changed), reports, and releases the function. */
static void end(struct mutation *mutation, struct journal_entry *entry, bool doubt_aliases,
	bool doubt_versions)
{
	struct catalog *catalog = mutation->catalog;
	struct function *function = mutation->function;
	struct change_list changes = {0};

	catalog_lock(catalog);
	missing_clear(function->missing);
	if (entry)
		keep(mutation, entry, &changes);
	if (doubt_aliases)
		doubt(mutation, true);
	if (doubt_versions)
		doubt(mutation, false);
	function->mutations--;
	function_trim(catalog, function);
	function_drop(catalog, function);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
}

/* Whether a failure says, or leaves open, that things are not as we thought. */
static bool is_doubtful(enum lambda_status status, const struct lambda_error *error)
{
	return status == LAMBDA_NOT_FOUND || status == LAMBDA_ALREADY_EXISTS ||
	       status == LAMBDA_REVISION_CHANGED || error->outcome_unknown;
}

static enum lambda_status fail(
	const struct lambda_error *error, enum lambda_status status, struct lambda_error *reterr)
{
	if (reterr)
		*reterr = *error;
	return status;
}

/* The end of CreateAlias and UpdateAlias: `answer` is released. */
static enum lambda_status end_with_alias(struct mutation *mutation, enum lambda_status status,
	struct lambda_alias *answer, const struct lambda_error *error, struct lambda_error *reterr)
{
	struct journal_entry entry = {.kind = JOURNAL_ALIAS_SET};

	if (status) {
		end(mutation, NULL, is_doubtful(status, error), false);
		return fail(error, status, reterr);
	}
	snprintf(mutation->scope.record->revision_id, sizeof(mutation->scope.record->revision_id),
		"%s", answer->revision_id);
	entry.alias = *answer;
	end(mutation, &entry, false, false);
	lambda_alias_release(answer);
	return LAMBDA_OK;
}

enum lambda_status catalog_create_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	struct mutation mutation;
	struct lambda_alias answer;
	enum lambda_status status = begin(&mutation, catalog, function, reterr);

	if (status)
		return status;
	prepare(&mutation, scope, "CreateAlias", wanted->name);
	mutation.write.after = route_of(wanted);
	mutation.write.has_after = true;
	mutation.write.description = wanted->description;
	status = lambda_create_alias(
		catalog->client, &mutation.scope, function, wanted, &answer, &error);
	tell(&mutation, status, &error);
	return end_with_alias(&mutation, status, &answer, &error, reterr);
}

/* Somebody else changed it: what is shown next is what they made of it. */
static void fetch_again(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name)
{
	struct lambda_alias alias;

	/* When this fails it is asked for with the next question: the mutation's end made it doubtful. */
	if (!catalog_alias_get_afresh(catalog, scope, function, name, &alias, NULL))
		lambda_alias_release(&alias);
}

enum lambda_status catalog_update_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, bool with_description,
	struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	struct mutation mutation;
	struct lambda_alias answer;
	enum lambda_status status = begin(&mutation, catalog, function, reterr);

	if (status)
		return status;
	prepare(&mutation, scope, "UpdateAlias", wanted->name);
	mutation.write.after = route_of(wanted);
	mutation.write.has_after = true;
	mutation.write.description = with_description ? wanted->description : NULL;
	status = lambda_update_alias(catalog->client, &mutation.scope, function, wanted,
		with_description, &answer, &error);
	tell(&mutation, status, &error);
	status = end_with_alias(&mutation, status, &answer, &error, reterr);
	if (status == LAMBDA_REVISION_CHANGED)
		fetch_again(catalog, scope, function, wanted->name);
	return status;
}

enum lambda_status catalog_delete_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, const char *revision_id,
	struct lambda_error *reterr)
{
	struct journal_entry entry = {.kind = JOURNAL_ALIAS_REMOVED};
	struct lambda_error error = {0};
	struct mutation mutation;
	enum lambda_status status = begin(&mutation, catalog, function, reterr);

	if (status)
		return status;
	prepare(&mutation, scope, "DeleteAlias", name);
	status = lambda_delete_alias(
		catalog->client, &mutation.scope, function, name, revision_id, &error);
	tell(&mutation, status, &error);
	if (status) {
		end(&mutation, NULL, is_doubtful(status, &error), false);
		return fail(&error, status, reterr);
	}
	snprintf(entry.alias.name, sizeof(entry.alias.name), "%s", name);
	end(&mutation, &entry, false, false);
	return LAMBDA_OK;
}

/* The versions as they are before a publish: a part of the mutation, so nothing interrupts it. */
static enum lambda_status list_before(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t *ret_newest, struct lambda_error *reterr)
{
	struct call_scope before = *scope;
	const struct catalog_versions *versions;
	enum lambda_status status;

	before.interrupted = NULL;
	if (before.read_deadline_ms > scope->mutation_deadline_ms)
		before.read_deadline_ms = scope->mutation_deadline_ms;
	status = catalog_versions_get_afresh(catalog, &before, function, &versions, reterr);
	if (status)
		return status;
	*ret_newest = versions->newest;
	catalog_versions_unref(versions);
	return LAMBDA_OK;
}

enum lambda_status catalog_publish_version(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *description, uint64_t *ret_version,
	struct lambda_error *reterr)
{
	struct journal_entry entry = {.kind = JOURNAL_VERSION_SET};
	struct lambda_error error = {0};
	struct lambda_version answer;
	struct version_set *alone;
	struct mutation mutation;
	uint64_t newest = 0;
	enum lambda_status status = list_before(catalog, scope, function, &newest, reterr);

	if (!status)
		status = begin(&mutation, catalog, function, reterr);
	if (status)
		return status;
	prepare(&mutation, scope, "PublishVersion", NULL);
	mutation.write.description = description;
	status = lambda_publish_version(
		catalog->client, &mutation.scope, function, description, newest, &answer, &error);
	mutation.write.version = status ? 0 : answer.version;
	tell(&mutation, status, &error);
	if (status) {
		end(&mutation, NULL, false, is_doubtful(status, &error));
		return fail(&error, status, reterr);
	}
	alone = version_set_of_one(catalog, &answer, INT64_MAX, mutation.begun);
	if (alone) {
		entry.version = alone->entries[0];
		entry.pack = alone->notes[0].pack;
	}
	/* It is published in any case: what cannot be kept is asked for. */
	end(&mutation, alone ? &entry : NULL, false, !alone);
	*ret_version = answer.version;
	if (alone)
		snapshot_unref(&alone->snapshot);
	lambda_version_release(&answer);
	return LAMBDA_OK;
}

enum lambda_status catalog_delete_version(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, struct lambda_error *reterr)
{
	struct journal_entry entry = {.kind = JOURNAL_VERSION_REMOVED};
	struct lambda_error error = {0};
	struct mutation mutation;
	enum lambda_status status = begin(&mutation, catalog, function, reterr);

	if (status)
		return status;
	prepare(&mutation, scope, "DeleteFunction", NULL);
	mutation.write.version = version;
	status = lambda_delete_version(catalog->client, &mutation.scope, function, version, &error);
	tell(&mutation, status, &error);
	if (status) {
		end(&mutation, NULL, false, is_doubtful(status, &error));
		return fail(&error, status, reterr);
	}
	entry.version.version = version;
	end(&mutation, &entry, false, false);
	return LAMBDA_OK;
}
