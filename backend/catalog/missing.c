/* SPDX-License-Identifier: MIT */
#include "backend/catalog/missing.h"

#include <stdlib.h>
#include <string.h>

void missing_add(struct missing_list *list, const char *name, uint64_t version, uint64_t tick,
	int64_t expires_ms)
{
	struct missing *item = &list->items[list->next];
	char *copy = name ? strdup(name) : NULL;

	if (name && !copy)
		return; /* it is asked again, then */
	free(item->name);
	*item = (struct missing){copy, version, tick, expires_ms};
	list->next = (list->next + 1) % MISSING_MAX;
}

bool missing_holds(const struct missing_list *list, const char *name, uint64_t version,
	uint64_t floor, int64_t now_ms)
{
	size_t i;

	for (i = 0; list && i < MISSING_MAX; i++) {
		const struct missing *item = &list->items[i];

		if (item->tick <= floor || item->expires_ms <= now_ms)
			continue;
		if (name ? item->name && !strcmp(item->name, name)
			 : !item->name && item->version == version)
			return true;
	}
	return false;
}

void missing_clear(struct missing_list *list)
{
	size_t i;

	for (i = 0; list && i < MISSING_MAX; i++) {
		free(list->items[i].name);
		list->items[i] = (struct missing){0};
	}
}
