/* SPDX-License-Identifier: MIT */
#include "fs/tree/document_names.h"

#include <string.h>

#include "backend/base/text.h"
#include "backend/zip/zip.h"
#include "fs/settings/document_bits.h"
#include "fs/settings/options.h"
#include "fs/tree/private.h"

#define LATEST_PLACE "$LATEST" /* of drafts' names */
#define FUNCTION_PLACE ".function"

static bool is_latest(const struct node *node)
{
	return node->version == LAMBDA_VERSION_LATEST;
}

const struct document_kind *document_names_kind(const struct node *node)
{
	switch (node->kind) {
	case NODE_DESCRIPTION:
		return document_kind(DOCUMENT_DESCRIPTION);
	case NODE_DOCUMENT:
		return node_document_kind(node);
	case NODE_CONFIGURATION:
		return is_latest(node) ? document_kind(DOCUMENT_CONFIGURATION) : NULL;
	case NODE_ENVIRONMENT:
		return is_latest(node) ? document_kind(DOCUMENT_ENVIRONMENT) : NULL;
	default:
		return NULL;
	}
}

static unsigned int place_of(const struct node *directory)
{
	return directory->kind == NODE_ALIAS ? DOCUMENT_OF_ALIAS : DOCUMENT_OF_FUNCTION;
}

static bool child_of_kind(const struct node *directory, const char *name, struct node *ret_child)
{
	const struct document_kind *kind = document_find_file(place_of(directory), name);

	if (!kind || kind->id == DOCUMENT_DESCRIPTION)
		return false;
	node_make_document(ret_child, directory->function,
		directory->kind == NODE_ALIAS ? directory->name : "", kind);
	return true;
}

bool document_names_are_listed(
	const struct aliasfs *fs, const struct node *directory, const struct document_kind *kind)
{
	return (kind->places & place_of(directory)) && kind->id != DOCUMENT_DESCRIPTION &&
	       (fs->options->documents & 1U << kind->id);
}

bool document_names_show_function(const struct aliasfs *fs)
{
	const struct node directory = {.kind = NODE_FUNCTION_DOCUMENTS};
	int id;

	for (id = 0; id < DOCUMENT_COUNT; id++)
		if (document_names_are_listed(fs, &directory, document_kind((enum document_id)id)))
			return true;
	return false;
}

static void child_of_latest(const struct node *directory, const char *name, struct node *ret_child)
{
	size_t i;

	for (i = 0; i < TREE_VERSION_FILES; i++) {
		if (strcmp(name, tree_version_files[i].name) != 0)
			continue;
		node_make(ret_child, tree_version_files[i].kind, directory->function,
			directory->version, NULL);
		return;
	}
	node_make_draft(ret_child, directory->function, LATEST_PLACE, name);
}

void document_names_child(const struct node *directory, const char *name, struct node *ret_child)
{
	bool of_alias = directory->kind == NODE_ALIAS;

	if (!strcmp(name, ".invoke") && directory->kind != NODE_FUNCTION_DOCUMENTS)
		node_make_invoke(ret_child, directory);
	else if (directory->kind == NODE_VERSION)
		child_of_latest(directory, name, ret_child);
	else if (of_alias && !strcmp(name, "description"))
		node_make(ret_child, NODE_DESCRIPTION, directory->function, 0, directory->name);
	else if (of_alias && !strcmp(name, ".history"))
		node_make(ret_child, NODE_HISTORY, directory->function, 0, directory->name);
	else if (!child_of_kind(directory, name, ret_child))
		node_make_draft(ret_child, directory->function,
			of_alias ? directory->name : FUNCTION_PLACE, name);
}

/* The bits of the documents that stand in such a place. */
static unsigned int bits_of_place(unsigned int place)
{
	unsigned int bits = place == DOCUMENT_OF_LATEST ? DOCUMENT_CODE_BIT : 0;
	int id;

	for (id = 0; id < DOCUMENT_COUNT; id++)
		if (document_kind((enum document_id)id)->places & place)
			bits |= 1U << id;
	return bits;
}

/* AWS copies a Lambda@Edge replica from another region, and nothing of it can be changed. */
static bool is_replica(const struct node *node)
{
	return strchr(node->function, '.') != NULL;
}

bool document_names_are_place(const struct aliasfs *fs, const struct node *directory)
{
	unsigned int allowed = fs->options->allow_update;

	switch (directory->kind) {
	case NODE_ALIAS:
		return true;
	case NODE_FUNCTION_DOCUMENTS:
		return !is_replica(directory) && allowed & bits_of_place(DOCUMENT_OF_FUNCTION);
	case NODE_VERSION:
		return is_latest(directory) && !is_replica(directory) &&
		       allowed & bits_of_place(DOCUMENT_OF_LATEST);
	default:
		return false;
	}
}

/* A tool's random part of six letters or digits behind a beginning. */
static bool is_random_after(const char *name, const char *beginning)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t length = strlen(beginning);

	return text_starts_with(name, beginning) && strlen(name) == length + 6 &&
	       strspn(name + length, allowed) == 6;
}

static bool begins_with_document(const char *name)
{
	size_t i;

	for (i = 0; i < TREE_VERSION_FILES; i++)
		if (text_starts_with(name, tree_version_files[i].name))
			return true;
	return false;
}

bool document_names_may_be_draft(const struct node *directory, const char *name)
{
	if (directory->kind != NODE_VERSION)
		return true;
	return *name == '.' || *name == '#' || begins_with_document(name) ||
	       text_ends_with(name, ".tmp") || text_ends_with(name, ".json") ||
	       text_ends_with(name, "~") || is_random_after(name, "sed") ||
	       is_random_after(name, "zi") || is_random_after(name, "XX") ||
	       text_starts_with(name, "tmp") || !strcmp(name, "4913") || !name[1];
}

bool document_names_are_numbered(const char *name)
{
	const char *number = strrchr(name, '.');
	size_t digits = number && number[1] == '~' ? strspn(number + 2, "0123456789") : 0;

	return digits && !strcmp(number + 2 + digits, "~");
}

/* The bits of allow_update of which one lets it be written. */
static unsigned int bits_of(const struct node *node)
{
	const struct document_kind *kind = document_names_kind(node);

	if (kind)
		return 1U << kind->id;
	if (!is_latest(node))
		return 0;
	if (node->kind == NODE_CODE)
		return DOCUMENT_CODE_BIT;
	/* What is written to it is ignored: a copy of a whole version succeeds. */
	return node->kind == NODE_CODE_SHA256 ? bits_of_place(DOCUMENT_OF_LATEST) : 0;
}

bool document_names_could_be_written(const struct node *node)
{
	return !is_replica(node) && bits_of(node);
}

bool document_names_are_writable(const struct aliasfs *fs, const struct node *node)
{
	if (node->kind == NODE_DESCRIPTION || node->kind == NODE_DRAFT)
		return true;
	return document_names_could_be_written(node) && fs->options->allow_update & bits_of(node);
}

uint64_t document_names_room(const struct node *node)
{
	if (node->kind == NODE_CODE ||
		(node->kind == NODE_DRAFT && text_starts_with(node->name, LATEST_PLACE "/")))
		return ZIP_SIZE_MAX;
	return DOCUMENT_MAX;
}
