/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of gestures, of the table of inodes and of what is remembered beside it fails once. A
 * gesture that met it ends with ENOMEM and has changed nothing; made again it does what it should, by one
 * call of the API.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "fs/gesture/gesture.h"
#include "fs/settings/options.h"
#include "fs/tree/node.h"
#include "tests/unit/backend/catalog/catalog_fake_paused.h"

static struct call_scope scope;
static struct lambda_error error;
static struct catalog *catalog;
static struct gestures *gestures;
static const struct gesture_place in_hello = {.function = "hello"};

/* hello with versions 1 to 3, PROD -> 1 and BETA -> 2. Whether memory sufficed. */
static bool begin(void)
{
	const struct fake_options options = {.hook = pause_within};
	const struct catalog_options wanted = {.ttl_ms = 600000};
	/* No grace ends by itself, so that no other thread allocates. */
	const struct gesture_options rules = {.rules.delete_grace_ms = 600000,
		.rules.mountpoint = "/mnt",
		.mutation_timeout_ms = CALL_SCOPE_MUTATION_MS};
	int64_t now_ms = clock_monotonic_ms();

	allocator_pause(true);
	fake_begin(&options);
	fake_add_function("hello", 3);
	fake_set_alias("hello", "PROD", 1);
	fake_set_alias("hello", "BETA", 2);
	scope = (struct call_scope){now_ms + CALL_SCOPE_READ_MS, now_ms + CALL_SCOPE_MUTATION_MS};
	allocator_pause(false);
	catalog = catalog_new(NULL, &wanted);
	gestures = catalog ? gestures_new(catalog, &rules) : NULL;
	return gestures != NULL;
}

static void end(void)
{
	gestures_free(gestures, clock_monotonic_ms());
	catalog_free(catalog);
	allocator_pause(true);
	fake_end();
	allocator_pause(false);
}

/* The caller of a command line, as caller_read() would have it. */
static void call_by(struct caller *caller, const char *program, char *words, size_t length)
{
	*caller = (struct caller){
		.thread = 7, .process = 7, .command_line = words, .command_line_length = length};
	snprintf(caller->program, sizeof(caller->program), "%s", program);
}

/* The gesture succeeds, if need be the second time. */
#define STEADY(gesture)                                                                            \
	do {                                                                                       \
		int result_ = (gesture);                                                           \
		if (result_) {                                                                     \
			if (result_ != -ENOMEM)                                                    \
				fail_msg("%d %s", result_, error.message);                         \
			assert_true(allocator_has_failed());                                       \
			allocator_pause(false);                                                    \
			assert_int_equal((gesture), 0);                                            \
		}                                                                                  \
	} while (0)

static void see(const char *name, enum gesture_kind kind, uint64_t version)
{
	struct gesture_entry entry;

	STEADY(gesture_lookup(gestures, &scope, &in_hello, name, &entry, &error));
	assert_int_equal(entry.kind, kind);
	if (kind == GESTURE_ALIAS)
		assert_int_equal(entry.version, version);
}

static int count_entry(void *data, const char *name, enum gesture_kind kind, uint64_t version)
{
	size_t *count = data;

	(void)name;
	(void)kind;
	(void)version;
	++*count;
	return 0;
}

static void see_names(size_t expected)
{
	int64_t expires_ms;
	size_t count = 0;

	STEADY((count = 0,
		gesture_list(gestures, &scope, "hello", count_entry, &count, &expires_ms, &error)));
	assert_int_equal(count, expected);
}

/* GNU ln -sfn, then a new alias. */
static int scene_links(void)
{
	static char ln[] = "ln\0-sfnT\0002\0hello/PROD", plain[] = "ln\0-s\0003\0hello/LIVE";
	struct caller caller;
	size_t length;
	bool begun = begin();

	if (begun) {
		see_names(2);
		call_by(&caller, "ln", ln, sizeof(ln));
		STEADY(gesture_symlink(
			gestures, &scope, &caller, &in_hello, "CuAbC123", "2", &length, &error));
		STEADY(gesture_rename(gestures, &scope, &caller,
			&(struct gesture_move){&in_hello, "CuAbC123", &in_hello, "PROD", 0},
			&error));
		see("PROD", GESTURE_ALIAS, 2);
		call_by(&caller, "ln", plain, sizeof(plain));
		STEADY(gesture_symlink(
			gestures, &scope, &caller, &in_hello, "LIVE", "3", &length, &error));
		see("LIVE", GESTURE_ALIAS, 3);
		see_names(3);
		assert_int_equal(fake_count(FAKE_UPDATE_ALIAS), 1);
		assert_int_equal(fake_count(FAKE_CREATE_ALIAS), 1);
	}
	end();
	return begun ? 0 : -1;
}

/* A delete that fails brings the name back (contract 2.4): it is removed again then. */
static void remove_beta(const struct caller *caller)
{
	STEADY(gesture_unlink(gestures, &scope, caller, &in_hello, "BETA", &error));
	see("BETA", GESTURE_NOTHING, 0);
	if (gesture_settle(gestures, &scope, "hello", &error)) {
		assert_true(allocator_has_failed());
		allocator_pause(false);
		see("BETA", GESTURE_ALIAS, 2);
		assert_int_equal(
			gesture_unlink(gestures, &scope, caller, &in_hello, "BETA", &error), 0);
		assert_int_equal(gesture_settle(gestures, &scope, "hello", &error), 0);
	}
}

/* rm, and what is pending at the end; a description; a version. */
static int scene_others(void)
{
	static char words[] = "rm\0hello/BETA";
	cleanup(buffer_release) struct buffer target = BUFFER_INIT(4096);
	struct caller caller;
	uint64_t published;
	bool begun = begin();

	if (begun) {
		call_by(&caller, "rm", words, sizeof(words));
		STEADY((buffer_reset(&target), gesture_readlink(gestures, &scope, caller.thread,
						       &in_hello, "BETA", &target, &error)));
		assert_string_equal(buffer_text(&target), "2");
		remove_beta(&caller);
		see_names(1);
		STEADY(gesture_set_description(
			gestures, &scope, "hello", "PROD", "new words", &error));
		allocator_pause(true);
		fake_touch("hello");
		allocator_pause(false);
		STEADY(gesture_mkdir(gestures, &scope, &in_hello, "+", NULL, &published, &error));
		assert_int_equal(published, 4);
		assert_int_equal(fake_count(FAKE_DELETE_ALIAS), 1);
		assert_int_equal(fake_count(FAKE_UPDATE_ALIAS), 1);
		assert_int_equal(fake_count(FAKE_PUBLISH), 1);
	}
	end();
	return begun ? 0 : -1;
}

static int scene_nodes(void)
{
	struct node_table *table = node_table_new();
	struct node node, moved, found;
	uint64_t inode = 0;

	if (!table)
		return -1;
	node_make(&node, NODE_LINK, "hello", 0, "PROD");
	node_make(&moved, NODE_LINK, "hello", 0, "LIVE");
	inode = node_table_remember(table, &node);
	if (!inode)
		inode = node_table_remember(table, &node);
	assert_int_equal(inode, node_inode(&node));
	node_table_renamed(table, &node, &moved);
	assert_true(node_table_find(table, inode, &found));
	node_table_forget(table, inode, 1);
	assert_int_equal(node_table_count(table), 0);
	node_table_free(table);
	return 0;
}

static int scene_options(void)
{
	char *const arguments[] = {(char[]){"aws:eu-west-1"}, (char[]){"/mnt"}, (char[]){"-o"},
		(char[]){"ttl=7,protect=PROD:LIVE,noatime"}};
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(4096);
	cleanup(options_release) struct options options = OPTIONS_INIT;
	int result = options_parse(
		(int)array_count(arguments), (char **)(uintptr_t)arguments, &options, &message);

	if (!result)
		assert_string_equal(options.mountpoint, "/mnt");
	return result;
}

SWEEP(links);
SWEEP(others);
SWEEP(nodes);
SWEEP(options);

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_links),
		cmocka_unit_test(sweep_others),
		cmocka_unit_test(sweep_nodes),
		cmocka_unit_test(sweep_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
