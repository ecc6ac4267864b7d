/* SPDX-License-Identifier: MIT */
/*
 * How a removal begins, and what puts the end of its grace off. A recursive removal may come to the links first and into a
 * version later (Python 3.13's rmtree): its removals wait while it goes on in the function, and are taken back when
 * something inside a version is refused (3.1). A tool may also remove the links of all functions first and make them all
 * afterwards (git apply): its removals wait while it changes anything. And however long a request takes that stands
 * between a tool's UNLINK and its SYMLINK, the grace does not run meanwhile (2.4).
 */
#include "backend/base/text.h"
#include "fs/rules/remap_private.h"

/* `function` NULL: in any. */
static bool is_removal_of(
	const struct remap_tombstone *tombstone, pid_t process, const char *function)
{
	return tombstone->used && tombstone->unlinked && tombstone->asker.process == process &&
	       (!function || !strcmp(tombstone->function, function));
}

static int64_t last_end(const struct remap_tombstone *tombstone)
{
	return tombstone->made_ms + REMAP_REMOVAL_MS;
}

/* Puts the end of a grace off, but not beyond its last end. */
static void put_off(struct remap_tombstone *tombstone, int64_t due_ms)
{
	if (due_ms > last_end(tombstone))
		due_ms = last_end(tombstone);
	if (due_ms > tombstone->due_ms)
		tombstone->due_ms = due_ms;
}

void remap_note_refused_removal(
	struct remap *remap, int64_t now_ms, pid_t process, const char *function)
{
	size_t i;

	recent_note(&remap->guards, now_ms,
		&(struct recent_key){.process = process, .function = function});
	for (i = 0; i < remap->tombstones_end; i++)
		if (is_removal_of(&remap->tombstones[i], process, function))
			remap->tombstones[i].may_delete = false;
}

void remap_note_activity(struct remap *remap, int64_t now_ms, pid_t process, const char *function)
{
	int64_t grace_ms =
		remap->delete_grace_ms > REMAP_RETURN_MS ? remap->delete_grace_ms : REMAP_RETURN_MS;
	size_t i;

	for (i = 0; i < remap->tombstones_end; i++)
		if (is_removal_of(&remap->tombstones[i], process, function))
			put_off(&remap->tombstones[i], now_ms + grace_ms);
}

bool remap_hides_anything(const struct remap *remap, const char *function)
{
	size_t i;

	for (i = 0; i < remap->tombstones_end; i++)
		if (remap->tombstones[i].used &&
			(!function || !strcmp(remap->tombstones[i].function, function)))
			return true;
	return false;
}

/* --- visits --- */

/* Whether the clock of the removal stops during the visit. */
static bool is_visited(const struct remap_tombstone *tombstone, const struct remap_visit *visit)
{
	return visit->requests &&
	       (!strcmp(visit->function, tombstone->function) ||
		       (visit->process > 0 && is_removal_of(tombstone, visit->process, NULL)));
}

static bool has_removals(const struct remap *remap, pid_t process)
{
	size_t i;

	for (i = 0; i < remap->tombstones_end; i++)
		if (is_removal_of(&remap->tombstones[i], process, NULL))
			return true;
	return false;
}

/* One that these share, or a free one; NULL when there is neither. */
static struct remap_visit *find_visit(struct remap *remap, pid_t process, const char *function)
{
	struct remap_visit *free_one = NULL;
	size_t i;

	for (i = 0; i < REMAP_VISITS; i++) {
		struct remap_visit *visit = &remap->visits[i];

		if (!visit->requests)
			free_one = free_one ? free_one : visit;
		else if (visit->process == process && !strcmp(visit->function, function))
			return visit;
	}
	return free_one;
}

size_t remap_begin_visit(struct remap *remap, int64_t now_ms, pid_t process, const char *function)
{
	struct remap_visit *visit;

	if (process <= 0 || !has_removals(remap, process))
		process = 0;
	if (!process && !remap_hides_anything(remap, function))
		return 0;
	visit = find_visit(remap, process, function);
	if (!visit)
		return 0;
	if (!visit->requests) {
		remap->visit_count++;
		visit->since_ms = now_ms;
		visit->process = process;
		snprintf(visit->function, sizeof(visit->function), "%s", function);
	}
	visit->requests++;
	return (size_t)(visit - remap->visits) + 1;
}

void remap_end_visit(struct remap *remap, int64_t now_ms, size_t number)
{
	struct remap_visit *visit = &remap->visits[number - 1];
	size_t i;

	if (visit->requests > 1) {
		visit->requests--;
		return;
	}
	for (i = 0; i < remap->tombstones_end; i++) {
		struct remap_tombstone *tombstone = &remap->tombstones[i];
		int64_t since_ms = visit->since_ms;

		if (!tombstone->used || !is_visited(tombstone, visit))
			continue;
		if (since_ms < tombstone->made_ms)
			since_ms = tombstone->made_ms;
		put_off(tombstone, tombstone->due_ms + now_ms - since_ms);
	}
	visit->requests = 0;
	remap->visit_count--;
}

int64_t remap_end_of_grace(const struct remap *remap, const struct remap_tombstone *tombstone)
{
	size_t i;

	if (tombstone->due_ms >= last_end(tombstone))
		return tombstone->due_ms;
	for (i = 0; i < REMAP_VISITS && remap->visit_count; i++)
		if (is_visited(tombstone, &remap->visits[i]))
			return last_end(tombstone);
	return tombstone->due_ms;
}

void remap_note_late(struct remap *remap, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < remap->tombstones_end; i++) {
		struct remap_tombstone *tombstone = &remap->tombstones[i];

		if (!tombstone->used || tombstone->was_late ||
			now_ms - remap_end_of_grace(remap, tombstone) < REMAP_LATE_MS)
			continue;
		tombstone->was_late = true;
		tombstone->due_ms = now_ms + remap->delete_grace_ms;
	}
}

bool remap_is_guarded(
	const struct remap *remap, int64_t now_ms, pid_t process, const char *function)
{
	return recent_find(&remap->guards, now_ms,
		&(struct recent_key){.process = process, .function = function});
}

bool remap_is_protected(const struct remap *remap, const char *alias)
{
	return remap->protect && text_matches(alias, remap->protect);
}

void remap_bury(const struct remap *remap, const struct remap_event *event, struct remap_plan *plan,
	const struct lambda_alias *alias, bool is_weight, bool may_delete)
{
	struct remap_tombstone *tombstone = &plan->tombstone;
	int64_t grace_ms = remap->delete_grace_ms;

	if (remap_is_guarded(remap, event->now_ms, event->asker.process, event->place->function))
		may_delete = false;
	if (!may_delete && grace_ms < REMAP_RETURN_MS)
		grace_ms = REMAP_RETURN_MS;
	plan->buries = true;
	tombstone->used = true;
	tombstone->is_weight = is_weight;
	tombstone->may_delete = may_delete;
	tombstone->unlinked = !event->new_name;
	tombstone->made_ms = event->now_ms;
	tombstone->due_ms = event->now_ms + grace_ms;
	tombstone->asker = event->asker;
	snprintf(tombstone->function, sizeof(tombstone->function), "%s", event->place->function);
	snprintf(tombstone->alias, sizeof(tombstone->alias), "%s", alias->name);
	snprintf(tombstone->name, sizeof(tombstone->name), "%s", event->name);
	snprintf(tombstone->revision_id, sizeof(tombstone->revision_id), "%s", alias->revision_id);
	remap_get_content(alias, &tombstone->content);
	plan->bury_at_once = may_delete && grace_ms <= 0;
}
