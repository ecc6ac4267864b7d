/* SPDX-License-Identifier: MIT */
/* What is kept of CloudTrail, and what is asked for again: over a CloudTrail in memory. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend/base/clock.h"
#include "backend/cloudtrail/trail.h"

#define ARN "arn:aws:lambda:us-east-1:111122223333:function:fn:PROD"
#define NOW 10000000
#define DAYS_S ((int64_t)CLOUDTRAIL_DAYS * 86400)
#define RECORDS_MAX 30000

struct record {
	int64_t time_s;
	enum cloudtrail_operation operation;
	const char *alias;
	size_t id;
};

/* CloudTrail: its records newest first, and what it was asked. */
struct fake {
	struct record records[RECORDS_MAX];
	size_t count;
	int64_t now_s;
	unsigned int calls, by_arn, with_token;
	int64_t last_start_s, last_end_s;
	int64_t corrected_s;  /* what the clock says after the next call; 0: it is right */
	bool refuses_starts;  /* they are in its future */
	unsigned int fail_at; /* the number of the call that fails; 0: none */
	bool tokens_expire, knows_no_arns;
	unsigned int slow_ms;
	atomic_int inside, inside_at_once;
};

static struct fake fake;

static bool matches(const struct record *record, const struct cloudtrail_query *query)
{
	if (!strcmp(query->key, "ResourceName"))
		return !fake.knows_no_arns && !strcmp(record->alias, "PROD") &&
		       record->operation <= CLOUDTRAIL_UPDATE_ALIAS;
	return !strcmp(cloudtrail_event_name(record->operation), query->value);
}

static void give(const struct record *record, struct cloudtrail_page *page)
{
	struct cloudtrail_event *event = &page->items[page->count++];

	*event = (struct cloudtrail_event){.time_s = record->time_s,
		.operation = record->operation,
		.who = strdup("her"),
		.user_agent = strdup(""),
		.error = strdup("")};
	snprintf(event->id, sizeof(event->id), "e%zu", record->id);
	snprintf(event->function, sizeof(event->function), "fn");
	snprintf(event->alias, sizeof(event->alias), "%s", record->alias);
	page->seen++;
	if (record->time_s < page->oldest_s)
		page->oldest_s = record->time_s;
}

static enum lambda_status lookup(void *data, const struct call_scope *scope,
	const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr)
{
	struct cloudtrail_page page = {.oldest_s = INT64_MAX};
	size_t i = query->next_token ? (size_t)strtoul(query->next_token, NULL, 10) : 0;
	struct timespec slow = {.tv_nsec = fake.slow_ms * 1000000L};

	(void)data;
	(void)scope;
	if (atomic_fetch_add(&fake.inside, 1))
		atomic_store(&fake.inside_at_once, 1);
	if (fake.slow_ms)
		nanosleep(&slow, NULL);
	atomic_fetch_sub(&fake.inside, 1);
	fake.calls++;
	fake.by_arn += !strcmp(query->key, "ResourceName");
	fake.with_token += query->next_token != NULL;
	fake.last_start_s = query->start_s;
	fake.last_end_s = query->end_s;
	if (fake.calls == fake.fail_at)
		return lambda_fail(reterr, LAMBDA_SERVICE_FAILED, "it failed");
	if (fake.corrected_s)
		fake.now_s = fake.corrected_s;
	fake.corrected_s = 0;
	if (query->start_s && fake.refuses_starts) {
		lambda_fail(reterr, LAMBDA_INVALID, "the start is in the future");
		snprintf(reterr->code, sizeof(reterr->code), "InvalidTimeRangeException");
		return LAMBDA_INVALID;
	}
	if (query->next_token && fake.tokens_expire) {
		lambda_fail(reterr, LAMBDA_INVALID, "the token is too old");
		snprintf(reterr->code, sizeof(reterr->code), "InvalidNextTokenException");
		return LAMBDA_INVALID;
	}
	page.items = calloc(CLOUDTRAIL_PAGE, sizeof(*page.items));
	for (; i < fake.count; i++) {
		const struct record *record = &fake.records[i];

		if (!matches(record, query) || record->time_s > fake.now_s ||
			record->time_s < fake.now_s - DAYS_S || record->time_s < query->start_s ||
			(query->end_s && record->time_s > query->end_s))
			continue;
		if (page.count == CLOUDTRAIL_PAGE) {
			page.next_token = malloc(24);
			snprintf(page.next_token, 24, "%zu", i);
			break;
		}
		give(record, &page);
	}
	*ret_page = page;
	return LAMBDA_OK;
}

static int64_t now_s(void *data)
{
	(void)data;
	return fake.now_s;
}

static const struct trail_subject subject = {.arn = ARN, .function = "fn", .alias = "PROD"};

static struct trail *start(size_t count, int64_t apart_s, const char *alias)
{
	const struct trail_source source = {.lookup = lookup, .now_s = now_s};
	struct trail *trail = trail_new(&source);
	size_t i;

	assert_non_null(trail);
	memset(&fake, 0, sizeof(fake));
	fake.now_s = NOW;
	fake.count = count;
	for (i = 0; i < count; i++)
		fake.records[i] = (struct record){
			NOW - 10 - (int64_t)i * apart_s, CLOUDTRAIL_UPDATE_ALIAS, alias, i};
	return trail;
}

static enum lambda_status fetch(struct trail *trail, enum trail_reach reach, int64_t since_s)
{
	const struct call_scope scope = {.read_deadline_ms = clock_monotonic_ms() + 60000};
	const struct trail_wanted wanted = {.reach = reach, .since_s = since_s, .max_age_s = 5};
	struct lambda_error error = {0};

	return trail_fetch(trail, &scope, &subject, &wanted, &error);
}

static struct trail_events copy(struct trail *trail)
{
	struct trail_events events;

	assert_int_equal(trail_copy(trail, &subject, &events), 0);
	return events;
}

static void one_call_tells_of_one_alias(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(20, 100, "PROD");
	struct trail_events events;

	(void)state;
	events = copy(trail);
	assert_true(!events.count && !events.changes.until_s && !events.all.until_s);
	trail_events_release(&events);
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_int_equal(fake.calls, 1);
	events = copy(trail);
	assert_int_equal(events.count, 20);
	assert_true(events.changes.complete && events.changes.until_s == NOW &&
		    events.changes.from_s == NOW - DAYS_S);
	assert_int_equal(events.all.until_s, 0);
	trail_events_release(&events);
}

static void what_is_fresh_is_not_asked_for_again(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(120, 7200, "PROD");
	struct trail_events events;

	(void)state;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_int_equal(fake.calls, 3);
	fake.now_s += 5;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_int_equal(fake.calls, 3);
	/* Then only what is newer, and what may have come late. */
	memmove(&fake.records[1], &fake.records[0], 120 * sizeof(fake.records[0]));
	fake.records[0] = (struct record){NOW + 20, CLOUDTRAIL_CREATE_ALIAS, "PROD", 999};
	fake.count = 121;
	fake.now_s = NOW + 100;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_int_equal(fake.calls, 4);
	assert_true(fake.last_start_s == NOW - TRAIL_LATE_S);
	events = copy(trail);
	assert_int_equal(events.count, 121);
	assert_true(events.changes.until_s == NOW + 100 && events.changes.complete);
	trail_events_release(&events);
}

static void assert_until(struct trail *trail, int64_t until_s)
{
	struct trail_events events = copy(trail);

	assert_int_equal(events.count, 20);
	assert_true(events.changes.until_s == until_s);
	trail_events_release(&events);
}

/* A list that a wrong clock has dated would not be renewed before that time, or each time be refused. */
static void a_wrong_clock_is_forgotten(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(20, 100, "PROD");

	(void)state;
	fake.now_s = NOW + 4 * DAYS_S;
	fake.corrected_s = NOW; /* AWS has refused the signature, and told the time */
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_until(trail, NOW);
	fake.now_s = NOW + 4 * DAYS_S;
	fake.refuses_starts = true;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	fake.now_s = NOW + 100;
	fake.refuses_starts = false;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_int_equal(fake.last_start_s, 0);
	assert_until(trail, NOW + 100);
}

static void no_further_back_than_wanted(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(500, 100, "PROD");
	struct trail_events events;

	(void)state;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, NOW - 7000), LAMBDA_OK);
	assert_int_equal(fake.calls, 2);
	events = copy(trail);
	assert_int_equal(events.count, 100);
	/* The last second may go on on the next page. */
	assert_true(!events.changes.complete && events.changes.from_s == NOW - 10 - 9900 + 1);
	trail_events_release(&events);
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_int_equal(fake.calls, 10);
	assert_int_equal(fake.with_token, 9);
	events = copy(trail);
	assert_true(events.count == 500 && events.changes.complete);
	trail_events_release(&events);
}

static void a_token_that_is_too_old_is_replaced(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(60, 100, "PROD");
	struct trail_events events;

	(void)state;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, NOW - 100), LAMBDA_OK);
	fake.tokens_expire = true;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_true(fake.last_end_s == NOW - 10 - 4900 + 1);
	events = copy(trail);
	assert_true(events.count == 60 && events.changes.complete);
	trail_events_release(&events);
}

static void a_failure_keeps_what_came_before_it(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(200, 100, "PROD");
	struct trail_events events;

	(void)state;
	fake.fail_at = 3;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_SERVICE_FAILED);
	events = copy(trail);
	assert_true(
		events.count == 100 && !events.changes.complete && events.changes.until_s == NOW);
	trail_events_release(&events);
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	assert_int_equal(fake.calls, 5);
	events = copy(trail);
	assert_true(events.count == 200 && events.changes.complete);
	trail_events_release(&events);
	/* A first question that fails leaves nothing known, and is no empty history. */
	fake.fail_at = fake.calls + 1;
	fake.now_s += 1000;
	assert_int_equal(fetch(trail, TRAIL_BY_NAME, 0), LAMBDA_SERVICE_FAILED);
	events = copy(trail);
	assert_int_equal(events.all.until_s, 0);
	assert_int_equal(events.changes.until_s, NOW);
	trail_events_release(&events);
}

static void names_tell_of_everything(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(10, 100, "PROD");
	struct trail_events events;

	(void)state;
	fake.knows_no_arns = true;
	fake.records[3].operation = CLOUDTRAIL_DELETE_ALIAS;
	fake.records[4].operation = CLOUDTRAIL_ADD_PERMISSION;
	fake.records[5].alias = "OTHER";
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	events = copy(trail);
	/* That an ARN gives nothing says nothing. */
	assert_true(!events.count && !events.changes.until_s);
	trail_events_release(&events);
	assert_int_equal(fetch(trail, TRAIL_BY_NAME, 0), LAMBDA_OK);
	assert_int_equal(fake.calls, 6);
	assert_int_equal(fake.by_arn, 1);
	events = copy(trail);
	assert_int_equal(events.count, 9);
	assert_true(events.changes.complete && events.all.complete && events.all.until_s == NOW);
	trail_events_release(&events);
}

/* semantics(8.1.4, 8.4.1) */
static void a_busy_account_hides_nothing_of_an_alias(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(80, 10, "OTHER");
	struct trail_events events;
	unsigned int calls;

	(void)state;
	fake.records[fake.count++] =
		(struct record){NOW - 86400, CLOUDTRAIL_CREATE_ALIAS, "PROD", 999};
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	fake.now_s += 3;
	assert_int_equal(fetch(trail, TRAIL_BY_NAME, NOW), LAMBDA_OK);
	events = copy(trail);
	assert_true(events.count == 1 && events.changes.complete && !events.all.complete);
	assert_int_equal(events.changes.from_s, NOW - DAYS_S);
	assert_within(events.all.from_s, NOW - 600, NOW - 400); /* a page of the others */
	trail_events_release(&events);
	/* What is renewed of the others is no more than is known of them. */
	calls = fake.calls;
	fake.now_s += 100;
	assert_int_equal(fetch(trail, TRAIL_BY_NAME, NOW), LAMBDA_OK);
	assert_int_equal(fake.calls - calls, 6);
}

static void the_oldest_go_when_there_is_no_room(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(RECORDS_MAX, 60, "PROD");
	struct trail_events events;
	size_t i;

	(void)state;
	assert_int_equal(fetch(trail, TRAIL_BY_ARN, 0), LAMBDA_OK);
	events = copy(trail);
	assert_within(events.count, TRAIL_EVENTS_MAX * 8 / 10, TRAIL_EVENTS_MAX);
	assert_within(fake.calls, TRAIL_EVENTS_MAX / CLOUDTRAIL_PAGE,
		TRAIL_EVENTS_MAX / CLOUDTRAIL_PAGE + 30);
	assert_true(events.changes.complete); /* nothing older is to be had */
	for (i = 0; i < events.count; i++)
		assert_true(events.items[i].time_s >= events.changes.from_s);
	trail_events_release(&events);
}

/* --- several threads --- */

static void *fetch_by_name(void *trail)
{
	return (void *)(uintptr_t)fetch(trail, TRAIL_BY_NAME, 0);
}

static void one_asks_at_a_time(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(10, 100, "PROD");
	pthread_t threads[4];
	struct trail_events events;
	void *result;
	size_t i;

	(void)state;
	fake.slow_ms = 5;
	for (i = 0; i < array_count(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fetch_by_name, trail), 0);
	events = copy(trail); /* waits for nobody */
	trail_events_release(&events);
	for (i = 0; i < array_count(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	assert_int_equal(fake.calls, 6);
	assert_int_equal(atomic_load(&fake.inside_at_once), 0);
}

static void who_waits_can_be_interrupted(void **state)
{
	cleanup(trail_free_pointer) struct trail *trail = start(10, 100, "PROD");
	const struct trail_wanted wanted = {.reach = TRAIL_BY_ARN};
	atomic_bool interrupted = true;
	struct call_scope scope = {
		.read_deadline_ms = clock_monotonic_ms() + 60000, .interrupted = &interrupted};

	(void)state;
	assert_int_equal(trail_fetch(trail, &scope, &subject, &wanted, NULL), LAMBDA_INTERRUPTED);
	scope.interrupted = NULL;
	scope.read_deadline_ms = 0;
	assert_int_equal(trail_fetch(trail, &scope, &subject, &wanted, NULL), LAMBDA_TIMED_OUT);
	assert_int_equal(fake.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_tells_of_one_alias),
		cmocka_unit_test(what_is_fresh_is_not_asked_for_again),
		cmocka_unit_test(no_further_back_than_wanted),
		cmocka_unit_test(a_token_that_is_too_old_is_replaced),
		cmocka_unit_test(a_failure_keeps_what_came_before_it),
		cmocka_unit_test(names_tell_of_everything),
		cmocka_unit_test(a_busy_account_hides_nothing_of_an_alias),
		cmocka_unit_test(the_oldest_go_when_there_is_no_room),
		cmocka_unit_test(a_wrong_clock_is_forgotten),
		cmocka_unit_test(one_asks_at_a_time),
		cmocka_unit_test(who_waits_can_be_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
