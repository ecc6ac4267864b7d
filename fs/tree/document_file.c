/* SPDX-License-Identifier: MIT */
#include "fs/tree/document_file.h"

#include <errno.h>
#include <linux/fs.h>

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "backend/document_store/change.h"
#include "fs/gesture/gesture.h"
#include "fs/settings/options.h"
#include "fs/tree/bases.h"
#include "fs/tree/description.h"
#include "fs/tree/document_names.h"
#include "fs/tree/drafts.h"
#include "fs/tree/latest.h"

/* Who asks, for the bases. */
static const struct call_lineage *asker_of(struct request *request)
{
	return call_scope_lineage(&request->scope);
}

/* The asker's base for the document; 0: none. */
static uint64_t find_base(struct request *request, const struct node *node)
{
	return bases_find(request->fs->bases, clock_monotonic_ms(), node, asker_of(request));
}

static void find_qualifier(const struct node *node, char alias[LAMBDA_ALIAS_NAME_MAX + 1])
{
	*alias = '\0';
	if (node->kind == NODE_DOCUMENT)
		node_document_alias(node, alias);
}

/* --- what can be written --- */

int document_file_permits_write(struct request *request, const struct node *node)
{
	const struct document_kind *kind = document_names_kind(node);
	const char *name = node->kind == NODE_CODE ? "code" : kind ? kind->name : NULL;

	if (node->kind == NODE_HISTORY)
		return request_refuse(request, EROFS, "the history of an alias is read-only");
	if (node->kind == NODE_INVOKE)
		return request_refuse(request, request->fs->options->allow_invoke ? EINVAL : EPERM,
			request->fs->options->allow_invoke
				? "a payload cannot be cut: open the file again"
				: "invoking is not allowed here: mount with -o allow_invoke");
	if (node->kind != NODE_CONTROL_FILE && !document_names_are_writable(request->fs, node)) {
		if (name && document_names_could_be_written(node))
			return request_refuse(request, EROFS,
				"this document is read-only: the mount option allow_update=%s lets "
				"it be "
				"written",
				name);
		return request_refuse(request, EROFS, "what a version holds is read-only");
	}
	return request_permits_change(request);
}

/* --- open files --- */

static int load_document(struct request *request, const struct node *node, struct buffer *out)
{
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	enum lambda_status status;

	node_document_alias(node, alias);
	status = document_store_read(request->fs->document_store, &request->scope,
		node_document_kind(node), node->function, alias, out, NULL, &request->error);
	return request_errno(status, ERRNO_READ);
}

/* Appends the content of a version's file. */
static int read_version_file(struct request *request, const struct node *node, struct buffer *out)
{
	struct lambda_version identity = {.version = node->version};
	char line[DOCUMENT_SHA256_SIZE];
	struct catalog_version version;
	enum lambda_status status;

	if (node->kind == NODE_CODE_SHA256) {
		status = catalog_version_get(request->fs->catalog, &request->scope, node->function,
			node->version, &version, NULL, &request->error);
		if (status)
			return request_errno(status, ERRNO_READ);
		identity.has_code_sha256 = version.has_code_sha256;
		memcpy(identity.code_sha256, version.code_sha256, sizeof(identity.code_sha256));
		document_format_sha256(&identity, line);
		return buffer_append_string(out, line);
	}
	status = catalog_document_get(request->fs->catalog, &request->scope, node->function,
		node->version,
		node->kind == NODE_CONFIGURATION ? CATALOG_CONFIGURATION : CATALOG_ENVIRONMENT, out,
		&request->error);
	return request_errno(status, ERRNO_READ);
}

int document_file_load(struct request *request, const struct node *node, struct buffer *out)
{
	if (node->kind == NODE_DOCUMENT)
		return load_document(request, node, out);
	if (node->kind == NODE_DESCRIPTION)
		return description_load(request, node, out);
	return read_version_file(request, node, out);
}

void document_file_note_read(
	struct request *request, const struct node *node, const struct buffer *content)
{
	const struct document_kind *kind = document_names_kind(node);

	if (node->kind == NODE_CODE || node->kind == NODE_CODE_SHA256)
		latest_note_read(request, node);
	else if (kind)
		bases_note_read(request->fs->bases, clock_monotonic_ms(), node, asker_of(request),
			document_mark(kind, buffer_text(content), content->length), NULL);
}

int document_file_compare(struct request *request, const struct node *node)
{
	const struct document_kind *kind = document_names_kind(node);
	uint64_t base = kind || node->kind == NODE_CODE ? find_base(request, node) : 0;
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	enum lambda_status status;

	if (node->kind == NODE_DESCRIPTION)
		return description_compare(request, node, base);
	if (!base)
		return 0;
	if (node->kind == NODE_CODE)
		return latest_compare_code(request, node, base);
	find_qualifier(node, alias);
	status = document_store_compare(request->fs->document_store, &request->scope, kind,
		node->function, alias, base, &request->error);
	return request_errno(status, ERRNO_WRITE);
}

/* The bytes of a spool that holds a document. */
static int read_spool(struct request *request, struct spool *content, struct buffer *out)
{
	int error = spool_append_to(content, out);

	return error == -EFBIG ? request_refuse(request, EFBIG, "a document has at most %d bytes",
					 DOCUMENT_MAX)
			       : error;
}

int document_file_check(struct request *request, const struct node *node, struct spool *content)
{
	cleanup(buffer_release_secret) struct buffer bytes = BUFFER_INIT(DOCUMENT_MAX);
	const struct document_kind *kind = document_names_kind(node);
	int error;

	if (!kind)
		return 0;
	error = read_spool(request, content, &bytes);
	if (error)
		return error;
	if (document_check(kind, buffer_text(&bytes), bytes.length, &request->error) !=
		DOCUMENT_WRONG) {
		memset(&request->error, 0, sizeof(request->error));
		return 0;
	}
	return request_errno(request->error.status, ERRNO_WRITE);
}

/* Makes AWS's document what the bytes say, which are whole. */
static int change_document(struct request *request, const struct node *node,
	const struct document_kind *kind, const struct buffer *bytes)
{
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	const struct document_write write = {.kind = kind,
		.function = node->function,
		.qualifier = alias,
		.bytes = buffer_text(bytes),
		.length = bytes->length,
		.base = find_base(request, node)};
	struct document_written written;
	int error;

	find_qualifier(node, alias);
	request_caller(request); /* for the audit */
	if (kind->places & DOCUMENT_OF_LATEST)
		error = latest_change(request, &write, &written);
	else
		error = request_errno(document_store_change(request->fs->document_store,
					      &request->scope, &write, &written, &request->error),
			ERRNO_WRITE);
	/* Also when AWS has taken it and it failed to come into effect: that is what AWS shows. */
	if ((!error || written.calls) && written.hash)
		bases_note_written(request->fs->bases, clock_monotonic_ms(), node,
			asker_of(request), written.hash, NULL);
	return error;
}

static int commit_json(
	struct request *request, const struct node *node, struct spool *content, bool last)
{
	cleanup(buffer_release_secret) struct buffer bytes = BUFFER_INIT(DOCUMENT_MAX);
	const struct document_kind *kind = document_names_kind(node);
	int error = read_spool(request, content, &bytes);

	if (error)
		return error;
	switch (document_check(kind, buffer_text(&bytes), bytes.length, &request->error)) {
	case DOCUMENT_EMPTY:
		memset(&request->error, 0, sizeof(request->error));
		return 0;
	case DOCUMENT_WHOLE:
		memset(&request->error, 0, sizeof(request->error));
		return change_document(request, node, kind, &bytes);
	case DOCUMENT_UNFINISHED:
		request->is_provisional = !last;
		break;
	case DOCUMENT_WRONG:
		break;
	}
	return request_errno(request->error.status, ERRNO_WRITE);
}

static int commit_description(
	struct request *request, const struct node *node, struct spool *content)
{
	cleanup(buffer_release) struct buffer bytes = BUFFER_INIT(DOCUMENT_MAX);
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(DOCUMENT_MAX);
	int error = read_spool(request, content, &bytes);

	if (!error)
		error = description_commit(
			request, node, buffer_text(&bytes), bytes.length, &shown);
	if (!error)
		bases_note_written(request->fs->bases, clock_monotonic_ms(), node,
			asker_of(request), document_bytes_hash(buffer_text(&shown), shown.length),
			NULL);
	return error;
}

int document_file_commit(struct request *request, const struct node *node, struct spool *content,
	bool was_truncated, bool last)
{
	int error = 0;

	if (node->kind == NODE_DESCRIPTION)
		error = commit_description(request, node, content);
	else if (node->kind == NODE_CODE && spool_size(content))
		error = latest_commit_code(request, node, content, last);
	else if (document_names_kind(node) && !(was_truncated && !spool_size(content)))
		error = commit_json(request, node, content, last);
	if (!error && (node->kind == NODE_DESCRIPTION || spool_size(content)))
		drafts_note_written(request->fs->drafts, clock_monotonic_ms(), node);
	else if (!error)
		drafts_show(request->fs->drafts, clock_monotonic_ms(), node);
	return error;
}

/* --- names that come and go --- */

bool document_file_has(const struct aliasfs *fs, const struct node *directory, const char *name)
{
	struct node node;

	if (directory->kind == NODE_ALIAS || directory->kind == NODE_FUNCTION_DOCUMENTS)
		return true;
	if (!document_names_are_place(fs, directory))
		return false;
	document_names_child(directory, name, &node);
	return node.kind != NODE_DRAFT || drafts_have(fs->drafts, clock_monotonic_ms(), &node);
}

static int refuse_name(struct request *request, const struct node *directory, const char *name)
{
	if (directory->kind != NODE_VERSION)
		return request_refuse(request, EPERM, "nothing can be created here");
	return request_refuse(request, EPERM,
		"'%s' means nothing to Lambda: what can be written here is code.zip, "
		"configuration.json and environment.json, as in cp %s '%s/$LATEST/code.zip'",
		name, name, directory->function);
}

/* Names that this program gives, and no file of a tool. */
static bool is_reserved(const struct node *node)
{
	return node->kind == NODE_HISTORY || node->kind == NODE_INVOKE;
}

static int refuse_reserved(struct request *request, const struct node *node)
{
	return request_refuse(request, EPERM,
		node->kind == NODE_HISTORY
			? ".history is what CloudTrail and this mount know: it cannot be changed"
			: ".invoke runs the function: it cannot be made, moved or removed");
}

int document_file_create(struct request *request, const struct node *directory, const char *name,
	bool exclusive, struct node *ret_node, bool *ret_emptied)
{
	int64_t now_ms = clock_monotonic_ms();
	int error;

	*ret_emptied = false;
	if (!document_names_are_place(request->fs, directory))
		return request_refuse(request, EROFS, "nothing can be created here");
	error = request_permits_change(request);
	if (error)
		return error;
	document_names_child(directory, name, ret_node);
	if (ret_node->kind == NODE_DRAFT) {
		if (!document_names_may_be_draft(directory, name))
			return refuse_name(request, directory, name);
		return drafts_create(request->fs->drafts, now_ms, ret_node,
			document_names_room(ret_node), exclusive);
	}
	error = document_file_permits_write(request, ret_node);
	if (error)
		return error;
	if (drafts_show(request->fs->drafts, now_ms, ret_node)) {
		/* It is what comes in its place, and has nothing of it yet. */
		*ret_emptied = true;
		return 0;
	}
	return exclusive ? -EEXIST : 0;
}

/* The content of a document as a spool, the caller's. */
static int read_whole(struct request *request, const struct node *node, struct spool **ret_content)
{
	cleanup(buffer_release_secret) struct buffer bytes = BUFFER_INIT(DOCUMENT_MAX);
	struct spool *content;
	int error;

	content = spool_new(request->fs->spools, document_names_room(node));
	if (!content)
		return -ENOMEM;
	if (node->kind == NODE_CODE) {
		error = latest_load_code(request, node, content);
	} else {
		error = document_file_load(request, node, &bytes);
		if (!error)
			error = spool_write(content, buffer_text(&bytes), bytes.length, 0);
	}
	if (error)
		spool_unref(content);
	else
		*ret_content = content;
	return error;
}

/* Makes the document what the draft holds, which stays as it is while that lasts: an upload may take longer than a draft lives. */
static int commit_draft(
	struct request *request, const struct node *draft, const struct node *document)
{
	struct drafts *drafts = request->fs->drafts;
	struct spool *content;
	struct draft *held;
	int error = drafts_open(drafts, clock_monotonic_ms(), draft, &held);

	if (error)
		return error;
	content = drafts_begin_commit(drafts, held);
	error = document_file_commit(request, document, content, false, true);
	spool_unref(content);
	drafts_end_commit(drafts, held, !error);
	drafts_close(drafts, clock_monotonic_ms(), held);
	return error;
}

/*
 * A draft becomes the document, which is shown again when that fails. A backup that a tool puts back after its replacement
 * has failed writes nothing: the document may be another client's by now.
 */
static int put_in_place(
	struct request *request, const struct node *draft, const struct node *document)
{
	int error = document_file_permits_write(request, document);

	if (!error && drafts_take_back(request->fs->drafts, clock_monotonic_ms(), draft, document))
		return 0;
	if (!error)
		error = commit_draft(request, draft, document);
	if (error)
		drafts_show(request->fs->drafts, clock_monotonic_ms(), document);
	/* mv takes EINVAL for a directory that is to be moved into itself. */
	return error == -EINVAL ? -EPERM : error;
}

/* A document that is moved away is hidden, as one that is removed: what comes next replaces it. The draft gets a copy. */
static int copy_away(struct request *request, const struct node *document, const struct node *draft,
	bool exclusive)
{
	struct spool *content = NULL;
	int error = document_file_permits_write(request, document);

	if (!error)
		error = read_whole(request, document, &content);
	if (error)
		return error;
	error = drafts_put_copy(
		request->fs->drafts, clock_monotonic_ms(), draft, document, content, exclusive);
	if (!error)
		drafts_hide(request->fs->drafts, clock_monotonic_ms(), document);
	spool_unref(content);
	return error;
}

int document_file_rename(struct request *request, const struct node *directory, const char *name,
	const struct node *new_directory, const char *new_name, unsigned int flags)
{
	bool exclusive = flags & RENAME_NOREPLACE;
	struct node from, to;

	if (node_inode(directory) != node_inode(new_directory) || flags & RENAME_EXCHANGE)
		return request_refuse(request, EPERM,
			"documents and the files beside them cannot be moved to another directory, "
			"or "
			"exchanged");
	document_names_child(directory, name, &from);
	document_names_child(new_directory, new_name, &to);
	if (is_reserved(&from) || is_reserved(&to))
		return refuse_reserved(request, is_reserved(&from) ? &from : &to);
	if (to.kind == NODE_DRAFT && !document_names_may_be_draft(directory, new_name))
		return refuse_name(request, directory, new_name);
	if (from.kind == NODE_DRAFT && to.kind == NODE_DRAFT)
		return drafts_rename(
			request->fs->drafts, clock_monotonic_ms(), &from, &to, exclusive);
	if (from.kind == NODE_DRAFT)
		return put_in_place(request, &from, &to);
	if (to.kind == NODE_DRAFT)
		return copy_away(request, &from, &to, exclusive);
	return request_refuse(request, EPERM, "one document cannot become another");
}

int document_file_unlink(struct request *request, const struct node *directory, const char *name)
{
	struct node node;
	int error;

	document_names_child(directory, name, &node);
	if (node.kind == NODE_DRAFT)
		return drafts_remove(request->fs->drafts, clock_monotonic_ms(), &node);
	if (is_reserved(&node))
		return refuse_reserved(request, &node);
	gesture_note_refused_removal(request->fs->gestures, request_caller(request), node.function);
	error = document_file_permits_write(request, &node);
	if (error)
		return error;
	drafts_hide(request->fs->drafts, clock_monotonic_ms(), &node);
	return 0;
}
