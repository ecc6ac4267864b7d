/* SPDX-License-Identifier: MIT */
#include "fs/fuse/directory_cache.h"

#include <pthread.h>

/* Open addressing within a set of eight: a full set forgets its oldest. */
#define WAYS 8
#define SETS (LISTED_MAX / WAYS)

struct slot {
	uint64_t inode; /* 0: free */
	uint64_t hash;
	int64_t since_ms;
};

struct listed {
	pthread_mutex_t mutex; /* protects what is below */
	struct slot *slots;    /* allocated at the first use */
};

struct listed *listed_new(void)
{
	struct listed *listed = calloc(1, sizeof(*listed));

	if (listed)
		pthread_mutex_init(&listed->mutex, NULL);
	return listed;
}

void listed_free(struct listed *listed)
{
	if (!listed)
		return;
	pthread_mutex_destroy(&listed->mutex);
	free(listed->slots);
	free(listed);
}

/* The slot of the inode, or the one to use for it; the mutex is held. NULL when out of memory. */
static struct slot *slot_of(struct listed *listed, uint64_t inode)
{
	struct slot *set, *chosen;
	size_t i;

	if (!listed->slots)
		listed->slots = calloc(LISTED_MAX, sizeof(*listed->slots));
	if (!listed->slots)
		return NULL;
	chosen = set = &listed->slots[inode % SETS * WAYS];
	for (i = 0; i < WAYS; i++) {
		if (set[i].inode == inode)
			return &set[i];
		if (set[i].since_ms < chosen->since_ms)
			chosen = &set[i];
	}
	return chosen;
}

bool listed_open(
	struct listed *listed, uint64_t inode, uint64_t hash, int64_t now_ms, int64_t keep_ms)
{
	struct slot *slot;
	bool keep = false;

	pthread_mutex_lock(&listed->mutex);
	slot = slot_of(listed, inode);
	if (slot && slot->inode == inode && slot->hash == hash && now_ms - slot->since_ms < keep_ms)
		keep = true;
	else if (slot)
		*slot = (struct slot){inode, hash, now_ms};
	pthread_mutex_unlock(&listed->mutex);
	return keep;
}

int64_t listed_take_left_ms(struct listed *listed, uint64_t inode, int64_t now_ms, int64_t keep_ms)
{
	struct slot *slot;
	int64_t left_ms = INT64_MAX;

	pthread_mutex_lock(&listed->mutex);
	slot = slot_of(listed, inode);
	if (slot && slot->inode == inode) {
		left_ms = slot->since_ms + keep_ms - now_ms;
		if (left_ms <= 0)
			memset(slot, 0, sizeof(*slot));
	}
	pthread_mutex_unlock(&listed->mutex);
	return left_ms;
}

void listed_read(struct listed *listed, uint64_t inode, uint64_t hash, bool cached, int64_t now_ms)
{
	struct slot *slot;

	pthread_mutex_lock(&listed->mutex);
	slot = slot_of(listed, inode);
	if (slot && slot->inode == inode && slot->hash != hash)
		slot->since_ms = INT64_MIN / 2;
	else if (slot && slot->inode != inode && cached)
		*slot = (struct slot){inode, hash, now_ms};
	pthread_mutex_unlock(&listed->mutex);
}
