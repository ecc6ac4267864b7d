/* SPDX-License-Identifier: MIT */
#include "fs/tree/bases.h"

#include <pthread.h>

#include "backend/base/hash.h"
#include "backend/lambda/lambda.h"

struct base {
	bool used;
	int64_t at_ms;
	uint64_t hash; /* of the text */
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
};

struct bases {
	pthread_mutex_t mutex; /* protects what is below */
	struct base all[BASES_MAX];
};

struct bases *bases_new(void)
{
	struct bases *bases = calloc(1, sizeof(*bases));

	if (bases)
		pthread_mutex_init(&bases->mutex, NULL);
	return bases;
}

void bases_free(struct bases *bases)
{
	if (!bases)
		return;
	pthread_mutex_destroy(&bases->mutex);
	free(bases);
}

static uint64_t hash_text(const char *text)
{
	return hash_bytes(HASH_START, text, strlen(text));
}

/* The mutex is held. */
static struct base *find(struct bases *bases, int64_t now_ms, const struct node *node)
{
	size_t i;

	for (i = 0; i < BASES_MAX; i++) {
		struct base *base = &bases->all[i];

		if (base->used && !strcmp(base->alias, node->name) &&
			!strcmp(base->function, node->function))
			return now_ms - base->at_ms < BASE_LIFE_MS ? base : NULL;
	}
	return NULL;
}

/* The entry of the node, a free one, or the oldest. The mutex is held. */
static struct base *find_room(struct bases *bases, const struct node *node)
{
	struct base *chosen = &bases->all[0];
	size_t i;

	for (i = 0; i < BASES_MAX; i++) {
		struct base *base = &bases->all[i];

		if (base->used && !strcmp(base->alias, node->name) &&
			!strcmp(base->function, node->function))
			return base;
		if (chosen->used && (!base->used || base->at_ms < chosen->at_ms))
			chosen = base;
	}
	return chosen;
}

void bases_note_read(struct bases *bases, int64_t now_ms, const struct node *node, const char *text)
{
	struct base *base;

	pthread_mutex_lock(&bases->mutex);
	base = find_room(bases, node);
	base->used = true;
	base->at_ms = now_ms;
	base->hash = hash_text(text);
	snprintf(base->function, sizeof(base->function), "%.*s", LAMBDA_FUNCTION_NAME_MAX,
		node->function);
	snprintf(base->alias, sizeof(base->alias), "%.*s", LAMBDA_ALIAS_NAME_MAX, node->name);
	pthread_mutex_unlock(&bases->mutex);
}

void bases_note_written(
	struct bases *bases, int64_t now_ms, const struct node *node, const char *text)
{
	struct base *base;

	pthread_mutex_lock(&bases->mutex);
	base = find(bases, now_ms, node);
	if (base)
		base->hash = hash_text(text);
	pthread_mutex_unlock(&bases->mutex);
}

bool bases_differ(struct bases *bases, int64_t now_ms, const struct node *node, const char *text)
{
	const struct base *base;
	bool differ;

	pthread_mutex_lock(&bases->mutex);
	base = find(bases, now_ms, node);
	differ = base && base->hash != hash_text(text);
	pthread_mutex_unlock(&bases->mutex);
	return differ;
}

bool bases_know(struct bases *bases, int64_t now_ms, const struct node *node)
{
	bool known;

	pthread_mutex_lock(&bases->mutex);
	known = find(bases, now_ms, node) != NULL;
	pthread_mutex_unlock(&bases->mutex);
	return known;
}
