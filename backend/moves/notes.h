/* SPDX-License-Identifier: MIT */
/* What this mount did to aliases, and saw of them; for this room alone. Not locked: the owner serialises. */
#ifndef ALIASFS_MOVES_NOTES_H
#define ALIASFS_MOVES_NOTES_H

#include <stdatomic.h>

#include "backend/base/map.h"
#include "backend/catalog/catalog.h"
#include "backend/history/history.h"
#include "backend/moves/moves.h"

#define NOTES_WHO_MAX 255 /* bytes of who made a change; more is cut */

/* One change of this mount's own. Does not change once it is made. */
struct own_change {
	atomic_uint references;
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	int64_t time_s;
	enum cloudtrail_operation operation;
	struct lambda_alias before, after; /* no name: as NULL in struct history_own */
	char request_id[64];
	char who[NOTES_WHO_MAX + 1];
};

/* How an alias looked when AWS last returned it. */
struct sighting {
	char revision_id[LAMBDA_REVISION_ID_MAX + 1];
	int64_t since_s, read_s; /* first and last seen so, and no other since */
	struct catalog_routing_config routing, previous;
	bool has_previous; /* it led to `previous` before */
};

struct notes {
	struct own_change **owns; /* a ring of `capacity`; owned */
	size_t capacity, next;
	struct name_map sightings; /* "function alias" to struct sighting, owned */
	size_t sightings_max;
};

/* 0 or -ENOMEM; notes_release() in any case. */
int notes_init(struct notes *notes, size_t owns, size_t sightings) must_check;
void notes_release(struct notes *notes);

/* AWS returned it at that time. Without memory or room it is not known. */
void notes_add_sighting(
	struct notes *notes, int64_t now_s, const char *function, const struct lambda_alias *alias);

/* NULL: none. Belongs to the notes. */
const struct sighting *notes_find_sighting(
	const struct notes *notes, const char *function, const char *alias);

/* The call was made at that time. 0, also for what is no change of an alias, or -ENOMEM. */
int notes_add_own(struct notes *notes, int64_t now_s, const struct catalog_write *write,
	const char *who) must_check;

/* References to the own changes of the alias, released with own_list_release(). 0 or -ENOMEM. */
int notes_list_owns(const struct notes *notes, const char *function, const char *alias,
	struct own_list *ret_list) must_check;

#endif
