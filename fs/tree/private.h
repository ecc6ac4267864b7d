/* SPDX-License-Identifier: MIT */
/* What tree.c (names and attributes), child.c and list.c (listings) share. Nothing here blocks. */
#ifndef ALIASFS_TREE_PRIVATE_H
#define ALIASFS_TREE_PRIVATE_H

#include "backend/catalog/catalog.h"
#include "fs/tree/tree.h"

#define TREE_VERSION_FILES 4

/* The files of every version, in the order shown; NODE_CODE is listed with -o code, where tree_has_code(). */
struct tree_version_file {
	enum node_kind kind;
	const char *name;
};

extern const struct tree_version_file tree_version_files[TREE_VERSION_FILES];

/*
 * What the name in that directory would be; whether it is there is asked afterwards. 0, -ENOTDIR, or -ENOENT: nothing
 * is ever called that here. Pure.
 */
int tree_child_of(const struct aliasfs *fs, const struct node *parent, const char *name,
	struct node *ret_child) must_check;

/* Everything of a node's attributes but the timeouts, which are 0. `last_modified` in seconds, `size` in bytes. */
void tree_fill(const struct aliasfs *fs, const struct node *node, int64_t last_modified,
	uint64_t size, struct tree_attributes *attributes);

/* Whether the version has one: images have none. Pure. */
bool tree_has_code(const struct catalog_version *version);

/* Bytes of one of a version's files. */
uint64_t tree_file_size(enum node_kind kind, const struct catalog_version *version);

/*
 * Seconds from now until that moment (clock_monotonic_ms(); INT64_MAX: it never changes): what an
 * entry_timeout or attr_timeout takes.
 */
double tree_seconds_until(int64_t expires_ms);

#endif
