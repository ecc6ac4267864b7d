/* SPDX-License-Identifier: MIT */
#include "fs/tree/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "backend/catalog/code_cache.h"
#include "backend/documents/document.h"
#include "fs/tree/control.h"
#include "fs/tree/description.h"
#include "fs/tree/documents.h"
#include "fs/tree/drafts.h"
#include "fs/tree/history_text.h"
#include "fs/tree/open_handles.h"
#include "fs/tree/tree.h"

/* More than any content: a history, documents, the error log's lines, a draft. */
#define CONTENT_MAX HISTORY_TEXT_MAX

struct open_file {
	struct handle handle;
	struct node node;
	bool writable;
	struct draft *draft;   /* NODE_DRAFT: stays until it is closed */
	pthread_mutex_t mutex; /* protects what is below */
	struct buffer content;
	struct lambda_code code; /* NODE_CODE: what it was when it was opened; does not change */
	struct code_file *code_file; /* NODE_CODE: with the first READ; a reference */
	bool written;                /* data came since the last FLUSH that carried it out */
	bool truncated;              /* cut to a size, and no data since */
	size_t charged;              /* bytes that drafts count for this file */
};

static bool is_writable_kind(enum node_kind kind)
{
	return kind == NODE_DESCRIPTION || kind == NODE_DRAFT || kind == NODE_CONTROL_FILE;
}

static size_t content_maximum(enum node_kind kind)
{
	return is_writable_kind(kind) && kind != NODE_CONTROL_FILE ? DRAFT_SIZE_MAX : CONTENT_MAX;
}

/* Which code it is; the code itself is fetched when it is read. */
static int load_code(struct request *request, struct open_file *file)
{
	struct catalog_version version;
	enum lambda_status status = catalog_version_get(request->fs->catalog, &request->scope,
		file->node.function, file->node.version, &version, NULL, &request->error);

	if (status)
		return request_errno(status, ERRNO_READ);
	if (!version.has_code_sha256)
		return -ENOENT;
	file->code.size = version.code_size;
	memcpy(file->code.sha256, version.code_sha256, sizeof(file->code.sha256));
	return 0;
}

/* What the file holds now. */
static int load_content(struct request *request, struct open_file *file)
{
	const struct node *node = &file->node;

	switch (node->kind) {
	case NODE_CODE:
		return load_code(request, file);
	case NODE_CONTROL_FILE:
		return control_read(request, node->name, &file->content);
	case NODE_HISTORY:
		return history_read(request, node, &file->content);
	case NODE_DOCUMENT:
		return documents_load(request, node, &file->content);
	case NODE_DRAFT:
	case NODE_DESCRIPTION:
		return description_load(request, node, &file->content);
	default:
		return tree_read_file(request, node, &file->content);
	}
}

static struct open_file *file_new(const struct node *node, bool writable)
{
	struct open_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->node = *node;
	file->writable = writable;
	file->content = (struct buffer)BUFFER_INIT(content_maximum(node->kind));
	pthread_mutex_init(&file->mutex, NULL);
	return file;
}

void file_abandon(const struct aliasfs *fs, struct open_file *file)
{
	/* The kernel has a READ's reply, and may send RELEASE, before the thread that gave it lets go. */
	pthread_mutex_lock(&file->mutex);
	pthread_mutex_unlock(&file->mutex);
	if (file->code_file)
		code_file_unref(fs->code_cache, file->code_file);
	drafts_discharge(fs->drafts, file->charged);
	if (file->draft)
		drafts_close(fs->drafts, clock_monotonic_ms(), file->draft);
	handles_remove(fs->handles, &file->handle);
	buffer_release(&file->content);
	pthread_mutex_destroy(&file->mutex);
	free(file);
}

static void abandon_handle(const struct aliasfs *fs, struct handle *handle)
{
	file_abandon(fs, (struct open_file *)handle);
}

static int access_mask(int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return R_OK;
	case O_WRONLY:
		return W_OK;
	default:
		return R_OK | W_OK;
	}
}

/* The content is about to be `size` bytes long: -ENOSPC when drafts and open files hold too many. The mutex is held. */
static int charge_file(const struct aliasfs *fs, struct open_file *file, size_t size)
{
	int error;

	if (!file->writable || file->node.kind == NODE_CONTROL_FILE || size <= file->charged)
		return 0;
	error = drafts_charge(fs->drafts, file->charged, size);
	if (!error)
		file->charged = size;
	return error;
}

/* What a file holds at first: nothing when it is cut. */
static int fill_file(struct request *request, struct open_file *file, int flags)
{
	bool reads = access_mask(flags) & R_OK;
	int error;

	if (flags & O_TRUNC) {
		file->truncated = true;
		return 0;
	}
	if (file->node.kind == NODE_CONTROL_FILE && !reads)
		return 0;
	error = load_content(request, file);
	if (error)
		return error;
	if (file->node.kind == NODE_DESCRIPTION && reads)
		description_note_read(request, &file->node, &file->content);
	return charge_file(request->fs, file, file->content.length);
}

/* Makes the file what its name stands for: a draft, or a description that has not changed meanwhile. */
static int attach_file(struct request *request, struct open_file *file)
{
	if (file->node.kind == NODE_DRAFT)
		return drafts_open(
			request->fs->drafts, clock_monotonic_ms(), &file->node, &file->draft);
	if (file->node.kind == NODE_DESCRIPTION && file->writable)
		return description_compare(request, &file->node);
	return 0;
}

/* The open file with its first content, among the mount's handles. */
static int open_content(struct request *request, const struct node *node, bool writable, int flags,
	struct open_file **ret_file)
{
	struct open_file *file = file_new(node, writable);
	int error;

	if (!file)
		return -ENOMEM;
	error = attach_file(request, file);
	if (!error)
		error = fill_file(request, file, flags);
	if (error) {
		file_abandon(request->fs, file);
		return error;
	}
	handles_add(request->fs->handles, &file->handle, abandon_handle);
	*ret_file = file;
	return 0;
}

/* Of a file that is no one's to write. */
static int refuse_write(struct request *request, const struct node *node)
{
	if (node->kind == NODE_DOCUMENT)
		return documents_refuse(request);
	return request_refuse(request, EROFS,
		node->kind == NODE_HISTORY ? "the history of an alias is read-only"
					   : "what a version holds is read-only");
}

int file_open(
	struct request *request, const struct node *node, int flags, struct open_file **ret_file)
{
	int mask = access_mask(flags) | (flags & O_TRUNC ? W_OK : 0);
	int error = request_permits(request, tree_shown_mode(request->fs, node), mask);

	if (error)
		return request_refuse(request, EACCES, "the mode of this file does not allow it");
	if (mask & W_OK) {
		if (!is_writable_kind(node->kind))
			return refuse_write(request, node);
		error = request_permits_change(request);
		if (error)
			return error;
	}
	return open_content(request, node, mask & W_OK, flags, ret_file);
}

int file_create(struct request *request, const struct node *directory, const char *name, int flags,
	struct node *ret_node, struct open_file **ret_file)
{
	struct drafts *drafts = request->fs->drafts;
	int error;

	if (directory->kind != NODE_ALIAS)
		return request_refuse(request, EPERM, "files can only be made in .aliases/NAME");
	error = request_permits_change(request);
	if (error)
		return error;
	description_child(directory, name, ret_node);
	if (ret_node->kind == NODE_HISTORY || ret_node->kind == NODE_DOCUMENT)
		return refuse_write(request, ret_node);
	if (ret_node->kind == NODE_DRAFT)
		error = drafts_create(drafts, clock_monotonic_ms(), ret_node, flags & O_EXCL);
	else
		error = flags & O_EXCL ? -EEXIST : 0;
	if (error)
		return error;
	return open_content(request, ret_node, true, flags, ret_file);
}

bool file_is_immutable(const struct open_file *file)
{
	switch (file->node.kind) {
	case NODE_CONFIGURATION:
	case NODE_ENVIRONMENT:
	case NODE_CODE_SHA256:
	case NODE_CODE:
		return lambda_version_is_published(file->node.version);
	default:
		return false;
	}
}

/* The verified code, fetched by the first who reads. Several READs of one file come at once. */
static int fetch_code(struct request *request, struct open_file *file, struct code_file **ret_file)
{
	struct code_cache *cache = request->fs->code_cache;
	struct code_file *fetched;
	enum lambda_status status;

	pthread_mutex_lock(&file->mutex);
	*ret_file = file->code_file;
	pthread_mutex_unlock(&file->mutex);
	if (*ret_file)
		return 0;
	status = code_cache_get(cache, &request->scope, file->node.function, file->node.version,
		&file->code, &fetched, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	pthread_mutex_lock(&file->mutex);
	if (file->code_file)
		code_file_unref(cache, fetched);
	else
		file->code_file = fetched;
	*ret_file = file->code_file;
	pthread_mutex_unlock(&file->mutex);
	return 0;
}

static int read_code(struct request *request, struct open_file *file, char *bytes, size_t size,
	off_t offset, size_t *ret_length)
{
	struct code_file *code = NULL;
	ssize_t length;
	int error = fetch_code(request, file, &code);

	if (error)
		return error;
	length = code_file_read(code, bytes, size, (uint64_t)offset);
	if (length < 0)
		return (int)length;
	*ret_length = (size_t)length;
	return 0;
}

/* A copy: with the reply the reader may close the file, and RELEASE free it, before we are back. */
static void read_content(
	struct open_file *file, char *bytes, size_t size, off_t offset, size_t *ret_length)
{
	pthread_mutex_lock(&file->mutex);
	if (offset < 0 || (size_t)offset >= file->content.length)
		size = 0;
	else if (size > file->content.length - (size_t)offset)
		size = file->content.length - (size_t)offset;
	if (size)
		memcpy(bytes, file->content.data + offset, size);
	pthread_mutex_unlock(&file->mutex);
	*ret_length = size;
}

int file_read(struct request *request, struct open_file *file, char *bytes, size_t size,
	off_t offset, size_t *ret_length)
{
	if (file->node.kind == NODE_CODE)
		return read_code(request, file, bytes, size, offset, ret_length);
	read_content(file, bytes, size, offset, ret_length);
	return 0;
}

const struct node *file_node(const struct open_file *file)
{
	return &file->node;
}

/* Makes the content `size` bytes long, with NUL bytes where it grows. The mutex is held. */
static int resize_content(struct buffer *content, size_t size)
{
	static const char zeros[256];
	int error = 0;

	if (size > content->maximum)
		return -EFBIG;
	while (!error && content->length < size) {
		size_t missing = size - content->length;

		error = buffer_append(
			content, zeros, missing < sizeof(zeros) ? missing : sizeof(zeros));
	}
	if (!error && content->data) {
		content->length = size;
		content->data[size] = '\0';
	}
	return error;
}

int file_write(struct request *request, struct open_file *file, const char *data, size_t size,
	off_t offset, size_t *ret_written)
{
	bool too_long;
	size_t end;
	int error;

	if (!file->writable)
		return -EBADF;
	if (file->node.kind == NODE_CONTROL_FILE) {
		*ret_written = size;
		return control_write(request, file->node.name);
	}
	if (offset < 0 || size > DRAFT_SIZE_MAX || (size_t)offset > DRAFT_SIZE_MAX - size)
		return request_refuse(
			request, EFBIG, "at most %d bytes can be written here", DRAFT_SIZE_MAX);
	end = (size_t)offset + size;
	pthread_mutex_lock(&file->mutex);
	error = charge_file(request->fs, file, end);
	if (!error && end > file->content.length)
		error = resize_content(&file->content, end);
	if (!error && size) {
		memcpy(file->content.data + offset, data, size);
		file->written = true;
		file->truncated = false;
	}
	too_long = !error && file->node.kind == NODE_DESCRIPTION &&
		   !description_fits(buffer_text(&file->content), file->content.length);
	/* Said at once: a shell does not look at how its close() of a redirection ends. */
	if (too_long)
		file->written = false;
	pthread_mutex_unlock(&file->mutex);
	if (too_long)
		return request_refuse(request, EFBIG, LAMBDA_DESCRIPTION_IS_TOO_LONG);
	*ret_written = size;
	return error;
}

/* Carries out what the file holds: a draft is kept, a description goes to AWS. */
static int commit_content(
	struct request *request, const struct open_file *file, const char *data, size_t length)
{
	int error;

	if (file->node.kind != NODE_DRAFT)
		return description_commit(request, &file->node, data, length);
	error = drafts_store(request->fs->drafts, file->draft, data, length);
	if (error == -ENOENT)
		return request_refuse(request, ENOENT,
			"the temporary file has become a description meanwhile: what was written "
			"to it after that is lost");
	return error;
}

/* Takes a copy of the content if there is something to carry out; the mutex is not held across the network. */
static int commit_if(struct request *request, struct open_file *file, bool truncation_too)
{
	cleanup(buffer_release) struct buffer content = BUFFER_INIT(DRAFT_SIZE_MAX);
	bool wanted;
	int error = 0;

	if (!file->writable || file->node.kind == NODE_CONTROL_FILE)
		return 0;
	pthread_mutex_lock(&file->mutex);
	wanted = file->written || (truncation_too && file->truncated);
	if (wanted)
		error = buffer_append(&content, buffer_text(&file->content), file->content.length);
	if (!error && wanted)
		file->written = file->truncated = false;
	pthread_mutex_unlock(&file->mutex);
	if (error || !wanted)
		return error;
	return commit_content(request, file, buffer_text(&content), content.length);
}

int file_truncate(
	struct request *request, const struct node *node, struct open_file *file, off_t size)
{
	struct open_file *whole = NULL;
	int error;

	if (node->kind == NODE_CONTROL_FILE)
		return 0;
	if (!is_writable_kind(node->kind))
		return refuse_write(request, node);
	error = request_permits_change(request);
	if (error)
		return error;
	if (size < 0 || size > DRAFT_SIZE_MAX)
		return request_refuse(
			request, EFBIG, "at most %d bytes can be written here", DRAFT_SIZE_MAX);
	if (!file) {
		error = file_open(request, node, O_WRONLY, &whole);
		if (error)
			return error;
		file = whole;
	}
	pthread_mutex_lock(&file->mutex);
	if (file->content.length != (size_t)size || !size) {
		error = charge_file(request->fs, file, (size_t)size);
		if (!error)
			error = resize_content(&file->content, (size_t)size);
		file->truncated = !error;
	}
	pthread_mutex_unlock(&file->mutex);
	if (!error && whole)
		error = commit_if(request, whole, true);
	if (whole)
		file_abandon(request->fs, whole);
	return error;
}

int file_flush(struct request *request, struct open_file *file)
{
	return commit_if(request, file, false);
}

int file_release(struct request *request, struct open_file *file)
{
	int error = commit_if(request, file, true);

	file_abandon(request->fs, file);
	return error;
}
