/* SPDX-License-Identifier: MIT */
/*
 * The JSON documents of a function (`.function/`) and of an alias (`.aliases/NAME/`): names, listings, content
 * (contract, section 6). The answers that they are made of are in backend/document_store.
 */
#ifndef ALIASFS_TREE_DOCUMENTS_H
#define ALIASFS_TREE_DOCUMENTS_H

#include "backend/base/buffer.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"

/*
 * The document of that name in `.function` or `.aliases/NAME`; false: none of that name stands there (`description`
 * is none of these). Pure.
 */
bool documents_child(const struct node *directory, const char *name, struct node *ret_child);

/* Whether -o documents lists the kind in that directory (NODE_FUNCTION_DOCUMENTS or NODE_ALIAS). Pure. */
bool documents_are_listed(
	const struct aliasfs *fs, const struct node *directory, const struct document_kind *kind);

/* Whether -o documents lists anything in `.function`. Pure. */
bool documents_show_function(const struct aliasfs *fs);

/* Appends the bytes of a NODE_DOCUMENT. May wait for AWS, until the request's read deadline. 0 or -errno. */
int documents_load(struct request *request, const struct node *node, struct buffer *out) must_check;

/* What a change of what stands in `.function`, or of a document beside an alias, is answered with: -EROFS. */
int documents_refuse(struct request *request);

#endif
