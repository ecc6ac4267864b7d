/* SPDX-License-Identifier: MIT */
/*
 * Documents as files that can be written (contract, sections 3.4 and 6): `.aliases/NAME/`, `.function/` and
 * `$LATEST/`, with the temporary files that tools make beside them before they rename one onto a document (drafts.h).
 * Whichever way a tool writes, it is one change, carried out at a FLUSH after data was written, or at the RENAME.
 *
 * Functions that take a request may block on the network until its deadline. They give 0 or -errno with
 * request->error filled.
 */
#ifndef ALIASFS_DOCUMENT_FILE_H
#define ALIASFS_DOCUMENT_FILE_H

#include "backend/base/buffer.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"
#include "fs/tree/spool.h"

/* --- open files --- */

/* Whether the asking user may write it; a refusal says which option allows it. */
int document_file_permits_write(struct request *request, const struct node *node) must_check;

/* Appends what the document says now. */
int document_file_load(
	struct request *request, const struct node *node, struct buffer *out) must_check;

/* The asker was shown these bytes: a later write of its is compared with them. Nothing for what is no document. */
void document_file_note_read(
	struct request *request, const struct node *node, const struct buffer *content);

/* A document is opened for writing: -EREMCHG when AWS has something else than the asker was shown. */
int document_file_compare(struct request *request, const struct node *node) must_check;

/* What was written so far from the beginning on: -EINVAL when nothing that follows can make it valid. */
int document_file_check(
	struct request *request, const struct node *node, struct spool *content) must_check;

/*
 * Makes AWS's document what was written. `was_truncated`: nothing was written after a truncation. `last`: no FLUSH comes
 * any more. -EINVAL with request->is_provisional: not whole yet, the bytes are to be kept for the next FLUSH.
 */
int document_file_commit(struct request *request, const struct node *node, struct spool *content,
	bool was_truncated, bool last) must_check;

/* --- names that come and go --- */

/* Whether the name in the directory is a document's or a draft's: in $LATEST others are links. */
bool document_file_has(const struct aliasfs *fs, const struct node *directory, const char *name);

/*
 * CREATE in a directory of documents: a draft, or a document that will be written. *ret_emptied: that was hidden, and
 * what is written begins with nothing.
 */
int document_file_create(struct request *request, const struct node *directory, const char *name,
	bool exclusive, struct node *ret_node, bool *ret_emptied) must_check;

/* RENAME: of a draft onto a document it is the write. */
int document_file_rename(struct request *request, const struct node *directory, const char *name,
	const struct node *new_directory, const char *new_name, unsigned int flags) must_check;

/* UNLINK: drafts go, a document that can be written is hidden for a moment (contract 6.8). */
int document_file_unlink(
	struct request *request, const struct node *directory, const char *name) must_check;

#endif
