/* SPDX-License-Identifier: MIT */
/* One write of an alias: compared and swapped, and noted as this mount's own. */
#include "fs/gesture/private.h"

/* Sends the update once, and notes what came of it. */
static enum lambda_status send_update(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, bool with_description,
	const struct remap_content *base, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	struct lambda_alias answer;
	enum lambda_status status = gestures->calls->update_alias(
		gestures->catalog, scope, function, wanted, with_description, &answer, reterr);

	if (status)
		return status;
	pthread_mutex_lock(&gestures->mutex);
	remap_note_write(gestures->remap, gestures->calls->now_ms(), function, base, wanted,
		answer.revision_id);
	pthread_mutex_unlock(&gestures->mutex);
	if (ret_alias)
		*ret_alias = answer;
	else
		lambda_alias_release(&answer);
	return LAMBDA_OK;
}

/*
 * After a 412: the revision that AWS has now, if the alias says what it said before, and nothing but a
 * permission has changed it. Else *status is LAMBDA_REVISION_CHANGED as before, or why AWS cannot be asked.
 */
static bool find_new_revision(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct remap_content *base, struct lambda_alias *wanted,
	enum lambda_status *status, struct lambda_error *reterr)
{
	struct call_scope within = *scope;
	struct lambda_error error = {0};
	struct lambda_alias alias;
	enum lambda_status looked;
	bool same;

	/* A part of the change: nothing interrupts it, and it ends when the change does. */
	within.interrupted = NULL;
	within.read_deadline_ms = scope->mutation_deadline_ms;
	within.for_change = true;
	looked = gestures->calls->get_alias(
		gestures->catalog, &within, function, wanted->name, &alias, &error);
	if (looked == LAMBDA_NOT_FOUND) {
		gesture_fail_changed(wanted->name, base, NULL, reterr);
		return false;
	}
	if (looked) {
		*status = looked;
		*reterr = error;
		lambda_hint(reterr, "%s has another revision than before: it was not changed",
			wanted->name);
		return false;
	}
	same = remap_content_is(base, &alias);
	if (!same)
		gesture_fail_changed(wanted->name, base, &alias, reterr);
	else
		memcpy(wanted->revision_id, alias.revision_id, sizeof(wanted->revision_id));
	lambda_alias_release(&alias);
	return same;
}

enum lambda_status gesture_update_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, unsigned int flags,
	const struct remap_content *base, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	bool with_description = flags & GESTURE_WITH_DESCRIPTION;
	struct lambda_alias sent = *wanted;
	enum lambda_status status;
	unsigned int repeats = 0;

	for (;;) {
		status = send_update(gestures, scope, function, &sent, with_description, base,
			ret_alias, reterr);
		if (status != LAMBDA_REVISION_CHANGED)
			return status;
		/* The catalog has asked AWS for the alias by now. */
		if (!find_new_revision(gestures, scope, function, base, &sent, &status, reterr))
			return status;
		if (flags & GESTURE_THIS_REVISION) {
			lambda_hint(reterr,
				"%s leads to what this mount last saw, but was changed in between: "
				"look again where it was before",
				wanted->name);
			return status;
		}
		if (repeats == GESTURE_REPEATS_MAX) {
			lambda_hint(reterr,
				"%s leads to what this mount last saw, but its revision keeps "
				"changing: try again",
				wanted->name);
			return status;
		}
		repeats++;
	}
}

enum lambda_status gesture_read_unchanged(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct lambda_alias *shown, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	struct remap_content content;
	enum lambda_status status = gestures->calls->get_alias_afresh(
		gestures->catalog, scope, function, shown->name, ret_alias, reterr);

	remap_get_content(shown, &content);
	if (status == LAMBDA_NOT_FOUND)
		return gesture_fail_changed(shown->name, &content, NULL, reterr);
	if (status != LAMBDA_OK || remap_content_is(&content, ret_alias))
		return status;
	status = gesture_fail_changed(shown->name, &content, ret_alias, reterr);
	lambda_alias_release(ret_alias);
	return status;
}
