/* SPDX-License-Identifier: MIT */
/*
 * Section 2 of the contract, played against a real lambda-plane: which calls are made, and which links are visible
 * meanwhile. Which requests make which write is test_remap's matter.
 */
#include "tests/unit/fs/gesture/gesture_world.h"

/* --- visible links --- */

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
	look_up_in(&world, &here, "PROD", &entry);
	assert_int_equal(entry.kind, GESTURE_ALIAS);
	assert_true(entry.expires_ms > clock_monotonic_ms());
	assert_false(shows(&world, "CANARY%20"));
	assert_false(shows(&world, "CANARY%10.0"));
	assert_false(shows(&world, "PROD%10"));
	assert_false(shows(&world, "NONE"));
	assert_false(shows(&world, ".aliases"));
	assert_false(shows(&world, "1/configuration.json"));
	stop_world(&world);
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
		gesture_lookup(world.gestures, &world.scope, &here, "PROD", &entry, &world.error),
		-ECONNREFUSED);
	assert_int_equal(gesture_list(world.gestures, &world.scope, "hello", add_name, &names,
				 &expires_ms, &world.error),
		-ECONNREFUSED);
	assert_string_equal(buffer_text(&names), "");
	stop_world(&world);
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
	stop_world(&world);
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
	stop_world(&world);
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
	stop_world(&world);
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
	stop_world(&world);
}

/* A colleague writes what the alias says already, so that only its revision changes, as with AddPermission. */
static void change_revision_alone(struct world *world, const char *alias, const char *body)
{
	char path[256];

	snprintf(path, sizeof(path), FUNCTION "/aliases/%s", alias);
	write_by_hand(world, "PUT", path, body);
	list_writes(world);
}

/* semantics(2.0.11, 2.4.2, 2.4.6, 2.4.7) */
static void a_permission_given_meanwhile_does_not_hinder(void **state)
{
	const char *canary = "{\"FunctionVersion\":\"1\"}";
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_reads(&world, "PROD", "1");
	change_revision_alone(&world, "PROD", "{\"FunctionVersion\":\"1\"}");
	forget_calls(&world);
	assert_int_equal(do_symlink(&world, ".x", "2"), 0);
	assert_int_equal(do_rename(&world, ".x", "PROD", 0), 0);
	assert_writes(&world, "UpdateAlias PROD>2");
	assert_int_equal(count_calls(&world, "UpdateAlias"), 2);
	assert_int_equal(count_calls(&world, "GetAlias"), 1);

	assert_int_equal(do_unlink(&world, "PROD"), 0);
	change_revision_alone(&world, "PROD", "{\"FunctionVersion\":\"2\"}");
	assert_int_equal(do_symlink(&world, "PROD", "3"), 0);
	assert_writes(&world, "UpdateAlias PROD>3");
	assert_alias(&world, "PROD", "3 'live'");

	/* A weight that is hidden goes, also after a description that this mount writes. */
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	change_revision_alone(&world, "CANARY", canary);
	assert_int_equal(-gesture_set_description(world.gestures, &world.scope, "hello", "CANARY",
				 "ours", &world.error),
		0);
	change_revision_alone(&world, "CANARY", canary);
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1 'ours'");

	/* An exchange compares both. */
	change_revision_alone(&world, "PROD", "{\"FunctionVersion\":\"3\"}");
	change_revision_alone(&world, "CANARY", canary);
	assert_int_equal(do_rename(&world, "PROD", "CANARY", RENAME_EXCHANGE), 0);
	assert_writes(&world, "UpdateAlias PROD>1; UpdateAlias CANARY>3");

	/* But a removal takes the permission along: it is not made. */
	assert_int_equal(do_unlink(&world, "BETA"), 0);
	change_revision_alone(&world, "BETA", "{\"FunctionVersion\":\"2\"}");
	assert_int_equal(settle(&world), EREMCHG);
	assert_writes(&world, "");
	assert_reads(&world, "BETA", "2");
	stop_world(&world);
}

/* semantics(3.0.4, 3.0.5, 3.3.8) */
static void what_is_moved_is_what_was_shown(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 PROD>1 ");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/BETA", "{\"FunctionVersion\":\"3\"}");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/CANARY", "{\"Description\":\"theirs\"}");
	list_writes(&world);
	assert_int_equal(do_rename(&world, "BETA", "PROD", 0), EREMCHG);
	assert_reads(&world, "BETA", "3");
	assert_int_equal(do_rename(&world, "CANARY", "LIVE", 0), EREMCHG);
	assert_writes(&world, "");
	assert_false(shows(&world, "LIVE"));

	/* Seen, it can be moved; a permission is not seen. */
	change_revision_alone(&world, "BETA", "{\"FunctionVersion\":\"3\"}");
	forget_calls(&world);
	assert_int_equal(do_rename(&world, "BETA", "PROD", 0), 0);
	assert_int_equal(count_calls(&world, "GetAlias"), 1);
	assert_int_equal(do_rename(&world, "CANARY", "LIVE", 0), 0);
	assert_int_equal(settle(&world), 0);
	assert_writes(&world,
		"UpdateAlias PROD>3; CreateAlias LIVE>1; DeleteAlias BETA; DeleteAlias CANARY");
	assert_alias(&world, "LIVE", "1+3@0.1 'theirs'");

	/* A weight that is moved onto another alias. */
	assert_reads(&world, "LIVE%10", "3");
	write_by_hand(&world, "PUT", FUNCTION "/aliases/LIVE",
		"{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0.1}}}");
	list_writes(&world);
	assert_int_equal(do_rename(&world, "LIVE%10", "PROD%10", 0), EREMCHG);
	assert_reads(&world, "LIVE%10", "2");
	assert_int_equal(do_rename(&world, "LIVE%10", "PROD%10", 0), 0);
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "UpdateAlias PROD>3; UpdateAlias LIVE>1");
	assert_alias(&world, "PROD", "3+2@0.1 ''");

	/* Gone meanwhile. */
	write_by_hand(&world, "DELETE", FUNCTION "/aliases/LIVE", "");
	list_writes(&world);
	assert_int_equal(do_rename(&world, "LIVE", "PROD", 0), EREMCHG);
	assert_writes(&world, "");
	assert_alias(&world, "PROD", "3+2@0.1 ''");
	stop_world(&world);
}

/* semantics(2.1.6, 3.0.6) */
static void what_a_colleague_made_anew_is_not_ours_to_move(void **state)
{
	const char *typed = "ln|-s|1|NEW|";
	struct world world;

	(void)state;
	start(&world, &usual);
	assert_int_equal(do_symlink_in(&world, caller_of("ln", typed), &here, "NEW", "1"), 0);
	write_by_hand(&world, "DELETE", FUNCTION "/aliases/NEW", "");
	write_by_hand(&world, "POST", FUNCTION "/aliases",
		"{\"Name\":\"NEW\",\"FunctionVersion\":\"1\"}");
	list_writes(&world);
	assert_reads(&world, "PROD", "1");
	assert_int_equal(
		-gesture_rename(world.gestures, &world.scope, tool(),
			&(struct gesture_move){&here, "NEW", &in_1, "NEW", 0}, &world.error),
		EROFS); /* it says the same, but it is not the same */
	write_by_hand(&world, "PUT", FUNCTION "/aliases/NEW",
		"{\"FunctionVersion\":\"3\",\"Description\":\"theirs\"}");
	list_writes(&world);
	catalog_refresh(world.catalog);
	assert_reads(&world, "PROD", "1");
	assert_int_equal(
		-gesture_rename(world.gestures, &world.scope, tool(),
			&(struct gesture_move){&here, "NEW", &in_1, "NEW", 0}, &world.error),
		EROFS);
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "");
	assert_alias(&world, "NEW", "3 'theirs'");
	assert_alias(&world, "PROD", "1 'live'");
	stop_world(&world);
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
	stop_world(&world);
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
	assert_reads_in(&world, &in_1, "2_a1B2c3", "2");
	assert_false(shows_in(&world, &in_2, "2_a1B2c3"));
	assert_int_equal(
		gesture_rename(world.gestures, &world.scope, tool(),
			&(struct gesture_move){&in_1, "2_a1B2c3", &in_1, "2", 0}, &world.error),
		0);
	assert_writes(&world, "UpdateAlias CANARY>2");
	assert_false(shows_in(&world, &in_1, "2_a1B2c3"));
	stop_world(&world);
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
	assert_int_equal(gesture_create_refused(&here, &world.error), -EPERM);
	gesture_note_failed_change(world.gestures, tool(), &here, "PROD");
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
	stop_world(&world);
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
	stop_world(&world);
}

/* --- graces --- */

/* semantics(2.4.1, 2.4.2) */
static void graces_end_by_themselves(void **state)
{
	struct world world;

	(void)state;
	start(&world, &(struct gesture_options){.rules.delete_grace_ms = 20});
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	await_writes(&world, "DeleteAlias PROD");
	assert_false(shows(&world, "PROD"));
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	await_writes(&world, "UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1 'bird'");
	stop_world(&world);
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
	stop_world(&world);
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
	assert_writes(&world, "CreateAlias Customer>2; DeleteAlias PROD");
	stop_world(&world);
}

/* semantics(2.4.8, 2.4.9): one failure keeps none of the others from being done */
static void the_end_of_the_mount_does_what_it_can(void **state)
{
	char path[256], name[32];
	struct world world;
	int i;

	(void)state;
	start(&world, &patient);
	for (i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "{\"Name\":\"old%d\",\"FunctionVersion\":\"1\"}", i);
		write_by_hand(&world, "POST", FUNCTION "/aliases", path);
	}
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "old%d", i);
		assert_int_equal(do_unlink(&world, name), 0);
	}
	write_by_hand(&world, "PUT", FUNCTION "/aliases/old7", "{\"FunctionVersion\":\"2\"}");
	assert_int_equal(-gesture_end(world.gestures, &world.error), EREMCHG);
	await_failure(&world, "DeleteAlias old7; ");
	assert_int_equal(gesture_count(world.gestures).tombstones, 0);
	assert_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 PROD>1 old7>2 ");
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "old%d", i);
		assert_alias(&world, name, i == 7 ? "2 ''" : "none");
	}
	stop_world(&world);
}

/* semantics(2.4.8): at the end of the mount too, when there is no time left */
static void what_is_not_done_at_the_end_is_told(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "PROD"), 0);
	assert_int_equal(do_unlink(&world, "BETA"), 0);
	gestures_free(world.gestures, clock_monotonic_ms());
	world.gestures = NULL;
	await_failure(&world, "DeleteAlias PROD; DeleteAlias BETA; ");
	assert_writes(&world, "");
	stop_world(&world);
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
	stop_world(&world);
}

/* semantics(2.4.12) */
static void without_a_grace_all_is_done_at_once(void **state)
{
	struct world world;

	(void)state;
	start(&world, &(struct gesture_options){.rules.delete_grace_ms = 0});
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
	stop_world(&world);
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
	await_listing(&world, "BETA>2 CANARY>1 CANARY%10>3 Customer>2 PROD>1 ");
	assert_int_equal(do_symlink(&world, "Currency", "99"), ENOENT);
	assert_false(shows(&world, "Currency"));
	assert_int_equal(do_symlink(&world, "Currency", "3"), 0);
	write_by_hand(&world, "POST", FUNCTION "/aliases",
		"{\"Name\":\"Currency\",\"FunctionVersion\":\"1\"}");
	await_failure(&world, "CreateAlias Currency; ");
	assert_reads(&world, "Currency", "1");
	assert_writes(&world, "CreateAlias Currency>1");
	stop_world(&world);
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
		cmocka_unit_test(a_permission_given_meanwhile_does_not_hinder),
		cmocka_unit_test(what_is_moved_is_what_was_shown),
		cmocka_unit_test(what_a_colleague_made_anew_is_not_ours_to_move),
		cmocka_unit_test(targets_by_name_are_read_afresh),
		cmocka_unit_test(through_an_alias),
		cmocka_unit_test(a_failed_replace_leaves_the_alias),
		cmocka_unit_test(what_cannot_be_done_at_the_end_brings_the_name_back),
		cmocka_unit_test(graces_end_by_themselves),
		cmocka_unit_test(a_change_in_the_grace_keeps_the_alias),
		cmocka_unit_test(all_is_done_at_the_end_of_the_mount),
		cmocka_unit_test(the_end_of_the_mount_does_what_it_can),
		cmocka_unit_test(what_is_not_done_at_the_end_is_told),
		cmocka_unit_test(dependent_gestures_wait_for_the_end),
		cmocka_unit_test(without_a_grace_all_is_done_at_once),
		cmocka_unit_test(held_names_become_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
