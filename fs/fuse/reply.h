/* SPDX-License-Identifier: MIT */
/*
 * The beginning and the one reply of every FUSE request. An operation begins with reply_begin() and ends with
 * exactly one of the replies below, each of which ends the request first: nothing here may be used after it.
 * Only this file calls libfuse's fuse_reply_*(). Nothing blocks on the network.
 */
#ifndef ALIASFS_REPLY_H
#define ALIASFS_REPLY_H

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include "fs/request/request.h"
#include "fs/tree/node.h"
#include "fs/tree/tree.h"

/* Starts the request: caller, deadlines; FUSE's INTERRUPT ends the waits of its reads. */
void reply_begin(fuse_req_t handle, struct request *request, const char *operation);

/* The request is about that function ("": none); to be called once it is known. Never blocks. */
void reply_visit(struct request *request, const char *function);

/* What info->fh holds: a struct open_file or a struct directory. */
static inline void *reply_pointer_of(const struct fuse_file_info *info)
{
	return (void *)(uintptr_t)info->fh;
}

/* The node behind the number; false after having replied ENOENT (never ESTALE: the kernel would send a change again). */
bool reply_find_node(fuse_req_t handle, struct request *request, fuse_ino_t inode,
	struct node *ret_node) must_check;

/*
 * A failure: one line in the log and in `.aliasfs/errors` where it is worth one, then the errno. `error` is
 * negative. `node` (may be NULL) and `name` (may be NULL) say where.
 */
void reply_failure(fuse_req_t handle, struct request *request, int error, const struct node *node,
	const char *name);

/* Success without anything to say. */
void reply_success(fuse_req_t handle, struct request *request);

/* reply_success(), or reply_failure() when `error` is not 0. */
void reply_result(fuse_req_t handle, struct request *request, int error, const struct node *node,
	const char *name);

/* The kernel's entry for a node that it now knows under `inode`. Pure. */
struct fuse_entry_param reply_entry_param(uint64_t inode, const struct tree_attributes *attributes);

/* The entry of a node, whose lookup is counted. */
void reply_entry(fuse_req_t handle, struct request *request, const struct node *node,
	const struct tree_attributes *attributes);

/* There is no such name, which the kernel may remember for so many seconds. */
void reply_no_entry(fuse_req_t handle, struct request *request, double timeout);

/* CREATE: the entry and the open file. False: the reply was not received, and the lookup does not count. */
bool reply_created(fuse_req_t handle, struct request *request, const struct fuse_entry_param *entry,
	const struct fuse_file_info *info) must_check;

void reply_attributes(
	fuse_req_t handle, struct request *request, const struct tree_attributes *attributes);
void reply_link(fuse_req_t handle, struct request *request, const char *target);

/* False: the reply was not received; the caller drops what was opened. */
bool reply_opened(
	fuse_req_t handle, struct request *request, const struct fuse_file_info *info) must_check;

void reply_bytes(fuse_req_t handle, struct request *request, const void *bytes, size_t length);
/* IOCTL: what it gives. */
void reply_ioctl(fuse_req_t handle, struct request *request, const void *bytes, size_t length);
void reply_written(fuse_req_t handle, struct request *request, size_t written);

/* The value of an extended attribute, or its length when the kernel asks with a `size` of 0. */
void reply_attribute_value(
	fuse_req_t handle, struct request *request, const struct buffer *value, size_t size);

/* --- replies to what is no request of ours: it is not counted and never fails --- */

void reply_nothing(fuse_req_t handle);          /* FORGET */
void reply_errno(fuse_req_t handle, int error); /* positive, 0 for success */
void reply_statistics(fuse_req_t handle, const struct statvfs *statistics);
void reply_no_attributes(fuse_req_t handle, size_t size); /* LISTXATTR: none */

#endif
