/* SPDX-License-Identifier: MIT */
#include "fs/fuse/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fs/aliasfs_invoke.h"
#include "fs/gesture/gesture.h"
#include "fs/tree/account.h"
#include "fs/tree/file.h"
#include "fs/tree/tree.h"
#include "fs/tree/xattr.h"

static void ll_init(void *userdata, struct fuse_conn_info *connection)
{
	(void)userdata;
	/* Links must be read at every use: who follows one shows what it will mean (contract 2.1). */
	connection->want &= ~(unsigned int)FUSE_CAP_WRITEBACK_CACHE;
	/* A hanging function must not keep others from being looked up (contract 4.4.1; channel.h). */
	connection->want |= connection->capable & FUSE_CAP_PARALLEL_DIROPS;
	/* The pieces of a write come one after the other: one that appends has its place by that (file.h). */
	connection->want &= ~(unsigned int)FUSE_CAP_ASYNC_DIO;
	connection->max_background = 64;
}

static void ll_lookup(fuse_req_t handle, fuse_ino_t parent_inode, const char *name)
{
	struct tree_attributes attributes;
	struct node parent, child;
	struct request request;
	double negative_timeout;
	int error;

	reply_begin(handle, &request, "LOOKUP");
	if (!reply_find_node(handle, &request, parent_inode, &parent))
		return;
	error = request_permits(&request, tree_shown_mode(request.fs, &parent), X_OK);
	if (!error)
		error = tree_lookup(
			&request, &parent, name, &child, &attributes, &negative_timeout);
	if (error == -ENOENT && negative_timeout > 0)
		reply_no_entry(handle, &request, negative_timeout);
	else if (error)
		reply_failure(handle, &request, error, &parent, name);
	else {
		if (S_ISREG(attributes.stat.st_mode))
			file_show_size(&request, &child, NULL, &attributes);
		reply_entry(handle, &request, &child, &attributes);
	}
}

static void ll_forget(fuse_req_t handle, fuse_ino_t inode, uint64_t count)
{
	struct aliasfs *fs = fuse_req_userdata(handle);

	node_table_forget(fs->nodes, inode, count);
	reply_nothing(handle);
}

static void ll_forget_multi(fuse_req_t handle, size_t count, struct fuse_forget_data *forgets)
{
	struct aliasfs *fs = fuse_req_userdata(handle);
	size_t i;

	for (i = 0; i < count; i++)
		node_table_forget(fs->nodes, forgets[i].ino, forgets[i].nlookup);
	reply_nothing(handle);
}

static void ll_getattr(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct tree_attributes attributes;
	struct request request;
	struct node node;
	int error;

	reply_begin(handle, &request, "GETATTR");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	error = inode == FUSE_ROOT_ID ? 0 : request_permits_passage(&request);
	if (!error)
		error = tree_attributes_get(&request, &node, &attributes);
	if (error) {
		reply_failure(handle, &request, error, &node, NULL);
		return;
	}
	attributes.stat.st_ino = inode;
	if (S_ISREG(attributes.stat.st_mode))
		file_show_size(&request, &node, info ? reply_pointer_of(info) : NULL, &attributes);
	if (S_ISDIR(attributes.stat.st_mode))
		ll_renew_entries(request.fs, inode, &node, &attributes);
	reply_attributes(handle, &request, &attributes);
}

static void ll_readlink(fuse_req_t handle, fuse_ino_t inode)
{
	cleanup(buffer_release) struct buffer target = BUFFER_INIT(PATH_MAX);
	struct gesture_place place;
	struct request request;
	struct node node;
	int error;

	reply_begin(handle, &request, "READLINK");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	place = node_place(&node);
	error = request_permits_passage(&request);
	if (!error)
		error = gesture_readlink(request.fs->gestures, &request.scope,
			request.caller.thread, &place, node.name, &target, &request.error);
	if (error) {
		reply_failure(handle, &request, error, &node, NULL);
		return;
	}
	reply_link(handle, &request, buffer_text(&target));
}

static void ll_open(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct open_file *file = NULL;
	struct request request;
	struct node node;
	int error;

	reply_begin(handle, &request, "OPEN");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	error = request_permits_passage(&request);
	if (!error)
		error = file_open(&request, &node, info->flags, &file);
	if (error) {
		reply_failure(handle, &request, error, &node, NULL);
		return;
	}
	info->fh = (uintptr_t)file;
	info->keep_cache = file_is_immutable(file);
	info->direct_io = !info->keep_cache;
	if (!reply_opened(handle, &request, info))
		file_abandon(fuse_req_userdata(handle), file);
}

static void ll_read(
	fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *info)
{
	cleanup(free_pointer) char *bytes = malloc(size ? size : 1);
	struct open_file *file = reply_pointer_of(info);
	struct request request;
	size_t length = 0;
	int error;

	(void)inode;
	reply_begin(handle, &request, "READ");
	error = bytes ? file_read(&request, file, bytes, size, offset, &length) : -ENOMEM;
	if (error)
		reply_failure(handle, &request, error, file_node(file), NULL);
	else
		reply_bytes(handle, &request, bytes, length);
}

/* What an invocation returns beside its answer (aliasfs_invoke.h); no file has another one. */
static void ll_ioctl(fuse_req_t handle, fuse_ino_t inode, unsigned int command, void *argument,
	struct fuse_file_info *info, unsigned int flags, const void *input, size_t input_size,
	size_t output_size)
{
	struct aliasfs_invocation description;
	struct request request;
	int error;

	(void)inode;
	(void)argument;
	(void)input;
	(void)input_size;
	if (flags & FUSE_IOCTL_DIR || command != ALIASFS_INVOKE_GET ||
		output_size < sizeof(description)) {
		reply_errno(handle, ENOTTY);
		return;
	}
	reply_begin(handle, &request, "IOCTL");
	error = file_describe_invocation(reply_pointer_of(info), &description);
	if (error)
		reply_failure(handle, &request, error, NULL, NULL);
	else
		reply_ioctl(handle, &request, &description, sizeof(description));
}

static void ll_write(fuse_req_t handle, fuse_ino_t inode, const char *data, size_t size,
	off_t offset, struct fuse_file_info *info)
{
	struct request request;
	struct node node;
	size_t written = 0;
	int error;

	reply_begin(handle, &request, "WRITE");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	error = file_write(&request, reply_pointer_of(info), data, size, offset,
		info->flags & O_APPEND, &written);
	if (error) {
		reply_failure(handle, &request, error, &node, NULL);
		return;
	}
	reply_written(handle, &request, written);
}

static void ll_flush(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info)
{
	struct request request;
	struct node node;
	int error;

	reply_begin(handle, &request, "FLUSH");
	request.scope.for_change = true;
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	error = file_flush(&request, reply_pointer_of(info));
	reply_result(handle, &request, error, &node, NULL);
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

	reply_begin(handle, &request, "RELEASE");
	request.scope.for_change = true;
	/* RELEASE has no reply to wait for: a failure is only a line in the log. */
	error = file_release(&request, reply_pointer_of(info));
	if (error && node_table_find(request.fs->nodes, inode, &node))
		reply_failure(handle, &request, error, &node, NULL);
	else
		reply_success(handle, &request);
}

/* --- the rest --- */

static void ll_statfs(fuse_req_t handle, fuse_ino_t inode)
{
	const struct aliasfs *fs = fuse_req_userdata(handle);
	struct statvfs statistics;

	(void)inode;
	account_statfs(fs->account, &statistics);
	reply_statistics(handle, &statistics);
}

static void ll_access(fuse_req_t handle, fuse_ino_t inode, int mask)
{
	struct request request;
	struct node node;
	mode_t mode;
	int error;

	reply_begin(handle, &request, "ACCESS");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	mode = tree_shown_mode(request.fs, &node);
	error = request_permits(&request, mode, mask & (R_OK | W_OK | X_OK));
	if (!error && mask & W_OK && S_ISREG(mode) && !(mode & 0222))
		error = -EACCES;
	if (!error && mask & X_OK && S_ISREG(mode))
		error = -EACCES;
	reply_result(handle, &request, error, &node, NULL);
}

static void ll_getxattr(fuse_req_t handle, fuse_ino_t inode, const char *name, size_t size)
{
	cleanup(buffer_release) struct buffer value = BUFFER_INIT(XATTR_VALUE_MAX);
	struct request request;
	struct node node;
	int error;

	reply_begin(handle, &request, "GETXATTR");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	error = request_permits_passage(&request);
	if (!error)
		error = request_permits(&request, tree_shown_mode(request.fs, &node), R_OK);
	if (!error)
		error = xattr_get(&request, &node, name, &value);
	if (!error && size && value.length > size)
		error = -ERANGE;
	if (error) {
		reply_failure(handle, &request, error, &node, NULL);
		return;
	}
	reply_attribute_value(handle, &request, &value, size);
}

static void ll_listxattr(fuse_req_t handle, fuse_ino_t inode, size_t size)
{
	(void)inode;
	reply_no_attributes(handle, size);
}

/* Without .setxattr and .removexattr the kernel answers both with EOPNOTSUPP, and does not ask again. */
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
	.ioctl = ll_ioctl,
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
};
