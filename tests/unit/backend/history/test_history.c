/* SPDX-License-Identifier: MIT */
/* Where an alias stood before: the hard cases, each a life in short lines (life.h). */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/backend/history/life.h"

#define NOW 100000
#define YOUNG "99000" /* younger than half an hour */

struct scene {
	const char *name;
	const char *lines[12];
	const char *present;
	int64_t since_s;     /* 0: long ago, and after the last of the old steps */
	const char *settled; /* "2 1 !": @1 is 2, @2 is 1, @3 is not proven; `.`: there is none */
	enum history_end end;
	bool without_names; /* CloudTrail was asked by the ARN alone */
	bool never_asked;
};

static struct life life;

static void load(const struct scene *scene)
{
	const struct cloudtrail_coverage whole = {.from_s = 0, .until_s = NOW, .complete = true};
	size_t i;

	for (i = 0; i < array_count(scene->lines) && scene->lines[i]; i++)
		life_add(&life, scene->lines[i]);
	life_set_present(&life, scene->present, scene->since_s ? scene->since_s : 5000);
	life.input.present_read_s = NOW;
	if (!scene->never_asked)
		life.input.changes = whole;
	if (!scene->never_asked && !scene->without_names)
		life.input.all = whole;
}

static void print_settled(const struct history *history, char *out, size_t size)
{
	uint64_t version = 0, number;
	size_t used = 0;

	for (number = 1;; number++) {
		enum history_proof proof = history_at(history, number, &version);

		if (proof != HISTORY_PROVEN) {
			snprintf(out + used, size - used, "%s",
				proof == HISTORY_NOT_PROVEN ? "!" : ".");
			return;
		}
		used += (size_t)snprintf(out + used, size - used, "%u ", (unsigned int)version);
	}
}

static void check(const struct scene *scene)
{
	struct history history;
	char settled[64];

	load(scene);
	assert_int_equal(history_find(&life.input, &history), 0);
	print_settled(&history, settled, sizeof(settled));
	if (strcmp(settled, scene->settled) != 0 || history.end != scene->end)
		print_error("%s: %s (%s)\n", scene->name, settled, history_end_text(history.end));
	assert_string_equal(settled, scene->settled);
	assert_int_equal(history.end, scene->end);
	assert_int_equal(history_wants_more(&history), scene->end == HISTORY_END_MORE);
	history_release(&history);
	life_release(&life);
}

static const struct scene scenes[] = {
	{.name = "each request names the revision before",
		.lines = {"C " YOUNG " - r1 1", "U 99001 r1 r2 2", "U 99002 r2 r3 3"},
		.present = "r3 3",
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "nobody names anything, and all is old",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U 300 - r3 3"},
		.present = "r3 3",
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "nobody names anything, and the last is young",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U " YOUNG " - r3 3"},
		.present = "r3 3",
		.settled = "!",
		.end = HISTORY_END_YOUNG},
	{.name = "the last names one that is old, and that one names none",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U " YOUNG " r2 r3 3"},
		.present = "r3 3",
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},

	/* Canaries. */
	{.name = "during a canary",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U 300 r2 r3 2 3", "U 400 r3 r4 2 3"},
		.present = "r4 2 3",
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "during a canary whose main version is the new one",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2 1"},
		.present = "r2 2 1",
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "after a canary",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 1 2", "U 300 r2 r3 1 2", "U 400 r3 r4 2"},
		.present = "r4 2",
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "after a canary that was taken back",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "U 300 r2 r3 2 3", "U 400 r3 r4 2"},
		.present = "r4 2",
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "CodeDeploy's ramp, which names nothing",
		.lines = {"C 100 - r1 1", "w 1000 - r2 1 2", "w 1060 - r3 1 2", "w 1120 - r4 1 2",
			"U 1180 - r5 2"},
		.present = "r5 2",
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "CodeDeploy's ramp just now",
		.lines = {"C 100 - r1 1", "w 99000 - r2 1 2", "w 99060 - r3 1 2"},
		.present = "r3 1 2",
		.settled = "!",
		.end = HISTORY_END_YOUNG},

	/* What changes nothing. */
	{.name = "no-ops and descriptions are no moves",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "U 300 r2 r3 2", "U 400 r3 r4 2 0 text",
			"U 500 r4 r5 2 0 text"},
		.present = "r5 2 0 text",
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "back and forth counts each",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "U 300 r2 r3 1"},
		.present = "r3 1",
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "failed calls change nothing",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "F 250 r1 - 7", "F 300 - - 8"},
		.present = "r2 2",
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "a grant between two steps explains the revision that the later one names",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "A 300", "U 400 r2b r3 3"},
		.present = "r3 3",
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "a grant after the last step",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "A 300", "R 301"},
		.present = "r2c 2",
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "a grant just now",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2"},
		.present = "r2c 2",
		.since_s = NOW - 5,
		.settled = "!",
		.end = HISTORY_END_YOUNG},
	{.name = "a grant that only its name would tell of",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "U 400 r2b r3 3"},
		.present = "r3 3",
		.settled = "!",
		.end = HISTORY_END_MORE,
		.without_names = true},

	/* Order. */
	{.name = "two in one second, the present is one of them",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U 200 - r3 3"},
		.present = "r3 3",
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "two in one second below the present",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U 200 - r3 3", "U 300 - r4 4"},
		.present = "r4 4",
		.settled = "!",
		.end = HISTORY_END_AMBIGUOUS},
	{.name = "two in one second, one names the other",
		.lines = {"C 100 - r1 1", "U 200 r2 r3 3", "U 200 - r2 2", "U 300 - r4 4"},
		.present = "r4 4",
		.settled = "3 2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "a second apart is no order either: a call takes its time",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U 201 - r3 3", "U 300 - r4 4"},
		.present = "r4 4",
		.settled = "!",
		.end = HISTORY_END_AMBIGUOUS},

	/* What is missing. */
	{.name = "an event in the middle is missing, and the next one names it",
		.lines = {"C 100 - r1 1", "U 300 r2 r3 3"},
		.present = "r3 3",
		.settled = "!",
		.end = HISTORY_END_MISSING},
	{.name = "what the request left out is not as the event before left it",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2 3", "u 300 - r3 4"},
		.present = "r3 4",
		.settled = "!",
		.end = HISTORY_END_MISSING},
	{.name = "a result that cannot be read",
		.lines = {"C 100 - r1 1", "X 200", "U 300 - r3 3"},
		.present = "r3 3",
		.settled = "!",
		.end = HISTORY_END_MISSING},
	{.name = "an event twice, as CloudTrail may send it, and a later one than the present",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "U 300 - r3 3"},
		.present = "r2 2",
		.settled = "!",
		.end = HISTORY_END_UNLIKE},
	{.name = "nothing older is known",
		.lines = {"U 200 r1 r2 2", "U 300 - r3 3"},
		.present = "r3 3",
		.settled = "2 .",
		.end = HISTORY_END_KNOWN},
	{.name = "nothing is known of an alias that is long there",
		.lines = {NULL},
		.present = "r3 3",
		.settled = ".",
		.end = HISTORY_END_KNOWN},
	{.name = "CloudTrail was never asked",
		.lines = {NULL},
		.present = "r3 3",
		.settled = "!",
		.end = HISTORY_END_MORE,
		.never_asked = true},
	{.name = "there is no alias",
		.lines = {"C 100 - r1 1", "D 200"},
		.present = "",
		.settled = ".",
		.end = HISTORY_END_ABSENT},

	/* Another life. */
	{.name = "a re-created alias begins anew",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "D 300", "C 400 - r3 3", "U 500 - r4 4"},
		.present = "r4 4",
		.settled = "3 .",
		.end = HISTORY_END_CREATED},
	{.name = "deleted and created in one second",
		.lines = {"C 100 - r1 1", "D 400", "C 400 - r3 3", "U 500 - r4 4"},
		.present = "r4 4",
		.settled = "3 .",
		.end = HISTORY_END_CREATED},
	{.name = "deleted, and the creation is missing",
		.lines = {"C 100 - r1 1", "D 400", "U 500 - r4 4"},
		.present = "r4 4",
		.settled = "!",
		.end = HISTORY_END_AMBIGUOUS},

	/* What AWS itself does. */
	{.name = "the weights changed, and the RevisionId did not",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 1 2"},
		.present = "r2 1",
		.settled = "!",
		.end = HISTORY_END_UNLIKE},
	{.name = "the weights changed with the RevisionId",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 1 2"},
		.present = "rx 1",
		.settled = "!",
		.end = HISTORY_END_UNLIKE},
	{.name = "the RevisionId changed and nothing else, long ago",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2"},
		.present = "rx 2",
		.since_s = 300,
		.settled = "1 .",
		.end = HISTORY_END_CREATED},

	/* This mount. */
	{.name = "our own just now, and CloudTrail was never asked",
		.lines = {"n 99000 - r1 1", "o 99001 r1 r2 2", "o 99002 r2 r3 3"},
		.present = "r3 3",
		.since_s = 99002,
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED,
		.never_asked = true},
	{.name = "our own after an old one",
		.lines = {"C 100 - r1 1", "U 200 - r2 2", "o 99000 r2 r3 3"},
		.present = "r3 3",
		.since_s = 99000,
		.settled = "2 1 .",
		.end = HISTORY_END_CREATED},
	{.name = "our own, whose answer was lost, and its event",
		.lines = {"C 100 - r1 1", "o 99000 r1 r2 2", "U 99000 r1 r2 2"},
		.present = "r2 2",
		.since_s = 99000,
		.settled = "1 .",
		.end = HISTORY_END_CREATED},
	{.name = "another mount's move seconds ago",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2"},
		.present = "r3 3",
		.since_s = NOW - 5,
		.settled = "!",
		.end = HISTORY_END_YOUNG},
	{.name = "our own after it knows the state before, and no more",
		.lines = {"C 100 - r1 1", "U 200 r1 r2 2", "n 98990 - seen 5", "o 99000 seen r4 4"},
		.present = "r4 4",
		.since_s = 99000,
		.settled = "5 .",
		.end = HISTORY_END_CREATED},
};

static void hard_cases(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < array_count(scenes); i++)
		check(&scenes[i]);
}

/* Our own change carries the state before it; who made that, nobody has told yet. */
static void a_state_that_was_only_seen(void **state)
{
	struct history history;
	char settled[64];

	(void)state;
	load(&(struct scene){.lines = {"C 100 - r1 1", "U 200 r1 r2 2"}, .present = "r4 4"});
	life.states[0] = life.present;
	snprintf(life.states[0].revision_id, sizeof(life.states[0].revision_id), "r3");
	life.states[0].version = 5;
	life.owns[0] = (struct history_own){.time_s = 99000,
		.operation = CLOUDTRAIL_UPDATE_ALIAS,
		.before = &life.states[0],
		.after = &life.present,
		.request_id = "",
		.who = "this mount"};
	life.input.own_count = 1;
	assert_int_equal(history_find(&life.input, &history), 0);
	print_settled(&history, settled, sizeof(settled));
	assert_string_equal(settled, "5 !");
	assert_int_equal(history.end, HISTORY_END_YOUNG);
	assert_true(history.proven_after_s == 99000 + HISTORY_LATE_S);
	assert_int_equal(history.count, 3);
	assert_true(history.moves[0].from == &life.states[0] && history.moves[0].from_proven);
	history_release(&history);
	life_release(&life);
}

/* Once everything is old enough, that state must be what the last event left. */
static void partial_knowledge_ends_in_asking_for_more(void **state)
{
	struct history history;

	(void)state;
	load(&(struct scene){.lines = {"C 100 - r1 1", "U 90000 - r2 2"}, .present = "r2 2"});
	life.input.changes = (struct cloudtrail_coverage){.from_s = 80000, .until_s = NOW};
	assert_int_equal(history_find(&life.input, &history), 0);
	assert_int_equal(history.end, HISTORY_END_MORE);
	assert_true(history.newest_is_present);
	history_release(&history);
	life.input.changes.complete = true;
	assert_int_equal(history_find(&life.input, &history), 0);
	assert_int_equal(history.end, HISTORY_END_KNOWN);
	history_release(&history);
	life_release(&life);
}

static void the_list(void **state)
{
	static const struct {
		enum history_kind kind;
		int64_t time_s;
		const char *from, *to;
		bool in_chain;
	} expected[] = {
		{HISTORY_FAILED, 800, NULL, NULL, false},
		{HISTORY_MOVED, 700, "r4", "r5", true},
		{HISTORY_PERMISSION, 600, NULL, NULL, false},
		{HISTORY_UNCHANGED, 500, "r3", "r4", true},
		{HISTORY_DESCRIBED, 400, "r2", "r3", true},
		{HISTORY_CREATED, 300, NULL, "r2", true},
		{HISTORY_DELETED, 200, "r1", NULL, false},
		{HISTORY_CREATED, 100, NULL, "r1", false},
	};
	const struct scene scene = {
		.lines = {"U 700 r4 r5 2", "C 100 - r1 1", "D 200", "C 300 - r2 1", "A 600",
			"U 400 r2 r3 1 0 text", "U 500 r3 r4 1 0 text", "F 800 - - 9"},
		.present = "r5 2"};
	struct history history;
	size_t i;

	(void)state;
	load(&scene);
	assert_int_equal(history_find(&life.input, &history), 0);
	assert_int_equal(history.count, array_count(expected));
	for (i = 0; i < history.count; i++) {
		const struct history_move *move = &history.moves[i];

		assert_int_equal(move->kind, expected[i].kind);
		assert_int_equal(move->time_s, expected[i].time_s);
		assert_int_equal(move->in_chain, expected[i].in_chain);
		assert_string_equal(move->from ? move->from->revision_id : "",
			expected[i].from ? expected[i].from : "");
		assert_string_equal(move->to ? move->to->revision_id : "",
			expected[i].to ? expected[i].to : "");
		assert_non_null(history_kind_text(move->kind));
	}
	history_release(&history);
	life_release(&life);
}

/* What comes before does not depend on how the events came. */
static void duplicates_and_order_do_not_matter(void **state)
{
	struct history history;
	struct cloudtrail_event first;
	char settled[64];

	(void)state;
	load(&(struct scene){
		.lines = {"U 300 - r3 3", "C 100 - r1 1", "U 200 - r2 2"}, .present = "r3 3"});
	first = life.events[0];
	assert_int_equal(cloudtrail_event_copy(&first, &life.events[3]), 0);
	life.input.event_count = 4;
	assert_int_equal(history_find(&life.input, &history), 0);
	assert_int_equal(history.count, 3);
	print_settled(&history, settled, sizeof(settled));
	assert_string_equal(settled, "2 1 .");
	history_release(&history);
	life_release(&life);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hard_cases),
		cmocka_unit_test(a_state_that_was_only_seen),
		cmocka_unit_test(partial_knowledge_ends_in_asking_for_more),
		cmocka_unit_test(the_list),
		cmocka_unit_test(duplicates_and_order_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
