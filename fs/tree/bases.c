/* SPDX-License-Identifier: MIT */
#include "fs/tree/bases.h"

#include <pthread.h>

enum base_kind {
	BASE_OF_PROCESS,
	BASE_OF_SESSION,
	BASE_OF_ANY,   /* any caller: what this mount last showed */
	BASE_OF_MOUNT, /* code that this mount has sent, for whomever */
};

struct base {
	enum base_kind kind;
	uint64_t node;   /* node_inode() */
	uint64_t who;    /* the process or session */
	uint64_t leader; /* the session's, 0: it had ended */
	uint64_t hash;   /* of what was shown; 0: a free place */
	int64_t noted_ms;
	unsigned char sha256[32]; /* of code */
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

/* --- the mutex is held --- */

/* A process's number is never given to another: its base counts as long as it asks. */
static bool is_alive(const struct base *base, int64_t now_ms)
{
	return base->kind == BASE_OF_PROCESS || now_ms - base->noted_ms < BASE_LIFE_MS;
}

/* A session's id is given to another one once all its processes have ended. */
static bool is_of(const struct base *base, const struct base *key)
{
	return base->node == key->node && base->kind == key->kind && base->who == key->who &&
	       (base->leader == key->leader || !base->leader || !key->leader);
}

static struct base *find_key(struct bases *bases, int64_t now_ms, const struct base *key)
{
	size_t i;

	for (i = 0; i < BASES_MAX; i++) {
		struct base *base = &bases->all[i];

		if (base->hash && is_of(base, key) && is_alive(base, now_ms))
			return base;
	}
	return NULL;
}

/* A free place, else the oldest. */
static struct base *find_place(struct bases *bases)
{
	struct base *oldest = &bases->all[0];
	size_t i;

	for (i = 0; i < BASES_MAX; i++) {
		if (!bases->all[i].hash)
			return &bases->all[i];
		if (bases->all[i].noted_ms < oldest->noted_ms)
			oldest = &bases->all[i];
	}
	return oldest;
}

/* What is noted: of whom, and what. */
static void note_base(struct bases *bases, int64_t now_ms, const struct base *key, uint64_t hash,
	const unsigned char *sha256)
{
	struct base *base = find_key(bases, now_ms, key);
	uint64_t leader = base && !key->leader ? base->leader : key->leader;

	if (!base)
		base = find_place(bases);
	*base = *key;
	base->leader = leader;
	base->hash = hash;
	base->noted_ms = now_ms;
	if (sha256)
		memcpy(base->sha256, sha256, sizeof(base->sha256));
}

/* --- what others use --- */

static struct base key_of_process(const struct node *node, const struct call_lineage *asker)
{
	return (struct base){
		.kind = BASE_OF_PROCESS, .node = node_inode(node), .who = asker->processes[0]};
}

static struct base key_of_session(const struct node *node, const struct call_lineage *asker)
{
	return (struct base){.kind = BASE_OF_SESSION,
		.node = node_inode(node),
		.who = asker->session,
		.leader = asker->leader};
}

static bool is_known(const struct call_lineage *asker)
{
	return asker && asker->count;
}

/* Notes it for all whose base it is: `only_known`, where there is a base already. */
static void note_all(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker, uint64_t hash, const unsigned char *sha256,
	bool only_known)
{
	struct base keys[3] = {{.kind = BASE_OF_ANY, .node = node_inode(node)}};
	size_t count = 1, i;

	if (is_known(asker)) {
		keys[count++] = key_of_process(node, asker);
		keys[count++] = key_of_session(node, asker);
	}
	pthread_mutex_lock(&bases->mutex);
	for (i = 0; i < count; i++)
		if (!only_known || find_key(bases, now_ms, &keys[i]))
			note_base(bases, now_ms, &keys[i], hash, sha256);
	pthread_mutex_unlock(&bases->mutex);
}

void bases_note_read(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker, uint64_t hash, const unsigned char sha256[32])
{
	note_all(bases, now_ms, node, asker, hash, sha256, false);
}

/* A base becomes what was written. */
void bases_note_written(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker, uint64_t hash, const unsigned char sha256[32])
{
	note_all(bases, now_ms, node, asker, hash, sha256, true);
}

/* The base by which a write of the asker's goes; NULL: none. The mutex is held. */
static const struct base *find_base(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker)
{
	const struct base any = {.kind = BASE_OF_ANY, .node = node_inode(node)};
	struct base process, session;
	const struct base *base;

	if (!is_known(asker))
		return find_key(bases, now_ms, &any);
	process = key_of_process(node, asker);
	base = find_key(bases, now_ms, &process);
	if (base)
		return base;
	session = key_of_session(node, asker);
	return find_key(bases, now_ms, &session);
}

uint64_t bases_find(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker)
{
	const struct base *base;
	uint64_t hash;

	pthread_mutex_lock(&bases->mutex);
	base = find_base(bases, now_ms, node, asker);
	hash = base ? base->hash : 0;
	pthread_mutex_unlock(&bases->mutex);
	return hash;
}

static struct base key_of_mount(const struct node *node)
{
	return (struct base){.kind = BASE_OF_MOUNT, .node = node_inode(node)};
}

void bases_note_sent(struct bases *bases, int64_t now_ms, const struct node *node, uint64_t hash,
	const unsigned char sha256[32])
{
	const struct base key = key_of_mount(node);

	pthread_mutex_lock(&bases->mutex);
	note_base(bases, now_ms, &key, hash, sha256);
	pthread_mutex_unlock(&bases->mutex);
}

bool bases_find_code(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker, unsigned char ret_sha256[32])
{
	const struct base key = key_of_mount(node);
	const struct base *base;

	pthread_mutex_lock(&bases->mutex);
	base = find_base(bases, now_ms, node, asker);
	if (!base)
		base = find_key(bases, now_ms, &key);
	if (base)
		memcpy(ret_sha256, base->sha256, sizeof(base->sha256));
	pthread_mutex_unlock(&bases->mutex);
	return base != NULL;
}
