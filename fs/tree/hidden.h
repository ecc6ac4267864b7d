/* SPDX-License-Identifier: MIT */
/*
 * Documents that a tool has removed, to put another file in their place: hidden for a moment, and shown again when
 * nothing comes (contract 6.8). Nothing is ever deleted. One mutex inside; nothing here blocks.
 */
#ifndef ALIASFS_HIDDEN_H
#define ALIASFS_HIDDEN_H

#include "backend/base/cleanup.h"
#include "fs/tree/node.h"

#define HIDDEN_MAX 256 /* at a time; the oldest is shown again when there are more */

struct hidden;

/* NULL: out of memory. */
struct hidden *hidden_new(int64_t grace_ms) must_check;
void hidden_free(struct hidden *hidden);

void hidden_add(struct hidden *hidden, int64_t now_ms, const struct node *node);
bool hidden_has(struct hidden *hidden, int64_t now_ms, const struct node *node);

/* Shows it again. Whether it was hidden. */
bool hidden_remove(struct hidden *hidden, int64_t now_ms, const struct node *node);

#endif
