/* SPDX-License-Identifier: MIT */
#include "fs/tree/hidden.h"

#include <pthread.h>

#include "fs/rules/recent.h"

struct hidden {
	pthread_mutex_t mutex; /* protects what is below */
	struct recent names;   /* by the node's kind, function and name */
};

struct hidden *hidden_new(int64_t grace_ms)
{
	struct hidden *hidden = calloc(1, sizeof(*hidden));

	if (!hidden || recent_init(&hidden->names, HIDDEN_MAX, grace_ms)) {
		free(hidden);
		return NULL;
	}
	pthread_mutex_init(&hidden->mutex, NULL);
	return hidden;
}

void hidden_free(struct hidden *hidden)
{
	if (!hidden)
		return;
	pthread_mutex_destroy(&hidden->mutex);
	recent_release(&hidden->names);
	free(hidden);
}

static struct recent_key make_key(const struct node *node)
{
	return (struct recent_key){
		.kind = node->kind, .function = node->function, .name = node->name};
}

void hidden_add(struct hidden *hidden, int64_t now_ms, const struct node *node)
{
	const struct recent_key key = make_key(node);

	pthread_mutex_lock(&hidden->mutex);
	recent_note(&hidden->names, now_ms, &key);
	pthread_mutex_unlock(&hidden->mutex);
}

bool hidden_has(struct hidden *hidden, int64_t now_ms, const struct node *node)
{
	const struct recent_key key = make_key(node);
	bool has;

	pthread_mutex_lock(&hidden->mutex);
	has = recent_find(&hidden->names, now_ms, &key) != NULL;
	pthread_mutex_unlock(&hidden->mutex);
	return has;
}

bool hidden_remove(struct hidden *hidden, int64_t now_ms, const struct node *node)
{
	const struct recent_key key = make_key(node);
	bool had;

	pthread_mutex_lock(&hidden->mutex);
	had = recent_find(&hidden->names, now_ms, &key) != NULL;
	recent_forget(&hidden->names, &key);
	pthread_mutex_unlock(&hidden->mutex);
	return had;
}
