/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/lambda/lambda.h"
#include "fs/tree/bases.h"
#include "fs/tree/description.h"
#include "fs/tree/document_names.h"
#include "fs/tree/drafts.h"

static void every_description_comes_back_from_its_file(void **state)
{
	static const char *const texts[] = {
		"", "a", "release 5", "two\nlines", "ends\n", "\n", "\u00fcber"};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(texts); i++) {
		cleanup(buffer_release) struct buffer shown = BUFFER_INIT(1000);

		assert_int_equal(description_show(texts[i], &shown), 0);
		assert_int_equal(shown.length, description_size(texts[i]));
		/* Without the file's own line end it is the text again. */
		assert_int_equal(shown.length, *texts[i] ? strlen(texts[i]) + 1 : 0);
		assert_memory_equal(buffer_text(&shown), texts[i], strlen(texts[i]));
	}
}

static void another_text_shows_in_the_time(void **state)
{
	(void)state;
	assert_true(description_offset("release 5") != description_offset("release 6"));
	assert_within(description_offset("release 5"), 0, 86399);
	assert_within(description_offset(""), 0, 86399);
}

/* --- spools --- */

static struct spools *spools;

static int make_spools(void **state)
{
	(void)state;
	spools = spools_new("/var/tmp");
	return spools ? 0 : -1;
}

static int free_spools(void **state)
{
	(void)state;
	assert_int_equal(atomic_load(&spools->memory), 0);
	assert_int_equal(atomic_load(&spools->disk), 0);
	spools_free(spools);
	return 0;
}

static struct spool *spool_of(const char *text)
{
	struct spool *spool = spool_new(spools, SPOOL_MEMORY_MAX * 4);

	assert_non_null(spool);
	assert_int_equal(spool_write(spool, text, strlen(text), 0), 0);
	return spool;
}

static void a_spool_goes_to_the_disk_when_it_is_large(void **state)
{
	static char piece[SPOOL_MEMORY_MAX];
	struct spool *spool = spool_of("begin"), *copy;
	char text[8] = "";
	uint64_t at;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	for (at = 5; at < 3 * SPOOL_MEMORY_MAX; at += 1000)
		assert_int_equal(spool_write(spool, piece, 1000, at), 0);
	assert_int_equal(atomic_load(&spools->memory), 0);
	assert_int_equal(atomic_load(&spools->disk), (int64_t)spool_size(spool));
	assert_int_equal(spool_read(spool, text, 5, 0), 5);
	assert_string_equal(text, "begin");
	assert_int_equal(spool_write(spool, piece, 1, SPOOL_MEMORY_MAX * 4), -EFBIG);
	copy = spool_ref(spool);
	assert_int_equal(spool_make_own(&copy), 0);
	assert_ptr_not_equal(copy, spool);
	assert_int_equal(spool_write(copy, "other", 5, 0), 0);
	assert_int_equal(spool_read(spool, text, 5, 0), 5);
	assert_string_equal(text, "begin");
	assert_int_equal(spool_truncate(copy, 3), 0);
	assert_int_equal(spool_truncate(copy, 6), 0);
	assert_int_equal(spool_read(copy, text, 8, 0), 6);
	assert_memory_equal(text, "oth\0\0\0", 6);
	assert_true(spool_descriptor(copy) >= 0);
	spool_unref(copy);
	spool_unref(spool);
}

static void what_all_spools_hold_is_bounded(void **state)
{
	static char piece[SPOOL_MEMORY_MAX];
	struct spool *all[SPOOLS_MEMORY_MAX / SPOOL_MEMORY_MAX + 1];
	size_t i, count = array_count(all);

	(void)state;
	for (i = 0; i < count; i++)
		all[i] = spool_new(spools, SPOOL_MEMORY_MAX);
	for (i = 0; i + 1 < count; i++)
		assert_int_equal(spool_write(all[i], piece, sizeof(piece), 0), 0);
	assert_int_equal(spool_write(all[i], piece, 1, 0), -ENOSPC);
	spool_unref(all[0]);
	assert_int_equal(spool_write(all[i], piece, 1, 0), 0);
	for (i = 1; i < count; i++)
		spool_unref(all[i]);
}

/* --- drafts --- */

static void draft_node(struct node *node, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "draft-%d", number);
	node_make_draft(node, "hello", "PROD", name);
}

/* The draft's text; NULL: there is none. */
static const char *read_draft(struct drafts *drafts, int64_t now_ms, const struct node *node)
{
	static char text[64];
	struct draft *draft;
	ssize_t length;

	if (drafts_open(drafts, now_ms, node, &draft))
		return NULL;
	length = drafts_read_at(drafts, draft, text, sizeof(text) - 1, 0);
	assert_true(length >= 0);
	text[length] = '\0';
	drafts_close(drafts, now_ms, draft);
	return text;
}

static int store(struct drafts *drafts, struct draft *draft, const char *text)
{
	int error = drafts_truncate(drafts, draft, 0);

	return error ? error : drafts_write_at(drafts, draft, text, strlen(text), 0);
}

static void drafts_live_beside_the_description(void **state)
{
	struct drafts *drafts = drafts_new(spools, 500);
	struct spool *content = spool_of("text");
	struct node directory, draft, description;

	(void)state;
	node_make(&directory, NODE_ALIAS, "hello", 0, "PROD");
	document_names_child(&directory, ".description.Ab12Cd", &draft);
	document_names_child(&directory, "description", &description);
	assert_int_equal(draft.kind, NODE_DRAFT);
	assert_int_equal(description.kind, NODE_DESCRIPTION);
	assert_null(read_draft(drafts, 0, &draft));
	assert_int_equal(drafts_create(drafts, 0, &draft, 100, true), 0);
	assert_int_equal(drafts_create(drafts, 0, &draft, 100, true), -EEXIST);
	assert_int_equal(drafts_put_copy(drafts, 0, &draft, &description, content, true), -EEXIST);
	assert_int_equal(drafts_put_copy(drafts, 0, &draft, &description, content, false), 0);
	assert_string_equal(read_draft(drafts, 0, &draft), "text");
	assert_int_equal(drafts_remove(drafts, 0, &draft), 0);
	assert_int_equal(drafts_remove(drafts, 0, &draft), -ENOENT);
	spool_unref(content);
	drafts_free(drafts);
}

static void an_untouched_copy_comes_back(void **state)
{
	struct drafts *drafts = drafts_new(spools, 500);
	struct spool *content = spool_of("text");
	struct node directory, copy, description;
	struct draft *draft;

	(void)state;
	node_make(&directory, NODE_ALIAS, "hello", 0, "PROD");
	document_names_child(&directory, "description~", &copy);
	document_names_child(&directory, "description", &description);
	assert_false(drafts_take_back(drafts, 0, &copy, &description));
	assert_int_equal(drafts_put_copy(drafts, 0, &copy, &description, content, false), 0);
	drafts_hide(drafts, 0, &description);
	assert_false(drafts_take_back(drafts, 0, &copy, &directory));
	assert_true(drafts_take_back(drafts, 0, &copy, &description));
	assert_false(drafts_are_hiding(drafts, 0, &description));
	assert_false(drafts_have(drafts, 0, &copy));
	assert_int_equal(drafts_put_copy(drafts, 0, &copy, &description, content, false), 0);
	drafts_note_written(drafts, 0, &description);
	assert_false(drafts_take_back(drafts, 0, &copy, &description));
	assert_int_equal(drafts_put_copy(drafts, 0, &copy, &description, content, false), 0);
	assert_int_equal(drafts_open(drafts, 0, &copy, &draft), 0);
	assert_int_equal(drafts_truncate(drafts, draft, 0), 0);
	drafts_close(drafts, 0, draft);
	assert_false(drafts_take_back(drafts, 0, &copy, &description));
	assert_true(drafts_have(drafts, 0, &copy));
	spool_unref(content);
	drafts_free(drafts);
}

/* semantics(3.4.3) */
static void a_drafts_minute_begins_with_its_last_close(void **state)
{
	struct drafts *drafts = drafts_new(spools, 500);
	struct draft *first, *second;
	const int64_t late = 10 * DRAFT_LIFE_MS;
	struct node node;

	(void)state;
	draft_node(&node, 1);
	assert_int_equal(drafts_create(drafts, 0, &node, 100, true), 0);
	assert_int_equal(drafts_open(drafts, 0, &node, &first), 0);
	assert_int_equal(drafts_open(drafts, 0, &node, &second), 0);
	drafts_close(drafts, 0, second);
	assert_int_equal(store(drafts, first, "text"), 0);
	assert_string_equal(read_draft(drafts, late, &node), "text");
	drafts_close(drafts, late, first);
	assert_true(drafts_have(drafts, late + DRAFT_LIFE_MS - 1, &node));
	assert_false(drafts_have(drafts, late + DRAFT_LIFE_MS, &node));
	drafts_free(drafts);
}

/* semantics(3.4.3) */
static void an_open_draft_is_the_same_under_any_name(void **state)
{
	struct drafts *drafts = drafts_new(spools, 500);
	struct draft *moved, *removed, *became;
	struct spool *content;
	struct node one, two, three, four;
	char text[3];
	int64_t modified;
	uint64_t size;

	(void)state;
	draft_node(&one, 1);
	draft_node(&two, 2);
	draft_node(&three, 3);
	draft_node(&four, 4);
	assert_int_equal(drafts_create(drafts, 0, &one, 100, true), 0);
	assert_int_equal(drafts_create(drafts, 0, &two, 100, true), 0);
	assert_int_equal(drafts_create(drafts, 0, &three, 100, true), 0);
	assert_int_equal(drafts_open(drafts, 0, &one, &moved), 0);
	assert_int_equal(drafts_open(drafts, 0, &two, &removed), 0);
	assert_int_equal(drafts_open(drafts, 0, &three, &became), 0);
	assert_int_equal(drafts_rename(drafts, 0, &one, &two, true), -EEXIST);
	assert_int_equal(drafts_rename(drafts, 0, &four, &two, false), -ENOENT);
	assert_int_equal(drafts_rename(drafts, 0, &one, &two, false), 0);
	assert_int_equal(drafts_rename(drafts, 0, &two, &two, false), 0);
	content = drafts_begin_commit(drafts, became);
	assert_int_equal(store(drafts, became, "lost"), -EBUSY);
	drafts_end_commit(drafts, became, false);
	assert_int_equal(store(drafts, became, "whole"), 0);
	spool_unref(content);
	content = drafts_begin_commit(drafts, became);
	drafts_end_commit(drafts, became, true);
	spool_unref(content);
	assert_null(read_draft(drafts, 0, &one));
	assert_int_equal(store(drafts, moved, "moved"), 0);
	assert_int_equal(store(drafts, removed, "removed"), 0);
	assert_int_equal(store(drafts, became, "lost"), -ENOENT);
	assert_string_equal(read_draft(drafts, 0, &two), "moved");
	assert_int_equal(drafts_stat(drafts, 0, &one, false, &size, &modified), -ENOENT);
	assert_int_equal(drafts_stat(drafts, 0, &one, true, &size, &modified), 0);
	assert_int_equal(size, strlen("moved"));
	assert_int_equal(drafts_read_at(drafts, removed, text, 3, 2), 3);
	assert_memory_equal(text, "mov", 3);
	drafts_close(drafts, 0, moved);
	drafts_close(drafts, 0, removed);
	drafts_close(drafts, 0, became);
	assert_string_equal(read_draft(drafts, 0, &two), "moved");
	assert_null(read_draft(drafts, 0, &three));
	drafts_free(drafts);
}

/* semantics(3.4.3) */
static void drafts_are_bounded(void **state)
{
	struct drafts *drafts = drafts_new(spools, 500);
	struct node node;
	int i;

	(void)state;
	for (i = 0; i < DRAFTS_MAX; i++) {
		draft_node(&node, i);
		assert_int_equal(drafts_create(drafts, 0, &node, 100, true), 0);
	}
	draft_node(&node, i);
	assert_int_equal(drafts_create(drafts, 0, &node, 100, true), -ENOSPC);
	/* What has expired counts no more. */
	assert_int_equal(drafts_create(drafts, DRAFT_LIFE_MS, &node, 100, true), 0);
	drafts_free(drafts);
}

/* --- bases --- */

static const struct call_lineage vim = {.count = 1, .processes = {1}, .session = 10};
static const struct call_lineage shell = {.count = 1, .processes = {2}, .session = 10};
static const struct call_lineage cron = {.count = 1, .processes = {3}, .session = 30};

/* semantics(3.4.2, 6.4.1, 6.4.3, 6.4.4) */
static void a_base_is_what_a_reader_got(void **state)
{
	struct bases *bases = bases_new();
	struct node prod, beta;

	(void)state;
	node_make(&prod, NODE_DESCRIPTION, "hello", 0, "PROD");
	node_make(&beta, NODE_DESCRIPTION, "hello", 0, "BETA");
	bases_note_written(bases, 0, &prod, &vim, 5, NULL);
	assert_int_equal(bases_find(bases, 0, &prod, &vim), 0);
	bases_note_read(bases, 0, &prod, &vim, 7, NULL);
	assert_int_equal(bases_find(bases, 0, &prod, &vim), 7);
	assert_int_equal(bases_find(bases, 0, &prod, &shell), 7);
	assert_int_equal(bases_find(bases, 0, &prod, &cron), 0);
	assert_int_equal(bases_find(bases, 0, &prod, NULL), 7);
	assert_int_equal(bases_find(bases, 0, &beta, &vim), 0);
	/* Its own base stays with an editor, whatever others of its session read. */
	bases_note_read(bases, 1, &prod, &shell, 8, NULL);
	assert_int_equal(bases_find(bases, 1, &prod, &vim), 7);
	assert_int_equal(bases_find(bases, 1, &prod, &shell), 8);
	bases_note_written(bases, 2, &prod, &vim, 9, NULL);
	assert_int_equal(bases_find(bases, 2, &prod, &vim), 9);
	assert_int_equal(bases_find(bases, 2, &prod, &shell), 8);
	/* A session's base has an end, a living process's has none. */
	assert_int_equal(bases_find(bases, 10 * BASE_LIFE_MS, &prod, &vim), 9);
	assert_int_equal(
		bases_find(bases, 10 * BASE_LIFE_MS, &prod,
			&(struct call_lineage){.count = 1, .processes = {4}, .session = 10}),
		0);
	bases_free(bases);
}

/* semantics(6.4.1): the id of a session is given to another one a moment after its end. */
static void another_session_of_the_same_id_has_seen_nothing(void **state)
{
	const struct call_lineage before = {
		.count = 1, .processes = {4}, .session = 10, .leader = 100};
	const struct call_lineage orphan = {.count = 1, .processes = {5}, .session = 10};
	const struct call_lineage another = {
		.count = 1, .processes = {6}, .session = 10, .leader = 200};
	struct bases *bases = bases_new();
	struct node prod;

	(void)state;
	node_make(&prod, NODE_DESCRIPTION, "hello", 0, "PROD");
	bases_note_read(bases, 0, &prod, &before, 7, NULL);
	assert_int_equal(bases_find(bases, 1, &prod, &another), 0);
	/* Its leader may end before the others do. */
	assert_int_equal(bases_find(bases, 1, &prod, &orphan), 7);
	bases_note_read(bases, 2, &prod, &orphan, 8, NULL);
	assert_int_equal(bases_find(bases, 3, &prod, &another), 0);
	assert_int_equal(bases_find(bases, 3, &prod, &orphan), 8);
	bases_free(bases);
}

/* semantics(6.4.1) */
static void bases_are_bounded(void **state)
{
	struct bases *bases = bases_new();
	struct node node;
	char name[32];
	int i;

	(void)state;
	for (i = 0; i <= BASES_MAX; i++) {
		snprintf(name, sizeof(name), "A%d", i);
		node_make(&node, NODE_DESCRIPTION, "hello", 0, name);
		bases_note_read(bases, i, &node, NULL, 7, NULL);
	}
	assert_int_equal(bases_find(bases, i, &node, NULL), 7);
	node_make(&node, NODE_DESCRIPTION, "hello", 0, "A0");
	assert_int_equal(bases_find(bases, i, &node, NULL), 0);
	bases_free(bases);
}

/* semantics(6.8.1) */
static void a_removed_document_is_hidden_for_a_moment(void **state)
{
	struct drafts *hidden = drafts_new(spools, 500);
	struct node node, other;

	(void)state;
	node_make(&node, NODE_CONFIGURATION, "hello", 0, NULL);
	node_make(&other, NODE_ENVIRONMENT, "hello", 0, NULL);
	drafts_hide(hidden, 0, &node);
	assert_true(drafts_are_hiding(hidden, 499, &node));
	assert_false(drafts_are_hiding(hidden, 0, &other));
	assert_false(drafts_are_hiding(hidden, 500, &node));
	drafts_hide(hidden, 1000, &node);
	assert_true(drafts_show(hidden, 1000, &node));
	assert_false(drafts_show(hidden, 1000, &node));
	drafts_free(hidden);
}

/* semantics(6.9.1, 6.9.2) */
static void names_beside_documents(void **state)
{
	static const char *const drafts[] = {".configuration.json.AbCdEf", "#x",
		"configuration.json~", "code.zip.new", "a.tmp", "a.json", "x~", "sedAbCdEf",
		"ziAbCdEf", "XXAbCdEf", "tmp", "tmpx9", "4913", "t"};
	static const char *const others[] = {
		"function.zip", "sedAbCdE", "sedAbCdEfG", "zi", "index.js", "4914", "ab"};
	struct node latest, function;
	size_t i;

	(void)state;
	node_make(&latest, NODE_VERSION, "hello", LAMBDA_VERSION_LATEST, NULL);
	node_make(&function, NODE_FUNCTION_DOCUMENTS, "hello", 0, NULL);
	for (i = 0; i < array_count(drafts); i++)
		if (!document_names_may_be_draft(&latest, drafts[i]))
			fail_msg("%s may not be a draft", drafts[i]);
	for (i = 0; i < array_count(others); i++) {
		if (document_names_may_be_draft(&latest, others[i]))
			fail_msg("%s may be a draft", others[i]);
		assert_true(document_names_may_be_draft(&function, others[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_description_comes_back_from_its_file),
		cmocka_unit_test(another_text_shows_in_the_time),
		cmocka_unit_test(drafts_live_beside_the_description),
		cmocka_unit_test(an_untouched_copy_comes_back),
		cmocka_unit_test(a_drafts_minute_begins_with_its_last_close),
		cmocka_unit_test(an_open_draft_is_the_same_under_any_name),
		cmocka_unit_test(drafts_are_bounded),
		cmocka_unit_test(a_spool_goes_to_the_disk_when_it_is_large),
		cmocka_unit_test(what_all_spools_hold_is_bounded),
		cmocka_unit_test(a_base_is_what_a_reader_got),
		cmocka_unit_test(another_session_of_the_same_id_has_seen_nothing),
		cmocka_unit_test(bases_are_bounded),
		cmocka_unit_test(a_removed_document_is_hidden_for_a_moment),
		cmocka_unit_test(names_beside_documents),
	};

	return cmocka_run_group_tests(tests, make_spools, free_spools);
}
