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
#include "fs/settings/options.h"
#include "fs/tree/control.h"
#include "fs/tree/document_file.h"
#include "fs/tree/document_names.h"
#include "fs/tree/drafts.h"
#include "fs/tree/history_text.h"
#include "fs/tree/invoke.h"
#include "fs/tree/latest.h"
#include "fs/tree/open_handles.h"
#include "fs/tree/tree.h"

/* More than any content: a history, documents, the error log's lines, a draft. */
#define CONTENT_MAX HISTORY_TEXT_MAX

struct open_file {
	struct handle handle;
	struct node node;
	bool writable;
	uint64_t opener;                  /* the process, as in call_lineage; 0: unknown */
	struct caller_identity opened_by; /* of a document that is written: for RELEASE */
	struct draft *draft;           /* NODE_DRAFT: has the content; stays until it is closed */
	struct invocation *invocation; /* NODE_INVOKE: it has the content; owned */
	pthread_mutex_t mutex;         /* protects what is below */
	struct buffer content;         /* of a file that is only read */
	struct spool *spool;           /* of a document that is written; a reference */
	struct lambda_code code; /* NODE_CODE: what it was when it was opened; does not change */
	struct code_file *code_file; /* NODE_CODE: with the first READ; a reference */
	bool written;                /* data came since the last FLUSH that carried it out */
	bool truncated;              /* cut to a size, and no data since */
	int refused;      /* how the last FLUSH that carried something out ended, for good */
	bool was_emptied; /* all it holds was written through this descriptor … */
	uint64_t run;     /* … and so many bytes from the beginning on */
	uint64_t checked; /* bytes that were looked at when they were written */
};

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
	default:
		return document_file_load(request, node, &file->content);
	}
}

static struct open_file *file_new(const struct aliasfs *fs, const struct node *node, bool writable)
{
	struct open_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->node = *node;
	file->writable = writable;
	file->content = (struct buffer)BUFFER_INIT(CONTENT_MAX);
	if (writable && node->kind != NODE_CONTROL_FILE && node->kind != NODE_DRAFT) {
		file->spool = spool_new(fs->spools, document_names_room(node));
		if (!file->spool) {
			free(file);
			return NULL;
		}
	}
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
	if (file->draft)
		drafts_close(fs->drafts, clock_monotonic_ms(), file->draft);
	invocation_free(file->invocation);
	handles_remove(fs->handles, &file->handle);
	buffer_release_secret(&file->content);
	spool_unref(file->spool);
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

/* What a file that is written holds at first becomes its spool. */
static int fill_spool(struct request *request, struct open_file *file)
{
	int error;

	if (file->node.kind == NODE_CODE)
		return latest_load_code(request, &file->node, file->spool);
	error = load_content(request, file);
	if (!error)
		error = spool_write(
			file->spool, buffer_text(&file->content), file->content.length, 0);
	return error;
}

/* The same error, of a draft that takes no bytes with the reason. */
static int explain_draft(struct request *request, int error)
{
	if (error == -EBUSY)
		return request_refuse(request, EBUSY,
			"the temporary file is being renamed to a document: write it again when "
			"the RENAME has ended");
	if (error == -ENOENT)
		return request_refuse(request, ENOENT,
			"the temporary file has become a document: open the document to write "
			"more");
	return error;
}

static int truncate_draft(struct request *request, struct open_file *file, uint64_t size)
{
	return explain_draft(request, drafts_truncate(request->fs->drafts, file->draft, size));
}

/* What a file holds at first: nothing when it is cut. */
static int fill_file(struct request *request, struct open_file *file, int flags)
{
	bool reads = access_mask(flags) & R_OK;
	int error;

	if (file->draft)
		return flags & O_TRUNC ? truncate_draft(request, file, 0) : 0;
	if (flags & O_TRUNC) {
		file->truncated = file->was_emptied = true;
		return 0;
	}
	if (file->node.kind == NODE_CONTROL_FILE && !reads)
		return 0;
	error = file->spool ? fill_spool(request, file) : load_content(request, file);
	if (!error && reads)
		document_file_note_read(request, &file->node, &file->content);
	return error;
}

/* Makes the file what its name stands for: an invocation, a draft, or a document that has not changed meanwhile. */
static int attach_file(struct request *request, struct open_file *file, int flags)
{
	if (file->node.kind == NODE_INVOKE)
		return invocation_open(request, flags, &file->invocation);
	if (file->node.kind == NODE_DRAFT)
		return drafts_open(
			request->fs->drafts, clock_monotonic_ms(), &file->node, &file->draft);
	return file->spool ? document_file_compare(request, &file->node) : 0;
}

/* The open file with its first content, among the mount's handles. */
static int open_content(struct request *request, const struct node *node, bool writable, int flags,
	struct open_file **ret_file)
{
	struct open_file *file = file_new(request->fs, node, writable);
	int error;

	if (!file)
		return -ENOMEM;
	if (file->spool) {
		request_caller(request);
		file->opened_by = request->identity;
		if (call_scope_lineage(&request->scope))
			file->opener = request->lineage.lineage.processes[0];
	}
	error = attach_file(request, file, flags);
	if (!error && !file->invocation)
		error = fill_file(request, file, flags);
	if (error) {
		file_abandon(request->fs, file);
		return error;
	}
	handles_add(request->fs->handles, &file->handle, abandon_handle);
	*ret_file = file;
	return 0;
}

int file_open(
	struct request *request, const struct node *node, int flags, struct open_file **ret_file)
{
	int mask = access_mask(flags) | (flags & O_TRUNC ? W_OK : 0);
	bool writable = mask & W_OK && node->kind != NODE_INVOKE; /* which takes a payload */
	int error = request_permits(request, tree_shown_mode(request->fs, node), mask);

	if (error)
		return request_refuse(request, EACCES, "the mode of this file does not allow it");
	if (writable) {
		error = document_file_permits_write(request, node);
		if (error)
			return error;
	}
	return open_content(request, node, writable, flags, ret_file);
}

int file_create(struct request *request, const struct node *directory, const char *name, int flags,
	struct node *ret_node, struct open_file **ret_file)
{
	bool emptied;
	int error =
		document_file_create(request, directory, name, flags & O_EXCL, ret_node, &emptied);

	if (error)
		return error;
	return open_content(request, ret_node, true, emptied ? flags | O_TRUNC : flags, ret_file);
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

static ssize_t read_code(
	struct request *request, struct open_file *file, char *bytes, size_t size, off_t offset)
{
	struct code_file *code = NULL;
	int error = fetch_code(request, file, &code);

	return error ? error : code_file_read(code, bytes, size, (uint64_t)offset);
}

/* A copy: with the reply the reader may close the file, and RELEASE free it, before we are back. */
static ssize_t read_content(struct open_file *file, char *bytes, size_t size, off_t offset)
{
	ssize_t length = 0;

	pthread_mutex_lock(&file->mutex);
	if (file->spool) {
		length = spool_read(file->spool, bytes, size, (uint64_t)offset);
	} else if ((size_t)offset < file->content.length) {
		if (size > file->content.length - (size_t)offset)
			size = file->content.length - (size_t)offset;
		memcpy(bytes, file->content.data + offset, size);
		length = (ssize_t)size;
	}
	pthread_mutex_unlock(&file->mutex);
	return length;
}

int file_read(struct request *request, struct open_file *file, char *bytes, size_t size,
	off_t offset, size_t *ret_length)
{
	ssize_t length;

	if (file->invocation)
		return invocation_read(
			request, file->invocation, &file->node, bytes, size, ret_length);
	if (offset < 0)
		length = 0;
	else if (file->draft)
		length = drafts_read_at(
			request->fs->drafts, file->draft, bytes, size, (uint64_t)offset);
	else if (file->node.kind == NODE_CODE && !file->spool)
		length = read_code(request, file, bytes, size, offset);
	else
		length = read_content(file, bytes, size, offset);
	if (length < 0)
		return (int)length;
	*ret_length = (size_t)length;
	return 0;
}

int file_describe_invocation(struct open_file *file, struct aliasfs_invocation *ret_description)
{
	return file->invocation ? invocation_describe(file->invocation, ret_description) : -ENOTTY;
}

/* --- what was written, and AWS has not --- */

struct unsent {
	const struct node *node;
	const struct call_lineage *asker;
	bool is_there; /* there are such bytes */
	bool is_own;   /* the asker's, in a file of so many bytes */
	uint64_t size;
};

/* Whether it or a process it comes from, whose descriptors it has, is the one. */
static bool comes_from(const struct call_lineage *asker, uint64_t process)
{
	size_t i;

	for (i = 0; asker && i < asker->count; i++)
		if (asker->processes[i] == process)
			return true;
	return false;
}

static void look_at_unsent(void *data, struct handle *handle)
{
	struct open_file *file = (struct open_file *)handle;
	struct unsent *unsent = data;

	if (handle->abandon != abandon_handle || !file->spool || unsent->is_own ||
		node_inode(&file->node) != node_inode(unsent->node))
		return;
	pthread_mutex_lock(&file->mutex);
	if (file->written || file->truncated) {
		unsent->is_there = true;
		unsent->is_own = comes_from(unsent->asker, file->opener);
		unsent->size = spool_size(file->spool);
	}
	pthread_mutex_unlock(&file->mutex);
}

static void find_unsent(struct request *request, struct unsent *unsent)
{
	handles_look(request->fs->handles, look_at_unsent, unsent);
	if (!unsent->is_there)
		return;
	/* It is read from /proc: only where it counts, and without a lock. */
	unsent->asker = call_scope_lineage(&request->scope);
	handles_look(request->fs->handles, look_at_unsent, unsent);
}

void file_show_size(struct request *request, const struct node *node, struct open_file *file,
	struct tree_attributes *attributes)
{
	struct unsent unsent = {.node = node};

	if (file && (file->draft || file->spool)) {
		pthread_mutex_lock(&file->mutex);
		unsent.is_there = unsent.is_own = true;
		unsent.size = file->draft ? drafts_size(request->fs->drafts, file->draft)
					  : spool_size(file->spool);
		pthread_mutex_unlock(&file->mutex);
	} else if (node->kind != NODE_DRAFT && document_names_are_writable(request->fs, node)) {
		find_unsent(request, &unsent);
	}
	if (unsent.is_there)
		attributes->attribute_timeout = 0;
	if (unsent.is_own)
		tree_set_size(&attributes->stat, unsent.size);
}

const struct node *file_node(const struct open_file *file)
{
	return &file->node;
}

/* Whether what was written is looked at now: not at each of many small pieces of a large file. The mutex is held. */
static bool is_worth_a_look(const struct open_file *file, size_t size)
{
	uint64_t length = spool_size(file->spool);

	return file->was_emptied && file->run == length &&
	       (length <= 16 * 1024 || size >= 4096 || length > 2 * file->checked);
}

/* Takes the bytes; *ret_taken is a reference to what the file holds then, if that is worth a look. */
static int take_bytes(struct open_file *file, const char *data, size_t size, uint64_t offset,
	struct spool **ret_taken)
{
	int error;

	pthread_mutex_lock(&file->mutex);
	if (offset == SPOOL_END)
		offset = spool_size(file->spool);
	error = spool_make_own(&file->spool);
	if (!error)
		error = spool_write(file->spool, data, size, offset);
	if (!error && size) {
		file->written = true;
		file->truncated = false;
		if (offset <= file->run && offset + size > file->run)
			file->run = offset + size;
	}
	if (!error && is_worth_a_look(file, size)) {
		file->checked = spool_size(file->spool);
		*ret_taken = spool_ref(file->spool);
	}
	pthread_mutex_unlock(&file->mutex);
	return error;
}

static int refuse_size(struct request *request, const struct node *node)
{
	return request_refuse(request, EFBIG, "at most %llu bytes can be written here",
		(unsigned long long)document_names_room(node));
}

/* What a refused WRITE leaves behind is a part of something: no FLUSH carries it out. */
static void forget_written(struct open_file *file)
{
	pthread_mutex_lock(&file->mutex);
	file->written = false;
	pthread_mutex_unlock(&file->mutex);
}

int file_write(struct request *request, struct open_file *file, const char *data, size_t size,
	off_t offset, bool appends, size_t *ret_written)
{
	const uint64_t place = appends ? SPOOL_END : (uint64_t)offset;
	struct spool *taken = NULL;
	int error;

	*ret_written = size;
	if (file->invocation)
		return invocation_write(request, file->invocation, data, size);
	if (!file->writable)
		return -EBADF;
	if (file->node.kind == NODE_CONTROL_FILE)
		return control_write(request, file->node.name);
	if (offset < 0)
		error = -EINVAL;
	else if (file->draft)
		error = explain_draft(request,
			drafts_write_at(request->fs->drafts, file->draft, data, size, place));
	else
		error = take_bytes(file, data, size, place, &taken);
	if (error == -EFBIG)
		error = refuse_size(request, &file->node);
	else if (error == -ENOSPC)
		error = request_refuse(request, ENOSPC,
			"too much is being written at once, or the disk of TMPDIR is full");
	/* Said at once: a shell does not look at how its close() of a redirection ends. */
	if (!error && taken)
		error = document_file_check(request, &file->node, taken);
	if (error)
		forget_written(file);
	spool_unref(taken);
	return error;
}

/* Carries out what there is to carry out, by a reference: the mutex is not held across the network. */
static int commit_if(struct request *request, struct open_file *file, bool last)
{
	struct spool *content = NULL;
	bool was_truncated = false;
	int error;

	if (!file->spool || !file->writable)
		return 0;
	pthread_mutex_lock(&file->mutex);
	if (file->written || (last && file->truncated)) {
		was_truncated = !file->written;
		content = spool_ref(file->spool);
		file->written = file->truncated = false;
	}
	error = file->refused;
	pthread_mutex_unlock(&file->mutex);
	if (!content) {
		/* Another process, as a child whose exec closes its copy, may have had this error and ignored it. */
		request->is_provisional = error != 0;
		return last ? 0 : error;
	}
	error = document_file_commit(request, &file->node, content, was_truncated, last);
	spool_unref(content);
	pthread_mutex_lock(&file->mutex);
	/* Bytes that are not whole yet are kept: the next FLUSH tries again. */
	if (error && request->is_provisional)
		file->written = true;
	file->refused = request->is_provisional ? 0 : error;
	pthread_mutex_unlock(&file->mutex);
	return error;
}

static int truncate_spool(struct open_file *file, uint64_t size)
{
	int error = 0;

	pthread_mutex_lock(&file->mutex);
	if (spool_size(file->spool) != size || !size) {
		error = spool_make_own(&file->spool);
		if (!error)
			error = spool_truncate(file->spool, size);
		file->truncated = !error;
		file->was_emptied = file->was_emptied || !size;
		if (file->run > size)
			file->run = size;
	}
	pthread_mutex_unlock(&file->mutex);
	return error;
}

int file_truncate(
	struct request *request, const struct node *node, struct open_file *file, off_t size)
{
	struct open_file *whole = NULL;
	int error;

	if (node->kind == NODE_CONTROL_FILE)
		return 0;
	error = document_file_permits_write(request, node);
	if (error)
		return error;
	if (size < 0 || (uint64_t)size > document_names_room(node))
		return refuse_size(request, node);
	if (!file || !(file->spool || file->draft)) {
		error = file_open(request, node, O_WRONLY, &whole);
		if (error)
			return error;
		file = whole;
	}
	if (file->draft)
		error = truncate_draft(request, file, (uint64_t)size);
	else
		error = truncate_spool(file, (uint64_t)size);
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
	int error;

	request_name_caller(request, &file->opened_by);
	error = commit_if(request, file, true);
	file_abandon(request->fs, file);
	return error;
}
