/* SPDX-License-Identifier: MIT */
/*
 * FUSE's low-level operations: each decodes a request, makes one call and replies once. What names and
 * gestures mean is decided below (tree.h, gesture.h, file.h).
 */
#ifndef ALIASFS_LL_H
#define ALIASFS_LL_H

#include "fs/request.h"
#include "fs/tree.h"

/* The operations; their userdata is a struct aliasfs. */
extern const struct fuse_lowlevel_ops ll_operations;

/* The node behind the number; false after having replied ENOENT (never ESTALE: the kernel would send a change again). */
bool ll_node(struct request *request, fuse_ino_t inode, struct node *ret_node) must_check;

/* What info->fh holds: a struct open_file or a struct directory. */
static inline void *ll_pointer_of(const struct fuse_file_info *info)
{
	return (void *)(uintptr_t)info->fh;
}

/* What the kernel is told of a node that it now knows under `inode`. */
struct fuse_entry_param ll_entry_param(uint64_t inode, const struct tree_attributes *attributes);

/* Replies with the child's entry and counts the lookup; ends the request. */
void ll_reply_entry(
	struct request *request, const struct node *node, const struct tree_attributes *attributes);

/* Directories, in ll_directory.c. */
void ll_opendir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info);
void ll_readdir(fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset,
	struct fuse_file_info *info);
void ll_readdirplus(fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset,
	struct fuse_file_info *info);
void ll_releasedir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info);

/* A directory's attributes are asked for: what the kernel holds of its entries is not shown for longer than the ttl. */
void ll_renew_entries(const struct aliasfs *fs, fuse_ino_t inode, const struct node *node,
	struct tree_attributes *attributes);

/* The changing operations, in ll_change.c. */
void ll_setattr(fuse_req_t handle, fuse_ino_t inode, struct stat *wanted, int which,
	struct fuse_file_info *info);
void ll_mknod(fuse_req_t handle, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);
void ll_mkdir(fuse_req_t handle, fuse_ino_t parent, const char *name, mode_t mode);
void ll_unlink(fuse_req_t handle, fuse_ino_t parent, const char *name);
void ll_rmdir(fuse_req_t handle, fuse_ino_t parent, const char *name);
void ll_symlink(fuse_req_t handle, const char *target, fuse_ino_t parent, const char *name);
void ll_rename(fuse_req_t handle, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	const char *new_name, unsigned int flags);
void ll_link(fuse_req_t handle, fuse_ino_t inode, fuse_ino_t new_parent, const char *new_name);
void ll_create(fuse_req_t handle, fuse_ino_t parent, const char *name, mode_t mode,
	struct fuse_file_info *info);
void ll_fsyncdir(fuse_req_t handle, fuse_ino_t inode, int datasync, struct fuse_file_info *info);

#endif
