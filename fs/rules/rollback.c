/* SPDX-License-Identifier: MIT */
/* Roll-backs through PROD@1: where PROD was before is another version afterwards, so a second one would undo it (8.2.7). */
#include <errno.h>

#include "fs/rules/decide.h"

/* The number of such an event is the version that the alias was moved to; its text is the version that it was at. */

static bool is_rollback(const struct remap_plan *plan)
{
	return plan->write == REMAP_WRITE_VERSION && plan->source_kind == REMAP_SOURCE_TARGET &&
	       plan->target.kind == TARGET_SETTLED && !strcmp(plan->target.alias, plan->alias);
}

void remap_refuse_repeated_rollback(const struct remap *remap, const struct remap_event *event,
	struct remap_plan *plan, char sentence[REMAP_SENTENCE_SIZE])
{
	const struct recent_key key = {.function = event->place->function, .name = plan->alias};
	const struct recent_event *last = NULL;
	char version[LAMBDA_VERSION_TEXT_SIZE];

	if (!plan->error && is_rollback(plan))
		last = recent_find(&remap->rollbacks, event->now_ms, &key);
	if (!last)
		return;
	lambda_version_format(last->number, version);
	snprintf(sentence, REMAP_SENTENCE_SIZE,
		"%s was rolled back from %s to %s %lld seconds ago: once more would undo that; "
		"within "
		"10 minutes name the version",
		plan->alias, last->text, version, (long long)(event->now_ms - last->at_ms) / 1000);
	remap_refuse(plan, EPERM, sentence);
}

void remap_note_rollback(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, uint64_t version)
{
	const struct recent_key key = {.function = event->place->function, .name = plan->alias};
	const struct lambda_alias *before = remap_find_fact(event, plan->alias);
	struct recent_event *last;

	if (!is_rollback(plan) || !before)
		return;
	last = recent_note(&remap->rollbacks, event->now_ms, &key);
	last->number = version;
	lambda_version_format(before->version, last->text);
}
