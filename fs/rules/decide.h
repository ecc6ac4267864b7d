/* SPDX-License-Identifier: MIT */
/* Steps that the decisions of fs/rules/remap.h share; for fs/rules alone. Pure. */
#ifndef ALIASFS_REMAP_DECIDE_H
#define ALIASFS_REMAP_DECIDE_H

#include "fs/rules/remap.h"
#include "fs/rules/remap_private.h"

#define REMAP_VERSIONS_ARE_READ_ONLY "versions are read-only"
#define REMAP_NAME_IS_TOO_LONG "the name of an alias has at most 128 characters"
#define REMAP_WEIGHT_IS_MALFORMED                                                                  \
	"a weight is a percentage from 0 to 100 without needless zeros, as in PROD%10 or PROD%0.5"
#define REMAP_SETTLED_IS_FIXED                                                                     \
	"names like PROD@1 are where an alias was before: they cannot be made, moved or removed"
#define REMAP_NAME_CANNOT_BE "no alias can have that name"
#define REMAP_TOO_MANY_ARE_HIDDEN                                                                  \
	"too many removals wait for the end of their grace: try again when some are done"
#define REMAP_ALIAS_IS_PROTECTED "the mount option protect keeps that alias from being deleted"

#define REMAP_NO_ALIAS_IS_MADE                                                                     \
	"the mount option no_create keeps aliases from being made that AWS does not have"
void remap_refuse(struct remap_plan *plan, int error, const char *sentence);

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

/* `ln -sf PROD 2` or `ln -sf PROD 9`: the arguments of ln stand the wrong way round. */
bool remap_is_swapped(const struct remap *remap, const struct remap_event *event);

/* SYMLINK inside a version's directory. */
void remap_decide_symlink_in_version(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan);

/* Has the plan hide event->name, which is `alias` or its weight, and delete it at the end of the grace if it may. */
void remap_bury(const struct remap *remap, const struct remap_event *event, struct remap_plan *plan,
	const struct lambda_alias *alias, bool is_weight, bool may_delete);

#endif
