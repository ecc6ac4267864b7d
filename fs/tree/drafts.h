/* SPDX-License-Identifier: MIT */
/*
 * Drafts: the temporary files that tools make beside a description (rsync, sed -i, editors) before they rename one
 * onto it. They live in this mount alone, for a minute after they were last closed, and never reach AWS by
 * themselves. At most DRAFTS_MAX of them, and DRAFTS_BYTES_MAX bytes in them and in the files that are open for
 * writing.
 *
 * One mutex inside, never held across the network; nothing here blocks otherwise. `now_ms` is clock_monotonic_ms().
 */
#ifndef ALIASFS_DRAFTS_H
#define ALIASFS_DRAFTS_H

#include "backend/base/buffer.h"
#include "fs/tree/node.h"

#define DRAFT_SIZE_MAX (64 * 1024) /* bytes of a draft, or of what is written to a description */
#define DRAFTS_MAX 256             /* drafts at a time in a mount */
#define DRAFTS_BYTES_MAX (16 * 1024 * 1024)
#define DRAFT_LIFE_MS 60000 /* how long a draft is kept after its last close */

struct draft;
struct drafts;

struct drafts *drafts_new(void) must_check;
void drafts_free(struct drafts *drafts);

/* Makes an empty draft. -EEXIST only with `exclusive`; -ENOSPC when there are too many; -ENOMEM. */
int drafts_create(
	struct drafts *drafts, int64_t now_ms, const struct node *node, bool exclusive) must_check;

/* The draft of that name, which stays until drafts_close(). -ENOENT. */
int drafts_open(struct drafts *drafts, int64_t now_ms, const struct node *node,
	struct draft **ret_draft) must_check;

/* With the last close its minute begins, or it goes if it has lost its name. */
void drafts_close(struct drafts *drafts, int64_t now_ms, struct draft *draft);

/*
 * Replaces the bytes of an open draft. One that was removed meanwhile takes them as any file does; one that has
 * become a description takes no more: -ENOENT. -ENOSPC, -ENOMEM.
 */
int drafts_store(
	struct drafts *drafts, struct draft *draft, const void *data, size_t length) must_check;

/* Appends the draft's bytes. -ENOENT. */
int drafts_read(struct drafts *drafts, int64_t now_ms, const struct node *node,
	struct buffer *out) must_check;

/* Replaces the bytes of the draft of that name; its minute begins anew. -ENOENT, -ENOSPC, -ENOMEM. */
int drafts_write(struct drafts *drafts, int64_t now_ms, const struct node *node, const void *data,
	size_t length) must_check;

/* Gives a draft another name, which an existing one loses. -ENOENT; -EEXIST with `exclusive` when there is one. */
int drafts_rename(struct drafts *drafts, int64_t now_ms, const struct node *from,
	const struct node *to, bool exclusive) must_check;

/* Takes the draft's name away. `became`: it has become the description (drafts_store()). -ENOENT. */
int drafts_remove(
	struct drafts *drafts, int64_t now_ms, const struct node *node, bool became) must_check;

/* Bytes and time of modification (seconds since the epoch) of a draft. -ENOENT. */
int drafts_stat(struct drafts *drafts, int64_t now_ms, const struct node *node, size_t *ret_size,
	int64_t *ret_modified) must_check;

/*
 * An open file that holds `old` bytes is about to hold `now` bytes. -ENOSPC when all drafts and open files would
 * hold too much.
 */
int drafts_charge(struct drafts *drafts, size_t old, size_t now) must_check;

/* An open file that held `bytes` bytes is closed. */
void drafts_discharge(struct drafts *drafts, size_t bytes);

#endif
