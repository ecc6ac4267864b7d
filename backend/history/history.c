/* SPDX-License-Identifier: MIT */
#include "backend/history/history.h"

#include <errno.h>
#include <string.h>

#include "backend/history/chain.h"

const char *history_end_text(enum history_end end)
{
	static const char *const texts[] = {
		[HISTORY_END_CREATED] = "the alias was created then",
		[HISTORY_END_KNOWN] = "nothing older is known",
		[HISTORY_END_MORE] = "no known event of CloudTrail explains it yet",
		[HISTORY_END_YOUNG] = ("CloudTrail may deliver a change half an hour late, so "
				       "newer changes may be missing"),
		[HISTORY_END_MISSING] = "CloudTrail has not recorded every change of this alias",
		[HISTORY_END_AMBIGUOUS] =
			"several changes have the same time, and none says which came first",
		[HISTORY_END_UNLIKE] =
			"the alias differs from what the last known change made of it",
		[HISTORY_END_ABSENT] = "there is no alias of this name",
	};

	return texts[end];
}

const char *history_kind_text(enum history_kind kind)
{
	static const char *const texts[] = {
		[HISTORY_CREATED] = "created",
		[HISTORY_MOVED] = "moved",
		[HISTORY_DESCRIBED] = "described",
		[HISTORY_UNCHANGED] = "unchanged",
		[HISTORY_DELETED] = "deleted",
		[HISTORY_PERMISSION] = "permission",
		[HISTORY_FAILED] = "failed",
	};

	return texts[kind];
}

void history_release(struct history *history)
{
	free(history->moves);
	free(history->settled);
	memset(history, 0, sizeof(*history));
}

enum history_proof history_at(const struct history *history, uint64_t number, uint64_t *ret_version)
{
	if (number && number <= history->settled_count) {
		*ret_version = history->settled[number - 1];
		return HISTORY_PROVEN;
	}
	switch (history->end) {
	case HISTORY_END_CREATED:
	case HISTORY_END_KNOWN:
	case HISTORY_END_ABSENT:
		return HISTORY_NONE;
	default:
		return number ? HISTORY_NOT_PROVEN : HISTORY_NONE;
	}
}

bool history_wants_more(const struct history *history)
{
	return history->end == HISTORY_END_MORE;
}

/* --- the list --- */

/* The state that the next older change or deletion in the list left; NULL: none, or it is not known. */
static const struct lambda_alias *find_older(const struct steps *steps, size_t index)
{
	size_t i;

	for (i = index + 1; i < steps->count; i++) {
		const struct step *step = &steps->items[i];

		if (step_is_change(step))
			return step->result;
		if (step_is(step, CLOUDTRAIL_DELETE_ALIAS))
			return NULL;
	}
	return NULL;
}

static void find_from(const struct steps *steps, size_t index, struct history_move *move)
{
	const struct step *step = &steps->items[index], *named;

	if (step->operation == CLOUDTRAIL_CREATE_ALIAS)
		return;
	named = steps_find(steps, step->before_revision_id);
	move->from_proven = true;
	if (step->before) {
		move->from = step->before;
	} else if (named && named != step) {
		move->from = named->result;
	} else if (step->predecessor) {
		move->from = step->predecessor->result;
	} else {
		move->from = find_older(steps, index);
		move->from_proven = false;
	}
}

static enum history_kind kind_of(const struct step *step, const struct history_move *move)
{
	if (step->failed)
		return HISTORY_FAILED;
	if (step_is_permission(step))
		return HISTORY_PERMISSION;
	if (step->operation == CLOUDTRAIL_CREATE_ALIAS)
		return HISTORY_CREATED;
	if (step->operation == CLOUDTRAIL_DELETE_ALIAS)
		return HISTORY_DELETED;
	if (!move->from || !move->to || !lambda_alias_is(move->from, move->to, false))
		return HISTORY_MOVED;
	return lambda_alias_is(move->from, move->to, true) ? HISTORY_UNCHANGED : HISTORY_DESCRIBED;
}

static struct history_move move_of(const struct steps *steps, size_t index)
{
	const struct step *step = &steps->items[index];
	struct history_move move = {.operation = step->operation,
		.time_s = step->time_s,
		.in_chain = step->place > 0,
		.event = step->event,
		.own = step->own};

	if (step_is_change(step))
		move.to = step->result;
	if (step_is_change(step) || step_is(step, CLOUDTRAIL_DELETE_ALIAS))
		find_from(steps, index, &move);
	move.kind = kind_of(step, &move);
	return move;
}

/* A move with its place in the chain. */
struct placed_move {
	size_t place;
	struct history_move move;
};

static int compare_places(const void *left, const void *right)
{
	const struct placed_move *one = left, *other = right;

	return (one->place > other->place) - (one->place < other->place);
}

/*
 * The moves of the steps. Those of one second stand in any order there: those of the chain are put into the order
 * that it proves, in the places that they have together. 0 or -ENOMEM.
 */
static int list_moves(const struct steps *steps, struct history *history)
{
	struct placed_move *chain = calloc(steps->count + 1, sizeof(*chain));
	size_t count = 0, taken = 0, i;

	if (!chain)
		return -ENOMEM;
	for (i = 0; i < steps->count; i++) {
		history->moves[i] = move_of(steps, i);
		if (steps->items[i].place)
			chain[count++] =
				(struct placed_move){steps->items[i].place, history->moves[i]};
	}
	qsort(chain, count, sizeof(*chain), compare_places);
	for (i = 0; i < steps->count; i++)
		if (steps->items[i].place)
			history->moves[i] = chain[taken++].move;
	history->count = steps->count;
	free(chain);
	return 0;
}

int history_find(const struct history_input *input, struct history *ret_history)
{
	struct history history = {0};
	struct steps steps;

	if (steps_collect(input, &steps))
		return -ENOMEM;
	history.moves = calloc(steps.count + 1, sizeof(*history.moves));
	history.settled = calloc(2 * steps.count + 1, sizeof(*history.settled));
	if (!history.moves || !history.settled) {
		steps_release(&steps);
		history_release(&history);
		return -ENOMEM;
	}
	chain_follow(input, &steps, &history);
	if (list_moves(&steps, &history)) {
		steps_release(&steps);
		history_release(&history);
		return -ENOMEM;
	}
	steps_release(&steps);
	*ret_history = history;
	return 0;
}
