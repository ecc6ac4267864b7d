/* SPDX-License-Identifier: MIT */
#include "fs/tree/times.h"

#include <pthread.h>

/* Open addressing within a set of eight: a full set forgets its oldest. */
#define WAYS 8
#define SETS (TIMES_MAX / WAYS)

struct slot {
	uint64_t inode; /* 0: free */
	int64_t basis;
	struct timespec modified;
	uint64_t used; /* the order in which they were set */
};

struct times {
	pthread_mutex_t mutex; /* protects what is below */
	uint64_t clock;
	struct slot *slots; /* allocated when the first time is set */
};

struct times *times_new(void)
{
	struct times *times = calloc(1, sizeof(*times));

	if (times)
		pthread_mutex_init(&times->mutex, NULL);
	return times;
}

void times_free(struct times *times)
{
	if (!times)
		return;
	pthread_mutex_destroy(&times->mutex);
	free(times->slots);
	free(times);
}

static struct slot *set_of(struct times *times, uint64_t inode)
{
	return &times->slots[inode % SETS * WAYS];
}

void times_set(struct times *times, uint64_t inode, struct timespec modified, int64_t basis)
{
	struct slot *set, *chosen;
	size_t i;

	pthread_mutex_lock(&times->mutex);
	if (!times->slots)
		times->slots = calloc(TIMES_MAX, sizeof(*times->slots));
	if (times->slots) {
		chosen = set = set_of(times, inode);
		for (i = 0; i < WAYS; i++) {
			if (set[i].inode == inode) {
				chosen = &set[i];
				break;
			}
			if (set[i].used < chosen->used)
				chosen = &set[i];
		}
		*chosen = (struct slot){inode, basis, modified, ++times->clock};
	}
	pthread_mutex_unlock(&times->mutex);
}

bool times_get(struct times *times, uint64_t inode, int64_t basis, struct timespec *ret_modified)
{
	bool found = false;
	struct slot *set;
	size_t i;

	pthread_mutex_lock(&times->mutex);
	set = times->slots ? set_of(times, inode) : NULL;
	for (i = 0; set && i < WAYS && !found; i++) {
		if (set[i].inode == inode && set[i].basis == basis) {
			*ret_modified = set[i].modified;
			found = true;
		}
	}
	pthread_mutex_unlock(&times->mutex);
	return found;
}
