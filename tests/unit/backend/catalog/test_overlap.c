/* SPDX-License-Identifier: MIT */
/*
 * Changes of one function that overlap: of different aliases each is known from its own answer; of one and the
 * same it is unknown which was the later one for AWS, and it is fetched again.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "tests/unit/backend/catalog/catalog_fake.h"

#define PATIENCE_MS 30000

/* AWS has made the change; its answer waits until the test lets it come. */
static atomic_uint waiting;
static atomic_bool answers_come;

static enum lambda_status hold_answers(void *data, enum fake_call call, enum fake_point point,
	const char *function, const char *marker)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;

	(void)data;
	(void)function;
	(void)marker;
	if ((call != FAKE_DELETE_ALIAS && call != FAKE_UPDATE_ALIAS) || point != FAKE_ANSWERED)
		return LAMBDA_OK;
	atomic_fetch_add(&waiting, 1);
	while (!atomic_load(&answers_come) && clock_monotonic_ms() < until_ms)
		sched_yield();
	return LAMBDA_OK;
}

struct change {
	pthread_t thread;
	struct catalog *catalog;
	const char *alias;
	uint64_t version; /* to move it to; 0: it is deleted */
	struct lambda_alias known;
	enum lambda_status status;
};

static struct call_scope soon(void)
{
	int64_t now_ms = clock_monotonic_ms();

	return (struct call_scope){now_ms + PATIENCE_MS, now_ms + PATIENCE_MS};
}

static void *make(void *data)
{
	const struct call_scope scope = soon();
	struct change *change = data;

	change->known.version = change->version;
	change->status = change->version ? catalog_update_alias(change->catalog, &scope, "hello",
						   &change->known, false, NULL, NULL)
					 : catalog_delete_alias(change->catalog, &scope, "hello",
						   change->alias, change->known.revision_id, NULL);
	return NULL;
}

static size_t count_aliases(struct catalog *catalog)
{
	const struct call_scope scope = soon();
	const struct catalog_aliases *aliases = NULL;
	size_t count;

	assert_int_equal(catalog_aliases_get(catalog, &scope, "hello", &aliases, NULL), LAMBDA_OK);
	count = aliases->count;
	catalog_aliases_unref(aliases);
	return count;
}

static struct catalog *begin(void)
{
	const struct fake_options options = {.hook = hold_answers};
	const struct catalog_options wanted = {.ttl_ms = 600000};
	struct catalog *catalog;

	atomic_store(&waiting, 0);
	atomic_store(&answers_come, false);
	fake_begin(&options);
	fake_add_function("hello", 3);
	fake_set_alias("hello", "PROD", 1);
	fake_set_alias("hello", "BETA", 1);
	fake_set_alias("hello", "DEV", 1);
	catalog = catalog_new(NULL, &wanted);
	assert_non_null(catalog);
	assert_int_equal(count_aliases(catalog), 3);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), 1);
	return catalog;
}

/* Makes the changes so that all of them are under way at once. */
static void make_together(struct catalog *catalog, struct change *changes, size_t count)
{
	const struct call_scope scope = soon();
	size_t i;

	for (i = 0; i < count; i++) {
		changes[i].catalog = catalog;
		assert_int_equal(catalog_alias_get(catalog, &scope, "hello", changes[i].alias,
					 &changes[i].known, NULL),
			LAMBDA_OK);
	}
	for (i = 0; i < count; i++)
		assert_int_equal(pthread_create(&changes[i].thread, NULL, make, &changes[i]), 0);
	while (atomic_load(&waiting) < count)
		sched_yield();
	atomic_store(&answers_come, true);
	for (i = 0; i < count; i++) {
		pthread_join(changes[i].thread, NULL);
		assert_int_equal(changes[i].status, LAMBDA_OK);
		lambda_alias_release(&changes[i].known);
	}
}

static void end(struct catalog *catalog)
{
	catalog_free(catalog);
	fake_end();
}

static void of_different_aliases_nothing_is_asked_again(void **state)
{
	struct change changes[] = {
		{.alias = "BETA"}, {.alias = "DEV"}, {.alias = "PROD", .version = 3}};
	struct catalog *catalog = begin();

	(void)state;
	make_together(catalog, changes, array_count(changes));
	assert_int_equal(count_aliases(catalog), 1);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), 1);
	end(catalog);
}

/* A deletes it; B's call comes later and, as deletes are idempotent, is answered as well. */
static void of_the_same_alias_it_is_asked_again(void **state)
{
	struct change changes[] = {{.alias = "BETA"}, {.alias = "BETA"}};
	struct catalog *catalog = begin();

	(void)state;
	make_together(catalog, changes, array_count(changes));
	assert_int_equal(count_aliases(catalog), 2);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), 2);
	end(catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_different_aliases_nothing_is_asked_again),
		cmocka_unit_test(of_the_same_alias_it_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
