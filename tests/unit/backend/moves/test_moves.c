/* SPDX-License-Identifier: MIT */
/*
 * What a mount knows of where an alias was before: its own changes at once, those of others when CloudTrail tells of
 * them. The account and CloudTrail are in memory.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/moves/moves.h"
#include "tests/unit/backend/catalog/catalog_fake.h"

#define PATIENCE_MS 30000
#define NOW_S 1000000
#define EVENTS_MAX 8

/* CloudTrail. */
static struct {
	pthread_mutex_t mutex;
	struct cloudtrail_event events[EVENTS_MAX];
	size_t count;
	unsigned int calls;
	struct lambda_error failure; /* status LAMBDA_OK: none */
	int64_t now_s, deadline_ms;  /* of the last call */
} trail = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct catalog *catalog;
static struct moves *moves;

static struct call_scope soon(void)
{
	int64_t now_ms = clock_monotonic_ms();

	return (struct call_scope){now_ms + PATIENCE_MS, now_ms + PATIENCE_MS};
}

static bool answers(const struct cloudtrail_event *event, const struct cloudtrail_query *query)
{
	return !strcmp(query->key, "ResourceName")
		       ? !strcmp(query->value,
				 "arn:aws:lambda:us-east-1:000000000000:function:hello:PROD")
		       : !strcmp(cloudtrail_event_name(event->operation), query->value);
}

static enum lambda_status look_up(void *data, const struct call_scope *scope,
	const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr)
{
	struct cloudtrail_page page = {.oldest_s = INT64_MAX};
	enum lambda_status status;
	size_t i;

	(void)data;
	page.items = calloc(EVENTS_MAX, sizeof(*page.items));
	assert_non_null(page.items);
	pthread_mutex_lock(&trail.mutex);
	trail.calls++;
	trail.deadline_ms = scope->read_deadline_ms;
	status = trail.failure.status;
	if (reterr)
		*reterr = trail.failure;
	for (i = 0; i < trail.count && !status; i++)
		if (answers(&trail.events[i], query)) {
			assert_int_equal(
				cloudtrail_event_copy(&trail.events[i], &page.items[page.count++]),
				0);
			page.seen++;
			page.oldest_s = trail.events[i].time_s;
		}
	pthread_mutex_unlock(&trail.mutex);
	if (status)
		cloudtrail_page_release(&page);
	else
		*ret_page = page;
	return status;
}

static int64_t trail_time(void *data)
{
	int64_t now_s;

	(void)data;
	pthread_mutex_lock(&trail.mutex);
	now_s = trail.now_s;
	pthread_mutex_unlock(&trail.mutex);
	return now_s;
}

static void on_saw(void *data, const char *function, const struct lambda_alias *alias)
{
	(void)data;
	moves_note_seen(moves, function, alias);
}

static void on_wrote(void *data, const struct catalog_write *write)
{
	(void)data;
	moves_note_write(moves, write, "uid 0, ln");
}

static int begin(void **state)
{
	struct catalog_options options = {.ttl_ms = 1000000, .saw = on_saw, .wrote = on_wrote};
	struct moves_options moves_options = {.source = {look_up, trail_time, NULL}};

	(void)state;
	fake_begin(&(struct fake_options){0});
	fake_add_function("hello", 9);
	fake_set_alias("hello", "PROD", 1);
	trail.count = trail.calls = 0;
	trail.failure = (struct lambda_error){0};
	trail.now_s = NOW_S;
	catalog = catalog_new(NULL, &options);
	moves_options.catalog = catalog;
	moves = moves_new(&moves_options);
	return catalog && moves ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	moves_free(moves);
	catalog_free(catalog);
	fake_end();
	return 0;
}

/* What PROD@number is, as text. */
static const char *settled(uint64_t number, struct lambda_error *error)
{
	static char text[64];
	const struct call_scope scope = soon();
	uint64_t version = 0;
	enum lambda_status status =
		moves_find_settled(moves, &scope, "hello", "PROD", number, &version, error);

	if (status)
		snprintf(text, sizeof(text), "%s", lambda_status_name(status));
	else
		snprintf(text, sizeof(text), "%llu", (unsigned long long)version);
	return text;
}

/* This mount moves PROD. */
static void move_to(uint64_t version)
{
	const struct call_scope scope = soon();
	struct lambda_alias alias;

	assert_int_equal(
		catalog_alias_get_afresh(catalog, &scope, "hello", "PROD", &alias, NULL), 0);
	alias.version = version;
	assert_int_equal(
		catalog_update_alias(catalog, &scope, "hello", &alias, false, NULL, NULL), 0);
	lambda_alias_release(&alias);
}

/* CloudTrail has that UpdateAlias, newest first; `before` is the RevisionId that it named. */
static void add_event(const char *before, const char *after, uint64_t version, int64_t time_s)
{
	static char her[] = "arn:aws:iam::0:user/her", none[] = "";
	struct cloudtrail_event event = {.time_s = time_s,
		.operation = CLOUDTRAIL_UPDATE_ALIAS,
		.has_result = true,
		.sent_version = true,
		.function = "hello",
		.alias = "PROD",
		.who = her,
		.user_agent = none,
		.error = none};

	snprintf(event.id, sizeof(event.id), "%s", after);
	snprintf(event.before_revision_id, sizeof(event.before_revision_id), "%s", before);
	snprintf(event.result.name, sizeof(event.result.name), "PROD");
	snprintf(event.result.revision_id, sizeof(event.result.revision_id), "%s", after);
	event.result.version = version;
	event.result.description = none;
	pthread_mutex_lock(&trail.mutex);
	memmove(&trail.events[1], &trail.events[0], trail.count * sizeof(event));
	trail.events[0] = event;
	trail.count++;
	pthread_mutex_unlock(&trail.mutex);
}

static unsigned int trail_calls(void)
{
	unsigned int calls;

	pthread_mutex_lock(&trail.mutex);
	calls = trail.calls;
	pthread_mutex_unlock(&trail.mutex);
	return calls;
}

/* Asks until it is that: what the background brings takes a while. */
static void wait_for_settled(uint64_t number, const char *expected)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	struct lambda_error error;

	while (strcmp(settled(number, &error), expected) != 0) {
		if (clock_monotonic_ms() > until_ms)
			fail_msg("PROD@%d is %s, not %s: %s", (int)number, settled(number, &error),
				expected, error.message);
		sched_yield();
	}
}

/* semantics(8.2.1, 8.2.3, 8.2.5, 8.2.6, 8.4.1) */
static void own_moves_are_known_without_cloudtrail(void **state)
{
	struct lambda_error error;

	(void)state;
	move_to(2);
	assert_string_equal(settled(1, &error), "1");
	move_to(5);
	assert_string_equal(settled(1, &error), "2");
	assert_string_equal(settled(2, &error), "1");
	assert_int_equal(trail_calls(), 0);
	assert_int_equal(fake_count(FAKE_UPDATE_ALIAS), 2);
}

/* semantics(8.2.3, 8.2.4, 8.2.5) */
static void a_move_of_others_is_proven_when_cloudtrail_tells_of_it(void **state)
{
	struct lambda_error error;

	(void)state;
	move_to(2); /* r1 to r2 */
	fake_set_alias("hello", "PROD", 7);
	catalog_refresh(catalog);
	assert_string_equal(settled(1, &error), "not proven");
	assert_non_null(strstr(error.hint, "lead to 2 (seen, not proven)"));
	assert_non_null(strstr(error.hint, "ln -sfn 2 PROD"));
	add_event("r2", "r3", 7, NOW_S);
	pthread_mutex_lock(&trail.mutex);
	trail.now_s += MOVES_FRESH_S + 1;
	pthread_mutex_unlock(&trail.mutex);
	wait_for_settled(1, "2");
	assert_string_equal(settled(2, &error), "1");
}

/* semantics(8.2.3, 8.2.4) */
static void a_revision_that_none_explains_is_never_guessed(void **state)
{
	struct lambda_error error;
	unsigned int i;

	(void)state;
	move_to(2);
	fake_set_alias("hello", "PROD", 7); /* r3 */
	fake_set_alias("hello", "PROD", 8); /* r4 */
	add_event("r3", "r4", 8, NOW_S);
	catalog_refresh(catalog);
	for (i = 0; i < 1000; i++)
		assert_string_equal(settled(1, &error), "not proven");
}

static enum lambda_status read_all(struct moves_view *view, struct lambda_error *error)
{
	const struct call_scope scope = soon();

	return moves_read(moves, &scope, "hello", "PROD", view, error);
}

/* semantics(8.1.3, 8.1.6) */
static void without_cloudtrail_its_own_part_is_left(void **state)
{
	static const struct lambda_error beside[] = {
		{.status = LAMBDA_ACCESS_DENIED,
			.http_status = 400,
			.operation = "LookupEvents",
			.code = "AccessDeniedException"},
		{.status = LAMBDA_INVALID,
			.http_status = 400,
			.operation = "LookupEvents",
			.code = "UnknownOperationException"},
		{.status = LAMBDA_BAD_ANSWER, .http_status = 404, .operation = "LookupEvents"},
	};
	static const struct lambda_error instead[] = {
		{.status = LAMBDA_SERVICE_FAILED, .http_status = 500, .operation = "LookupEvents"},
		{.status = LAMBDA_TIMED_OUT, .operation = "LookupEvents"},
		{.status = LAMBDA_BAD_ANSWER, .http_status = 200, .operation = "LookupEvents"},
		{.status = LAMBDA_NO_CREDENTIALS, .operation = "LookupEvents"},
	};
	struct lambda_error error;
	struct moves_view view;
	size_t i;

	(void)state;
	move_to(2);
	for (i = 0; i < array_count(beside); i++) {
		trail.failure = beside[i];
		assert_int_equal(read_all(&view, &error), LAMBDA_OK);
		assert_int_equal(view.trail_status, beside[i].status);
		assert_int_equal(view.is_trail_unknown, i > 0);
		assert_int_equal(view.history.count, 1);
		assert_string_equal(view.history.moves[0].own->who, "uid 0, ln");
		moves_view_release(&view);
	}
	for (i = 0; i < array_count(instead); i++) {
		trail.failure = instead[i];
		assert_int_equal(read_all(&view, &error), instead[i].status);
	}
}

/* semantics(8.1.6) */
static void time_that_runs_out_is_told_beside_what_is_known(void **state)
{
	const struct call_scope scope = soon();
	struct lambda_error error;
	struct moves_view view;

	(void)state;
	add_event("", "r1", 1, NOW_S - 7200);
	assert_int_equal(read_all(&view, &error), LAMBDA_OK);
	moves_view_release(&view);
	trail.now_s += MOVES_FRESH_S + 1;
	trail.failure = (struct lambda_error){
		.status = LAMBDA_TIMED_OUT, .operation = "LookupEvents", .message = "late"};
	assert_int_equal(moves_read(moves, &scope, "hello", "PROD", &view, &error), LAMBDA_OK);
	assert_int_equal(view.trail_status, LAMBDA_TIMED_OUT);
	assert_true(view.history.count == 1 && view.changes.until_s == NOW_S);
	moves_view_release(&view);
	/* Of the time some is left for GetAlias. */
	assert_true(trail.deadline_ms <= scope.read_deadline_ms - MOVES_RESERVE_MS);
}

/* semantics(8.2.4) */
static void what_cloudtrail_has_is_named_also_where_it_proves_nothing(void **state)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	struct lambda_error error;

	(void)state;
	add_event("", "r1", 1, NOW_S - 20);
	fake_set_alias("hello", "PROD", 7);
	add_event("", "r2", 7, NOW_S - 10);
	do {
		assert_string_equal(settled(1, &error), "not proven");
		sched_yield();
	} while (!strstr(error.hint, "it led to 1 before") && clock_monotonic_ms() < until_ms);
	assert_non_null(strstr(error.hint, "it led to 1 before"));
	assert_non_null(strstr(error.hint, "ln -sfn 1 PROD"));
}

/* semantics(8.1.1, 8.1.3, 8.1.5) */
static void the_list_joins_both(void **state)
{
	struct lambda_error error;
	struct moves_view view;

	(void)state;
	move_to(2);
	add_event("r1", "r2", 2, NOW_S);
	assert_int_equal(read_all(&view, &error), LAMBDA_OK);
	assert_int_equal(view.history.count, 1);
	assert_non_null(view.history.moves[0].own);
	assert_non_null(view.history.moves[0].event);
	assert_true(view.history.newest_is_present);
	moves_view_release(&view);
	fake_set_alias("hello", "PROD", 7);
	assert_int_equal(read_all(&view, &error), LAMBDA_OK);
	assert_false(view.history.newest_is_present);
	assert_true(view.has_last_seen);
	assert_true(view.last_seen.version == 2);
	moves_view_release(&view);
	fake_remove_alias("hello", "PROD");
	assert_int_equal(read_all(&view, &error), LAMBDA_OK);
	assert_string_equal(view.present.name, "");
	moves_view_release(&view);
	fake_remove_function("hello");
	catalog_refresh(catalog);
	assert_int_equal(read_all(&view, &error), LAMBDA_NOT_FOUND);
}

/* semantics(8.4.1) */
static void what_is_known_is_not_asked_again(void **state)
{
	struct lambda_error error;
	struct moves_view view;
	unsigned int calls;

	(void)state;
	add_event("", "r1", 1, NOW_S - 7200);
	assert_int_equal(read_all(&view, &error), LAMBDA_OK);
	moves_view_release(&view);
	calls = trail_calls();
	assert_int_equal(calls, 1 + 5); /* its ARN, and a page of each name of an event */
	assert_int_equal(read_all(&view, &error), LAMBDA_OK);
	moves_view_release(&view);
	assert_int_equal(trail_calls(), calls);
}

/* semantics(8.2.9) */
static void since_when_is_only_told_when_it_is_proven(void **state)
{
	const struct call_scope scope = soon();
	struct lambda_error error;
	int64_t since_s;

	(void)state;
	assert_int_equal(moves_find_since(moves, &scope, "hello", "PROD", &since_s, &error),
		LAMBDA_NOT_PROVEN);
	move_to(2);
	assert_int_equal(moves_find_since(moves, &scope, "hello", "PROD", &since_s, &error), 0);
	assert_int_equal(since_s, NOW_S);
	assert_int_equal(trail_calls(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(own_moves_are_known_without_cloudtrail, begin, end),
		cmocka_unit_test_setup_teardown(
			a_move_of_others_is_proven_when_cloudtrail_tells_of_it, begin, end),
		cmocka_unit_test_setup_teardown(
			a_revision_that_none_explains_is_never_guessed, begin, end),
		cmocka_unit_test_setup_teardown(
			without_cloudtrail_its_own_part_is_left, begin, end),
		cmocka_unit_test_setup_teardown(
			time_that_runs_out_is_told_beside_what_is_known, begin, end),
		cmocka_unit_test_setup_teardown(
			what_cloudtrail_has_is_named_also_where_it_proves_nothing, begin, end),
		cmocka_unit_test_setup_teardown(the_list_joins_both, begin, end),
		cmocka_unit_test_setup_teardown(what_is_known_is_not_asked_again, begin, end),
		cmocka_unit_test_setup_teardown(
			since_when_is_only_told_when_it_is_proven, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
