/* SPDX-License-Identifier: MIT */
#include "backend/history/chain.h"

#include <string.h>

#define SEEN_SLACK_S 60 /* the clock of this machine, when it saw a state */

/* Where the chain has come to: a state that the alias had. */
struct position {
	const char *revision_id;
	const struct lambda_alias *state; /* NULL: the RevisionId alone is known */
	int64_t time_s;                   /* it had that RevisionId at this time, at the latest */
	struct step *above;               /* the step that replaced it; NULL for the present */
};

struct walk {
	const struct history_input *input;
	struct steps *steps;
	struct history *history;
	size_t newest; /* no step before this index is free */
	size_t places; /* steps in the chain */
};

static bool stop_walk(struct walk *walk, enum history_end end)
{
	walk->history->end = end;
	return false;
}

/* --- settled states --- */

static void note_state(struct history *history, const struct lambda_alias *present,
	const struct lambda_alias *state)
{
	uint64_t successor = present->version;

	if (state == present || state->weighted_version)
		return;
	if (history->settled_count)
		successor = history->settled[history->settled_count - 1];
	else if (present->weighted_version)
		successor =
			~state->version; /* a shift is under way: what was before it is settled */
	if (state->version != successor)
		history->settled[history->settled_count++] = state->version;
}

/* --- steps by their time --- */

static bool is_free(const struct step *step)
{
	return !step->place && (step_is_change(step) || step_is(step, CLOUDTRAIL_DELETE_ALIAS));
}

/* Whether everything that happened until then has arrived. */
static bool has_arrived(struct walk *walk, int64_t time_s)
{
	const struct history_input *input = walk->input;

	/* What came after the present state was read must not count as having led to it. */
	if (input->changes.until_s - HISTORY_LATE_S > time_s &&
		input->present_read_s > time_s + SEEN_SLACK_S)
		return true;
	walk->history->proven_after_s = time_s + HISTORY_LATE_S;
	return false;
}

/* Whether a step may have been carried out after the newest free one, for all that their times say. */
static bool may_be_last(const struct step *step, const struct step *newest)
{
	int64_t slack_s = step->slack_s > newest->slack_s ? step->slack_s : newest->slack_s;

	return newest->time_s - step->time_s <= slack_s;
}

/* Whether another free step says that it came after this one. */
static bool is_named_by_free(const struct walk *walk, const struct step *step)
{
	const struct step *items = walk->steps->items;
	size_t i;

	for (i = walk->newest; i < walk->steps->count; i++)
		if (&items[i] != step && is_free(&items[i]) && step_follows(&items[i], step))
			return true;
	return false;
}

/*
 * Of the free steps that may have been the last, the one that no other names. NULL: there are several. A deletion was
 * not the last, since the alias was there: the creation after it was, or else it is not known what was.
 */
static struct step *find_sole_candidate(const struct walk *walk, const struct step *newest)
{
	struct step *last = NULL;
	bool deleted = false;
	size_t i;

	for (i = walk->newest; i < walk->steps->count; i++) {
		struct step *step = &walk->steps->items[i];

		if (newest->time_s - step->time_s > SEEN_SLACK_S)
			break;
		if (!is_free(step) || !may_be_last(step, newest))
			continue;
		if (step->operation == CLOUDTRAIL_DELETE_ALIAS) {
			deleted = true;
			continue;
		}
		if (is_named_by_free(walk, step))
			continue;
		if (last)
			return NULL;
		last = step;
	}
	return deleted && last && last->operation != CLOUDTRAIL_CREATE_ALIAS ? NULL : last;
}

/*
 * The last of the free steps, which therefore came immediately before the position. NULL: it stopped.
 * `slack_s`: how far the position's time may be off.
 */
static struct step *find_last_free(
	struct walk *walk, const struct position *position, int64_t slack_s)
{
	struct steps *steps = walk->steps;
	struct step *newest, *last;

	while (walk->newest < steps->count && !is_free(&steps->items[walk->newest]))
		walk->newest++;
	if (!walk->input->changes.until_s) {
		stop_walk(walk, HISTORY_END_MORE);
		return NULL;
	}
	if (walk->newest == steps->count) {
		stop_walk(walk, !has_arrived(walk, position->time_s) ? HISTORY_END_YOUNG
				: walk->input->changes.complete      ? HISTORY_END_KNOWN
								     : HISTORY_END_MORE);
		return NULL;
	}
	newest = &steps->items[walk->newest];
	if (newest->time_s > position->time_s + slack_s) {
		/* It happened after the position, and did not lead to what came of that. */
		stop_walk(walk,
			has_arrived(walk, newest->time_s) ? HISTORY_END_UNLIKE : HISTORY_END_YOUNG);
		return NULL;
	}
	if (!has_arrived(walk, position->time_s) || !has_arrived(walk, newest->time_s)) {
		stop_walk(walk, HISTORY_END_YOUNG);
		return NULL;
	}
	last = find_sole_candidate(walk, newest);
	if (!last || !last->result) {
		stop_walk(walk, last ? HISTORY_END_MISSING : HISTORY_END_AMBIGUOUS);
		return NULL;
	}
	if (last->time_s < walk->input->changes.from_s) {
		/* CloudTrail was not asked for all of the time between it and the position. */
		stop_walk(
			walk, walk->input->changes.complete ? HISTORY_END_KNOWN : HISTORY_END_MORE);
		return NULL;
	}
	return last;
}

/* Whether what the request of `newer` left out is in its result as `older` left it. */
static bool carries_over(const struct step *newer, const struct step *older)
{
	const struct cloudtrail_event *event = newer->event;
	struct lambda_alias expected = *older->result;

	if (!event || !event->has_result)
		return false;
	if (event->sent_version)
		expected.version = event->result.version;
	if (event->sent_routing) {
		expected.weighted_version = event->result.weighted_version;
		expected.weight = event->result.weight;
	}
	if (event->sent_description)
		expected.description = event->result.description;
	return lambda_alias_is(&expected, &event->result, true);
}

/* Whether a permission was granted or taken in between: that gave the alias a RevisionId that no event carries. */
static bool has_permission_between(
	const struct walk *walk, const struct step *older, const struct step *newer)
{
	size_t i;

	for (i = 0; i < walk->steps->count; i++) {
		const struct step *step = &walk->steps->items[i];

		if (step_is_permission(step) && step->time_s + step->slack_s >= older->time_s &&
			step->time_s <= newer->time_s + newer->slack_s)
			return true;
	}
	return false;
}

/* The step that led to a RevisionId which none carries. NULL: it stopped. */
static struct step *find_unnamed(struct walk *walk, const struct position *position)
{
	const struct cloudtrail_coverage *all = &walk->input->all;
	struct step *last = find_last_free(
		walk, position, position->above ? position->above->slack_s : SEEN_SLACK_S);

	if (!last)
		return NULL;
	if (position->state) {
		/* Seen, and nothing says how it came about: then nothing of it may have changed. */
		if (lambda_alias_is(last->result, position->state, true))
			return last;
		stop_walk(walk, HISTORY_END_UNLIKE);
		return NULL;
	}
	if (!carries_over(position->above, last)) {
		stop_walk(walk, HISTORY_END_MISSING);
		return NULL;
	}
	if (!*position->revision_id || has_permission_between(walk, last, position->above))
		return last;
	stop_walk(walk, all->until_s && (all->complete || all->from_s <= last->time_s)
				? HISTORY_END_MISSING
				: HISTORY_END_MORE);
	return NULL;
}

/* --- the chain --- */

static struct step *find_step(struct walk *walk, const struct position *position)
{
	struct step *step = steps_find(walk->steps, position->revision_id);

	if (!step)
		return find_unnamed(walk, position);
	if (!step->place &&
		(!position->state || lambda_alias_is(step->result, position->state, true)))
		return step;
	stop_walk(walk, HISTORY_END_UNLIKE);
	return NULL;
}

/* Takes the step that led to the position into the chain, and goes to what was before it. False: it stopped. */
static bool go_down(struct walk *walk, struct position *position)
{
	struct step *step = find_step(walk, position);

	if (!step)
		return false;
	if (position->above)
		position->above->predecessor = step;
	step->place = ++walk->places;
	note_state(walk->history, walk->input->present, step->result);
	if (step->operation == CLOUDTRAIL_CREATE_ALIAS)
		return stop_walk(walk, HISTORY_END_CREATED);
	if (!step->event && !step->before) {
		/* This mount's clock alone says when it was. */
		return stop_walk(walk, HISTORY_END_MISSING);
	}
	if (step->before)
		note_state(walk->history, walk->input->present, step->before);
	*position = (struct position){.revision_id = step->before_revision_id,
		.state = step->before,
		.time_s = step->time_s,
		.above = step};
	return true;
}

void chain_follow(const struct history_input *input, struct steps *steps, struct history *history)
{
	struct walk walk = {.input = input, .steps = steps, .history = history};
	struct position position;

	if (!input->present) {
		history->end = HISTORY_END_ABSENT;
		return;
	}
	position = (struct position){.revision_id = input->present->revision_id,
		.state = input->present,
		.time_s = input->present_since_s};
	while (go_down(&walk, &position))
		;
	history->newest_is_present = walk.places > 0;
}
