/* SPDX-License-Identifier: MIT */
#include "fs/tree/xattr.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "backend/documents/document.h"
#include "backend/moves/moves.h"
#include "fs/gesture/gesture.h"
#include "fs/rules/name.h"

/* The ARN that a version's configuration.json holds: always qualified. */
static int version_arn(
	struct request *request, const char *function, uint64_t version, struct buffer *out)
{
	cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(DOCUMENT_MAX);
	enum lambda_status status;

	status = catalog_document_get(request->fs->catalog, &request->scope, function, version,
		CATALOG_CONFIGURATION, &configuration, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	return document_read_arn(buffer_text(&configuration), configuration.length, out);
}

/* The function's own ARN: $LATEST's without its qualifier. */
static int function_arn(struct request *request, const char *function, struct buffer *out)
{
	enum lambda_status status = catalog_function_arn(
		request->fs->catalog, &request->scope, function, out, &request->error);

	return request_errno(status, ERRNO_READ);
}

static int alias_arn(struct request *request, const struct node *node, struct buffer *out)
{
	int error = function_arn(request, node->function, out);

	return error ? error : buffer_appendf(out, ":%s", node->name);
}

/* Its RevisionId, asked for now: what a script names to move it only while nothing has changed (contract 8.2.8). */
static int alias_revision(struct request *request, const struct node *node, struct buffer *out)
{
	struct lambda_alias alias;
	enum lambda_status status = catalog_alias_get_afresh(request->fs->catalog, &request->scope,
		node->function, node->name, &alias, &request->error);
	int error;

	if (status)
		return request_errno(status, ERRNO_READ);
	error = buffer_append_string(out, alias.revision_id);
	lambda_alias_release(&alias);
	return error;
}

/* That of PROD@1 is PROD's, while PROD may be moved there: what a roll-back asks for before it moves anything (8.2.8). */
static int settled_revision(
	struct request *request, const struct node *node, const char *name, struct buffer *out)
{
	const struct gesture_place place = node_place(node);
	struct lambda_alias alias;
	struct name parsed;
	enum lambda_status status;
	int error;

	if (strcmp(name, "lambda.revision_id"))
		return -ENODATA;
	name_parse(node->name, &parsed);
	status = catalog_alias_get_afresh(request->fs->catalog, &request->scope, node->function,
		parsed.alias, &alias, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	error = gesture_check_rollback(request->fs->gestures, &place, &alias, &request->error);
	if (!error)
		error = buffer_append_string(out, alias.revision_id);
	lambda_alias_release(&alias);
	return error;
}

/* Since when it leads where it leads; no data where that is not proven. */
static int alias_since(struct request *request, const struct node *node, struct buffer *out)
{
	int64_t since_s;
	enum lambda_status status = moves_find_since(request->fs->moves, &request->scope,
		node->function, node->name, &since_s, &request->error);

	if (status == LAMBDA_NOT_PROVEN)
		return -ENODATA;
	if (status)
		return request_errno(status, ERRNO_READ);
	return buffer_appendf(out, "%lld", (long long)since_s);
}

struct alias_attribute {
	const char *name;
	int (*get)(struct request *request, const struct node *node, struct buffer *out);
};

static const struct alias_attribute alias_attributes[] = {
	{"lambda.arn", alias_arn},
	{"lambda.revision_id", alias_revision},
	{"lambda.since", alias_since},
};

/* An alias's, and PROD@1's; weights, local links and .newest have none. */
static int link_attribute(
	struct request *request, const struct node *node, const char *name, struct buffer *out)
{
	const struct gesture_place place = node_place(node);
	const struct alias_attribute *attribute = NULL;
	struct gesture_entry entry;
	int error;
	size_t i;

	for (i = 0; i < array_count(alias_attributes); i++)
		if (!strcmp(name, alias_attributes[i].name))
			attribute = &alias_attributes[i];
	if (!attribute)
		return -ENODATA;
	error = gesture_lookup(request->fs->gestures, &request->scope, &place, node->name, &entry,
		&request->error);
	if (error)
		return error;
	if (entry.kind == GESTURE_SETTLED)
		return settled_revision(request, node, name, out);
	if (entry.kind != GESTURE_ALIAS)
		return entry.kind == GESTURE_NOTHING ? -ENOENT : -ENODATA;
	return attribute->get(request, node, out);
}

int xattr_get(
	struct request *request, const struct node *node, const char *name, struct buffer *out)
{
	/* Not ENODATA: then ls -l stops asking for these on the whole device (fs/rules/TOOLS.md). */
	if (text_starts_with(name, "security.") || text_starts_with(name, "system."))
		return -EOPNOTSUPP;
	if (node->kind == NODE_LINK)
		return link_attribute(request, node, name, out);
	if (strcmp(name, "lambda.arn"))
		return -ENODATA;
	switch (node->kind) {
	case NODE_FUNCTION:
		return function_arn(request, node->function, out);
	case NODE_VERSION:
		return version_arn(request, node->function, node->version, out);
	default:
		return -ENODATA;
	}
}
