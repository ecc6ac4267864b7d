/* SPDX-License-Identifier: MIT */
#include "fs/tree/drafts.h"

#include <errno.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "fs/rules/recent.h"

enum draft_state {
	DRAFT_NAMED,
	DRAFT_REMOVED, /* has lost its name */
	DRAFT_BECAME,  /* the same, as its bytes are a document now */
};

struct draft {
	struct node node;
	struct node
		made; /* by which the kernel knows it while it is open, whatever its name is now */
	struct node document; /* of which it is a copy */
	bool is_copy;         /* and neither has been written since */
	enum draft_state state;
	bool in_commit; /* a document is being made of its bytes */
	size_t open_count;
	struct spool *content; /* a reference; what it holds is written at once */
	int64_t modified;      /* seconds since the epoch */
	int64_t expires_ms;    /* while it is not open */
};

struct drafts {
	pthread_mutex_t mutex; /* protects what is below */
	struct draft *all[DRAFTS_MAX];
	struct spools *spools;
	struct recent hidden; /* documents, by the node's kind, version, function and name */
};

struct drafts *drafts_new(struct spools *spools, int64_t hidden_ms)
{
	struct drafts *drafts = calloc(1, sizeof(*drafts));

	if (!drafts || recent_init(&drafts->hidden, DRAFTS_MAX, hidden_ms)) {
		free(drafts);
		return NULL;
	}
	pthread_mutex_init(&drafts->mutex, NULL);
	drafts->spools = spools;
	return drafts;
}

static void draft_free(struct draft *draft)
{
	if (!draft)
		return;
	spool_unref(draft->content);
	free(draft);
}

void drafts_free(struct drafts *drafts)
{
	size_t i;

	if (!drafts)
		return;
	for (i = 0; i < DRAFTS_MAX; i++)
		draft_free(drafts->all[i]);
	recent_release(&drafts->hidden);
	pthread_mutex_destroy(&drafts->mutex);
	free(drafts);
}

/* --- under the mutex --- */

static bool same_node(const struct node *left, const struct node *right)
{
	return left->kind == right->kind && !strcmp(left->function, right->function) &&
	       !strcmp(left->name, right->name);
}

/* The place of the draft of that name, or NULL; what has expired is dropped on the way. */
static struct draft **find_draft(struct drafts *drafts, int64_t now_ms, const struct node *node)
{
	struct draft **found = NULL;
	size_t i;

	for (i = 0; i < DRAFTS_MAX; i++) {
		struct draft **draft = &drafts->all[i];

		if (*draft && !(*draft)->open_count && (*draft)->expires_ms <= now_ms)
			draft_free(take_pointer(*draft));
		else if (*draft && (*draft)->state == DRAFT_NAMED &&
			 same_node(&(*draft)->node, node))
			found = draft;
	}
	return found;
}

/* Takes over the reference to `content`, which may be NULL: out of memory. `document`: of which it is a copy, or NULL. */
static int add_draft(struct drafts *drafts, int64_t now_ms, const struct node *node,
	const struct node *document, struct spool *content)
{
	struct draft *draft = NULL;
	size_t i = 0;

	while (i < DRAFTS_MAX && drafts->all[i])
		i++;
	if (i < DRAFTS_MAX && content)
		draft = calloc(1, sizeof(*draft));
	if (!draft) {
		spool_unref(content);
		return i < DRAFTS_MAX ? -ENOMEM : -ENOSPC;
	}
	draft->content = content;
	draft->node = draft->made = *node;
	draft->is_copy = document != NULL;
	if (document)
		draft->document = *document;
	draft->modified = clock_wall_ms() / 1000;
	draft->expires_ms = now_ms + DRAFT_LIFE_MS;
	drafts->all[i] = draft;
	return 0;
}

/* Removes the name; the draft too, unless it is open. */
static void take_name(struct draft **draft)
{
	(*draft)->state = DRAFT_REMOVED;
	if (!(*draft)->open_count)
		draft_free(take_pointer(*draft));
}

/* --- what others use --- */

int drafts_create(struct drafts *drafts, int64_t now_ms, const struct node *node, uint64_t maximum,
	bool exclusive)
{
	int error = 0;

	pthread_mutex_lock(&drafts->mutex);
	if (!find_draft(drafts, now_ms, node))
		error = add_draft(drafts, now_ms, node, NULL, spool_new(drafts->spools, maximum));
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
		draft_free(take_pointer(drafts->all[i]));
	}
	pthread_mutex_unlock(&drafts->mutex);
}

/* Makes it a draft whose bytes may change, under the mutex: they have no other holder then. */
static int begin_writing(struct draft *draft)
{
	if (draft->state == DRAFT_BECAME)
		return -ENOENT;
	draft->is_copy = false;
	return draft->in_commit ? -EBUSY : spool_make_own(&draft->content);
}

int drafts_write_at(
	struct drafts *drafts, struct draft *draft, const void *data, size_t size, uint64_t offset)
{
	int error;

	pthread_mutex_lock(&drafts->mutex);
	error = begin_writing(draft);
	if (!error)
		error = spool_write(draft->content, data, size, offset);
	if (!error)
		draft->modified = clock_wall_ms() / 1000;
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_truncate(struct drafts *drafts, struct draft *draft, uint64_t size)
{
	int error;

	pthread_mutex_lock(&drafts->mutex);
	error = begin_writing(draft);
	if (!error)
		error = spool_truncate(draft->content, size);
	if (!error)
		draft->modified = clock_wall_ms() / 1000;
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

uint64_t drafts_size(struct drafts *drafts, const struct draft *draft)
{
	uint64_t size;

	pthread_mutex_lock(&drafts->mutex);
	size = spool_size(draft->content);
	pthread_mutex_unlock(&drafts->mutex);
	return size;
}

ssize_t drafts_read_at(
	struct drafts *drafts, struct draft *draft, void *into, size_t size, uint64_t offset)
{
	ssize_t length;

	pthread_mutex_lock(&drafts->mutex);
	length = spool_read(draft->content, into, size, offset);
	pthread_mutex_unlock(&drafts->mutex);
	return length;
}

struct spool *drafts_begin_commit(struct drafts *drafts, struct draft *draft)
{
	struct spool *content;

	pthread_mutex_lock(&drafts->mutex);
	draft->in_commit = true;
	content = spool_ref(draft->content);
	pthread_mutex_unlock(&drafts->mutex);
	return content;
}

void drafts_end_commit(struct drafts *drafts, struct draft *draft, bool became)
{
	pthread_mutex_lock(&drafts->mutex);
	draft->in_commit = false;
	if (became)
		draft->state = DRAFT_BECAME;
	pthread_mutex_unlock(&drafts->mutex);
}

int drafts_put_copy(struct drafts *drafts, int64_t now_ms, const struct node *node,
	const struct node *document, struct spool *content, bool exclusive)
{
	struct draft **found;
	int error;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (found && exclusive)
		error = -EEXIST;
	else
		error = add_draft(drafts, now_ms, node, document, spool_ref(content));
	if (!error && found)
		take_name(found);
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
			take_name(other);
		(*found)->node = *to;
		(*found)->expires_ms = now_ms + DRAFT_LIFE_MS;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

int drafts_remove(struct drafts *drafts, int64_t now_ms, const struct node *node)
{
	struct draft **found;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (found)
		take_name(found);
	pthread_mutex_unlock(&drafts->mutex);
	return found ? 0 : -ENOENT;
}

int drafts_visit(struct drafts *drafts, int64_t now_ms, const struct node *beside,
	int (*visit)(void *data, const char *name), void *data)
{
	size_t place = (size_t)(strchr(beside->name, '/') + 1 - beside->name);
	size_t i;
	int error = 0;

	pthread_mutex_lock(&drafts->mutex);
	find_draft(drafts, now_ms, beside); /* drops what has expired */
	for (i = 0; i < DRAFTS_MAX && !error; i++) {
		const struct draft *draft = drafts->all[i];

		if (draft && draft->state == DRAFT_NAMED &&
			!strcmp(draft->node.function, beside->function) &&
			!strncmp(draft->node.name, beside->name, place))
			error = visit(data, draft->node.name + place);
	}
	pthread_mutex_unlock(&drafts->mutex);
	return error;
}

bool drafts_have(struct drafts *drafts, int64_t now_ms, const struct node *node)
{
	bool have;

	pthread_mutex_lock(&drafts->mutex);
	have = find_draft(drafts, now_ms, node) != NULL;
	pthread_mutex_unlock(&drafts->mutex);
	return have;
}

/* An open draft that was made under that name, and has another one now, or none; or had it last. */
static struct draft **find_open(struct drafts *drafts, const struct node *node)
{
	size_t i;

	for (i = 0; i < DRAFTS_MAX; i++)
		if (drafts->all[i] && drafts->all[i]->open_count &&
			(same_node(&drafts->all[i]->made, node) ||
				same_node(&drafts->all[i]->node, node)))
			return &drafts->all[i];
	return NULL;
}

int drafts_stat(struct drafts *drafts, int64_t now_ms, const struct node *node, bool is_open,
	uint64_t *ret_size, int64_t *ret_modified)
{
	struct draft **found;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	if (!found && is_open)
		found = find_open(drafts, node);
	if (found) {
		*ret_size = spool_size((*found)->content);
		*ret_modified = (*found)->modified;
	}
	pthread_mutex_unlock(&drafts->mutex);
	return found ? 0 : -ENOENT;
}

/* --- hidden documents --- */

static struct recent_key key_of(const struct node *document)
{
	return (struct recent_key){.kind = document->kind,
		.process = (pid_t)document->version,
		.function = document->function,
		.name = document->name};
}

void drafts_hide(struct drafts *drafts, int64_t now_ms, const struct node *document)
{
	const struct recent_key key = key_of(document);

	pthread_mutex_lock(&drafts->mutex);
	recent_note(&drafts->hidden, now_ms, &key);
	pthread_mutex_unlock(&drafts->mutex);
}

bool drafts_are_hiding(struct drafts *drafts, int64_t now_ms, const struct node *document)
{
	const struct recent_key key = key_of(document);
	bool hiding;

	pthread_mutex_lock(&drafts->mutex);
	hiding = recent_find(&drafts->hidden, now_ms, &key) != NULL;
	pthread_mutex_unlock(&drafts->mutex);
	return hiding;
}

bool drafts_show(struct drafts *drafts, int64_t now_ms, const struct node *document)
{
	const struct recent_key key = key_of(document);
	bool was_hidden;

	pthread_mutex_lock(&drafts->mutex);
	was_hidden = recent_find(&drafts->hidden, now_ms, &key) != NULL;
	recent_forget(&drafts->hidden, &key);
	pthread_mutex_unlock(&drafts->mutex);
	return was_hidden;
}

bool drafts_take_back(
	struct drafts *drafts, int64_t now_ms, const struct node *node, const struct node *document)
{
	const struct recent_key key = key_of(document);
	struct draft **found;
	bool is_copy;

	pthread_mutex_lock(&drafts->mutex);
	found = find_draft(drafts, now_ms, node);
	is_copy = found && (*found)->is_copy && same_node(&(*found)->document, document);
	if (is_copy) {
		take_name(found);
		recent_forget(&drafts->hidden, &key);
	}
	pthread_mutex_unlock(&drafts->mutex);
	return is_copy;
}

void drafts_note_written(struct drafts *drafts, int64_t now_ms, const struct node *document)
{
	size_t i;

	drafts_show(drafts, now_ms, document);
	pthread_mutex_lock(&drafts->mutex);
	for (i = 0; i < DRAFTS_MAX; i++)
		if (drafts->all[i] && drafts->all[i]->is_copy &&
			same_node(&drafts->all[i]->document, document))
			drafts->all[i]->is_copy = false;
	pthread_mutex_unlock(&drafts->mutex);
}
