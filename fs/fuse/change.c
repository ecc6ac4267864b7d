/* SPDX-License-Identifier: MIT */
#include "fs/fuse/operations.h"

#include <errno.h>
#include <linux/fs.h>

#include "fs/fuse/invalidate.h"
#include "fs/gesture/gesture.h"
#include "fs/tree/document_file.h"
#include "fs/tree/document_names.h"
#include "fs/tree/file.h"
#include "fs/tree/latest.h"
#include "fs/tree/times.h"

/* Where something happens, as gestures take it; false when it is neither a function's directory nor a version's. */
static bool place_of(const struct node *node, struct gesture_place *ret_place)
{
	if (node->kind != NODE_FUNCTION && node->kind != NODE_VERSION)
		return false;
	*ret_place = node_place(node);
	return true;
}

/* Begins a change in a directory: the parent is known and the caller may change things; else it has replied. */
static bool begin_change(struct request *request, fuse_req_t handle, const char *operation,
	fuse_ino_t inode, const char *name, struct node *ret_parent)
{
	int error;

	reply_begin(handle, request, operation);
	request->scope.for_change = true;
	if (!reply_find_node(handle, request, inode, ret_parent))
		return false;
	error = request_permits_change(request);
	if (error)
		reply_failure(handle, request, error, ret_parent, name);
	return !error;
}

/*
 * Ends a change that did not put anything under that name: a hidden alias or weight of that name, which it would
 * have replaced, is shown again (contract 2.4).
 */
static void fail_change(fuse_req_t handle, struct request *request, int error,
	const struct node *parent, const char *name)
{
	struct gesture_place place;

	if (place_of(parent, &place))
		gesture_note_failed_change(
			request->fs->gestures, request_caller(request), &place, name);
	reply_failure(handle, request, error, parent, name);
}

/* The same after a RENAME; what stays where it was may not be removed instead (contract 3.0). */
static void note_failed_rename(struct request *request, int error, const struct node *parent,
	const char *name, const struct node *new_parent, const char *new_name)
{
	struct gestures *gestures = request->fs->gestures;
	struct gesture_place from, to;
	bool leads_to_place = place_of(new_parent, &to);

	if (leads_to_place)
		gesture_note_failed_change(gestures, request_caller(request), &to, new_name);
	/* EEXIST is the answer to RENAME_NOREPLACE, and mv goes on from there. */
	if (error != -EEXIST && place_of(parent, &from))
		gesture_note_failed_move(gestures, request_caller(request), &from, name,
			leads_to_place ? &to : NULL, new_name);
}

void ll_note_activity(struct request *request, const char *function)
{
	if (gesture_hides_anything(request->fs->gestures, function))
		gesture_note_activity(request->fs->gestures, request_caller(request), function);
}

/* Times are remembered for links and directories; owner and mode are accepted and change nothing (contract 1.3.5). */
static void remember_time(struct request *request, const struct node *node,
	const struct tree_attributes *attributes, const struct stat *wanted, int which)
{
	struct timespec modified = wanted->st_mtim;

	if (!(which & FUSE_SET_ATTR_MTIME) || S_ISREG(attributes->stat.st_mode))
		return;
	if (which & FUSE_SET_ATTR_MTIME_NOW)
		clock_gettime(CLOCK_REALTIME, &modified);
	times_set(request->fs->times, node_inode(node), modified, attributes->last_modified);
}

void ll_setattr(fuse_req_t handle, fuse_ino_t inode, struct stat *wanted, int which,
	struct fuse_file_info *info)
{
	struct open_file *file = info ? reply_pointer_of(info) : NULL;
	struct tree_attributes attributes;
	struct request request;
	struct node node;
	int error;

	if (!begin_change(&request, handle, "SETATTR", inode, NULL, &node))
		return;
	error = which & FUSE_SET_ATTR_SIZE ? file_truncate(&request, &node, file, wanted->st_size)
					   : 0;
	if (!error)
		error = tree_attributes_get(&request, &node, &attributes);
	if (!error && which & FUSE_SET_ATTR_MTIME) {
		remember_time(&request, &node, &attributes, wanted, which);
		error = tree_attributes_get(&request, &node, &attributes);
	}
	if (error) {
		reply_failure(handle, &request, error, &node, NULL);
		return;
	}
	if (S_ISREG(attributes.stat.st_mode))
		file_show_size(&request, &node, file, &attributes);
	attributes.stat.st_ino = inode;
	reply_attributes(handle, &request, &attributes);
}

/* What cannot be made there, in words. */
static int refuse_file(struct request *request, const struct node *parent)
{
	struct gesture_place place;

	if (parent->kind == NODE_FUNCTION_DOCUMENTS &&
		!document_names_are_place(request->fs, parent))
		return request_refuse(request, EROFS, "these documents are read-only");
	if (!place_of(parent, &place))
		return request_refuse(request, EPERM, "nothing can be created here");
	return gesture_create_refused(&place, &request->error);
}

void ll_mknod(
	fuse_req_t handle, fuse_ino_t parent_inode, const char *name, mode_t mode, dev_t device)
{
	struct request request;
	struct node parent;

	(void)mode;
	(void)device;
	if (!begin_change(&request, handle, "MKNOD", parent_inode, name, &parent))
		return;
	fail_change(handle, &request, refuse_file(&request, &parent), &parent, name);
}

void ll_link(fuse_req_t handle, fuse_ino_t inode, fuse_ino_t parent_inode, const char *name)
{
	struct request request;
	struct node parent;
	int error;

	(void)inode;
	if (!begin_change(&request, handle, "LINK", parent_inode, name, &parent))
		return;
	error = refuse_file(&request, &parent);
	if (error != -EROFS)
		error = request_refuse(
			&request, EPERM, "aliases have no hard links: ln -s makes one");
	fail_change(handle, &request, error, &parent, name);
}

/* Makes the file, opens it and fills the entry, whose lookup is counted; of a failure nothing is left. */
static int create_file(struct request *request, const struct node *parent, const char *name,
	int flags, struct fuse_entry_param *ret_entry, struct open_file **ret_file)
{
	struct tree_attributes attributes;
	struct node child;
	uint64_t inode = 0;
	int error = file_create(request, parent, name, flags, &child, ret_file);

	if (error)
		return error;
	error = tree_attributes_get(request, &child, &attributes);
	if (!error) {
		file_show_size(request, &child, *ret_file, &attributes);
		inode = node_table_remember(request->fs->nodes, &child);
		error = inode ? 0 : -ENOMEM;
	}
	if (error) {
		file_abandon(request->fs, *ret_file);
		return error;
	}
	*ret_entry = (struct fuse_entry_param){.ino = inode, .attr = attributes.stat};
	ret_entry->attr.st_ino = inode;
	return 0;
}

void ll_create(fuse_req_t handle, fuse_ino_t parent_inode, const char *name, mode_t mode,
	struct fuse_file_info *info)
{
	struct fuse_entry_param entry;
	struct open_file *file = NULL;
	struct request request;
	struct node parent;
	int error;

	(void)mode;
	if (!begin_change(&request, handle, "CREATE", parent_inode, name, &parent))
		return;
	if (!document_names_are_place(request.fs, &parent)) {
		fail_change(handle, &request, refuse_file(&request, &parent), &parent, name);
		return;
	}
	error = create_file(&request, &parent, name, info->flags, &entry, &file);
	if (error) {
		reply_failure(handle, &request, error, &parent, name);
		return;
	}
	info->fh = (uintptr_t)file;
	info->direct_io = 1;
	if (!reply_created(handle, &request, &entry, info))
		file_abandon(fuse_req_userdata(handle), file);
}

void ll_mkdir(fuse_req_t handle, fuse_ino_t parent_inode, const char *name, mode_t mode)
{
	struct tree_attributes attributes;
	struct gesture_place place;
	struct node parent, child;
	char code[LATEST_SHA256_SIZE];
	struct request request;
	uint64_t version = 0;
	int error;

	(void)mode;
	if (!begin_change(&request, handle, "MKDIR", parent_inode, name, &parent))
		return;
	request_caller(&request); /* for the audit */
	if (place_of(&parent, &place))
		error = gesture_mkdir(request.fs->gestures, &request.scope, &place, name,
			latest_find_shown_code(&request, parent.function, code) ? code : NULL,
			&version, &request.error);
	else if (parent.kind == NODE_FUNCTION_DOCUMENTS)
		error = refuse_file(&request, &parent);
	else if (parent.kind == NODE_ROOT)
		error = request_refuse(&request, EPERM,
			"functions cannot be created here: use aws lambda create-function");
	else
		error = request_refuse(&request, EPERM,
			"directories cannot be created here: ln -s creates an alias");
	if (!error) {
		node_make(&child, NODE_VERSION, parent.function, version, NULL);
		error = tree_attributes_get(&request, &child, &attributes);
	}
	if (error) {
		fail_change(handle, &request, error, &parent, name);
		return;
	}
	/* The name `+…` is gone at the next look: the version stands under its number. */
	attributes.entry_timeout = 0;
	invalidate_node(request.fs->invalidator, &parent);
	reply_entry(handle, &request, &child, &attributes);
}

void ll_unlink(fuse_req_t handle, fuse_ino_t parent_inode, const char *name)
{
	struct gesture_place place;
	struct request request;
	struct node parent;
	int error;

	if (!begin_change(&request, handle, "UNLINK", parent_inode, name, &parent))
		return;
	if (document_file_has(request.fs, &parent, name)) {
		error = document_file_unlink(&request, &parent, name);
	} else if (place_of(&parent, &place)) {
		error = gesture_unlink(request.fs->gestures, &request.scope,
			request_caller(&request), &place, name, &request.error);
	} else {
		error = request_refuse(&request, EPERM, "what is here cannot be removed");
	}
	ll_note_activity(&request, NULL);
	reply_result(handle, &request, error, &parent, name);
}

void ll_rmdir(fuse_req_t handle, fuse_ino_t parent_inode, const char *name)
{
	struct gesture_place place;
	struct request request;
	struct node parent;
	int error;

	if (!begin_change(&request, handle, "RMDIR", parent_inode, name, &parent))
		return;
	if (place_of(&parent, &place))
		error = gesture_rmdir(request.fs->gestures, &request.scope,
			request_caller(&request), &place, name, &request.error);
	else
		/* EROFS, not EPERM or ENOTEMPTY: node would go on and delete what is inside (contract 3.1). */
		error = request_refuse(&request, EROFS, "functions cannot be deleted from a mount");
	if (error && parent.kind == NODE_ROOT)
		gesture_note_refused_removal(request.fs->gestures, request_caller(&request), name);
	ll_note_activity(&request, NULL);
	reply_result(handle, &request, error, &parent, name);
}

void ll_symlink(fuse_req_t handle, const char *target, fuse_ino_t parent_inode, const char *name)
{
	struct tree_attributes attributes = {0};
	struct gesture_place place;
	struct node parent, child;
	struct request request;
	size_t target_length;
	int error;

	if (!begin_change(&request, handle, "SYMLINK", parent_inode, name, &parent))
		return;
	if (!place_of(&parent, &place)) {
		error = parent.kind == NODE_FUNCTION_DOCUMENTS
				? refuse_file(&request, &parent)
				: request_refuse(&request, EPERM,
					  "links can only be made in a function's directory");
		reply_failure(handle, &request, error, &parent, name);
		return;
	}
	error = gesture_symlink(request.fs->gestures, &request.scope, request_caller(&request),
		&place, name, target, &target_length, &request.error);
	ll_note_activity(&request, NULL);
	if (error) {
		fail_change(handle, &request, error, &parent, name);
		return;
	}
	node_make_link(&child, &parent, name);
	/*
	 * Neither name nor attributes are to be remembered: a link made through an alias is not where it was
	 * made, and a temporary one is about to be another.
	 */
	tree_link_attributes(request.fs, &child, target_length, &attributes);
	reply_entry(handle, &request, &child, &attributes);
}

void ll_rename(fuse_req_t handle, fuse_ino_t parent_inode, const char *name,
	fuse_ino_t new_parent_inode, const char *new_name, unsigned int flags)
{
	struct gesture_place from, to;
	struct node parent, new_parent, old_link, new_link;
	char both[2 * NAME_MAX + 8];
	struct request request;
	int error;

	if (!begin_change(&request, handle, "RENAME", parent_inode, name, &parent))
		return;
	if (!reply_find_node(handle, &request, new_parent_inode, &new_parent))
		return;
	if (document_file_has(request.fs, &parent, name)) {
		error = document_file_rename(&request, &parent, name, &new_parent, new_name, flags);
	} else if (place_of(&parent, &from) && place_of(&new_parent, &to)) {
		error = gesture_rename(request.fs->gestures, &request.scope,
			request_caller(&request),
			&(struct gesture_move){&from, name, &to, new_name, flags}, &request.error);
		if (!error) {
			node_make_link(&old_link, &parent, name);
			node_make_link(&new_link, &new_parent, new_name);
			if (flags & RENAME_EXCHANGE)
				node_table_exchanged(request.fs->nodes, &old_link, &new_link);
			else
				node_table_renamed(request.fs->nodes, &old_link, &new_link);
		}
	} else {
		error = request_refuse(&request, EPERM, "what is here cannot be renamed");
	}
	ll_note_activity(&request, NULL);
	if (error)
		note_failed_rename(&request, error, &parent, name, &new_parent, new_name);
	snprintf(both, sizeof(both), "%s -> %s", name, new_name);
	reply_result(handle, &request, error, &parent, both);
}

void ll_fsyncdir(fuse_req_t handle, fuse_ino_t inode, int datasync, struct fuse_file_info *info)
{
	struct request request;
	struct node node;
	int error;

	(void)datasync;
	(void)info;
	reply_begin(handle, &request, "FSYNCDIR");
	if (!reply_find_node(handle, &request, inode, &node))
		return;
	/* To end a grace is to change something; of others' there is nothing to be written out. */
	if (request_permits_change(&request)) {
		reply_success(handle, &request);
		return;
	}
	error = gesture_settle(request.fs->gestures, &request.scope,
		node.function[0] ? node.function : NULL, &request.error);
	reply_result(handle, &request, error, &node, NULL);
}
