/* SPDX-License-Identifier: MIT */
/*
 * Section 2 of the contract, played: the requests that each tool sends (fs/rules/TOOLS.md). Every
 * test compares the writes that came of it.
 */
#include "tests/unit/fs/rules/remap_world.h"

/* semantics(2.0.1, 2.0.2, 2.0.3, 2.0.4, 2.0.7, 2.0.8, 2.0.9, 2.3.1, 2.3.2) */
static void every_tool_replaces_by_one_update(void **state)
{
	static const struct row rows[] = {
		{"GNU ln -sfn", &ln, "s CuAb12xY 2\nr CuAb12xY PROD", "update PROD>2", ""},
		{"GNU ln -sfn, absolute", &ln, "s CuAb12xY /mnt/hello/2/\nr CuAb12xY PROD",
			"update PROD>2", ""},
		{"GNU ln -sfn of a new name", &ln, "s NEW 2", "create NEW>2", ""},
		{"toybox ln -sfn", &ln, "s PROD_a1B2c3 2\nr PROD_a1B2c3 PROD", "update PROD>2", ""},
		{"rsync -a", &tool, "s .PROD.4711 2\nr .PROD.4711 PROD", "update PROD>2", ""},
		{"ansible", &tool, "s .99.1700000000.12.tmp 2\nr .99.1700000000.12.tmp PROD",
			"update PROD>2", ""},
		{"unison", &tool,
			"s .unison.PROD.0123456789abcdef0123456789abcdef.unison.tmp 2\n"
			"r .unison.PROD.0123456789abcdef0123456789abcdef.unison.tmp PROD",
			"update PROD>2", ""},
		{"update-alternatives", &tool,
			"u PROD.dpkg-tmp !ENOENT\ns PROD.dpkg-tmp 2\n"
			"r PROD.dpkg-tmp PROD",
			"update PROD>2", ""},
		{"ln -s, mv -T", &tool, "s PROD.new 2\nw 30000\nr PROD.new PROD", "update PROD>2",
			""},
		{"python tempfile and os.replace", &tool, "s tmpab_1234x 2\nr tmpab_1234x PROD",
			"update PROD>2", ""},
		{"busybox ln -sfn, uutils, git, cp -a, tar, cpio, rclone", &tool,
			"u PROD\ns PROD 2", "update PROD>2", ""},
		{"the same, slowly", &tool, "u PROD\nw 400\ns PROD 2", "update PROD>2", ""},
		{"the same, to where it points", &tool, "u PROD\ns PROD 1", "get PROD>1", ""},
		{"GNU ln -sfn to where it points", &ln, "s CuAb12xY 1\nr CuAb12xY PROD",
			"get PROD>1", ""},
		{"GNU ln -sfn to where a canary points", &ln, "s CuAb12xY 1\nr CuAb12xY CANARY",
			"update CANARY>1", ""},
		{"GNU ln -b", &ln, "r PROD PROD~\ns CuAb12xY 2\nr CuAb12xY PROD", "update PROD>2",
			""},
		{"GNU ln -b, numbered", &ln, "r PROD PROD.~1~\ns CuAb12xY 2\nr CuAb12xY PROD",
			"update PROD>2", ""},
		{"GNU mv -b", &tool, "s PROD.new 2\nr PROD PROD~\nrn PROD.new PROD",
			"update PROD>2", ""},
		{"busybox ln -b", &ln, "r PROD PROD~\nu PROD !ENOENT\ns PROD 2", "update PROD>2",
			""},
		{"rsync -b", &tool, "s PROD~ 1\ns .PROD.12 2\nr .PROD.12 PROD", "update PROD>2",
			""},
		{"mv PROD PREV, ln -s", &tool, "rn PROD PREV\ns PROD 2",
			"create PREV>1 'live'; update PROD>2", ""},
		{"mv --exchange with a link", &tool, "s PROD.new 2\nrx PROD.new PROD",
			"update PROD>2", ""},
		{"promote by name", &ln, "s CuAb12xY BETA\nr CuAb12xY PROD", "update PROD>2", ""},
		{"the newest", &ln, "s CuAb12xY .newest\nr CuAb12xY PROD", "update PROD>9", ""},
		{"two in a row", &tool, "u PROD\ns PROD 2\nu PROD\nw 300\ns PROD 3",
			"update PROD>2; update PROD>3", ""},
		{"without caller identity", &nobody, "u PROD\ns PROD 2", "update PROD>2", ""},
	};

	(void)state;
	play_rows(rows, array_count(rows));
}

/* semantics(2.0.5, 2.0.14, 2.4.11, 2.4.13, 2.4.14, 2.4.15, 3.0.1, 3.0.4, 3.0.5, 3.3.5, 3.3.6, 3.3.7, 3.3.8, 3.3.9) */
static void other_gestures_write_what_the_table_says(void **state)
{
	static const struct row rows[] = {
		{"ln -s 2 NEW", &tool, "s NEW 2", "create NEW>2", ""},
		{"rm", &tool, "u PROD", "", "delete PROD>1"},
		{"mv PROD LIVE", &tool, "rn PROD LIVE", "create LIVE>1 'live'", "delete PROD>1"},
		{"mv of a canary", &tool, "rn CANARY LIVE", "create LIVE>1+3@0.1 'bird'",
			"delete CANARY>1+3@0.1"},
		{"mv -T of a standing alias", &tool, "r CANARY PROD", "update PROD>1+3@0.1 'bird'",
			"delete CANARY>1+3@0.1"},
		{"mv -n onto one that is there", &tool, "rn BETA PROD !EEXIST", "", ""},
		{"mv back and forth", &tool, "rn PROD X\nr BETA PROD\nr X BETA",
			"create X>1 'live'; update PROD>2 'next'; update BETA>1 'live'",
			"delete X>1"},
		{"exchange", &tool, "rx PROD BETA", "update PROD>2 'next'; update BETA>1 'live'",
			""},
		{"a weight", &tool, "s PROD%10 3", "update PROD>1+3@0.1", ""},
		{"another weight", &tool, "s CANARY%25 3", "update CANARY>1+3@0.25", ""},
		{"a retargeted weight", &ln, "s CuAb12xY 4\nr CuAb12xY CANARY%10",
			"update CANARY>1+4@0.1", ""},
		{"a weight replaced by cp -a", &tool, "u CANARY%10\ns CANARY%10 3",
			"get CANARY>1+3@0.1", ""},
		{"a weight replaced by another", &tool, "u CANARY%10\ns CANARY%20 3",
			"update CANARY>1+3@0.2", ""},
		{"the weight alone", &tool, "rn CANARY%10 CANARY%50", "update CANARY>1+3@0.5", ""},
		{"mv -T promotes the canary", &tool, "r CANARY%10 CANARY", "update CANARY>3", ""},
		{"a weight moved onto another alias", &tool, "r CANARY%10 PROD", "update PROD>3",
			"update CANARY>1"},
		{"rm calls the canary off", &tool, "u CANARY%10", "", "update CANARY>1"},
		{"rm of both", &tool, "u CANARY%10\nu CANARY", "", "delete CANARY>1+3@0.1"},
		{"rm of both, otherwise round", &tool, "u CANARY\nu CANARY%10", "",
			"delete CANARY>1+3@0.1"},
		{"rm of the canary, then a remap", &tool, "u CANARY%10\nu CANARY\ns CANARY 2",
			"update CANARY>2", ""},
		{"a weight for an alias that is being removed", &tool,
			"u PROD\ns PROD%10 3 !ENOENT", "delete PROD>1", ""},
		{"promotion from an alias that is being removed", &ln,
			"u BETA\ns CuAb12xY BETA\nr CuAb12xY PROD !ENOENT", "delete BETA>2", ""},
		{"a weight without an alias", &tool, "s NONE%10 3 !ENOENT", "", ""},
		{"rm of a backup", &tool, "r PROD PROD~\nu PROD~", "", "back PROD"},
		{"a backup moved back", &tool,
			"r PROD PROD~\ns .PROD.1 2\nr .PROD.1 PROD\nr PROD~ PROD",
			"update PROD>2; update PROD>1", ""},
	};

	(void)state;
	play_rows(rows, array_count(rows));
}

/* semantics(2.0.12, 2.3.5, 2.3.6, 2.3.7, 3.0.2, 3.0.7, 3.0.9, 3.3.10, 3.3.12) */
static void refusals_change_nothing(void **state)
{
	static const struct row rows[] = {
		{"itself", &ln, "s CuAb12xY PROD\nr CuAb12xY PROD !EINVAL", "", ""},
		{"itself, by mv", &tool, "s x.tmp PROD\nr x.tmp PROD !EPERM", "", ""},
		{"itself, new", &tool, "s NEW NEW !EINVAL", "", ""},
		{"itself, in place", &tool, "u PROD\ns PROD PROD !EINVAL", "", ""},
		{"foreign function", &tool, "u PROD\ns PROD ../other/2 !EINVAL", "", ""},
		{"foreign function by ln", &ln, "s CuAb12xY ../other/2 !EINVAL", "", ""},
		{"outside", &tool, "s NEW /etc !EINVAL", "", ""},
		{"a version that is not there", &tool, "u PROD\ns PROD 99 !ENOENT", "", ""},
		{"the same by ln", &ln, "s CuAb12xY 99\nr CuAb12xY PROD !ENOENT\nu CuAb12xY", "",
			""},
		{"number no version can have", &tool, "s NEW 007 !ENOENT", "", ""},
		{"numeric names", &tool, "s 77 2 !EPERM\nr PROD 77 !EPERM", "", ""},
		{"alias that is there", &tool, "s PROD 2 !EEXIST", "", ""},
		{"name that is no backup", &tool, "r PROD PROD.old !EPERM", "", ""},
		{"backup of another", &tool, "r PROD BETA~ !EPERM", "", ""},
		{"standing alias to weight", &tool, "r PROD CANARY%20 !EPERM", "", ""},
		{"malformed weight", &tool, "s PROD%10.0 3 !EINVAL\ns PROD%101 3 !EINVAL", "", ""},
		{"moves onto fixed names", &tool,
			"r PROD .newest !EPERM\nr PROD + !EPERM\nr .newest X !EPERM", "", ""},
		{"what is not there", &tool, "r NONE X !ENOENT\nu NONE !ENOENT\nu PROD%10 !ENOENT",
			"", ""},
		{"exchange of nothing", &tool, "rx PROD NONE !ENOENT", "", ""},
		{"exchange of weights", &tool, "rx CANARY%10 PROD !EPERM", "", ""},
		{"failed move onto a hidden name", &tool, "u PROD\nr NONE PROD !ENOENT", "", ""},
	};

	(void)state;
	play_rows(rows, array_count(rows));
}

/* semantics(2.2.1) */
static void links_that_cannot_be_aliases_are_local_for_a_minute(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_symlink(&world, &tool, ".#PROD", "user@host.17"), 0);
	assert_int_equal(do_symlink(&world, &tool, ".#PROD", "x"), EEXIST);
	assert_true(is_link(&world, ".#PROD"));
	assert_int_equal(do_rename(&world, &tool, ".#PROD", "x.y", 0), 0);
	assert_false(is_link(&world, ".#PROD"));
	assert_true(is_link(&world, "x.y"));
	pass(&world, REMAP_LOCAL_MS - 1);
	assert_true(is_link(&world, "x.y"));
	pass(&world, 1);
	assert_false(is_link(&world, "x.y"));
	assert_int_equal(do_unlink(&world, &tool, "x.y"), ENOENT);
	assert_int_equal(do_symlink(&world, &tool, "x.y", "1"), 0);
	assert_int_equal(do_unlink(&world, &tool, "x.y"), 0);
	assert_false(is_link(&world, "x.y"));
	assert_writes(&world, "", "local links");
	stop_world(&world);
}

/* semantics(2.2.3, 2.2.4, 2.2.5, 2.2.7, 2.2.8, 2.2.9) */
static void held_names_are_never_lost_and_never_littered(void **state)
{
	static const char *const names[] = {"Customer", "Currency", "PROD_canary", "tmp_file_01"};
	char expected[64];
	struct world world;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(names); i++) {
		struct player typed = {.ln = true, .thread = 1, .process = 1, .names = names[i]};

		start(&world);
		snprintf(expected, sizeof(expected), "create %s>2", names[i]);
		assert_int_equal(do_symlink(&world, &typed, names[i], "2"), 0);
		assert_writes(&world, expected, "typed");
		take(&world, names[i]);

		assert_int_equal(do_symlink(&world, &nobody, names[i], "2"), 0);
		assert_writes(&world, expected, "without caller identity");
		take(&world, names[i]);

		assert_int_equal(do_symlink(&world, &tool, names[i], "2"), 0);
		assert_true(is_link(&world, names[i]));
		pass(&world, REMAP_HELD_MS - 1);
		assert_writes(&world, "", "held");
		pass(&world, 1);
		assert_writes(&world, expected, "held for two seconds");
		assert_false(is_link(&world, names[i]));
		assert_true(is_shown(&world, names[i]));

		assert_int_equal(do_unlink(&world, &tool, names[i]), 0);
		assert_int_equal(do_symlink(&world, &tool, names[i], "3"), 0);
		assert_int_equal(world.aliases[3].version, 3);
		take(&world, names[i]);
		buffer_reset(&world.writes);

		assert_int_equal(do_symlink(&world, &ln, names[i], "2"), 0);
		pass(&world, REMAP_LOCAL_MS);
		assert_writes(&world, "", "ln's own");
		assert_false(is_link(&world, names[i]));

		assert_int_equal(do_symlink(&world, &tool, names[i], "2"), 0);
		assert_int_equal(do_unlink(&world, &tool, names[i]), 0);
		pass(&world, REMAP_LOCAL_MS);
		assert_writes(&world, "", "removed in time");
		stop_world(&world);
	}
}

/* semantics(2.4.5) */
static void a_busy_name_stops_its_clock(void **state)
{
	struct remap_due due;
	struct world world;
	int64_t next_ms;

	(void)state;
	start(&world);
	assert_int_equal(do_symlink(&world, &tool, "Customer", "2"), 0);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_true(remap_begin(world.remap, "hello", "Customer"));
	assert_true(remap_begin(world.remap, "hello", "PROD"));
	assert_false(remap_begin(world.remap, "hello", "PROD"));
	assert_true(remap_begin(world.remap, "other", "PROD"));
	world.now_ms += 100000;
	assert_false(remap_next_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_true(next_ms == INT64_MAX);
	assert_true(remap_has_pending(world.remap, "hello"));
	assert_false(remap_has_pending(world.remap, "other"));
	remap_end(world.remap, "hello", "PROD");
	assert_true(remap_next_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_int_equal(due.kind, REMAP_DUE_TOMBSTONE);
	assert_string_equal(due.name, "PROD");
	stop_world(&world);
}

/* What is due cannot be begun: who waits for it waits for the end of a change, and not for a time that is past. */
static void with_all_names_busy_nothing_is_due_before_one_ends(void **state)
{
	struct remap_due due;
	struct world world;
	char name[32];
	int64_t next_ms = 0;
	int i;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	for (i = 0; i < REMAP_BUSY; i++) {
		snprintf(name, sizeof(name), "busy%d", i);
		assert_true(remap_begin(world.remap, "other", name));
	}
	assert_false(remap_take_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_true(next_ms == world.now_ms + 500);
	world.now_ms += 500;
	assert_false(remap_take_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_true(next_ms == INT64_MAX);
	assert_false(remap_take_due(world.remap, world.now_ms, NULL, &due, NULL));
	remap_end(world.remap, "other", "busy7");
	assert_true(remap_take_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_string_equal(due.name, "PROD");
	assert_true(remap_is_busy(world.remap, "hello", "PROD"));
	stop_world(&world);
}

static void the_next_end_is_foretold(void **state)
{
	struct remap_due due;
	struct world world;
	int64_t next_ms;

	(void)state;
	start(&world);
	assert_false(remap_next_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_true(next_ms == INT64_MAX);
	assert_int_equal(do_symlink(&world, &tool, "Customer", "2"), 0);
	assert_false(remap_next_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_true(next_ms == world.now_ms + REMAP_HELD_MS);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_false(remap_next_due(world.remap, world.now_ms, NULL, &due, &next_ms));
	assert_true(next_ms == world.now_ms + 500);
	assert_false(remap_next_due(world.remap, INT64_MAX, "other", &due, NULL));
	assert_true(remap_next_due(world.remap, INT64_MAX, "hello", &due, NULL));
	stop_world(&world);
}

/* Removals keep coming, and each takes the place of the one before it. */
static void what_ended_first_is_done_first(void **state)
{
	static const char *const order[] = {"BETA", "Customer", "CANARY"};
	struct remap_due due;
	struct world world;
	size_t i;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	world.now_ms += 100;
	assert_int_equal(do_unlink(&world, &tool, "BETA"), 0);
	assert_int_equal(do_symlink(&world, &tool, "Customer", "2"), 0);
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), 0);
	world.now_ms += REMAP_HELD_MS;
	assert_int_equal(do_unlink(&world, &tool, "CANARY"), 0);
	world.now_ms += 500;
	for (i = 0; i < array_count(order); i++) {
		assert_true(remap_next_due(world.remap, world.now_ms, NULL, &due, NULL));
		assert_string_equal(due.name, order[i]);
		assert_true(remap_begin(world.remap, "hello", due.name));
	}
	assert_false(remap_next_due(world.remap, world.now_ms, NULL, &due, NULL));
	stop_world(&world);
}

/* semantics(2.4.1, 2.4.3, 2.4.4, 2.4.8) */
static void hidden_names_are_hidden_until_something_takes_their_place(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_false(is_shown(&world, "PROD"));
	assert_int_equal(do_unlink(&world, &tool, "PROD"), ENOENT);
	assert_int_equal(do_symlink(&world, &tool, "PROD", "99"), ENOENT);
	assert_true(is_shown(&world, "PROD")); /* taken back at once */
	pass(&world, 1000);
	assert_writes(&world, "", "a failed replace");

	world.fail_next = EACCES;
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), EACCES);
	assert_true(is_shown(&world, "PROD"));
	pass(&world, 1000);
	assert_writes(&world, "", "a refused replace");

	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_true(remap_cancel(world.remap, "hello", "PROD", false)); /* a refused CREATE */
	assert_false(remap_cancel(world.remap, "hello", "PROD", false));
	pass(&world, 1000);
	assert_writes(&world, "", "a refused CREATE");

	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	world.fail_next = EACCES; /* AWS refuses the delete */
	pass(&world, 500);
	assert_true(is_shown(&world, "PROD"));
	assert_writes(&world, "", "a refused delete");
	stop_world(&world);
}

/* semantics(2.4.17) */
static void a_tool_that_unlinks_and_links_until_it_works_comes_to_an_end(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_symlink(&world, &tool, "PROD", "99"), ENOENT);
	assert_int_equal(do_unlink(&world, &other, "PROD"), 0); /* another process's rm */
	assert_int_equal(do_symlink(&world, &other, "PROD", "99"), ENOENT);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), EPERM); /* toybox cp -f stops here */
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);     /* said once */
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), 0);
	assert_writes(&world, "update PROD>2", "again");
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
	assert_int_equal(do_symlink(&world, &tool, "CANARY%10", "99"), ENOENT);
	assert_int_equal(do_unlink(&world, &tool, "CANARY"), 0);
	assert_int_equal(do_symlink(&world, &tool, "CANARY", "2"), 0);
	assert_writes(&world, "update CANARY>2", "the alias of the weight");
	assert_int_equal(do_unlink(&world, &tool, "BETA"), 0);
	assert_int_equal(do_symlink(&world, &tool, "BETA", "99"), ENOENT);
	world.now_ms += REMAP_RETRY_MS;
	assert_int_equal(do_unlink(&world, &tool, "BETA"), 0);
	stop_world(&world);
}

/* semantics(2.2.3, 2.2.5) */
static void names_are_held_for_those_who_make_them_up(void **state)
{
	static const struct player script = {.thread = 40, .process = 40, .script = true};
	static const char *const names[] = {"Currency", "api_stable", "app_canary"};
	char expected[64];
	struct world world;
	size_t i;

	(void)state;
	start(&world);
	for (i = 0; i < array_count(names); i++) {
		assert_int_equal(do_symlink(&world, &script, names[i], "2"), 0);
		snprintf(expected, sizeof(expected), "create %s>2", names[i]);
		assert_writes(&world, expected, "of a script");
		take(&world, names[i]);
	}
	assert_int_equal(do_symlink(&world, &script, "tmp_file_01", "2"), 0);
	assert_writes(&world, "", "Python's, of any program");
	assert_int_equal(do_symlink(&world, &script, "tmp_file_01%10", "3"), 0);
	assert_writes(&world, "create tmp_file_01>2; update tmp_file_01>2+3@0.1", "a weight of it");
	assert_int_equal(do_symlink(&world, &tool, "Currency", "1"), 0);
	assert_int_equal(do_symlink(&world, &script, "LIVE", "Currency"), 0);
	assert_true(is_shown(&world, "Currency"));
	buffer_reset(&world.writes);
	stop_world(&world);
}

/* semantics(2.4.19) */
static void a_backup_that_is_put_back_writes_nothing(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_rename(&world, &ln, "PROD", "PROD~", 0), 0);
	assert_int_equal(do_symlink(&world, &ln, "CuAb12xY", "2"), 0);
	world.fail_next = EREMCHG;
	put(&world, "PROD", 3, 0, 0, "a colleague's");
	assert_int_equal(do_rename(&world, &ln, "CuAb12xY", "PROD", 0), EREMCHG);
	assert_int_equal(do_rename(&world, &ln, "PROD~", "PROD", 0), 0);
	assert_writes(&world, "", "ln takes it back");
	assert_false(is_link(&world, "PROD~"));
	assert_true(is_shown(&world, "PROD"));
	pass(&world, 500);
	assert_writes(&world, "", "nothing follows");
	assert_int_equal(do_rename(&world, &tool, "CANARY%10", "CANARY%10~", 0), 0);
	assert_int_equal(do_symlink(&world, &tool, "CANARY%10", "99"), ENOENT);
	assert_int_equal(do_rename(&world, &tool, "CANARY%10~", "CANARY%10", 0), 0);
	assert_writes(&world, "", "a weight");
	/* A replacement that has succeeded is taken back like any other. */
	assert_int_equal(do_rename(&world, &ln, "BETA", "BETA~", 0), 0);
	assert_int_equal(do_symlink(&world, &ln, "BETA", "3"), 0);
	assert_int_equal(do_rename(&world, &ln, "BETA~", "BETA", 0), 0);
	assert_writes(&world, "update BETA>3; update BETA>2", "a roll-back by hand");
	stop_world(&world);
}

/* semantics(2.2.6) */
static void a_held_link_whose_rename_failed_is_no_alias_to_be(void **state)
{
	static const struct gesture_place version = {
		.function = "hello", .in_version = true, .version = 1};
	static const struct {
		const char *name, *new_name;
		const struct gesture_place *to;
		unsigned int flags;
	} renames[] = {
		{"tmpab_1234x", "PROD", &here, 0}, {"tmpab_1234x", "PROD", &here, RENAME_EXCHANGE},
		{"tmpab_1234x", "tmpab_1234x", &version,
			0}, /* followed the alias into its version */
	};
	struct world world;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(renames); i++) {
		start(&world);
		do_readlink(&world, &tool, "PROD");
		assert_int_equal(do_symlink(&world, &tool, "tmpab_1234x", "2"), 0);
		world.fail_next = EREMOTEIO;
		assert_int_equal(do_rename_between(&world, &tool, &here, renames[i].name,
					 renames[i].to, renames[i].new_name, renames[i].flags),
			EREMOTEIO);
		pass(&world, REMAP_HELD_MS);
		assert_true(is_link(&world, "tmpab_1234x"));
		pass(&world, REMAP_LOCAL_MS);
		assert_writes(&world, "", "a temporary link whose tool died");
		assert_false(is_link(&world, "tmpab_1234x"));
		stop_world(&world);
	}
}

/* semantics(2.0.11, 2.4.6, 2.4.7, 2.4.16) */
static void a_colleagues_change_in_the_grace_wins(void **state)
{
	struct remap_content base;
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	put(&world, "PROD", 5, 0, 0, "theirs");
	pass(&world, 500);
	assert_writes(&world, "back PROD", "no delete");
	assert_true(is_shown(&world, "PROD"));

	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	put(&world, "PROD", 6, 0, 0, "theirs");
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), EREMCHG);
	assert_true(is_shown(&world, "PROD"));
	pass(&world, 500);
	assert_int_equal(get(&world, "PROD")->version, 6);

	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
	put(&world, "CANARY", 1, 3, 0.5, "theirs");
	pass(&world, 500);
	assert_writes(&world, "back CANARY%10", "no call-off");

	/* What this mount itself writes is no colleague's change. */
	assert_int_equal(do_unlink(&world, &tool, "CANARY%50"), 0);
	remap_get_content(get(&world, "CANARY"), &base);
	put(&world, "CANARY", 1, 3, 0.5, "ours");
	remap_note_write(world.remap, world.now_ms, "hello", &base, get(&world, "CANARY"),
		get(&world, "CANARY")->revision_id);
	pass(&world, 500);
	assert_writes(&world, "update CANARY>1", "after our own description");

	/* Deleted elsewhere meanwhile: the link is made anew. */
	assert_int_equal(do_unlink(&world, &tool, "BETA"), 0);
	take(&world, "BETA");
	assert_int_equal(do_symlink(&world, &tool, "BETA", "3"), 0);
	assert_writes(&world, "create BETA>3", "made anew");
	stop_world(&world);
}

/* semantics(2.4.12, 2.4.13) */
static void a_grace_of_0_deletes_at_once(void **state)
{
	const struct gesture_options options = {
		.rules.mountpoint = "/mnt", .rules.delete_grace_ms = 0};
	struct world world;

	(void)state;
	start_with(&world, &options);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_writes(&world, "delete PROD>1", "rm");
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), 0);
	assert_writes(&world, "create PROD>2", "ln");
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
	assert_writes(&world, "update CANARY>1", "rm of a weight");
	assert_int_equal(do_rename(&world, &tool, "BETA", "LIVE", 0), 0);
	assert_writes(&world, "create LIVE>2 'next'; delete BETA>2", "mv");
	/* A backup hides the name for a while all the same, and deletes nothing. */
	assert_int_equal(do_rename(&world, &ln, "LIVE", "LIVE~", 0), 0);
	assert_false(is_shown(&world, "LIVE"));
	assert_int_equal(do_symlink(&world, &ln, "LIVE", "3"), 0);
	assert_writes(&world, "update LIVE>3", "ln -b");
	stop_world(&world);
}

/* semantics(3.0.9) */
static void names_that_are_too_long_are_said_to_be(void **state)
{
	char name[REMAP_NAME_MAX + 1], temporary[REMAP_NAME_MAX + 1];
	struct world world;

	(void)state;
	start(&world);
	memset(name, 'n', 129);
	name[129] = '\0';
	assert_int_equal(do_symlink(&world, &tool, name, "2"), ENAMETOOLONG);
	assert_int_equal(do_rename(&world, &tool, "PROD", name, 0), ENAMETOOLONG);
	/* toybox's temporary name of an alias of 125 characters */
	snprintf(temporary, sizeof(temporary), "%.125s_a1B2c3", name);
	name[125] = '\0';
	put(&world, name, 1, 0, 0, "");
	assert_int_equal(do_symlink(&world, &ln, temporary, "2"), 0);
	assert_int_equal(do_rename(&world, &ln, temporary, name, 0), 0);
	assert_int_equal(get(&world, name)->version, 2);
	stop_world(&world);
}

/* Four rooms are free, and many renames have their calls under way at once. semantics(2.4.18) */
static void room_for_a_tombstone_is_taken_before_the_call(void **state)
{
	struct remap_event event = {.place = &here, .to = &here, .new_name = "BETA"};
	struct remap_plan plans[24];
	struct world world;
	char name[32];
	size_t tombstones, links;
	int i, refused = 0;

	(void)state;
	start(&world);
	for (i = 0; i < REMAP_TOMBSTONES - 4; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		put(&world, name, 1, 0, 0, "");
		assert_int_equal(do_unlink(&world, &tool, name), 0);
		take(&world, name);
	}
	event.now_ms = world.now_ms;
	event.name = "PROD";
	event.alias = get(&world, "PROD");
	event.new_alias = get(&world, "BETA");
	for (i = 0; i < 24; i++) {
		remap_decide_rename(world.remap, &event, &plans[i]);
		remap_reserve(world.remap, &plans[i]);
		refused += plans[i].error == EBUSY;
	}
	assert_int_equal(refused, 20);
	/* A failure gives its room back; a success uses it. */
	assert_int_equal(remap_complete(world.remap, &event, &plans[0], -EREMOTEIO, NULL, NULL), 0);
	for (i = 1; i < 24; i++) {
		snprintf(plans[i].tombstone.alias, sizeof(plans[i].tombstone.alias), "b%d", i);
		assert_int_equal(
			remap_complete(world.remap, &event, &plans[i], -plans[i].error, NULL, NULL),
			0);
	}
	remap_count(world.remap, &links, &tombstones);
	assert_int_equal(tombstones, REMAP_TOMBSTONES - 1);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_unlink(&world, &tool, "BETA"), EBUSY);
	stop_world(&world);
}

/* semantics(2.2.12, 2.4.18) */
static void tables_are_bounded(void **state)
{
	char name[32];
	struct world world;
	int i;

	(void)state;
	start(&world);
	for (i = 0; i < REMAP_LINKS; i++) {
		snprintf(name, sizeof(name), "x.%d", i);
		assert_int_equal(do_symlink(&world, &tool, name, "1"), 0);
	}
	assert_int_equal(do_symlink(&world, &tool, "x.y", "1"), ENOSPC);
	world.now_ms += REMAP_LOCAL_MS;
	assert_int_equal(do_symlink(&world, &tool, "x.y", "1"), 0);
	for (i = 0; i < REMAP_TOMBSTONES; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		put(&world, name, 1, 0, 0, "");
		assert_int_equal(do_unlink(&world, &tool, name), 0);
		take(&world, name);
	}
	assert_int_equal(do_unlink(&world, &tool, "PROD"), EBUSY);
	assert_int_equal(do_rename(&world, &tool, "PROD", "LIVE", 0), EBUSY);
	assert_int_equal(do_rename(&world, &tool, "PROD", "BETA", 0), EBUSY);
	assert_int_equal(do_rename(&world, &tool, "PROD", "PROD~", 0), EBUSY);
	assert_int_equal(do_rename(&world, &tool, "CANARY%10", "BETA%10", 0), EBUSY);
	assert_writes(&world, "", "no room to wait");
	assert_true(is_shown(&world, "PROD"));
	for (i = 0; i < 5000; i++)
		remap_note_readlink(world.remap, world.now_ms, 1 + i, "hello", "PROD");
	for (i = 0; i < 5000; i++)
		remap_note_refused_removal(world.remap, world.now_ms, 1 + i, "hello");
	assert_true(remap_is_guarded(world.remap, world.now_ms, 5000, "hello"));
	stop_world(&world);
}

/* semantics(8.2.2, 8.2.4, 8.2.6, 8.2.7, 8.2.8) */
static void rolls_back_to_where_it_was(void **state)
{
	static const struct row rows[] = {
		{"GNU ln", &ln, "s CuAb12xY PROD@1\nr CuAb12xY PROD", "update PROD>5", ""},
		{"an absolute path", &ln, "s CuAb12xY /mnt/hello/PROD@1\nr CuAb12xY PROD",
			"update PROD>5", ""},
		{"busybox ln", &tool, "u PROD\ns PROD PROD@1", "update PROD>5", ""},
		{"once more undoes nothing", &ln,
			"s CuAb12xY PROD@1\nr CuAb12xY PROD\ns CuAb12xZ PROD@1\n"
			"r CuAb12xZ PROD !EPERM\nw 590000\ns CuAb12xZ PROD@1\n"
			"r CuAb12xZ PROD !EPERM",
			"update PROD>5", ""},
		{"to name the version is no roll-back", &ln,
			"s CuAb12xY PROD@1\nr CuAb12xY PROD\ns CuAb12xZ 1\nr CuAb12xZ PROD",
			"update PROD>5; update PROD>1", ""},
		{"nor does it after another move", &ln,
			"s CuAb12xY PROD@1\nr CuAb12xY PROD\ns CuAb12xZ 2\nr CuAb12xZ PROD\n"
			"s CuAb12xZ PROD@1\nr CuAb12xZ PROD",
			"update PROD>5; update PROD>2; update PROD>5", ""},
		{"after ten minutes", &ln,
			"s CuAb12xY PROD@1\nr CuAb12xY PROD\nw 600000\ns CuAb12xZ PROD@1\n"
			"r CuAb12xZ PROD",
			"update PROD>5; update PROD>1", ""},
		{"another alias", &ln,
			"s CuAb12xY PROD@1\nr CuAb12xY BETA\ns CuAb12xZ PROD@1\n"
			"r CuAb12xZ BETA",
			"update BETA>5; get BETA>5", ""},
		{"a new alias", &tool, "s OLD PROD@1", "create OLD>5", ""},
		{"a canary of it", &tool, "s PROD%10 PROD@1", "update PROD>1+5@0.1", ""},
		{"beyond what is known", &ln, "s CuAb12xY PROD@2\nr CuAb12xY PROD !ENOENT", "", ""},
		{"not proven", &ln, "s CuAb12xY BETA@1\nr CuAb12xY BETA !EAGAIN", "", ""},
		{"no number", &ln, "s CuAb12xY PROD@0\nr CuAb12xY PROD !ENOENT", "", ""},
		{"its names cannot be made", &tool,
			"s PROD@9 1 !EPERM\ns PROD@0 1 !EPERM\ns PROD@x 1\nr PROD@x PROD@9 !EPERM",
			"", ""},
		{"nor moved or removed", &tool, "u PROD@1 !EPERM\nr PROD@1 NEW !EPERM", "", ""},
		{"with its revision", &ln, "s CuAb12xY PROD@1=r1\nr CuAb12xY PROD", "update PROD>5",
			""},
		{"with its revision, a version", &ln, "s CuAb12xY 2=r1\nr CuAb12xY PROD",
			"update PROD>2", ""},
		{"with another revision", &ln, "s CuAb12xY PROD@1=r9\nr CuAb12xY PROD !EREMCHG", "",
			""},
		{"with a revision of what is not there", &tool, "s NEW 2=r1 !EREMCHG", "", ""},
		{"with an empty revision", &tool, "s PROD.new 2=\nr PROD.new PROD !EPERM", "", ""},
	};

	(void)state;
	play_rows(rows, array_count(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tool_replaces_by_one_update),
		cmocka_unit_test(rolls_back_to_where_it_was),
		cmocka_unit_test(other_gestures_write_what_the_table_says),
		cmocka_unit_test(refusals_change_nothing),
		cmocka_unit_test(links_that_cannot_be_aliases_are_local_for_a_minute),
		cmocka_unit_test(held_names_are_never_lost_and_never_littered),
		cmocka_unit_test(a_busy_name_stops_its_clock),
		cmocka_unit_test(with_all_names_busy_nothing_is_due_before_one_ends),
		cmocka_unit_test(the_next_end_is_foretold),
		cmocka_unit_test(what_ended_first_is_done_first),
		cmocka_unit_test(hidden_names_are_hidden_until_something_takes_their_place),
		cmocka_unit_test(a_tool_that_unlinks_and_links_until_it_works_comes_to_an_end),
		cmocka_unit_test(names_are_held_for_those_who_make_them_up),
		cmocka_unit_test(a_backup_that_is_put_back_writes_nothing),
		cmocka_unit_test(a_held_link_whose_rename_failed_is_no_alias_to_be),
		cmocka_unit_test(a_colleagues_change_in_the_grace_wins),
		cmocka_unit_test(a_grace_of_0_deletes_at_once),
		cmocka_unit_test(names_that_are_too_long_are_said_to_be),
		cmocka_unit_test(room_for_a_tombstone_is_taken_before_the_call),
		cmocka_unit_test(tables_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
