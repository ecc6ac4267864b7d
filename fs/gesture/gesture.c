/* SPDX-License-Identifier: MIT */
/* Beginning, end, and the visible links. Changes are in change.c, graces in pending.c. */
#include "fs/gesture/gesture.h"

#include <errno.h>

#include "backend/base/condition.h"
#include "fs/gesture/private.h"

/* --- beginning and end --- */

static void stop_threads(struct gestures *gestures)
{
	size_t i;

	pthread_mutex_lock(&gestures->mutex);
	gestures->stopping = true;
	pthread_cond_broadcast(&gestures->changed);
	pthread_mutex_unlock(&gestures->mutex);
	for (i = 0; i < gestures->thread_count; i++)
		pthread_join(gestures->threads[i], NULL);
	gestures->thread_count = 0;
}

void gestures_abandon(struct gestures *gestures)
{
	if (!gestures)
		return;
	stop_threads(gestures);
	pthread_cond_destroy(&gestures->changed);
	pthread_mutex_destroy(&gestures->mutex);
	remap_free(gestures->remap);
	free(gestures);
}

struct gestures *gestures_make(const struct gesture_calls *calls, struct catalog *catalog,
	const struct gesture_options *options)
{
	struct gestures *gestures = calloc(1, sizeof(*gestures));

	if (!gestures)
		return NULL;
	gestures->calls = calls;
	gestures->catalog = catalog;
	gestures->options = *options;
	gestures->options.rules.mountpoint = NULL;
	gestures->options.rules.protect = NULL;
	gestures->remap = remap_new(&options->rules);
	if (!gestures->remap || pthread_mutex_init(&gestures->mutex, NULL)) {
		remap_free(gestures->remap);
		free(gestures);
		return NULL;
	}
	if (condition_init(&gestures->changed)) {
		pthread_mutex_destroy(&gestures->mutex);
		remap_free(gestures->remap);
		free(gestures);
		return NULL;
	}
	return gestures;
}

struct gestures *gestures_new(struct catalog *catalog, const struct gesture_options *options)
{
	struct gestures *gestures = gestures_make(&gesture_catalog_calls, catalog, options);

	if (!gestures)
		return NULL;
	while (gestures->thread_count < GESTURE_THREADS) {
		if (pthread_create(&gestures->threads[gestures->thread_count], NULL,
			    gesture_run_pending, gestures)) {
			gestures_abandon(gestures);
			return NULL;
		}
		gestures->thread_count++;
	}
	return gestures;
}

void gestures_free(struct gestures *gestures, int64_t deadline_ms)
{
	const struct call_scope scope = {
		.read_deadline_ms = deadline_ms, .mutation_deadline_ms = deadline_ms};
	struct lambda_error error;

	if (!gestures)
		return;
	stop_threads(gestures);
	if (gesture_settle(gestures, &scope, NULL, &error) < 0)
		log_write(gestures->options.log, LOG_LEVEL_WARNING,
			"some pending changes failed: %s", error.message);
	gestures_abandon(gestures);
}

/* --- visible links --- */

/* A local link, or a hidden name. False: neither. Appends the link's target where a buffer is given. */
static bool look_in_remap(struct gestures *gestures, const struct gesture_place *place,
	const char *text, const struct name *name, struct buffer *target,
	struct gesture_entry *entry, int *ret_result)
{
	const struct remap_link *link;
	bool found;

	*ret_result = 0;
	pthread_mutex_lock(&gestures->mutex);
	link = remap_find_link(gestures->remap, gestures->calls->now_ms(), place, text);
	found = link || place->in_version;
	if (link) {
		entry->kind = GESTURE_LOCAL;
		entry->target_length = strlen(link->target);
		if (target)
			*ret_result = buffer_append_string(target, link->target);
	} else if (!found && (name->kind == NAME_ALIAS || name->kind == NAME_WEIGHT)) {
		found = remap_find_tombstone(gestures->remap, place->function, name->alias,
				name->kind == NAME_WEIGHT) != NULL;
	}
	pthread_mutex_unlock(&gestures->mutex);
	return found;
}

static void fill_entry(struct gesture_entry *entry, enum gesture_kind kind, uint64_t version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(version, text);
	entry->kind = kind;
	entry->version = version;
	entry->last_modified = INT64_MIN;
	entry->target_length = strlen(text);
}

static enum lambda_status look_up_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct name *name, struct gesture_entry *entry,
	struct lambda_error *reterr)
{
	struct catalog_alias_look look = {.last_modified = INT64_MIN};
	struct lambda_alias alias;
	enum lambda_status status;
	bool there;

	/* A tool's random name is nothing to ask AWS for. */
	if (name_looks_temporary(name->alias, NAME_PATTERNS_ALL)) {
		status = gesture_fetch_alias(
			gestures, scope, function, name->alias, &alias, &there, reterr);
		if (!status && !there)
			status = LAMBDA_NOT_FOUND;
		if (!status) {
			look.routing = (struct catalog_routing_config){
				alias.version, alias.weighted_version, alias.weight};
			lambda_alias_release(&alias);
		}
	} else {
		status = catalog_alias_look_up(gestures->catalog, scope, function, name->alias,
			name->kind == NAME_WEIGHT, &look, reterr);
		entry->expires_ms = look.expires_ms;
	}
	if (status == LAMBDA_NOT_FOUND)
		return LAMBDA_OK;
	if (status)
		return status;
	if (name->kind == NAME_ALIAS) {
		fill_entry(entry, GESTURE_ALIAS, look.routing.version);
		entry->last_modified = look.last_modified;
	} else if (look.routing.weighted_version && look.routing.weight == name->weight) {
		fill_entry(entry, GESTURE_WEIGHT, look.routing.weighted_version);
	}
	return LAMBDA_OK;
}

static enum lambda_status look_up_newest(struct gestures *gestures, const struct call_scope *scope,
	const char *function, struct gesture_entry *entry, struct lambda_error *reterr)
{
	const struct catalog_versions *versions = NULL;
	enum lambda_status status;

	status = catalog_versions_get(gestures->catalog, scope, function, &versions, reterr);
	if (status)
		return status;
	entry->expires_ms = versions->expires_ms;
	if (versions->newest)
		fill_entry(entry, GESTURE_NEWEST, versions->newest);
	catalog_versions_unref(versions);
	return LAMBDA_OK;
}

/* PROD@1. Of numbers that are none there is nothing. */
static enum lambda_status look_up_settled(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct name *name, struct gesture_entry *entry,
	struct lambda_error *reterr)
{
	enum lambda_status status;
	uint64_t version;

	if (!name->number)
		return LAMBDA_OK;
	status = gestures->calls->find_settled(gestures->options.moves, scope, function,
		name->alias, name->number, &version, reterr);
	if (!status)
		fill_entry(entry, GESTURE_SETTLED, version);
	return status == LAMBDA_NOT_FOUND ? LAMBDA_OK : status;
}

static int look_up(struct gestures *gestures, const struct call_scope *scope,
	const struct gesture_place *place, const char *text, struct buffer *target,
	struct gesture_entry *entry, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	struct name name;
	int error;

	memset(entry, 0, sizeof(*entry));
	name_parse(text, &name);
	if (look_in_remap(gestures, place, text, &name, target, entry, &error)) {
		if (error)
			lambda_fail_memory(reterr);
		return error;
	}
	if (name.kind == NAME_ALIAS || name.kind == NAME_WEIGHT)
		status = look_up_alias(gestures, scope, place->function, &name, entry, reterr);
	else if (name.kind == NAME_NEWEST)
		status = look_up_newest(gestures, scope, place->function, entry, reterr);
	else if (name.kind == NAME_SETTLED)
		status = look_up_settled(gestures, scope, place->function, &name, entry, reterr);
	return -errno_of(status, ERRNO_READ);
}

int gesture_lookup(struct gestures *gestures, const struct call_scope *scope,
	const struct gesture_place *place, const char *name, struct gesture_entry *ret_entry,
	struct lambda_error *reterr)
{
	return look_up(gestures, scope, place, name, NULL, ret_entry, reterr);
}

int gesture_readlink(struct gestures *gestures, const struct call_scope *scope, pid_t thread,
	const struct gesture_place *place, const char *name, struct buffer *target,
	struct lambda_error *reterr)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];
	struct gesture_entry entry;
	struct name settled;
	int error;

	error = look_up(gestures, scope, place, name, target, &entry, reterr);
	if (error)
		return error;
	if (entry.kind == GESTURE_NOTHING)
		return gesture_refuse(reterr, ENOENT, "the name is gone");
	if (entry.kind != GESTURE_LOCAL) {
		lambda_version_format(entry.version, version);
		error = buffer_append_string(target, version);
	}
	pthread_mutex_lock(&gestures->mutex);
	remap_note_readlink(gestures->remap, gestures->calls->now_ms(), thread, place->function,
		entry.kind == GESTURE_ALIAS ? name : NULL);
	if (entry.kind == GESTURE_SETTLED) {
		name_parse(name, &settled);
		remap_note_settled_read(gestures->remap, gestures->calls->now_ms(), thread,
			place->function, settled.alias, entry.version);
	}
	pthread_mutex_unlock(&gestures->mutex);
	if (error)
		lambda_fail_memory(reterr);
	return error;
}

int gesture_check_rollback(struct gestures *gestures, const struct gesture_place *place,
	const struct lambda_alias *alias, struct lambda_error *reterr)
{
	struct remap_plan plan = {.write = REMAP_WRITE_VERSION,
		.source_kind = REMAP_SOURCE_TARGET,
		.target = {.kind = TARGET_SETTLED}};
	struct remap_event event = {.place = place, .name = alias->name, .alias = alias};
	char sentence[REMAP_SENTENCE_SIZE];

	snprintf(plan.alias, sizeof(plan.alias), "%s", alias->name);
	snprintf(plan.target.alias, sizeof(plan.target.alias), "%s", alias->name);
	event.now_ms = gestures->calls->now_ms();
	pthread_mutex_lock(&gestures->mutex);
	remap_refuse_repeated_rollback(gestures->remap, &event, &plan, sentence);
	pthread_mutex_unlock(&gestures->mutex);
	return plan.error ? gesture_refuse(reterr, plan.error, plan.sentence) : 0;
}

/*
 * What is hidden, noted before the list is taken: a name that is deleted between the two is then in
 * neither, and never shown once more.
 */
struct hidden_names {
	struct remap_tombstone *tombstones;
	size_t count;
};

static bool is_hidden(const struct hidden_names *hidden, const char *alias, bool is_weight)
{
	size_t i;

	for (i = 0; i < hidden->count; i++)
		if (hidden->tombstones[i].is_weight == is_weight &&
			!strcmp(hidden->tombstones[i].alias, alias))
			return true;
	return false;
}

static bool note_hidden_names(
	struct gestures *gestures, const char *function, struct hidden_names *hidden)
{
	bool noted;

	pthread_mutex_lock(&gestures->mutex);
	noted = remap_copy_tombstones(
		gestures->remap, function, &hidden->tombstones, &hidden->count);
	pthread_mutex_unlock(&gestures->mutex);
	return noted;
}

static int list_alias(const struct hidden_names *hidden, const char *function,
	const struct lambda_alias *alias,
	int (*add)(void *data, const char *name, enum gesture_kind kind, uint64_t version),
	void *data, struct lambda_error *reterr)
{
	char weight_name[NAME_WEIGHT_SIZE];
	struct name name;
	int error = 0;

	name_parse(alias->name, &name);
	if (name.kind != NAME_ALIAS ||
		(alias->weighted_version &&
			name_format_weight(alias->name, alias->weight, weight_name) < 0)) {
		lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"an alias of %s has a name or a weight that no directory can show",
			function);
		return -EREMOTEIO;
	}
	if (!is_hidden(hidden, alias->name, false))
		error = add(data, alias->name, GESTURE_ALIAS, alias->version);
	if (!error && alias->weighted_version && !is_hidden(hidden, alias->name, true))
		error = add(data, weight_name, GESTURE_WEIGHT, alias->weighted_version);
	return error;
}

int gesture_list(struct gestures *gestures, const struct call_scope *scope, const char *function,
	int (*add)(void *data, const char *name, enum gesture_kind kind, uint64_t version),
	void *data, int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	const struct catalog_aliases *aliases = NULL;
	struct hidden_names hidden;
	enum lambda_status status;
	size_t i;
	int error = 0;

	if (!note_hidden_names(gestures, function, &hidden)) {
		lambda_fail_memory(reterr);
		return -ENOMEM;
	}
	status = catalog_aliases_get(gestures->catalog, scope, function, &aliases, reterr);
	if (status) {
		free(hidden.tombstones);
		return -errno_of(status, ERRNO_READ);
	}
	*ret_expires_ms = hidden.count ? 0 : aliases->expires_ms;
	for (i = 0; !error && i < aliases->count; i++)
		error = list_alias(&hidden, function, &aliases->entries[i], add, data, reterr);
	catalog_aliases_unref(aliases);
	free(hidden.tombstones);
	return error;
}

struct gesture_counts gesture_count(struct gestures *gestures)
{
	struct gesture_counts counts;

	pthread_mutex_lock(&gestures->mutex);
	remap_count(gestures->remap, &counts.links, &counts.tombstones);
	pthread_mutex_unlock(&gestures->mutex);
	return counts;
}
