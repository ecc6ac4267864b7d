/* SPDX-License-Identifier: MIT */
/* What the catalog asks AWS for, and when it does not. One thread; test_races.c has the others. */
#include "tests/unit/unit.h"

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "backend/catalog/listing.h"
#include "tests/unit/backend/catalog/catalog_fake.h"

#define LONG_TTL_MS 600000

struct changes {
	unsigned int root, versions, aliases;
	char function[64];
};

static void count_change(void *data, const struct catalog_change *change)
{
	struct changes *changes = data;

	changes->root += !change->function;
	changes->versions += change->function && change->versions;
	changes->aliases += change->function && change->aliases;
	if (change->function)
		snprintf(changes->function, sizeof(changes->function), "%s", change->function);
}

static struct changes seen;

static struct catalog *begin(int64_t ttl_ms, const struct fake_options *options)
{
	const struct fake_options none = {0};
	const struct catalog_options wanted = {
		.ttl_ms = ttl_ms, .changed = count_change, .changed_data = &seen};
	struct catalog *catalog = catalog_new(NULL, &wanted);

	assert_non_null(catalog);
	memset(&seen, 0, sizeof(seen));
	fake_begin(options ? options : &none);
	return catalog;
}

static void end(struct catalog *catalog)
{
	catalog_free(catalog);
	fake_end();
}

static struct call_scope soon(void)
{
	int64_t now = clock_monotonic_ms();

	return (struct call_scope){now + CALL_SCOPE_READ_MS, now + CALL_SCOPE_MUTATION_MS, NULL};
}

static uint64_t alias_version(struct catalog *catalog, const char *function, const char *name)
{
	const struct call_scope scope = soon();
	struct lambda_error error = {0};
	struct lambda_alias alias;
	uint64_t version;

	if (catalog_alias_get(catalog, &scope, function, name, &alias, &error))
		fail_msg("%s/%s: %s", function, name, error.message);
	version = alias.version;
	lambda_alias_release(&alias);
	return version;
}

static enum lambda_status alias_status(
	struct catalog *catalog, const char *function, const char *name)
{
	const struct call_scope scope = soon();
	struct lambda_alias alias;
	enum lambda_status status =
		catalog_alias_get(catalog, &scope, function, name, &alias, NULL);

	if (!status)
		lambda_alias_release(&alias);
	return status;
}

static size_t version_count(struct catalog *catalog, const char *function)
{
	const struct call_scope scope = soon();
	const struct catalog_versions *versions;
	struct lambda_error error = {0};
	size_t count;

	if (catalog_versions_get(catalog, &scope, function, &versions, &error))
		fail_msg("%s: %s", function, error.message);
	count = versions->count;
	catalog_versions_unref(versions);
	return count;
}

static size_t alias_count(struct catalog *catalog, const char *function)
{
	const struct call_scope scope = soon();
	const struct catalog_aliases *aliases;
	struct lambda_error error = {0};
	size_t count;

	if (catalog_aliases_get(catalog, &scope, function, &aliases, &error))
		fail_msg("%s: %s", function, error.message);
	count = aliases->count;
	catalog_aliases_unref(aliases);
	return count;
}

static size_t root_count(struct catalog *catalog)
{
	const struct call_scope scope = soon();
	const struct catalog_function_list *root;
	struct lambda_error error = {0};
	size_t count;

	if (catalog_function_list_get(catalog, &scope, &root, &error))
		fail_msg("%s", error.message);
	count = root->count;
	catalog_function_list_unref(root);
	return count;
}

static enum lambda_status exists(struct catalog *catalog, const char *function)
{
	const struct call_scope scope = soon();

	return catalog_function_exists(catalog, &scope, function, NULL);
}

static enum lambda_status version_status(
	struct catalog *catalog, const char *function, uint64_t version)
{
	const struct call_scope scope = soon();
	struct catalog_version found;

	return catalog_version_get(catalog, &scope, function, version, &found, NULL, NULL);
}

static void add_functions(size_t count, unsigned int versions)
{
	char name[32];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "fn%04zu", i);
		fake_add_function(name, versions);
	}
}

static void add_aliases(const char *function, size_t count)
{
	char name[32];
	size_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "A%03zu", i);
		fake_set_alias(function, name, 1);
	}
}

static void mount_and_ls_cost_one_call_for_fifty_functions(void **state)
{
	static const struct {
		size_t functions;
		unsigned int calls;
	} table[] = {{0, 1}, {1, 1}, {50, 1}, {51, 2}, {120, 3}};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		struct catalog *catalog = begin(LONG_TTL_MS, NULL);
		const struct call_scope scope = soon();

		add_functions(table[i].functions, 0);
		assert_int_equal(catalog_verify(catalog, &scope, NULL), LAMBDA_OK);
		assert_int_equal(fake_total(), 1);
		assert_int_equal(root_count(catalog), table[i].functions);
		assert_int_equal(fake_count(FAKE_LIST_FUNCTIONS), table[i].calls);
		assert_int_equal(root_count(catalog), table[i].functions);
		assert_int_equal(fake_total(), table[i].calls);
		end(catalog);
	}
}

static void the_root_is_sorted_and_dated(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	const struct catalog_function_list *root;

	(void)state;
	fake_add_function("b", 1);
	fake_add_function("a", 0);
	fake_touch("a");
	assert_int_equal(catalog_function_list_get(catalog, &scope, &root, NULL), LAMBDA_OK);
	assert_int_equal(root->count, 2);
	assert_string_equal(root->entries[0].name, "a");
	assert_true(root->entries[0].last_modified == 1600001001);
	assert_string_equal(root->entries[1].name, "b");
	assert_true(root->last_modified == 1600001001);
	catalog_function_list_unref(root);
	end(catalog);
}

static void reading_a_link_costs_two_calls_at_most(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	fake_add_function("few", 500);
	add_aliases("few", 10);
	fake_add_function("many", 500);
	add_aliases("many", 120);
	assert_int_equal(exists(catalog, "few"), LAMBDA_OK);
	assert_int_equal(alias_version(catalog, "few", "A003"), 1);
	assert_int_equal(fake_total(), 1);
	fake_reset_counts();
	assert_int_equal(exists(catalog, "many"), LAMBDA_OK);
	assert_int_equal(alias_version(catalog, "many", "A003"), 1);
	assert_int_equal(fake_total(), 1);
	assert_int_equal(alias_version(catalog, "many", "A119"), 1);
	assert_int_equal(fake_total(), 2);
	assert_int_equal(fake_count(FAKE_GET_ALIAS), 1);
	/* and warm nothing */
	assert_int_equal(alias_version(catalog, "many", "A119"), 1);
	assert_int_equal(exists(catalog, "many"), LAMBDA_OK);
	assert_int_equal(fake_total(), 2);
	end(catalog);
}

static void listing_a_function_costs_its_pages(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	fake_add_function("f", 130);
	add_aliases("f", 120);
	assert_int_equal(exists(catalog, "f"), LAMBDA_OK);
	assert_int_equal(version_count(catalog, "f"), 131);
	assert_int_equal(alias_count(catalog, "f"), 120);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 3);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), 3);
	assert_int_equal(fake_total(), 6);
	version_count(catalog, "f");
	alias_count(catalog, "f");
	assert_int_equal(version_status(catalog, "f", 77), LAMBDA_OK);
	assert_int_equal(alias_status(catalog, "f", "NONE"), LAMBDA_NOT_FOUND);
	assert_int_equal(fake_total(), 6);
	end(catalog);
}

static void remapping_costs_three_calls_cold_and_one_warm(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	struct lambda_alias wanted;

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	assert_int_equal(exists(catalog, "f"), LAMBDA_OK);
	assert_int_equal(catalog_alias_get(catalog, &scope, "f", "PROD", &wanted, NULL), LAMBDA_OK);
	wanted.version = 2;
	assert_int_equal(
		catalog_update_alias(catalog, &scope, "f", &wanted, false, NULL, NULL), LAMBDA_OK);
	lambda_alias_release(&wanted);
	assert_true(fake_total() <= 3);
	fake_reset_counts();
	assert_int_equal(alias_version(catalog, "f", "PROD"), 2);
	assert_int_equal(catalog_alias_get(catalog, &scope, "f", "PROD", &wanted, NULL), LAMBDA_OK);
	wanted.version = 3;
	assert_int_equal(
		catalog_update_alias(catalog, &scope, "f", &wanted, false, NULL, NULL), LAMBDA_OK);
	lambda_alias_release(&wanted);
	assert_int_equal(alias_version(catalog, "f", "PROD"), 3);
	assert_int_equal(fake_total(), 1);
	assert_int_equal(seen.aliases, 2);
	assert_string_equal(seen.function, "f");
	end(catalog);
}

/* What find(1) asks: the root, then for each function whether it is there, its versions, its aliases. */
static void walk(struct catalog *catalog)
{
	const struct call_scope scope = soon();
	const struct catalog_function_list *root;
	size_t i;

	assert_int_equal(catalog_function_list_get(catalog, &scope, &root, NULL), LAMBDA_OK);
	for (i = 0; i < root->count; i++) {
		assert_int_equal(exists(catalog, root->entries[i].name), LAMBDA_OK);
		version_count(catalog, root->entries[i].name);
		alias_count(catalog, root->entries[i].name);
	}
	catalog_function_list_unref(root);
}

static void a_crawl_keeps_its_budget(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const unsigned int functions = 121, versions = 120 * 4 + 131;

	(void)state;
	add_functions(120, 3);
	fake_add_function("many", 130);
	walk(catalog);
	assert_int_equal(fake_count(FAKE_LIST_FUNCTIONS), (functions + 49) / 50);
	assert_int_equal(fake_count(FAKE_LIST_ALL), (versions + 49) / 50);
	assert_int_equal(fake_count(FAKE_LIST_ALIASES), functions);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 2);
	fake_reset_counts();
	walk(catalog);
	assert_int_equal(fake_total(), 0);
	end(catalog);
}

static void two_functions_are_no_crawl(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	add_functions(10, 3);
	version_count(catalog, "fn0001");
	version_count(catalog, "fn0002");
	version_count(catalog, "fn0001");
	version_count(catalog, "fn0002");
	assert_int_equal(fake_total(), 2);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 2);
	end(catalog);
}

static enum lambda_status refuse_all(void *data, enum fake_call call, enum fake_point point,
	const char *function, const char *marker)
{
	(void)data;
	(void)point;
	(void)function;
	(void)marker;
	return call == FAKE_LIST_ALL ? LAMBDA_SERVICE_FAILED : LAMBDA_OK;
}

static void a_failed_crawl_leaves_each_function_to_itself(void **state)
{
	const struct fake_options options = {.hook = refuse_all};
	struct catalog *catalog = begin(LONG_TTL_MS, &options);

	(void)state;
	add_functions(10, 3);
	walk(catalog);
	assert_int_equal(fake_count(FAKE_LIST_ALL), 1);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 10);
	end(catalog);
}

static enum lambda_status deny_aliases(void *data, enum fake_call call, enum fake_point point,
	const char *function, const char *marker)
{
	(void)data;
	(void)point;
	(void)marker;
	return call == FAKE_LIST_ALIASES && !strcmp(function, "fn0002") ? LAMBDA_ACCESS_DENIED
									: LAMBDA_OK;
}

static void a_denied_function_is_its_own_error(void **state)
{
	const struct fake_options options = {.hook = deny_aliases};
	struct catalog *catalog = begin(LONG_TTL_MS, &options);
	const struct call_scope scope = soon();
	const struct catalog_aliases *aliases;

	(void)state;
	add_functions(4, 1);
	root_count(catalog);
	assert_int_equal(catalog_aliases_get(catalog, &scope, "fn0002", &aliases, NULL),
		LAMBDA_ACCESS_DENIED);
	assert_int_equal(exists(catalog, "fn0002"), LAMBDA_OK);
	assert_int_equal(version_count(catalog, "fn0002"), 2);
	assert_int_equal(alias_count(catalog, "fn0001"), 0);
	assert_int_equal(root_count(catalog), 4);
	end(catalog);
}

static void versions_are_asked_for_once(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	fake_add_function("f", 3);
	/* cold: one call each, and then none */
	assert_int_equal(version_status(catalog, "f", 2), LAMBDA_OK);
	assert_int_equal(version_status(catalog, "f", 2), LAMBDA_OK);
	assert_int_equal(fake_total(), 1);
	assert_int_equal(version_status(catalog, "f", LAMBDA_VERSION_LATEST), LAMBDA_OK);
	assert_int_equal(version_status(catalog, "f", LAMBDA_VERSION_LATEST), LAMBDA_OK);
	assert_int_equal(fake_total(), 2);
	assert_int_equal(version_status(catalog, "f", 9), LAMBDA_NOT_FOUND);
	assert_int_equal(version_status(catalog, "f", 9), LAMBDA_NOT_FOUND);
	assert_int_equal(fake_count(FAKE_GET_VERSION), 3);
	/* no list came of that */
	assert_null(catalog_versions_peek(catalog, "f"));
	assert_int_equal(version_count(catalog, "f"), 4);
	end(catalog);
}

static void a_version_that_came_later_is_found(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	fake_add_function("f", 3);
	assert_int_equal(version_count(catalog, "f"), 4);
	assert_int_equal(version_status(catalog, "f", 4), LAMBDA_NOT_FOUND);
	fake_add_version("f");
	assert_int_equal(version_status(catalog, "f", 4), LAMBDA_NOT_FOUND);
	assert_int_equal(fake_count(FAKE_GET_VERSION), 1);
	fake_add_version("f");
	assert_int_equal(version_status(catalog, "f", 5), LAMBDA_OK);
	assert_int_equal(version_count(catalog, "f"), 5);
	assert_int_equal(seen.versions, 1);
	/* a refresh drops the negative answer */
	catalog_refresh_function(catalog, "f");
	assert_int_equal(version_status(catalog, "f", 4), LAMBDA_OK);
	assert_int_equal(version_count(catalog, "f"), 6);
	end(catalog);
}

static void documents_come_back_as_they_were(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	uint64_t version;

	(void)state;
	fake_add_function("f", 60);
	fake_set_environment("f", "{\n  \"STAGE\": \"x\"\n}\n");
	assert_int_equal(version_count(catalog, "f"), 61);
	fake_reset_counts();
	for (version = 0; version <= 60; version++) {
		cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(4096);
		cleanup(buffer_release) struct buffer environment = BUFFER_INIT(4096);
		cleanup(free_pointer) char *wanted = fake_configuration("f", version);
		struct catalog_version entry;
		int64_t expires_ms;

		assert_int_equal(catalog_document_get(catalog, &scope, "f", version,
					 CATALOG_CONFIGURATION, &configuration, NULL),
			LAMBDA_OK);
		assert_string_equal(buffer_text(&configuration), wanted);
		assert_int_equal(catalog_document_get(catalog, &scope, "f", version,
					 CATALOG_ENVIRONMENT, &environment, NULL),
			LAMBDA_OK);
		assert_string_equal(buffer_text(&environment), "{\n  \"STAGE\": \"x\"\n}\n");
		assert_int_equal(catalog_version_get(
					 catalog, &scope, "f", version, &entry, &expires_ms, NULL),
			LAMBDA_OK);
		assert_int_equal(entry.configuration_length, configuration.length);
		assert_int_equal(entry.environment_length, environment.length);
		assert_true(entry.version == version);
		assert_true((expires_ms == INT64_MAX) == (version != 0));
	}
	assert_int_equal(fake_total(), 0);
	end(catalog);
}

static void generations_follow_the_content(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	const struct catalog_versions *first, *second, *third;

	(void)state;
	fake_add_function("f", 3);
	assert_int_equal(catalog_versions_get(catalog, &scope, "f", &first, NULL), LAMBDA_OK);
	assert_int_equal(
		catalog_versions_get_afresh(catalog, &scope, "f", &second, NULL), LAMBDA_OK);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 2);
	assert_true(first->generation == second->generation);
	assert_int_equal(seen.versions, 0);
	fake_touch("f");
	assert_int_equal(
		catalog_versions_get_afresh(catalog, &scope, "f", &third, NULL), LAMBDA_OK);
	assert_true(first->generation != third->generation);
	assert_int_equal(seen.versions, 1);
	assert_true(third->last_modified == 1600001001);
	assert_true(third->newest == 3);
	assert_true(catalog_versions_find(third, 3)->version == 3);
	assert_null(catalog_versions_find(third, 4));
	catalog_versions_unref(first);
	catalog_versions_unref(second);
	catalog_versions_unref(third);
	end(catalog);
}

static void a_refresh_asks_again(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	root_count(catalog);
	version_count(catalog, "f");
	alias_count(catalog, "f");
	assert_int_equal(fake_total(), 3);
	catalog_refresh(catalog);
	assert_null(catalog_versions_peek(catalog, "f"));
	root_count(catalog);
	version_count(catalog, "f");
	alias_count(catalog, "f");
	assert_int_equal(fake_total(), 6);
	catalog_refresh_function(catalog, "f");
	root_count(catalog);
	version_count(catalog, "f");
	alias_count(catalog, "f");
	assert_int_equal(fake_total(), 8);
	end(catalog);
}

static void without_ttl_everything_is_asked(void **state)
{
	struct catalog *catalog = begin(0, NULL);

	(void)state;
	add_functions(5, 1);
	fake_set_alias("fn0001", "PROD", 1);
	walk(catalog);
	assert_int_equal(fake_count(FAKE_LIST_ALL), 0);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 5);
	fake_set_alias("fn0001", "PROD", 0);
	assert_int_equal(alias_version(catalog, "fn0001", "PROD"), 0);
	end(catalog);
}

static void what_is_gone_is_gone(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	add_functions(3, 1);
	root_count(catalog);
	version_count(catalog, "fn0001");
	fake_remove_function("fn0001");
	/* fresh: nothing is asked */
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_OK);
	catalog_refresh(catalog);
	fake_reset_counts();
	/* one ListAliases, and what it says is confirmed by the list of functions */
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_NOT_FOUND);
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_NOT_FOUND);
	assert_int_equal(fake_total(), 2);
	assert_true(seen.root > 0);
	assert_int_equal(root_count(catalog), 2);
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_NOT_FOUND);
	assert_int_equal(fake_total(), 2);
	end(catalog);
}

static void a_function_that_left_the_root_is_forgotten(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	add_functions(3, 1);
	root_count(catalog);
	version_count(catalog, "fn0001");
	alias_count(catalog, "fn0001");
	fake_remove_function("fn0001");
	catalog_refresh(catalog);
	assert_int_equal(root_count(catalog), 2);
	fake_reset_counts();
	/* it may have been created again since: asked once */
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_NOT_FOUND);
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_NOT_FOUND);
	assert_int_equal(fake_total(), 1);
	assert_int_equal(seen.root, 1);
	end(catalog);
}

static void a_function_created_since_the_list_is_found(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	add_functions(1, 1);
	root_count(catalog);
	add_functions(2, 1);
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_OK);
	end(catalog);
}

static enum lambda_status not_found_if_aliases(void *data, enum fake_call call,
	enum fake_point point, const char *function, const char *marker)
{
	(void)data;
	(void)point;
	(void)function;
	(void)marker;
	return call == FAKE_LIST_ALIASES ? LAMBDA_NOT_FOUND : LAMBDA_OK;
}

static void a_listed_function_that_is_said_to_be_missing_is_an_error(void **state)
{
	const struct fake_options options = {.hook = not_found_if_aliases};
	struct catalog *catalog = begin(LONG_TTL_MS, &options);
	const struct call_scope scope = soon();
	const struct catalog_aliases *aliases;

	(void)state;
	add_functions(3, 1);
	root_count(catalog);
	assert_int_equal(
		catalog_aliases_get(catalog, &scope, "fn0001", &aliases, NULL), LAMBDA_BAD_ANSWER);
	assert_int_equal(root_count(catalog), 3);
	end(catalog);
}

static void impossible_names_cost_nothing(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);

	(void)state;
	assert_int_equal(exists(catalog, "fn:PROD"), LAMBDA_NOT_FOUND);
	assert_int_equal(exists(catalog, "a b"), LAMBDA_NOT_FOUND);
	assert_int_equal(exists(catalog, ".."), LAMBDA_NOT_FOUND);
	assert_int_equal(fake_total(), 0);
	end(catalog);
}

static enum lambda_status fail_with(void *data, enum fake_call call, enum fake_point point,
	const char *function, const char *marker)
{
	(void)call;
	(void)point;
	(void)function;
	(void)marker;
	return *(enum lambda_status *)data;
}

static void a_failure_is_never_an_empty_or_missing_thing(void **state)
{
	enum lambda_status wanted = LAMBDA_OK;
	const struct fake_options options = {.hook = fail_with, .hook_data = &wanted};
	struct catalog *catalog = begin(1, &options);
	const struct call_scope scope = soon();
	const struct catalog_versions *versions;
	const struct catalog_aliases *aliases;
	const struct catalog_function_list *root;

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	assert_int_equal(root_count(catalog), 1);
	assert_int_equal(version_count(catalog, "f"), 4);
	assert_int_equal(alias_count(catalog, "f"), 1);
	for (wanted = LAMBDA_CONFLICT; wanted < LAMBDA_STATUS_COUNT; wanted++) {
		struct lambda_error error = {0};

		catalog_refresh(catalog);
		assert_int_equal(catalog_function_list_get(catalog, &scope, &root, &error), wanted);
		assert_int_equal(error.status, wanted);
		assert_string_equal(error.message, "the test said so");
		assert_int_equal(
			catalog_versions_get(catalog, &scope, "f", &versions, NULL), wanted);
		assert_int_equal(catalog_aliases_get(catalog, &scope, "f", &aliases, NULL), wanted);
		assert_int_equal(exists(catalog, "f"), wanted);
		assert_int_equal(alias_status(catalog, "f", "PROD"), wanted);
		assert_int_equal(version_status(catalog, "f", 1), wanted);
	}
	wanted = LAMBDA_OK;
	assert_int_equal(root_count(catalog), 1);
	assert_int_equal(version_count(catalog, "f"), 4);
	assert_int_equal(alias_version(catalog, "f", "PROD"), 1);
	end(catalog);
}

static void an_endless_list_is_refused(void **state)
{
	const struct fake_options options = {.endless = true};
	struct catalog *catalog = begin(LONG_TTL_MS, &options);
	const struct call_scope scope = soon();
	const struct catalog_versions *versions;
	const struct catalog_aliases *aliases;
	const struct catalog_function_list *root;

	(void)state;
	fake_add_function("f", 3);
	assert_int_equal(
		catalog_function_list_get(catalog, &scope, &root, NULL), LAMBDA_BAD_ANSWER);
	assert_int_equal(
		catalog_versions_get(catalog, &scope, "f", &versions, NULL), LAMBDA_BAD_ANSWER);
	assert_int_equal(
		catalog_aliases_get(catalog, &scope, "f", &aliases, NULL), LAMBDA_BAD_ANSWER);
	assert_true(fake_total() <= 9);
	end(catalog);
}

/* How many names the root has that cannot be listed; the first must be `first`. */
static size_t unlistable_count(struct catalog *catalog, const char *first)
{
	const struct call_scope scope = soon();
	const struct catalog_function_list *root;
	size_t count;

	assert_int_equal(catalog_function_list_get(catalog, &scope, &root, NULL), LAMBDA_OK);
	assert_int_equal(root->count, 4);
	count = root->unlistable_count;
	if (count)
		assert_string_equal(root->unlistable[0], first);
	catalog_function_list_unref(root);
	return count;
}

/* semantics(1.4.2): who lists must know of it; who asks for another function need not. */
static void a_name_that_cannot_be_an_entry_is_told_with_the_list(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();

	(void)state;
	add_functions(4, 3);
	assert_int_equal(catalog_verify(catalog, &scope, NULL), LAMBDA_OK);
	assert_int_equal(unlistable_count(catalog, NULL), 0);
	fake_add_function("bad/name", 3);
	fake_add_function("..", 3);
	catalog_refresh(catalog);
	seen.root = 0;
	assert_int_equal(catalog_verify(catalog, &scope, NULL), LAMBDA_OK);
	assert_int_equal(unlistable_count(catalog, ".."), 2);
	assert_int_equal(seen.root, 1);
	assert_int_equal(exists(catalog, "bad/name"), LAMBDA_NOT_FOUND);
	assert_int_equal(exists(catalog, "fn0001"), LAMBDA_OK);
	/* a crawl replaces the list: it knows of them too, each once */
	catalog_refresh(catalog);
	fake_reset_counts();
	assert_int_equal(version_count(catalog, "fn0000"), 4);
	assert_int_equal(version_count(catalog, "fn0001"), 4);
	assert_int_equal(version_count(catalog, "fn0002"), 4);
	assert_int_equal(version_count(catalog, "fn0003"), 4);
	assert_true(fake_count(FAKE_LIST_ALL) > 0);
	assert_int_equal(unlistable_count(catalog, ".."), 2);
	fake_remove_function("..");
	catalog_refresh(catalog);
	assert_int_equal(unlistable_count(catalog, "bad/name"), 1);
	end(catalog);
}

static void too_many_of_them_are_refused(void **state)
{
	struct listing *listing = listing_new(1);
	struct lambda_version_page page = {
		.unlistable = calloc(1, sizeof(*page.unlistable)), .unlistable_count = 1};
	struct lambda_error error = {0};
	char name[32];
	int i;

	(void)state;
	assert_non_null(listing);
	assert_non_null(page.unlistable);
	page.unlistable[0] = name;
	for (i = 0; i <= LISTING_UNLISTABLE_MAX; i++) {
		snprintf(name, sizeof(name), "a/%d", i);
		assert_int_equal(listing_add_versions(listing, &page, NULL, NULL, &error),
			i < LISTING_UNLISTABLE_MAX ? LAMBDA_OK : LAMBDA_BAD_ANSWER);
	}
	assert_non_null(strstr(error.message, "'a/1000'"));
	free(page.unlistable);
	listing_free(listing);
}

static void publishing_shows_the_new_version_at_once(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	uint64_t version = 0;

	(void)state;
	fake_add_function("f", 3);
	assert_int_equal(version_status(catalog, "f", 4), LAMBDA_NOT_FOUND);
	fake_reset_counts();
	assert_int_equal(catalog_publish_version(catalog, &scope, "f", "fix", NULL, &version, NULL),
		LAMBDA_OK);
	assert_true(version == 4);
	assert_int_equal(fake_count(FAKE_LIST_VERSIONS), 1);
	assert_int_equal(fake_count(FAKE_PUBLISH), 1);
	assert_int_equal(version_status(catalog, "f", 4), LAMBDA_OK);
	assert_int_equal(version_count(catalog, "f"), 5);
	assert_int_equal(fake_total(), 2);
	assert_int_equal(catalog_delete_version(catalog, &scope, "f", 4, NULL), LAMBDA_OK);
	assert_int_equal(version_count(catalog, "f"), 4);
	assert_int_equal(fake_total(), 3);
	assert_int_equal(version_status(catalog, "f", 4), LAMBDA_NOT_FOUND);
	end(catalog);
}

static void creating_and_deleting_show_at_once(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	struct lambda_alias wanted = {.name = "NEW", .version = 2, .description = strdup("")};

	(void)state;
	fake_add_function("f", 3);
	assert_int_equal(alias_count(catalog, "f"), 0);
	assert_int_equal(
		catalog_create_alias(catalog, &scope, "f", &wanted, NULL, NULL), LAMBDA_OK);
	assert_int_equal(alias_version(catalog, "f", "NEW"), 2);
	assert_int_equal(alias_count(catalog, "f"), 1);
	assert_int_equal(catalog_create_alias(catalog, &scope, "f", &wanted, NULL, NULL),
		LAMBDA_ALREADY_EXISTS);
	assert_int_equal(catalog_delete_alias(catalog, &scope, "f", "NEW", "r", NULL), LAMBDA_OK);
	assert_int_equal(alias_status(catalog, "f", "NEW"), LAMBDA_NOT_FOUND);
	assert_int_equal(alias_count(catalog, "f"), 0);
	lambda_alias_release(&wanted);
	end(catalog);
}

/* A listing shows a colleague's change between the last look at the alias and its deletion. */
static void what_is_deleted_is_what_was_looked_at(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	struct lambda_alias looked_at;

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	assert_int_equal(catalog_alias_get_afresh(catalog, &scope, "f", "PROD", &looked_at, NULL),
		LAMBDA_OK);
	fake_set_alias("f", "PROD", 2);
	catalog_refresh(catalog);
	assert_int_equal(alias_count(catalog, "f"), 1);
	assert_int_equal(alias_version(catalog, "f", "PROD"), 2);
	assert_int_equal(
		catalog_delete_alias(catalog, &scope, "f", "PROD", looked_at.revision_id, NULL),
		LAMBDA_OK);
	assert_string_equal(fake_deleted_revision(), looked_at.revision_id);
	lambda_alias_release(&looked_at);
	end(catalog);
}

static void after_a_lost_race_the_new_state_is_known(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	struct lambda_error error = {0};
	struct lambda_alias wanted;

	(void)state;
	fake_add_function("f", 3);
	fake_set_alias("f", "PROD", 1);
	alias_count(catalog, "f");
	assert_int_equal(catalog_alias_get(catalog, &scope, "f", "PROD", &wanted, NULL), LAMBDA_OK);
	fake_set_alias("f", "PROD", 2);
	wanted.version = 3;
	fake_reset_counts();
	assert_int_equal(catalog_update_alias(catalog, &scope, "f", &wanted, false, NULL, &error),
		LAMBDA_REVISION_CHANGED);
	assert_int_equal(error.status, LAMBDA_REVISION_CHANGED);
	lambda_alias_release(&wanted);
	assert_int_equal(fake_total(), 2);
	assert_int_equal(alias_version(catalog, "f", "PROD"), 2);
	assert_int_equal(fake_total(), 2);
	end(catalog);
}

static void the_account_is_kept(void **state)
{
	struct catalog *catalog = begin(LONG_TTL_MS, NULL);
	const struct call_scope scope = soon();
	struct lambda_account account;
	int64_t age;

	(void)state;
	assert_false(catalog_account_peek(catalog, &account, &age));
	assert_int_equal(catalog_account_fetch(catalog, &scope, NULL), LAMBDA_OK);
	assert_true(catalog_account_peek(catalog, &account, &age));
	assert_true(account.code_storage_limit == 1000);
	assert_true(age >= 0 && age < 60000);
	assert_int_equal(fake_total(), 1);
	end(catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mount_and_ls_cost_one_call_for_fifty_functions),
		cmocka_unit_test(the_root_is_sorted_and_dated),
		cmocka_unit_test(reading_a_link_costs_two_calls_at_most),
		cmocka_unit_test(listing_a_function_costs_its_pages),
		cmocka_unit_test(remapping_costs_three_calls_cold_and_one_warm),
		cmocka_unit_test(a_crawl_keeps_its_budget),
		cmocka_unit_test(two_functions_are_no_crawl),
		cmocka_unit_test(a_failed_crawl_leaves_each_function_to_itself),
		cmocka_unit_test(a_denied_function_is_its_own_error),
		cmocka_unit_test(versions_are_asked_for_once),
		cmocka_unit_test(a_version_that_came_later_is_found),
		cmocka_unit_test(documents_come_back_as_they_were),
		cmocka_unit_test(generations_follow_the_content),
		cmocka_unit_test(a_refresh_asks_again),
		cmocka_unit_test(without_ttl_everything_is_asked),
		cmocka_unit_test(what_is_gone_is_gone),
		cmocka_unit_test(a_function_that_left_the_root_is_forgotten),
		cmocka_unit_test(impossible_names_cost_nothing),
		cmocka_unit_test(a_function_created_since_the_list_is_found),
		cmocka_unit_test(a_listed_function_that_is_said_to_be_missing_is_an_error),
		cmocka_unit_test(a_failure_is_never_an_empty_or_missing_thing),
		cmocka_unit_test(an_endless_list_is_refused),
		cmocka_unit_test(a_name_that_cannot_be_an_entry_is_told_with_the_list),
		cmocka_unit_test(too_many_of_them_are_refused),
		cmocka_unit_test(publishing_shows_the_new_version_at_once),
		cmocka_unit_test(creating_and_deleting_show_at_once),
		cmocka_unit_test(what_is_deleted_is_what_was_looked_at),
		cmocka_unit_test(after_a_lost_race_the_new_state_is_known),
		cmocka_unit_test(the_account_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
