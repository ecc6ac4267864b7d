/* SPDX-License-Identifier: MIT */
/* The catalog asked by many threads, with the calls below it stopped where it hurts. */
#include "tests/unit/unit.h"

#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/catalog/kept.h"
#include "tests/unit/backend/catalog/catalog_fake.h"

#define LONG_TTL_MS 600000
#define PATIENCE_MS 30000
#define THREADS 32

/* Between two looks at a condition: a loop that only spins keeps others from the lock. */
static void pause_briefly(void)
{
	const struct timespec moment = {0, 500000};

	nanosleep(&moment, NULL);
}

/* Stops the calls of one kind at one point, until the test opens it. */
struct gate {
	enum fake_call call;
	enum fake_point point;
	atomic_int stopped; /* calls that came to it */
	atomic_bool open;
	enum lambda_status failure; /* what the first call ends with */
	const atomic_bool *until;   /* the first call goes on when this becomes true */
};

static enum lambda_status stop_at(void *data, enum fake_call call, enum fake_point point,
	const char *function, const char *marker)
{
	struct gate *gate = data;
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;
	int number;

	(void)function;
	(void)marker;
	if (call != gate->call || point != gate->point)
		return LAMBDA_OK;
	number = atomic_fetch_add(&gate->stopped, 1);
	while (!atomic_load(&gate->open) && clock_monotonic_ms() < until) {
		if (!number && gate->until && atomic_load(gate->until))
			break;
		pause_briefly();
	}
	return number ? LAMBDA_OK : gate->failure;
}

static struct catalog *begin(struct gate *gate)
{
	const struct fake_options options = {.hook = gate ? stop_at : NULL, .hook_data = gate};
	const struct catalog_options wanted = {.ttl_ms = LONG_TTL_MS};

	fake_begin(&options);
	return catalog_new(NULL, &wanted);
}

static void end(struct catalog *catalog)
{
	catalog_free(catalog);
	fake_end();
}

/* One question in a thread of its own. */
enum question {
	ASK_ROOT,
	ASK_EXISTS,
	ASK_VERSIONS,
	ASK_VERSIONS_AFRESH,
	ASK_VERSION,
	ASK_MISSING_VERSION,
	ASK_ALIASES,
	ASK_ALIAS,
	ASK_ALIAS_AFRESH,
};

struct asker {
	pthread_t thread;
	struct catalog *catalog;
	struct call_scope scope;
	atomic_bool interrupted;
	enum question question;
	char function[32];
	const char *alias;
	enum lambda_status status;
	uint64_t answer; /* a count, or the alias's version */
	atomic_bool ended;
};

static void ask_lists(struct asker *asker)
{
	const struct catalog_function_list *root;
	const struct catalog_versions *versions;
	const struct catalog_aliases *aliases;

	if (asker->question == ASK_ROOT) {
		asker->status =
			catalog_function_list_get(asker->catalog, &asker->scope, &root, NULL);
		if (!asker->status) {
			asker->answer = root->count;
			catalog_function_list_unref(root);
		}
	} else if (asker->question == ASK_ALIASES) {
		asker->status = catalog_aliases_get(
			asker->catalog, &asker->scope, asker->function, &aliases, NULL);
		if (!asker->status) {
			asker->answer = aliases->count;
			catalog_aliases_unref(aliases);
		}
	} else {
		asker->status = asker->question == ASK_VERSIONS
					? catalog_versions_get(asker->catalog, &asker->scope,
						  asker->function, &versions, NULL)
					: catalog_versions_get_afresh(asker->catalog, &asker->scope,
						  asker->function, &versions, NULL);
		if (!asker->status) {
			asker->answer = versions->count;
			catalog_versions_unref(versions);
		}
	}
}

static void ask_one(struct asker *asker)
{
	struct catalog_version version;
	struct lambda_alias alias;

	if (asker->question == ASK_EXISTS) {
		asker->status = catalog_function_exists(
			asker->catalog, &asker->scope, asker->function, NULL);
	} else if (asker->question == ASK_VERSION || asker->question == ASK_MISSING_VERSION) {
		asker->status = catalog_version_get(asker->catalog, &asker->scope, asker->function,
			asker->question == ASK_VERSION ? 2 : 99, &version, NULL, NULL);
		if (!asker->status)
			asker->answer = version.version;
	} else {
		asker->status = asker->question == ASK_ALIAS
					? catalog_alias_get(asker->catalog, &asker->scope,
						  asker->function, asker->alias, &alias, NULL)
					: catalog_alias_get_afresh(asker->catalog, &asker->scope,
						  asker->function, asker->alias, &alias, NULL);
		if (!asker->status) {
			asker->answer = alias.version;
			lambda_alias_release(&alias);
		}
	}
}

static void *ask(void *data)
{
	struct asker *asker = data;

	if (asker->question == ASK_ROOT || asker->question == ASK_ALIASES ||
		asker->question == ASK_VERSIONS || asker->question == ASK_VERSIONS_AFRESH)
		ask_lists(asker);
	else
		ask_one(asker);
	atomic_store(&asker->ended, true);
	return NULL;
}

static void prepare(
	struct asker *asker, struct catalog *catalog, enum question question, const char *function)
{
	memset(asker, 0, sizeof(*asker));
	asker->catalog = catalog;
	asker->question = question;
	asker->alias = "PROD";
	snprintf(asker->function, sizeof(asker->function), "%s", function);
	asker->scope.read_deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
	asker->scope.mutation_deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
	asker->scope.interrupted = &asker->interrupted;
}

static void go(struct asker *asker)
{
	assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

static void start(
	struct asker *asker, struct catalog *catalog, enum question question, const char *function)
{
	prepare(asker, catalog, question, function);
	go(asker);
}

static enum lambda_status finish(struct asker *asker)
{
	pthread_join(asker->thread, NULL);
	return asker->status;
}

static void until_stopped(struct gate *gate, int wanted)
{
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;

	while (atomic_load(&gate->stopped) < wanted && clock_monotonic_ms() < until)
		pause_briefly();
	assert_int_equal(gate->stopped, wanted);
}

/* Waits until so many wait for that flight of the function, or (NULL) of the account. */
static void until_waiting(
	struct catalog *catalog, const char *function, enum flight_kind kind, unsigned int wanted)
{
	int64_t until = clock_monotonic_ms() + PATIENCE_MS;
	unsigned int waiting = UINT32_MAX;

	while (waiting != wanted && clock_monotonic_ms() < until) {
		const struct flight_list *list = &catalog->flights;

		pause_briefly();
		catalog_lock(catalog);
		if (function) {
			const struct function *found = name_map_find(&catalog->functions, function);

			list = found ? &found->flights : NULL;
		}
		waiting = list && flight_is_under_way(list, kind) ? flight_waiters(list, kind)
								  : UINT32_MAX;
		catalog_unlock(catalog);
	}
	assert_int_equal(waiting, wanted);
}

static uint64_t alias_version(struct catalog *catalog, const char *function, const char *name)
{
	struct asker asker;

	prepare(&asker, catalog, ASK_ALIAS, function);
	asker.alias = name;
	ask(&asker);
	assert_int_equal(asker.status, LAMBDA_OK);
	return asker.answer;
}

static enum lambda_status alias_status(struct catalog *catalog, const char *function)
{
	struct asker asker;

	prepare(&asker, catalog, ASK_ALIAS, function);
	ask(&asker);
	return asker.status;
}

static uint64_t count(struct catalog *catalog, enum question question, const char *function)
{
	struct asker asker;

	prepare(&asker, catalog, question, function);
	ask(&asker);
	assert_int_equal(asker.status, LAMBDA_OK);
	return asker.answer;
}

static struct call_scope soon(void)
{
	int64_t now = clock_monotonic_ms();

	return (struct call_scope){now + PATIENCE_MS, now + PATIENCE_MS, NULL};
}

static void move_alias(struct catalog *catalog, const char *function, uint64_t version)
{
	const struct call_scope scope = soon();
	struct lambda_alias alias;

	assert_int_equal(catalog_alias_get_afresh(catalog, &scope, function, "PROD", &alias, NULL),
		LAMBDA_OK);
	alias.version = version;
	assert_int_equal(catalog_update_alias(catalog, &scope, function, &alias, false, NULL, NULL),
		LAMBDA_OK);
	lambda_alias_release(&alias);
}

static void create_alias(struct catalog *catalog, const char *function, uint64_t version)
{
	const struct call_scope scope = soon();
	struct lambda_alias wanted = {
		.name = "PROD", .version = version, .description = strdup("")};

	assert_int_equal(
		catalog_create_alias(catalog, &scope, function, &wanted, NULL, NULL), LAMBDA_OK);
	lambda_alias_release(&wanted);
}

static void delete_alias(struct catalog *catalog, const char *function)
{
	const struct call_scope scope = soon();

	assert_int_equal(
		catalog_delete_alias(catalog, &scope, function, "PROD", "r", NULL), LAMBDA_OK);
}

static void thirty_two_cold_questions_make_one_call(void **state)
{
	static const struct {
		enum question question;
		enum fake_call call;
		enum flight_kind kind;
		bool of_account;
		enum lambda_status status;
	} table[] = {
		{ASK_ROOT, FAKE_LIST_FUNCTIONS, FLIGHT_FUNCTIONS, true, LAMBDA_OK},
		{ASK_EXISTS, FAKE_LIST_ALIASES, FLIGHT_ALIASES, false, LAMBDA_OK},
		{ASK_ALIASES, FAKE_LIST_ALIASES, FLIGHT_ALIASES, false, LAMBDA_OK},
		{ASK_VERSIONS, FAKE_LIST_VERSIONS, FLIGHT_VERSIONS, false, LAMBDA_OK},
		{ASK_VERSION, FAKE_GET_VERSION, FLIGHT_VERSION, false, LAMBDA_OK},
		{ASK_MISSING_VERSION, FAKE_GET_VERSION, FLIGHT_VERSION, false, LAMBDA_NOT_FOUND},
		{ASK_ALIAS, FAKE_GET_ALIAS, FLIGHT_ALIAS, false, LAMBDA_OK},
	};
	size_t row, i;

	(void)state;
	for (row = 0; row < array_count(table); row++) {
		struct gate gate = {.call = table[row].call, .point = FAKE_ASKED};
		struct catalog *catalog = begin(&gate);
		struct asker askers[THREADS];

		fake_add_function("f", 3);
		fake_set_alias("f", "PROD", 1);
		for (i = 0; i < THREADS; i++)
			start(&askers[i], catalog, table[row].question, "f");
		until_waiting(
			catalog, table[row].of_account ? NULL : "f", table[row].kind, THREADS - 1);
		atomic_store(&gate.open, true);
		for (i = 0; i < THREADS; i++)
			assert_int_equal(finish(&askers[i]), table[row].status);
		assert_int_equal(fake_total(), 1);
		assert_int_equal(fake_count(table[row].call), 1);
		end(catalog);
	}
}

/* A list of aliases was answered and is not yet kept, when a mutation of this mount ends. */
static void a_list_does_not_undo_a_mutation(void **state)
{
	enum {
		MOVED,
		CREATED,
		DELETED,
		CASES
	};
	int mutation;

	(void)state;
	for (mutation = MOVED; mutation < CASES; mutation++) {
		struct gate gate = {.call = FAKE_LIST_ALIASES, .point = FAKE_ANSWERED};
		struct catalog *catalog = begin(&gate);
		struct asker asker;

		fake_add_function("f", 3);
		fake_set_alias("f", "OTHER", 1);
		if (mutation != CREATED)
			fake_set_alias("f", "PROD", 1);
		start(&asker, catalog, ASK_ALIASES, "f");
		until_stopped(&gate, 1);
		if (mutation == MOVED)
			move_alias(catalog, "f", 2);
		else if (mutation == CREATED)
			create_alias(catalog, "f", 2);
		else
			delete_alias(catalog, "f");
		atomic_store(&gate.open, true);
		assert_int_equal(finish(&asker), LAMBDA_OK);
		assert_int_equal(asker.answer, mutation == DELETED ? 1 : 2);
		fake_reset_counts();
		assert_int_equal(count(catalog, ASK_ALIASES, "f"), mutation == DELETED ? 1 : 2);
		if (mutation == DELETED)
			assert_int_equal(alias_status(catalog, "f"), LAMBDA_NOT_FOUND);
		else
			assert_int_equal(alias_version(catalog, "f", "PROD"), 2);
		assert_int_equal(fake_total(), 0);
		end(catalog);
	}
}

/* The same of a single GetAlias that was answered before the mutation. */
static void an_old_answer_does_not_undo_a_mutation(void **state)
{
	struct gate gate = {.call = FAKE_GET_ALIAS, .point = FAKE_ANSWERED};
	struct catalog *catalog = begin(&gate);
	struct asker asker;

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	start(&asker, catalog, ASK_ALIAS, "f");
	until_stopped(&gate, 1);
	delete_alias(catalog, "f");
	create_alias(catalog, "f", 3);
	atomic_store(&gate.open, true);
	finish(&asker);
	fake_reset_counts();
	assert_int_equal(alias_version(catalog, "f", "PROD"), 3);
	assert_int_equal(fake_total(), 0);
	end(catalog);
}

static void an_old_answer_does_not_bring_an_alias_back(void **state)
{
	struct gate gate = {.call = FAKE_GET_ALIAS, .point = FAKE_ANSWERED};
	struct catalog *catalog = begin(&gate);
	struct asker asker;

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	start(&asker, catalog, ASK_ALIAS, "f");
	until_stopped(&gate, 1);
	delete_alias(catalog, "f");
	atomic_store(&gate.open, true);
	finish(&asker);
	assert_int_equal(alias_status(catalog, "f"), LAMBDA_NOT_FOUND);
	end(catalog);
}

static void an_old_negative_answer_does_not_hide_an_alias(void **state)
{
	struct gate gate = {.call = FAKE_GET_ALIAS, .point = FAKE_ANSWERED};
	struct catalog *catalog = begin(&gate);
	struct asker asker;

	(void)state;
	fake_add_function("f", 3);
	start(&asker, catalog, ASK_ALIAS, "f");
	until_stopped(&gate, 1);
	create_alias(catalog, "f", 2);
	atomic_store(&gate.open, true);
	assert_int_equal(finish(&asker), LAMBDA_NOT_FOUND);
	assert_int_equal(alias_version(catalog, "f", "PROD"), 2);
	end(catalog);
}

static void a_list_of_versions_does_not_undo_a_publish(void **state)
{
	struct gate gate = {.call = FAKE_LIST_VERSIONS, .point = FAKE_ANSWERED};
	struct catalog *catalog = begin(&gate);
	const struct call_scope scope = soon();
	struct asker asker;

	(void)state;
	fake_add_function("f", 3);
	start(&asker, catalog, ASK_VERSIONS, "f");
	until_stopped(&gate, 1);
	assert_int_equal(catalog_delete_version(catalog, &scope, "f", 3, NULL), LAMBDA_OK);
	atomic_store(&gate.open, true);
	assert_int_equal(finish(&asker), LAMBDA_OK);
	assert_int_equal(count(catalog, ASK_VERSIONS, "f"), 3);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 1);
	end(catalog);
}

static void a_crawl_does_not_undo_a_publish(void **state)
{
	struct gate gate = {.call = FAKE_LIST_ALL, .point = FAKE_ANSWERED};
	struct catalog *catalog = begin(&gate);
	const struct call_scope scope = soon();
	struct asker asker;
	uint64_t version;

	(void)state;
	fake_add_function("a", 1);
	fake_add_function("b", 1);
	fake_add_function("c", 1);
	count(catalog, ASK_VERSIONS, "a");
	count(catalog, ASK_VERSIONS, "b");
	start(&asker, catalog, ASK_VERSIONS, "c");
	until_stopped(&gate, 1);
	assert_int_equal(
		catalog_publish_version(catalog, &scope, "a", "", NULL, &version, NULL), LAMBDA_OK);
	assert_int_equal(
		catalog_publish_version(catalog, &scope, "c", "", NULL, &version, NULL), LAMBDA_OK);
	atomic_store(&gate.open, true);
	assert_int_equal(finish(&asker), LAMBDA_OK);
	fake_reset_counts();
	assert_int_equal(count(catalog, ASK_VERSIONS, "a"), 3);
	assert_int_equal(count(catalog, ASK_VERSIONS, "b"), 2);
	assert_int_equal(count(catalog, ASK_VERSIONS, "c"), 3);
	assert_int_equal(fake_total(), 0);
	end(catalog);
}

static void many_functions_share_one_crawl(void **state)
{
	struct gate gate = {.call = FAKE_LIST_ALL, .point = FAKE_ASKED};
	struct catalog *catalog = begin(&gate);
	struct asker askers[20];
	char name[32];
	size_t i;

	(void)state;
	for (i = 0; i < 22; i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		fake_add_function(name, 9);
	}
	count(catalog, ASK_VERSIONS, "f20");
	count(catalog, ASK_VERSIONS, "f21");
	for (i = 0; i < array_count(askers); i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		start(&askers[i], catalog, ASK_VERSIONS, name);
	}
	until_waiting(catalog, NULL, FLIGHT_CRAWL, array_count(askers) - 1);
	atomic_store(&gate.open, true);
	for (i = 0; i < array_count(askers); i++) {
		assert_int_equal(finish(&askers[i]), LAMBDA_OK);
		assert_int_equal(askers[i].answer, 10);
	}
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 2);
	assert_int_equal(fake_count(FAKE_LIST_ALL), 5);
	assert_int_equal(count(catalog, ASK_ROOT, ""), 22);
	assert_int_equal(fake_count(FAKE_LIST_FUNCTIONS), 0);
	end(catalog);
}

static enum lambda_status interrupt_on_third_page(void *data, enum fake_call call,
	enum fake_point point, const char *function, const char *marker)
{
	atomic_bool *interrupted = data;

	(void)function;
	if (call == FAKE_LIST_ALL && point == FAKE_ANSWERED && marker && !strcmp(marker, "100"))
		atomic_store(interrupted, true);
	return LAMBDA_OK;
}

static void a_crawl_goes_on_where_it_was_left(void **state)
{
	struct asker asker;
	const struct fake_options options = {
		.hook = interrupt_on_third_page, .hook_data = &asker.interrupted};
	struct catalog *catalog = begin(NULL);
	size_t i;

	(void)state;
	fake_begin(&options);
	for (i = 0; i < 25; i++) {
		char name[32];

		snprintf(name, sizeof(name), "f%02zu", i);
		fake_add_function(name, 9);
	}
	count(catalog, ASK_VERSIONS, "f20");
	count(catalog, ASK_VERSIONS, "f21");
	/* interrupted after the third of five pages */
	prepare(&asker, catalog, ASK_VERSIONS, "f01");
	go(&asker);
	assert_int_equal(finish(&asker), LAMBDA_INTERRUPTED);
	assert_int_equal(fake_count(FAKE_LIST_ALL), 4);
	assert_null(catalog_versions_peek(catalog, "f01"));
	/* the fourth was asked for and not answered */
	assert_int_equal(count(catalog, ASK_VERSIONS, "f02"), 10);
	assert_int_equal(fake_count(FAKE_LIST_ALL), 6);
	assert_int_equal(count(catalog, ASK_VERSIONS, "f01"), 10);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 2);
	end(catalog);
}

static void an_interrupted_leader_is_replaced(void **state)
{
	struct gate gate = {.call = FAKE_LIST_VERSIONS, .failure = LAMBDA_INTERRUPTED};
	struct catalog *catalog = begin(&gate);
	struct asker leader, waiter;

	(void)state;
	fake_add_function("f", 3);
	prepare(&leader, catalog, ASK_VERSIONS, "f");
	gate.until = &leader.interrupted;
	go(&leader);
	until_stopped(&gate, 1);
	start(&waiter, catalog, ASK_VERSIONS, "f");
	until_waiting(catalog, "f", FLIGHT_VERSIONS, 1);
	atomic_store(&leader.interrupted, true);
	assert_int_equal(finish(&leader), LAMBDA_INTERRUPTED);
	until_stopped(&gate, 2);
	atomic_store(&gate.open, true);
	assert_int_equal(finish(&waiter), LAMBDA_OK);
	assert_int_equal(fake_total(), 2);
	end(catalog);
}

static void a_question_after_a_refresh_shares_nothing_older(void **state)
{
	struct gate gate = {.call = FAKE_LIST_ALIASES, .point = FAKE_ANSWERED};
	struct catalog *catalog = begin(&gate);
	struct asker early, late;

	(void)state;
	fake_add_function("f", 3);
	start(&early, catalog, ASK_ALIASES, "f");
	until_stopped(&gate, 1);
	fake_set_alias("f", "PROD", 1);
	catalog_refresh(catalog);
	start(&late, catalog, ASK_ALIASES, "f");
	until_waiting(catalog, "f", FLIGHT_ALIASES, 1);
	atomic_store(&gate.open, true);
	assert_int_equal(finish(&early), LAMBDA_OK);
	assert_int_equal(early.answer, 0);
	assert_int_equal(finish(&late), LAMBDA_OK);
	assert_int_equal(late.answer, 1);
	assert_int_equal(fake_total(), 2);
	end(catalog);
}

static void afresh_means_after_the_question(void **state)
{
	static const struct {
		enum question early, late;
		enum fake_call call;
		enum flight_kind kind;
		uint64_t answer;
	} table[] = {
		{ASK_VERSIONS, ASK_VERSIONS_AFRESH, FAKE_LIST_VERSIONS, FLIGHT_VERSIONS, 5},
		{ASK_ALIAS, ASK_ALIAS_AFRESH, FAKE_GET_ALIAS, FLIGHT_ALIAS, 2},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		struct gate gate = {.call = table[i].call, .point = FAKE_ANSWERED};
		struct catalog *catalog = begin(&gate);
		struct asker early, late;

		fake_add_function("f", 3);
		fake_set_alias("f", "PROD", 1);
		start(&early, catalog, table[i].early, "f");
		until_stopped(&gate, 1);
		fake_add_version("f");
		fake_set_alias("f", "PROD", 2);
		start(&late, catalog, table[i].late, "f");
		until_waiting(catalog, "f", table[i].kind, 1);
		atomic_store(&gate.open, true);
		assert_int_equal(finish(&early), LAMBDA_OK);
		assert_int_equal(finish(&late), LAMBDA_OK);
		assert_int_equal(late.answer, table[i].answer);
		assert_int_equal(fake_total(), 2);
		end(catalog);
	}
}

/* More removals than a set remembers, while a list is under way that still holds the first of them. */
static void a_list_does_not_undo_many_removals(void **state)
{
	struct gate gate = {.call = FAKE_LIST_ALIASES, .point = FAKE_ANSWERED};
	struct catalog *catalog = begin(&gate);
	const struct call_scope scope = soon();
	struct asker early;
	char name[32];
	int i;

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	start(&early, catalog, ASK_ALIASES, "f");
	until_stopped(&gate, 1);
	delete_alias(catalog, "f");
	for (i = 0; i < KEPT_MARKS_MAX + 1; i++) {
		snprintf(name, sizeof(name), "N%d", i);
		fake_set_alias("f", name, 1);
		assert_int_equal(
			catalog_delete_alias(catalog, &scope, "f", name, "r", NULL), LAMBDA_OK);
	}
	atomic_store(&gate.open, true);
	assert_int_equal(finish(&early), LAMBDA_OK);
	assert_int_equal(alias_status(catalog, "f"), LAMBDA_NOT_FOUND);
	assert_int_equal(count(catalog, ASK_ALIASES, "f"), 0);
	end(catalog);
}

static void functions_do_not_wait_for_each_other(void **state)
{
	struct gate gate = {.call = FAKE_LIST_VERSIONS, .point = FAKE_ASKED};
	struct catalog *catalog = begin(&gate);
	struct asker hanging;

	(void)state;
	fake_add_function("slow", 3);
	fake_add_function("quick", 3);
	fake_set_alias("quick", "PROD", 1);
	start(&hanging, catalog, ASK_VERSIONS, "slow");
	until_stopped(&gate, 1);
	assert_int_equal(alias_version(catalog, "quick", "PROD"), 1);
	move_alias(catalog, "quick", 2);
	assert_int_equal(alias_version(catalog, "quick", "PROD"), 2);
	assert_int_equal(count(catalog, ASK_ROOT, ""), 2);
	assert_false(atomic_load(&hanging.ended));
	atomic_store(&gate.open, true);
	assert_int_equal(finish(&hanging), LAMBDA_OK);
	end(catalog);
}

struct watcher {
	struct catalog *catalog;
	atomic_uint changes, locked;
};

static void look_at_the_lock(void *data, const struct catalog_change *change)
{
	struct watcher *watcher = data;

	(void)change;
	atomic_fetch_add(&watcher->changes, 1);
	if (pthread_mutex_trylock(&watcher->catalog->room.lock))
		atomic_fetch_add(&watcher->locked, 1);
	else
		pthread_mutex_unlock(&watcher->catalog->room.lock);
}

static void changes_are_told_without_the_lock(void **state)
{
	struct watcher watcher = {0};
	const struct fake_options options = {0};
	const struct catalog_options wanted = {
		.ttl_ms = 0, .changed = look_at_the_lock, .changed_data = &watcher};
	struct catalog *catalog = catalog_new(NULL, &wanted);

	(void)state;
	watcher.catalog = catalog;
	fake_begin(&options);
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	count(catalog, ASK_ROOT, "");
	count(catalog, ASK_VERSIONS, "f");
	count(catalog, ASK_ALIASES, "f");
	assert_int_equal(watcher.changes, 0);
	fake_add_version("f");
	count(catalog, ASK_VERSIONS, "f");
	assert_int_equal(watcher.changes, 1);
	fake_set_alias("f", "PROD", 2);
	count(catalog, ASK_ALIASES, "f");
	assert_int_equal(watcher.changes, 2);
	fake_add_function("g", 3);
	count(catalog, ASK_ROOT, "");
	assert_int_equal(watcher.changes, 3);
	move_alias(catalog, "f", 3);
	assert_int_equal(watcher.changes, 4);
	assert_int_equal(watcher.locked, 0);
	end(catalog);
}

/* --- everything at once --- */

#define CROWD_FUNCTIONS 6
#define CROWD_ROUNDS 60

struct crowd {
	struct catalog *catalog;
	unsigned int seed;
	unsigned int function;
	unsigned int wrong;
	bool mutates;
};

static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Moves PROD of its own function and must always see where it moved it. */
static void mutate_once(struct crowd *member, const char *function, uint64_t version)
{
	const struct call_scope scope = soon();
	struct lambda_alias alias;

	if (catalog_alias_get(member->catalog, &scope, function, "PROD", &alias, NULL)) {
		member->wrong++;
		return;
	}
	alias.version = version;
	if (catalog_update_alias(member->catalog, &scope, function, &alias, false, NULL, NULL))
		member->wrong++;
	lambda_alias_release(&alias);
	if (catalog_alias_get(member->catalog, &scope, function, "PROD", &alias, NULL)) {
		member->wrong++;
		return;
	}
	member->wrong += alias.version != version;
	lambda_alias_release(&alias);
}

static void *take_part(void *data)
{
	struct crowd *member = data;
	unsigned int round;

	for (round = 0; round < CROWD_ROUNDS; round++) {
		unsigned int dice = next_random(&member->seed);
		struct asker asker;
		char function[32];

		snprintf(function, sizeof(function), "f%u",
			member->mutates ? member->function : dice % CROWD_FUNCTIONS);
		if (member->mutates) {
			mutate_once(member, function, 1 + dice % 3);
			continue;
		}
		if (dice % 37 == 0)
			catalog_refresh(member->catalog);
		if (dice % 41 == 0)
			catalog_refresh_function(member->catalog, function);
		prepare(&asker, member->catalog, (enum question)(dice / 64 % (ASK_ALIAS + 1)),
			function);
		if (dice % 53 == 0)
			asker.scope.read_deadline_ms = clock_monotonic_ms();
		ask(&asker);
		if (asker.question != ASK_MISSING_VERSION && asker.status &&
			asker.status != LAMBDA_TIMED_OUT)
			member->wrong++;
	}
	return NULL;
}

static void a_crowd_sees_what_it_did(void **state)
{
	const unsigned int seed = (unsigned int)clock_wall_ms();
	struct crowd members[16];
	pthread_t threads[16];
	struct catalog *catalog = begin(NULL);
	char name[32];
	size_t i;

	(void)state;
	print_message("seed %u\n", seed);
	for (i = 0; i < CROWD_FUNCTIONS; i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		fake_add_function(name, 3);
		fake_set_alias(name, "PROD", 1);
	}
	for (i = 0; i < array_count(members); i++) {
		members[i] = (struct crowd){.catalog = catalog,
			.seed = seed + (unsigned int)i * 7919,
			.function = (unsigned int)i,
			.mutates = i < CROWD_FUNCTIONS};
		assert_int_equal(pthread_create(&threads[i], NULL, take_part, &members[i]), 0);
	}
	for (i = 0; i < array_count(members); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(members[i].wrong, 0);
	}
	end(catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thirty_two_cold_questions_make_one_call),
		cmocka_unit_test(a_list_does_not_undo_a_mutation),
		cmocka_unit_test(an_old_answer_does_not_undo_a_mutation),
		cmocka_unit_test(an_old_answer_does_not_bring_an_alias_back),
		cmocka_unit_test(an_old_negative_answer_does_not_hide_an_alias),
		cmocka_unit_test(a_list_of_versions_does_not_undo_a_publish),
		cmocka_unit_test(a_crawl_does_not_undo_a_publish),
		cmocka_unit_test(many_functions_share_one_crawl),
		cmocka_unit_test(a_crawl_goes_on_where_it_was_left),
		cmocka_unit_test(an_interrupted_leader_is_replaced),
		cmocka_unit_test(a_question_after_a_refresh_shares_nothing_older),
		cmocka_unit_test(afresh_means_after_the_question),
		cmocka_unit_test(a_list_does_not_undo_many_removals),
		cmocka_unit_test(functions_do_not_wait_for_each_other),
		cmocka_unit_test(changes_are_told_without_the_lock),
		cmocka_unit_test(a_crowd_sees_what_it_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
