/* SPDX-License-Identifier: MIT */
#include "fs/ll.h"

#include <errno.h>
#include <unistd.h>

#include "fs/account.h"
#include "fs/file.h"
#include "fs/tree.h"
#include "fs/xattr.h"

bool ll_node(struct request *request, fuse_ino_t inode, struct node *ret_node)
{
	if (node_table_find(request->fs->nodes, inode, ret_node))
		return true;
	request_fail(request, -ENOENT, NULL, NULL);
	return false;
}

struct fuse_entry_param ll_entry_param(uint64_t inode, const struct tree_attributes *attributes)
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
	entry = ll_entry_param(inode, attributes);
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
	if (S_ISDIR(attributes.stat.st_mode))
		ll_renew_entries(request.fs, inode, &node, &attributes);
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
	file_reply_read(&request, ll_pointer_of(info), size, offset);
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
	error = file_write(&request, ll_pointer_of(info), data, size, offset, &written);
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
	request.scope.for_change = true;
	if (!ll_node(&request, inode, &node))
		return;
	error = file_flush(&request, ll_pointer_of(info));
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
	request.scope.for_change = true;
	/* Nobody waits for this reply: a failure is told by its line alone. */
	error = file_release(&request, ll_pointer_of(info));
	if (error && node_table_find(request.fs->nodes, inode, &node))
		request_fail(&request, error, &node, NULL);
	else
		request_succeed(&request);
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
