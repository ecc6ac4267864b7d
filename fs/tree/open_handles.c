/* SPDX-License-Identifier: MIT */
#include "fs/tree/open_handles.h"

#include <pthread.h>

struct handles {
	pthread_mutex_t mutex; /* protects what is below */
	struct handle *first;
};

struct handles *handles_new(void)
{
	struct handles *handles = calloc(1, sizeof(*handles));

	if (handles)
		pthread_mutex_init(&handles->mutex, NULL);
	return handles;
}

void handles_free(struct handles *handles)
{
	if (!handles)
		return;
	pthread_mutex_destroy(&handles->mutex);
	free(handles);
}

void handles_add(struct handles *handles, struct handle *handle,
	void (*abandon)(const struct aliasfs *fs, struct handle *handle))
{
	pthread_mutex_lock(&handles->mutex);
	handle->abandon = abandon;
	handle->previous = NULL;
	handle->next = handles->first;
	if (handles->first)
		handles->first->previous = handle;
	handles->first = handle;
	pthread_mutex_unlock(&handles->mutex);
}

void handles_remove(struct handles *handles, struct handle *handle)
{
	pthread_mutex_lock(&handles->mutex);
	if (handle->abandon) {
		if (handle->previous)
			handle->previous->next = handle->next;
		else
			handles->first = handle->next;
		if (handle->next)
			handle->next->previous = handle->previous;
		handle->abandon = NULL;
	}
	pthread_mutex_unlock(&handles->mutex);
}

void handles_look(
	struct handles *handles, void (*look)(void *data, struct handle *handle), void *data)
{
	struct handle *handle;

	pthread_mutex_lock(&handles->mutex);
	for (handle = handles->first; handle; handle = handle->next)
		look(data, handle);
	pthread_mutex_unlock(&handles->mutex);
}

void handles_abandon_all(struct handles *handles, const struct aliasfs *fs)
{
	while (handles && handles->first)
		handles->first->abandon(fs, handles->first);
}
