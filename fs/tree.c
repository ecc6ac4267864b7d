/* SPDX-License-Identifier: MIT */
#include "fs/tree.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/document.h"
#include "fs/control.h"
#include "fs/description.h"
#include "fs/name.h"
#include "fs/times.h"

/* What never changes is remembered by the kernel for an hour: longer would gain nothing. */
#define IMMUTABLE_SECONDS 3600.0

static const struct {
	enum node_kind kind;
	const char *name;
} version_files[] = {
	{NODE_CODE_SHA256, "code.sha256"},
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
	case NODE_CONTROL:
		return S_IFDIR | 0555;
	case NODE_LINK:
		return S_IFLNK | 0777;
	case NODE_ENVIRONMENT:
		return S_IFREG | 0400;
	case NODE_CONFIGURATION:
	case NODE_CODE_SHA256:
		return S_IFREG | 0444;
	case NODE_DESCRIPTION:
	case NODE_DRAFT:
		return S_IFREG | 0644;
	case NODE_CONTROL_FILE:
		return S_IFREG | control_file_mode(node->name);
	}
	return 0;
}

/* Seconds from now until that moment: what an entry_timeout or attr_timeout takes. */
static double seconds_until(int64_t expires_ms)
{
	int64_t left_ms;

	if (expires_ms == INT64_MAX)
		return IMMUTABLE_SECONDS;
	left_ms = expires_ms - clock_monotonic_ms();
	return left_ms > 0 ? (double)left_ms / 1000 : 0;
}

/* Everything but size and times; a directory's link count of 1 means "not counted" (as btrfs has it). */
static void fill_stat(const struct aliasfs *fs, const struct node *node, int64_t last_modified,
	uint64_t size, struct tree_attributes *attributes)
{
	struct stat *stat = &attributes->stat;
	struct timespec set;

	memset(attributes, 0, sizeof(*attributes));
	attributes->last_modified = last_modified;
	stat->st_ino = node_inode(node);
	stat->st_mode = tree_mode(node);
	stat->st_nlink = 1;
	stat->st_uid = fs->uid;
	stat->st_gid = fs->gid;
	stat->st_size = (off_t)size;
	stat->st_blksize = 4096;
	stat->st_blocks = (blkcnt_t)((size + 511) / 512);
	stat->st_mtim.tv_sec = last_modified;
	if (!S_ISREG(stat->st_mode) && times_get(fs->times, stat->st_ino, last_modified, &set))
		stat->st_mtim = set;
	stat->st_ctim = stat->st_mtim;
	stat->st_atim = stat->st_mtim;
}

static size_t version_text_length(uint64_t version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(version, text);
	return strlen(text);
}

/* Bytes of one of a version's files. */
static uint64_t file_size(enum node_kind kind, const struct catalog_version *version)
{
	switch (kind) {
	case NODE_CONFIGURATION:
		return version->configuration_length;
	case NODE_ENVIRONMENT:
		return version->environment_length;
	case NODE_CODE_SHA256:
		return version->has_code_sha256 ? DOCUMENT_SHA256_SIZE - 1 : 0;
	default:
		return 0;
	}
}

/* A version's directory or one of its files. */
static int version_attributes(
	struct request *request, const struct node *node, struct tree_attributes *attributes)
{
	struct catalog_version version;
	enum lambda_status status;

	status = catalog_version_get(request->fs->catalog, &request->scope, node->function,
		node->version, &version, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	fill_stat(request->fs, node, version.last_modified, file_size(node->kind, &version),
		attributes);
	attributes->attribute_timeout = seconds_until(version.expires_ms);
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
	if (known || !exact)
		return 0;
	status = catalog_version_get(request->fs->catalog, &request->scope, node->function, target,
		&version, &request->error);
	if (status == LAMBDA_OK)
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
	int64_t last_modified = request->fs->mounted_at;
	struct gesture_entry entry;
	int error;

	error = gesture_lookup(request->fs->gestures, &request->scope, node->function, node->name,
		&entry, &request->error);
	if (error)
		return error;
	if (entry.kind == GESTURE_NOTHING)
		return -ENOENT;
	if (entry.kind == GESTURE_ALIAS || entry.kind == GESTURE_WEIGHT)
		error = link_last_modified(request, node, entry.version, exact, &last_modified);
	if (error)
		return error;
	fill_stat(request->fs, node, last_modified, entry.target_length, attributes);
	attributes->attribute_timeout = 0;
	attributes->entry_timeout = seconds_until(entry.expires_ms);
	return 0;
}

/* `exact` asks AWS for the versions; otherwise what is known is shown and not remembered. */
static int function_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	const struct catalog_versions *versions = NULL;
	enum lambda_status status;

	status = catalog_function_exists(
		request->fs->catalog, &request->scope, node->function, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	if (exact) {
		status = catalog_versions_get(request->fs->catalog, &request->scope, node->function,
			&versions, &request->error);
		if (status)
			return request_errno(status, ERRNO_READ);
	} else {
		versions = catalog_versions_peek(request->fs->catalog, node->function);
	}
	fill_stat(request->fs, node, versions ? versions->last_modified : 0, 0, attributes);
	attributes->attribute_timeout = versions ? seconds_until(versions->expires_ms) : 0;
	attributes->entry_timeout = request->fs->options->ttl;
	if (versions)
		catalog_versions_unref(versions);
	return 0;
}

/* Stale is better than nothing here: that the root cannot be listed is said by its listing. */
static int root_attributes(
	struct request *request, const struct node *node, struct tree_attributes *attributes)
{
	const struct catalog_root *root = NULL;
	struct lambda_error unheard;
	int64_t last_modified, expires_ms;

	last_modified = request->fs->mounted_at;
	expires_ms = 0;
	if (!catalog_root_get(request->fs->catalog, &request->scope, &root, &unheard)) {
		if (root->count)
			last_modified = root->last_modified;
		expires_ms = root->expires_ms;
		catalog_root_unref(root);
	}
	fill_stat(request->fs, node, last_modified, 0, attributes);
	attributes->attribute_timeout = seconds_until(expires_ms);
	attributes->entry_timeout = IMMUTABLE_SECONDS;
	return 0;
}

/* The directories that only exist with their function: .aliases and .aliases/PROD. */
static int alias_directory_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	struct tree_attributes owned;
	struct node owner;
	int error;

	if (node->kind == NODE_ALIASES) {
		node_make(&owner, NODE_FUNCTION, node->function, 0, NULL);
		error = function_attributes(request, &owner, exact, attributes);
	} else {
		node_make(&owner, NODE_LINK, node->function, 0, node->name);
		error = link_attributes(request, &owner, exact, attributes);
	}
	if (error)
		return error;
	owned = *attributes;
	fill_stat(request->fs, node, owned.last_modified, 0, attributes);
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
		fill_stat(request->fs, node, last_modified + description_offset(alias.description),
			description_size(alias.description), attributes);
		attributes->attribute_timeout = 0;
		attributes->entry_timeout = request->fs->options->ttl;
	}
	lambda_alias_release(&alias);
	return error;
}

static int node_attributes(struct request *request, const struct node *node, bool exact,
	struct tree_attributes *attributes)
{
	switch (node->kind) {
	case NODE_ROOT:
		return root_attributes(request, node, attributes);
	case NODE_FUNCTION:
		return function_attributes(request, node, exact, attributes);
	case NODE_VERSION:
	case NODE_CONFIGURATION:
	case NODE_ENVIRONMENT:
	case NODE_CODE_SHA256:
		return version_attributes(request, node, attributes);
	case NODE_LINK:
		return link_attributes(request, node, exact, attributes);
	case NODE_ALIASES:
	case NODE_ALIAS:
		return alias_directory_attributes(request, node, exact, attributes);
	case NODE_DESCRIPTION:
		return description_attributes(request, node, exact, attributes);
	case NODE_DRAFT:
		return description_draft_attributes(request, node, attributes);
	case NODE_CONTROL:
	case NODE_CONTROL_FILE:
		fill_stat(request->fs, node, request->fs->mounted_at, 0, attributes);
		attributes->stat.st_size = control_file_size(request->fs, node);
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
 * Whether AWS may have a function of that name: letters, digits, '-', '_', and with a region in front
 * a '.' (Lambda@Edge replicas such as us-east-1.name). What desktops and crawlers probe for (.git,
 * .Trash, autorun.inf) is answered without a call.
 */
static bool may_be_function(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t length = strspn(name, allowed);

	if (!length)
		return false;
	if (name[length] == '.') {
		/* A region ends in '-' and one digit. */
		if (length < 3 || name[length - 2] != '-' || name[length - 1] < '0' ||
			name[length - 1] > '9')
			return false;
		name += length + 1;
		length = strspn(name, allowed);
	}
	return length && !name[length];
}

static int child_of_root(const char *name, struct node *child)
{
	if (!strcmp(name, ".aliasfs")) {
		node_make(child, NODE_CONTROL, NULL, 0, NULL);
		return 0;
	}
	if (!may_be_function(name))
		return -ENOENT;
	node_make(child, NODE_FUNCTION, name, 0, NULL);
	return 0;
}

static int child_of_function(const struct node *parent, const char *text, struct node *child)
{
	struct name name;

	name_parse(text, &name);
	switch (name.kind) {
	case NAME_VERSION:
		node_make(child, NODE_VERSION, parent->function, name.version, NULL);
		return 0;
	case NAME_ALIASES:
		node_make(child, NODE_ALIASES, parent->function, 0, NULL);
		return 0;
	case NAME_NUMERIC:
	case NAME_ALIAS_TOO_LONG:
	case NAME_PUBLISH:
		return -ENOENT;
	default:
		node_make(child, NODE_LINK, parent->function, 0, text);
		return 0;
	}
}

static int child_of_version(const struct node *parent, const char *name, struct node *child)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];
	size_t i;

	for (i = 0; i < array_count(version_files); i++) {
		if (!strcmp(name, version_files[i].name)) {
			node_make(child, version_files[i].kind, parent->function, parent->version,
				NULL);
			return 0;
		}
	}
	/* A tool's temporary link, on its way to be renamed (contract 2.1); nothing of that name is asked of AWS. */
	lambda_version_format(parent->version, version);
	node_make_nested(child, NODE_LINK, parent->function, version, name);
	return 0;
}

/* What the name would be; whether it is there is asked afterwards. -ENOENT: nothing is ever called that here. */
static int child_of(const struct node *parent, const char *name, struct node *child)
{
	struct name parsed;

	switch (parent->kind) {
	case NODE_ROOT:
		return child_of_root(name, child);
	case NODE_FUNCTION:
		return child_of_function(parent, name, child);
	case NODE_VERSION:
		return child_of_version(parent, name, child);
	case NODE_ALIASES:
		name_parse(name, &parsed);
		if (parsed.kind != NAME_ALIAS)
			return -ENOENT;
		node_make(child, NODE_ALIAS, parent->function, 0, name);
		return 0;
	case NODE_ALIAS:
		description_child(parent, name, child);
		return 0;
	case NODE_CONTROL:
		if (!control_file_exists(name))
			return -ENOENT;
		node_make(child, NODE_CONTROL_FILE, NULL, 0, name);
		return 0;
	default:
		return -ENOTDIR;
	}
}

int tree_lookup(struct request *request, const struct node *parent, const char *name,
	struct node *ret_child, struct tree_attributes *ret_attributes,
	double *ret_negative_timeout)
{
	int error = strlen(name) > NAME_MAX ? -ENAMETOOLONG : child_of(parent, name, ret_child);

	*ret_negative_timeout = 0;
	if (error == -ENOENT) {
		/* Decided by the rules for names alone: it holds as long as the kernel likes. */
		*ret_negative_timeout = IMMUTABLE_SECONDS;
		return error;
	}
	return error ? error : node_attributes(request, ret_child, false, ret_attributes);
}

void tree_link_attributes(const struct aliasfs *fs, const struct node *link, size_t target_length,
	struct tree_attributes *ret_attributes)
{
	fill_stat(fs, link, clock_wall_ms() / 1000, target_length, ret_attributes);
}

int tree_read_file(struct request *request, const struct node *node, struct buffer *out)
{
	struct lambda_version identity = {.version = node->version};
	char line[DOCUMENT_SHA256_SIZE];
	struct catalog_version version;
	enum lambda_status status;

	if (node->kind == NODE_CODE_SHA256) {
		status = catalog_version_get(request->fs->catalog, &request->scope, node->function,
			node->version, &version, &request->error);
		if (status)
			return request_errno(status, ERRNO_READ);
		identity.has_code_sha256 = version.has_code_sha256;
		memcpy(identity.code_sha256, version.code_sha256, sizeof(identity.code_sha256));
		document_format_sha256(&identity, line);
		return buffer_append_string(out, line);
	}
	status = catalog_document_get(request->fs->catalog, &request->scope, node->function,
		node->version,
		node->kind == NODE_CONFIGURATION ? CATALOG_CONFIGURATION : CATALOG_ENVIRONMENT, out,
		&request->error);
	return request_errno(status, ERRNO_READ);
}

/* --- listings --- */

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

static int list_root(struct request *request, struct tree_listing *listing)
{
	const struct catalog_root *root;
	enum lambda_status status;
	int error = 0;
	size_t i;

	status = catalog_root_get(request->fs->catalog, &request->scope, &root, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	for (i = 0; i < root->count && !error; i++)
		error = add_entry(listing, NODE_FUNCTION, root->entries[i].name) ? 0 : -ENOMEM;
	listing->expires_ms = root->expires_ms;
	catalog_root_unref(root);
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
	entry->last_modified = target ? target->last_modified : 0;
	entry->has_attributes = target != NULL;
	return 0;
}

static int add_versions(const struct catalog_versions *versions, struct tree_listing *listing)
{
	size_t i;

	for (i = 0; i < versions->count; i++) {
		struct tree_entry *entry = add_entry(listing, NODE_VERSION, NULL);

		if (!entry)
			return -ENOMEM;
		entry->version = versions->entries[i].version;
		entry->last_modified = versions->entries[i].last_modified;
		entry->has_attributes = true;
	}
	return 0;
}

/* A function's directory, or .aliases in it. */
static int list_function(
	struct request *request, const struct node *directory, struct tree_listing *listing)
{
	struct listing_of_links links = {.listing = listing};
	enum lambda_status status;
	struct tree_entry *last;
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
	if (!error && directory->kind == NODE_FUNCTION) {
		last = add_entry(listing, NODE_ALIASES, ".aliases");
		if (last) {
			last->last_modified = links.versions->last_modified;
			last->has_attributes = true;
		} else {
			error = -ENOMEM;
		}
	}
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
	size_t i;

	status = catalog_version_get(request->fs->catalog, &request->scope, directory->function,
		directory->version, &version, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	for (i = 0; i < array_count(version_files); i++) {
		struct tree_entry *entry =
			add_entry(listing, version_files[i].kind, version_files[i].name);

		if (!entry)
			return -ENOMEM;
		entry->version = directory->version;
		entry->last_modified = version.last_modified;
		entry->size = (uint32_t)file_size(version_files[i].kind, &version);
		entry->has_attributes = true;
	}
	listing->expires_ms = version.expires_ms;
	return 0;
}

static int list_alias(
	struct request *request, const struct node *directory, struct tree_listing *listing)
{
	struct tree_attributes attributes;
	int error = node_attributes(request, directory, false, &attributes);

	if (error)
		return error;
	return add_entry(listing, NODE_DESCRIPTION, "description") ? 0 : -ENOMEM;
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
	case NODE_CONTROL:
		error = list_control(ret_listing);
		break;
	default:
		error = -ENOTDIR;
		break;
	}
	if (error)
		tree_listing_release(ret_listing);
	return error;
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

void tree_entry_attributes(const struct aliasfs *fs, const struct node *directory,
	const struct tree_entry *entry, int64_t expires_ms, struct tree_attributes *ret_attributes)
{
	bool immutable = entry->version != LAMBDA_VERSION_LATEST &&
			 entry->version != LAMBDA_VERSION_LATEST_PUBLISHED;
	double until = seconds_until(expires_ms);
	struct node node;

	tree_entry_node(directory, entry, &node);
	fill_stat(fs, &node, entry->last_modified, entry->size, ret_attributes);
	ret_attributes->entry_timeout = until;
	ret_attributes->attribute_timeout = until;
	if (entry->kind == NODE_LINK || entry->kind == NODE_ALIAS)
		ret_attributes->attribute_timeout = 0;
	else if (entry->kind == NODE_VERSION && immutable)
		ret_attributes->attribute_timeout = IMMUTABLE_SECONDS;
}
