/* SPDX-License-Identifier: MIT */
#include "fs/tree/description.h"

#include <errno.h>
#include <linux/fs.h>

#include "backend/base/clock.h"
#include "backend/base/hash.h"
#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "fs/gesture/gesture.h"
#include "fs/tree/bases.h"
#include "fs/tree/documents.h"
#include "fs/tree/drafts.h"

/* --- the text --- */

int64_t description_offset(const char *text)
{
	uint64_t hash = hash_bytes(HASH_START, text, strlen(text));

	return (int64_t)((hash ^ hash >> 32) % 86400);
}

uint64_t description_size(const char *text)
{
	size_t length = strlen(text);

	return length ? length + 1 : 0;
}

int description_show(const char *text, struct buffer *out)
{
	int error = buffer_append_string(out, text);

	return error || !*text ? error : buffer_append_byte(out, '\n');
}

bool description_fits(const char *data, size_t length)
{
	size_t characters = 0, i;

	if (length && data[length - 1] == '\n')
		length--;
	for (i = 0; i < length; i++)
		if (((unsigned char)data[i] & 0xc0) != 0x80)
			characters++;
	return characters <= LAMBDA_DESCRIPTION_MAX;
}

int description_parse(const char *data, size_t length, char **ret_text)
{
	char *text;

	if (length && data[length - 1] == '\n')
		length--;
	if ((length && memchr(data, '\0', length)) || !text_is_utf8(data, length))
		return -EINVAL;
	text = strndup(length ? data : "", length);
	if (!text)
		return -ENOMEM;
	if (!description_fits(data, length)) {
		free(text);
		return -EFBIG;
	}
	*ret_text = text;
	return 0;
}

/* --- nodes --- */

void description_child(const struct node *directory, const char *name, struct node *ret_child)
{
	if (!strcmp(name, "description")) {
		node_make(ret_child, NODE_DESCRIPTION, directory->function, 0, directory->name);
		return;
	}
	if (!strcmp(name, ".history")) {
		node_make(ret_child, NODE_HISTORY, directory->function, 0, directory->name);
		return;
	}
	if (!documents_child(directory, name, ret_child))
		node_make_draft(ret_child, directory->function, directory->name, name);
}

/* --- gestures --- */

int description_commit(
	struct request *request, const struct node *node, const char *data, size_t length)
{
	cleanup(free_pointer) char *text = NULL;
	int error = description_parse(data, length, &text);

	if (error == -EFBIG)
		return request_refuse(request, EFBIG, LAMBDA_DESCRIPTION_IS_TOO_LONG);
	if (error == -EINVAL)
		return request_refuse(
			request, EINVAL, "a description is UTF-8 text without NUL bytes");
	if (error)
		return error;
	error = gesture_set_description(request->fs->gestures, &request->scope,
		request_caller(request), node->function, node->name, text, &request->error);
	if (!error)
		bases_note_written(request->fs->bases, clock_monotonic_ms(), node, text);
	return error;
}

void description_note_read(
	struct request *request, const struct node *node, const struct buffer *content)
{
	cleanup(free_pointer) char *text = NULL;

	/* AWS gives no text that its own API would not take. */
	if (!description_parse(buffer_text(content), content->length, &text))
		bases_note_read(request->fs->bases, clock_monotonic_ms(), node, text);
}

int description_compare(struct request *request, const struct node *node)
{
	struct lambda_alias known = {0}, now;
	int64_t now_ms = clock_monotonic_ms();
	bool is_base = bases_know(request->fs->bases, now_ms, node);
	bool is_known = !is_base && catalog_alias_peek(request->fs->catalog, node->function,
					    node->name, &known);
	enum lambda_status status = catalog_alias_get_afresh(request->fs->catalog, &request->scope,
		node->function, node->name, &now, &request->error);
	bool differs = false;

	if (!status) {
		differs = is_base ? bases_differ(request->fs->bases, now_ms, node, now.description)
				  : is_known && strcmp(known.description, now.description);
		lambda_alias_release(&now);
	}
	if (is_known)
		lambda_alias_release(&known);
	if (status)
		return request_errno(status, ERRNO_WRITE);
	if (!differs)
		return 0;
	return request_refuse(request, EREMCHG,
		"the description was changed by another client since it was last shown here: read "
		"it again before you write it");
}

int description_load(struct request *request, const struct node *node, struct buffer *out)
{
	struct lambda_alias alias;
	enum lambda_status status;
	int error;

	if (node->kind == NODE_DRAFT)
		return drafts_read(request->fs->drafts, clock_monotonic_ms(), node, out);
	status = catalog_alias_get(request->fs->catalog, &request->scope, node->function,
		node->name, &alias, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	error = description_show(alias.description, out);
	lambda_alias_release(&alias);
	return error;
}

static int refuse_history(struct request *request)
{
	return request_refuse(request, EPERM,
		".history is what CloudTrail and this mount know: it cannot be changed");
}

int description_rename(struct request *request, const struct node *directory, const char *name,
	const struct node *new_directory, const char *new_name, unsigned int flags)
{
	cleanup(buffer_release) struct buffer content = BUFFER_INIT(DRAFT_SIZE_MAX);
	struct drafts *drafts = request->fs->drafts;
	bool exclusive = flags & RENAME_NOREPLACE;
	struct node from, to;
	int error;

	if (new_directory->kind != NODE_ALIAS || flags & RENAME_EXCHANGE)
		return request_refuse(request, EPERM,
			"what is in .aliases cannot be moved out of it or exchanged");
	description_child(directory, name, &from);
	description_child(new_directory, new_name, &to);
	if (from.kind == NODE_HISTORY || to.kind == NODE_HISTORY)
		return refuse_history(request);
	if (from.kind == NODE_DOCUMENT || to.kind == NODE_DOCUMENT)
		return documents_refuse(request);
	if (from.kind == NODE_DRAFT && to.kind == NODE_DRAFT)
		return drafts_rename(drafts, clock_monotonic_ms(), &from, &to, exclusive);
	error = description_load(request, &from, &content);
	if (error)
		return error;
	if (to.kind == NODE_DESCRIPTION) {
		error = description_commit(request, &to, buffer_text(&content), content.length);
	} else {
		error = drafts_create(drafts, clock_monotonic_ms(), &to, exclusive);
		if (!error)
			error = drafts_write(drafts, clock_monotonic_ms(), &to,
				buffer_text(&content), content.length);
	}
	/* A description that is moved away stays: what comes next replaces it. */
	if (!error && from.kind == NODE_DRAFT)
		error = drafts_remove(drafts, clock_monotonic_ms(), &from, true);
	return error;
}

int description_unlink(struct request *request, const struct node *directory, const char *name)
{
	struct node node;

	description_child(directory, name, &node);
	if (node.kind == NODE_DESCRIPTION)
		return request_refuse(
			request, EPERM, "a description cannot be removed: write an empty one");
	if (node.kind == NODE_HISTORY)
		return refuse_history(request);
	if (node.kind == NODE_DOCUMENT)
		return documents_refuse(request);
	return drafts_remove(request->fs->drafts, clock_monotonic_ms(), &node, false);
}
