/* SPDX-License-Identifier: MIT */
/*
 * Sections 2 and 3 of the contract, played against a real lambda-plane: what the calls are, and what is
 * shown meanwhile. Which requests make which write is test_remap's matter.
 */
#include "tests/unit/gesture_world.h"

static const struct gesture_place here = {.function = "hello"};
static const struct gesture_place in_1 = {.function = "hello", .in_version = true, .version = 1};
static const struct gesture_options usual = {.delete_grace_ms = 500};
static const struct gesture_options patient = {.delete_grace_ms = 600000};

/* A caller with a command line that is written with `|` for its NULs. */
static struct caller *caller_of(const char *program, const char *arguments)
{
	static struct caller caller;
	static char text[256];
	char *at;

	snprintf(text, sizeof(text), "%s", arguments);
	for (at = text; *at; at++)
		if (*at == '|')
			*at = '\0';
	caller = (struct caller){.thread = 10,
		.process = 10,
		.command_line = text,
		.command_line_length = strlen(arguments)};
	snprintf(caller.program, sizeof(caller.program), "%s", program);
	return &caller;
}

static struct caller *tool(void)
{
	return caller_of("tool", "tool|");
}

static int do_symlink_in(struct world *world, const struct caller *caller,
	const struct gesture_place *place, const char *name, const char *target)
{
	struct gesture_entry entry;

	return -gesture_symlink(
		world->gestures, &world->scope, caller, place, name, target, &entry, &world->error);
}

static int do_symlink(struct world *world, const char *name, const char *target)
{
	return do_symlink_in(world, tool(), &here, name, target);
}

static int do_rename(
	struct world *world, const char *name, const char *new_name, unsigned int flags)
{
	return -gesture_rename(world->gestures, &world->scope, tool(), &here, name, &here, new_name,
		flags, &world->error);
}

static int do_unlink(struct world *world, const char *name)
{
	return -gesture_unlink(world->gestures, &world->scope, tool(), &here, name, &world->error);
}

static int settle(struct world *world)
{
	return -gesture_settle(world->gestures, &world->scope, "hello", &world->error);
}

static void look_up(struct world *world, const char *name, struct gesture_entry *entry)
{
	assert_int_equal(
		gesture_lookup(world->gestures, &world->scope, "hello", name, entry, &world->error),
		0);
}

static bool shows(struct world *world, const char *name)
{
	struct gesture_entry entry;

	look_up(world, name, &entry);
	return entry.kind != GESTURE_NOTHING;
}

static void assert_reads(struct world *world, const char *name, const char *expected)
{
	cleanup(buffer_release) struct buffer target = BUFFER_INIT(8192);
	struct gesture_entry entry;

	assert_int_equal(gesture_readlink(world->gestures, &world->scope, tool(), "hello", name,
				 &target, &world->error),
		0);
	assert_string_equal(buffer_text(&target), expected);
	look_up(world, name, &entry);
	assert_int_equal(entry.target_length, strlen(expected));
}

static int add_name(void *data, const char *name, enum gesture_kind kind, uint64_t version)
{
	assert_true(kind == GESTURE_ALIAS || kind == GESTURE_WEIGHT);
	return buffer_appendf(data, "%s>%d ", name, (int)version);
}

static void assert_listing(struct world *world, const char *expected)
{
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(8192);
	int64_t expires_ms;

	assert_int_equal(gesture_list(world->gestures, &world->scope, "hello", add_name, &names,
				 &expires_ms, &world->error),
		0);
	assert_string_equal(buffer_text(&names), expected);
}

/* Waits for the writes of what happens behind everybody's back. */
static void await_writes(struct world *world, const char *expected)
{
	int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
	const char *writes;

	do {
		writes = list_writes(world);
		if (*writes)
			break;
		usleep(5000);
	} while (clock_monotonic_ms() < deadline_ms);
	assert_string_equal(writes, expected);
}

static void await_shown(struct world *world, const char *name)
{
	int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;

	while (!shows(world, name) && clock_monotonic_ms() < deadline_ms)
		usleep(5000);
	assert_true(shows(world, name));
}

static void await_failure(struct world *world, const char *expected)
{
	int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
	bool came = false;

	while (!came && clock_monotonic_ms() < deadline_ms) {
		pthread_mutex_lock(&world->mutex);
		came = world->failures.length > 0;
		if (came)
			assert_string_equal(buffer_text(&world->failures), expected);
		buffer_reset(&world->failures);
		pthread_mutex_unlock(&world->mutex);
		usleep(5000);
	}
	assert_true(came);
}

/* --- what is shown --- */

/* semantics(2.3.8, 3.0.12, 3.3.1) */
static void aliases_and_weights_are_shown_as_links(void **state)
{
	struct gesture_entry entry;
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 PROD>1 ");
	assert_reads(&world, "PROD", "1");
	assert_reads(&world, "CANARY%10", "3");
	assert_reads(&world, ".newest", "3");
	look_up(&world, "PROD", &entry);
	assert_int_equal(entry.kind, GESTURE_ALIAS);
	assert_true(entry.expires_ms > clock_monotonic_ms());
	assert_false(shows(&world, "CANARY%20"));
	assert_false(shows(&world, "CANARY%10.0"));
	assert_false(shows(&world, "PROD%10"));
	assert_false(shows(&world, "NONE"));
	assert_false(shows(&world, ".aliases"));
	assert_false(shows(&world, "1/configuration.json"));
	stop(&world);
}

/* semantics(3.0.18) */
static void a_missing_function_is_no_empty_directory(void **state)
{
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(8192);
	struct gesture_entry entry;
	struct world world;
	int64_t expires_ms;

	(void)state;
	start(&world, &usual);
	assert_int_equal(gesture_list(world.gestures, &world.scope, "none", add_name, &names,
				 &expires_ms, &world.error),
		-ENOENT);
	plane_stop(world.plane);
	world.plane = NULL;
	catalog_refresh(world.catalog);
	assert_int_equal(
		gesture_lookup(world.gestures, &world.scope, "hello", "PROD", &entry, &world.error),
		-ECONNREFUSED);
	assert_int_equal(gesture_list(world.gestures, &world.scope, "hello", add_name, &names,
				 &expires_ms, &world.error),
		-ECONNREFUSED);
	assert_string_equal(buffer_text(&names), "");
	stop(&world);
}

/* --- one update --- */

/* semantics(2.0.1, 2.0.2, 2.0.13, 2.2.1, 2.4.1) */
static void a_remap_is_one_call(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_reads(&world, "PROD", "1");
	forget_calls(&world);
	assert_int_equal(do_symlink(&world, ".PROD.1", "2"), 0);
	assert_reads(&world, ".PROD.1", "2");
	assert_int_equal(do_rename(&world, ".PROD.1", "PROD", 0), 0);
	assert_writes(&world, "UpdateAlias PROD>2");
	assert_reads(&world, "PROD", "2");
	assert_false(shows(&world, ".PROD.1"));
	assert_int_equal(count_calls(&world, "UpdateAlias"), 1);
	assert_int_equal(count_calls(&world, "GetAlias"), 0);
	assert_int_equal(count_calls(&world, "ListAliases"), 0);

	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_false(shows(&world, "PROD"));
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 ");
	assert_int_equal(do_symlink(&world, "PROD", "3"), 0);
	assert_reads(&world, "PROD", "3");
	assert_writes(&world, "UpdateAlias PROD>3");
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "");
	assert_alias(&world, "PROD", "3 'live'");
	stop(&world);
}

/* semantics(2.0.8) */
static void a_remap_ends_a_canary_in_the_same_call(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_int_equal(do_symlink(&world, ".x", "1"), 0);
	assert_int_equal(do_rename(&world, ".x", "CANARY", 0), 0);
	assert_writes(&world, "UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1 'bird'");
	assert_false(shows(&world, "CANARY%10"));
	assert_true(world.shown_changes > 0);
	stop(&world);
}

/* semantics(2.0.9, 2.0.10) */
static void a_remap_to_where_it_points_is_confirmed_by_one_get(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_reads(&world, "PROD", "1");
	forget_calls(&world);
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_symlink(&world, "PROD", "1"), 0);
	assert_writes(&world, "");
	assert_int_equal(count_calls(&world, "GetAlias"), 1);
	assert_int_equal(count_calls(&world, "UpdateAlias"), 0);
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "");

	write_by_hand(&world, "PUT", FUNCTION "/aliases/PROD", "{\"FunctionVersion\":\"3\"}");
	assert_int_equal(do_symlink(&world, ".x", "1"), 0);
	assert_int_equal(do_rename(&world, ".x", "PROD", 0), EREMCHG);
	assert_reads(&world, "PROD", "3");
	assert_writes(&world, "UpdateAlias PROD>3"); /* the colleague's */
	stop(&world);
}

/* semantics(2.0.11) */
static void a_colleagues_change_is_not_overwritten(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_reads(&world, "PROD", "1");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/PROD", "{\"FunctionVersion\":\"3\"}");
	assert_writes(&world, "UpdateAlias PROD>3");
	assert_int_equal(do_symlink(&world, ".x", "2"), 0);
	assert_int_equal(do_rename(&world, ".x", "PROD", 0), EREMCHG);
	assert_int_equal(world.error.status, LAMBDA_REVISION_CHANGED);
	assert_reads(&world, "PROD", "3");
	assert_int_equal(do_rename(&world, ".x", "PROD", 0), 0); /* now it is known */
	assert_writes(&world, "UpdateAlias PROD>2");

	assert_int_equal(do_unlink(&world, "PROD"), 0);
	write_by_hand(&world, "PUT", FUNCTION "/aliases/PROD", "{\"FunctionVersion\":\"1\"}");
	list_writes(&world);
	assert_int_equal(do_symlink(&world, "PROD", "3"), EREMCHG);
	assert_reads(&world, "PROD", "1");
	assert_writes(&world, "");
	stop(&world);
}

/* semantics(2.3.3, 2.3.4) */
static void targets_by_name_are_read_afresh(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_reads(&world, "BETA", "2");
	assert_reads(&world, ".newest", "3");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/BETA", "{\"FunctionVersion\":\"3\"}");
	write_by_hand(&world, "PUT", FUNCTION "/configuration", "{\"Description\":\"4\"}");
	write_by_hand(&world, "POST", FUNCTION "/versions", "{}");
	list_writes(&world);
	assert_int_equal(do_symlink(&world, ".x", "BETA"), 0);
	assert_int_equal(do_rename(&world, ".x", "PROD", 0), 0);
	assert_writes(&world, "UpdateAlias PROD>3");
	assert_int_equal(do_symlink(&world, ".x", ".newest"), 0);
	assert_int_equal(do_rename(&world, ".x", "PROD", 0), 0);
	assert_writes(&world, "UpdateAlias PROD>4");
	write_by_hand(&world, "PUT", FUNCTION "/configuration", "{\"Description\":\"5\"}");
	write_by_hand(&world, "POST", FUNCTION "/versions", "{}");
	list_writes(&world);
	assert_int_equal(do_symlink(&world, ".x", "5"), 0); /* published a moment ago elsewhere */
	assert_int_equal(do_rename(&world, ".x", "PROD", 0), 0);
	assert_writes(&world, "UpdateAlias PROD>5");
	stop(&world);
}

/* semantics(2.1.1, 2.1.2, 2.1.4) */
static void through_an_alias(void **state)
{
	const char *forced = "ln|-sf|2|PROD|", *unforced = "ln|-s|2|PROD|";
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_int_equal(do_symlink_in(&world, caller_of("ln", forced), &in_1, "2", "2"), EROFS);
	assert_reads(&world, "PROD", "1");
	assert_int_equal(do_symlink_in(&world, caller_of("ln", unforced), &in_1, "2", "2"), EEXIST);
	assert_int_equal(do_symlink_in(&world, caller_of("ln", forced), &in_1, "2", "2"), 0);
	assert_writes(&world, "UpdateAlias PROD>2");
	assert_reads(&world, "PROD", "2");

	assert_reads(&world, "CANARY", "1");
	assert_int_equal(do_symlink_in(&world, caller_of("toybox", "toybox|ln|-sf|2|CANARY|"),
				 &in_1, "2_a1B2c3", "2"),
		0);
	assert_reads(&world, "1/2_a1B2c3", "2");
	assert_false(shows(&world, "2/2_a1B2c3"));
	assert_int_equal(gesture_rename(world.gestures, &world.scope, tool(), &in_1, "2_a1B2c3",
				 &in_1, "2", 0, &world.error),
		0);
	assert_writes(&world, "UpdateAlias CANARY>2");
	assert_false(shows(&world, "1/2_a1B2c3"));
	stop(&world);
}

/* --- failures --- */

/* semantics(2.0.12, 2.4.3, 2.4.4, 2.4.17) */
static void a_failed_replace_leaves_the_alias(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_symlink(&world, "PROD", "99"), ENOENT);
	assert_reads(&world, "PROD", "1");
	assert_int_equal(do_unlink(&world, "PROD"), EPERM); /* not once more by the same process */
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(
		gesture_create_refused(world.gestures, tool(), &here, "PROD", &world.error),
		-EPERM);
	assert_reads(&world, "PROD", "1");
	assert_int_equal(do_unlink(&world, "BETA"), 0);
	assert_int_equal(do_symlink(&world, "BETA", "../other/1"), EINVAL);
	assert_reads(&world, "BETA", "2");
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	plane_stop(world.plane);
	world.plane = NULL;
	assert_int_equal(do_symlink(&world, "PROD", "2"), ECONNREFUSED);
	start_plane(&world);
	assert_reads(&world, "PROD", "1");
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "");
	stop(&world);
}

/* semantics(2.4.8) */
static void what_cannot_be_done_at_the_end_brings_the_name_back(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	plane_stop(world.plane);
	world.plane = NULL;
	assert_int_equal(settle(&world), ECONNREFUSED);
	await_failure(&world, "DeleteAlias PROD; UpdateAlias CANARY%10; ");
	start_plane(&world);
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 PROD>1 ");
	assert_writes(&world, "");
	stop(&world);
}

/* --- graces --- */

/* semantics(2.4.1, 2.4.2) */
static void graces_end_by_themselves(void **state)
{
	struct world world;

	(void)state;
	start(&world, &(struct gesture_options){.delete_grace_ms = 20});
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	await_writes(&world, "DeleteAlias PROD");
	assert_false(shows(&world, "PROD"));
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	await_writes(&world, "UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1 'bird'");
	stop(&world);
}

/* semantics(2.4.6) */
static void a_change_in_the_grace_keeps_the_alias(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	write_by_hand(&world, "PUT", FUNCTION "/aliases/PROD", "{\"Description\":\"mine\"}");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/CANARY", "{\"Description\":\"mine\"}");
	list_writes(&world);
	assert_int_equal(settle(&world), EREMCHG);
	await_failure(&world, "DeleteAlias PROD; UpdateAlias CANARY%10; ");
	assert_writes(&world, "");
	assert_reads(&world, "PROD", "1");
	assert_reads(&world, "CANARY%10", "3");
	stop(&world);
}

/* semantics(2.4.9) */
static void all_is_done_at_the_end_of_the_mount(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_symlink(&world, "Customer", "2"), 0); /* held */
	assert_writes(&world, "");
	gestures_free(world.gestures, clock_monotonic_ms() + PATIENCE_MS);
	world.gestures = NULL;
	assert_writes(&world, "DeleteAlias PROD; CreateAlias Customer>2");
	stop(&world);
}

/* semantics(2.4.11) */
static void dependent_gestures_wait_for_the_end(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "BETA"), 0);
	assert_int_equal(do_symlink(&world, "NEW", "BETA"), ENOENT);
	assert_writes(&world, "DeleteAlias BETA");
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_symlink(&world, "PROD%10", "3"), ENOENT);
	assert_writes(&world, "DeleteAlias PROD");
	stop(&world);
}

/* semantics(2.4.12) */
static void without_a_grace_all_is_done_at_once(void **state)
{
	struct world world;

	(void)state;
	start(&world, &(struct gesture_options){.delete_grace_ms = 0});
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_writes(&world, "DeleteAlias PROD");
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	assert_writes(&world, "UpdateAlias CANARY>1");
	assert_reads(&world, "BETA", "2");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/BETA", "{\"Description\":\"mine\"}");
	list_writes(&world);
	assert_int_equal(
		do_unlink(&world, "BETA"), EREMCHG); /* never ENOENT: rm -f would hide it */
	assert_int_equal(do_rename(&world, "BETA", "LIVE", 0), 0);
	assert_writes(&world, "CreateAlias LIVE>2; DeleteAlias BETA");
	stop(&world);
}

/* semantics(2.2.2, 2.2.5, 2.2.11) */
static void held_names_become_aliases(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_int_equal(do_symlink(&world, "Customer", "2"), 0);
	assert_reads(&world, "Customer", "2");
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 PROD>1 ");
	assert_writes(&world, "");
	await_writes(&world, "CreateAlias Customer>2");
	await_shown(&world, "Customer");
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 Customer>2 PROD>1 ");
	assert_int_equal(do_symlink(&world, "Currency", "99"), 0);
	await_failure(&world, "CreateAlias Currency; ");
	assert_false(shows(&world, "Currency"));
	assert_writes(&world, "");
	stop(&world);
}

/* --- the other gestures --- */

/* semantics(2.4.10, 3.0.4, 3.0.5, 3.0.7, 3.0.8) */
static void moves_carry_everything_along(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_rename(&world, "CANARY", "LIVE", RENAME_NOREPLACE), 0);
	assert_writes(&world, "CreateAlias LIVE>1");
	assert_alias(&world, "LIVE", "1+3@0.1 'bird'");
	assert_reads(&world, "LIVE%10", "3");
	assert_false(shows(&world, "CANARY"));
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "DeleteAlias CANARY");
	assert_int_equal(
		do_rename(&world, "PROD", "LIVE", 0), 0); /* made by mv: a standing alias */
	assert_writes(&world, "UpdateAlias LIVE>1");
	assert_alias(&world, "LIVE", "1 'live'");
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "DeleteAlias PROD");
	assert_int_equal(do_rename(&world, "LIVE", "LIVE.old", 0), EPERM);
	assert_int_equal(
		gesture_rename(world.gestures, &world.scope, tool(), &here, "LIVE",
			&(struct gesture_place){.function = "other"}, "LIVE", 0, &world.error),
		-EPERM);
	stop(&world);
}

/* semantics(2.0.5, 2.0.6) */
static void an_exchange_is_two_updates_or_none(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_reads(&world, "PROD", "1");
	assert_int_equal(do_rename(&world, "CANARY", "PROD", RENAME_EXCHANGE), 0);
	assert_writes(&world, "UpdateAlias CANARY>1; UpdateAlias PROD>1");
	assert_alias(&world, "CANARY", "1 'live'");
	assert_alias(&world, "PROD", "1+3@0.1 'bird'");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/BETA", "{\"FunctionVersion\":\"3\"}");
	list_writes(&world);
	assert_int_equal(do_rename(&world, "PROD", "BETA", RENAME_EXCHANGE), EREMCHG);
	assert_alias(&world, "PROD", "1+3@0.1 'bird'");
	assert_alias(&world, "BETA", "3 ''");
	assert_reads(&world, "BETA", "3");
	stop(&world);
}

/* semantics(2.0.7) */
static void an_exchange_with_a_link_leaves_where_the_alias_was(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_int_equal(do_symlink(&world, "PROD.new", "2"), 0);
	assert_int_equal(do_rename(&world, "PROD.new", "PROD", RENAME_EXCHANGE), 0);
	assert_writes(&world, "UpdateAlias PROD>2");
	assert_reads(&world, "PROD", "2");
	assert_reads(&world, "PROD.new", "1");
	assert_int_equal(do_rename(&world, "PROD", "PROD.new", RENAME_EXCHANGE), 0);
	assert_writes(&world, "UpdateAlias PROD>1");
	assert_reads(&world, "PROD.new", "2");
	stop(&world);
}

/* semantics(3.3.1, 3.3.2, 3.3.5, 3.3.6, 3.3.7) */
static void weights_are_links(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_symlink(&world, "PROD%33.3", "3"), 0);
	assert_writes(&world, "UpdateAlias PROD>1");
	assert_alias(&world, "PROD", "1+3@0.333 'live'");
	assert_reads(&world, "PROD%33.3", "3");
	assert_int_equal(do_rename(&world, "PROD%33.3", "PROD%50", 0), 0);
	assert_alias(&world, "PROD", "1+3@0.5 'live'");
	assert_int_equal(do_symlink(&world, "PROD%25", "2"), 0);
	assert_alias(&world, "PROD", "1+2@0.25 'live'");
	assert_false(shows(&world, "PROD%50"));
	list_writes(&world);
	assert_int_equal(do_unlink(&world, "PROD%25"), 0);
	assert_int_equal(do_symlink(&world, "PROD%25", "2"), 0);
	assert_writes(&world, "");
	assert_int_equal(
		do_symlink(&world, "PROD%10", "1"), EINVAL); /* AWS: both the same version */
	assert_int_equal(do_rename(&world, "PROD%25", "PROD", 0), 0);
	assert_writes(&world, "UpdateAlias PROD>2");
	assert_alias(&world, "PROD", "2 'live'");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/PROD",
		"{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"3\":0.30000000000000004}}}");
	catalog_refresh(world.catalog);
	assert_reads(&world, "PROD%30.000000000000004", "3");
	stop(&world);
}

/* semantics(2.4.7) */
static void a_weight_called_off_survives_our_own_description(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "CANARY", "tweet", &world.error),
		0);
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "UpdateAlias CANARY>1; UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1 'tweet'");
	stop(&world);
}

/* semantics(3.0.16, 3.0.17) */
static void descriptions_leave_the_rest_alone(void **state)
{
	char text[LAMBDA_DESCRIPTION_MAX * 2 + 3] = "";
	struct world world;
	size_t i;

	(void)state;
	start(&world, &patient);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "CANARY", "two\nlines", &world.error),
		0);
	assert_writes(&world, "UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1+3@0.1 'two\nlines'");
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "CANARY", "two\nlines", &world.error),
		0);
	assert_writes(&world, "");
	for (i = 0; i <= LAMBDA_DESCRIPTION_MAX; i++)
		memcpy(text + 2 * i, "\xc3\xa4", 3);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "CANARY", text, &world.error),
		-EFBIG);
	text[2 * LAMBDA_DESCRIPTION_MAX] = '\0';
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "CANARY", text, &world.error),
		0);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "CANARY", "\xff", &world.error),
		-EINVAL);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "NONE", "x", &world.error),
		-ENOENT);
	stop(&world);
}

/* semantics(3.0.10, 3.0.11) */
static void publishing_is_mkdir(void **state)
{
	struct world world;
	uint64_t version = 0;

	(void)state;
	start(&world, &usual);
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, tool(), &here, "+", &version,
				 &world.error),
		-EEXIST); /* nothing has changed */
	assert_writes(&world, "");
	write_by_hand(&world, "PUT", FUNCTION "/configuration", "{\"Timeout\":7}");
	list_writes(&world);
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, tool(), &here, "+fix login",
				 &version, &world.error),
		0);
	assert_int_equal(version, 4);
	assert_writes(&world, "PublishVersion ?>4");
	assert_reads(&world, ".newest", "4");
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, tool(), &here, "5", &version,
				 &world.error),
		-EPERM);
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, tool(), &in_1, "+", &version,
				 &world.error),
		-EROFS);
	stop(&world);
}

static int do_rmdir(struct world *world, const char *name)
{
	return -gesture_rmdir(world->gestures, &world->scope, tool(), &here, name, &world->error);
}

/* semantics(2.4.11, 3.0.13, 3.0.14, 3.0.15, 3.1.4) */
static void versions_are_deleted_only_where_that_was_allowed(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_int_equal(do_rmdir(&world, "1"), EROFS);
	stop(&world);

	start(&world,
		&(struct gesture_options){.delete_grace_ms = 600000, .allow_version_delete = true});
	assert_int_equal(do_rmdir(&world, "2"), EBUSY); /* BETA */
	assert_int_equal(do_rmdir(&world, "3"), EBUSY); /* CANARY's weight */
	assert_int_equal(do_unlink(&world, "BETA"), 0);
	assert_int_equal(do_rmdir(&world, "2"), 0);
	assert_writes(&world, "DeleteAlias BETA; DeleteFunction 2");
	assert_int_equal(do_rmdir(&world, "$LATEST"), EROFS);
	assert_int_equal(do_rmdir(&world, "3"), EROFS); /* guarded by the refusal before */
	stop(&world);
}

/* semantics(3.1.1, 3.1.2) */
static void recursive_removals_leave_everything(void **state)
{
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_int_equal(gesture_unlink(world.gestures, &world.scope, tool(), &in_1,
				 "configuration.json", &world.error),
		-EROFS);
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	assert_false(shows(&world, "PROD"));
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "");
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 PROD>1 ");
	stop(&world);
}

/* semantics(2.0.15) */
static void a_read_only_mount_changes_nothing(void **state)
{
	struct world world;
	uint64_t version;

	(void)state;
	start(&world, &(struct gesture_options){.read_only = true});
	assert_int_equal(do_symlink(&world, "NEW", "1"), EROFS);
	assert_int_equal(do_symlink(&world, "x.y", "1"), EROFS);
	assert_int_equal(do_unlink(&world, "PROD"), EROFS);
	assert_int_equal(do_rename(&world, "PROD", "LIVE", 0), EROFS);
	assert_int_equal(do_rmdir(&world, "1"), EROFS);
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, tool(), &here, "+", &version,
				 &world.error),
		-EROFS);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, tool(), "hello",
				 "PROD", "x", &world.error),
		-EROFS);
	assert_writes(&world, "");
	stop(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aliases_and_weights_are_shown_as_links),
		cmocka_unit_test(a_missing_function_is_no_empty_directory),
		cmocka_unit_test(a_remap_is_one_call),
		cmocka_unit_test(a_remap_ends_a_canary_in_the_same_call),
		cmocka_unit_test(a_remap_to_where_it_points_is_confirmed_by_one_get),
		cmocka_unit_test(a_colleagues_change_is_not_overwritten),
		cmocka_unit_test(targets_by_name_are_read_afresh),
		cmocka_unit_test(through_an_alias),
		cmocka_unit_test(a_failed_replace_leaves_the_alias),
		cmocka_unit_test(what_cannot_be_done_at_the_end_brings_the_name_back),
		cmocka_unit_test(graces_end_by_themselves),
		cmocka_unit_test(a_change_in_the_grace_keeps_the_alias),
		cmocka_unit_test(all_is_done_at_the_end_of_the_mount),
		cmocka_unit_test(dependent_gestures_wait_for_the_end),
		cmocka_unit_test(without_a_grace_all_is_done_at_once),
		cmocka_unit_test(held_names_become_aliases),
		cmocka_unit_test(moves_carry_everything_along),
		cmocka_unit_test(an_exchange_is_two_updates_or_none),
		cmocka_unit_test(an_exchange_with_a_link_leaves_where_the_alias_was),
		cmocka_unit_test(weights_are_links),
		cmocka_unit_test(a_weight_called_off_survives_our_own_description),
		cmocka_unit_test(descriptions_leave_the_rest_alone),
		cmocka_unit_test(publishing_is_mkdir),
		cmocka_unit_test(versions_are_deleted_only_where_that_was_allowed),
		cmocka_unit_test(recursive_removals_leave_everything),
		cmocka_unit_test(a_read_only_mount_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
