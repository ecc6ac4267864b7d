/* SPDX-License-Identifier: MIT */
/*
 * Crawls of hundreds of functions, on a clock of its own: each call takes a tenth of a second, as at the
 * default rate, and nothing waits.
 */
#include "tests/unit/unit.h"

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "backend/catalog/walk.h"
#include "tests/unit/backend/catalog/catalog_fake.h"

#define TTL_MS 5000
#define CALL_MS 100
#define FUNCTIONS 200
#define VERSIONS 3 /* of each, beside $LATEST */
#define PAGES(count) (((count) + 49) / 50)

static int64_t now_ms;

/* The linker puts it in the place of clock_monotonic_ms(). */
int64_t __wrap_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void)
{
	return now_ms;
}

static enum lambda_status take_time(void *data, enum fake_call call, enum fake_point point,
	const char *function, const char *marker)
{
	if (point == FAKE_ASKED)
		now_ms += CALL_MS;
	return LAMBDA_OK;
}

/* --- processes --- */

struct process {
	struct call_asker asker;
	struct call_lineage lineage;
};

static void read_lineage(struct call_asker *asker)
{
	asker->lineage = ((struct process *)asker)->lineage;
}

/* A process with its ancestors; 0 ends. */
static struct process process_of(uint64_t self, uint64_t parent, uint64_t grandparent)
{
	struct process process = {.asker = {.read = read_lineage}};

	process.lineage = (struct call_lineage){
		(size_t)1 + !!parent + !!grandparent, {self, parent, grandparent}};
	return process;
}

static struct call_scope scope_of(struct process *process)
{
	struct call_scope scope = {now_ms + CALL_SCOPE_READ_MS, now_ms + CALL_SCOPE_MUTATION_MS};

	if (process) {
		process->asker.is_read = false;
		scope.asker = &process->asker;
	}
	return scope;
}

/* --- what they do --- */

static void name_function(int number, char name[16])
{
	snprintf(name, 16, "fn-%03d", number);
}

static struct catalog *begin(int functions)
{
	const struct fake_options options = {.hook = take_time};
	const struct catalog_options wanted = {.ttl_ms = TTL_MS};
	struct catalog *catalog = catalog_new(NULL, &wanted);
	char name[16];
	int i;

	assert_non_null(catalog);
	now_ms = 1000000;
	fake_begin(&options);
	for (i = 0; i < functions; i++) {
		name_function(i, name);
		fake_add_function(name, VERSIONS);
		fake_set_alias(name, "PROD", 1);
	}
	return catalog;
}

static void end(struct catalog *catalog)
{
	catalog_free(catalog);
	fake_end();
}

static void list_root(struct catalog *catalog, struct process *process)
{
	const struct call_scope scope = scope_of(process);
	const struct catalog_function_list *functions;

	assert_int_equal(catalog_function_list_get(catalog, &scope, &functions, NULL), LAMBDA_OK);
	catalog_function_list_unref(functions);
}

static uint64_t alias_version(struct catalog *catalog, struct process *process, const char *name)
{
	const struct call_scope scope = scope_of(process);
	const struct catalog_aliases *aliases;
	uint64_t version;

	assert_int_equal(catalog_aliases_get(catalog, &scope, name, &aliases, NULL), LAMBDA_OK);
	version = catalog_aliases_find(aliases, "PROD")->version;
	catalog_aliases_unref(aliases);
	return version;
}

static void see_function(struct catalog *catalog, struct process *process, int number)
{
	const struct call_scope scope = scope_of(process);
	const struct catalog_versions *versions;
	struct catalog_version version;
	char name[16];

	name_function(number, name);
	assert_int_equal(catalog_function_exists(catalog, &scope, name, NULL), LAMBDA_OK);
	assert_int_equal(catalog_versions_get(catalog, &scope, name, &versions, NULL), LAMBDA_OK);
	assert_int_equal(versions->count, VERSIONS + 1);
	catalog_versions_unref(versions);
	alias_version(catalog, process, name);
	assert_int_equal(catalog_version_get(catalog, &scope, name, LAMBDA_VERSION_LATEST, &version,
				 NULL, NULL),
		LAMBDA_OK);
}

/* What find(1) looks at; it looks at the root before each function, as rsync does. */
static void find_all(struct catalog *catalog, struct process *process)
{
	int i;

	for (i = 0; i < FUNCTIONS; i++) {
		list_root(catalog, process);
		see_function(catalog, process, i);
	}
	list_root(catalog, process);
}

/* semantics(4.5.1), at a rate at which the crawl takes four times as long as ttl */
static void a_crawl_that_outlives_ttl_reads_nothing_twice(void **state)
{
	struct process find = process_of(7, 3, 0), child = process_of(8, 7, 3);
	struct catalog *catalog = begin(FUNCTIONS);
	int64_t began_ms = now_ms;

	(void)state;
	find_all(catalog, &find);
	assert_true(now_ms - began_ms > 4 * TTL_MS);
	assert_true(fake_total() <=
		    PAGES(FUNCTIONS) + PAGES(FUNCTIONS * (VERSIONS + 1)) + FUNCTIONS + 2);
	assert_int_equal(fake_count(FAKE_LIST_FUNCTIONS), PAGES(FUNCTIONS));
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), FUNCTIONS);
	fake_reset_counts();
	/* What it started meanwhile, and itself once more. */
	find_all(catalog, &child);
	find_all(catalog, &find);
	assert_int_equal(fake_total(), 0);
	end(catalog);
}

/* semantics(4.1.1) */
static void everybody_else_is_shown_what_is_no_older_than_ttl(void **state)
{
	struct process find = process_of(7, 3, 0), child = process_of(8, 7, 3);
	struct process others[] = {process_of(9, 3, 0), process_of(3, 2, 0), process_of(11, 10, 0)};
	struct process *every[] = {&others[0], &others[1], &others[2], NULL};
	struct catalog *catalog = begin(FUNCTIONS);
	size_t i;

	(void)state;
	find_all(catalog, &find);
	for (i = 0; i < array_count(every); i++) {
		char name[16];

		name_function((int)i, name);
		fake_set_alias(name, "PROD", 3);
		fake_reset_counts();
		assert_int_equal(alias_version(catalog, &child, name), 1);
		assert_int_equal(fake_total(), 0);
		assert_int_equal(alias_version(catalog, every[i], name), 3);
		assert_int_equal(fake_total(), 1);
		/* What another has read is news to the crawl too. */
		assert_int_equal(alias_version(catalog, &child, name), 3);
		assert_int_equal(fake_total(), 1);
	}
	list_root(catalog, NULL);
	assert_int_equal(fake_count(FAKE_LIST_FUNCTIONS), PAGES(FUNCTIONS));
	end(catalog);
}

/* semantics(4.1.1) */
static void after_a_pause_a_crawl_is_shown_what_is_no_older_than_ttl(void **state)
{
	struct process find = process_of(7, 3, 0);
	struct catalog *catalog = begin(FUNCTIONS);

	(void)state;
	find_all(catalog, &find);
	fake_set_alias("fn-000", "PROD", 3);
	fake_reset_counts();
	now_ms += TTL_MS - 1;
	assert_int_equal(alias_version(catalog, &find, "fn-000"), 1);
	now_ms += 1;
	assert_int_equal(alias_version(catalog, &find, "fn-000"), 3);
	assert_int_equal(fake_total(), 1);
	end(catalog);
}

/* semantics(4.1.1, 4.1.2, 4.1.3) */
static void a_crawl_is_shown_changes_and_refreshes(void **state)
{
	struct process find = process_of(7, 3, 0);
	struct catalog *catalog = begin(FUNCTIONS);
	const struct call_scope scope = scope_of(&find);
	struct lambda_alias alias;

	(void)state;
	find_all(catalog, &find);
	assert_int_equal(catalog_alias_get_afresh(catalog, &scope, "fn-000", "PROD", &alias, NULL),
		LAMBDA_OK);
	alias.version = 2;
	assert_int_equal(catalog_update_alias(catalog, &scope, "fn-000", &alias, false, NULL, NULL),
		LAMBDA_OK);
	lambda_alias_release(&alias);
	assert_int_equal(alias_version(catalog, &find, "fn-000"), 2);
	fake_set_alias("fn-000", "PROD", 3);
	catalog_refresh(catalog);
	assert_int_equal(alias_version(catalog, &find, "fn-000"), 3);
	end(catalog);
}

/* semantics(4.1.1): it is a crawl for a process that has looked at three functions, no sooner */
static void who_reads_two_functions_does_not_crawl(void **state)
{
	struct process reader = process_of(7, 3, 0);
	struct catalog *catalog = begin(3);
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		see_function(catalog, &reader, i);
	fake_set_alias("fn-000", "PROD", 3);
	now_ms += TTL_MS - 2 * CALL_MS;
	see_function(catalog, &reader, 1);
	assert_int_equal(alias_version(catalog, &reader, "fn-000"), 3);
	end(catalog);
}

/* --- one alias of all functions --- */

static enum lambda_status look_up(struct catalog *catalog, struct process *process, int number,
	bool with_weight, struct catalog_alias_look *ret_look)
{
	const struct call_scope scope = scope_of(process);
	char name[16];

	name_function(number, name);
	return catalog_alias_look_up(catalog, &scope, name, "PROD", with_weight, ret_look, NULL);
}

static uint64_t leads_to(struct catalog *catalog, struct process *process, int number)
{
	struct catalog_alias_look alias;

	assert_int_equal(look_up(catalog, process, number, false, &alias), LAMBDA_OK);
	return alias.routing.version;
}

/* semantics(4.5.3): readlink MOUNT/(*)/PROD, as a shell and its child do it */
static void one_alias_of_all_functions_is_read_by_get_function(void **state)
{
	struct process shell = process_of(3, 2, 0), readlink = process_of(7, 3, 2);
	struct catalog *catalog = begin(FUNCTIONS);
	struct catalog_alias_look alias;
	int i;

	(void)state;
	list_root(catalog, &shell);
	for (i = 0; i < FUNCTIONS; i++)
		assert_int_equal(leads_to(catalog, &shell, i), 1);
	for (i = 0; i < FUNCTIONS; i++)
		assert_int_equal(leads_to(catalog, &readlink, i), 1);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), CRAWL_FUNCTIONS - 1);
	assert_int_equal(fake_count(FAKE_GET_FUNCTION), FUNCTIONS - CRAWL_FUNCTIONS + 1);
	assert_int_equal(fake_total(), PAGES(FUNCTIONS) + FUNCTIONS);
	assert_int_equal(look_up(catalog, &shell, 9, false, &alias), LAMBDA_OK);
	assert_true(alias.last_modified == 1600000001);
	end(catalog);
}

/* semantics(4.5.3): what GetFunction does not tell is read when it is wanted */
static void weights_and_descriptions_are_read_when_they_are_wanted(void **state)
{
	struct catalog *catalog = begin(5);
	struct catalog_alias_look look;
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(leads_to(catalog, NULL, i), 1);
	assert_int_equal(fake_count(FAKE_GET_FUNCTION), 3);
	assert_int_equal(look_up(catalog, NULL, 4, true, &look), LAMBDA_OK);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), 3);
	assert_int_equal(alias_version(catalog, NULL, "fn-003"), 1);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), 4);
	assert_int_equal(fake_total(), 7);
	end(catalog);
}

/* semantics(4.1.2): what was read by GetFunction before a change is not shown after it, whatever came when */
static void a_change_is_newer_than_what_get_function_said(void **state)
{
	struct catalog *catalog = begin(5);
	const struct call_scope scope = scope_of(NULL);
	struct catalog_alias_look look;
	struct lambda_alias alias;
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_int_equal(leads_to(catalog, NULL, i), 1);
	assert_int_equal(
		catalog_alias_get(catalog, &scope, "fn-004", "PROD", &alias, NULL), LAMBDA_OK);
	alias.version = 3;
	assert_int_equal(catalog_update_alias(catalog, &scope, "fn-004", &alias, false, NULL, NULL),
		LAMBDA_OK);
	assert_int_equal(leads_to(catalog, NULL, 4), 3);
	assert_int_equal(
		catalog_delete_alias(catalog, &scope, "fn-004", "PROD", alias.revision_id, NULL),
		LAMBDA_OK);
	lambda_alias_release(&alias);
	assert_int_equal(look_up(catalog, NULL, 4, false, &look), LAMBDA_NOT_FOUND);
	fake_set_alias("fn-003", "PROD", 2);
	catalog_refresh_function(catalog, "fn-003");
	assert_int_equal(leads_to(catalog, NULL, 3), 2);
	end(catalog);
}

static void an_alias_that_few_functions_have(void **state)
{
	struct catalog *catalog = begin(6);
	struct catalog_alias_look look;
	int i, again;

	(void)state;
	fake_remove_alias("fn-004", "PROD");
	for (again = 0; again < 2; again++)
		for (i = 0; i < 6; i++)
			assert_int_equal(look_up(catalog, NULL, i, false, &look),
				i == 4 ? LAMBDA_NOT_FOUND : LAMBDA_OK);
	assert_int_equal(fake_total(), 6);
	end(catalog);
}

static enum lambda_status deny_get_function(void *data, enum fake_call call, enum fake_point point,
	const char *function, const char *marker)
{
	return call == FAKE_GET_FUNCTION ? LAMBDA_ACCESS_DENIED : LAMBDA_OK;
}

/* semantics(4.5.3) */
static void without_the_permission_it_is_as_before(void **state)
{
	const struct fake_options options = {.hook = deny_get_function};
	struct catalog *catalog = begin(0);
	char name[16];
	int i;

	(void)state;
	fake_end();
	fake_begin(&options);
	for (i = 0; i < 10; i++) {
		name_function(i, name);
		fake_add_function(name, 1);
		fake_set_alias(name, "PROD", 1);
	}
	for (i = 0; i < 10; i++)
		assert_int_equal(leads_to(catalog, NULL, i), 1);
	assert_int_equal(fake_count(FAKE_GET_FUNCTION), 1);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), 10);
	end(catalog);
}

/* Two aliases side by side, or one of two functions, are no walk through one alias. */
static void other_looks_are_no_walk(void **state)
{
	struct catalog *catalog = begin(6);
	const struct call_scope scope = scope_of(NULL);
	struct catalog_alias_look look;
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 6; i++) {
		name_function(i, name);
		fake_set_alias(name, "BETA", 2);
		assert_int_equal(catalog_alias_look_up(catalog, &scope, name,
					 i % 2 ? "BETA" : "PROD", false, &look, NULL),
			LAMBDA_OK);
	}
	now_ms += TTL_MS;
	assert_int_equal(leads_to(catalog, NULL, 0), 1);
	now_ms += 1500;
	assert_int_equal(leads_to(catalog, NULL, 1), 1);
	now_ms += 1500;
	assert_int_equal(leads_to(catalog, NULL, 2), 1);
	assert_int_equal(fake_count(FAKE_GET_FUNCTION), 0);
	end(catalog);
}

/* --- who crawls --- */

static void look(struct walks *walks, struct call_lineage lineage, uint64_t function)
{
	walks_begin_call(walks, &lineage, function, TTL_MS, now_ms);
	walks_end_call(walks, &lineage, function, now_ms);
}

static bool crawls(const struct walks *walks, struct call_lineage lineage)
{
	return walks_find_crawl(walks, &lineage, TTL_MS, now_ms) != INT64_MAX;
}

/* A loop of a shell starts one child for each function; two shells of another parent are no crawl together. */
static void children_crawl_for_their_parent(void **state)
{
	struct walks loop = {0}, apart = {0};
	uint64_t i;

	(void)state;
	now_ms = 1000;
	for (i = 1; i <= 3; i++) {
		look(&loop, (struct call_lineage){3, {10 + i, 3, 2}}, i);
		look(&apart, (struct call_lineage){3, {20 + i, 10 + i, 2}}, i);
	}
	assert_true(crawls(&loop, (struct call_lineage){2, {15, 3}}));
	assert_true(crawls(&loop, (struct call_lineage){1, {3}}));
	assert_false(crawls(&loop, (struct call_lineage){2, {15, 2}}));
	for (i = 1; i <= 3; i++)
		assert_false(crawls(&apart, (struct call_lineage){3, {20 + i, 10 + i, 2}}));
	assert_int_equal(walks_find_crawl(&loop, NULL, TTL_MS, now_ms), INT64_MAX);
}

static void a_crawl_ends(void **state)
{
	const struct call_lineage find = {1, {7}};
	struct walks walks = {0};
	int64_t began_ms;
	uint64_t i;

	(void)state;
	now_ms = began_ms = 1000;
	for (i = 1; i <= 3; i++)
		look(&walks, find, i);
	assert_int_equal(walks_find_crawl(&walks, &find, TTL_MS, now_ms), began_ms);
	/* While a call is under way, however long. */
	walks_begin_call(&walks, &find, 4, TTL_MS, now_ms);
	now_ms += 10 * TTL_MS;
	assert_true(crawls(&walks, find));
	walks_end_call(&walks, &find, 4, now_ms);
	now_ms += TTL_MS;
	assert_false(crawls(&walks, find));
	/* The next one begins anew, with three functions of its own. */
	look(&walks, find, 1);
	assert_false(crawls(&walks, find));
	look(&walks, find, 2);
	began_ms = now_ms;
	look(&walks, find, 3);
	assert_int_equal(walks_find_crawl(&walks, &find, TTL_MS, now_ms), began_ms);
	for (i = 4; now_ms < began_ms + WALK_LONGEST_MS; i++) {
		assert_true(crawls(&walks, find));
		look(&walks, find, i);
		now_ms += TTL_MS / 2;
	}
	assert_false(crawls(&walks, find));
}

static void who_was_quiet_for_longest_makes_room(void **state)
{
	struct walks walks = {0};
	uint64_t i;

	(void)state;
	now_ms = 1000;
	for (i = 1; i <= 3; i++)
		look(&walks, (struct call_lineage){1, {7}}, i);
	for (i = 1; i < WALKS_MAX; i++, now_ms++)
		look(&walks, (struct call_lineage){1, {100 + i}}, 1);
	assert_true(crawls(&walks, (struct call_lineage){1, {7}}));
	look(&walks, (struct call_lineage){1, {99}}, 1);
	assert_false(crawls(&walks, (struct call_lineage){1, {7}}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crawl_that_outlives_ttl_reads_nothing_twice),
		cmocka_unit_test(everybody_else_is_shown_what_is_no_older_than_ttl),
		cmocka_unit_test(after_a_pause_a_crawl_is_shown_what_is_no_older_than_ttl),
		cmocka_unit_test(a_crawl_is_shown_changes_and_refreshes),
		cmocka_unit_test(who_reads_two_functions_does_not_crawl),
		cmocka_unit_test(one_alias_of_all_functions_is_read_by_get_function),
		cmocka_unit_test(weights_and_descriptions_are_read_when_they_are_wanted),
		cmocka_unit_test(a_change_is_newer_than_what_get_function_said),
		cmocka_unit_test(an_alias_that_few_functions_have),
		cmocka_unit_test(without_the_permission_it_is_as_before),
		cmocka_unit_test(other_looks_are_no_walk),
		cmocka_unit_test(children_crawl_for_their_parent),
		cmocka_unit_test(a_crawl_ends),
		cmocka_unit_test(who_was_quiet_for_longest_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
