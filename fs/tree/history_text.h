/* SPDX-License-Identifier: MIT */
/*
 * `.aliases/NAME/.history`: the changes of an alias as text (contract, section 8.1). A line each, newest first, eight
 * fields with tabs between them:
 *
 *   time  what  from  to  who  with  request-id  note
 *
 * From and to are "2", "2,10%3" (10 % of the traffic go to version 3), "-" (no alias) or "?" (not known). An empty
 * field is "-". Lines that begin with "#" are for people.
 */
#ifndef ALIASFS_HISTORY_TEXT_H
#define ALIASFS_HISTORY_TEXT_H

#include "backend/base/buffer.h"
#include "backend/moves/moves.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"

#define HISTORY_TEXT_MAX (16 * 1024 * 1024) /* bytes of one list */
#define HISTORY_FIELDS 8

/* Appends the list of the alias `name`. Pure. Errors as buffer_append(). */
int history_text_print(
	const char *name, const struct moves_view *view, struct buffer *out) must_check;

/* Appends the content of a NODE_HISTORY. Waits for CloudTrail, until the request's deadline. 0 or -errno. */
int history_read(struct request *request, const struct node *node, struct buffer *out) must_check;

#endif
