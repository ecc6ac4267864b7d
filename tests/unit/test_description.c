/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/lambda/lambda.h"
#include "fs/description.h"

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
	assert_in_range(description_offset("release 5"), 0, 86399);
	assert_in_range(description_offset(""), 0, 86399);
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
	assert_int_equal(drafts_read(drafts, &draft, &content), -ENOENT);
	assert_int_equal(drafts_create(drafts, &draft, true), 0);
	assert_int_equal(drafts_create(drafts, &draft, true), -EEXIST);
	assert_int_equal(drafts_write(drafts, &draft, "text", 4), 0);
	assert_int_equal(drafts_read(drafts, &draft, &content), 0);
	assert_string_equal(buffer_text(&content), "text");
	assert_int_equal(drafts_remove(drafts, &draft), 0);
	assert_int_equal(drafts_remove(drafts, &draft), -ENOENT);
	drafts_free(drafts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_description_comes_back_from_its_file),
		cmocka_unit_test(what_cannot_be_a_description_is_refused),
		cmocka_unit_test(another_text_shows_in_the_time),
		cmocka_unit_test(drafts_live_beside_the_description),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
