/* SPDX-License-Identifier: MIT */
/* What a name in a directory would be, by the rules for names alone. */
#include <errno.h>
#include <string.h>

#include "backend/base/clock.h"
#include "fs/rules/name.h"
#include "fs/settings/options.h"
#include "fs/settings/selection.h"
#include "fs/tree/control.h"
#include "fs/tree/document_file.h"
#include "fs/tree/document_names.h"
#include "fs/tree/drafts.h"
#include "fs/tree/private.h"

/*
 * Whether AWS may have a function of that name: letters, digits, '-', '_', and with a region in front
 * a '.' (Lambda@Edge replicas such as us-east-1.name). What desktops and crawlers probe for (.git,
 * .Trash, autorun.inf) is answered without a call.
 */
static bool may_be_function(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t length = strspn(name, allowed);

	if (!length)
		return false;
	if (name[length] == '.') {
		/* A region ends in '-' and one digit. */
		if (length < 3 || name[length - 2] != '-' || name[length - 1] < '0' ||
			name[length - 1] > '9')
			return false;
		name += length + 1;
		length = strspn(name, allowed);
	}
	return length && !name[length];
}

static int child_of_root(const struct aliasfs *fs, const char *name, struct node *child)
{
	if (!strcmp(name, ".aliasfs")) {
		node_make(child, NODE_CONTROL, NULL, 0, NULL);
		return 0;
	}
	if (!may_be_function(name) || !selection_shows(fs->options->functions, name))
		return -ENOENT;
	node_make(child, NODE_FUNCTION, name, 0, NULL);
	return 0;
}

static int child_of_function(const struct node *parent, const char *text, struct node *child)
{
	struct name name;

	name_parse(text, &name);
	switch (name.kind) {
	case NAME_VERSION:
		node_make(child, NODE_VERSION, parent->function, name.version, NULL);
		return 0;
	case NAME_ALIASES:
		node_make(child, NODE_ALIASES, parent->function, 0, NULL);
		return 0;
	case NAME_FUNCTION_DOCUMENTS:
		node_make(child, NODE_FUNCTION_DOCUMENTS, parent->function, 0, NULL);
		return 0;
	case NAME_NUMERIC:
	case NAME_ALIAS_TOO_LONG:
	case NAME_PUBLISH:
		return -ENOENT;
	default:
		node_make_link(child, parent, text);
		return 0;
	}
}

/* Whether code.zip answers by name: of $LATEST always, else with -o code. */
static bool may_have_code(const struct aliasfs *fs, uint64_t version)
{
	return fs->options->code || version == LAMBDA_VERSION_LATEST;
}

static int child_of_version(
	const struct aliasfs *fs, const struct node *parent, const char *name, struct node *child)
{
	size_t i;

	if (!strcmp(name, ".invoke")) {
		node_make_invoke(child, parent);
		return fs->options->allow_invoke ? 0 : -ENOENT;
	}
	for (i = 0; i < TREE_VERSION_FILES; i++) {
		if (!strcmp(name, tree_version_files[i].name)) {
			if (tree_version_files[i].kind == NODE_CODE &&
				!may_have_code(fs, parent->version))
				return -ENOENT;
			node_make(child, tree_version_files[i].kind, parent->function,
				parent->version, NULL);
			return 0;
		}
	}
	/* A tool's temporary file or link, on its way to be renamed (6.9, 2.1); nothing of that name is asked of AWS. */
	if (document_names_are_place(fs, parent)) {
		document_names_child(parent, name, child);
		if (drafts_have(fs->drafts, clock_monotonic_ms(), child))
			return 0;
	}
	node_make_link(child, parent, name);
	return 0;
}

int tree_child_of(
	const struct aliasfs *fs, const struct node *parent, const char *name, struct node *child)
{
	struct name parsed;

	switch (parent->kind) {
	case NODE_ROOT:
		return child_of_root(fs, name, child);
	case NODE_FUNCTION:
		return child_of_function(parent, name, child);
	case NODE_VERSION:
		return child_of_version(fs, parent, name, child);
	case NODE_ALIASES:
		name_parse(name, &parsed);
		if (parsed.kind != NAME_ALIAS)
			return -ENOENT;
		node_make(child, NODE_ALIAS, parent->function, 0, name);
		return 0;
	case NODE_ALIAS:
	case NODE_FUNCTION_DOCUMENTS:
		document_names_child(parent, name, child);
		return child->kind == NODE_INVOKE && !fs->options->allow_invoke ? -ENOENT : 0;
	case NODE_CONTROL:
		if (!control_file_exists(name))
			return -ENOENT;
		node_make(child, NODE_CONTROL_FILE, NULL, 0, name);
		return 0;
	default:
		return -ENOTDIR;
	}
}
