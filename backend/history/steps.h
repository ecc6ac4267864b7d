/* SPDX-License-Identifier: MIT */
/* What can have changed the alias, from both sources, for this room alone. */
#ifndef ALIASFS_HISTORY_STEPS_H
#define ALIASFS_HISTORY_STEPS_H

#include "backend/base/map.h"
#include "backend/history/history.h"

/* A call that succeeded or not, known by its event, as this mount's own, or both. */
struct step {
	enum cloudtrail_operation operation;
	bool failed;
	int64_t time_s;
	int64_t slack_s;                /* how far the time may be off */
	const char *before_revision_id; /* "" when the request named none */
	const struct lambda_alias
		*before; /* the state of that name; NULL: not known by this step */
	const struct lambda_alias *result; /* NULL: none, or it could not be read */
	const struct cloudtrail_event *event;
	const struct history_own *own;
	const struct step *predecessor; /* proven */
	size_t place;                   /* in the chain, from 1 for the newest; 0: not in it */
};

struct steps {
	struct step *items; /* newest first */
	size_t count;
	struct name_map by_result; /* RevisionId to step */
};

/* 0 or -ENOMEM, with nothing to release. */
int steps_collect(const struct history_input *input, struct steps *ret_steps) must_check;
void steps_release(struct steps *steps);

/* The step that led to this RevisionId, or NULL. */
struct step *steps_find(const struct steps *steps, const char *revision_id);

/* CreateAlias or UpdateAlias that succeeded. */
bool step_is_change(const struct step *step);

/* Any of the operations, and it succeeded. */
bool step_is(const struct step *step, enum cloudtrail_operation operation);
bool step_is_permission(const struct step *step);

/* Whether `newer` says that `older` came immediately before it. */
bool step_follows(const struct step *newer, const struct step *older);

#endif
