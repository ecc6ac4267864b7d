/* SPDX-License-Identifier: MIT */
/* An alias's life written in short lines, as events, own changes and a present state, for the tests of this folder. */
#ifndef ALIASFS_TESTS_UNIT_HISTORY_LIFE_H
#define ALIASFS_TESTS_UNIT_HISTORY_LIFE_H

#include "backend/history/history.h"

#define LIFE_STEPS 4096

/*
 * A line: `KIND TIME BEFORE AFTER VERSION WEIGHTED DESCRIPTION`. KIND is C, U, D (CreateAlias …), A, R (AddPermission,
 * RemovePermission), F (an update that failed), X (an update whose result cannot be read), u (an update that sent its
 * version alone), w (its weights alone); o, n, d: this mount's own update, creation, deletion, and no event of it.
 * BEFORE and AFTER are RevisionIds, `-` for none. WEIGHTED is the second version, 0 for none.
 */
struct life {
	struct cloudtrail_event events[LIFE_STEPS];
	struct history_own owns[LIFE_STEPS];
	struct lambda_alias states[2 * LIFE_STEPS]; /* of the own changes */
	size_t state_count;
	struct lambda_alias present;
	struct history_input input;
};

void life_add(struct life *life, const char *line);
/* `AFTER VERSION WEIGHTED DESCRIPTION`; "" for no alias. */
void life_set_present(struct life *life, const char *line, int64_t since_s);
void life_release(struct life *life);

#endif
