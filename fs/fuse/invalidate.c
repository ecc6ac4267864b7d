/* SPDX-License-Identifier: MIT */
#define FUSE_USE_VERSION 312
#include "fs/fuse/invalidate.h"

#include <fuse_lowlevel.h>
#include <pthread.h>

struct invalidation {
	struct invalidation *next;
	uint64_t inode;
};

struct invalidator {
	struct fuse_session *session;
	struct node_table *nodes;
	pthread_t thread;
	pthread_mutex_t mutex; /* protects what is below */
	pthread_cond_t changed;
	struct invalidation *first, **last;
	size_t count;
	bool stopping;
};

static void *run_invalidator(void *data)
{
	struct invalidator *invalidator = data;

	pthread_mutex_lock(&invalidator->mutex);
	while (!invalidator->stopping) {
		struct invalidation *item = invalidator->first;

		if (!item) {
			pthread_cond_wait(&invalidator->changed, &invalidator->mutex);
			continue;
		}
		invalidator->first = item->next;
		if (!invalidator->first)
			invalidator->last = &invalidator->first;
		invalidator->count--;
		pthread_mutex_unlock(&invalidator->mutex);
		/*
		 * An offset below 0 spares the pages: invalidating those can wait for a READ of ours. -ENOENT means
		 * that the kernel knows nothing of it, which is what was wanted.
		 */
		fuse_lowlevel_notify_inval_inode(invalidator->session, item->inode, -1, 0);
		free(item);
		pthread_mutex_lock(&invalidator->mutex);
	}
	pthread_mutex_unlock(&invalidator->mutex);
	return NULL;
}

struct invalidator *invalidator_new(struct fuse_session *session, struct node_table *nodes)
{
	struct invalidator *invalidator = calloc(1, sizeof(*invalidator));

	if (!invalidator)
		return NULL;
	invalidator->session = session;
	invalidator->nodes = nodes;
	invalidator->last = &invalidator->first;
	pthread_mutex_init(&invalidator->mutex, NULL);
	pthread_cond_init(&invalidator->changed, NULL);
	if (pthread_create(&invalidator->thread, NULL, run_invalidator, invalidator)) {
		pthread_cond_destroy(&invalidator->changed);
		pthread_mutex_destroy(&invalidator->mutex);
		free(invalidator);
		return NULL;
	}
	return invalidator;
}

void invalidator_stop(struct invalidator *invalidator)
{
	bool running;

	pthread_mutex_lock(&invalidator->mutex);
	running = !invalidator->stopping;
	invalidator->stopping = true;
	pthread_cond_signal(&invalidator->changed);
	pthread_mutex_unlock(&invalidator->mutex);
	if (running)
		pthread_join(invalidator->thread, NULL);
}

void invalidator_free(struct invalidator *invalidator)
{
	if (!invalidator)
		return;
	invalidator_stop(invalidator);
	while (invalidator->first) {
		struct invalidation *item = invalidator->first;

		invalidator->first = item->next;
		free(item);
	}
	pthread_cond_destroy(&invalidator->changed);
	pthread_mutex_destroy(&invalidator->mutex);
	free(invalidator);
}

void invalidate_node(struct invalidator *invalidator, const struct node *node)
{
	struct invalidation *item;
	uint64_t inode;

	if (!invalidator)
		return;
	inode = node_table_inode(invalidator->nodes, node);
	if (!inode)
		return;
	item = calloc(1, sizeof(*item));
	if (!item)
		return;
	item->inode = inode;
	pthread_mutex_lock(&invalidator->mutex);
	if (invalidator->count < INVALIDATIONS_MAX && !invalidator->stopping) {
		*invalidator->last = item;
		invalidator->last = &item->next;
		invalidator->count++;
		item = NULL;
		pthread_cond_signal(&invalidator->changed);
	}
	pthread_mutex_unlock(&invalidator->mutex);
	free(item);
}

void invalidate_entries(struct fuse_session *session, uint64_t inode)
{
	fuse_lowlevel_notify_inval_inode(session, (fuse_ino_t)inode, 0, 0);
}
