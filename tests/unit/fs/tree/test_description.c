/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/lambda/lambda.h"
#include "fs/tree/bases.h"
#include "fs/tree/description.h"
#include "fs/tree/drafts.h"

static void every_description_comes_back_from_its_file(void **state)
{
	static const char *const texts[] = {
		"", "a", "release 5", "two\nlines", "ends\n", "\n", "\u00fcber"};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(texts); i++) {
		cleanup(buffer_release) struct buffer shown = BUFFER_INIT(1000);
		cleanup(free_pointer) char *again = NULL;

		assert_int_equal(description_show(texts[i], &shown), 0);
		assert_int_equal(shown.length, description_size(texts[i]));
		assert_int_equal(description_parse(buffer_text(&shown), shown.length, &again), 0);
		assert_string_equal(again, texts[i]);
	}
}

static void what_cannot_be_a_description_is_refused(void **state)
{
	char *text = NULL;
	char long_text[3 * LAMBDA_DESCRIPTION_MAX + 10];
	size_t i;

	(void)state;
	assert_int_equal(description_parse("a\0b", 3, &text), -EINVAL);
	assert_int_equal(description_parse("\xff", 1, &text), -EINVAL);
	/* 256 characters of three bytes each, and one more. */
	for (i = 0; i <= LAMBDA_DESCRIPTION_MAX; i++)
		memcpy(long_text + 3 * i, "\xe2\x82\xac", 3);
	assert_int_equal(
		description_parse(long_text, 3 * (LAMBDA_DESCRIPTION_MAX + 1), &text), -EFBIG);
	assert_null(text);
	assert_int_equal(description_parse(long_text, 3 * LAMBDA_DESCRIPTION_MAX, &text), 0);
	free(text);
}

static void another_text_shows_in_the_time(void **state)
{
	(void)state;
	assert_true(description_offset("release 5") != description_offset("release 6"));
	assert_within(description_offset("release 5"), 0, 86399);
	assert_within(description_offset(""), 0, 86399);
}

static void drafts_live_beside_the_description(void **state)
{
	struct drafts *drafts = drafts_new();
	cleanup(buffer_release) struct buffer content = BUFFER_INIT(100);
	struct node directory, draft, description;

	(void)state;
	assert_non_null(drafts);
	node_make(&directory, NODE_ALIAS, "hello", 0, "PROD");
	description_child(&directory, ".description.Ab12Cd", &draft);
	description_child(&directory, "description", &description);
	assert_int_equal(draft.kind, NODE_DRAFT);
	assert_int_equal(description.kind, NODE_DESCRIPTION);
	assert_int_equal(drafts_read(drafts, 0, &draft, &content), -ENOENT);
	assert_int_equal(drafts_create(drafts, 0, &draft, true), 0);
	assert_int_equal(drafts_create(drafts, 0, &draft, true), -EEXIST);
	assert_int_equal(drafts_write(drafts, 0, &draft, "text", 4), 0);
	assert_int_equal(drafts_read(drafts, 0, &draft, &content), 0);
	assert_string_equal(buffer_text(&content), "text");
	assert_int_equal(drafts_remove(drafts, 0, &draft, false), 0);
	assert_int_equal(drafts_remove(drafts, 0, &draft, false), -ENOENT);
	drafts_free(drafts);
}

static void draft_node(struct node *node, int number)
{
	struct node directory;
	char name[32];

	node_make(&directory, NODE_ALIAS, "hello", 0, "PROD");
	snprintf(name, sizeof(name), "draft-%d", number);
	description_child(&directory, name, node);
}

/* semantics(3.4.3) */
static void a_drafts_minute_begins_with_its_last_close(void **state)
{
	struct drafts *drafts = drafts_new();
	cleanup(buffer_release) struct buffer content = BUFFER_INIT(100);
	struct draft *first, *second;
	const int64_t late = 10 * DRAFT_LIFE_MS;
	struct node node;

	(void)state;
	draft_node(&node, 1);
	assert_int_equal(drafts_create(drafts, 0, &node, true), 0);
	assert_int_equal(drafts_open(drafts, 0, &node, &first), 0);
	assert_int_equal(drafts_open(drafts, 0, &node, &second), 0);
	drafts_close(drafts, 0, second);
	assert_int_equal(drafts_store(drafts, first, "text", 4), 0);
	assert_int_equal(drafts_read(drafts, late, &node, &content), 0);
	drafts_close(drafts, late, first);
	assert_int_equal(drafts_read(drafts, late + DRAFT_LIFE_MS - 1, &node, &content), 0);
	assert_string_equal(buffer_text(&content), "texttext");
	assert_int_equal(drafts_read(drafts, late + DRAFT_LIFE_MS, &node, &content), -ENOENT);
	drafts_free(drafts);
}

/* semantics(3.4.3) */
static void an_open_draft_is_the_same_under_any_name(void **state)
{
	struct drafts *drafts = drafts_new();
	cleanup(buffer_release) struct buffer content = BUFFER_INIT(100);
	struct draft *moved, *removed, *became;
	struct node one, two, three, four;

	(void)state;
	draft_node(&one, 1);
	draft_node(&two, 2);
	draft_node(&three, 3);
	draft_node(&four, 4);
	assert_int_equal(drafts_create(drafts, 0, &one, true), 0);
	assert_int_equal(drafts_create(drafts, 0, &two, true), 0);
	assert_int_equal(drafts_create(drafts, 0, &three, true), 0);
	assert_int_equal(drafts_open(drafts, 0, &one, &moved), 0);
	assert_int_equal(drafts_open(drafts, 0, &two, &removed), 0);
	assert_int_equal(drafts_open(drafts, 0, &three, &became), 0);
	assert_int_equal(drafts_rename(drafts, 0, &one, &two, true), -EEXIST);
	assert_int_equal(drafts_rename(drafts, 0, &four, &two, false), -ENOENT);
	assert_int_equal(drafts_rename(drafts, 0, &one, &two, false), 0);
	assert_int_equal(drafts_rename(drafts, 0, &two, &two, false), 0);
	assert_int_equal(drafts_remove(drafts, 0, &three, true), 0);
	assert_int_equal(drafts_read(drafts, 0, &one, &content), -ENOENT);
	assert_int_equal(drafts_store(drafts, moved, "moved", 5), 0);
	assert_int_equal(drafts_store(drafts, removed, "removed", 7), 0);
	assert_int_equal(drafts_store(drafts, became, "lost", 4), -ENOENT);
	assert_int_equal(drafts_read(drafts, 0, &two, &content), 0);
	assert_string_equal(buffer_text(&content), "moved");
	drafts_close(drafts, 0, moved);
	drafts_close(drafts, 0, removed);
	drafts_close(drafts, 0, became);
	assert_int_equal(drafts_read(drafts, 0, &two, &content), 0);
	assert_int_equal(drafts_read(drafts, 0, &three, &content), -ENOENT);
	drafts_free(drafts);
}

/* semantics(3.4.3) */
static void drafts_are_bounded(void **state)
{
	static char bytes[DRAFT_SIZE_MAX];
	struct drafts *drafts = drafts_new();
	const size_t fit = DRAFTS_BYTES_MAX / DRAFT_SIZE_MAX;
	struct node node;
	int i;

	(void)state;
	for (i = 0; i < DRAFTS_MAX; i++) {
		draft_node(&node, i);
		assert_int_equal(drafts_create(drafts, 0, &node, true), 0);
		if ((size_t)i < fit)
			assert_int_equal(drafts_write(drafts, 0, &node, bytes, sizeof(bytes)), 0);
	}
	draft_node(&node, i);
	assert_int_equal(drafts_create(drafts, 0, &node, true), -ENOSPC);
	assert_int_equal(drafts_charge(drafts, 0, 1), -ENOSPC);
	draft_node(&node, 0);
	assert_int_equal(drafts_write(drafts, 0, &node, bytes, 10), 0);
	assert_int_equal(drafts_charge(drafts, 0, sizeof(bytes) - 10), 0);
	assert_int_equal(drafts_write(drafts, 0, &node, bytes, 11), -ENOSPC);
	drafts_discharge(drafts, sizeof(bytes) - 10);
	assert_int_equal(drafts_write(drafts, 0, &node, bytes, sizeof(bytes)), 0);
	assert_int_equal(drafts_remove(drafts, 0, &node, false), 0);
	assert_int_equal(drafts_charge(drafts, 0, sizeof(bytes)), 0);
	drafts_discharge(drafts, sizeof(bytes));
	/* What has expired counts no more. */
	draft_node(&node, DRAFTS_MAX);
	assert_int_equal(drafts_create(drafts, DRAFT_LIFE_MS, &node, true), 0);
	assert_int_equal(drafts_charge(drafts, 0, DRAFTS_BYTES_MAX), 0);
	assert_int_equal(drafts_charge(drafts, 0, 1), -ENOSPC);
	drafts_free(drafts);
}

/* semantics(3.4.2) */
static void a_base_is_what_a_reader_got(void **state)
{
	struct bases *bases = bases_new();
	struct node prod, beta, other;
	char name[32];
	int i;

	(void)state;
	node_make(&prod, NODE_DESCRIPTION, "hello", 0, "PROD");
	node_make(&beta, NODE_DESCRIPTION, "hello", 0, "BETA");
	bases_note_written(bases, 0, &prod, "written");
	assert_false(bases_know(bases, 0, &prod));
	bases_note_read(bases, 0, &prod, "read");
	assert_true(bases_know(bases, 0, &prod));
	assert_false(bases_know(bases, 0, &beta));
	assert_false(bases_differ(bases, 0, &beta, "anything"));
	assert_false(bases_differ(bases, 0, &prod, "read"));
	assert_true(bases_differ(bases, 0, &prod, "theirs"));
	bases_note_written(bases, 1, &prod, "written");
	assert_false(bases_differ(bases, 1, &prod, "written"));
	assert_true(bases_know(bases, BASE_LIFE_MS - 1, &prod));
	assert_false(bases_know(bases, BASE_LIFE_MS, &prod));
	bases_note_read(bases, 10, &prod, "read");
	for (i = 0; i < BASES_MAX; i++) {
		snprintf(name, sizeof(name), "A%d", i);
		node_make(&other, NODE_DESCRIPTION, "hello", 0, name);
		assert_true(bases_know(bases, 11, &prod));
		bases_note_read(bases, 11, &other, "read");
	}
	assert_false(bases_know(bases, 11, &prod));
	assert_true(bases_know(bases, 11, &other));
	bases_free(bases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_description_comes_back_from_its_file),
		cmocka_unit_test(what_cannot_be_a_description_is_refused),
		cmocka_unit_test(another_text_shows_in_the_time),
		cmocka_unit_test(drafts_live_beside_the_description),
		cmocka_unit_test(a_drafts_minute_begins_with_its_last_close),
		cmocka_unit_test(an_open_draft_is_the_same_under_any_name),
		cmocka_unit_test(drafts_are_bounded),
		cmocka_unit_test(a_base_is_what_a_reader_got),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
