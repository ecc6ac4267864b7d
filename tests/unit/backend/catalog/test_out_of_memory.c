/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the catalog fails once. The question that met it may end with LAMBDA_NO_MEMORY; asked
 * again it has its right answer, nothing that was known is lost or wrong, and nothing is left allocated.
 * A change that AWS has made is never reported as failed.
 */
#include "tests/unit/unit.h"

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "tests/unit/backend/catalog/catalog_fake_paused.h"

static struct call_scope scope;
static struct lambda_error error;

/* hello, more, most: versions 1 to 3 each; hello's PROD -> 1. Pages of two items. */
static struct catalog *begin(void)
{
	const struct fake_options options = {.page = 2, .hook = pause_within};
	const struct catalog_options wanted = {.ttl_ms = 600000};
	int64_t now_ms = clock_monotonic_ms();

	allocator_pause(true);
	fake_begin(&options);
	fake_add_function("hello", 3);
	fake_add_function("more", 3);
	fake_add_function("most", 3);
	fake_add_function("bad/name", 1);
	fake_set_alias("hello", "PROD", 1);
	scope = (struct call_scope){now_ms + CALL_SCOPE_READ_MS, now_ms + CALL_SCOPE_MUTATION_MS};
	allocator_pause(false);
	return catalog_new(NULL, &wanted);
}

static void end(struct catalog *catalog)
{
	catalog_free(catalog);
	allocator_pause(true);
	fake_end();
	allocator_pause(false);
}

/* The call gives its answer, if need be the second time. */
#define STEADY(call)                                                                               \
	do {                                                                                       \
		enum lambda_status status_ = (call);                                               \
		if (status_) {                                                                     \
			assert_int_equal(status_, LAMBDA_NO_MEMORY);                               \
			assert_true(allocator_has_failed());                                       \
			allocator_pause(false);                                                    \
			assert_int_equal((call), LAMBDA_OK);                                       \
		}                                                                                  \
	} while (0)

static void see_root(struct catalog *catalog)
{
	const struct catalog_function_list *root = NULL;

	STEADY(catalog_function_list_get(catalog, &scope, &root, &error));
	assert_int_equal(root->count, 3);
	assert_string_equal(root->entries[0].name, "hello");
	assert_int_equal(root->unlistable_count, 1);
	assert_string_equal(root->unlistable[0], "bad/name");
	catalog_function_list_unref(root);
}

static void see_versions(struct catalog *catalog, const char *function, uint64_t newest)
{
	const struct catalog_versions *versions = NULL;

	STEADY(catalog_versions_get(catalog, &scope, function, &versions, &error));
	assert_int_equal(versions->count, newest + 1);
	assert_int_equal(versions->newest, newest);
	catalog_versions_unref(versions);
}

static void see_aliases(struct catalog *catalog, size_t count)
{
	const struct catalog_aliases *aliases = NULL;

	STEADY(catalog_aliases_get(catalog, &scope, "hello", &aliases, &error));
	assert_int_equal(aliases->count, count);
	catalog_aliases_unref(aliases);
}

static void see_alias(struct catalog *catalog, const char *name, uint64_t version)
{
	struct lambda_alias alias;

	STEADY(catalog_alias_get(catalog, &scope, "hello", name, &alias, &error));
	assert_int_equal(alias.version, version);
	lambda_alias_release(&alias);
}

/* By the name alone: found on the first page of two, or by one call, or in the list; or not at all. */
static void look_for_names(struct catalog *catalog)
{
	static const char *const names[] = {"A", "D", "E", "PROD"};
	struct catalog_alias_look look;
	size_t i;

	allocator_pause(true);
	for (i = 0; i < array_count(names); i++)
		fake_set_alias("more", names[i], 2);
	allocator_pause(false);
	for (i = 0; i < array_count(names); i++) {
		STEADY(catalog_alias_look_up(
			catalog, &scope, "more", names[i], true, &look, &error));
		assert_int_equal(look.routing.version, 2);
	}
	if (!allocator_has_failed())
		assert_int_equal(fake_count(FAKE_GET_ALIAS), 1);
}

static void see_document(struct catalog *catalog)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(65536);
	char *expected;

	STEADY(catalog_document_get(
		catalog, &scope, "hello", 2, CATALOG_CONFIGURATION, &text, &error));
	allocator_pause(true);
	expected = fake_configuration("hello", 2);
	assert_string_equal(buffer_text(&text), expected);
	free(expected);
	allocator_pause(false);
}

static int scene_browse(void)
{
	struct catalog *catalog = begin();
	struct catalog_version version;

	if (catalog) {
		STEADY(catalog_verify(catalog, &scope, &error));
		see_root(catalog);
		STEADY(catalog_function_exists(catalog, &scope, "hello", &error));
		STEADY(catalog_version_get(catalog, &scope, "hello", 3, &version, NULL, &error));
		assert_int_equal(version.version, 3);
		see_document(catalog);
		see_alias(catalog, "PROD", 1);
		see_versions(catalog, "hello", 3);
		see_aliases(catalog, 1);
		see_alias(catalog, "PROD", 1);
		STEADY(catalog_account_fetch(catalog, &scope, &error));
		fake_reset_counts();
		look_for_names(catalog);
	}
	end(catalog);
	return catalog ? 0 : -1;
}

/* The third function that is opened makes it a crawl: all versions of all are listed. */
static int scene_crawl(void)
{
	struct catalog *catalog = begin();

	if (catalog) {
		see_root(catalog);
		see_versions(catalog, "hello", 3);
		see_versions(catalog, "more", 3);
		see_versions(catalog, "most", 3);
		see_aliases(catalog, 1);
		see_document(catalog);
		catalog_refresh(catalog);
		see_versions(catalog, "hello", 3);
		see_root(catalog);
		see_aliases(catalog, 1);
	}
	end(catalog);
	return catalog ? 0 : -1;
}

static void move_prod(struct catalog *catalog, uint64_t version)
{
	struct lambda_alias alias;

	STEADY(catalog_alias_get(catalog, &scope, "hello", "PROD", &alias, &error));
	alias.version = version;
	STEADY(catalog_update_alias(catalog, &scope, "hello", &alias, false, NULL, &error));
	lambda_alias_release(&alias);
}

static int scene_change(void)
{
	static char no_description[] = "";
	struct lambda_alias wanted = {.name = "LIVE", .version = 2, .description = no_description};
	struct catalog *catalog = begin();
	uint64_t published;

	if (catalog) {
		see_versions(catalog, "hello", 3);
		see_aliases(catalog, 1);
		move_prod(catalog, 2);
		see_alias(catalog, "PROD", 2);
		STEADY(catalog_create_alias(catalog, &scope, "hello", &wanted, NULL, &error));
		see_alias(catalog, "LIVE", 2);
		see_aliases(catalog, 2);
		STEADY(catalog_delete_alias(catalog, &scope, "hello", "LIVE", "", &error));
		see_aliases(catalog, 1);
		allocator_pause(true);
		fake_touch("hello");
		allocator_pause(false);
		STEADY(catalog_publish_version(
			catalog, &scope, "hello", "", NULL, &published, &error));
		assert_int_equal(published, 4);
		see_versions(catalog, "hello", 4);
		assert_int_equal(fake_count(FAKE_PUBLISH), 1);
		assert_int_equal(fake_count(FAKE_CREATE_ALIAS), 1);
		assert_int_equal(fake_count(FAKE_UPDATE_ALIAS), 1);
		assert_int_equal(fake_count(FAKE_DELETE_ALIAS), 1);
	}
	end(catalog);
	return catalog ? 0 : -1;
}

SWEEP(browse);
SWEEP(crawl);
SWEEP(change);

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_browse),
		cmocka_unit_test(sweep_crawl),
		cmocka_unit_test(sweep_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
