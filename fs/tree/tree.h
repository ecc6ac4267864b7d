/* SPDX-License-Identifier: MIT */
/*
 * The shown tree: what a name in a directory is, what attributes a node has, what a directory holds
 * (contract, section 1). Questions only: nothing here changes anything.
 *
 * Functions that take a request may block on the network until its deadline. They give 0 or -errno with
 * request->error filled.
 */
#ifndef ALIASFS_TREE_H
#define ALIASFS_TREE_H

#include <sys/stat.h>

#include "backend/base/buffer.h"
#include "backend/lambda/lambda.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"

/* A node's attributes for the kernel, and for how many seconds it may cache them. */
struct tree_attributes {
	struct stat stat;      /* without st_ino, which is the number that the kernel knows */
	int64_t last_modified; /* seconds: what st_mtim is unless a tool set it */
	double attribute_timeout;
	double entry_timeout;
};

/* The child of that name. -ENOENT: there is none; *ret_negative_timeout says for how many seconds that holds. */
int tree_lookup(struct request *request, const struct node *parent, const char *name,
	struct node *ret_child, struct tree_attributes *ret_attributes,
	double *ret_negative_timeout) must_check;

/* The attributes of a node, exact. -ENOENT when it is not there any more. */
int tree_attributes_get(struct request *request, const struct node *node,
	struct tree_attributes *ret_attributes) must_check;

/* One entry of a listing. */
struct tree_entry {
	char *name;            /* owned; NULL for a version: its number is the name */
	uint64_t version;      /* NODE_VERSION; for a link where it leads */
	int64_t last_modified; /* seconds; with has_attributes */
	uint32_t size;         /* with has_attributes */
	enum node_kind kind;
	bool has_attributes; /* known without a call */
};

/* What a directory holds, in the order shown. */
struct tree_listing {
	struct tree_entry *entries;
	size_t count;
	size_t capacity;
	int64_t expires_ms; /* clock_monotonic_ms() until which it may be believed */
};

void tree_listing_release(struct tree_listing *listing);

/* Everything in a directory, complete, or an error. */
int tree_list(struct request *request, const struct node *directory,
	struct tree_listing *ret_listing) must_check;

/* Differs whenever names, kinds or their order do. Pure. */
uint64_t tree_listing_hash(const struct tree_listing *listing);

/* The node of an entry of that directory. Pure. */
void tree_entry_node(
	const struct node *directory, const struct tree_entry *entry, struct node *ret_node);

/* The entry's name as text; `text` is used for versions. Pure. */
const char *tree_entry_name(const struct tree_entry *entry, char text[LAMBDA_VERSION_TEXT_SIZE]);

/* The attributes of an entry that has_attributes, and of which that is the node. Never blocks. */
void tree_entry_attributes(const struct aliasfs *fs, const struct node *node,
	const struct tree_entry *entry, int64_t expires_ms, struct tree_attributes *ret_attributes);

/* The attributes of a link that was made this moment, not to be remembered by the kernel. Never blocks. */
void tree_link_attributes(const struct aliasfs *fs, const struct node *link, size_t target_length,
	struct tree_attributes *ret_attributes);

/* Sets a file's size, in bytes, and the blocks that go with it. Pure. */
void tree_set_size(struct stat *stat, uint64_t size);

/* The mode a node shows: file type and permission bits. Pure. */
mode_t tree_mode(const struct node *node);

/* The same without the bits of -o umask: what stat(2) shows, and what other users are held to. */
mode_t tree_shown_mode(const struct aliasfs *fs, const struct node *node);

#endif
