/* SPDX-License-Identifier: MIT */
/*
 * For test_remap.c: requests as the kernel sends them, played against a handful of aliases in memory,
 * with the clock in the test's hand and every write noted as text.
 */
#ifndef ALIASFS_TESTS_REMAP_WORLD_H
#define ALIASFS_TESTS_REMAP_WORLD_H

#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/base/buffer.h"
#include "fs/rules/remap.h"

#define ALIASES 12

/* Who sends the requests. */
struct player {
	bool unknown;
	bool ln;
	bool forces;
	pid_t thread;
	pid_t process;
	const char *names; /* a name in its command line */
	bool script;       /* a program that makes up no names for links */
};

static const struct player ln = {.ln = true, .forces = true, .thread = 10, .process = 10};
static const struct player tool = {.thread = 20, .process = 20};
static const struct player other = {.thread = 30, .process = 30};
static const struct player nobody = {.unknown = true};

struct world {
	struct remap *remap;
	int64_t now_ms;
	struct lambda_alias aliases[ALIASES];
	unsigned int revision;
	uint64_t newest;
	int fail_next; /* the errno of the next write, 0: none */
	struct buffer writes;
};

static const struct gesture_place here = {.function = "hello"};

static inline struct lambda_alias *find(struct world *world, const char *name)
{
	size_t i;

	for (i = 0; i < ALIASES; i++)
		if (*world->aliases[i].name && !strcmp(world->aliases[i].name, name))
			return &world->aliases[i];
	return NULL;
}

/* The alias, which has to be there. */
static inline const struct lambda_alias *get(struct world *world, const char *name)
{
	static const struct lambda_alias none;
	const struct lambda_alias *alias = find(world, name);

	if (!alias)
		fail_msg("%s is not there", name);
	return alias ? alias : &none;
}

static inline void put(struct world *world, const char *name, uint64_t version, uint64_t weighted,
	double weight, const char *description)
{
	struct lambda_alias *alias = find(world, name);
	size_t i;

	for (i = 0; !alias && i < ALIASES; i++)
		if (!*world->aliases[i].name)
			alias = &world->aliases[i];
	if (!alias) {
		fail_msg("no room for %s", name);
		return;
	}
	snprintf(alias->name, sizeof(alias->name), "%.*s", LAMBDA_ALIAS_NAME_MAX, name);
	snprintf(alias->revision_id, sizeof(alias->revision_id), "r%u", ++world->revision);
	alias->version = version;
	alias->weighted_version = weighted;
	alias->weight = weighted ? weight : 0;
	description = strdup(description);
	free(alias->description);
	memcpy(&alias->description, &description, sizeof(description));
}

static inline void take(struct world *world, const char *name)
{
	struct lambda_alias *alias = find(world, name);

	if (alias) {
		free(alias->description);
		memset(alias, 0, sizeof(*alias));
	}
}

/* PROD -> 1, BETA -> 2, CANARY -> 1 with 10 % to 3 and a description. */
static inline void start_with(struct world *world, const struct remap_options *options)
{
	memset(world, 0, sizeof(*world));
	world->writes.maximum = 4096;
	world->now_ms = 1000000;
	world->newest = 9;
	world->remap = remap_new(options);
	assert_non_null(world->remap);
	put(world, "PROD", 1, 0, 0, "live");
	put(world, "BETA", 2, 0, 0, "next");
	put(world, "CANARY", 1, 3, 0.1, "bird");
}

static inline void start(struct world *world)
{
	const struct remap_options options = {.mountpoint = "/mnt", .delete_grace_ms = 500};

	start_with(world, &options);
}

static inline void stop_world(struct world *world)
{
	size_t i;

	for (i = 0; i < ALIASES; i++)
		free(world->aliases[i].description);
	buffer_release(&world->writes);
	remap_free(world->remap);
}

static inline void note(struct world *world, const char *call, const struct lambda_alias *alias)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(alias->version, version);
	assert_int_equal(buffer_appendf(&world->writes, "%s%s %s>%s",
				 world->writes.length ? "; " : "", call, alias->name, version),
		0);
	if (alias->weighted_version)
		assert_int_equal(buffer_appendf(&world->writes, "+%d@%g",
					 (int)alias->weighted_version, alias->weight),
			0);
}

/* What has been written since the last question. */
static inline void assert_writes(struct world *world, const char *expected, const char *what)
{
	if (strcmp(buffer_text(&world->writes), expected) != 0)
		fail_msg("%s: wrote '%s' instead of '%s'", what, buffer_text(&world->writes),
			expected);
	buffer_reset(&world->writes);
}

/* --- the calls --- */

static inline int update(
	struct world *world, const struct lambda_alias *wanted, bool with_description)
{
	struct lambda_alias *alias = find(world, wanted->name);

	if (world->fail_next) {
		int error = world->fail_next;

		world->fail_next = 0;
		return -error;
	}
	if (!alias)
		return -ENOENT;
	if (strcmp(alias->revision_id, wanted->revision_id) != 0)
		return -EREMCHG;
	if (wanted->version > world->newest || wanted->weighted_version > world->newest)
		return -ENOENT;
	note(world, "update", wanted);
	if (with_description)
		assert_int_equal(buffer_appendf(&world->writes, " '%s'", wanted->description), 0);
	put(world, wanted->name, wanted->version, wanted->weighted_version, wanted->weight,
		with_description ? wanted->description : alias->description);
	return 0;
}

static inline int create(struct world *world, const struct lambda_alias *wanted)
{
	if (world->fail_next) {
		int error = world->fail_next;

		world->fail_next = 0;
		return -error;
	}
	if (find(world, wanted->name))
		return -EEXIST;
	if (wanted->version > world->newest)
		return -ENOENT;
	note(world, "create", wanted);
	if (*wanted->description)
		assert_int_equal(buffer_appendf(&world->writes, " '%s'", wanted->description), 0);
	put(world, wanted->name, wanted->version, wanted->weighted_version, wanted->weight,
		wanted->description);
	return 0;
}

static inline int confirm(struct world *world, const struct lambda_alias *wanted)
{
	const struct lambda_alias *alias = find(world, wanted->name);

	note(world, "get", wanted);
	return alias && alias->version == wanted->version &&
			       alias->weighted_version == wanted->weighted_version
		       ? 0
		       : -EREMCHG;
}

static inline int find_version(
	struct world *world, const struct remap_plan *plan, uint64_t *version)
{
	const struct lambda_alias *source = find(world,
		plan->source_kind == REMAP_SOURCE_TARGET ? plan->target.alias : plan->source);

	if (plan->source_kind == REMAP_SOURCE_TARGET && plan->target.kind == TARGET_VERSION)
		*version = plan->target.version;
	else if (plan->source_kind == REMAP_SOURCE_TARGET && plan->target.kind == TARGET_NEWEST)
		*version = world->newest;
	else if (!source)
		return -ENOENT;
	else
		*version = plan->source_kind == REMAP_SOURCE_WEIGHT ? source->weighted_version
								    : source->version;
	return 0;
}

static inline int write_plan(struct world *world, const struct remap_event *event,
	const struct remap_plan *plan, const struct lambda_alias **created)
{
	struct lambda_alias *current = find(world, plan->alias);
	struct lambda_alias *source = find(world, plan->source);
	struct lambda_alias wanted;
	bool with_description;
	uint64_t version = 0;
	int r;

	if (plan->write == REMAP_WRITE_NOTHING)
		return 0;
	if (plan->write == REMAP_WRITE_EXCHANGE) {
		note(world, "exchange", current);
		return 0;
	}
	r = find_version(world, plan, &version);
	if (r < 0)
		return r;
	switch (remap_form_call(
		world->remap, event, plan, version, current, source, &wanted, &with_description)) {
	case REMAP_CALL_CONFIRM:
		return confirm(world, &wanted);
	case REMAP_CALL_CREATE:
		r = create(world, &wanted);
		*created = r == 0 ? get(world, wanted.name) : NULL;
		return r;
	case REMAP_CALL_UPDATE:
		return update(world, &wanted, with_description);
	default:
		return 0;
	}
}

static inline void finish(struct world *world, const struct remap_due *due)
{
	const struct remap_tombstone *tombstone = &due->tombstone;
	struct lambda_alias *alias = find(world, due->name), wanted = {0};
	bool gone = false;

	if (due->kind == REMAP_DUE_HELD) {
		static char no_description[] = "";

		wanted.description = no_description;
		snprintf(
			wanted.name, sizeof(wanted.name), "%.*s", LAMBDA_ALIAS_NAME_MAX, due->name);
		wanted.version = due->target.version;
		remap_drop_held(world->remap, world->now_ms, due->function, due->name,
			create(world, &wanted) == 0 ? get(world, wanted.name)->revision_id : NULL);
		return;
	}
	if (!tombstone->may_delete || !alias ||
		(tombstone->is_weight ? !remap_content_is(&tombstone->content, alias)
				      : strcmp(alias->revision_id, tombstone->revision_id) != 0)) {
		assert_int_equal(buffer_appendf(&world->writes, "%sback %s",
					 world->writes.length ? "; " : "", tombstone->name),
			0);
	} else if (tombstone->is_weight) {
		wanted = *alias;
		wanted.weighted_version = 0;
		gone = update(world, &wanted, false) == 0;
	} else if (world->fail_next) {
		world->fail_next = 0;
	} else {
		note(world, "delete", alias);
		take(world, due->name);
		gone = true;
	}
	remap_drop_tombstone(world->remap, tombstone, gone);
}

/* Lets time pass, and happen what it brings. */
static inline void pass(struct world *world, int64_t milliseconds)
{
	struct remap_due due;

	world->now_ms += milliseconds;
	while (remap_next_due(world->remap, world->now_ms, NULL, &due, NULL))
		finish(world, &due);
}

/* --- the requests --- */

static inline int play(struct world *world, struct remap_event *event, const struct player *player,
	void (*decide)(const struct remap *remap, const struct remap_event *event,
		struct remap_plan *plan))
{
	char keys[REMAP_KEYS][REMAP_NAME_MAX + 1], dependency[LAMBDA_ALIAS_NAME_MAX + 1];
	const struct remap_tombstone *tombstone;
	struct remap_due due;
	struct remap_plan plan;
	struct name name;
	const struct lambda_alias *created = NULL;
	const char *through;
	size_t count, i;
	int r, completed;

	event->now_ms = world->now_ms;
	event->thread = player->thread;
	event->process = player->process;
	event->caller_is_known = !player->unknown;
	event->caller_is_ln = player->ln;
	event->caller_forces = player->forces;
	event->caller_names_it = player->names && !strcmp(player->names, event->name);
	event->name_patterns = player->script ? 0 : NAME_PATTERNS_ALL;
	while (remap_find_dependency(world->remap, event, dependency)) {
		tombstone = remap_find_tombstone(world->remap, "hello", dependency, false);
		if (tombstone) {
			due = (struct remap_due){
				.kind = REMAP_DUE_TOMBSTONE, .tombstone = *tombstone};
			snprintf(due.name, sizeof(due.name), "%s", dependency);
		} else {
			assert_true(remap_find_held(world->remap, "hello", dependency, &due));
		}
		finish(world, &due);
	}
	count = remap_name_keys(world->remap, event, keys);
	for (i = 0; i < count; i++)
		assert_true(remap_begin(world->remap, "hello", keys[i]));
	through = remap_find_through(world->remap, event);
	event->through = through ? find(world, through) : NULL;
	name_parse(event->name, &name);
	event->alias = *name.alias ? find(world, name.alias) : NULL;
	if (event->new_name) {
		name_parse(event->new_name, &name);
		event->new_alias = *name.alias ? find(world, name.alias) : NULL;
	}
	decide(world->remap, event, &plan);
	remap_reserve(world->remap, &plan);
	r = plan.error ? -plan.error : write_plan(world, event, &plan, &created);
	assert_int_equal(plan.error != 0, plan.sentence != NULL);
	completed = remap_complete(world->remap, event, &plan, r, created, NULL);
	if (r == 0)
		r = completed;
	if (r == 0 && plan.bury_at_once) {
		due = (struct remap_due){.kind = REMAP_DUE_TOMBSTONE, .tombstone = plan.tombstone};
		snprintf(due.name, sizeof(due.name), "%s", plan.tombstone.alias);
		finish(world, &due);
	}
	for (i = 0; i < count; i++)
		remap_end(world->remap, "hello", keys[i]);
	return -r;
}

static inline int do_symlink_in(struct world *world, const struct player *player,
	const struct gesture_place *place, const char *name, const char *target)
{
	struct remap_event event = {.place = place, .name = name, .target = target};

	return play(world, &event, player, remap_decide_symlink);
}

static inline int do_symlink(
	struct world *world, const struct player *player, const char *name, const char *target)
{
	return do_symlink_in(world, player, &here, name, target);
}

static inline int do_rename_between(struct world *world, const struct player *player,
	const struct gesture_place *from, const char *name, const struct gesture_place *to,
	const char *new_name, unsigned int flags)
{
	struct remap_event event = {
		.place = from, .name = name, .to = to, .new_name = new_name, .flags = flags};

	return play(world, &event, player, remap_decide_rename);
}

static inline int do_rename(struct world *world, const struct player *player, const char *name,
	const char *new_name, unsigned int flags)
{
	return do_rename_between(world, player, &here, name, &here, new_name, flags);
}

static inline int do_unlink(struct world *world, const struct player *player, const char *name)
{
	struct remap_event event = {.place = &here, .name = name};

	return play(world, &event, player, remap_decide_unlink);
}

static inline int do_unlink_in(
	struct world *world, const struct player *player, uint64_t version, const char *name)
{
	const struct gesture_place place = {
		.function = "hello", .in_version = true, .version = version};
	struct remap_event event = {.place = &place, .name = name};

	return play(world, &event, player, remap_decide_unlink);
}

static inline void do_readlink(struct world *world, const struct player *player, const char *name)
{
	remap_note_readlink(world->remap, world->now_ms, player->thread, "hello", name);
}

static inline bool is_shown(struct world *world, const char *alias)
{
	return find(world, alias) && !remap_find_tombstone(world->remap, "hello", alias, false);
}

static inline bool is_link(struct world *world, const char *name)
{
	return remap_find_link(world->remap, world->now_ms, &here, name) != NULL;
}

/* --- scripts: one line is one request --- */

/*
 * "s NAME TARGET", "r NAME NEW", "rn NAME NEW" (NOREPLACE), "u NAME", "w MILLISECONDS", each followed
 * by "!ERRNO" when it is to fail. Lines are separated by '\n'.
 */
static inline int number_of(const char *text)
{
	static const struct {
		const char *name;
		int number;
	} errnos[] = {{"EPERM", EPERM}, {"EEXIST", EEXIST}, {"ENOENT", ENOENT}, {"EINVAL", EINVAL},
		{"EROFS", EROFS}, {"EREMCHG", EREMCHG}, {"ENAMETOOLONG", ENAMETOOLONG}};
	size_t i;

	for (i = 0; i < array_count(errnos); i++)
		if (!strcmp(text, errnos[i].name))
			return errnos[i].number;
	return 0;
}

static inline void play_line(struct world *world, const struct player *player, char *line)
{
	char *rest = NULL, *words[4] = {NULL};
	int expected = 0, got = 0;
	char copy[256];
	size_t i;

	snprintf(copy, sizeof(copy), "%s", line);
	for (i = 0; i < 4; i++) {
		words[i] = strtok_r(i ? NULL : line, " ", &rest);
		if (words[i] && *words[i] == '!') {
			expected = number_of(words[i] + 1);
			assert_int_not_equal(expected, 0);
		}
	}
	if (!strcmp(words[0], "s"))
		got = do_symlink(world, player, words[1], words[2]);
	else if (!strcmp(words[0], "r"))
		got = do_rename(world, player, words[1], words[2], 0);
	else if (!strcmp(words[0], "rn"))
		got = do_rename(world, player, words[1], words[2], RENAME_NOREPLACE);
	else if (!strcmp(words[0], "rx"))
		got = do_rename(world, player, words[1], words[2], RENAME_EXCHANGE);
	else if (!strcmp(words[0], "u"))
		got = do_unlink(world, player, words[1]);
	else if (!strcmp(words[0], "w"))
		pass(world, strtol(words[1], NULL, 10));
	else
		fail_msg("no such request: %s", copy);
	if (got != expected)
		fail_msg("%s: answered %s instead of %s", copy, strerror(got), strerror(expected));
}

static inline void play_script(struct world *world, const struct player *player, const char *script)
{
	char *copy = strdup(script), *rest = NULL, *line;

	for (line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		play_line(world, player, line);
	free(copy);
}

struct row {
	const char *what;
	const struct player *player;
	const char *script;
	const char *writes; /* at once */
	const char *later;  /* after a minute */
};

static inline void play_rows(const struct row *rows, size_t count)
{
	struct world world;
	size_t i;

	for (i = 0; i < count; i++) {
		start(&world);
		print_message("%s\n", rows[i].what);
		play_script(&world, rows[i].player, rows[i].script);
		assert_writes(&world, rows[i].writes, rows[i].what);
		pass(&world, REMAP_LOCAL_MS);
		assert_writes(&world, rows[i].later ? rows[i].later : "", rows[i].what);
		stop_world(&world);
	}
}

#endif
