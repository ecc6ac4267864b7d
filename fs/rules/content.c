/* SPDX-License-Identifier: MIT */
/* What an alias says, without its revision: what a change of it is compared with, and what it is to say by a target. */
#include <errno.h>

#include "fs/rules/remap_private.h"
#include "fs/rules/weight.h"

#define ROUTE_SIZE 128

void remap_get_content(const struct lambda_alias *alias, struct remap_content *ret_content)
{
	memset(ret_content, 0, sizeof(*ret_content));
	ret_content->version = alias->version;
	ret_content->weighted_version = alias->weighted_version;
	ret_content->weight = alias->weighted_version ? alias->weight : 0;
	snprintf(ret_content->description, sizeof(ret_content->description), "%s",
		alias->description);
}

bool remap_content_is(const struct remap_content *content, const struct lambda_alias *alias)
{
	return content->version == alias->version &&
	       content->weighted_version == alias->weighted_version &&
	       (!alias->weighted_version || content->weight == alias->weight) &&
	       !strcmp(content->description, alias->description);
}

/* "3", "3 and with 10 % to 4". */
static void describe_route(
	uint64_t version, uint64_t weighted_version, double weight, char text[ROUTE_SIZE])
{
	char number[LAMBDA_VERSION_TEXT_SIZE], other[LAMBDA_VERSION_TEXT_SIZE];
	char percent[WEIGHT_TEXT_SIZE];

	lambda_version_format(version, number);
	lambda_version_format(weighted_version, other);
	if (!weighted_version)
		snprintf(text, ROUTE_SIZE, "%s", number);
	else if (weight_format(weight, percent) < 0)
		snprintf(text, ROUTE_SIZE, "%s and with a part to %s", number, other);
	else
		snprintf(text, ROUTE_SIZE, "%s and with %.24s %% to %s", number, percent, other);
}

void remap_describe_change(const char *name, const struct remap_content *seen,
	const struct lambda_alias *now, char sentence[REMAP_SENTENCE_SIZE])
{
	char then_route[ROUTE_SIZE], now_route[ROUTE_SIZE];

	describe_route(seen->version, seen->weighted_version, seen->weight, then_route);
	if (!now) {
		snprintf(sentence, REMAP_SENTENCE_SIZE,
			"%s is gone: another client deleted it; this mount last saw it lead to %s",
			name, then_route);
		return;
	}
	describe_route(now->version, now->weighted_version, now->weight, now_route);
	if (strcmp(then_route, now_route) != 0)
		snprintf(sentence, REMAP_SENTENCE_SIZE,
			"%s leads to %s now; this mount last saw it lead to %s", name, now_route,
			then_route);
	else
		snprintf(sentence, REMAP_SENTENCE_SIZE,
			"%s still leads to %s, as this mount last saw it%s", name, now_route,
			strcmp(seen->description, now->description) ? "; its description is another"
								    : "");
}

bool remap_routes_alike(const struct lambda_alias *one, const struct lambda_alias *other)
{
	return one->version == other->version && one->weighted_version == other->weighted_version &&
	       (!one->weighted_version || one->weight == other->weight);
}

const struct lambda_alias *remap_find_fact(const struct remap_event *event, const char *alias)
{
	const struct lambda_alias *facts[] = {event->alias, event->new_alias, event->through};
	size_t i;

	for (i = 0; i < array_count(facts); i++)
		if (facts[i] && !strcmp(facts[i]->name, alias))
			return facts[i];
	return NULL;
}

bool remap_read_target(const struct target *target, struct remap_plan *plan, int invalid)
{
	if (target->kind == TARGET_INVALID) {
		remap_refuse(plan, invalid, target->sentence);
		return false;
	}
	if (target->kind == TARGET_MISSING) {
		remap_refuse(plan, ENOENT, target->sentence);
		return false;
	}
	if (target->kind == TARGET_ALIAS && !strcmp(target->alias, plan->alias)) {
		remap_refuse(plan, invalid, "an alias cannot lead to itself");
		return false;
	}
	plan->source_kind = REMAP_SOURCE_TARGET;
	plan->target = *target;
	return true;
}
