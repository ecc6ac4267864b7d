/* SPDX-License-Identifier: MIT */
/*
 * What this mount last gave a reader of each description: a write of one that AWS has changed since would overwrite
 * what its writer has never seen. The last BASES_MAX reads count, for BASE_LIFE_MS each (fs/rules/recent.h).
 *
 * One mutex inside; nothing here blocks. `now_ms` is clock_monotonic_ms().
 */
#ifndef ALIASFS_BASES_H
#define ALIASFS_BASES_H

#include "backend/base/cleanup.h"
#include "fs/tree/node.h"

#define BASES_MAX 256
#define BASE_LIFE_MS 600000

struct bases;

struct bases *bases_new(void) must_check;
void bases_free(struct bases *bases);

/* A reader got `text` as the description of that node. */
void bases_note_read(
	struct bases *bases, int64_t now_ms, const struct node *node, const char *text);

/* This mount wrote `text`: a reader's base that is there goes by it. */
void bases_note_written(
	struct bases *bases, int64_t now_ms, const struct node *node, const char *text);

/* Whether a reader's base is there and says something else than `text`. */
bool bases_differ(struct bases *bases, int64_t now_ms, const struct node *node, const char *text);

/* Whether a reader's base is there. */
bool bases_know(struct bases *bases, int64_t now_ms, const struct node *node);

#endif
