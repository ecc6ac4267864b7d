/* SPDX-License-Identifier: MIT */
/* The tables behind fs/rules/remap.h, for its own files only. */
#ifndef ALIASFS_REMAP_PRIVATE_H
#define ALIASFS_REMAP_PRIVATE_H

#include "fs/rules/recent.h"
#include "fs/rules/remap.h"

struct remap_visit {
	size_t requests; /* under way; 0: free */
	int64_t since_ms;
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
};

struct remap_busy_name {
	bool used;
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char name[REMAP_NAME_MAX + 1];
};

struct remap {
	char *mountpoint;
	char **protect; /* NULL-ended */
	int64_t delete_grace_ms;
	bool strict_ln;
	bool no_create;
	size_t links_end, tombstones_end; /* past the last entry in use */
	size_t reserved;                  /* tombstones that changes under way will need */
	struct remap_link links[REMAP_LINKS];
	struct remap_tombstone tombstones[REMAP_TOMBSTONES];
	struct remap_busy_name busy[REMAP_BUSY];
	struct remap_visit visits[REMAP_VISITS];
	size_t visit_count;      /* of those in use */
	struct recent arrivals;  /* by thread, function and alias */
	struct recent births;    /* by function and alias */
	struct recent failures;  /* failure.c */
	struct recent rollbacks; /* by function and alias; rollback.c */
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

/* Whether the process's replacement of that name failed a moment ago, and nothing has been said to it since. */
bool remap_has_just_failed(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *alias, bool is_weight);

/* Whether the process's move of that alias or weight failed a moment ago. */
bool remap_has_failed_to_move(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *alias, bool is_weight);

/* Whether the process's move of an alias from another function to that name failed a moment ago. */
bool remap_has_failed_to_move_to(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *name);

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

/* Does with local and held links what the plan says. 0, -ENOSPC, -ENOMEM. */
int remap_change_links(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan) must_check;

/* Hides the name; its grace begins now. There is room: remap_reserve() has taken it. */
void remap_bury_tombstone(
	struct remap *remap, int64_t now_ms, const struct remap_tombstone *tombstone);

#endif
