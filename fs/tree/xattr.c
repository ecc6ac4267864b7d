/* SPDX-License-Identifier: MIT */
#include "fs/tree/xattr.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "backend/documents/document.h"
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
	int error = version_arn(request, function, LAMBDA_VERSION_LATEST, out);

	if (error)
		return error;
	if (!text_ends_with(buffer_text(out), ":$LATEST"))
		return -ENODATA;
	out->length -= strlen(":$LATEST");
	out->data[out->length] = '\0';
	return 0;
}

/* An alias's; weights, local links and .newest have none. */
static int link_arn(struct request *request, const struct node *node, struct buffer *out)
{
	const struct gesture_place place = node_place(node);
	struct gesture_entry entry;
	int error;

	error = gesture_lookup(request->fs->gestures, &request->scope, &place, node->name, &entry,
		&request->error);
	if (error)
		return error;
	if (entry.kind != GESTURE_ALIAS)
		return entry.kind == GESTURE_NOTHING ? -ENOENT : -ENODATA;
	error = function_arn(request, node->function, out);
	return error ? error : buffer_appendf(out, ":%s", node->name);
}

int xattr_get(
	struct request *request, const struct node *node, const char *name, struct buffer *out)
{
	/* Not ENODATA: ls -l and cp stop asking for these on the whole device (tool-traces.md, section C). */
	if (text_starts_with(name, "security.") || text_starts_with(name, "system."))
		return -EOPNOTSUPP;
	if (strcmp(name, "lambda.arn"))
		return -ENODATA;
	switch (node->kind) {
	case NODE_FUNCTION:
		return function_arn(request, node->function, out);
	case NODE_VERSION:
		return version_arn(request, node->function, node->version, out);
	case NODE_LINK:
		return link_arn(request, node, out);
	default:
		return -ENODATA;
	}
}
