/* SPDX-License-Identifier: MIT */
/* What a person may have mistyped, for the line that reports a refused or failed change (5.1.3). */
#include <errno.h>

#include "fs/gesture/private.h"

/* `ln -sf PROD 2`: what was probably meant. */
static void hint_swapped(const struct remap_event *event, struct lambda_error *reterr)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];

	if (!event->place->in_version) {
		lambda_hint(reterr, "arguments swapped? ln -sfn %s %s", event->name, event->target);
		return;
	}
	lambda_version_format(event->place->version, version);
	lambda_hint(reterr, "arguments swapped? ln -sfn %s %s", version, event->name);
}

void gesture_hint_target(struct gestures *gestures, const struct remap_event *event,
	const struct remap_plan *plan, struct lambda_error *reterr)
{
	const struct gesture_place *place = event->new_name ? event->to : event->place;
	const char *name = event->new_name ? event->new_name : event->name;
	const char *target;

	pthread_mutex_lock(&gestures->mutex);
	target = remap_find_target_text(gestures->remap, event);
	if (target && *target)
		lambda_hint(reterr, "%s/%s was to lead to '%.127s'", place->function,
			place->in_version ? plan->alias : name, target);
	pthread_mutex_unlock(&gestures->mutex);
}

void gesture_hint_refusal(struct gestures *gestures, const struct remap_event *event,
	const struct remap_plan *plan, struct lambda_error *reterr)
{
	if (plan->is_swapped)
		hint_swapped(event, reterr);
	else if (plan->error == ENOENT)
		gesture_hint_target(gestures, event, plan, reterr);
}
