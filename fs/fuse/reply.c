/* SPDX-License-Identifier: MIT */
#include "fs/fuse/reply.h"

#include <errno.h>

#include "fs/gesture/gesture.h"
#include "fs/request/errors.h"

#define WATCH_STEP_MS 10
#define WATCH_STEPS 10 /* between two looks at the process's signals */

/* Waits a moment. False when the request is answered by then, or cannot be waited for as this is its own thread. */
static bool is_still_under_way(const struct request *request)
{
	unsigned int step;

	for (step = 0; step < WATCH_STEPS; step++) {
		if (!atomic_load(&request->is_served) || atomic_load(&request->is_answered))
			return false;
		call_sleep(WATCH_STEP_MS, INT64_MAX, NULL);
	}
	return true;
}

/*
 * A signal has come to the thread that waits for the reply: git's timer once a second, or Ctrl-C. The kernel reports the
 * first one only, so after one that is to end nothing this waits for the next, in a thread of libfuse's own.
 */
static void on_interrupt(fuse_req_t handle, void *data)
{
	struct request *request = data;

	(void)handle;
	while (!atomic_load(&request->interrupted)) {
		if (caller_is_interrupted(
			    request->caller.thread, atomic_load(&request->heeds_alarms)))
			atomic_store(&request->interrupted, true);
		else if (!is_still_under_way(request))
			return;
	}
}

void reply_begin(fuse_req_t handle, struct request *request, const char *operation)
{
	const struct fuse_ctx *context = fuse_req_ctx(handle);
	const struct caller caller = {
		.thread = context->pid, .uid = context->uid, .gid = context->gid};

	request_begin(request, fuse_req_userdata(handle), &caller, operation);
	fuse_req_interrupt_func(handle, on_interrupt, request);
	atomic_store(&request->is_served, true);
}

/* Taking the function away waits for one that is running: the request lives on the stack. */
static void end_request(fuse_req_t handle, struct request *request)
{
	atomic_store(&request->is_answered, true);
	fuse_req_interrupt_func(handle, NULL, NULL);
	if (request->visit)
		gesture_end_visit(request->fs->gestures, request->visit);
	request_end(request);
}

void reply_visit(struct request *request, const char *function)
{
	if (!request->visit)
		request->visit = gesture_begin_visit(
			request->fs->gestures, request->caller.thread, function);
}

bool reply_find_node(
	fuse_req_t handle, struct request *request, fuse_ino_t inode, struct node *ret_node)
{
	if (node_table_find(request->fs->nodes, inode, ret_node)) {
		reply_visit(request, ret_node->function);
		return true;
	}
	reply_failure(handle, request, -ENOENT, NULL, NULL);
	return false;
}

void reply_failure(fuse_req_t handle, struct request *request, int error, const struct node *node,
	const char *name)
{
	char path[ERROR_LOG_PATH_MAX];

	if (request_is_worth_a_line(request, error)) {
		if (node)
			node_path(node, name, path, sizeof(path));
		error_log_note(request->fs->errors, request_caller(request), request->operation,
			node ? path : NULL, -error, &request->error);
	}
	request->result = error;
	end_request(handle, request);
	fuse_reply_err(handle, -error);
}

void reply_success(fuse_req_t handle, struct request *request)
{
	end_request(handle, request);
	fuse_reply_err(handle, 0);
}

void reply_result(fuse_req_t handle, struct request *request, int error, const struct node *node,
	const char *name)
{
	if (error)
		reply_failure(handle, request, error, node, name);
	else
		reply_success(handle, request);
}

struct fuse_entry_param reply_entry_param(uint64_t inode, const struct tree_attributes *attributes)
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

void reply_entry(fuse_req_t handle, struct request *request, const struct node *node,
	const struct tree_attributes *attributes)
{
	uint64_t inode = node_table_remember(request->fs->nodes, node);
	struct aliasfs *fs = request->fs;
	struct fuse_entry_param entry;

	if (!inode) {
		reply_failure(handle, request, -ENOMEM, node, NULL);
		return;
	}
	entry = reply_entry_param(inode, attributes);
	end_request(handle, request);
	if (fuse_reply_entry(handle, &entry))
		node_table_forget(fs->nodes, inode, 1);
}

void reply_no_entry(fuse_req_t handle, struct request *request, double timeout)
{
	const struct fuse_entry_param nothing = {.entry_timeout = timeout};

	end_request(handle, request);
	fuse_reply_entry(handle, &nothing);
}

bool reply_created(fuse_req_t handle, struct request *request, const struct fuse_entry_param *entry,
	const struct fuse_file_info *info)
{
	struct aliasfs *fs = request->fs;

	end_request(handle, request);
	if (!fuse_reply_create(handle, entry, info))
		return true;
	node_table_forget(fs->nodes, entry->ino, 1);
	return false;
}

void reply_attributes(
	fuse_req_t handle, struct request *request, const struct tree_attributes *attributes)
{
	end_request(handle, request);
	fuse_reply_attr(handle, &attributes->stat, attributes->attribute_timeout);
}

void reply_link(fuse_req_t handle, struct request *request, const char *target)
{
	end_request(handle, request);
	fuse_reply_readlink(handle, target);
}

bool reply_opened(fuse_req_t handle, struct request *request, const struct fuse_file_info *info)
{
	end_request(handle, request);
	return !fuse_reply_open(handle, info);
}

void reply_bytes(fuse_req_t handle, struct request *request, const void *bytes, size_t length)
{
	end_request(handle, request);
	fuse_reply_buf(handle, bytes, length);
}

void reply_ioctl(fuse_req_t handle, struct request *request, const void *bytes, size_t length)
{
	end_request(handle, request);
	fuse_reply_ioctl(handle, 0, bytes, length);
}

void reply_written(fuse_req_t handle, struct request *request, size_t written)
{
	end_request(handle, request);
	fuse_reply_write(handle, written);
}

void reply_attribute_value(
	fuse_req_t handle, struct request *request, const struct buffer *value, size_t size)
{
	end_request(handle, request);
	if (size)
		fuse_reply_buf(handle, buffer_text(value), value->length);
	else
		fuse_reply_xattr(handle, value->length);
}

void reply_nothing(fuse_req_t handle)
{
	fuse_reply_none(handle);
}

void reply_errno(fuse_req_t handle, int error)
{
	fuse_reply_err(handle, error);
}

void reply_statistics(fuse_req_t handle, const struct statvfs *statistics)
{
	fuse_reply_statfs(handle, statistics);
}

void reply_no_attributes(fuse_req_t handle, size_t size)
{
	/* Names that answer are not listed: a listed one makes `rsync -X` fail (fs/rules/TOOLS.md). */
	if (size)
		fuse_reply_buf(handle, NULL, 0);
	else
		fuse_reply_xattr(handle, 0);
}
