/* SPDX-License-Identifier: MIT */
#include "fs/tree/bases.h"

#include <pthread.h>

#include "backend/base/hash.h"
#include "fs/rules/recent.h"

struct bases {
	pthread_mutex_t mutex; /* protects what is below */
	struct recent reads;   /* by function and alias; `number` is the hash of the text */
};

struct bases *bases_new(void)
{
	struct bases *bases = calloc(1, sizeof(*bases));

	if (!bases || recent_init(&bases->reads, BASES_MAX, BASE_LIFE_MS)) {
		free(bases);
		return NULL;
	}
	pthread_mutex_init(&bases->mutex, NULL);
	return bases;
}

void bases_free(struct bases *bases)
{
	if (!bases)
		return;
	pthread_mutex_destroy(&bases->mutex);
	recent_release(&bases->reads);
	free(bases);
}

static uint64_t hash_text(const char *text)
{
	return hash_bytes(HASH_START, text, strlen(text));
}

static struct recent_key make_key(const struct node *node)
{
	return (struct recent_key){.function = node->function, .name = node->name};
}

void bases_note_read(struct bases *bases, int64_t now_ms, const struct node *node, const char *text)
{
	const struct recent_key key = make_key(node);

	pthread_mutex_lock(&bases->mutex);
	recent_note(&bases->reads, now_ms, &key)->number = hash_text(text);
	pthread_mutex_unlock(&bases->mutex);
}

void bases_note_written(
	struct bases *bases, int64_t now_ms, const struct node *node, const char *text)
{
	const struct recent_key key = make_key(node);
	struct recent_event *read;

	pthread_mutex_lock(&bases->mutex);
	read = recent_find(&bases->reads, now_ms, &key);
	if (read)
		read->number = hash_text(text);
	pthread_mutex_unlock(&bases->mutex);
}

bool bases_differ(struct bases *bases, int64_t now_ms, const struct node *node, const char *text)
{
	const struct recent_key key = make_key(node);
	const struct recent_event *read;
	bool differ;

	pthread_mutex_lock(&bases->mutex);
	read = recent_find(&bases->reads, now_ms, &key);
	differ = read && read->number != hash_text(text);
	pthread_mutex_unlock(&bases->mutex);
	return differ;
}

bool bases_know(struct bases *bases, int64_t now_ms, const struct node *node)
{
	const struct recent_key key = make_key(node);
	bool known;

	pthread_mutex_lock(&bases->mutex);
	known = recent_find(&bases->reads, now_ms, &key) != NULL;
	pthread_mutex_unlock(&bases->mutex);
	return known;
}
