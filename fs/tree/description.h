/* SPDX-License-Identifier: MIT */
/*
 * `.aliases/NAME/`: the alias's description as a text file, and the temporary files that tools make
 * beside it (rsync, sed -i, editors) before they rename one onto it. Those are drafts: they live in this
 * mount for at most a minute after their last use, and never reach AWS by themselves.
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

/* Whether these bytes of a file are at most LAMBDA_DESCRIPTION_MAX characters and a line end. */
bool description_fits(const char *data, size_t length);

/*
 * The text that a file of these bytes means, malloc'ed into *ret_text. -EINVAL: NUL bytes or not UTF-8;
 * -EFBIG: over LAMBDA_DESCRIPTION_MAX characters; -ENOMEM.
 */
int description_parse(const char *data, size_t length, char **ret_text) must_check;

/* --- the file, and drafts beside it (drafts.h) --- */

/* The node of a name in `.aliases/NAME`: the description, the history, or a draft (there or not). */
void description_child(const struct node *directory, const char *name, struct node *ret_child);

/* Appends what the file of a description or a draft holds now. -ENOENT. May ask AWS. */
int description_load(
	struct request *request, const struct node *node, struct buffer *out) must_check;

/* The content of that description's file was read: a later write is compared with it. */
void description_note_read(
	struct request *request, const struct node *description, const struct buffer *content);

/*
 * A description is about to be opened for writing: -EREMCHG when AWS has another one than its last reader got here
 * (bases.h), or than this mount knew. One GetAlias, whose answer is kept.
 */
int description_compare(struct request *request, const struct node *description) must_check;

/* RENAME within `.aliases/NAME`: of a draft onto the description it is one UpdateAlias. */
int description_rename(struct request *request, const struct node *directory, const char *name,
	const struct node *new_directory, const char *new_name, unsigned int flags) must_check;

/* UNLINK in `.aliases/NAME`: drafts go, a description does not (-EPERM). */
int description_unlink(
	struct request *request, const struct node *directory, const char *name) must_check;

/* One UpdateAlias with what the bytes mean; none when that is the description already. */
int description_commit(struct request *request, const struct node *description, const char *data,
	size_t length) must_check;

#endif
