/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's inode numbers stand for.
 *
 * An inode number is a stable hash of what a path means, so that it is the same after a remount:
 *
 *   NODE_ROOT                                         1
 *   NODE_FUNCTION       (function)                    hash
 *   NODE_VERSION        (function, version)           hash
 *   NODE_CONFIGURATION… (function, version)           hash, one kind for each file
 *   NODE_LINK           (function, name)              hash: aliases, weights, local links, .newest
 *                       (function, version, name)     hash: a tool's temporary link inside a version
 *   NODE_ALIASES        (function)                    hash: .aliases
 *   NODE_ALIAS          (function, name)              hash: .aliases/PROD
 *   NODE_DESCRIPTION    (function, name)              hash: .aliases/PROD/description
 *   NODE_HISTORY        (function, name)              hash: .aliases/PROD/.history
 *   NODE_FUNCTION_DOCUMENTS (function)                hash: .function
 *   NODE_DOCUMENT       (function, name)              hash: .function/policy.json, named "policy.json", and
 *                                                     .aliases/PROD/policy.json, named "PROD/policy.json"
 *   NODE_INVOKE         (function, name)              hash: .aliases/PROD/.invoke
 *                       (function, version)           hash: .invoke in a version
 *   NODE_DRAFT          (function, name)              hash: a tool's temporary file there, "PROD/name"
 *   NODE_CONTROL, NODE_CONTROL_FILE (name)            hash: .aliasfs and what is in it
 *
 * The table holds what the kernel holds (lookup counts), nothing more. One mutex inside; no function
 * blocks otherwise.
 */
#ifndef ALIASFS_NODE_H
#define ALIASFS_NODE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/documents/kind.h"
#include "fs/rules/place.h"

enum node_kind {
	NODE_ROOT,
	NODE_FUNCTION,
	NODE_VERSION,
	NODE_CONFIGURATION,
	NODE_ENVIRONMENT,
	NODE_CODE_SHA256,
	NODE_LINK,
	NODE_ALIASES,
	NODE_ALIAS,
	NODE_DESCRIPTION,
	NODE_DRAFT,
	NODE_CONTROL,
	NODE_CONTROL_FILE,
	NODE_CODE, /* code.zip, with -o code; from here on at the end: a kind's number is in its inode number */
	NODE_HISTORY,
	NODE_FUNCTION_DOCUMENTS,
	NODE_DOCUMENT,
	NODE_INVOKE,
};

#define NODE_NAME_MAX (2 * NAME_MAX + 1) /* bytes of node.name: a draft's holds the alias too */

/* A node by value: what an operation works on. */
struct node {
	enum node_kind kind;
	uint64_t version; /* NODE_VERSION and its files; NODE_LINK and NODE_INVOKE if in_version */
	bool in_version; /* NODE_LINK, NODE_INVOKE: of a version, not of the function or of an alias */
	char function[NAME_MAX + 1]; /* "" for the root and what belongs to no function */
	char name[NODE_NAME_MAX +
		  1]; /* NODE_LINK, NODE_ALIAS, NODE_DESCRIPTION, NODE_HISTORY, NODE_INVOKE, NODE_DRAFT, NODE_DOCUMENT, NODE_CONTROL_FILE */
};

/* Fills *ret_node; `function` and `name` may be NULL and are cut at their maximum. */
void node_make(struct node *ret_node, enum node_kind kind, const char *function, uint64_t version,
	const char *name);

/* The link of that name in the directory, which is a function's or a version's. */
void node_make_link(struct node *ret_node, const struct node *directory, const char *name);

/* What invokes the version or alias whose directory that is. */
void node_make_invoke(struct node *ret_node, const struct node *directory);

/* A tool's temporary file beside the description of that alias. */
void node_make_draft(
	struct node *ret_node, const char *function, const char *alias, const char *name);

/* The document of the alias, or of the function (`alias` is ""). */
void node_make_document(struct node *ret_node, const char *function, const char *alias,
	const struct document_kind *kind);

/* Of a NODE_DOCUMENT: its kind, and into `alias` the alias that it belongs to, "" for the function's own. Pure. */
const struct document_kind *node_document_kind(const struct node *node);
void node_document_alias(const struct node *node, char alias[LAMBDA_ALIAS_NAME_MAX + 1]);

/* Where a link stands, or the names in the directory of a function or version. Borrows the node. Pure. */
struct gesture_place node_place(const struct node *node);

/* "function/2", "function/.aliases/PROD/description": where a node is below the mountpoint, "." for the root. Pure. */
void node_path(const struct node *node, const char *name, char *path, size_t size);

/* The inode number that the node's meaning hashes to; never 0, and 1 for the root alone. Pure. */
uint64_t node_inode(const struct node *node);

struct node_table;

struct node_table *node_table_new(void) must_check;
void node_table_free(struct node_table *table);

/*
 * One more lookup of that node by the kernel; gives the number to answer with: node_inode(), or the next
 * free one should two meanings hash alike. 0 when out of memory.
 */
uint64_t node_table_remember(struct node_table *table, const struct node *node) must_check;

/* `count` lookups fewer; a node without any is dropped. */
void node_table_forget(struct node_table *table, uint64_t inode, uint64_t count);

/* What the number stands for; false when the table does not hold it. */
bool node_table_find(struct node_table *table, uint64_t inode, struct node *ret_node) must_check;

/* The number by which the kernel knows the node now; 0 when it does not. */
uint64_t node_table_inode(struct node_table *table, const struct node *node);

/*
 * The kernel moved the dentry of `from` onto the name of `to` (a successful RENAME): the inode it knows
 * `from` by means `to` from now on. Looked up by its new name, it gets the number of its own again.
 * Nothing when the kernel does not know `from`, or the kinds differ.
 */
void node_table_renamed(struct node_table *table, const struct node *from, const struct node *to);

/* The same for two names that were exchanged. */
void node_table_exchanged(
	struct node_table *table, const struct node *left, const struct node *right);

/* How many nodes the kernel holds. */
size_t node_table_count(struct node_table *table);

#endif
