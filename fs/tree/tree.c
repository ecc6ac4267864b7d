/* SPDX-License-Identifier: MIT */
#include "fs/tree/tree.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "backend/documents/document.h"
#include "fs/gesture/gesture.h"
#include "fs/rules/name.h"
#include "fs/settings/options.h"
#include "fs/settings/selection.h"
#include "fs/tree/control.h"
#include "fs/tree/description.h"
#include "fs/tree/document_file.h"
#include "fs/tree/document_names.h"
#include "fs/tree/drafts.h"
#include "fs/tree/private.h"
#include "fs/tree/times.h"

/* What never changes is remembered by the kernel for an hour: longer would gain nothing. */
#define IMMUTABLE_SECONDS 3600.0

const struct tree_version_file tree_version_files[TREE_VERSION_FILES] = {
	{NODE_CODE_SHA256, "code.sha256"},
	{NODE_CODE, "code.zip"},
	{NODE_CONFIGURATION, "configuration.json"},
	{NODE_ENVIRONMENT, "environment.json"},
};

mode_t tree_mode(const struct node *node)
{
	switch (node->kind) {
	case NODE_ROOT:
	case NODE_FUNCTION:
	case NODE_ALIAS:
		return S_IFDIR | 0755;
	case NODE_VERSION:
	case NODE_ALIASES:
	case NODE_FUNCTION_DOCUMENTS:
	case NODE_CONTROL:
		return S_IFDIR | 0555;
	case NODE_LINK:
		return S_IFLNK | 0777;
	case NODE_ENVIRONMENT:
	case NODE_HISTORY:
		return S_IFREG | 0400;
	case NODE_CONFIGURATION:
	case NODE_CODE_SHA256:
	case NODE_CODE:
		return S_IFREG | 0444;
	case NODE_INVOKE:
	case NODE_DRAFT: /* a copy of whichever document: as private as the most private one */
		return S_IFREG | 0600;
	case NODE_DESCRIPTION:
		return S_IFREG | 0644;
	case NODE_DOCUMENT:
		return S_IFREG | (node_document_kind(node)->is_private ? 0400 : 0444);
	case NODE_CONTROL_FILE:
		return S_IFREG | control_file_mode(node->name);
	}
	return 0;
}

mode_t tree_shown_mode(const struct aliasfs *fs, const struct node *node)
{
	mode_t mode = tree_mode(node);

	/* The kernel ignores a link's mode. */
	if (S_ISLNK(mode))
		return mode;
	/* Without -o code it answers by name, to whom it may be of use (contract 1.2.8). */
	if (node->kind == NODE_CODE && !fs->options->code)
		mode &= S_IFMT | 0400;
	if (!fs->options->read_only && (S_ISREG(mode) ? document_names_are_writable(fs, node)
						      : document_names_are_place(fs, node)))
		mode |= S_IWUSR;
	return mode & ~(mode_t)fs->options->umask;
}

double tree_seconds_until(int64_t expires_ms)
{
	int64_t left_ms;

	if (expires_ms == INT64_MAX)
		return IMMUTABLE_SECONDS;
	left_ms = expires_ms - clock_monotonic_ms();
	return left_ms > 0 ? (double)left_ms / 1000 : 0;
}

void tree_set_size(struct stat *stat, uint64_t size)
{
	stat->st_size = (off_t)size;
	stat->st_blocks = (blkcnt_t)((size + 511) / 512);
}

void tree_fill(const struct aliasfs *fs, const struct node *node, int64_t last_modified,
	uint64_t size, struct tree_attributes *attributes)
{
	struct stat *stat = &attributes->stat;
	struct timespec set;

	memset(attributes, 0, sizeof(*attributes));
	attributes->last_modified = last_modified;
	stat->st_mode = tree_shown_mode(fs, node);
	stat->st_nlink = 1; /* of a directory it means "not counted" (as btrfs has it) */
	stat->st_uid = fs->shown_uid;
	stat->st_gid = fs->shown_gid;
	tree_set_size(stat, size);
	stat->st_blksize = 4096;
	stat->st_mtim.tv_sec = last_modified;
	if (!S_ISREG(stat->st_mode) && times_get(fs->times, node_inode(node), last_modified, &set))
		stat->st_mtim = set;
	stat->st_ctim = stat->st_mtim;
	stat->st_atim = stat->st_mtim;
}

uint64_t tree_file_size(enum node_kind kind, const struct catalog_version *version)
{
	switch (kind) {
	case NODE_CONFIGURATION:
		return version->configuration_length;
	case NODE_ENVIRONMENT:
		return version->environment_length;
	case NODE_CODE_SHA256:
		return version->has_code_sha256 ? DOCUMENT_SHA256_SIZE - 1 : 0;
	case NODE_CODE:
		return version->code_size;
	default:
		return 0;
	}
}

bool tree_has_code(const struct catalog_version *version)
{
	return version->has_code_sha256 && version->code_size > 0;
}

/* A version's directory or one of its files. */
static int version_attributes(
	struct request *request, const struct node *node, struct tree_attributes *attributes)
{
	struct catalog_version version;
	enum lambda_status status;
	int64_t expires_ms;

	status = catalog_version_get(request->fs->catalog, &request->scope, node->function,
		node->version, &version, &expires_ms, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	if (node->kind == NODE_CODE && !tree_has_code(&version))
		return -ENOENT;
	tree_fill(request->fs, node, version.last_modified, tree_file_size(node->kind, &version),
		attributes);
	attributes->attribute_timeout = tree_seconds_until(expires_ms);
	attributes->entry_timeout = attributes->attribute_timeout;
	/* A published version never changes, but it can be deleted: its own name is asked for again. */
	if (node->kind == NODE_VERSION && attributes->entry_timeout > request->fs->options->ttl)
		attributes->entry_timeout = request->fs->options->ttl;
	return 0;
}

/* When a link's target was last modified, asking AWS only if `exact`; a target that is gone has no time. */
static int link_last_modified(struct request *request, const struct node *node, uint64_t target,
	bool exact, int64_t *ret_last_modified)
{
	const struct catalog_versions *versions =
		catalog_versions_peek(request->fs->catalog, node->function);
	const struct catalog_version *known =
		versions ? catalog_versions_find(versions, target) : NULL;
	struct catalog_version version;
	enum lambda_status status;

	*ret_last_modified = known ? known->last_modified : 0;
	if (versions)
		catalog_versions_unref(versions);
	/*
	 * ln looks at the link before it replaces it, bash at each that a pattern matches, and both have no use
	 * for its time: where that is not known, it is not asked for, so that they cost no more calls than they must.
	 */
	if (known || !exact || caller_runs(request_caller(request), "ln") ||
		caller_runs(request_caller(request), "bash"))
		return 0;
	status = catalog_version_get(request->fs->catalog, &request->scope, node->function, target,
		&version, NULL, &request->error);
	if (!status)
		*ret_last_modified = version.last_modified;
	return status == LAMBDA_NOT_FOUND ? 0 : request_errno(status, ERRNO_READ);
}

/*
 * An alias, a weight, a local link or .newest. The attributes are not remembered by the kernel: a remap
 * through the alias (contract 2.1) changes them without the kernel noticing.
 */
static int link_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	const struct gesture_place place = node_place(node);
	int64_t last_modified = request->fs->mounted_at;
	struct gesture_entry entry;
	int error;

	error = gesture_lookup(request->fs->gestures, &request->scope, &place, node->name, &entry,
		&request->error);
	if (error)
		return error;
	if (entry.kind == GESTURE_NOTHING)
		return -ENOENT;
	if (entry.kind == GESTURE_ALIAS && entry.last_modified != INT64_MIN)
		last_modified = entry.last_modified;
	else if (entry.kind == GESTURE_ALIAS || entry.kind == GESTURE_WEIGHT)
		error = link_last_modified(request, node, entry.version, exact, &last_modified);
	if (error)
		return error;
	tree_fill(request->fs, node, last_modified, entry.target_length, attributes);
	attributes->attribute_timeout = 0;
	/* A weight goes with a remap of its alias: a name that the kernel kept could not be made again. */
	attributes->entry_timeout =
		entry.kind == GESTURE_ALIAS ? tree_seconds_until(entry.expires_ms) : 0;
	return 0;
}

/* When $LATEST was last modified, as the function list has it, however old; 0: it does not. */
static int64_t listed_last_modified(const struct aliasfs *fs, const char *name)
{
	const struct catalog_function_list *list = catalog_function_list_peek(fs->catalog);
	const struct catalog_function *function =
		list ? catalog_function_list_find(list, name) : NULL;
	int64_t last_modified = function ? function->last_modified : 0;

	catalog_function_list_unref(list);
	return last_modified;
}

/*
 * `exact` asks AWS whether it is there, and for the versions; otherwise what is known is shown and not remembered.
 * Of the time that is enough for bash, which looks at each directory that a pattern passes through.
 */
static int function_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	const struct catalog_versions *versions = NULL;
	enum lambda_status status = LAMBDA_OK;
	bool certain = true;

	if (exact)
		status = catalog_function_exists(
			request->fs->catalog, &request->scope, node->function, &request->error);
	else if (!gesture_has_pending(request->fs->gestures, node->function))
		status = catalog_function_look_up(request->fs->catalog, &request->scope,
			node->function, &certain, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	if (exact && !caller_runs(request_caller(request), "bash")) {
		status = catalog_versions_get(request->fs->catalog, &request->scope, node->function,
			&versions, &request->error);
		if (status)
			return request_errno(status, ERRNO_READ);
	} else {
		versions = catalog_versions_peek(request->fs->catalog, node->function);
	}
	tree_fill(request->fs, node,
		versions ? versions->last_modified
			 : listed_last_modified(request->fs, node->function),
		0, attributes);
	attributes->attribute_timeout =
		versions && certain ? tree_seconds_until(versions->expires_ms) : 0;
	attributes->entry_timeout = certain ? request->fs->options->ttl : 0;
	if (versions)
		catalog_versions_unref(versions);
	return 0;
}

/* The newest LastModified of the functions that are shown. */
static int64_t newest_shown(
	const struct aliasfs *fs, const struct catalog_function_list *root, int64_t otherwise)
{
	int64_t newest = INT64_MIN;
	size_t i;

	for (i = 0; i < root->count; i++)
		if (root->entries[i].last_modified > newest &&
			selection_shows(fs->options->functions, root->entries[i].name))
			newest = root->entries[i].last_modified;
	return newest == INT64_MIN ? otherwise : newest;
}

/*
 * The functions, for the root's time. Stale is better than nothing here: that the root cannot be listed is
 * said by its listing. df, which looks at the root first, never waits (contract 1). NULL: nothing is known.
 */
static const struct catalog_function_list *root_for_its_time(struct request *request)
{
	const struct catalog_function_list *root = NULL;
	struct lambda_error unheard;

	if (caller_runs(request_caller(request), "df") ||
		catalog_function_list_get(request->fs->catalog, &request->scope, &root, &unheard))
		root = catalog_function_list_peek(request->fs->catalog);
	return root;
}

static int root_attributes(
	struct request *request, const struct node *node, struct tree_attributes *attributes)
{
	const struct catalog_function_list *root = root_for_its_time(request);
	int64_t last_modified = request->fs->mounted_at, expires_ms = 0;

	if (root) {
		if (root->count && !request->fs->options->functions)
			last_modified = root->last_modified;
		else if (root->count)
			last_modified = newest_shown(request->fs, root, last_modified);
		expires_ms = root->expires_ms;
		catalog_function_list_unref(root);
	}
	tree_fill(request->fs, node, last_modified, 0, attributes);
	attributes->attribute_timeout = tree_seconds_until(expires_ms);
	attributes->entry_timeout = IMMUTABLE_SECONDS;
	return 0;
}

/*
 * .aliases, .function, and .aliases/PROD with its .history and .invoke while there is such an alias: as old as their
 * function. Files that are made anew at every open have a size of 0, as in /proc.
 */
static int alias_directory_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	const struct gesture_place place = node_place(node);
	struct tree_attributes owned;
	struct gesture_entry entry;
	enum lambda_status status;
	struct node function;
	int error = 0;

	if (node->kind != NODE_ALIASES && node->kind != NODE_FUNCTION_DOCUMENTS) {
		error = gesture_lookup(request->fs->gestures, &request->scope, &place, node->name,
			&entry, &request->error);
		if (!error && entry.kind != GESTURE_ALIAS)
			error = -ENOENT;
	} else if (!exact && !gesture_has_pending(request->fs->gestures, node->function)) {
		/* A LOOKUP of the function alone proves nothing; function_attributes() asks if it is to be exact. */
		status = catalog_function_exists(
			request->fs->catalog, &request->scope, node->function, &request->error);
		error = request_errno(status, ERRNO_READ);
	}
	if (error)
		return error;
	node_make(&function, NODE_FUNCTION, node->function, 0, NULL);
	error = function_attributes(request, &function, exact, &owned);
	if (error)
		return error;
	tree_fill(request->fs, node, owned.last_modified, 0, attributes);
	attributes->attribute_timeout = owned.attribute_timeout;
	attributes->entry_timeout = owned.entry_timeout;
	return 0;
}

static int description_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	struct lambda_alias alias;
	enum lambda_status status;
	int64_t last_modified;
	int error;

	status = catalog_alias_get(request->fs->catalog, &request->scope, node->function,
		node->name, &alias, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	error = link_last_modified(request, node, alias.version, exact, &last_modified);
	if (!error) {
		tree_fill(request->fs, node, last_modified + description_offset(alias.description),
			description_size(alias.description), attributes);
		attributes->attribute_timeout = 0;
		attributes->entry_timeout = request->fs->options->ttl;
	}
	lambda_alias_release(&alias);
	return error;
}

/* As old as its function, and a little more for its text (contract 6.1). Its size is that of what AWS has. */
static int document_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	cleanup(buffer_release) struct buffer content = BUFFER_INIT(DOCUMENT_MAX);
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	struct tree_attributes owned;
	struct node directory;
	int error;

	node_document_alias(node, alias);
	node_make(&directory, *alias ? NODE_ALIAS : NODE_FUNCTION_DOCUMENTS, node->function, 0,
		alias);
	error = alias_directory_attributes(request, &directory, exact, &owned);
	if (!error)
		error = document_file_load(request, node, &content);
	if (error)
		return error;
	tree_fill(request->fs, node,
		owned.last_modified + description_offset(buffer_text(&content)), content.length,
		attributes);
	attributes->attribute_timeout = 0;
	attributes->entry_timeout = request->fs->options->ttl;
	return 0;
}

/* A tool's temporary file: nothing of it is remembered by the kernel. */
static int draft_attributes(const struct aliasfs *fs, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	int64_t modified;
	uint64_t size;
	int error = drafts_stat(fs->drafts, clock_monotonic_ms(), node, exact, &size, &modified);

	if (!error)
		tree_fill(fs, node, modified, size, attributes);
	return error;
}

static int node_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	char alias[LAMBDA_ALIAS_NAME_MAX + 1] = "";
	int error = 0;

	if (node->kind == NODE_ALIAS || node->kind == NODE_DESCRIPTION ||
		node->kind == NODE_HISTORY || (node->kind == NODE_INVOKE && !node->in_version))
		snprintf(alias, sizeof(alias), "%.*s", LAMBDA_ALIAS_NAME_MAX, node->name);
	else if (node->kind == NODE_DOCUMENT)
		node_document_alias(node, alias);
	if (*alias)
		error = gesture_settle_held(request->fs->gestures, &request->scope, node->function,
			alias, &request->error);
	if (error)
		return error;
	/* A document that a tool is about to replace; what is open goes on. */
	if (!exact && S_ISREG(tree_mode(node)) &&
		drafts_are_hiding(request->fs->drafts, clock_monotonic_ms(), node))
		return -ENOENT;
	switch (node->kind) {
	case NODE_ROOT:
		return root_attributes(request, node, attributes);
	case NODE_FUNCTION:
		return function_attributes(request, node, exact, attributes);
	case NODE_VERSION:
	case NODE_CONFIGURATION:
	case NODE_ENVIRONMENT:
	case NODE_CODE_SHA256:
	case NODE_CODE:
		return version_attributes(request, node, attributes);
	case NODE_LINK:
		return link_attributes(request, node, exact, attributes);
	case NODE_INVOKE:
		return node->in_version
			       ? version_attributes(request, node, attributes)
			       : alias_directory_attributes(request, node, exact, attributes);
	case NODE_ALIASES:
	case NODE_ALIAS:
	case NODE_FUNCTION_DOCUMENTS:
	case NODE_HISTORY:
		return alias_directory_attributes(request, node, exact, attributes);
	case NODE_DESCRIPTION:
		return description_attributes(request, node, exact, attributes);
	case NODE_DOCUMENT:
		return document_attributes(request, node, exact, attributes);
	case NODE_DRAFT:
		return draft_attributes(request->fs, node, exact, attributes);
	case NODE_CONTROL:
	case NODE_CONTROL_FILE:
		tree_fill(request->fs, node, request->fs->mounted_at, 0, attributes);
		attributes->attribute_timeout = 0;
		attributes->entry_timeout = IMMUTABLE_SECONDS;
		return 0;
	}
	return -ENOENT;
}

int tree_attributes_get(
	struct request *request, const struct node *node, struct tree_attributes *ret_attributes)
{
	return node_attributes(request, node, true, ret_attributes);
}

/*
 * `ln -sfn 2 hello/PROD`, run in the root, looks whether "2" is there: a list of the functions that may still
 * be shown answers that. Other names that it lacks may be new: they are asked for.
 */
static bool is_unlisted_number(const struct aliasfs *fs, const struct node *node)
{
	return node->kind == NODE_FUNCTION &&
	       !node->function[strspn(node->function, "0123456789")] &&
	       catalog_function_list_lacks(fs->catalog, node->function);
}

int tree_lookup(struct request *request, const struct node *parent, const char *name,
	struct node *ret_child, struct tree_attributes *ret_attributes,
	double *ret_negative_timeout)
{
	int error = strlen(name) > NAME_MAX ? -ENAMETOOLONG
					    : tree_child_of(request->fs, parent, name, ret_child);

	*ret_negative_timeout = 0;
	if (error == -ENOENT) {
		/* Decided by the rules for names alone: it holds as long as the kernel likes. */
		*ret_negative_timeout = IMMUTABLE_SECONDS;
		return error;
	}
	if (!error && is_unlisted_number(request->fs, ret_child))
		return -ENOENT;
	if (!error)
		error = node_attributes(request, ret_child, false, ret_attributes);
	/* A RENAME to another name takes the kernel's name of it along, and a copy has the node: writes would meet the document. */
	if (!error && document_names_are_writable(request->fs, ret_child))
		ret_attributes->entry_timeout = 0;
	return error;
}

void tree_link_attributes(const struct aliasfs *fs, const struct node *link, size_t target_length,
	struct tree_attributes *ret_attributes)
{
	tree_fill(fs, link, clock_wall_ms() / 1000, target_length, ret_attributes);
}
