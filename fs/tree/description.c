/* SPDX-License-Identifier: MIT */
#include "fs/tree/description.h"

#include <errno.h>

#include "backend/base/hash.h"
#include "backend/catalog/catalog.h"
#include "backend/document_store/change.h"
#include "fs/gesture/gesture.h"

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

/* --- gestures --- */

int description_commit(struct request *request, const struct node *node, const char *data,
	size_t length, struct buffer *shown)
{
	cleanup(free_pointer) char *text = NULL;
	int error;

	if (length && document_check(document_kind(DOCUMENT_DESCRIPTION), data, length,
			      &request->error) != DOCUMENT_WHOLE)
		return request_errno(request->error.status, ERRNO_WRITE);
	text = strndup(
		length ? data : "", length && data[length - 1] == '\n' ? length - 1 : length);
	if (!text)
		return -ENOMEM;
	error = description_show(text, shown);
	if (error)
		return error;
	request_caller(request); /* for the audit */
	return gesture_set_description(request->fs->gestures, &request->scope, node->function,
		node->name, text, &request->error);
}

/* Whether AWS's description is not the base, or without one not what this mount knew. */
static bool description_differs(uint64_t base, const struct lambda_alias *known, const char *now)
{
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(DOCUMENT_MAX);

	if (!base)
		return known && strcmp(known->description, now) != 0;
	return description_show(now, &shown) ||
	       document_bytes_hash(buffer_text(&shown), shown.length) != base;
}

int description_compare(struct request *request, const struct node *node, uint64_t base)
{
	struct lambda_alias known = {0}, now;
	bool is_known = !base && catalog_alias_peek(
					 request->fs->catalog, node->function, node->name, &known);
	enum lambda_status status = catalog_alias_get_afresh(request->fs->catalog, &request->scope,
		node->function, node->name, &now, &request->error);
	bool has_changed = false;

	if (!status) {
		has_changed = description_differs(base, is_known ? &known : NULL, now.description);
		lambda_alias_release(&now);
	}
	if (is_known)
		lambda_alias_release(&known);
	if (status)
		return request_errno(status, ERRNO_WRITE);
	if (!has_changed)
		return 0;
	return request_refuse(request, EREMCHG,
		"the description was changed by another client since it was last shown here: read "
		"it again before you write it");
}

int description_load(struct request *request, const struct node *node, struct buffer *out)
{
	struct lambda_alias alias;
	enum lambda_status status = catalog_alias_get(request->fs->catalog, &request->scope,
		node->function, node->name, &alias, &request->error);
	int error;

	if (status)
		return request_errno(status, ERRNO_READ);
	error = description_show(alias.description, out);
	lambda_alias_release(&alias);
	return error;
}
