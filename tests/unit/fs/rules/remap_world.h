/* SPDX-License-Identifier: MIT */
/*
 * For test_remap.c and test_remap_through.c: requests as the kernel sends them, decided by the rules and carried out by
 * fs/gesture's own driver against a handful of aliases in memory, with the clock in the test's hand and every write
 * noted as text.
 */
#ifndef ALIASFS_TESTS_REMAP_WORLD_H
#define ALIASFS_TESTS_REMAP_WORLD_H

#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/base/buffer.h"
#include "fs/gesture/private.h"
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
	struct gestures *gestures;
	struct remap *remap; /* of the gestures */
	int64_t now_ms;
	struct lambda_alias aliases[ALIASES];
	unsigned int revision;
	uint64_t newest;
	int fail_next; /* the errno of the next write, 0: none */
	struct buffer writes;
	char read[LAMBDA_ALIAS_NAME_MAX + 1]; /* the last alias that was read afresh */
};

/* The one that is being played: its clock and its account are the driver's. */
static struct world *playing;

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

/* --- the account: what the driver asks of the catalog --- */

static inline int64_t world_now_ms(void)
{
	return playing->now_ms;
}

static inline enum lambda_status fail_if_asked(void)
{
	int error = playing->fail_next;

	playing->fail_next = 0;
	if (error == EACCES)
		return LAMBDA_ACCESS_DENIED;
	if (error == EREMCHG)
		return LAMBDA_REVISION_CHANGED;
	return error ? LAMBDA_SERVICE_FAILED : LAMBDA_OK;
}

static inline enum lambda_status copy_alias(const char *name, struct lambda_alias *ret_alias)
{
	const struct lambda_alias *alias = find(playing, name);

	if (!alias)
		return LAMBDA_NOT_FOUND;
	if (ret_alias)
		assert_int_equal(lambda_alias_copy(alias, ret_alias), 0);
	return LAMBDA_OK;
}

static inline enum lambda_status world_get_alias(struct catalog *catalog,
	const struct call_scope *scope, const char *function, const char *name,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	assert_string_equal(function, "hello");
	return copy_alias(name, ret_alias);
}

static inline enum lambda_status world_get_alias_afresh(struct catalog *catalog,
	const struct call_scope *scope, const char *function, const char *name,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	snprintf(playing->read, sizeof(playing->read), "%s", name);
	return world_get_alias(catalog, scope, function, name, ret_alias, reterr);
}

static inline enum lambda_status world_find_listed_alias(struct catalog *catalog,
	const struct call_scope *scope, const char *function, const char *name,
	struct lambda_alias *ret_alias, bool *ret_there, struct lambda_error *reterr)
{
	*ret_there = !world_get_alias(catalog, scope, function, name, ret_alias, reterr);
	return LAMBDA_OK;
}

static inline enum lambda_status world_get_version(struct catalog *catalog,
	const struct call_scope *scope, const char *function, uint64_t version,
	struct catalog_version *ret_version, int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	*ret_version = (struct catalog_version){.version = version};
	return version <= playing->newest ? LAMBDA_OK : LAMBDA_NOT_FOUND;
}

static inline enum lambda_status world_list_versions(struct catalog *catalog,
	const struct call_scope *scope, const char *function, uint64_t version, bool *ret_there,
	uint64_t *ret_newest, struct lambda_error *reterr)
{
	*ret_there = version <= playing->newest;
	*ret_newest = playing->newest;
	return LAMBDA_OK;
}

static inline enum lambda_status world_update_alias(struct catalog *catalog,
	const struct call_scope *scope, const char *function, const struct lambda_alias *wanted,
	bool with_description, struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	struct world *world = playing;
	const struct lambda_alias *alias = find(world, wanted->name);
	enum lambda_status status = fail_if_asked();

	if (status)
		return status;
	if (!alias)
		return LAMBDA_NOT_FOUND;
	if (strcmp(alias->revision_id, wanted->revision_id) != 0)
		return LAMBDA_REVISION_CHANGED;
	if (wanted->version > world->newest || wanted->weighted_version > world->newest)
		return LAMBDA_NOT_FOUND;
	note(world, "update", wanted);
	if (with_description)
		assert_int_equal(buffer_appendf(&world->writes, " '%s'", wanted->description), 0);
	put(world, wanted->name, wanted->version, wanted->weighted_version, wanted->weight,
		with_description ? wanted->description : alias->description);
	return copy_alias(wanted->name, ret_alias);
}

static inline enum lambda_status world_create_alias(struct catalog *catalog,
	const struct call_scope *scope, const char *function, const struct lambda_alias *wanted,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	struct world *world = playing;
	enum lambda_status status = fail_if_asked();

	if (status)
		return status;
	if (find(world, wanted->name))
		return LAMBDA_ALREADY_EXISTS;
	if (wanted->version > world->newest)
		return LAMBDA_NOT_FOUND;
	note(world, "create", wanted);
	if (*wanted->description)
		assert_int_equal(buffer_appendf(&world->writes, " '%s'", wanted->description), 0);
	put(world, wanted->name, wanted->version, wanted->weighted_version, wanted->weight,
		wanted->description);
	return copy_alias(wanted->name, ret_alias);
}

static inline enum lambda_status world_delete_alias(struct catalog *catalog,
	const struct call_scope *scope, const char *function, const char *name,
	const char *revision_id, struct lambda_error *reterr)
{
	enum lambda_status status = fail_if_asked();

	if (status)
		return status;
	note(playing, "delete", get(playing, name));
	take(playing, name);
	return LAMBDA_OK;
}

/* PROD was at 5 before, and has been nowhere else; of the others nothing is proven. */
static inline enum lambda_status world_find_settled(struct moves *moves,
	const struct call_scope *scope, const char *function, const char *alias, uint64_t number,
	uint64_t *ret_version, struct lambda_error *reterr)
{
	if (strcmp(alias, "PROD") != 0)
		return lambda_fail(reterr, LAMBDA_NOT_PROVEN, "not proven");
	*ret_version = get(playing, "PROD")->version == 5 ? 1 : 5;
	return number == 1 ? LAMBDA_OK : lambda_fail(reterr, LAMBDA_NOT_FOUND, "none");
}

static const struct gesture_calls world_calls = {
	.get_alias = world_get_alias,
	.get_alias_afresh = world_get_alias_afresh,
	.find_listed_alias = world_find_listed_alias,
	.get_version = world_get_version,
	.list_versions = world_list_versions,
	.create_alias = world_create_alias,
	.update_alias = world_update_alias,
	.delete_alias = world_delete_alias,
	.find_settled = world_find_settled,
	.now_ms = world_now_ms,
};

/* PROD -> 1, BETA -> 2, CANARY -> 1 with 10 % to 3 and a description. */
static inline void start_with(struct world *world, const struct gesture_options *options)
{
	memset(world, 0, sizeof(*world));
	playing = world;
	world->writes.maximum = 4096;
	world->now_ms = 1000000;
	world->newest = 9;
	world->gestures = gestures_make(&world_calls, NULL, options);
	assert_non_null(world->gestures);
	world->remap = world->gestures->remap;
	put(world, "PROD", 1, 0, 0, "live");
	put(world, "BETA", 2, 0, 0, "next");
	put(world, "CANARY", 1, 3, 0.1, "bird");
}

static inline void start(struct world *world)
{
	const struct gesture_options options = {
		.rules.mountpoint = "/mnt", .rules.delete_grace_ms = 500};

	start_with(world, &options);
}

/* What is pending is dropped: nothing is written any more. */
static inline void stop_world(struct world *world)
{
	size_t i;

	for (i = 0; i < ALIASES; i++)
		free(world->aliases[i].description);
	buffer_release(&world->writes);
	gestures_abandon(world->gestures);
}

/* Notes a name that is shown again, though nothing was written or tried. */
static inline void note_return(struct world *world, const struct remap_due *due, int failing)
{
	if (due->kind == REMAP_DUE_TOMBSTONE && world->fail_next == failing)
		assert_int_equal(buffer_appendf(&world->writes, "%sback %s",
					 world->writes.length ? "; " : "", due->tombstone.name),
			0);
}

/* Lets time pass, and happen what it brings, each thing when it is due. */
static inline void pass(struct world *world, int64_t milliseconds)
{
	int64_t end_ms = world->now_ms + milliseconds, next_ms, due_ms;
	struct remap_due due;

	pthread_mutex_lock(&world->gestures->mutex);
	for (;;) {
		size_t written = world->writes.length;
		int failing = world->fail_next;

		if (!remap_next_due(world->remap, world->now_ms, NULL, &due, &due_ms)) {
			if (due_ms > end_ms)
				break;
			world->now_ms = due_ms;
			continue;
		}
		assert_true(gesture_end_next(world->gestures, &next_ms));
		if (world->writes.length == written)
			note_return(world, &due, failing);
	}
	world->now_ms = end_ms;
	pthread_mutex_unlock(&world->gestures->mutex);
}

/* Time passes while nothing happens: the program is stopped. */
static inline void stand_still(struct world *world, int64_t milliseconds)
{
	world->now_ms += milliseconds;
}

/* --- the requests --- */

/* Whether the alias is the one that the event would change. */
static inline bool is_about(const struct remap_event *event, const char *alias)
{
	struct name name;

	name_parse(event->new_name ? event->new_name : event->name, &name);
	return event->through || !strcmp(name.alias, alias);
}

static inline int play(struct world *world, enum errno_gesture gesture, struct remap_event *event,
	const struct player *player)
{
	const struct call_scope scope = {world->now_ms, world->now_ms};
	size_t written = world->writes.length;
	struct gesture_written result;
	struct lambda_error error = {0};
	int r;

	event->thread = player->thread;
	event->asker.process = player->process;
	event->caller_is_known = !player->unknown;
	event->caller_is_ln = player->ln;
	event->caller_forces = player->forces;
	event->caller_names_it = player->names && !strcmp(player->names, event->name);
	event->name_patterns = player->script ? 0 : NAME_PATTERNS_ALL;
	*world->read = '\0';
	r = gesture_change(world->gestures, &scope, gesture, event, &result, &error);
	assert_null(strstr(error.message, "(null)")); /* an error without its sentence */
	if (!r)
		assert_string_equal(error.message, "");
	/* Nothing was to be changed: the alias was read, and says what it should. */
	if (r == 0 && result.is_written && world->writes.length == written &&
		is_about(event, world->read))
		note(world, "get", get(world, world->read));
	return -r;
}

static inline int do_symlink_in(struct world *world, const struct player *player,
	const struct gesture_place *place, const char *name, const char *target)
{
	struct remap_event event = {.place = place, .name = name, .target = target};

	return play(world, ERRNO_SYMLINK, &event, player);
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

	return play(world, ERRNO_RENAME, &event, player);
}

static inline int do_rename(struct world *world, const struct player *player, const char *name,
	const char *new_name, unsigned int flags)
{
	return do_rename_between(world, player, &here, name, &here, new_name, flags);
}

static inline int do_unlink(struct world *world, const struct player *player, const char *name)
{
	struct remap_event event = {.place = &here, .name = name};

	return play(world, ERRNO_UNLINK, &event, player);
}

static inline int do_unlink_in(
	struct world *world, const struct player *player, uint64_t version, const char *name)
{
	const struct gesture_place place = {
		.function = "hello", .in_version = true, .version = version};
	struct remap_event event = {.place = &place, .name = name};

	return play(world, ERRNO_UNLINK, &event, player);
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
		{"EROFS", EROFS}, {"EREMCHG", EREMCHG}, {"ENAMETOOLONG", ENAMETOOLONG},
		{"EAGAIN", EAGAIN}};
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
