/* SPDX-License-Identifier: MIT */
#include "backend/catalog/changes.h"

#include <errno.h>

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

	if (catalog->options.changed) {
		for (i = 0; i < changes->count; i++)
			catalog->options.changed(catalog->options.changed_data, &changes->items[i]);
		if (changes->root || changes->lost)
			catalog->options.changed(catalog->options.changed_data, &root);
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

int function_merge(struct catalog *catalog, struct function *function, struct kept *kept,
	struct keyed_set *incoming, struct change_list *changes)
{
	bool of_versions = kept == &function->versions, changed;

	if (incoming->total == incoming->count && incoming->tick > function->seen_tick)
		function->seen_tick = incoming->tick;
	if (kept_merge(catalog, kept, incoming, &changed))
		return -ENOMEM;
	if (changed)
		change_list_add(changes, function, of_versions, !of_versions);
	if (of_versions && !function->dictionary && kept->set->count) {
		const struct pack *first = kept->set->notes[0].value;

		function->dictionary = pack_dictionary_ref(first->dictionary);
	}
	return 0;
}
