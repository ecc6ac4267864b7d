/* SPDX-License-Identifier: MIT */
/* The tables behind fs/remap.h, for its own files only. */
#ifndef ALIASFS_REMAP_PRIVATE_H
#define ALIASFS_REMAP_PRIVATE_H

#include "fs/guard.h"
#include "fs/remap.h"

struct remap_arrival {
	pid_t thread; /* 0: free */
	int64_t at_ms;
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
};

struct remap_birth {
	int64_t at_ms;
	bool used;
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
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
	struct guard guard;
	size_t links_end, tombstones_end; /* past the last entry in use */
	struct remap_link links[REMAP_LINKS];
	struct remap_tombstone tombstones[REMAP_TOMBSTONES];
	struct remap_arrival arrivals[REMAP_ARRIVAL_SETS][REMAP_ARRIVAL_WAYS];
	struct remap_birth births[REMAP_BIRTHS];
	struct remap_busy_name busy[REMAP_BUSY];
};

/* Whether this mount made the alias within the last minute. */
bool remap_was_born(
	const struct remap *remap, int64_t now_ms, const char *function, const char *alias);

void remap_note_birth(struct remap *remap, int64_t now_ms, const char *function, const char *alias);

bool remap_is_protected(const struct remap *remap, const char *alias);

/* Whether one more tombstone fits. */
bool remap_has_room_for_tombstone(const struct remap *remap);

#endif
