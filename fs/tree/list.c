/* SPDX-License-Identifier: MIT */
#include "fs/tree/private.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/hash.h"
#include "backend/catalog/catalog.h"
#include "fs/gesture/gesture.h"
#include "fs/settings/options.h"
#include "fs/settings/selection.h"
#include "fs/tree/control.h"
#include "fs/tree/document_file.h"
#include "fs/tree/document_names.h"
#include "fs/tree/drafts.h"

static size_t version_text_length(uint64_t version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(version, text);
	return strlen(text);
}

void tree_listing_release(struct tree_listing *listing)
{
	size_t i;

	for (i = 0; i < listing->count; i++)
		free(listing->entries[i].name);
	free(listing->entries);
	memset(listing, 0, sizeof(*listing));
}

/* One more entry, zeroed but for its kind and name (copied; NULL for a version). NULL when out of memory. */
static struct tree_entry *add_entry(
	struct tree_listing *listing, enum node_kind kind, const char *name)
{
	struct tree_entry *entry;

	if (listing->count == listing->capacity) {
		size_t capacity = listing->capacity ? listing->capacity * 2 : 16;
		struct tree_entry *entries =
			reallocarray(listing->entries, capacity, sizeof(*entries));

		if (!entries)
			return NULL;
		listing->entries = entries;
		listing->capacity = capacity;
	}
	entry = &listing->entries[listing->count];
	memset(entry, 0, sizeof(*entry));
	entry->kind = kind;
	if (name && !(entry->name = strdup(name)))
		return NULL;
	listing->count++;
	return entry;
}

/* An entry with its attributes, which are known. 0 or -ENOMEM. */
static int add_known(struct tree_listing *listing, enum node_kind kind, const char *name,
	uint64_t version, int64_t last_modified, uint64_t size)
{
	struct tree_entry *entry = add_entry(listing, kind, name);

	if (!entry)
		return -ENOMEM;
	entry->version = version;
	entry->last_modified = last_modified;
	entry->size = (uint32_t)size;
	entry->has_attributes = true;
	return 0;
}

static int list_root(struct request *request, struct tree_listing *listing)
{
	const struct catalog_function_list *root;
	enum lambda_status status;
	int error = 0;
	size_t i;

	status = catalog_function_list_get(
		request->fs->catalog, &request->scope, &root, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	status = selection_check(request->fs->options->functions, root->unlistable,
		root->unlistable_count, &request->error);
	if (status)
		error = request_errno(status, ERRNO_READ);
	for (i = 0; i < root->count && !error; i++)
		if (selection_shows(request->fs->options->functions, root->entries[i].name))
			error = add_entry(listing, NODE_FUNCTION, root->entries[i].name) ? 0
											 : -ENOMEM;
	listing->expires_ms = root->expires_ms;
	catalog_function_list_unref(root);
	return error;
}

struct listing_of_links {
	struct tree_listing *listing;
	const struct catalog_versions *versions;
	enum node_kind kind; /* NODE_LINK, or NODE_ALIAS to list .aliases */
};

static int add_link(void *data, const char *name, enum gesture_kind kind, uint64_t version)
{
	struct listing_of_links *links = data;
	const struct catalog_version *target = catalog_versions_find(links->versions, version);
	struct tree_entry *entry;

	if (links->kind == NODE_ALIAS && kind != GESTURE_ALIAS)
		return 0;
	entry = add_entry(links->listing, links->kind, name);
	if (!entry)
		return -ENOMEM;
	entry->version = version;
	entry->size = links->kind == NODE_LINK ? (uint32_t)version_text_length(version) : 0;
	entry->last_modified = links->kind == NODE_ALIAS ? links->versions->last_modified
			       : target                  ? target->last_modified
							 : 0;
	entry->has_attributes = target != NULL || links->kind == NODE_ALIAS;
	return 0;
}

static int add_versions(const struct catalog_versions *versions, struct tree_listing *listing)
{
	int error = 0;
	size_t i;

	for (i = 0; i < versions->count && !error; i++)
		error = add_known(listing, NODE_VERSION, NULL, versions->entries[i].version,
			versions->entries[i].last_modified, 0);
	return error;
}

/* The directories at the end of a function's: .aliases, and with -o documents .function. */
static int add_directories(const struct aliasfs *fs, const struct catalog_versions *versions,
	struct tree_listing *listing)
{
	int error = add_known(listing, NODE_ALIASES, ".aliases", 0, versions->last_modified, 0);

	if (error || !document_names_show_function(fs))
		return error;
	return add_known(
		listing, NODE_FUNCTION_DOCUMENTS, ".function", 0, versions->last_modified, 0);
}

/* A function's directory, or .aliases in it. */
static int list_function(
	struct request *request, const struct node *directory, struct tree_listing *listing)
{
	struct listing_of_links links = {.listing = listing};
	enum lambda_status status;
	int error = 0;

	status = catalog_versions_get(request->fs->catalog, &request->scope, directory->function,
		&links.versions, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	links.kind = directory->kind == NODE_FUNCTION ? NODE_LINK : NODE_ALIAS;
	if (directory->kind == NODE_FUNCTION)
		error = add_versions(links.versions, listing);
	if (!error)
		error = gesture_list(request->fs->gestures, &request->scope, directory->function,
			add_link, &links, &listing->expires_ms, &request->error);
	if (!error && directory->kind == NODE_FUNCTION)
		error = add_directories(request->fs, links.versions, listing);
	if (links.versions->expires_ms < listing->expires_ms)
		listing->expires_ms = links.versions->expires_ms;
	catalog_versions_unref(links.versions);
	return error;
}

static int list_version(
	struct request *request, const struct node *directory, struct tree_listing *listing)
{
	struct catalog_version version;
	enum lambda_status status;
	int64_t expires_ms;
	int error = 0;
	size_t i;

	status = catalog_version_get(request->fs->catalog, &request->scope, directory->function,
		directory->version, &version, &expires_ms, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	listing->expires_ms = expires_ms;
	for (i = 0; i < TREE_VERSION_FILES && !error; i++) {
		const struct tree_version_file *file = &tree_version_files[i];

		if (file->kind != NODE_CODE ||
			(request->fs->options->code && tree_has_code(&version)))
			error = add_known(listing, file->kind, file->name, directory->version,
				version.last_modified, tree_file_size(file->kind, &version));
	}
	return error;
}

static int add_documents(
	const struct aliasfs *fs, const struct node *directory, struct tree_listing *listing)
{
	int id;

	for (id = 0; id < DOCUMENT_COUNT; id++) {
		const struct document_kind *kind = document_kind((enum document_id)id);

		if (document_names_are_listed(fs, directory, kind) &&
			!add_entry(listing, NODE_DOCUMENT, kind->file))
			return -ENOMEM;
	}
	return 0;
}

static int list_function_documents(
	struct request *request, const struct node *directory, struct tree_listing *listing)
{
	enum lambda_status status = catalog_function_exists(
		request->fs->catalog, &request->scope, directory->function, &request->error);

	if (status)
		return request_errno(status, ERRNO_READ);
	return add_documents(request->fs, directory, listing);
}

static int list_alias(
	struct request *request, const struct node *directory, struct tree_listing *listing)
{
	struct lambda_alias alias;
	enum lambda_status status;

	status = catalog_alias_get(request->fs->catalog, &request->scope, directory->function,
		directory->name, &alias, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	lambda_alias_release(&alias);
	if (!add_entry(listing, NODE_DESCRIPTION, "description"))
		return -ENOMEM;
	return add_documents(request->fs, directory, listing);
}

static int list_control(struct tree_listing *listing)
{
	const char *name;
	size_t i;

	for (i = 0; (name = control_file_name(i)); i++)
		if (!add_entry(listing, NODE_CONTROL_FILE, name))
			return -ENOMEM;
	return 0;
}

/* What a tool has just removed to put another file in its place: LOOKUP does not find it either. */
static void drop_hidden(
	const struct aliasfs *fs, const struct node *directory, struct tree_listing *listing)
{
	int64_t now_ms = clock_monotonic_ms();
	size_t i, kept = 0;
	struct node node;

	for (i = 0; i < listing->count; i++) {
		tree_entry_node(directory, &listing->entries[i], &node);
		if (drafts_are_hiding(fs->drafts, now_ms, &node))
			free(listing->entries[i].name);
		else
			listing->entries[kept++] = listing->entries[i];
	}
	listing->count = kept;
}

static int add_numbered(void *data, const char *name)
{
	if (!document_names_are_numbered(name))
		return 0;
	return add_entry(data, NODE_DRAFT, name) ? 0 : -ENOMEM;
}

/* What stands beside documents, of which a tool has removed one or made a numbered backup. */
static int list_beside(
	struct request *request, const struct node *directory, struct tree_listing *listing)
{
	struct node draft;

	drop_hidden(request->fs, directory, listing);
	if (!document_names_are_place(request->fs, directory))
		return 0;
	document_names_child(directory, "~", &draft);
	return drafts_visit(
		request->fs->drafts, clock_monotonic_ms(), &draft, add_numbered, listing);
}

int tree_list(
	struct request *request, const struct node *directory, struct tree_listing *ret_listing)
{
	int error;

	memset(ret_listing, 0, sizeof(*ret_listing));
	switch (directory->kind) {
	case NODE_ROOT:
		error = list_root(request, ret_listing);
		break;
	case NODE_FUNCTION:
	case NODE_ALIASES:
		error = list_function(request, directory, ret_listing);
		break;
	case NODE_VERSION:
		error = list_version(request, directory, ret_listing);
		break;
	case NODE_ALIAS:
		error = list_alias(request, directory, ret_listing);
		break;
	case NODE_FUNCTION_DOCUMENTS:
		error = list_function_documents(request, directory, ret_listing);
		break;
	case NODE_CONTROL:
		error = list_control(ret_listing);
		break;
	default:
		error = -ENOTDIR;
		break;
	}
	if (!error && (directory->kind == NODE_VERSION || directory->kind == NODE_ALIAS ||
			      directory->kind == NODE_FUNCTION_DOCUMENTS))
		error = list_beside(request, directory, ret_listing);
	if (error)
		tree_listing_release(ret_listing);
	return error;
}

uint64_t tree_listing_hash(const struct tree_listing *listing)
{
	uint64_t hash = HASH_START;
	size_t i;

	for (i = 0; i < listing->count; i++) {
		const struct tree_entry *entry = &listing->entries[i];

		hash = hash_bytes(hash, &entry->kind, sizeof(entry->kind));
		if (entry->name)
			hash = hash_bytes(hash, entry->name, strlen(entry->name) + 1);
		else
			hash = hash_bytes(hash, &entry->version, sizeof(entry->version));
	}
	return hash;
}

void tree_entry_node(
	const struct node *directory, const struct tree_entry *entry, struct node *ret_node)
{
	switch (entry->kind) {
	case NODE_FUNCTION:
		node_make(ret_node, NODE_FUNCTION, entry->name, 0, NULL);
		break;
	case NODE_DESCRIPTION:
		node_make(ret_node, NODE_DESCRIPTION, directory->function, 0, directory->name);
		break;
	case NODE_DOCUMENT:
	case NODE_DRAFT:
		document_names_child(directory, entry->name, ret_node);
		break;
	default:
		node_make(ret_node, entry->kind, directory->function, entry->version, entry->name);
		break;
	}
}

const char *tree_entry_name(const struct tree_entry *entry, char text[LAMBDA_VERSION_TEXT_SIZE])
{
	if (entry->name)
		return entry->name;
	lambda_version_format(entry->version, text);
	return text;
}

void tree_entry_attributes(const struct aliasfs *fs, const struct node *node,
	const struct tree_entry *entry, int64_t expires_ms, struct tree_attributes *ret_attributes)
{
	double until = tree_seconds_until(expires_ms);

	tree_fill(fs, node, entry->last_modified, entry->size, ret_attributes);
	ret_attributes->entry_timeout = until;
	ret_attributes->attribute_timeout = until;
	if (document_names_are_writable(fs, node))
		ret_attributes->entry_timeout = ret_attributes->attribute_timeout =
			0; /* as in tree.c */
	if (entry->kind == NODE_LINK) {
		ret_attributes->attribute_timeout = 0;
		if (strchr(entry->name, '%'))
			ret_attributes->entry_timeout = 0; /* a weight: as in tree.c */
	} else if (entry->kind == NODE_VERSION && lambda_version_is_published(entry->version))
		ret_attributes->attribute_timeout = tree_seconds_until(INT64_MAX);
}
