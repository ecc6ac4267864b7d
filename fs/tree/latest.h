/* SPDX-License-Identifier: MIT */
/*
 * Changes of `$LATEST`: its code, and that a change of it is not over when AWS has taken it (contract, sections 6.6 and
 * 6.7). Functions may block on the network; they give 0 or -errno with request->error filled.
 */
#ifndef ALIASFS_TREE_LATEST_H
#define ALIASFS_TREE_LATEST_H

#include "backend/document_store/change.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"
#include "fs/tree/spool.h"

#define LATEST_SHA256_SIZE 45 /* bytes of a SHA-256 in base64, with the NUL */

/* The asker was shown code.zip or code.sha256 of $LATEST. Nothing for other versions. */
void latest_note_read(struct request *request, const struct node *node);

/* -EREMCHG when AWS has other code than that base. */
int latest_compare_code(struct request *request, const struct node *node, uint64_t base) must_check;

/* The code as it is becomes the spool's content, for a tool that changes a part of it. */
int latest_load_code(
	struct request *request, const struct node *node, struct spool *spool) must_check;

/*
 * The code becomes what the spool holds, and settles. -EINVAL for what is no whole zip, with request->is_provisional
 * unless `last`.
 */
int latest_commit_code(struct request *request, const struct node *node, struct spool *content,
	bool last) must_check;

/* document_store_change() of a document of $LATEST: waits for an update in progress before it, and for its own. */
int latest_change(struct request *request, const struct document_write *write,
	struct document_written *ret_written) must_check;

/*
 * The SHA-256 (base64) of the code that the asker, or its session, was shown or has sent: what it means to publish.
 * False: none.
 */
bool latest_find_shown_code(
	struct request *request, const char *function, char text[LATEST_SHA256_SIZE]) must_check;

#endif
