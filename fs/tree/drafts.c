/* SPDX-License-Identifier: MIT */
#include "fs/tree/drafts.h"

#include <errno.h>
#include <pthread.h>

#include "backend/base/clock.h"

enum draft_state {
	DRAFT_NAMED,
	DRAFT_REMOVED, /* has lost its name */
	DRAFT_BECAME,  /* the same, as its bytes are a description now */
};

struct draft {
	struct node node;
	enum draft_state state;
	size_t open_count;
	struct buffer content;
	int64_t modified;   /* seconds since the epoch */
	int64_t expires_ms; /* while it is not open */
};

struct drafts {
	pthread_mutex_t mutex; /* protects what is below */
	struct draft *all[DRAFTS_MAX];
	size_t bytes; /* of all drafts, and charged by open files */
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

/* --- under the mutex --- */

static bool same_node(const struct node *left, const struct node *right)
{
	return left->kind == right->kind && !strcmp(left->function, right->function) &&
	       !strcmp(left->name, right->name);
}

static void drop_draft(struct drafts *drafts, struct draft **draft)
{
	drafts->bytes -= (*draft)->content.length;
	draft_free(take_pointer(*draft));
}

/* The place of the draft of that name, or NULL; what has expired is dropped on the way. */
static struct draft **find_draft(struct drafts *drafts, int64_t now_ms, const struct node *node)
{
	struct draft **found = NULL;
	size_t i;

	for (i = 0; i < DRAFTS_MAX; i++) {
		struct draft **draft = &drafts->all[i];

		if (*draft && !(*draft)->open_count && (*draft)->expires_ms <= now_ms)
			drop_draft(drafts, draft);
		else if (*draft && (*draft)->state == DRAFT_NAMED &&
			 same_node(&(*draft)->node, node))
			found = draft;
	}
	return found;
}

static int add_draft(struct drafts *drafts, int64_t now_ms, const struct node *node)
{
	struct draft *draft;
	size_t i = 0;

	while (i < DRAFTS_MAX && drafts->all[i])
		i++;
	if (i == DRAFTS_MAX)
		return -ENOSPC;
	draft = calloc(1, sizeof(*draft));
	if (!draft)
		return -ENOMEM;
	draft->node = *node;
	draft->content = (struct buffer)BUFFER_INIT(DRAFT_SIZE_MAX);
	draft->modified = clock_wall_ms() / 1000;
	draft->expires_ms = now_ms + DRAFT_LIFE_MS;
	drafts->all[i] = draft;
	return 0;
}

static int charge_bytes(struct drafts *drafts, size_t old, size_t now)
{
	if (now > old && now - old > DRAFTS_BYTES_MAX - drafts->bytes)
		return -ENOSPC;
	drafts->bytes += now - old;
	return 0;
}

static int set_content(struct drafts *drafts, struct draft *draft, const void *data, size_t length)
{
	size_t old = draft->content.length;
	int error = charge_bytes(drafts, old, length);

	if (error)
		return error;
	buffer_reset(&draft->content);
	error = buffer_append(&draft->content, data, length);
	drafts->bytes -= length - draft->content.length;
	draft->modified = clock_wall_ms() / 1000;
	return error;
}

/* Removes the name; the draft too, unless it is open. */
static void take_name(struct drafts *drafts, struct draft **draft, enum draft_state state)
{
	(*draft)->state = state;
	if (!(*draft)->open_count)
		drop_draft(drafts, draft);
}

/* --- what others use --- */

int drafts_create(struct drafts *drafts, int64_t now_ms, const struct node *node, bool exclusive)
{
	int error = 0;

	pthread_mutex_lock(&drafts->mutex);
	if (!find_draft(drafts, now_ms, node))
		error = add_draft(drafts, now_ms, node);
	else if (exclusive)
		error = -EEXIST;
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_open(
	struct drafts *drafts, int64_t now_ms, const struct node *node, struct draft **ret_draft)
{
	struct draft **found;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (found) {
		(*found)->open_count++;
		*ret_draft = *found;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return found ? 0 : -ENOENT;
}

void drafts_close(struct drafts *drafts, int64_t now_ms, struct draft *draft)
{
	size_t i = 0;

	pthread_mutex_lock(&drafts->mutex);
	draft->expires_ms = now_ms + DRAFT_LIFE_MS;
	if (!--draft->open_count && draft->state != DRAFT_NAMED) {
		while (drafts->all[i] != draft)
			i++;
		drop_draft(drafts, &drafts->all[i]);
	}
	pthread_mutex_unlock(&drafts->mutex);
}

int drafts_store(struct drafts *drafts, struct draft *draft, const void *data, size_t length)
{
	int error = -ENOENT;

	pthread_mutex_lock(&drafts->mutex);
	if (draft->state != DRAFT_BECAME)
		error = set_content(drafts, draft, data, length);
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_read(struct drafts *drafts, int64_t now_ms, const struct node *node, struct buffer *out)
{
	struct draft **found;
	int error = -ENOENT;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (found)
		error = buffer_append(
			out, buffer_text(&(*found)->content), (*found)->content.length);
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_write(struct drafts *drafts, int64_t now_ms, const struct node *node, const void *data,
	size_t length)
{
	struct draft **found;
	int error = -ENOENT;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (found) {
		error = set_content(drafts, *found, data, length);
		(*found)->expires_ms = now_ms + DRAFT_LIFE_MS;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_rename(struct drafts *drafts, int64_t now_ms, const struct node *from,
	const struct node *to, bool exclusive)
{
	struct draft **found, **other;
	int error = 0;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, from);
	other = find_draft(drafts, now_ms, to);
	if (!found)
		error = -ENOENT;
	else if (other && exclusive)
		error = -EEXIST;
	if (!error && found != other) {
		if (other)
			take_name(drafts, other, DRAFT_REMOVED);
		(*found)->node = *to;
		(*found)->expires_ms = now_ms + DRAFT_LIFE_MS;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_remove(struct drafts *drafts, int64_t now_ms, const struct node *node, bool became)
{
	struct draft **found;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (found)
		take_name(drafts, found, became ? DRAFT_BECAME : DRAFT_REMOVED);
	pthread_mutex_unlock(&drafts->mutex);
	return found ? 0 : -ENOENT;
}

int drafts_stat(struct drafts *drafts, int64_t now_ms, const struct node *node, size_t *ret_size,
	int64_t *ret_modified)
{
	struct draft **found;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (found) {
		*ret_size = (*found)->content.length;
		*ret_modified = (*found)->modified;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return found ? 0 : -ENOENT;
}

int drafts_charge(struct drafts *drafts, size_t old, size_t now)
{
	int error;

	pthread_mutex_lock(&drafts->mutex);
	error = charge_bytes(drafts, old, now);
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

void drafts_discharge(struct drafts *drafts, size_t bytes)
{
	pthread_mutex_lock(&drafts->mutex);
	drafts->bytes -= bytes;
	pthread_mutex_unlock(&drafts->mutex);
}
