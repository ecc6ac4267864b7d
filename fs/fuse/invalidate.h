/* SPDX-License-Identifier: MIT */
/*
 * Notifies the kernel that attributes in its cache are stale, by a thread of its own.
 *
 * Only that: a name (fuse_lowlevel_notify_inval_entry) is never invalidated. The kernel takes the directory's
 * lock for it, which a process may hold that waits for an answer of ours; a kill -9 then leaves a
 * mount and a process that nothing ends, short of aborting the connection (seen: the killed process stayed
 * for good). Names that may change behind the kernel's back are not remembered instead (fs/tree/tree.c), and a
 * moved dentry is followed (node_table_renamed()).
 */
#ifndef ALIASFS_INVALIDATE_H
#define ALIASFS_INVALIDATE_H

#include "backend/base/cleanup.h"
#include "fs/tree/node.h"

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

/* The node's attributes are asked for again. Never blocks; NULL is fine. */
void invalidate_node(struct invalidator *invalidator, const struct node *node);

/*
 * Takes away the entries of a directory that the kernel holds, before this returns. Only for directories:
 * their pages wait for no request of ours.
 */
void invalidate_entries(struct fuse_session *session, uint64_t inode);

#endif
