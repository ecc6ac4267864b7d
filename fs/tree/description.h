/* SPDX-License-Identifier: MIT */
/*
 * `.aliases/NAME/description`: the alias's description as a text file.
 *
 * The file shows the text and a line end (an empty description is an empty file); what is written loses
 * one line end at its end. So every description comes back exactly from a backup.
 */
#ifndef ALIASFS_DESCRIPTION_H
#define ALIASFS_DESCRIPTION_H

#include "backend/base/buffer.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"

/* --- the text, pure --- */

/* Seconds, 0 to 86,399, derived from the text: added to the time shown, so that every change shows in it. */
int64_t description_offset(const char *text);

/* Bytes of the file that shows the text. */
uint64_t description_size(const char *text);

/* Appends what the file shows. Errors as buffer_append(). */
int description_show(const char *text, struct buffer *out) must_check;

/* --- the file (document_file.h) --- */

/* Appends what the file shows now. May ask AWS. */
int description_load(
	struct request *request, const struct node *node, struct buffer *out) must_check;

/*
 * A description is about to be opened for writing: -EREMCHG when AWS has another one than `base` (document_bytes_hash() of
 * what the asker was shown), or, with 0, than this mount knew. One GetAlias, whose answer is kept.
 */
int description_compare(
	struct request *request, const struct node *description, uint64_t base) must_check;

/* One UpdateAlias with what the bytes mean; none when that is the description already. Appends what is shown then. */
int description_commit(struct request *request, const struct node *description, const char *data,
	size_t length, struct buffer *shown) must_check;

#endif
