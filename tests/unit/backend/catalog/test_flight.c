/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/catalog/flight.h"

#define THREADS 32
#define PATIENCE_MS 20000

/* Between two looks at a condition: a loop that only spins keeps others from the lock. */
static void pause_briefly(void)
{
	const struct timespec moment = {0, 500000};

	nanosleep(&moment, NULL);
}

/* What is asked for here: a number, which one fetch at a time brings. */
struct answer {
	struct snapshot snapshot;
	unsigned int number;
};

struct world {
	struct flight_room room;
	struct flight_list list;
	atomic_uint fetches, open; /* fetches begun; the gate that they wait at */
	atomic_uint fail_first;    /* so many fetches end with `failure` */
	enum lambda_status failure;
	atomic_uint destroyed;
	const atomic_bool *hang_until; /* the first fetch ends when this becomes true */
};

static struct world *current;

static void destroy_answer(struct snapshot *snapshot)
{
	atomic_fetch_add(&current->destroyed, 1);
	free(snapshot);
}

static void world_begin(struct world *world)
{
	memset(world, 0, sizeof(*world));
	assert_int_equal(flight_room_init(&world->room), 0);
	current = world;
}

static void world_end(struct world *world)
{
	assert_null(world->list.first);
	flight_room_destroy(&world->room);
}

static enum lambda_status fetch(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct world *world = data;
	unsigned int number = atomic_fetch_add(&world->fetches, 1) + 1;
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;
	struct answer *answer;

	(void)tick;
	while (!atomic_load(&world->open) && clock_monotonic_ms() < until) {
		if (number == 1 && world->hang_until && atomic_load(world->hang_until))
			break;
		pause_briefly();
	}
	if (number <= atomic_load(&world->fail_first))
		return lambda_fail(reterr, world->failure, "fetch %u failed", number);
	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return lambda_fail_memory(reterr);
	snapshot_init(&answer->snapshot, destroy_answer);
	answer->number = number;
	*ret_result = &answer->snapshot;
	return LAMBDA_OK;
}

struct asker {
	pthread_t thread;
	struct world *world;
	struct call_scope scope;
	atomic_bool interrupted;
	int kind;
	uint64_t floor;
	enum lambda_status status;
	struct lambda_error error;
	unsigned int number;
	int64_t ended_ms;
	atomic_bool ended;
};

static uint64_t asker_floor(void *data)
{
	(void)data;
	return current->room.tick;
}

static void *ask(void *data)
{
	struct asker *asker = data;
	const struct flight_task task = {
		.key = {.kind = asker->kind},
		.data = asker->world,
		.floor = asker->floor ? asker_floor : NULL,
		.fetch = fetch,
	};
	struct snapshot *result = NULL;

	asker->status = flight_run(&asker->world->room, &asker->world->list, &asker->scope, &task,
		&result, &asker->error);
	if (!asker->status)
		asker->number = ((struct answer *)result)->number;
	snapshot_unref(result);
	asker->ended_ms = clock_monotonic_ms();
	atomic_store(&asker->ended, true);
	return NULL;
}

static void start(struct asker *asker, struct world *world)
{
	memset(asker, 0, sizeof(*asker));
	asker->world = world;
	asker->scope.read_deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
	asker->scope.interrupted = &asker->interrupted;
}

static void go(struct asker *asker)
{
	assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

static void join(struct asker *asker)
{
	pthread_join(asker->thread, NULL);
}

/* Waits until so many wait for the flight of that kind. */
static void until_waiting(struct world *world, int kind, unsigned int wanted)
{
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;
	unsigned int waiting = UINT32_MAX;

	while (waiting != wanted && clock_monotonic_ms() < until) {
		pause_briefly();
		pthread_mutex_lock(&world->room.lock);
		waiting = flight_is_under_way(&world->list, kind)
				  ? flight_waiters(&world->list, kind)
				  : UINT32_MAX;
		pthread_mutex_unlock(&world->room.lock);
	}
	assert_int_equal(waiting, wanted);
}

static void many_share_one_fetch(void **state)
{
	struct asker askers[THREADS];
	struct world world;
	size_t i;

	(void)state;
	world_begin(&world);
	for (i = 0; i < THREADS; i++) {
		start(&askers[i], &world);
		go(&askers[i]);
	}
	until_waiting(&world, 0, THREADS - 1);
	atomic_store(&world.open, 1);
	for (i = 0; i < THREADS; i++) {
		join(&askers[i]);
		assert_int_equal(askers[i].status, LAMBDA_OK);
		assert_int_equal(askers[i].number, 1);
	}
	assert_int_equal(world.fetches, 1);
	assert_int_equal(world.destroyed, 1);
	world_end(&world);
}

static void many_share_one_error(void **state)
{
	struct asker askers[THREADS];
	struct world world;
	size_t i;

	(void)state;
	world_begin(&world);
	world.fail_first = 1;
	world.failure = LAMBDA_ACCESS_DENIED;
	for (i = 0; i < THREADS; i++) {
		start(&askers[i], &world);
		go(&askers[i]);
	}
	until_waiting(&world, 0, THREADS - 1);
	atomic_store(&world.open, 1);
	for (i = 0; i < THREADS; i++) {
		join(&askers[i]);
		assert_int_equal(askers[i].status, LAMBDA_ACCESS_DENIED);
		assert_string_equal(askers[i].error.message, "fetch 1 failed");
	}
	assert_int_equal(world.fetches, 1);
	world_end(&world);
}

static void different_things_do_not_wait_for_each_other(void **state)
{
	struct asker askers[2];
	struct world world;
	int64_t until;

	(void)state;
	world_begin(&world);
	start(&askers[0], &world);
	start(&askers[1], &world);
	askers[1].kind = 1;
	go(&askers[0]);
	go(&askers[1]);
	until = clock_monotonic_ms() + PATIENCE_MS;
	while (atomic_load(&world.fetches) < 2 && clock_monotonic_ms() < until)
		pause_briefly();
	assert_int_equal(world.fetches, 2);
	atomic_store(&world.open, 1);
	join(&askers[0]);
	join(&askers[1]);
	world_end(&world);
}

/* The leader ends with `failure`, which is its own affair: a waiter asks again and all others share. */
static void another_takes_over(enum lambda_status failure)
{
	struct asker askers[4];
	struct world world;
	unsigned int answered = 0;
	size_t i;

	world_begin(&world);
	start(&askers[0], &world);
	world.fail_first = 1;
	world.failure = failure;
	world.hang_until = &askers[0].interrupted;
	if (failure == LAMBDA_TIMED_OUT)
		askers[0].scope.read_deadline_ms = clock_monotonic_ms();
	go(&askers[0]);
	until_waiting(&world, 0, 0);
	for (i = 1; i < array_count(askers); i++) {
		start(&askers[i], &world);
		go(&askers[i]);
	}
	until_waiting(&world, 0, array_count(askers) - 1);
	atomic_store(&askers[0].interrupted, true);
	join(&askers[0]);
	assert_int_equal(askers[0].status, failure);
	until_waiting(&world, 0, array_count(askers) - 2);
	atomic_store(&world.open, 1);
	for (i = 1; i < array_count(askers); i++) {
		join(&askers[i]);
		assert_int_equal(askers[i].status, LAMBDA_OK);
		answered += askers[i].number;
	}
	assert_int_equal(world.fetches, 2);
	assert_int_equal(answered, 2 * (array_count(askers) - 1));
	world_end(&world);
}

static void a_waiter_takes_over_from_an_interrupted_leader(void **state)
{
	(void)state;
	another_takes_over(LAMBDA_INTERRUPTED);
}

static void a_waiter_takes_over_from_a_leader_out_of_time(void **state)
{
	(void)state;
	another_takes_over(LAMBDA_TIMED_OUT);
}

static void a_waiter_can_be_interrupted(void **state)
{
	struct asker leader, waiter;
	struct world world;

	(void)state;
	world_begin(&world);
	start(&leader, &world);
	go(&leader);
	until_waiting(&world, 0, 0);
	start(&waiter, &world);
	go(&waiter);
	until_waiting(&world, 0, 1);
	atomic_store(&waiter.interrupted, true);
	join(&waiter);
	assert_int_equal(waiter.status, LAMBDA_INTERRUPTED);
	assert_false(atomic_load(&leader.ended));
	atomic_store(&world.open, 1);
	join(&leader);
	assert_int_equal(leader.status, LAMBDA_OK);
	world_end(&world);
}

static void a_waiter_has_its_own_deadline(void **state)
{
	struct asker leader, waiter;
	struct world world;

	(void)state;
	world_begin(&world);
	start(&leader, &world);
	go(&leader);
	until_waiting(&world, 0, 0);
	start(&waiter, &world);
	waiter.scope.read_deadline_ms = clock_monotonic_ms() + 30;
	go(&waiter);
	join(&waiter);
	assert_int_equal(waiter.status, LAMBDA_TIMED_OUT);
	assert_true(waiter.ended_ms >= waiter.scope.read_deadline_ms);
	assert_false(atomic_load(&leader.ended));
	atomic_store(&world.open, 1);
	join(&leader);
	world_end(&world);
}

static void what_started_too_early_is_not_shared(void **state)
{
	struct asker early, late;
	struct world world;

	(void)state;
	world_begin(&world);
	start(&early, &world);
	go(&early);
	until_waiting(&world, 0, 0);
	start(&late, &world);
	late.floor = 1;
	go(&late);
	until_waiting(&world, 0, 1);
	atomic_store(&world.open, 1);
	join(&early);
	join(&late);
	assert_int_equal(early.number, 1);
	assert_int_equal(late.number, 2);
	world_end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_share_one_fetch),
		cmocka_unit_test(many_share_one_error),
		cmocka_unit_test(different_things_do_not_wait_for_each_other),
		cmocka_unit_test(a_waiter_takes_over_from_an_interrupted_leader),
		cmocka_unit_test(a_waiter_takes_over_from_a_leader_out_of_time),
		cmocka_unit_test(a_waiter_can_be_interrupted),
		cmocka_unit_test(a_waiter_has_its_own_deadline),
		cmocka_unit_test(what_started_too_early_is_not_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
