/* SPDX-License-Identifier: MIT */
/*
 * Telling the kernel that what it remembers is not so any more. A thread of its own does the telling:
 * libfuse's notify calls wait for the kernel's lock on the directory, which a request of ours may hold
 * (libfuse's documentation of notifications says never to call them from a request).
 */
#ifndef ALIASFS_INVALIDATE_H
#define ALIASFS_INVALIDATE_H

#include "backend/base/cleanup.h"
#include "fs/node.h"

#define INVALIDATIONS_MAX                                                                          \
	4096 /* waiting ones; more are dropped, and the kernel's time-outs serve */

struct fuse_session;
struct invalidator;

/* Starts the thread. `session` and `nodes` are kept. NULL: out of memory or threads. */
struct invalidator *invalidator_new(
	struct fuse_session *session, struct node_table *nodes) must_check;

/* Drops what waits and ends the thread: to be called before the session is unmounted. Nothing is queued any more. */
void invalidator_stop(struct invalidator *invalidator);

/* Stops if that was not done, and frees. NULL is fine. */
void invalidator_free(struct invalidator *invalidator);

/* The name in that directory is looked up again at its next use. Never blocks; NULL is fine. */
void invalidate_entry(
	struct invalidator *invalidator, const struct node *directory, const char *name);

/* The node's attributes (and a directory's remembered entries) are asked for again. Never blocks; NULL is fine. */
void invalidate_node(struct invalidator *invalidator, const struct node *node);

#endif
