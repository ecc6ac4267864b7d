/* SPDX-License-Identifier: MIT */
#include "fs/tree/documents.h"

#include <errno.h>

#include "backend/document_store/document_store.h"
#include "fs/settings/options.h"

static unsigned int place_of(const struct node *directory)
{
	return directory->kind == NODE_ALIAS ? DOCUMENT_OF_ALIAS : DOCUMENT_OF_FUNCTION;
}

bool documents_child(const struct node *directory, const char *name, struct node *ret_child)
{
	const struct document_kind *kind = document_find_file(place_of(directory), name);

	if (!kind || kind->id == DOCUMENT_DESCRIPTION)
		return false;
	node_make_document(ret_child, directory->function,
		directory->kind == NODE_ALIAS ? directory->name : "", kind);
	return true;
}

bool documents_are_listed(
	const struct aliasfs *fs, const struct node *directory, const struct document_kind *kind)
{
	return (kind->places & place_of(directory)) && kind->id != DOCUMENT_DESCRIPTION &&
	       (fs->options->documents & 1U << kind->id);
}

bool documents_show_function(const struct aliasfs *fs)
{
	const struct node directory = {.kind = NODE_FUNCTION_DOCUMENTS};
	int id;

	for (id = 0; id < DOCUMENT_COUNT; id++)
		if (documents_are_listed(fs, &directory, document_kind((enum document_id)id)))
			return true;
	return false;
}

int documents_load(struct request *request, const struct node *node, struct buffer *out)
{
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	enum lambda_status status;

	node_document_alias(node, alias);
	status = document_store_read(request->fs->document_store, &request->scope,
		node_document_kind(node), node->function, alias, out, NULL, &request->error);
	return request_errno(status, ERRNO_READ);
}

int documents_refuse(struct request *request)
{
	return request_refuse(
		request, EROFS, "the documents of functions and aliases are read-only");
}
