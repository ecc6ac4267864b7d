/* SPDX-License-Identifier: MIT */
/*
 * Drafts: the temporary files that tools make beside a document (rsync, sed -i, editors, zip) before they rename one
 * onto it. They live in this mount alone, for a minute after they were last closed, and never reach AWS by
 * themselves. At most DRAFTS_MAX of them; their bytes are spools (spool.h).
 *
 * One mutex inside, never held across the network; what is written may go to the disk. `now_ms` is clock_monotonic_ms().
 */
#ifndef ALIASFS_DRAFTS_H
#define ALIASFS_DRAFTS_H

#include "fs/tree/node.h"
#include "fs/tree/spool.h"

#define DRAFTS_MAX 256      /* drafts at a time in a mount */
#define DRAFT_LIFE_MS 60000 /* how long a draft is kept after its last close */

struct draft;
struct drafts;

/* `spools` is kept; `hidden_ms` is how long a removed document is hidden. NULL: out of memory. */
struct drafts *drafts_new(struct spools *spools, int64_t hidden_ms) must_check;
void drafts_free(struct drafts *drafts);

/* Makes an empty draft for up to `maximum` bytes. -EEXIST only with `exclusive`; -ENOSPC when there are too many; -ENOMEM. */
int drafts_create(struct drafts *drafts, int64_t now_ms, const struct node *node, uint64_t maximum,
	bool exclusive) must_check;

/* The draft of that name, which stays until drafts_close(). -ENOENT. */
int drafts_open(struct drafts *drafts, int64_t now_ms, const struct node *node,
	struct draft **ret_draft) must_check;

/* With the last close its minute begins, or it goes if it has lost its name. */
void drafts_close(struct drafts *drafts, int64_t now_ms, struct draft *draft);

/*
 * Write to an open draft, or cut it: each descriptor sees what the others wrote. Errors as spool_write(). One that was
 * removed meanwhile takes bytes as any file does; one that is becoming a document takes none (-EBUSY), and one that has
 * become a document takes no more (-ENOENT).
 */
int drafts_write_at(struct drafts *drafts, struct draft *draft, const void *data, size_t size,
	uint64_t offset) must_check;
int drafts_truncate(struct drafts *drafts, struct draft *draft, uint64_t size) must_check;

/* Bytes of an open draft. */
uint64_t drafts_size(struct drafts *drafts, const struct draft *draft);

/* Reads up to `size` bytes of an open draft: how many, or -errno. */
ssize_t drafts_read_at(struct drafts *drafts, struct draft *draft, void *into, size_t size,
	uint64_t offset) must_check;

/*
 * A document is made of what an open draft holds: a reference to its bytes, which do not change until drafts_end_commit().
 * `became`: it has become the document, and loses its name.
 */
struct spool *drafts_begin_commit(struct drafts *drafts, struct draft *draft) must_check;
void drafts_end_commit(struct drafts *drafts, struct draft *draft, bool became);

/*
 * Makes a draft that is a copy of the document, whose text the spool holds; the draft takes a reference to it. A draft
 * of that name loses it. Errors as drafts_create().
 */
int drafts_put_copy(struct drafts *drafts, int64_t now_ms, const struct node *node,
	const struct node *document, struct spool *content, bool exclusive) must_check;

/*
 * A copy comes back to its document: when neither of them was written meanwhile, the document is shown again and the copy
 * loses its name. Whether it was so.
 */
bool drafts_take_back(struct drafts *drafts, int64_t now_ms, const struct node *node,
	const struct node *document) must_check;

/* The document was written: it is shown, and a copy that comes back is a change of it. */
void drafts_note_written(struct drafts *drafts, int64_t now_ms, const struct node *document);

/* Gives a draft another name, which an existing one loses. -ENOENT; -EEXIST with `exclusive` when there is one. */
int drafts_rename(struct drafts *drafts, int64_t now_ms, const struct node *from,
	const struct node *to, bool exclusive) must_check;

/* Takes the draft's name away. -ENOENT. */
int drafts_remove(struct drafts *drafts, int64_t now_ms, const struct node *node) must_check;

/*
 * Gives `visit` the name of each draft in the directory that `beside`, any draft in it, is of, until it does not give
 * 0, which is returned. It runs under the mutex: it must not block, nor use the drafts.
 */
int drafts_visit(struct drafts *drafts, int64_t now_ms, const struct node *beside,
	int (*visit)(void *data, const char *name), void *data) must_check;

/* Whether there is a draft of that name. */
bool drafts_have(struct drafts *drafts, int64_t now_ms, const struct node *node);

/*
 * Bytes and time of modification (seconds since the epoch) of a draft; with `is_open` also of one that was made under
 * that name and is open, and has another name now, or none, or that had the name last. -ENOENT.
 */
int drafts_stat(struct drafts *drafts, int64_t now_ms, const struct node *node, bool is_open,
	uint64_t *ret_size, int64_t *ret_modified) must_check;

/*
 * --- documents that a tool has removed, to put another file in their place ---
 *
 * They are hidden for a moment, and shown again when nothing comes (contract 6.8). Nothing is ever deleted. At most
 * DRAFTS_MAX at a time; the oldest is shown again when there are more.
 */

void drafts_hide(struct drafts *drafts, int64_t now_ms, const struct node *document);
bool drafts_are_hiding(struct drafts *drafts, int64_t now_ms, const struct node *document);

/* Shows it again. Whether it was hidden. */
bool drafts_show(struct drafts *drafts, int64_t now_ms, const struct node *document);

#endif
