/* SPDX-License-Identifier: MIT */
/* What reaches into a version (2.1), and what keeps names from being deleted (3.1, protect). */
#include "fs/rules/remap_private.h"
#include "tests/unit/fs/rules/remap_world.h"

static const struct gesture_place in_1 = {.function = "hello", .in_version = true, .version = 1};
static const struct gesture_place in_2 = {.function = "hello", .in_version = true, .version = 2};
static const struct gesture_place in_latest = {.function = "hello", .in_version = true};

/* semantics(2.1.1, 2.1.2, 2.1.3) */
static void ln_sf_without_n_moves_the_alias_it_came_through(void **state)
{
	struct world world;
	struct player unforced = ln;

	(void)state;
	start(&world);
	unforced.forces = false;
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &unforced, &in_1, "2", "2"), EEXIST);
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), 0);
	assert_writes(&world, "update PROD>2", "ln -sf 2 PROD");
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "1", "/mnt/hello/1"), 0);
	assert_writes(&world, "update PROD>1", "absolute");
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "../2"), 0);
	assert_writes(&world, "update PROD>2", "ln -sfr");
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "$LATEST", "$LATEST"), 0);
	assert_writes(&world, "update PROD>$LATEST", "$LATEST");
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_latest, "BETA", "BETA"), 0);
	assert_writes(&world, "update PROD>2", "from $LATEST, by name");
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "2", "2/"), 0);
	assert_writes(&world, "get PROD>2", "to where it is");
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "PROD", "PROD"), EINVAL);
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "99", "99"), ENOENT);
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "9", "../other/9"), EINVAL);
	assert_writes(&world, "", "refused");
	stop_world(&world);
}

/* semantics(2.1.8, 2.1.9, 2.1.10, 2.1.11) */
static void without_evidence_versions_are_read_only(void **state)
{
	const struct gesture_options strict = {.rules.mountpoint = "/mnt", .rules.strict_ln = true};
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), EROFS); /* no READLINK */
	do_readlink(&world, &other, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), EROFS); /* another thread's */
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "2", "2"), EROFS); /* another version */
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "x", "2"), EROFS); /* another name */
	assert_int_equal(do_symlink_in(&world, &nobody, &in_1, "2", "2"), EROFS);
	world.now_ms += REMAP_ARRIVAL_MS;
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), EROFS); /* too late */
	do_readlink(&world, &ln, "PROD");
	do_readlink(&world, &ln, NULL); /* then some other link */
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), EROFS);
	remap_note_readlink(world.remap, world.now_ms, ln.thread, "other", "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), EROFS);
	do_readlink(&world, &ln, "PROD");
	put(&world, "PROD", 4, 0, 0, "moved elsewhere meanwhile");
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), EROFS);
	stop_world(&world);

	start_with(&world, &strict);
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2", "2"), EROFS);
	assert_int_equal(do_symlink(&world, &tool, "PROD.new", "2"), 0);
	do_readlink(&world, &tool, "PROD");
	assert_int_equal(
		do_rename_between(&world, &tool, &here, "PROD.new", &in_1, "PROD.new", 0), EROFS);
	assert_writes(&world, "", "strict_ln");
	stop_world(&world);
}

/* semantics(2.1.4) */
static void toybox_ln_sf_goes_through_the_alias_too(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_1, "2_a1B2c3", "2"), 0);
	assert_writes(&world, "", "held");
	assert_non_null(remap_find_link(world.remap, world.now_ms, &in_1, "2_a1B2c3"));
	assert_null(remap_find_link(world.remap, world.now_ms, &in_2, "2_a1B2c3"));
	assert_false(is_link(&world, "2_a1B2c3"));
	assert_int_equal(do_rename_between(&world, &ln, &in_1, "2_a1B2c3", &in_1, "3", 0), EROFS);
	assert_int_equal(do_rename_between(&world, &ln, &in_1, "2_a1B2c3", &in_1, "2", 0), 0);
	assert_writes(&world, "update PROD>2", "renamed");
	do_readlink(&world, &ln, "PROD");
	assert_int_equal(do_symlink_in(&world, &ln, &in_2, "$LATEST_a1B2c3", "$LATEST"), 0);
	assert_int_equal(do_unlink_in(&world, &ln, 2, "$LATEST_a1B2c3"), 0);
	pass(&world, REMAP_LOCAL_MS);
	assert_writes(&world, "", "removed");
	stop_world(&world);
}

/* `mv NAME ALIAS` without -T: the tool follows the alias, and moves the name into the version. */
static int mv_into(struct world *world, const char *alias, const char *name,
	const struct gesture_place *version, unsigned int flags)
{
	do_readlink(world, &tool, alias);
	return do_rename_between(world, &tool, &here, name, version, name, flags);
}

/* semantics(2.1.5, 2.1.6, 2.1.7) */
static void mv_without_t_moves_the_alias_it_came_through(void **state)
{
	struct world world;
	struct player typed = {.ln = true, .thread = 5, .process = 5, .names = "release"};

	(void)state;
	start(&world);
	assert_int_equal(do_symlink(&world, &tool, "PROD.new", "2"), 0);
	do_readlink(&world, &tool, "PROD");
	assert_int_equal(
		do_rename_between(&world, &tool, &here, "PROD.new", &in_1, "other.name", 0), EROFS);
	assert_int_equal(do_rename_between(&world, &tool, &here, "PROD.new", &in_1, "PROD.new",
				 RENAME_NOREPLACE),
		0);
	assert_writes(&world, "update PROD>2", "mv PROD.new PROD");
	assert_false(is_link(&world, "PROD.new"));

	assert_int_equal(mv_into(&world, "CANARY", "CANARY%10", &in_1, 0), 0);
	assert_writes(&world, "update CANARY>3", "mv CANARY%10 CANARY");

	assert_int_equal(mv_into(&world, "PROD", "BETA", &in_2, RENAME_NOREPLACE),
		EROFS); /* a standing alias stays */
	assert_writes(&world, "", "mv BETA PROD");

	assert_int_equal(do_rename(&world, &tool, "BETA", "KEPT", RENAME_NOREPLACE), 0);
	pass(&world, 500);
	assert_writes(&world, "create KEPT>2 'next'; delete BETA>2", "mv BETA KEPT");
	assert_int_equal(mv_into(&world, "PROD", "KEPT", &in_2, RENAME_NOREPLACE),
		EROFS); /* also under another name */
	assert_writes(&world, "", "mv KEPT PROD");

	assert_int_equal(do_symlink(&world, &typed, "release", "4"), 0);
	assert_int_equal(mv_into(&world, "PROD", "release", &in_2, 0), 0);
	pass(&world, 500);
	assert_writes(&world, "create release>4; update PROD>4; delete release>4",
		"mv of an alias made a moment ago");

	assert_int_equal(do_symlink(&world, &typed, "release", "5"), 0);
	pass(&world, REMAP_LOCAL_MS);
	do_readlink(&world, &tool, "PROD");
	put(&world, "PROD", 2, 0, 0, "live");
	assert_int_equal(
		do_rename_between(&world, &tool, &here, "release", &in_2, "release", 0), EROFS);
	stop_world(&world);
}

/* semantics(3.0.6) */
static void a_link_made_a_moment_ago_keeps_the_description_of_what_it_replaces(void **state)
{
	struct player typed = {.ln = true, .thread = 5, .process = 5, .names = "release"};
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_symlink(&world, &typed, "release", "4"), 0);
	assert_int_equal(do_rename(&world, &tool, "release", "PROD", 0), 0);
	assert_writes(&world, "create release>4; update PROD>4", "ln -s, mv -T");
	assert_string_equal(get(&world, "PROD")->description, "live");
	pass(&world, 500);
	assert_writes(&world, "delete release>4", "ln -s, mv -T");
	stop_world(&world);
}

/* This mount updates the alias, as gestures do. */
static void write_here(struct world *world, const char *name, uint64_t version)
{
	struct remap_content base;
	struct lambda_alias written = *get(world, name);
	static char no_description[] = "";

	remap_get_content(&written, &base);
	written.version = version;
	written.description = no_description;
	put(world, name, version, 0, 0, "");
	remap_note_write(world->remap, world->now_ms, "hello", &base, &written,
		get(world, name)->revision_id);
}

/* semantics(2.1.6, 3.0.6) */
static void what_a_colleague_has_written_is_no_longer_made_here(void **state)
{
	struct player typed = {.ln = true, .thread = 5, .process = 5, .names = "release"};
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_symlink(&world, &typed, "release", "4"), 0);
	write_here(&world, "release", 5);
	assert_int_equal(mv_into(&world, "PROD", "release", &in_1, 0), 0);
	pass(&world, 500);
	assert_writes(
		&world, "create release>4; update PROD>5; delete release>5", "made and moved here");

	/* The same name and version, made by another client. */
	put(&world, "PROD", 1, 0, 0, "live");
	assert_int_equal(do_symlink(&world, &typed, "release", "4"), 0);
	assert_writes(&world, "create release>4", "ln -s");
	take(&world, "release");
	put(&world, "release", 4, 0, 0, "");
	assert_int_equal(mv_into(&world, "PROD", "release", &in_1, 0), EROFS);
	write_here(&world, "release", 4); /* does not make it ours */
	assert_int_equal(mv_into(&world, "PROD", "release", &in_1, 0), EROFS);
	pass(&world, REMAP_LOCAL_MS);
	assert_writes(&world, "", "a colleague's");

	/* A standing alias onto another is a copy of it. */
	typed.names = "next";
	assert_int_equal(do_symlink(&world, &typed, "next", "4"), 0);
	put(&world, "next", 4, 0, 0, "theirs");
	assert_int_equal(do_rename(&world, &tool, "next", "PROD", 0), 0);
	assert_writes(&world, "create next>4; update PROD>4 'theirs'", "mv -T");
	stop_world(&world);
}

/* semantics(3.1.1, 3.1.2, 3.1.3, 3.1.5, 3.1.6) */
static void recursive_removals_delete_nothing(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink_in(&world, &tool, 1, "configuration.json"), EROFS);
	assert_true(remap_is_guarded(world.remap, world.now_ms, tool.process, "hello"));
	assert_false(remap_is_guarded(world.remap, world.now_ms, tool.process, "other"));
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
	assert_false(is_shown(&world, "PROD"));
	assert_int_equal(do_unlink(&world, &other, "BETA"), 0); /* another process's rm */
	pass(&world, 500);
	assert_writes(&world, "back PROD; back CANARY%10; delete BETA>2", "rm -rf");
	assert_true(is_shown(&world, "PROD"));

	/* git checkout, tar -x, cp -af: removed and made again. */
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), 0);
	assert_writes(&world, "update PROD>2", "git checkout");

	world.now_ms += 10000;
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	pass(&world, 500);
	assert_writes(&world, "delete PROD>2", "after ten seconds");

	assert_int_equal(do_unlink_in(&world, &nobody, 1, "code.sha256"), EROFS);
	assert_int_equal(do_unlink(&world, &nobody, "CANARY"), 0);
	pass(&world, 500);
	assert_writes(&world, "back CANARY", "callers that are not known are one");
	stop_world(&world);
}

/* semantics(3.1.2, 3.1.5) */
static void a_refusal_takes_back_the_removals_before_it(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
	assert_int_equal(do_unlink(&world, &other, "BETA"), 0);
	assert_int_equal(do_unlink_in(&world, &tool, 1, "configuration.json"), EROFS);
	assert_false(is_shown(&world, "PROD"));
	pass(&world, 500);
	assert_writes(&world, "back PROD; back CANARY%10; delete BETA>2", "links first");

	/* What was moved away was not removed. */
	assert_int_equal(do_rename(&world, &other, "PROD", "LIVE", 0), 0);
	assert_int_equal(do_unlink_in(&world, &other, 1, "configuration.json"), EROFS);
	pass(&world, 500);
	assert_writes(&world, "create LIVE>1 'live'; delete PROD>1", "a move");
	stop_world(&world);
}

/* semantics(3.1.2) */
static void removals_wait_while_their_process_goes_on_removing(void **state)
{
	struct world world;
	int i;

	(void)state;
	start(&world);
	assert_false(remap_hides_anything(world.remap, "hello"));
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_unlink(&world, &other, "BETA"), 0);
	assert_true(remap_hides_anything(world.remap, "hello"));
	assert_false(remap_hides_anything(world.remap, "other"));
	pass(&world, 400);
	remap_note_activity(world.remap, world.now_ms, tool.process, "hello");
	remap_note_activity(world.remap, world.now_ms, other.process, "other");
	pass(&world, 400);
	assert_writes(&world, "delete BETA>2", "no other process's removals wait");
	pass(&world, 100);
	assert_writes(&world, "delete PROD>1", "and its own for a grace more");

	put(&world, "PROD", 1, 0, 0, "");
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	for (i = 0; i < 149; i++) {
		pass(&world, 400);
		remap_note_activity(world.remap, world.now_ms, tool.process, "hello");
	}
	assert_writes(&world, "", "almost a minute");
	pass(&world, 400);
	assert_writes(&world, "delete PROD>1", "a minute at most");

	put(&world, "PROD", 1, 0, 0, "");
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	pass(&world, 400);
	remap_note_activity(world.remap, world.now_ms, tool.process, NULL);
	pass(&world, 499);
	assert_writes(&world, "", "what it changes elsewhere counts");
	pass(&world, 1);
	assert_writes(&world, "delete PROD>1", "for a grace more");
	stop_world(&world);
}

/* semantics(2.4.5) */
static void no_grace_runs_while_its_process_asks_for_anything(void **state)
{
	struct world world;
	size_t visit, second;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_unlink(&world, &other, "BETA"), 0);
	visit = remap_begin_visit(world.remap, world.now_ms, tool.process, "");
	assert_int_not_equal(visit, 0);
	pass(&world, 500);
	assert_writes(&world, "delete BETA>2", "no other process's grace stops");
	assert_int_equal(remap_begin_visit(world.remap, world.now_ms, other.process, ""), 0);
	second = remap_begin_visit(world.remap, world.now_ms, tool.process, "other");
	assert_int_not_equal(second, visit);
	pass(&world, 9500);
	remap_end_visit(world.remap, world.now_ms, second);
	remap_end_visit(world.remap, world.now_ms, visit);
	assert_writes(&world, "", "a request of its process stops the clock");
	pass(&world, 60000);
	assert_writes(&world, "delete PROD>1", "until it ends");
	stop_world(&world);
}

/* semantics(2.4.5) */
static void a_grace_that_ended_unseen_begins_once_more(void **state)
{
	struct world world;

	(void)state;
	start(&world);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_unlink(&world, &tool, "BETA"), 0);
	stand_still(&world, 100000);
	pthread_mutex_lock(&world.gestures->mutex);
	assert_false(gesture_end_next(world.gestures, &(int64_t){0}));
	pthread_mutex_unlock(&world.gestures->mutex);
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), 0);
	assert_writes(&world, "update PROD>2", "the link was waiting in the kernel");
	stand_still(&world, 100000);
	pass(&world, 0);
	assert_writes(&world, "delete BETA>2", "once, however late");
	stop_world(&world);
}

/* semantics(2.4.5) */
static void no_grace_runs_while_a_request_is_under_way(void **state)
{
	struct world world;
	size_t visit, second;

	(void)state;
	start(&world);
	assert_int_equal(remap_begin_visit(world.remap, world.now_ms, 0, "hello"), 0);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_rename(&world, &tool, "BETA", "BETA~", 0), 0);
	pass(&world, 200);
	assert_int_equal(remap_begin_visit(world.remap, world.now_ms, 0, "other"), 0);
	visit = remap_begin_visit(world.remap, world.now_ms, 0, "hello");
	second = remap_begin_visit(world.remap, world.now_ms, 0, "hello");
	assert_int_not_equal(visit, 0);
	pass(&world, 8000);
	remap_end_visit(world.remap, world.now_ms, second);
	pass(&world, 1000);
	remap_end_visit(world.remap, world.now_ms, visit);
	pass(&world, 299);
	assert_writes(&world, "", "a request under way stops the clock");
	pass(&world, 1);
	assert_writes(&world, "delete PROD>1; back BETA", "which then goes on where it was");

	put(&world, "PROD", 1, 0, 0, "");
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	visit = remap_begin_visit(world.remap, world.now_ms, 0, "hello");
	pass(&world, 59999);
	assert_writes(&world, "", "almost a minute");
	pass(&world, 1);
	assert_writes(&world, "delete PROD>1", "a minute at most");
	remap_end_visit(world.remap, world.now_ms, visit);
	stop_world(&world);
}

/* semantics(3.0.8) */
static void what_could_not_be_moved_is_not_removed_either(void **state)
{
	const struct gesture_place elsewhere = {.function = "other"};
	struct remap_event event;
	struct world world;

	(void)state;
	start(&world);
	remap_note_failed_move(
		world.remap, world.now_ms, tool.process, &here, "PROD", "other", "MOVED");
	remap_note_failed_move(
		world.remap, world.now_ms, tool.process, &here, "CANARY%10", NULL, "x");
	remap_note_failed_move(world.remap, world.now_ms, 0, &here, "BETA", "hello", "x.y");
	assert_int_equal(do_unlink(&world, &tool, "PROD"), EPERM);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), EPERM);
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), EPERM);
	assert_int_equal(do_unlink(&world, &nobody, "BETA"), EPERM);
	event = (struct remap_event){
		.now_ms = world.now_ms, .place = &elsewhere, .asker = {.process = tool.process}};
	assert_true(remap_has_failed(world.remap, &event, REMAP_FAILED_MOVE_TO, "MOVED", false));
	event.asker.process = other.process;
	assert_false(remap_has_failed(world.remap, &event, REMAP_FAILED_MOVE_TO, "MOVED", false));
	assert_int_equal(do_symlink(&world, &nobody, "x.y", "2"), 0); /* not another function */
	assert_int_equal(do_unlink(&world, &other, "PROD"), 0);
	assert_int_equal(do_symlink(&world, &tool, "PROD", "2"), 0);
	assert_writes(&world, "update PROD>2", "others may");
	world.now_ms += REMAP_RETRY_MS;
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	pass(&world, 500);
	assert_writes(&world, "delete PROD>2", "a second later");
	stop_world(&world);
}

/* semantics(2.4.3, 2.4.4, 2.4.17) */
static void what_could_not_be_replaced_is_shown_again(void **state)
{
	struct world world;
	int i;

	(void)state;
	start(&world);
	assert_false(remap_show_again(world.remap, world.now_ms, tool.process, "hello", "PROD"));
	assert_int_equal(do_unlink(&world, &tool, "PROD"), 0);
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
	assert_false(remap_show_again(world.remap, world.now_ms, tool.process, "other", "PROD"));
	assert_false(remap_show_again(world.remap, world.now_ms, tool.process, "hello", "PROD~"));
	assert_false(remap_show_again(world.remap, world.now_ms, tool.process, "hello", "CANARY"));
	assert_true(remap_show_again(world.remap, world.now_ms, other.process, "hello", "PROD"));
	assert_true(
		remap_show_again(world.remap, world.now_ms, tool.process, "hello", "CANARY%10"));
	for (i = 1; i < REMAP_REFUSALS_MAX; i++) {
		assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
		assert_true(remap_show_again(
			world.remap, world.now_ms, tool.process, "hello", "CANARY%10"));
	}
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), EPERM); /* not on and on */
	pass(&world, 500);
	assert_writes(&world, "", "shown again");
	assert_true(is_shown(&world, "PROD"));
	stop_world(&world);
}

/* semantics(3.0.3) */
static void protected_names_are_not_deleted(void **state)
{
	const struct gesture_options options = {
		.rules = {.mountpoint = "/mnt", .delete_grace_ms = 500, .protect = "PROD:C*"}};
	struct world world;

	(void)state;
	start_with(&world, &options);
	assert_int_equal(do_unlink(&world, &tool, "PROD"), EPERM);
	assert_int_equal(do_rename(&world, &tool, "PROD", "LIVE", 0), EPERM);
	assert_int_equal(do_rename(&world, &tool, "CANARY", "PROD", 0), EPERM);
	assert_true(is_shown(&world, "PROD"));
	pass(&world, 1000);
	assert_writes(&world, "", "refused");
	assert_int_equal(do_symlink(&world, &ln, "CuAb12xY", "2"), 0);
	assert_int_equal(do_rename(&world, &ln, "CuAb12xY", "PROD", 0), 0);
	assert_int_equal(do_rename(&world, &ln, "PROD", "PROD~", 0), 0);
	assert_int_equal(do_symlink(&world, &ln, "PROD", "3"), 0);
	assert_int_equal(do_unlink(&world, &tool, "CANARY%10"), 0);
	assert_int_equal(do_unlink(&world, &tool, "BETA"), 0);
	pass(&world, 500);
	assert_writes(
		&world, "update PROD>2; update PROD>3; update CANARY>1; delete BETA>2", "allowed");
	stop_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ln_sf_without_n_moves_the_alias_it_came_through),
		cmocka_unit_test(without_evidence_versions_are_read_only),
		cmocka_unit_test(toybox_ln_sf_goes_through_the_alias_too),
		cmocka_unit_test(mv_without_t_moves_the_alias_it_came_through),
		cmocka_unit_test(
			a_link_made_a_moment_ago_keeps_the_description_of_what_it_replaces),
		cmocka_unit_test(what_a_colleague_has_written_is_no_longer_made_here),
		cmocka_unit_test(recursive_removals_delete_nothing),
		cmocka_unit_test(a_refusal_takes_back_the_removals_before_it),
		cmocka_unit_test(removals_wait_while_their_process_goes_on_removing),
		cmocka_unit_test(no_grace_runs_while_its_process_asks_for_anything),
		cmocka_unit_test(a_grace_that_ended_unseen_begins_once_more),
		cmocka_unit_test(no_grace_runs_while_a_request_is_under_way),
		cmocka_unit_test(what_could_not_be_moved_is_not_removed_either),
		cmocka_unit_test(what_could_not_be_replaced_is_shown_again),
		cmocka_unit_test(protected_names_are_not_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
