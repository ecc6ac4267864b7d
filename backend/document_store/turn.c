/* SPDX-License-Identifier: MIT */
/* Changes of one document follow one another, in the order in which they came. */
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/document_store/private.h"

#define LOOK_MS 100 /* between two looks at whether the wait is interrupted */

static bool is_same_document(const struct turn *one, const struct turn *other)
{
	return one->kind == other->kind && !strcmp(one->function, other->function) &&
	       !strcmp(one->qualifier, other->qualifier);
}

/* Whether an earlier change of the same document is under way. The lock is held. */
static bool has_predecessor(const struct document_store *store, const struct turn *turn)
{
	const struct turn *each;

	for (each = store->first_turn; each != turn; each = each->next)
		if (is_same_document(each, turn))
			return true;
	return false;
}

static void append_turn(struct document_store *store, struct turn *turn)
{
	struct turn **last = &store->first_turn;

	while (*last)
		last = &(*last)->next;
	turn->next = NULL;
	*last = turn;
}

static void drop_turn(struct document_store *store, struct turn *turn)
{
	struct turn **place = &store->first_turn;

	while (*place != turn)
		place = &(*place)->next;
	*place = turn->next;
	pthread_cond_broadcast(&store->turn_ended);
}

/* Whether the wait is over before the turn came. */
static enum lambda_status check_wait(
	const struct turn *turn, int64_t deadline_ms, struct lambda_error *reterr)
{
	if (turn->interrupted && atomic_load(turn->interrupted))
		return lambda_fail(reterr, LAMBDA_INTERRUPTED,
			"interrupted while another change was under way: nothing was sent");
	if (clock_monotonic_ms() >= deadline_ms)
		return lambda_fail(reterr, LAMBDA_TIMED_OUT,
			"another change of the %s of %.140s is still under way: nothing was sent; "
			"write it again when that has ended",
			turn->kind ? turn->kind->name : "code", turn->function);
	return LAMBDA_OK;
}

static int64_t next_look(const struct turn *turn, int64_t deadline_ms)
{
	int64_t look_ms = turn->interrupted ? clock_monotonic_ms() + LOOK_MS : deadline_ms;

	return look_ms < deadline_ms ? look_ms : deadline_ms;
}

enum lambda_status turn_begin(struct document_store *store, struct turn *turn, int64_t deadline_ms,
	struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;

	pthread_mutex_lock(&store->room.lock);
	append_turn(store, turn);
	while (!status && has_predecessor(store, turn)) {
		condition_wait(&store->turn_ended, &store->room.lock, next_look(turn, deadline_ms));
		if (has_predecessor(store, turn))
			status = check_wait(turn, deadline_ms, reterr);
	}
	if (status)
		drop_turn(store, turn);
	pthread_mutex_unlock(&store->room.lock);
	return status;
}

void turn_end(struct document_store *store, struct turn *turn)
{
	pthread_mutex_lock(&store->room.lock);
	drop_turn(store, turn);
	pthread_mutex_unlock(&store->room.lock);
}
