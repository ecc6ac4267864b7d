/* SPDX-License-Identifier: MIT */
/* Open directories: when they are listed, and what the kernel may keep of that. */
#include "fs/fuse/operations.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "fs/fuse/directory_cache.h"
#include "fs/fuse/invalidate.h"
#include "fs/gesture/gesture.h"
#include "fs/settings/options.h"
#include "fs/tree/open_handles.h"

#define OPEN_TO_READ_MS 1000 /* from opendir(3) to readdir(3), without a ttl as well */

struct directory {
	struct handle handle;
	struct node node;
	struct tree_listing listing;
	uint64_t inode;
	uint64_t hash;     /* of the listing */
	int64_t listed_ms; /* when there came to be a listing; 0: there is none */
	bool used;         /* entries were given since it was listed */
	bool cached;       /* the kernel keeps the entries that it is given */
};

static void directory_free(const struct aliasfs *fs, struct directory *directory)
{
	handles_remove(fs->handles, &directory->handle);
	tree_listing_release(&directory->listing);
	free(directory);
}

static void abandon_directory(const struct aliasfs *fs, struct handle *handle)
{
	directory_free(fs, (struct directory *)handle);
}

/* What a version holds never changes; everything else is listed again at every use. */
static bool is_immutable_directory(const struct node *node)
{
	return node->kind == NODE_VERSION && lambda_version_is_published(node->version);
}

static int list_directory(struct request *request, struct directory *directory)
{
	struct tree_listing listing;
	int error = tree_list(request, &directory->node, &listing);

	if (error)
		return error;
	tree_listing_release(&directory->listing);
	directory->listing = listing;
	directory->hash = tree_listing_hash(&directory->listing);
	directory->listed_ms = clock_monotonic_ms();
	return 0;
}

/*
 * opendir(3) says O_DIRECTORY, and its caller must hear of an error now (directory_cache.h). A process that opens a directory
 * as df does, or to fsync(2) it, has no use for its entries: they are listed when they are read, if ever.
 */
static bool lists_at_open(int flags)
{
	return flags & O_DIRECTORY;
}

void ll_opendir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct directory *directory;
	struct request request;
	struct node node;
	int error;

	reply_begin(handle, &request, "OPENDIR");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	directory = calloc(1, sizeof(*directory));
	if (!directory) {
		reply_failure(handle, &request, -ENOMEM, &node, NULL);
		return;
	}
	directory->node = node;
	/* A recursive removal enters what it removes; a function's own directory anyone lists. */
	if (node.kind != NODE_FUNCTION)
		ll_note_activity(&request, node.function);
	error = request_permits(&request, tree_shown_mode(request.fs, &node), R_OK);
	if (!error && lists_at_open(info->flags))
		error = list_directory(&request, directory);
	if (error) {
		free(directory);
		reply_failure(handle, &request, error, &node, NULL);
		return;
	}
	info->fh = (uintptr_t)directory;
	directory->inode = inode;
	handles_add(request.fs->handles, &directory->handle, abandon_directory);
	directory->cached = directory->listed_ms != 0;
	info->cache_readdir = directory->cached;
	info->keep_cache =
		!directory->cached || is_immutable_directory(&node) ||
		listed_open(request.fs->listed, inode, directory->hash, clock_monotonic_ms(),
			(int64_t)(request.fs->options->ttl * 1000));
	if (!reply_opened(handle, &request, info))
		directory_free(fuse_req_userdata(handle), directory);
}

struct readdir_reply {
	fuse_req_t handle;
	struct aliasfs *fs;
	char *data;
	size_t size, used;
	bool plus;
};

/* Adds one entry; false when there is no room for it. `attributes` only with plus, and may be NULL then too. */
static bool add_dirent(struct readdir_reply *reply, const char *name, const struct node *node,
	uint64_t inode, const struct tree_attributes *attributes, off_t next)
{
	struct fuse_entry_param entry = {.attr = {.st_ino = inode, .st_mode = tree_mode(node)}};
	uint64_t remembered = 0;
	size_t needed;

	if (!reply->plus) {
		needed = fuse_add_direntry(reply->handle, reply->data + reply->used,
			reply->size - reply->used, name, &entry.attr, next);
	} else {
		/* Only what fits may be counted as looked up, so the room is measured first. */
		needed = fuse_add_direntry_plus(reply->handle, NULL, 0, name, &entry, next);
		if (needed <= reply->size - reply->used) {
			if (attributes)
				remembered = node_table_remember(reply->fs->nodes, node);
			if (remembered)
				entry = reply_entry_param(remembered, attributes);
			fuse_add_direntry_plus(reply->handle, reply->data + reply->used,
				reply->size - reply->used, name, &entry, next);
		}
	}
	if (needed > reply->size - reply->used)
		return false;
	reply->used += needed;
	return true;
}

/* The two entries every directory starts with. */
static bool add_dots(struct readdir_reply *reply, const struct node *node, off_t *offset)
{
	static const char *const names[] = {".", ".."};

	for (; *offset < 2; (*offset)++)
		if (!add_dirent(reply, names[*offset], node, node_inode(node), NULL, *offset + 1))
			return false;
	return true;
}

static void add_entries(
	struct readdir_reply *reply, const struct directory *directory, off_t offset)
{
	const struct tree_listing *listing = &directory->listing;
	char text[LAMBDA_VERSION_TEXT_SIZE];
	struct tree_attributes attributes;
	struct node node;

	if (!add_dots(reply, &directory->node, &offset))
		return;
	for (; (size_t)offset - 2 < listing->count; offset++) {
		const struct tree_entry *entry = &listing->entries[offset - 2];
		bool known = reply->plus && entry->has_attributes;

		tree_entry_node(&directory->node, entry, &node);
		if (known)
			tree_entry_attributes(
				reply->fs, &node, entry, listing->expires_ms, &attributes);
		if (!add_dirent(reply, tree_entry_name(entry, text), &node, node_inode(&node),
			    known ? &attributes : NULL, offset + 1))
			return;
	}
}

/* Read from its beginning again (rewinddir), or long after it was opened, it is listed again. */
static bool is_to_be_listed(const struct directory *directory, off_t offset, double ttl)
{
	int64_t age_ms = clock_monotonic_ms() - directory->listed_ms;

	return !directory->listed_ms ||
	       (offset == 0 &&
		       (directory->used || age_ms > OPEN_TO_READ_MS + (int64_t)(ttl * 1000)));
}

static void read_directory(
	fuse_req_t handle, size_t size, off_t offset, struct fuse_file_info *info, bool plus)
{
	struct directory *directory = reply_pointer_of(info);
	struct readdir_reply reply = {.handle = handle, .size = size, .plus = plus};
	struct request request;
	int error = 0;

	reply_begin(handle, &request, "READDIR");
	reply_visit(&request, directory->node.function);
	reply.fs = request.fs;
	reply.data = malloc(size);
	if (!reply.data || offset < 0)
		error = reply.data ? -EINVAL : -ENOMEM;
	if (!error && is_to_be_listed(directory, offset, request.fs->options->ttl))
		error = list_directory(&request, directory);
	if (error) {
		free(reply.data);
		reply_failure(handle, &request, error, &directory->node, NULL);
		return;
	}
	directory->used = true;
	if (offset == 0)
		listed_read(reply.fs->listed, directory->inode, directory->hash, directory->cached,
			clock_monotonic_ms());
	add_entries(&reply, directory, offset);
	reply_bytes(handle, &request, reply.data, reply.used);
	free(reply.data);
}

void ll_readdir(
	fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)inode;
	read_directory(handle, size, offset, info, false);
}

void ll_readdirplus(
	fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)inode;
	read_directory(handle, size, offset, info, true);
}

void ll_releasedir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	(void)inode;
	directory_free(fuse_req_userdata(handle), reply_pointer_of(info));
	reply_errno(handle, 0);
}

void ll_renew_entries(const struct aliasfs *fs, fuse_ino_t inode, const struct node *node,
	struct tree_attributes *attributes)
{
	int64_t left_ms;

	if (is_immutable_directory(node))
		return;
	left_ms = listed_take_left_ms(
		fs->listed, inode, clock_monotonic_ms(), (int64_t)(fs->options->ttl * 1000));
	if (left_ms <= 0)
		invalidate_entries(fs->session, inode);
	else if (attributes->attribute_timeout > (double)left_ms / 1000)
		attributes->attribute_timeout = (double)left_ms / 1000;
}
