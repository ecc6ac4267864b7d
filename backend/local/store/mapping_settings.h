/* SPDX-License-Identifier: MIT */
/* The settings of an event source mapping: what AWS fills in, refuses and shows, by the kind of source. */
#ifndef ALIASFS_LOCAL_MAPPING_SETTINGS_H
#define ALIASFS_LOCAL_MAPPING_SETTINGS_H

#include "backend/local/call.h"

/* Whether the source with that ARN ("": a cluster of one's own) is a queue of SQS. */
bool mapping_is_queue(const char *source);

/*
 * The settings that a call makes of those of `before` (text; NULL: a new mapping of that source), as
 * text in `out`, or a failure: what the source does not have, limits, patterns. 0, CALL_FAILED or a
 * negative errno.
 */
int mapping_settings_build(
	struct call *call, const char *source, const char *before, struct buffer *out) must_check;

/* Appends `,"Name":value` for every setting that AWS shows, null where it is unset. 0 or an errno. */
int mapping_settings_append(struct buffer *out, const char *settings) must_check;

#endif
