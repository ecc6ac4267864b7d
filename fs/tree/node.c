/* SPDX-License-Identifier: MIT */
#include "fs/tree/node.h"

#include <errno.h>
#include <pthread.h>

#include "backend/base/hash.h"
#include "backend/base/hash_map.h"
#include "backend/lambda/lambda.h"

#define PATH_TEXT_MAX 1024

#define ROOT_INODE 1

/* A function's name, shared by its nodes. */
struct shared_name {
	struct hash_entry entry; /* first: it is cast back */
	size_t references;
	char text[];
};

/* What a node with a name is called. */
struct entry_name {
	struct entry *next_moved; /* in table->moved */
	uint64_t version;
	bool in_version;
	char text[];
};

/* Small, since after a find of everything there are four for each version. */
struct entry {
	struct hash_entry entry; /* by the inode number; first: it is cast back */
	struct shared_name *function;
	union {
		uint64_t version;
		struct entry_name *name; /* owned; for kinds that has_name() */
	};
	uint64_t lookups : 56;
	enum node_kind kind : 7;
	bool moved : 1; /* its name, which it has, is not the one that its number comes from */
};

_Static_assert(sizeof(struct entry) <= 40, "malloc(3) takes 48 bytes for it, and 64 for more");

struct node_table {
	pthread_mutex_t mutex; /* protects everything below */
	struct hash_map entries;
	struct hash_map names; /* shared ones */
	struct entry *moved;   /* the few that a RENAME gave another name */
};

static bool has_name(enum node_kind kind)
{
	switch (kind) {
	case NODE_LINK:
	case NODE_ALIAS:
	case NODE_DESCRIPTION:
	case NODE_HISTORY:
	case NODE_INVOKE:
	case NODE_DRAFT:
	case NODE_DOCUMENT:
	case NODE_CONTROL_FILE:
		return true;
	default:
		return false;
	}
}

static bool has_version(enum node_kind kind)
{
	switch (kind) {
	case NODE_VERSION:
	case NODE_CONFIGURATION:
	case NODE_ENVIRONMENT:
	case NODE_CODE_SHA256:
	case NODE_CODE:
		return true;
	default:
		return false;
	}
}

/* FNV's low bits are weak for short inputs: mix before taking a number from it. */
static uint64_t mix_hash(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	return hash;
}

/* As much of it as fits; every request does this, and snprintf() takes several times as long. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = '\0';
}

void node_make(struct node *ret_node, enum node_kind kind, const char *function, uint64_t version,
	const char *name)
{
	ret_node->kind = kind;
	ret_node->version = has_version(kind) ? version : 0;
	ret_node->in_version = false;
	copy_text(ret_node->function, sizeof(ret_node->function), function ? function : "");
	copy_text(ret_node->name, sizeof(ret_node->name), name && has_name(kind) ? name : "");
}

void node_make_link(struct node *ret_node, const struct node *directory, const char *name)
{
	node_make(ret_node, NODE_LINK, directory->function, 0, name);
	ret_node->in_version = directory->kind == NODE_VERSION;
	ret_node->version = directory->version;
}

void node_make_invoke(struct node *ret_node, const struct node *directory)
{
	node_make(ret_node, NODE_INVOKE, directory->function, 0,
		directory->kind == NODE_ALIAS ? directory->name : NULL);
	ret_node->in_version = directory->kind == NODE_VERSION;
	ret_node->version = directory->version;
}

void node_make_draft(
	struct node *ret_node, const char *function, const char *alias, const char *name)
{
	char nested[NODE_NAME_MAX + 1];

	snprintf(nested, sizeof(nested), "%.*s/%.*s", NAME_MAX, alias, NAME_MAX, name);
	node_make(ret_node, NODE_DRAFT, function, 0, nested);
}

void node_make_document(struct node *ret_node, const char *function, const char *alias,
	const struct document_kind *kind)
{
	char nested[NODE_NAME_MAX + 1];

	snprintf(
		nested, sizeof(nested), "%.*s%s%s", NAME_MAX, alias, *alias ? "/" : "", kind->file);
	node_make(ret_node, NODE_DOCUMENT, function, 0, nested);
}

const struct document_kind *node_document_kind(const struct node *node)
{
	const char *slash = strchr(node->name, '/');

	return document_find_file(
		slash ? DOCUMENT_OF_ALIAS : DOCUMENT_OF_FUNCTION, slash ? slash + 1 : node->name);
}

void node_document_alias(const struct node *node, char alias[LAMBDA_ALIAS_NAME_MAX + 1])
{
	const char *slash = strchr(node->name, '/');
	size_t length = slash ? (size_t)(slash - node->name) : 0;

	snprintf(alias, LAMBDA_ALIAS_NAME_MAX + 1, "%.*s", (int)length, node->name);
}

struct gesture_place node_place(const struct node *node)
{
	return (struct gesture_place){.function = node->function,
		.in_version = node->in_version || node->kind == NODE_VERSION,
		.version = node->version};
}

uint64_t node_inode(const struct node *node)
{
	uint64_t hash = HASH_START;
	unsigned char kind = (unsigned char)node->kind;
	unsigned char version[9] = {0};
	size_t i;

	if (node->kind == NODE_ROOT)
		return ROOT_INODE;
	for (i = 0; i < 8; i++)
		version[i] = (unsigned char)(node->version >> (8 * i));
	version[8] = node->in_version;
	hash = hash_bytes(hash, &kind, 1);
	hash = hash_bytes(hash, node->function, strlen(node->function) + 1);
	hash = hash_bytes(hash, version, node->in_version ? 9 : 8);
	hash = mix_hash(hash_bytes(hash, node->name, strlen(node->name) + 1));
	return hash > ROOT_INODE ? hash : hash + 2;
}

struct node_table *node_table_new(void)
{
	struct node_table *table = calloc(1, sizeof(*table));

	if (table)
		pthread_mutex_init(&table->mutex, NULL);
	return table;
}

/* --- shared names; the mutex is held --- */

static struct shared_name *take_name(struct node_table *table, const char *text)
{
	size_t size = strlen(text) + 1;
	uint64_t hash = hash_bytes(HASH_START, text, size - 1);
	struct hash_entry *found = hash_map_find(&table->names, hash);
	struct shared_name *name;

	for (; found; found = hash_map_find_next(found)) {
		name = (struct shared_name *)found;
		if (!strcmp(name->text, text)) {
			name->references++;
			return name;
		}
	}
	name = malloc(sizeof(*name) + size);
	if (!name)
		return NULL;
	name->references = 1;
	memcpy(name->text, text, size);
	if (hash_map_add(&table->names, &name->entry, hash)) {
		free(name);
		return NULL;
	}
	return name;
}

static void drop_name(struct node_table *table, struct shared_name *name)
{
	if (--name->references)
		return;
	hash_map_remove(&table->names, &name->entry);
	free(name);
}

/* --- entries; the mutex is held --- */

static struct entry *entry_find(const struct node_table *table, uint64_t inode)
{
	return (struct entry *)hash_map_find(&table->entries, inode);
}

static bool entry_means(const struct entry *entry, const struct node *node)
{
	if (entry->kind != node->kind || strcmp(entry->function->text, node->function))
		return false;
	if (has_name(entry->kind))
		return entry->name->in_version == node->in_version &&
		       entry->name->version == node->version &&
		       !strcmp(entry->name->text, node->name);
	return entry->version == node->version;
}

static void entry_free(struct node_table *table, struct entry *entry)
{
	struct entry **link = &table->moved;

	while (entry->moved && *link != entry)
		link = &(*link)->name->next_moved;
	if (entry->moved)
		*link = entry->name->next_moved;
	if (has_name(entry->kind))
		free(entry->name);
	if (entry->function)
		drop_name(table, entry->function);
	free(entry);
}

static struct entry_name *entry_name_new(const struct node *node)
{
	size_t size = strlen(node->name) + 1;
	struct entry_name *name = malloc(sizeof(*name) + size);

	if (!name)
		return NULL;
	name->version = node->version;
	name->in_version = node->in_version;
	memcpy(name->text, node->name, size);
	return name;
}

static struct entry *entry_new(struct node_table *table, uint64_t inode, const struct node *node)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->kind = node->kind;
	entry->function = take_name(table, node->function);
	if (has_name(node->kind))
		entry->name = entry_name_new(node);
	else
		entry->version = node->version;
	if (!entry->function || (has_name(node->kind) && !entry->name) ||
		hash_map_add(&table->entries, &entry->entry, inode)) {
		entry_free(table, entry);
		return NULL;
	}
	return entry;
}

/* The entry that means `node`; *ret_inode is its number, or the free number it would get. */
static struct entry *entry_of(
	const struct node_table *table, const struct node *node, uint64_t *ret_inode)
{
	uint64_t inode = node_inode(node);
	struct entry *entry;

	while ((entry = entry_find(table, inode)) && !entry_means(entry, node))
		inode = inode + 1 > ROOT_INODE + 1 ? inode + 1 : ROOT_INODE + 1;
	*ret_inode = inode;
	return entry;
}

void node_table_free(struct node_table *table)
{
	struct hash_entry *entry, *next;

	if (!table)
		return;
	for (entry = hash_map_first(&table->entries); entry; entry = next) {
		next = hash_map_next(&table->entries, entry);
		entry_free(table, (struct entry *)entry);
	}
	hash_map_release(&table->entries);
	hash_map_release(&table->names);
	pthread_mutex_destroy(&table->mutex);
	free(table);
}

uint64_t node_table_remember(struct node_table *table, const struct node *node)
{
	struct entry *entry;
	uint64_t inode;

	if (node->kind == NODE_ROOT)
		return ROOT_INODE;
	pthread_mutex_lock(&table->mutex);
	entry = entry_of(table, node, &inode);
	if (!entry)
		entry = entry_new(table, inode, node);
	if (entry)
		entry->lookups++;
	pthread_mutex_unlock(&table->mutex);
	return entry ? inode : 0;
}

void node_table_forget(struct node_table *table, uint64_t inode, uint64_t count)
{
	struct entry *entry;

	pthread_mutex_lock(&table->mutex);
	entry = entry_find(table, inode);
	if (entry) {
		entry->lookups -= count < entry->lookups ? count : entry->lookups;
		if (!entry->lookups) {
			hash_map_remove(&table->entries, &entry->entry);
			entry_free(table, entry);
		}
	}
	pthread_mutex_unlock(&table->mutex);
}

bool node_table_find(struct node_table *table, uint64_t inode, struct node *ret_node)
{
	const struct entry *entry;

	if (inode == ROOT_INODE) {
		node_make(ret_node, NODE_ROOT, NULL, 0, NULL);
		return true;
	}
	pthread_mutex_lock(&table->mutex);
	entry = entry_find(table, inode);
	if (entry) {
		bool named = has_name(entry->kind);

		node_make(ret_node, entry->kind, entry->function->text, named ? 0 : entry->version,
			named ? entry->name->text : NULL);
		ret_node->in_version = named && entry->name->in_version;
		if (ret_node->in_version)
			ret_node->version = entry->name->version;
	}
	pthread_mutex_unlock(&table->mutex);
	return entry != NULL;
}

/* The entry by which the kernel knows the node, also under a number that is not its own; the mutex is held. */
static struct entry *entry_known(const struct node_table *table, const struct node *node)
{
	struct entry *entry;
	uint64_t inode;

	for (entry = table->moved; entry; entry = entry->name->next_moved)
		if (entry_means(entry, node))
			return entry;
	return entry_of(table, node, &inode);
}

uint64_t node_table_inode(struct node_table *table, const struct node *node)
{
	const struct entry *entry;
	uint64_t inode;

	if (node->kind == NODE_ROOT)
		return ROOT_INODE;
	pthread_mutex_lock(&table->mutex);
	entry = entry_known(table, node);
	inode = entry ? entry->entry.hash : 0;
	pthread_mutex_unlock(&table->mutex);
	return inode;
}

/* The entry's name becomes `name`, which it owns from now on; the mutex is held. */
static void entry_move(struct node_table *table, struct entry *entry, struct entry_name *name)
{
	name->next_moved = entry->moved ? entry->name->next_moved : table->moved;
	if (!entry->moved)
		table->moved = entry;
	entry->moved = true;
	free(entry->name);
	entry->name = name;
}

void node_table_renamed(struct node_table *table, const struct node *from, const struct node *to)
{
	struct entry_name *name;
	struct entry *entry;

	pthread_mutex_lock(&table->mutex);
	entry = entry_known(table, from);
	name = entry && has_name(entry->kind) && entry->kind == to->kind ? entry_name_new(to)
									 : NULL;
	if (name)
		entry_move(table, entry, name);
	pthread_mutex_unlock(&table->mutex);
}

void node_table_exchanged(
	struct node_table *table, const struct node *left, const struct node *right)
{
	cleanup(free_pointer) struct entry_name *name = entry_name_new(left);
	cleanup(free_pointer) struct entry_name *other_name = entry_name_new(right);
	struct entry *first, *second;

	pthread_mutex_lock(&table->mutex);
	first = entry_known(table, left);
	second = entry_known(table, right);
	if (name && other_name && first && second && has_name(first->kind) &&
		first->kind == second->kind) {
		entry_move(table, first, take_pointer(other_name));
		entry_move(table, second, take_pointer(name));
	}
	pthread_mutex_unlock(&table->mutex);
}

size_t node_table_count(struct node_table *table)
{
	size_t count;

	pthread_mutex_lock(&table->mutex);
	count = table->entries.count;
	pthread_mutex_unlock(&table->mutex);
	return count;
}

/* --- paths --- */

/* A version's directory, and what is in it. */
static void format_in_version(const struct node *node, char *path, size_t size)
{
	static const char *const files[] = {
		[NODE_VERSION] = "",
		[NODE_CONFIGURATION] = "/configuration.json",
		[NODE_ENVIRONMENT] = "/environment.json",
		[NODE_CODE_SHA256] = "/code.sha256",
		[NODE_CODE] = "/code.zip",
		[NODE_INVOKE] = "/.invoke",
	};
	char version[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(node->version, version);
	if (node->kind == NODE_LINK)
		snprintf(path, size, "%s/%s/%s", node->function, version, node->name);
	else
		snprintf(path, size, "%s/%s%s", node->function, version, files[node->kind]);
}

/* An alias below `.aliases`, and what is in it. */
static void format_in_alias(const struct node *node, char *path, size_t size)
{
	static const char *const files[] = {
		[NODE_ALIAS] = "",
		[NODE_DESCRIPTION] = "/description",
		[NODE_HISTORY] = "/.history",
		[NODE_INVOKE] = "/.invoke",
	};

	snprintf(path, size, "%s/.aliases/%s%s", node->function, node->name, files[node->kind]);
}

/* The node's own place, without the name of what is in it. */
static void format_place(const struct node *node, char *path, size_t size)
{
	switch (node->kind) {
	case NODE_ROOT:
		snprintf(path, size, ".");
		break;
	case NODE_FUNCTION:
		snprintf(path, size, "%s", node->function);
		break;
	case NODE_VERSION:
	case NODE_CONFIGURATION:
	case NODE_ENVIRONMENT:
	case NODE_CODE_SHA256:
	case NODE_CODE:
		format_in_version(node, path, size);
		break;
	case NODE_LINK:
		if (node->in_version)
			format_in_version(node, path, size);
		else
			snprintf(path, size, "%s/%s", node->function, node->name);
		break;
	case NODE_ALIASES:
		snprintf(path, size, "%s/.aliases", node->function);
		break;
	case NODE_ALIAS:
	case NODE_DESCRIPTION:
	case NODE_HISTORY:
		format_in_alias(node, path, size);
		break;
	case NODE_INVOKE:
		if (node->in_version)
			format_in_version(node, path, size);
		else
			format_in_alias(node, path, size);
		break;
	case NODE_DRAFT:
		/* No alias's name begins so. */
		snprintf(path, size, "%s/%s%s", node->function,
			strchr("$.", *node->name) ? "" : ".aliases/", node->name);
		break;
	case NODE_FUNCTION_DOCUMENTS:
		snprintf(path, size, "%s/.function", node->function);
		break;
	case NODE_DOCUMENT:
		snprintf(path, size, "%s/%s/%s", node->function,
			strchr(node->name, '/') ? ".aliases" : ".function", node->name);
		break;
	case NODE_CONTROL:
		snprintf(path, size, ".aliasfs");
		break;
	case NODE_CONTROL_FILE:
		snprintf(path, size, ".aliasfs/%s", node->name);
		break;
	}
}

void node_path(const struct node *node, const char *name, char *path, size_t size)
{
	char place[PATH_TEXT_MAX];

	format_place(node, place, sizeof(place));
	if (!name)
		snprintf(path, size, "%s", place);
	else if (node->kind == NODE_ROOT)
		snprintf(path, size, "%s", name);
	else
		snprintf(path, size, "%s/%s", place, name);
}
