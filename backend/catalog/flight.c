/* SPDX-License-Identifier: MIT */
#include "backend/catalog/flight.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"

#define DEADLINE_SLACK_MS 250 /* a client may give up this much before its deadline */

struct flight {
	struct flight *next;
	struct flight_key key; /* the name is the flight's own */
	uint64_t tick;
	pthread_cond_t landed;
	unsigned int users; /* the leader and those who wait */
	bool done;
	bool given_up; /* the leader's own interruption or deadline: says nothing to others */
	enum lambda_status status;
	struct lambda_error error;
	struct snapshot *result;
};

void snapshot_init(struct snapshot *snapshot, void (*destroy)(struct snapshot *snapshot))
{
	atomic_init(&snapshot->references, 1);
	snapshot->destroy = destroy;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	if (snapshot)
		atomic_fetch_add(&snapshot->references, 1);
	return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
	if (snapshot && atomic_fetch_sub(&snapshot->references, 1) == 1)
		snapshot->destroy(snapshot);
}

int flight_room_init(struct flight_room *room)
{
	room->tick = 0;
	return -pthread_mutex_init(&room->lock, NULL);
}

void flight_room_destroy(struct flight_room *room)
{
	pthread_mutex_destroy(&room->lock);
}

static bool keys_match(const struct flight_key *left, const struct flight_key *right)
{
	if (left->kind != right->kind || left->version != right->version)
		return false;
	if (!left->name || !right->name)
		return left->name == right->name;
	return !strcmp(left->name, right->name);
}

static struct flight *find_flight(const struct flight_list *list, const struct flight_key *key)
{
	struct flight *flight;

	for (flight = list->first; flight; flight = flight->next)
		if (keys_match(&flight->key, key))
			return flight;
	return NULL;
}

bool flight_is_under_way(const struct flight_list *list, int kind)
{
	struct flight *flight;

	for (flight = list->first; flight; flight = flight->next)
		if (flight->key.kind == kind)
			return true;
	return false;
}

unsigned int flight_waiters(const struct flight_list *list, int kind)
{
	struct flight *flight;

	for (flight = list->first; flight; flight = flight->next)
		if (flight->key.kind == kind)
			return flight->users - 1;
	return 0;
}

static struct flight *flight_new(struct flight_room *room, const struct flight_key *key)
{
	struct flight *flight = calloc(1, sizeof(*flight));
	char *name = key->name ? strdup(key->name) : NULL;

	if (!flight || (key->name && !name) || condition_init(&flight->landed)) {
		free(flight);
		free(name);
		return NULL;
	}
	flight->key = *key;
	flight->key.name = name;
	flight->tick = ++room->tick;
	flight->users = 1;
	return flight;
}

/* One user less; the last one frees it. */
static void flight_leave(struct flight *flight)
{
	if (--flight->users)
		return;
	pthread_cond_destroy(&flight->landed);
	snapshot_unref(flight->result);
	free((char *)(uintptr_t)flight->key.name);
	free(flight);
}

static void unlink_flight(struct flight_list *list, struct flight *flight)
{
	struct flight **at = &list->first;

	while (*at != flight)
		at = &(*at)->next;
	*at = flight->next;
}

static bool gave_up(enum lambda_status status, const struct call_scope *scope)
{
	if (status == LAMBDA_INTERRUPTED)
		return true;
	return status == LAMBDA_TIMED_OUT &&
	       clock_monotonic_ms() + DEADLINE_SLACK_MS >= scope->read_deadline_ms;
}

/* Takes the lock's owner out on the flight and comes back with the lock held. */
static enum lambda_status lead_flight(struct flight_room *room, struct flight_list *list,
	const struct call_scope *scope, const struct flight_task *task,
	struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct flight *flight = flight_new(room, &task->key);
	struct lambda_error error = {0};
	enum lambda_status status;

	if (!flight)
		return lambda_fail_memory(reterr);
	flight->next = list->first;
	list->first = flight;
	pthread_mutex_unlock(&room->lock);
	status = task->fetch(task->data, flight->tick, &flight->result, &error);
	pthread_mutex_lock(&room->lock);
	flight->done = true;
	flight->given_up = gave_up(status, scope);
	flight->status = status;
	flight->error = error;
	unlink_flight(list, flight);
	pthread_cond_broadcast(&flight->landed);
	if (!status)
		*ret_result = snapshot_ref(flight->result);
	else if (reterr)
		*reterr = error;
	flight_leave(flight);
	return status;
}

/* Waits until the flight landed, or fails with what ends this caller's own patience. */
static enum lambda_status wait_for_flight(struct flight_room *room, struct flight *flight,
	const struct call_scope *scope, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;

	while (!status && !flight->done)
		status = call_scope_wait(scope, &flight->landed, &room->lock,
			"no answer in time to a call that another request had made", reterr);
	return status;
}

/* Waits for the flight of another. Whether *ret_status is the answer; else the question stays open. */
static bool share_flight(struct flight_room *room, struct flight *flight,
	const struct call_scope *scope, const struct flight_task *task,
	enum lambda_status *ret_status, struct snapshot **ret_result, struct lambda_error *reterr)
{
	uint64_t floor = task->floor ? task->floor(task->data) : 0;
	bool shareable = flight->tick > floor, answered = false;
	enum lambda_status status;

	flight->users++;
	status = wait_for_flight(room, flight, scope, reterr);
	if (status) {
		answered = true;
	} else if (shareable && !flight->given_up) {
		status = flight->status;
		if (status) {
			answered = true;
			if (reterr)
				*reterr = flight->error;
		} else if (!task->accept || task->accept(task->data, flight->result)) {
			answered = true;
			*ret_result = snapshot_ref(flight->result);
		}
	}
	flight_leave(flight);
	*ret_status = status;
	return answered;
}

enum lambda_status flight_run(struct flight_room *room, struct flight_list *list,
	const struct call_scope *scope, const struct flight_task *task,
	struct snapshot **ret_result, struct lambda_error *reterr)
{
	enum lambda_status status;

	pthread_mutex_lock(&room->lock);
	for (;;) {
		struct flight *flight;

		if (task->known && task->known(task->data, &status, ret_result, reterr))
			break;
		flight = find_flight(list, &task->key);
		if (!flight) {
			status = lead_flight(room, list, scope, task, ret_result, reterr);
			break;
		}
		if (share_flight(room, flight, scope, task, &status, ret_result, reterr))
			break;
	}
	pthread_mutex_unlock(&room->lock);
	return status;
}
