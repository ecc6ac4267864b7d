/* SPDX-License-Identifier: MIT */
/* The gestures beside links: publishing, removing a version, descriptions, and refused files. */
#include <errno.h>

#include "backend/base/text.h"
#include "fs/gesture/private.h"

/* 0, or the refusal of a text that AWS would not take as a description. */
static int check_description(const char *text, struct lambda_error *reterr)
{
	if (!text_is_utf8(text, strlen(text)))
		return gesture_refuse(reterr, EINVAL, "a description is text in UTF-8");
	if (text_count_code_points(text) > LAMBDA_DESCRIPTION_MAX)
		return gesture_refuse(reterr, EFBIG, LAMBDA_DESCRIPTION_IS_TOO_LONG);
	return 0;
}

bool gesture_has_pending(struct gestures *gestures, const char *function)
{
	bool pending;

	pthread_mutex_lock(&gestures->mutex);
	pending = remap_has_pending(gestures->remap, function);
	pthread_mutex_unlock(&gestures->mutex);
	return pending;
}

/* --- RMDIR --- */

void gesture_note_refused_removal(
	struct gestures *gestures, const struct caller *caller, const char *function)
{
	pthread_mutex_lock(&gestures->mutex);
	remap_note_refused_removal(
		gestures->remap, gestures->calls->now_ms(), caller->process, function);
	pthread_mutex_unlock(&gestures->mutex);
}

static int refuse_removal(struct gestures *gestures, const struct caller *caller,
	const char *function, const char *sentence, struct lambda_error *reterr)
{
	gesture_note_refused_removal(gestures, caller, function);
	return gesture_refuse(reterr, EROFS, sentence);
}

int gesture_rmdir(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_place *place, const char *text,
	struct lambda_error *reterr)
{
	const char *function = place->function;
	enum lambda_status status;
	struct name name;
	bool is_guarded;

	name_parse(text, &name);
	pthread_mutex_lock(&gestures->mutex);
	is_guarded = remap_is_guarded(
		gestures->remap, gestures->calls->now_ms(), caller->process, function);
	pthread_mutex_unlock(&gestures->mutex);
	if (place->in_version)
		return refuse_removal(
			gestures, caller, function, REMAP_VERSIONS_ARE_READ_ONLY, reterr);
	if (name.kind != NAME_VERSION)
		return refuse_removal(
			gestures, caller, function, "that directory cannot be removed", reterr);
	if (is_guarded)
		return refuse_removal(gestures, caller, function,
			"a recursive removal does not delete versions: rmdir it alone", reterr);
	if (!gestures->options.allow_version_delete)
		return refuse_removal(gestures, caller, function,
			"versions are only deleted with the mount option allow_version_delete",
			reterr);
	if (!lambda_version_is_published(name.version))
		return refuse_removal(
			gestures, caller, function, "$LATEST cannot be removed", reterr);
	if (gesture_settle(gestures, scope, function, reterr) == -ETIMEDOUT)
		return -ETIMEDOUT;
	status = catalog_delete_version(gestures->catalog, scope, function, name.version, reterr);
	return -errno_of(status, ERRNO_RMDIR);
}

/* --- MKDIR --- */

int gesture_mkdir(struct gestures *gestures, const struct call_scope *scope,
	const struct gesture_place *place, const char *text, const char *code_sha256,
	uint64_t *ret_version, struct lambda_error *reterr)
{
	enum lambda_status status;
	struct name name;
	int error;

	if (place->in_version)
		return gesture_refuse(reterr, EROFS, REMAP_VERSIONS_ARE_READ_ONLY);
	name_parse(text, &name);
	if (name.kind != NAME_PUBLISH)
		return gesture_refuse(reterr, EPERM,
			"the directories of a function are its versions: `mkdir +` or "
			"`mkdir '+description'` publishes one");
	error = check_description(name.description, reterr);
	if (error)
		return error;
	status = catalog_publish_version(gestures->catalog, scope, place->function,
		name.description, code_sha256, ret_version, reterr);
	return -errno_of(status, ERRNO_MKDIR);
}

/* --- what failed --- */

void gesture_note_failed_change(struct gestures *gestures, const struct caller *caller,
	const struct gesture_place *place, const char *name)
{
	struct name parsed;
	bool was_hidden;

	if (place->in_version)
		return;
	name_parse(name, &parsed);
	pthread_mutex_lock(&gestures->mutex);
	was_hidden = remap_show_again(
		gestures->remap, gestures->calls->now_ms(), caller->process, place->function, name);
	pthread_mutex_unlock(&gestures->mutex);
	if (was_hidden)
		gesture_tell_shown_changed(
			gestures, place->function, parsed.kind == NAME_LOCAL ? NULL : name);
}

void gesture_note_failed_move(struct gestures *gestures, const struct caller *caller,
	const struct gesture_place *place, const char *name, const struct gesture_place *to,
	const char *new_name)
{
	pthread_mutex_lock(&gestures->mutex);
	remap_note_failed_move(gestures->remap, gestures->calls->now_ms(), caller->process, place,
		name, to && !to->in_version ? to->function : NULL, new_name);
	pthread_mutex_unlock(&gestures->mutex);
}

int gesture_create_refused(const struct gesture_place *place, struct lambda_error *reterr)
{
	if (place->in_version)
		return gesture_refuse(reterr, EROFS, REMAP_VERSIONS_ARE_READ_ONLY);
	return gesture_refuse(reterr, EPERM, "a function holds versions and links, no other files");
}

/* --- recursive removals --- */

void gesture_note_activity(
	struct gestures *gestures, const struct caller *caller, const char *function)
{
	pthread_mutex_lock(&gestures->mutex);
	remap_note_activity(gestures->remap, gestures->calls->now_ms(), caller->process, function);
	pthread_mutex_unlock(&gestures->mutex);
}

bool gesture_hides_anything(struct gestures *gestures, const char *function)
{
	bool hides;

	pthread_mutex_lock(&gestures->mutex);
	hides = remap_hides_anything(gestures->remap, function);
	pthread_mutex_unlock(&gestures->mutex);
	return hides;
}

size_t gesture_begin_visit(struct gestures *gestures, pid_t thread, const char *function)
{
	size_t visit;

	pthread_mutex_lock(&gestures->mutex);
	visit = remap_begin_visit(gestures->remap, gestures->calls->now_ms(), thread, function);
	pthread_mutex_unlock(&gestures->mutex);
	return visit;
}

void gesture_end_visit(struct gestures *gestures, size_t visit)
{
	pthread_mutex_lock(&gestures->mutex);
	remap_end_visit(gestures->remap, gestures->calls->now_ms(), visit);
	/* Those who wait for the end of a grace took it for later. */
	pthread_cond_broadcast(&gestures->changed);
	pthread_mutex_unlock(&gestures->mutex);
}

/* --- descriptions --- */

static enum lambda_status write_description(struct gestures *gestures,
	const struct call_scope *scope, const char *function, const char *alias_name,
	const char *text, struct lambda_error *reterr)
{
	cleanup(lambda_alias_release) struct lambda_alias alias = {0};
	struct remap_content base;
	enum lambda_status status;
	char *description;

	status = gestures->calls->get_alias(
		gestures->catalog, scope, function, alias_name, &alias, reterr);
	if (status || !strcmp(alias.description, text))
		return status;
	description = strdup(text);
	if (!description)
		return lambda_fail_memory(reterr);
	remap_get_content(&alias, &base);
	free(alias.description);
	alias.description = description;
	return gesture_update_alias(
		gestures, scope, function, &alias, GESTURE_WITH_DESCRIPTION, &base, NULL, reterr);
}

/* Begins one alias; *ret_hidden: it is hidden, and not begun. 0 or -ETIMEDOUT. */
static int begin_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, bool *ret_hidden)
{
	int error = 0;

	pthread_mutex_lock(&gestures->mutex);
	do {
		*ret_hidden = remap_find_tombstone(gestures->remap, function, alias, false);
		if (*ret_hidden || remap_begin(gestures->remap, function, alias))
			break;
		error = gesture_wait(gestures, scope->mutation_deadline_ms);
	} while (!error);
	pthread_mutex_unlock(&gestures->mutex);
	return error;
}

int gesture_set_description(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, const char *text, struct lambda_error *reterr)
{
	enum lambda_status status;
	bool hidden;
	int error;

	error = check_description(text, reterr);
	if (error)
		return error;
	error = gesture_settle_held(gestures, scope, function, alias, reterr);
	if (error)
		return error;
	error = begin_alias(gestures, scope, function, alias, &hidden);
	if (error)
		return gesture_fail_for_time(reterr);
	if (hidden)
		return gesture_refuse(reterr, ENOENT, "the alias is being removed");
	status = write_description(gestures, scope, function, alias, text, reterr);
	pthread_mutex_lock(&gestures->mutex);
	remap_end(gestures->remap, function, alias);
	pthread_cond_broadcast(&gestures->changed);
	pthread_mutex_unlock(&gestures->mutex);
	return -errno_of(status, ERRNO_WRITE);
}
