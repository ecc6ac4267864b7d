/* SPDX-License-Identifier: MIT */
/* With no_create: which plans would make an alias that AWS does not have (3.0.20). */
#include <errno.h>

#include "fs/rules/decide.h"

const struct lambda_alias *remap_find_fact(const struct remap_event *event, const char *alias)
{
	const struct lambda_alias *facts[] = {event->alias, event->new_alias, event->through};
	size_t i;

	for (i = 0; i < array_count(facts); i++)
		if (facts[i] && !strcmp(facts[i]->name, alias))
			return facts[i];
	return NULL;
}

void remap_refuse_creation(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	if (remap->no_create && !plan->error && plan->write != REMAP_WRITE_NOTHING &&
		!remap_find_fact(event, plan->alias))
		remap_refuse(plan, EPERM, REMAP_NO_ALIAS_IS_MADE);
}
