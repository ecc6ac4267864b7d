/* SPDX-License-Identifier: MIT */
#include "fs/description.h"

#include <errno.h>
#include <linux/fs.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/base/hash.h"
#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "fs/gesture.h"

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

/* --- drafts --- */

struct draft {
	struct node node;
	struct buffer content;
	int64_t modified; /* seconds since the epoch */
	int64_t expires_ms;
};

struct drafts {
	pthread_mutex_t mutex; /* protects what is below */
	struct draft *all[DRAFTS_MAX];
};

struct drafts *drafts_new(void)
{
	struct drafts *drafts = calloc(1, sizeof(*drafts));

	if (drafts)
		pthread_mutex_init(&drafts->mutex, NULL);
	return drafts;
}

static void draft_free(struct draft *draft)
{
	if (!draft)
		return;
	buffer_release(&draft->content);
	free(draft);
}

void drafts_free(struct drafts *drafts)
{
	size_t i;

	if (!drafts)
		return;
	for (i = 0; i < DRAFTS_MAX; i++)
		draft_free(drafts->all[i]);
	pthread_mutex_destroy(&drafts->mutex);
	free(drafts);
}

static bool same_node(const struct node *left, const struct node *right)
{
	return left->kind == right->kind && !strcmp(left->function, right->function) &&
	       !strcmp(left->name, right->name);
}

/* The place of that draft, or NULL; what has expired is dropped on the way. The mutex is held. */
static struct draft **find(struct drafts *drafts, const struct node *node)
{
	int64_t now_ms = clock_monotonic_ms();
	size_t i;

	for (i = 0; i < DRAFTS_MAX; i++) {
		struct draft **draft = &drafts->all[i];

		if (*draft && (*draft)->expires_ms <= now_ms)
			draft_free(take_pointer(*draft));
		else if (*draft && same_node(&(*draft)->node, node))
			return draft;
	}
	return NULL;
}

static int add(struct drafts *drafts, const struct node *node)
{
	size_t i;

	for (i = 0; i < DRAFTS_MAX; i++) {
		struct draft *draft;

		if (drafts->all[i])
			continue;
		draft = calloc(1, sizeof(*draft));
		if (!draft)
			return -ENOMEM;
		draft->node = *node;
		draft->content = (struct buffer)BUFFER_INIT(DRAFT_SIZE_MAX);
		draft->modified = clock_wall_ms() / 1000;
		draft->expires_ms = clock_monotonic_ms() + DRAFT_LIFE_MS;
		drafts->all[i] = draft;
		return 0;
	}
	return -ENOSPC;
}

int drafts_create(struct drafts *drafts, const struct node *node, bool exclusive)
{
	struct draft **found;
	int error;

	pthread_mutex_lock(&drafts->mutex);
	found = find(drafts, node);
	if (found && exclusive)
		error = -EEXIST;
	else if (found)
		error = 0;
	else
		error = add(drafts, node);
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_read(struct drafts *drafts, const struct node *node, struct buffer *out)
{
	struct draft **found;
	int error = -ENOENT;

	pthread_mutex_lock(&drafts->mutex);
	found = find(drafts, node);
	if (found)
		error = buffer_append(
			out, buffer_text(&(*found)->content), (*found)->content.length);
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_write(struct drafts *drafts, const struct node *node, const void *data, size_t length)
{
	struct draft **found;
	int error = -ENOENT;

	pthread_mutex_lock(&drafts->mutex);
	found = find(drafts, node);
	if (found) {
		buffer_reset(&(*found)->content);
		error = buffer_append(&(*found)->content, data, length);
		(*found)->modified = clock_wall_ms() / 1000;
		(*found)->expires_ms = clock_monotonic_ms() + DRAFT_LIFE_MS;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_remove(struct drafts *drafts, const struct node *node)
{
	struct draft **found;

	pthread_mutex_lock(&drafts->mutex);
	found = find(drafts, node);
	if (found)
		draft_free(take_pointer(*found));
	pthread_mutex_unlock(&drafts->mutex);
	return found ? 0 : -ENOENT;
}

int drafts_stat(
	struct drafts *drafts, const struct node *node, size_t *ret_size, int64_t *ret_modified)
{
	struct draft **found;

	pthread_mutex_lock(&drafts->mutex);
	found = find(drafts, node);
	if (found) {
		*ret_size = (*found)->content.length;
		*ret_modified = (*found)->modified;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return found ? 0 : -ENOENT;
}

/* --- nodes --- */

void description_child(const struct node *directory, const char *name, struct node *ret_child)
{
	if (!strcmp(name, "description")) {
		node_make(ret_child, NODE_DESCRIPTION, directory->function, 0, directory->name);
		return;
	}
	node_make_nested(ret_child, NODE_DRAFT, directory->function, directory->name, name);
}

/* --- gestures --- */

int description_commit(
	struct request *request, const struct node *node, const char *data, size_t length)
{
	cleanup(free_pointer) char *text = NULL;
	int error = description_parse(data, length, &text);

	if (error == -EFBIG)
		return request_refuse(request, EFBIG, "a description holds at most %d characters",
			LAMBDA_DESCRIPTION_MAX);
	if (error == -EINVAL)
		return request_refuse(
			request, EINVAL, "a description is UTF-8 text without NUL bytes");
	if (error)
		return error;
	return gesture_set_description(request->fs->gestures, &request->scope,
		request_caller(request), node->function, node->name, text, &request->error);
}

int description_load(struct request *request, const struct node *node, struct buffer *out)
{
	struct lambda_alias alias;
	enum lambda_status status;
	int error;

	if (node->kind == NODE_DRAFT)
		return drafts_read(request->fs->drafts, node, out);
	status = catalog_alias_get(request->fs->catalog, &request->scope, node->function,
		node->name, &alias, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	error = description_show(alias.description, out);
	lambda_alias_release(&alias);
	return error;
}

int description_rename(struct request *request, const struct node *directory, const char *name,
	const struct node *new_directory, const char *new_name, unsigned int flags)
{
	cleanup(buffer_release) struct buffer content = BUFFER_INIT(DRAFT_SIZE_MAX);
	struct drafts *drafts = request->fs->drafts;
	struct node from, to;
	int error;

	if (new_directory->kind != NODE_ALIAS || flags & RENAME_EXCHANGE)
		return request_refuse(request, EPERM,
			"what is in .aliases cannot be moved out of it or exchanged");
	description_child(directory, name, &from);
	description_child(new_directory, new_name, &to);
	error = description_load(request, &from, &content);
	if (error)
		return error;
	if (to.kind == NODE_DESCRIPTION) {
		error = description_commit(request, &to, buffer_text(&content), content.length);
	} else {
		error = drafts_create(drafts, &to, flags & RENAME_NOREPLACE);
		if (!error)
			error = drafts_write(drafts, &to, buffer_text(&content), content.length);
	}
	/* A description that is moved away stays: what comes next replaces it. */
	if (!error && from.kind == NODE_DRAFT)
		error = drafts_remove(drafts, &from);
	return error;
}

int description_unlink(struct request *request, const struct node *directory, const char *name)
{
	struct node node;

	description_child(directory, name, &node);
	if (node.kind == NODE_DESCRIPTION)
		return request_refuse(
			request, EPERM, "a description cannot be removed: write an empty one");
	return drafts_remove(request->fs->drafts, &node);
}
