/* SPDX-License-Identifier: MIT */
#include "fs/ll.h"

#include <errno.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "fs/account.h"
#include "fs/file.h"
#include "fs/handles.h"
#include "fs/invalidate.h"
#include "fs/listed.h"
#include "fs/tree.h"
#include "fs/xattr.h"

#define OPEN_TO_READ_MS 1000 /* from opendir(3) to readdir(3), without a ttl as well */

/* fi->fh holds a pointer: a struct open_file or a struct directory. */
static void *pointer_of(const struct fuse_file_info *info)
{
	return (void *)(uintptr_t)info->fh;
}

bool ll_node(struct request *request, fuse_ino_t inode, struct node *ret_node)
{
	if (node_table_find(request->fs->nodes, inode, ret_node))
		return true;
	request_fail(request, -ENOENT, NULL, NULL);
	return false;
}

/* What the kernel is told of a node that it now knows under `inode`. */
static struct fuse_entry_param entry_param(uint64_t inode, const struct tree_attributes *attributes)
{
	struct fuse_entry_param entry = {
		.ino = inode,
		.attr = attributes->stat,
		.attr_timeout = attributes->attribute_timeout,
		.entry_timeout = attributes->entry_timeout,
	};

	entry.attr.st_ino = inode;
	return entry;
}

void ll_reply_entry(
	struct request *request, const struct node *node, const struct tree_attributes *attributes)
{
	uint64_t inode = node_table_remember(request->fs->nodes, node);
	struct aliasfs *fs = request->fs;
	fuse_req_t handle = request->handle;
	struct fuse_entry_param entry;

	if (!inode) {
		request_fail(request, -ENOMEM, node, NULL);
		return;
	}
	entry = entry_param(inode, attributes);
	request_end(request);
	if (fuse_reply_entry(handle, &entry))
		node_table_forget(fs->nodes, inode, 1);
}

static void ll_init(void *userdata, struct fuse_conn_info *connection)
{
	(void)userdata;
	/* Links must be read at every use: who follows one tells what it will mean (contract 2.1). */
	connection->want &= ~(unsigned int)FUSE_CAP_WRITEBACK_CACHE;
	connection->max_background = 64;
}

static void ll_lookup(fuse_req_t handle, fuse_ino_t parent_inode, const char *name)
{
	struct tree_attributes attributes;
	struct node parent, child;
	struct request request;
	double negative_timeout;
	int error;

	request_begin(&request, handle, "LOOKUP");
	if (!ll_node(&request, parent_inode, &parent))
		return;
	error = request_permits(&request, tree_shown_mode(request.fs, &parent), X_OK);
	if (!error)
		error = tree_lookup(
			&request, &parent, name, &child, &attributes, &negative_timeout);
	if (error == -ENOENT && negative_timeout > 0) {
		struct fuse_entry_param nothing = {.entry_timeout = negative_timeout};

		request_end(&request);
		fuse_reply_entry(handle, &nothing);
	} else if (error) {
		request_fail(&request, error, &parent, name);
	} else {
		ll_reply_entry(&request, &child, &attributes);
	}
}

static void ll_forget(fuse_req_t handle, fuse_ino_t inode, uint64_t count)
{
	struct aliasfs *fs = fuse_req_userdata(handle);

	node_table_forget(fs->nodes, inode, count);
	fuse_reply_none(handle);
}

static void ll_forget_multi(fuse_req_t handle, size_t count, struct fuse_forget_data *forgets)
{
	struct aliasfs *fs = fuse_req_userdata(handle);
	size_t i;

	for (i = 0; i < count; i++)
		node_table_forget(fs->nodes, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(handle);
}

/* What a version holds never changes; everything else is listed again at every use. */
static bool is_immutable_directory(const struct node *node)
{
	return node->kind == NODE_VERSION && node->version != LAMBDA_VERSION_LATEST &&
	       node->version != LAMBDA_VERSION_LATEST_PUBLISHED;
}

/*
 * Who has a directory open and reads it from its beginning again is answered by the kernel, which only looks at
 * the attributes before it: now is the time to take away what is too old to be shown.
 */
static void renew_entries(
	const struct aliasfs *fs, fuse_ino_t inode, struct tree_attributes *attributes)
{
	int64_t left_ms = listed_left_ms(
		fs->listed, inode, clock_monotonic_ms(), (int64_t)(fs->options->ttl * 1000));

	if (left_ms <= 0)
		invalidate_entries(fs->session, inode);
	else if (attributes->attribute_timeout > (double)left_ms / 1000)
		attributes->attribute_timeout = (double)left_ms / 1000;
}

static void ll_getattr(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct tree_attributes attributes;
	struct request request;
	struct node node;
	int error;

	(void)info;
	request_begin(&request, handle, "GETATTR");
	if (!ll_node(&request, inode, &node))
		return;
	error = inode == FUSE_ROOT_ID ? 0 : request_permits_passage(&request);
	if (!error)
		error = tree_attributes_get(&request, &node, &attributes);
	if (error) {
		request_fail(&request, error, &node, NULL);
		return;
	}
	attributes.stat.st_ino = inode;
	if (S_ISDIR(attributes.stat.st_mode) && !is_immutable_directory(&node))
		renew_entries(request.fs, inode, &attributes);
	request_end(&request);
	fuse_reply_attr(handle, &attributes.stat, attributes.attribute_timeout);
}

static void ll_readlink(fuse_req_t handle, fuse_ino_t inode)
{
	cleanup(buffer_release) struct buffer target = BUFFER_INIT(PATH_MAX);
	struct request request;
	struct node node;
	int error;

	request_begin(&request, handle, "READLINK");
	if (!ll_node(&request, inode, &node))
		return;
	error = request_permits_passage(&request);
	if (!error)
		error = gesture_readlink(request.fs->gestures, &request.scope,
			request_caller(&request), node.function, node.name, &target,
			&request.error);
	if (error) {
		request_fail(&request, error, &node, NULL);
		return;
	}
	request_end(&request);
	fuse_reply_readlink(handle, buffer_text(&target));
}

static void ll_open(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct open_file *file = NULL;
	struct request request;
	struct node node;
	int error;

	request_begin(&request, handle, "OPEN");
	if (!ll_node(&request, inode, &node))
		return;
	error = request_permits_passage(&request);
	if (!error)
		error = file_open(&request, &node, info->flags, &file);
	if (error) {
		request_fail(&request, error, &node, NULL);
		return;
	}
	info->fh = (uintptr_t)file;
	info->keep_cache = file_is_immutable(file);
	info->direct_io = !info->keep_cache;
	request_end(&request);
	if (fuse_reply_open(handle, info))
		file_abandon(fuse_req_userdata(handle), file);
}

static void ll_read(
	fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct request request;

	(void)inode;
	request_begin(&request, handle, "READ");
	file_reply_read(&request, pointer_of(info), size, offset);
}

static void ll_write(fuse_req_t handle, fuse_ino_t inode, const char *data, size_t size,
	off_t offset, struct fuse_file_info *info)
{
	struct request request;
	struct node node;
	size_t written = 0;
	int error;

	request_begin(&request, handle, "WRITE");
	if (!ll_node(&request, inode, &node))
		return;
	error = file_write(&request, pointer_of(info), data, size, offset, &written);
	if (error) {
		request_fail(&request, error, &node, NULL);
		return;
	}
	request_end(&request);
	fuse_reply_write(handle, written);
}

static void ll_flush(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct request request;
	struct node node;
	int error;

	request_begin(&request, handle, "FLUSH");
	if (!ll_node(&request, inode, &node))
		return;
	error = file_flush(&request, pointer_of(info));
	if (error)
		request_fail(&request, error, &node, NULL);
	else
		request_succeed(&request);
}

static void ll_fsync(fuse_req_t handle, fuse_ino_t inode, int datasync, struct fuse_file_info *info)
{
	(void)datasync;
	ll_flush(handle, inode, info);
}

static void ll_release(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct request request;
	struct node node;
	int error;

	request_begin(&request, handle, "RELEASE");
	/* Nobody waits for this reply: a failure is told by its line alone. */
	error = file_release(&request, pointer_of(info));
	if (error && node_table_find(request.fs->nodes, inode, &node))
		request_fail(&request, error, &node, NULL);
	else
		request_succeed(&request);
}

/* --- directories --- */

struct directory {
	struct handle handle;
	struct node node;
	struct tree_listing listing;
	uint64_t inode;
	uint64_t hash;     /* of the listing */
	int64_t listed_ms; /* when there came to be a listing; 0: there is none */
	bool used;         /* entries were given since it was listed */
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
 * opendir(3) says O_DIRECTORY, and its caller must hear of an error now (listed.h). Whoever opens a directory
 * as df does, or to fsync(2) it, has no use for its entries: they are listed when they are read, if ever.
 */
static bool lists_at_open(int flags)
{
	return flags & O_DIRECTORY;
}

static void ll_opendir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct directory *directory;
	struct request request;
	struct node node;
	int error;

	request_begin(&request, handle, "OPENDIR");
	if (!ll_node(&request, inode, &node))
		return;
	directory = calloc(1, sizeof(*directory));
	if (!directory) {
		request_fail(&request, -ENOMEM, &node, NULL);
		return;
	}
	directory->node = node;
	error = request_permits(&request, tree_shown_mode(request.fs, &node), R_OK);
	if (!error && lists_at_open(info->flags))
		error = list_directory(&request, directory);
	if (error) {
		free(directory);
		request_fail(&request, error, &node, NULL);
		return;
	}
	info->fh = (uintptr_t)directory;
	directory->inode = inode;
	handles_add(request.fs->handles, &directory->handle, abandon_directory);
	info->cache_readdir = directory->listed_ms != 0;
	info->keep_cache =
		!directory->listed_ms || is_immutable_directory(&node) ||
		listed_open(request.fs->listed, inode, directory->hash, clock_monotonic_ms(),
			(int64_t)(request.fs->options->ttl * 1000));
	request_end(&request);
	if (fuse_reply_open(handle, info))
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
				entry = entry_param(remembered, attributes);
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
			tree_entry_attributes(reply->fs, &directory->node, entry,
				listing->expires_ms, &attributes);
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
	struct directory *directory = pointer_of(info);
	struct readdir_reply reply = {.handle = handle, .size = size, .plus = plus};
	struct request request;
	int error = 0;

	request_begin(&request, handle, "READDIR");
	reply.fs = request.fs;
	reply.data = malloc(size);
	if (!reply.data || offset < 0)
		error = reply.data ? -EINVAL : -ENOMEM;
	if (!error && is_to_be_listed(directory, offset, request.fs->options->ttl))
		error = list_directory(&request, directory);
	if (error) {
		free(reply.data);
		request_fail(&request, error, &directory->node, NULL);
		return;
	}
	directory->used = true;
	if (offset == 0)
		listed_read(reply.fs->listed, directory->inode, directory->hash);
	add_entries(&reply, directory, offset);
	request_end(&request);
	fuse_reply_buf(handle, reply.data, reply.used);
	free(reply.data);
}

static void ll_readdir(
	fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)inode;
	read_directory(handle, size, offset, info, false);
}

static void ll_readdirplus(
	fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info)
{
	(void)inode;
	read_directory(handle, size, offset, info, true);
}

static void ll_releasedir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	(void)inode;
	directory_free(fuse_req_userdata(handle), pointer_of(info));
	fuse_reply_err(handle, 0);
}

/* --- the rest --- */

static void ll_statfs(fuse_req_t handle, fuse_ino_t inode)
{
	const struct aliasfs *fs = fuse_req_userdata(handle);
	struct statvfs statistics;

	(void)inode;
	account_statfs(fs->account, &statistics);
	fuse_reply_statfs(handle, &statistics);
}

static void ll_access(fuse_req_t handle, fuse_ino_t inode, int mask)
{
	struct request request;
	struct node node;
	int error;

	request_begin(&request, handle, "ACCESS");
	if (!ll_node(&request, inode, &node))
		return;
	error = request_permits(
		&request, tree_shown_mode(request.fs, &node), mask & (R_OK | W_OK | X_OK));
	if (!error && mask & W_OK && S_ISREG(tree_mode(&node)) && !(tree_mode(&node) & 0222))
		error = -EACCES;
	if (!error && mask & X_OK && S_ISREG(tree_mode(&node)))
		error = -EACCES;
	if (error)
		request_fail(&request, error, &node, NULL);
	else
		request_succeed(&request);
}

static void ll_getxattr(fuse_req_t handle, fuse_ino_t inode, const char *name, size_t size)
{
	cleanup(buffer_release) struct buffer value = BUFFER_INIT(XATTR_VALUE_MAX);
	struct request request;
	struct node node;
	int error;

	request_begin(&request, handle, "GETXATTR");
	if (!ll_node(&request, inode, &node))
		return;
	error = request_permits_passage(&request);
	if (!error)
		error = request_permits(&request, tree_shown_mode(request.fs, &node), R_OK);
	if (!error)
		error = xattr_get(&request, &node, name, &value);
	if (!error && size && value.length > size)
		error = -ERANGE;
	if (error) {
		request_fail(&request, error, &node, NULL);
		return;
	}
	request_end(&request);
	if (size)
		fuse_reply_buf(handle, buffer_text(&value), value.length);
	else
		fuse_reply_xattr(handle, value.length);
}

static void ll_listxattr(fuse_req_t handle, fuse_ino_t inode, size_t size)
{
	(void)inode;
	/* Names that answer are not listed: a listed one makes `rsync -X` fail (tool-traces.md, section E). */
	if (size)
		fuse_reply_buf(handle, NULL, 0);
	else
		fuse_reply_xattr(handle, 0);
}

static void ll_setxattr(fuse_req_t handle, fuse_ino_t inode, const char *name, const char *value,
	size_t size, int flags)
{
	(void)inode;
	(void)name;
	(void)value;
	(void)size;
	(void)flags;
	fuse_reply_err(handle, EOPNOTSUPP);
}

static void ll_removexattr(fuse_req_t handle, fuse_ino_t inode, const char *name)
{
	(void)inode;
	(void)name;
	fuse_reply_err(handle, EOPNOTSUPP);
}

const struct fuse_lowlevel_ops ll_operations = {
	.init = ll_init,
	.lookup = ll_lookup,
	.forget = ll_forget,
	.forget_multi = ll_forget_multi,
	.getattr = ll_getattr,
	.setattr = ll_setattr,
	.readlink = ll_readlink,
	.mknod = ll_mknod,
	.mkdir = ll_mkdir,
	.unlink = ll_unlink,
	.rmdir = ll_rmdir,
	.symlink = ll_symlink,
	.rename = ll_rename,
	.link = ll_link,
	.create = ll_create,
	.open = ll_open,
	.read = ll_read,
	.write = ll_write,
	.flush = ll_flush,
	.release = ll_release,
	.fsync = ll_fsync,
	.opendir = ll_opendir,
	.readdir = ll_readdir,
	.readdirplus = ll_readdirplus,
	.releasedir = ll_releasedir,
	.fsyncdir = ll_fsyncdir,
	.statfs = ll_statfs,
	.access = ll_access,
	.getxattr = ll_getxattr,
	.listxattr = ll_listxattr,
	.setxattr = ll_setxattr,
	.removexattr = ll_removexattr,
};
