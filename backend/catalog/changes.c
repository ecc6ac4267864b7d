/* SPDX-License-Identifier: MIT */
#include "backend/catalog/changes.h"

#include "backend/catalog/function.h"

static bool grow_changes(struct change_list *changes)
{
	size_t capacity = changes->capacity ? changes->capacity * 2 : 8;
	struct catalog_change *items = realloc(changes->items, capacity * sizeof(*items));
	struct function **functions;

	if (!items)
		return false;
	changes->items = items;
	functions = realloc(changes->functions, capacity * sizeof(*functions));
	if (!functions)
		return false;
	changes->functions = functions;
	changes->capacity = capacity;
	return true;
}

void change_list_add(
	struct change_list *changes, struct function *function, bool versions, bool aliases)
{
	if (changes->count == changes->capacity && !grow_changes(changes)) {
		changes->lost = true;
		return;
	}
	function->references++;
	changes->functions[changes->count] = function;
	changes->items[changes->count++] =
		(struct catalog_change){function->name, versions, aliases};
}

void change_list_report(struct change_list *changes, struct catalog *catalog)
{
	const struct catalog_change root = {NULL, changes->lost, changes->lost};
	size_t i;

	if (catalog->changed) {
		for (i = 0; i < changes->count; i++)
			catalog->changed(catalog->changed_data, &changes->items[i]);
		if (changes->root || changes->lost)
			catalog->changed(catalog->changed_data, &root);
	}
	if (changes->count) {
		catalog_lock(catalog);
		for (i = 0; i < changes->count; i++)
			function_drop(catalog, changes->functions[i]);
		catalog_unlock(catalog);
	}
	free(changes->items);
	free(changes->functions);
	*changes = (struct change_list){0};
}
