/* SPDX-License-Identifier: MIT */
/* Behind fs/rules/remap.h, for its own files only: the tables, and the steps that decisions share. */
#ifndef ALIASFS_REMAP_PRIVATE_H
#define ALIASFS_REMAP_PRIVATE_H

#include "fs/rules/recent.h"
#include "fs/rules/remap.h"

#define REMAP_WEIGHT_IS_MALFORMED                                                                  \
	"a weight is a percentage from 0 to 100 without needless zeros, as in PROD%10 or PROD%0.5"
#define REMAP_SETTLED_IS_FIXED                                                                     \
	"names like PROD@1 are where an alias was before: they cannot be made, moved or removed"
#define REMAP_NAME_CANNOT_BE "no alias can have that name"
#define REMAP_TOO_MANY_ARE_HIDDEN                                                                  \
	"too many removals wait for the end of their grace: try again when some are done"
#define REMAP_ALIAS_IS_PROTECTED "the mount option protect keeps that alias from being deleted"

struct remap_visit {
	size_t requests; /* under way; 0: free */
	int64_t since_ms;
	pid_t process; /* whose removals, in any function, wait as well; 0: none */
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
};

struct remap_busy_name {
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char name[REMAP_NAME_MAX + 1];
};

struct remap {
	char *mountpoint;
	char *protect; /* NULL: none */
	int64_t delete_grace_ms;
	bool strict_ln;
	bool no_create;
	size_t links_end, tombstones_end; /* past the last entry in use */
	size_t reserved;                  /* tombstones that changes under way will need */
	struct remap_link links[REMAP_LINKS];
	struct remap_tombstone tombstones[REMAP_TOMBSTONES];
	struct remap_busy_name busy[REMAP_BUSY];
	size_t busy_count;
	struct remap_visit visits[REMAP_VISITS];
	size_t visit_count;      /* of those in use */
	struct recent arrivals;  /* by thread, function and alias */
	struct recent births;    /* by function and alias */
	struct recent failures;  /* evidence.c */
	struct recent rollbacks; /* by function and alias */
	struct recent guards;    /* by process (all that are not known count as one) and function */
};

/* Whether this mount made the alias within the last minute, and no other client has written it since. */
bool remap_was_born(const struct remap *remap, int64_t now_ms, const char *function,
	const struct lambda_alias *alias);

void remap_note_birth(struct remap *remap, int64_t now_ms, const char *function, const char *alias,
	const char *revision_id);

/* This mount wrote the alias: it goes from one revision to the other. */
void remap_note_birth_revision(struct remap *remap, int64_t now_ms, const char *function,
	const char *alias, const char *old_revision_id, const char *revision_id);

/* What has just failed, of whom: a tool goes on after that. */
enum remap_failure {
	REMAP_FAILED_REPLACEMENT, /* by a SYMLINK or RENAME, and nothing has been said to it since */
	REMAP_FAILED_REFUSAL,     /* of what could not replace it; `number`: how many in a row */
	REMAP_FAILED_MOVE,        /* of the alias or weight itself */
	REMAP_FAILED_MOVE_TO,     /* of an alias from another function to that name */
};

/* Whether that failed a moment ago for who asks: of that alias, weight or name of the function. */
bool remap_has_failed(const struct remap *remap, const struct remap_event *event,
	enum remap_failure failure, const char *name, bool is_weight);

/* When the tombstone's grace ends, as far as that is known now. */
int64_t remap_end_of_grace(const struct remap *remap, const struct remap_tombstone *tombstone);

void remap_note_failure(struct remap *remap, int64_t now_ms, pid_t process, const char *function,
	const char *alias, bool is_weight);
void remap_forget_failure(struct remap *remap, pid_t process, const char *function,
	const char *alias, bool is_weight);

bool remap_is_protected(const struct remap *remap, const char *alias);

/* Whether one more tombstone fits, beside those that changes under way will need. */
bool remap_has_room_for_tombstone(const struct remap *remap);

/* The link of that name, to be changed; NULL when there is none or its minute is over. */
struct remap_link *remap_find_link_for_change(
	struct remap *remap, int64_t now_ms, const struct gesture_place *place, const char *name);

/* The local or held link of that name goes. */
void remap_drop_link(struct remap *remap, const char *function, const char *name);

/* Does with local and held links what the plan says. 0, -ENOSPC, -ENOMEM. */
int remap_change_links(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan) must_check;

/* Hides the name; its grace begins now. There is room: remap_reserve() has taken it. */
void remap_bury_tombstone(
	struct remap *remap, int64_t now_ms, const struct remap_tombstone *tombstone);

/* --- steps of decisions --- */

static inline void remap_refuse(struct remap_plan *plan, int error, const char *sentence)
{
	plan->error = error;
	plan->sentence = sentence;
}

/* Whether the alias is there for those who look at this mount. */
bool remap_shows_alias(
	const struct remap *remap, const char *function, const struct lambda_alias *alias);
/* The same of the weight link `name` of that alias. */
bool remap_shows_weight(const struct remap *remap, const char *function, const struct name *name,
	const struct lambda_alias *alias);

/* Takes over a target for plan->alias; false: refused, an unfit one with the errno `invalid`. */
bool remap_read_target(const struct target *target, struct remap_plan *plan, int invalid);

/* Whether who asks got into the version `place` by following event->through (2.1). */
bool remap_comes_through(const struct remap *remap, const struct remap_event *event,
	const struct gesture_place *place);

/* Whether the thread that makes the plan's target, a version, has just read it from the alias's own @N. */
bool remap_comes_from_settled(
	const struct remap *remap, const struct remap_event *event, const struct remap_plan *plan);

/* `ln -sf PROD 2` or `ln -sf PROD 9`: the arguments of ln stand the wrong way round. */
bool remap_is_swapped(const struct remap *remap, const struct remap_event *event);

/* SYMLINK inside a version's directory. */
void remap_decide_symlink_in_version(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan);

/* Has the plan hide event->name, which is `alias` or its weight, and delete it at the end of the grace if it may. */
void remap_bury(const struct remap *remap, const struct remap_event *event, struct remap_plan *plan,
	const struct lambda_alias *alias, bool is_weight, bool may_delete);

#endif
