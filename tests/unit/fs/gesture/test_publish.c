/* SPDX-License-Identifier: MIT */
/* Section 3 of the contract, played against a real lambda-plane. */
#include "tests/unit/fs/gesture/gesture_world.h"

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
	assert_int_equal(gesture_rename(world.gestures, &world.scope, tool(),
				 &(struct gesture_move){&here, "LIVE",
					 &(struct gesture_place){.function = "other"}, "LIVE", 0},
				 &world.error),
		-EPERM);
	stop_world(&world);
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
	assert_writes(&world, "UpdateAlias PROD>2; UpdateAlias PROD>1"); /* there and back */
	assert_alias(&world, "PROD", "1+3@0.1 'bird'");
	assert_alias(&world, "BETA", "3 ''");
	assert_reads(&world, "BETA", "3");
	stop_world(&world);
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
	stop_world(&world);
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
	stop_world(&world);
}

/* semantics(2.4.7) */
static void a_weight_called_off_survives_our_own_description(void **state)
{
	struct world world;

	(void)state;
	start(&world, &patient);
	assert_int_equal(do_unlink(&world, "CANARY%10"), 0);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, "hello", "CANARY",
				 "tweet", &world.error),
		0);
	assert_int_equal(settle(&world), 0);
	assert_writes(&world, "UpdateAlias CANARY>1; UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1 'tweet'");
	stop_world(&world);
}

/* semantics(3.0.16, 3.0.17) */
static void descriptions_leave_the_rest_alone(void **state)
{
	char text[LAMBDA_DESCRIPTION_MAX * 2 + 3] = "";
	struct world world;
	size_t i;

	(void)state;
	start(&world, &patient);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, "hello", "CANARY",
				 "two\nlines", &world.error),
		0);
	assert_writes(&world, "UpdateAlias CANARY>1");
	assert_alias(&world, "CANARY", "1+3@0.1 'two\nlines'");
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, "hello", "CANARY",
				 "two\nlines", &world.error),
		0);
	assert_writes(&world, "");
	for (i = 0; i <= LAMBDA_DESCRIPTION_MAX; i++)
		memcpy(text + 2 * i, "\xc3\xa4", 3);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, "hello", "CANARY",
				 text, &world.error),
		-EFBIG);
	text[2 * LAMBDA_DESCRIPTION_MAX] = '\0';
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, "hello", "CANARY",
				 text, &world.error),
		0);
	assert_int_equal(gesture_set_description(world.gestures, &world.scope, "hello", "CANARY",
				 "\xff", &world.error),
		-EINVAL);
	assert_int_equal(gesture_set_description(
				 world.gestures, &world.scope, "hello", "NONE", "x", &world.error),
		-ENOENT);
	stop_world(&world);
}

/* semantics(3.0.10, 3.0.11) */
static void publishing_is_mkdir(void **state)
{
	struct world world;
	uint64_t version = 0;

	(void)state;
	start(&world, &usual);
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, &here, "+", NULL, &version,
				 &world.error),
		-EEXIST); /* nothing has changed */
	assert_writes(&world, "");
	write_by_hand(&world, "PUT", FUNCTION "/configuration", "{\"Timeout\":7}");
	list_writes(&world);
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, &here, "+fix login", NULL,
				 &version, &world.error),
		0);
	assert_int_equal(version, 4);
	assert_writes(&world, "PublishVersion ?>4");
	assert_reads(&world, ".newest", "4");
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, &here, "5", NULL, &version,
				 &world.error),
		-EPERM);
	assert_int_equal(gesture_mkdir(world.gestures, &world.scope, &in_1, "+", NULL, &version,
				 &world.error),
		-EROFS);
	stop_world(&world);
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
	stop_world(&world);

	start(&world, &(struct gesture_options){
			      .rules.delete_grace_ms = 600000, .allow_version_delete = true});
	assert_int_equal(do_rmdir(&world, "2"), EBUSY); /* BETA */
	assert_int_equal(do_rmdir(&world, "3"), EBUSY); /* CANARY's weight */
	assert_int_equal(do_unlink(&world, "BETA"), 0);
	assert_int_equal(do_rmdir(&world, "2"), 0);
	assert_writes(&world, "DeleteAlias BETA; DeleteFunction 2");
	assert_int_equal(do_rmdir(&world, "$LATEST"), EROFS);
	assert_int_equal(do_rmdir(&world, "3"), EROFS); /* guarded by the refusal before */
	stop_world(&world);
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
	stop_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_carry_everything_along),
		cmocka_unit_test(an_exchange_is_two_updates_or_none),
		cmocka_unit_test(an_exchange_with_a_link_leaves_where_the_alias_was),
		cmocka_unit_test(weights_are_links),
		cmocka_unit_test(a_weight_called_off_survives_our_own_description),
		cmocka_unit_test(descriptions_leave_the_rest_alone),
		cmocka_unit_test(publishing_is_mkdir),
		cmocka_unit_test(versions_are_deleted_only_where_that_was_allowed),
		cmocka_unit_test(recursive_removals_leave_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
