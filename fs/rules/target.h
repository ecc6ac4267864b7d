/* SPDX-License-Identifier: MIT */
/*
 * What a link's target means (contract, section 2.3): a version of the same function, or the name of
 * another alias or .newest, which are looked up when the link takes effect. Lexical only: nothing is
 * resolved in a file system, no number is judged. Pure functions.
 */
#ifndef ALIASFS_TARGET_H
#define ALIASFS_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/lambda/types.h"
#include "fs/rules/place.h"

#define TARGET_TEXT_MAX 4095 /* bytes; the kernel's PATH_MAX without the NUL */

enum target_kind {
	TARGET_VERSION, /* `version` */
	TARGET_ALIAS,   /* what the alias `alias` points to when it is read afresh */
	TARGET_NEWEST,  /* the highest published version when it is read afresh */
	TARGET_SETTLED, /* where `alias` was before: its `number`th settled state (contract 8.2) */
	TARGET_MISSING, /* digits that cannot be a version: there is none (ENOENT) */
	TARGET_INVALID, /* EINVAL: `sentence` says why */
};

struct target {
	enum target_kind kind;
	uint64_t version;
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	uint64_t number; /* SETTLED, from 1 */
	/* What followed a '=': the alias is moved only while it has that RevisionId; "" for nothing. */
	char revision_id[LAMBDA_REVISION_ID_MAX + 1];
	const char *sentence; /* static */
};

/*
 * Reads `text` as the target of a link that stands in `place`. `mountpoint` is absolute and without a
 * trailing slash ("" when the root itself is the mountpoint): absolute targets must lead below it.
 */
void target_parse(const char *mountpoint, const struct gesture_place *place, const char *text,
	struct target *ret_target);

/*
 * The same for a link that a tool placed into a version's directory by following an alias (2.1): the
 * text is meant beside the alias, or, where that leads nowhere, in the version (`ln -r` counts from there).
 */
void target_parse_through(const char *mountpoint, const struct gesture_place *place,
	const char *text, struct target *ret_target);

/* Whether `name` is the last part of the target, whatever slashes follow: what a tool calls a link made in a directory. */
bool target_ends_with_name(const char *text, const char *name);

#endif
