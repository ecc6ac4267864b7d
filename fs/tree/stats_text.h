/* SPDX-License-Identifier: MIT */
/* The text of `.aliasfs/stats`: what the whole mount counts and how it is now, in Prometheus' format. */
#ifndef ALIASFS_STATS_TEXT_H
#define ALIASFS_STATS_TEXT_H

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

struct aliasfs;

/* Appends the whole text. Never blocks on the network. Errors as buffer_append(). */
int stats_text_print(struct aliasfs *fs, struct buffer *out) must_check;

#endif
