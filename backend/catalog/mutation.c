/* SPDX-License-Identifier: MIT */
/*
 * What changes AWS (backend/catalog/catalog.h). The answer of a mutation replaces what was known at once; with
 * the tick at which it ended: a fetch that was under way meanwhile does not undo it (backend/catalog/kept.h).
 */
#include "backend/catalog/state.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/catalog/changes.h"
#include "backend/catalog/fetch.h"
#include "backend/catalog/function.h"

#define NOT_PUBLISHED_YET (UINT64_MAX - 1) /* the number of a version that is being published */

struct mutation {
	struct catalog *catalog;
	struct function *function;
	struct mutation *next;   /* of function->mutations */
	struct keyed_key key;    /* of the alias, or the version, that it changes */
	bool overlaps;           /* another one of the same ended meanwhile */
	struct call_scope scope; /* the caller's, with a record in any case */
	struct call_record record;
	struct catalog_write write; /* for catalog->options.wrote */
	struct lambda_alias known;  /* a copy of the alias before; no name: it is not known */
	struct lambda_error error;  /* of the call */
};

/*
 * Reports the call, if it changed something or may have. Of an alias: `sent_revision_id` is what the call carried,
 * NULL or "" for none, and `answer` what AWS has now; NULL: it is gone, or not known.
 */
static void report_write(struct mutation *mutation, enum lambda_status status,
	const char *sent_revision_id, const struct lambda_alias *answer)
{
	const struct catalog *catalog = mutation->catalog;
	struct catalog_write *write = &mutation->write;

	if (catalog->options.wrote && (!status || mutation->error.outcome_unknown)) {
		write->outcome_unknown = status;
		write->request_id = mutation->scope.record->request_id;
		write->answer_lost = mutation->scope.record->answer_lost;
		if (*mutation->known.name && sent_revision_id && *sent_revision_id &&
			!strcmp(mutation->known.revision_id, sent_revision_id))
			write->replaced = &mutation->known;
		write->answer = status ? NULL : answer;
		catalog->options.wrote(catalog->options.wrote_data, write);
	}
	lambda_alias_release(&mutation->known);
}

/* `key`: of the alias or the version that it changes. What is reported of the call: who, what, and how it was. */
static enum lambda_status begin_mutation(struct mutation *mutation, struct catalog *catalog,
	const struct call_scope *scope, const char *operation, const char *name,
	struct keyed_key key, struct lambda_error *reterr)
{
	struct function *function;
	size_t at;
	enum lambda_status status = function_open(catalog, name, &function, reterr);

	if (status)
		return status;
	*mutation = (struct mutation){
		.catalog = catalog, .function = function, .key = key, .scope = *scope};
	if (!scope->record)
		mutation->scope.record = &mutation->record;
	mutation->scope.record->answer_lost = false;
	mutation->write = (struct catalog_write){.who = mutation->scope.record->who,
		.operation = operation,
		.function = function->name,
		.alias = key.name};
	catalog_lock(catalog);
	++catalog->room.tick;
	mutation->next = function->mutations;
	function->mutations = mutation;
	at = key.name ? keyed_set_find(function->aliases.set, key) : SIZE_MAX;
	mutation->write.has_before = at != SIZE_MAX;
	if (mutation->write.has_before) {
		mutation->write.before = catalog_routing_of(alias_at(function->aliases.set, at));
		/* Without memory the audit line is all there is of it. */
		if (lambda_alias_copy(alias_at(function->aliases.set, at), &mutation->known))
			mutation->known = (struct lambda_alias){0};
	}
	catalog_unlock(catalog);
	return LAMBDA_OK;
}

/* Whether both change the same alias or version, or may. */
static bool concern_the_same(const struct mutation *left, const struct mutation *right)
{
	if (left->key.name || right->key.name)
		return left->key.name && right->key.name &&
		       !strcmp(left->key.name, right->key.name);
	return left->key.number == right->key.number || left->key.number == NOT_PUBLISHED_YET ||
	       right->key.number == NOT_PUBLISHED_YET;
}

/*
 * Of two mutations of the same that overlap it is unknown which was the later one for AWS: what the one says
 * that ends last is asked for again.
 */
static void leave_mutations(struct mutation *mutation, bool succeeded)
{
	struct mutation **link = &mutation->function->mutations, *other;

	while (*link != mutation)
		link = &(*link)->next;
	*link = mutation->next;
	for (other = mutation->function->mutations; other && succeeded; other = other->next)
		if (concern_the_same(mutation, other))
			other->overlaps = true;
}

/* Keeps what the answer says, a set with one entry or one mark (NULL: there was no memory). */
static void keep_answer(
	struct mutation *mutation, struct keyed_set *incoming, struct change_list *changes)
{
	bool of_alias = mutation->key.name != NULL;
	struct catalog *catalog = mutation->catalog;
	struct function *function = mutation->function;
	struct kept *kept = of_alias ? &function->aliases : &function->versions;
	size_t changes_before = changes->count;
	int error = -ENOMEM;

	++catalog->room.tick;
	if (incoming) {
		incoming->tick = incoming->notes[0].tick = catalog->room.tick;
		error = function_merge(catalog, function, kept, incoming, changes);
	}
	if (error || mutation->overlaps)
		kept_expire(catalog, kept);
	if (changes->count == changes_before)
		change_list_add(changes, function, !of_alias, of_alias);
}

/* Whether a failure says, or leaves open, that things are not as we thought. */
static bool is_doubtful(const struct lambda_error *error)
{
	return error->status == LAMBDA_NOT_FOUND || error->status == LAMBDA_ALREADY_EXISTS ||
	       error->status == LAMBDA_REVISION_CHANGED || error->outcome_unknown;
}

/* Ends it with its status: keeps `incoming` as keep_answer() does, reports, and releases the function. */
static enum lambda_status end_mutation(struct mutation *mutation, enum lambda_status status,
	struct keyed_set *incoming, struct lambda_error *reterr)
{
	struct catalog *catalog = mutation->catalog;
	struct function *function = mutation->function;
	struct change_list changes = {0};

	catalog_lock(catalog);
	leave_mutations(mutation, !status);
	if (!status)
		keep_answer(mutation, incoming, &changes);
	else if (is_doubtful(&mutation->error))
		kept_expire(catalog, mutation->key.name ? &function->aliases : &function->versions);
	function_drop(catalog, function);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	return status ? lambda_fail_as(reterr, &mutation->error) : LAMBDA_OK;
}

/* The end of CreateAlias and UpdateAlias: `answer` becomes *ret_alias, or is released where that is NULL. */
static enum lambda_status end_with_alias(struct mutation *mutation, enum lambda_status status,
	struct lambda_alias *answer, struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	int64_t expires_ms = clock_monotonic_ms() + mutation->catalog->options.ttl_ms;
	struct keyed_set *incoming = NULL;

	if (!status) {
		incoming = set_of_alias(answer, 0, expires_ms);
		if (ret_alias)
			*ret_alias = *answer;
		else
			lambda_alias_release(answer);
	}
	return end_mutation(mutation, status, incoming, reterr);
}

enum lambda_status catalog_create_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	struct mutation mutation;
	struct lambda_alias answer;
	enum lambda_status status = begin_mutation(&mutation, catalog, scope, "CreateAlias",
		function, key_of_name(wanted->name), reterr);

	if (status)
		return status;
	mutation.write.after = catalog_routing_of(wanted);
	mutation.write.has_after = true;
	mutation.write.description = wanted->description;
	status = lambda_create_alias(
		catalog->client, &mutation.scope, function, wanted, &answer, &mutation.error);
	report_write(&mutation, status, NULL, &answer);
	return end_with_alias(&mutation, status, &answer, ret_alias, reterr);
}

/* Another client changed it: the next read shows their change. */
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
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	struct mutation mutation;
	struct lambda_alias answer;
	enum lambda_status status = begin_mutation(&mutation, catalog, scope, "UpdateAlias",
		function, key_of_name(wanted->name), reterr);

	if (status)
		return status;
	mutation.write.after = catalog_routing_of(wanted);
	mutation.write.has_after = true;
	mutation.write.description = with_description ? wanted->description : NULL;
	status = lambda_update_alias(catalog->client, &mutation.scope, function, wanted,
		with_description, &answer, &mutation.error);
	report_write(&mutation, status, wanted->revision_id, &answer);
	status = end_with_alias(&mutation, status, &answer, ret_alias, reterr);
	if (status == LAMBDA_REVISION_CHANGED)
		fetch_again(catalog, scope, function, wanted->name);
	return status;
}

enum lambda_status catalog_delete_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, const char *revision_id,
	struct lambda_error *reterr)
{
	struct keyed_set *absent = NULL;
	struct mutation mutation;
	enum lambda_status status = begin_mutation(
		&mutation, catalog, scope, "DeleteAlias", function, key_of_name(name), reterr);

	if (status)
		return status;
	status = lambda_delete_alias(
		catalog->client, &mutation.scope, function, name, revision_id, &mutation.error);
	report_write(&mutation, status, NULL, NULL);
	if (!status)
		absent = set_of_absent(&aliases_kind, mutation.key, 0, 0);
	return end_mutation(&mutation, status, absent, reterr);
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
	const char *function, const char *description, const char *code_sha256,
	uint64_t *ret_version, struct lambda_error *reterr)
{
	struct keyed_set *incoming = NULL;
	struct lambda_version answer;
	struct mutation mutation;
	uint64_t newest = 0;
	enum lambda_status status = list_before(catalog, scope, function, &newest, reterr);

	if (!status)
		status = begin_mutation(&mutation, catalog, scope, "PublishVersion", function,
			key_of_version(NOT_PUBLISHED_YET), reterr);
	if (status)
		return status;
	mutation.write.description = description;
	status = lambda_publish_version(catalog->client, &mutation.scope, function, description,
		code_sha256, newest, &answer, &mutation.error);
	mutation.write.version = status ? 0 : answer.version;
	report_write(&mutation, status, NULL, NULL);
	if (!status) {
		*ret_version = answer.version;
		/* It is published in any case: what cannot be kept is asked for. */
		incoming = set_of_version(catalog, &answer, 0, INT64_MAX);
		lambda_version_release(&answer);
	}
	return end_mutation(&mutation, status, incoming, reterr);
}

enum lambda_status catalog_delete_version(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, struct lambda_error *reterr)
{
	struct keyed_set *absent = NULL;
	struct mutation mutation;
	enum lambda_status status = begin_mutation(&mutation, catalog, scope, "DeleteFunction",
		function, key_of_version(version), reterr);

	if (status)
		return status;
	mutation.write.version = version;
	status = lambda_delete_version(
		catalog->client, &mutation.scope, function, version, &mutation.error);
	report_write(&mutation, status, NULL, NULL);
	if (!status)
		absent = set_of_absent(&versions_kind, mutation.key, 0, 0);
	return end_mutation(&mutation, status, absent, reterr);
}
