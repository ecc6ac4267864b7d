/* SPDX-License-Identifier: MIT */
/*
 * FUSE's low-level operations: each decodes a request, makes one call and replies once. What names and
 * gestures mean is decided below (tree.h, gesture.h, file.h).
 */
#ifndef ALIASFS_LL_H
#define ALIASFS_LL_H

#include "fs/fuse/reply.h"

/* The operations; their userdata is a struct aliasfs. */
extern const struct fuse_lowlevel_ops ll_operations;

/* Directories, in directory.c. */
void ll_opendir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info);
void ll_readdir(fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset,
	struct fuse_file_info *info);
void ll_readdirplus(fuse_req_t handle, fuse_ino_t inode, size_t size, off_t offset,
	struct fuse_file_info *info);
void ll_releasedir(fuse_req_t handle, fuse_ino_t inode, struct fuse_file_info *info);

/* A directory's attributes are asked for: what the kernel holds of its entries is not shown for longer than the ttl. */
void ll_renew_entries(const struct aliasfs *fs, fuse_ino_t inode, const struct node *node,
	struct tree_attributes *attributes);

/*
 * A change, refused or not, or the opening of what may be removed recursively: what the process has removed before, in
 * the function (NULL: in any), waits for it.
 */
void ll_note_activity(struct request *request, const char *function);

/* The changing operations, in change.c. */
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
