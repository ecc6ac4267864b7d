/* SPDX-License-Identifier: MIT */
/* The pure parts of the catalog: packs, maps, page guards, when a walk is a crawl. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/base/map.h"
#include "backend/catalog/crawl.h"
#include "backend/catalog/listing.h"
#include "backend/catalog/pack.h"

/* --- packs --- */

static struct lambda_version version_of(char *configuration, char *environment)
{
	return (struct lambda_version){.function_name = (char *)(uintptr_t) "f",
		.configuration = configuration,
		.configuration_length = strlen(configuration),
		.environment = environment,
		.environment_length = strlen(environment)};
}

static void opens_as(const struct pack *pack, const char *configuration, const char *environment)
{
	cleanup(buffer_release) struct buffer first = BUFFER_INIT(1 << 21);
	cleanup(buffer_release) struct buffer second = BUFFER_INIT(1 << 21);

	assert_int_equal(pack_open(pack, CATALOG_CONFIGURATION, &first), 0);
	assert_int_equal(pack_open(pack, CATALOG_ENVIRONMENT, &second), 0);
	assert_int_equal(first.length, strlen(configuration));
	assert_string_equal(buffer_text(&first), configuration);
	assert_string_equal(buffer_text(&second), environment);
}

/* 64 KB that do not compress, then what does. */
static char *large_document(unsigned int seed)
{
	const size_t size = 300000;
	char *text = malloc(size + 1);
	size_t i;

	assert_non_null(text);
	for (i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		text[i] = i < 65536 ? (char)('!' + (seed >> 16) % 90) : 'x';
	}
	text[size] = '\0';
	return text;
}

static void packs_give_back_what_went_in(void **state)
{
	cleanup(packer_free_pointer) struct packer *packer = packer_new();
	cleanup(free_pointer) char *large = large_document(1);
	cleanup(free_pointer) char *other = large_document(2);
	const char *const documents[] = {"{}\n", "{\n  \"a\": 1\n}\n", "x", "", large, other,
		"{\n  \"Description\": \"the quick brown fox jumps over the lazy dog\"\n}\n"};
	size_t base, i, j;

	(void)state;
	for (base = 0; base < array_count(documents); base++) {
		struct lambda_version first = version_of(
			(char *)(uintptr_t)documents[base], (char *)(uintptr_t)documents[base]);
		struct pack_dictionary *dictionary = pack_dictionary_new(&first);

		assert_non_null(dictionary);
		for (i = 0; i < array_count(documents); i++) {
			struct lambda_version version;
			struct pack *pack;

			j = (i + base) % array_count(documents);
			version = version_of(
				(char *)(uintptr_t)documents[i], (char *)(uintptr_t)documents[j]);
			pack = pack_new(packer, dictionary, &version);
			assert_non_null(pack);
			opens_as(pack, documents[i], documents[j]);
			pack_unref(pack);
		}
		pack_dictionary_unref(dictionary);
	}
}

static void equal_fingerprints_mean_equal_documents(void **state)
{
	char a[] = "{}\n", b[] = "{ }\n", c[] = "", d[] = "{}\n{}\n";
	struct lambda_version one = version_of(a, b), same = version_of(a, b);
	struct lambda_version swapped = version_of(b, a), left = version_of(d, c),
			      right = version_of(c, d), split = version_of(a, a);

	(void)state;
	assert_true(pack_fingerprint(&one) == pack_fingerprint(&same));
	assert_true(pack_fingerprint(&one) != pack_fingerprint(&swapped));
	assert_true(pack_fingerprint(&left) != pack_fingerprint(&right));
	assert_true(pack_fingerprint(&left) != pack_fingerprint(&split));
}

static void what_is_the_first_versions_costs_nothing(void **state)
{
	cleanup(packer_free_pointer) struct packer *packer = packer_new();
	char a[] = "{\n  \"a\": 1\n}\n", b[] = "{}\n";
	struct lambda_version version = version_of(a, b);
	struct pack_dictionary *dictionary = pack_dictionary_new(&version);
	struct pack *pack = pack_new(packer, dictionary, &version);

	(void)state;
	assert_int_equal(pack_size(pack), sizeof(*pack));
	opens_as(pack, a, b);
	pack_unref(pack);
	pack_dictionary_unref(dictionary);
}

static void a_full_buffer_is_said(void **state)
{
	cleanup(packer_free_pointer) struct packer *packer = packer_new();
	cleanup(buffer_release) struct buffer small = BUFFER_INIT(4);
	char a[] = "{\n  \"a\": 1\n}\n", b[] = "{}\n";
	struct lambda_version version = version_of(a, b);
	struct pack_dictionary *dictionary = pack_dictionary_new(&version);
	struct pack *pack = pack_new(packer, dictionary, &version);

	(void)state;
	assert_int_equal(pack_open(pack, CATALOG_CONFIGURATION, &small), -EFBIG);
	assert_int_equal(pack_open(pack, CATALOG_ENVIRONMENT, &small), 0);
	pack_unref(pack);
	pack_dictionary_unref(dictionary);
}

/* --- maps --- */

static void maps_find_what_was_added(void **state)
{
	struct name_map map = {0};
	struct name_map_entry *entry;
	int values[500];
	char name[32];
	size_t i, walked = 0;

	(void)state;
	assert_null(name_map_find(&map, "x"));
	assert_null(name_map_remove(&map, "x"));
	for (i = 0; i < array_count(values); i++) {
		snprintf(name, sizeof(name), "name-%zu", i);
		assert_int_equal(name_map_add(&map, name, &values[i]), 0);
	}
	for (i = 0; i < array_count(values); i += 2) {
		snprintf(name, sizeof(name), "name-%zu", i);
		assert_ptr_equal(name_map_remove(&map, name), &values[i]);
	}
	for (i = 0; i < array_count(values); i++) {
		snprintf(name, sizeof(name), "name-%zu", i);
		assert_ptr_equal(name_map_find(&map, name), i % 2 ? &values[i] : NULL);
	}
	for (entry = name_map_first(&map); entry; entry = name_map_next(&map, entry))
		walked++;
	assert_int_equal(walked, array_count(values) / 2);
	assert_int_equal(map.table.count, walked);
	name_map_release(&map);
	assert_null(name_map_first(&map));
}

/* --- listings without an end --- */

/* After how many pages a circle of `length` markers behind a start of `lead` is found. */
static unsigned int pages_until_found(unsigned int lead, unsigned int length)
{
	struct page_guard guard = {0};
	unsigned int page = 0;
	int error = 0;

	while (!error && page < 10000) {
		char marker[32];
		unsigned int at = page < lead ? page : lead + (page - lead) % length;

		snprintf(marker, sizeof(marker), "m%u", at);
		error = page_guard_check(&guard, marker, 50);
		page++;
	}
	page_guard_release(&guard);
	assert_int_equal(error, -ELOOP);
	return page;
}

static void every_circle_of_markers_is_found(void **state)
{
	unsigned int lead, length;

	(void)state;
	assert_int_equal(pages_until_found(0, 1), 2);
	for (lead = 0; lead < 20; lead++)
		for (length = 1; length < 20; length++)
			assert_true(pages_until_found(lead, length) <= 6 * (lead + length) + 6);
}

static void a_list_has_a_longest_length(void **state)
{
	struct page_guard guard = {0};

	(void)state;
	assert_int_equal(page_guard_check(&guard, "a", LISTING_ITEMS_MAX), 0);
	assert_int_equal(page_guard_check(&guard, "b", 0), 0);
	assert_int_equal(page_guard_check(&guard, NULL, 1), -E2BIG);
	page_guard_release(&guard);
}

/* --- the crawl --- */

static void the_third_function_in_two_seconds_is_a_crawl(void **state)
{
	static const struct {
		int64_t asked[5]; /* in ms; 0 ends */
		uint64_t functions[5];
		int crawls_at; /* which call, from 1; 0: never */
	} table[] = {
		{{1, 2, 3}, {1, 2, 3}, 3},
		{{1, 2, 2001}, {1, 2, 3}, 3},
		{{1, 2, 2002}, {1, 2, 3}, 0},
		{{1, 2, 3}, {1, 2, 1}, 0},
		{{1, 2, 3, 4}, {1, 2, 2, 3}, 4},
		{{1, 1500, 3000, 3400}, {1, 2, 3, 4}, 4},
		{{1, 1900, 3800, 5700}, {1, 2, 3, 4}, 0},
	};
	size_t row, i;

	(void)state;
	for (row = 0; row < array_count(table); row++) {
		struct crawl crawl = {0};
		int crawls_at = 0;

		for (i = 0; i < 5 && table[row].asked[i] && !crawls_at; i++)
			if (crawl_want(&crawl.wants, table[row].functions[i], table[row].asked[i],
				    NULL))
				crawls_at = (int)i + 1;
		assert_int_equal(crawls_at, table[row].crawls_at);
	}
}

static void the_time_that_answers_take_does_not_count(void **state)
{
	struct crawl crawl = {0};

	(void)state;
	assert_false(crawl_want(&crawl.wants, 1, 1000, NULL));
	crawl_answered(&crawl.wants, 1, 4000);
	assert_false(crawl_want(&crawl.wants, 2, 4900, NULL));
	crawl_answered(&crawl.wants, 2, 9000);
	assert_true(crawl_want(&crawl.wants, 3, 10000, NULL));
}

static void a_crawl_must_be_worth_its_calls(void **state)
{
	struct crawl crawl = {0};

	(void)state;
	assert_true(crawl_allowed(&crawl, 1));
	crawl_completed(&crawl, 10, 1000);
	assert_false(crawl_allowed(&crawl, 2000));
	assert_false(crawl_allowed(&crawl, 1000 + CRAWL_UNUSED_MS));
	assert_true(crawl_allowed(&crawl, 1000 + CRAWL_UNUSED_MS + 10 * CRAWL_UNUSED_PAGE_MS));
	crawl.used = 10;
	assert_true(crawl_allowed(&crawl, 2000));
	crawl_failed(&crawl, 3000);
	assert_false(crawl_allowed(&crawl, 3000 + CRAWL_RETRY_MS - 1));
	assert_true(crawl_allowed(&crawl, 3000 + CRAWL_RETRY_MS));
}

/* --- sets --- */

static void of_two_entries_of_a_name_the_last_stays(void **state)
{
	struct lambda_alias aliases[4] = {
		{.name = "B", .version = 1, .description = strdup("old")},
		{.name = "A", .version = 2, .description = strdup("")},
		{.name = "B", .version = 3, .description = strdup("new")},
		{.name = "B", .version = 4, .description = strdup("newest")},
	};
	struct keyed_set *set = keyed_set_new(&aliases_kind, 0, 1);
	size_t i;

	(void)state;
	for (i = 0; i < array_count(aliases); i++) {
		assert_int_equal(add_alias(set, &aliases[i], 1000), 0);
		lambda_alias_release(&aliases[i]);
	}
	assert_int_equal(keyed_set_finish(set, true, 1000), 0);
	assert_int_equal(set->aliases.count, 2);
	assert_string_equal(set->aliases.entries[0].name, "A");
	assert_true(set->aliases.entries[1].version == 4);
	assert_string_equal(set->aliases.entries[1].description, "newest");
	assert_null(catalog_aliases_find(&set->aliases, "C"));
	keyed_set_unref(set);
}

/* --- merging: of each key what is newer --- */

/* A set of functions: "A5" is A, seen at 5; "-A5" a mark; "=7" makes it complete, listed at 7. */
static struct keyed_set *read_set(const char *text)
{
	struct keyed_set *set = NULL, *merged;
	char *end;

	for (; *text; text = *end ? end + 1 : end) {
		const bool mark = *text == '-', list = *text == '=';
		const char name[2] = {text[mark], '\0'};
		uint64_t tick = strtoul(text + 1 + mark, &end, 10);
		struct keyed_set *one = keyed_set_new(&functions_kind, 1, tick);

		if (mark) {
			keyed_set_unref(one);
			one = set_of_absent(&functions_kind, key_of_name(name), tick, 100);
		} else {
			if (!list)
				assert_int_equal(add_function(one, name, (int64_t)tick, 100), 0);
			assert_int_equal(keyed_set_finish(one, list, 100), 0);
		}
		assert_non_null(one);
		merged = set ? keyed_set_merge(set, one) : keyed_set_ref(one);
		keyed_set_unref(set);
		keyed_set_unref(one);
		set = merged;
	}
	return set;
}

static void print_set(const struct keyed_set *set, char text[64])
{
	size_t at = 0, i;

	text[0] = '\0';
	for (i = 0; i < set->total; i++) {
		const struct catalog_function *entry = keyed_set_entry(set, i);

		at += (size_t)snprintf(text + at, 64 - at, "%s%s%u ", i < set->count ? "" : "-",
			entry->name, (unsigned int)set->notes[i].tick);
	}
	snprintf(text + at, 64 - at, set->complete ? "=%u" : ".", (unsigned int)set->tick);
}

static void of_each_key_what_is_newer_stays(void **state)
{
	static const struct {
		const char *known, *incoming, *wanted;
	} table[] = {
		{"A5", "B6", "A5 B6 ."},
		{"B6", "A5", "A5 B6 ."},
		{"A5", "A7", "A7 ."},
		{"A7", "A5", "A7 ."},
		{"A5", "-A7", "-A7 ."},
		{"A7", "-A5", "A7 ."},
		{"-A7", "A5", "-A7 ."},
		{"-A5", "A7", "A7 ."},
		{"-B5", "-A7", "-A7 -B5 ."},
		/* a list shows what was not there, too */
		{"A5", "=6", "=6"},
		{"A7", "=6", "A7 =6"},
		{"-A5", "=6", "=6"},
		{"-A7", "=6", "-A7 =6"},
		{"=6", "A5", "=6"},
		{"=6", "A7", "A7 =6"},
		{"=6", "-A5", "=6"},
		{"=6", "-A7", "-A7 =6"},
		{"=6 A7 C8", "=9 B10", "B10 =9"},
		{"=9 B10", "=6 A7 C11", "B10 C11 =9"},
		{"=6 A7 -B8 C7", "-C9 B9 -A6", "A7 B9 -C9 =6"},
	};
	size_t row;

	(void)state;
	for (row = 0; row < array_count(table); row++) {
		struct keyed_set *known = read_set(table[row].known);
		struct keyed_set *incoming = read_set(table[row].incoming);
		struct keyed_set *merged = keyed_set_merge(known, incoming);
		char text[64];

		print_set(merged, text);
		assert_string_equal(text, table[row].wanted);
		keyed_set_unref(known);
		keyed_set_unref(incoming);
		keyed_set_unref(merged);
	}
}

static void the_oldest_mark_goes_first(void **state)
{
	struct keyed_set *set = read_set("D9 -A7 -B5 -C6");
	char text[64];

	(void)state;
	assert_false(keyed_set_drop_mark(set));
	print_set(set, text);
	assert_string_equal(text, "D9 -A7 -C6 .");
	set->notes[2].expires_ms = 0;
	assert_true(keyed_set_drop_mark(set));
	print_set(set, text);
	assert_string_equal(text, "D9 -A7 .");
	keyed_set_unref(set);
}

static void versions_are_sorted_and_the_last_of_two_stays(void **state)
{
	static const uint64_t order[] = {3, LAMBDA_VERSION_LATEST_PUBLISHED, 1, 3, 0, 2};
	static const uint64_t wanted[] = {0, 1, 2, 3, LAMBDA_VERSION_LATEST_PUBLISHED};
	cleanup(version_builder_free_pointer) struct version_builder *builder =
		version_builder_new(1);
	cleanup(packer_free_pointer) struct packer *packer = packer_new();
	struct keyed_set *set;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(order); i++) {
		char configuration[32], environment[] = "{}\n";
		struct lambda_version version;

		snprintf(configuration, sizeof(configuration), "{ %zu }\n", i);
		version = version_of(configuration, environment);
		version.version = order[i];
		version.last_modified = (int64_t)(100 + i);
		assert_int_equal(version_builder_add(builder, packer, &version), 0);
	}
	set = version_builder_finish(builder, true, 5000);
	assert_int_equal(set->versions.count, array_count(wanted));
	for (i = 0; i < array_count(wanted); i++)
		assert_true(set->versions.entries[i].version == wanted[i]);
	assert_true(set->versions.newest == 3);
	assert_true(set->versions.last_modified == 105);
	opens_as(set->notes[3].value, "{ 3 }\n", "{}\n");
	assert_true(set->notes[0].expires_ms == 5000);
	assert_true(set->notes[1].expires_ms == INT64_MAX);
	assert_true(set->notes[4].expires_ms == 5000);
	keyed_set_unref(set);
}

static void an_unchanged_version_keeps_its_pack(void **state)
{
	cleanup(packer_free_pointer) struct packer *packer = packer_new();
	struct version_builder *builder = version_builder_new(1);
	char first[] = "{ 1 }\n", second[] = "{ 2 }\n", environment[] = "{}\n";
	struct lambda_version version = version_of(first, environment);
	struct keyed_set *before, *same, *changed;

	(void)state;
	version.version = 7;
	assert_int_equal(version_builder_add(builder, packer, &version), 0);
	before = version_builder_finish(builder, true, 0);
	builder->set = keyed_set_new(&versions_kind, 0, 2);
	builder->previous = before;
	assert_int_equal(version_builder_add(builder, packer, &version), 0);
	same = version_builder_finish(builder, true, 0);
	assert_ptr_equal(before->notes[0].value, same->notes[0].value);
	assert_true(keyed_sets_match(before, same));
	builder->set = keyed_set_new(&versions_kind, 0, 3);
	version.configuration = second;
	assert_int_equal(version_builder_add(builder, packer, &version), 0);
	changed = version_builder_finish(builder, true, 0);
	assert_ptr_not_equal(before->notes[0].value, changed->notes[0].value);
	assert_false(keyed_sets_match(before, changed));
	keyed_set_unref(same);
	keyed_set_unref(changed);
	version_builder_free(builder); /* and its reference to `before` */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packs_give_back_what_went_in),
		cmocka_unit_test(equal_fingerprints_mean_equal_documents),
		cmocka_unit_test(what_is_the_first_versions_costs_nothing),
		cmocka_unit_test(a_full_buffer_is_said),
		cmocka_unit_test(maps_find_what_was_added),
		cmocka_unit_test(every_circle_of_markers_is_found),
		cmocka_unit_test(a_list_has_a_longest_length),
		cmocka_unit_test(the_third_function_in_two_seconds_is_a_crawl),
		cmocka_unit_test(the_time_that_answers_take_does_not_count),
		cmocka_unit_test(a_crawl_must_be_worth_its_calls),
		cmocka_unit_test(of_two_entries_of_a_name_the_last_stays),
		cmocka_unit_test(of_each_key_what_is_newer_stays),
		cmocka_unit_test(the_oldest_mark_goes_first),
		cmocka_unit_test(versions_are_sorted_and_the_last_of_two_stays),
		cmocka_unit_test(an_unchanged_version_keeps_its_pack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
