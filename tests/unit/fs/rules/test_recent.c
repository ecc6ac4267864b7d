/* SPDX-License-Identifier: MIT */
/* The table of what happened a moment ago, with the clock in the test's hand. */
#include "tests/unit/unit.h"

#include "fs/rules/recent.h"

#define LIFE_MS 1000
#define CAPACITY 4

enum action {
	NOTE,
	FORGET,
	THERE,
	GONE,
};

struct row {
	enum action action;
	int64_t now_ms;
	struct recent_key key;
	uint64_t number; /* NOTE, THERE: what the entry's number is before the look adds 1 */
};

#define KEY(kind, process, function, name)                                                         \
	{                                                                                          \
		kind, process, function, name                                                      \
	}

static void play(const struct row *rows, size_t count)
{
	struct recent recent;
	size_t i;

	assert_int_equal(recent_init(&recent, CAPACITY, LIFE_MS), 0);
	for (i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		struct recent_event *event = NULL;

		if (row->action == NOTE)
			event = recent_note(&recent, row->now_ms, &row->key);
		else if (row->action == FORGET)
			recent_forget(&recent, &row->key);
		else
			event = recent_find(&recent, row->now_ms, &row->key);
		if ((row->action == NOTE || row->action == THERE) != (event != NULL))
			fail_msg("row %zu: %s", i, event ? "there" : "not there");
		if (event && event->number++ != row->number)
			fail_msg("row %zu: number %d", i, (int)event->number - 1);
		assert_true(recent.count <= CAPACITY);
	}
	recent_release(&recent);
	assert_null(recent.events);
}

#define PLAY(rows) play(rows, array_count(rows))

static void an_event_counts_for_its_life(void **state)
{
	static const struct row rows[] = {
		{GONE, 0, KEY(0, 1, "f", "a"), 0},
		{NOTE, 0, KEY(0, 1, "f", "a"), 0},
		{THERE, 0, KEY(0, 1, "f", "a"), 1},
		{THERE, LIFE_MS - 1, KEY(0, 1, "f", "a"), 2},
		{GONE, LIFE_MS, KEY(0, 1, "f", "a"), 0},
		/* It begins anew, and so does what the owner keeps of it. */
		{NOTE, LIFE_MS, KEY(0, 1, "f", "a"), 0},
		/* What happens again while it counts keeps that, and counts for longer. */
		{NOTE, 2 * LIFE_MS - 1, KEY(0, 1, "f", "a"), 1},
		{THERE, 3 * LIFE_MS - 2, KEY(0, 1, "f", "a"), 2},
		{GONE, 3 * LIFE_MS - 1, KEY(0, 1, "f", "a"), 0},
	};

	(void)state;
	PLAY(rows);
}

static void each_part_of_the_key_counts(void **state)
{
	static const struct row rows[] = {
		{NOTE, 0, KEY(0, 1, "f", "a"), 0},
		{GONE, 0, KEY(1, 1, "f", "a"), 0},
		{GONE, 0, KEY(0, 2, "f", "a"), 0},
		{GONE, 0, KEY(0, 0, "f", "a"), 0},
		{GONE, 0, KEY(0, 1, "g", "a"), 0},
		{GONE, 0, KEY(0, 1, "f", "b"), 0},
		{GONE, 0, KEY(0, 1, "", "a"), 0},
		{THERE, 0, KEY(0, 1, NULL, NULL), 1},
		{THERE, 0, KEY(0, 1, "f", NULL), 2},
		{THERE, 0, KEY(0, 1, NULL, "a"), 3},
		{GONE, 0, KEY(0, 1, "g", NULL), 0},
		{GONE, 0, KEY(0, 1, NULL, "b"), 0},
		/* Nobody's process is one as well. */
		{NOTE, 0, KEY(0, 0, "f", NULL), 0},
		{THERE, 0, KEY(0, 0, "f", ""), 1},
	};

	(void)state;
	PLAY(rows);
}

static void what_is_forgotten_is_gone(void **state)
{
	static const struct row rows[] = {
		{NOTE, 0, KEY(0, 1, "f", "a"), 0},
		{NOTE, 1, KEY(0, 1, "g", "b"), 0},
		{NOTE, 2, KEY(0, 2, "f", "a"), 0},
		{FORGET, 2, KEY(0, 3, NULL, NULL), 0},
		{FORGET, 2, KEY(0, 1, NULL, NULL), 0},
		{GONE, 2, KEY(0, 1, "f", "a"), 0},
		{GONE, 2, KEY(0, 1, "g", "b"), 0},
		{THERE, 2, KEY(0, 2, "f", "a"), 1},
		{FORGET, 2, KEY(0, 2, "f", "b"), 0},
		{THERE, 2, KEY(0, 2, "f", "a"), 2},
	};

	(void)state;
	PLAY(rows);
}

static void in_a_full_table_the_oldest_gives_way(void **state)
{
	static const struct row rows[] = {
		{NOTE, 3, KEY(0, 1, "f", "a"), 0},
		{NOTE, 1, KEY(0, 2, "f", "a"), 0},
		{NOTE, 2, KEY(0, 3, "f", "a"), 0},
		{NOTE, 4, KEY(0, 4, "f", "a"), 0},
		{NOTE, 5, KEY(0, 5, "f", "a"), 0},
		{GONE, 5, KEY(0, 2, "f", "a"), 0},
		{NOTE, 6, KEY(0, 6, "f", "a"), 0},
		{GONE, 6, KEY(0, 3, "f", "a"), 0},
		{THERE, 6, KEY(0, 1, "f", "a"), 1},
		/* What is over gives way first, and to all at once. */
		{NOTE, LIFE_MS + 4, KEY(0, 7, "f", "a"), 0},
		{THERE, LIFE_MS + 4, KEY(0, 5, "f", "a"), 1},
		{THERE, LIFE_MS + 4, KEY(0, 6, "f", "a"), 1},
		{NOTE, LIFE_MS + 4, KEY(0, 8, "f", "a"), 0},
		{THERE, LIFE_MS + 4, KEY(0, 5, "f", "a"), 2},
	};

	(void)state;
	PLAY(rows);
}

static void a_longer_name_is_cut(void **state)
{
	char name[RECENT_NAME_MAX + 20];
	struct recent_key key = {.function = "f", .name = name};
	struct recent_event *event;
	struct recent recent;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(recent_init(&recent, 1, LIFE_MS), 0);
	event = recent_note(&recent, 0, &key);
	assert_int_equal(strlen(event->name), RECENT_NAME_MAX);
	recent_release(&recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_counts_for_its_life),
		cmocka_unit_test(each_part_of_the_key_counts),
		cmocka_unit_test(what_is_forgotten_is_gone),
		cmocka_unit_test(in_a_full_table_the_oldest_gives_way),
		cmocka_unit_test(a_longer_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
