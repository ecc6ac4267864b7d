/* SPDX-License-Identifier: MIT */
#include "backend/catalog/merge.h"

#include <errno.h>

#include "backend/catalog/kept.h"

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
