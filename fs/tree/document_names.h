/* SPDX-License-Identifier: MIT */
/* Which names in `.aliases/NAME/`, `.function/` and `$LATEST/` are documents, and which of them can be written. */
#ifndef ALIASFS_DOCUMENT_NAMES_H
#define ALIASFS_DOCUMENT_NAMES_H

#include "backend/documents/kind.h"
#include "fs/aliasfs.h"
#include "fs/tree/node.h"

/* The kind of a document's node; NULL for code, drafts, and what is in a published version. Pure. */
const struct document_kind *document_names_kind(const struct node *node);

/* The node of a name in such a directory: a document, the history, .invoke, or a draft (there or not). Pure. */
void document_names_child(const struct node *directory, const char *name, struct node *ret_child);

/* Whether -o documents lists the kind in that directory (NODE_FUNCTION_DOCUMENTS or NODE_ALIAS). Pure. */
bool document_names_are_listed(
	const struct aliasfs *fs, const struct node *directory, const struct document_kind *kind);

/* Whether -o documents lists anything in `.function`. Pure. */
bool document_names_show_function(const struct aliasfs *fs);

/* Whether documents can be written in the directory, and drafts made. Pure. */
bool document_names_are_place(const struct aliasfs *fs, const struct node *directory);

/* Whether a tool may make a file of that name beside the documents (contract 6.9). Pure. */
bool document_names_may_be_draft(const struct node *directory, const char *name);

/*
 * Whether it is a numbered backup (`NAME.~3~`). Tools list the directory to find the next number, and cp tries one that is
 * there for ever: these drafts are listed. Pure.
 */
bool document_names_are_numbered(const char *name);

/* Whether some allow_update would let it be written, and whether the mount's does. Pure. */
bool document_names_could_be_written(const struct node *node);
bool document_names_are_writable(const struct aliasfs *fs, const struct node *node);

/* Bytes that it may hold. Pure. */
uint64_t document_names_room(const struct node *node);

#endif
