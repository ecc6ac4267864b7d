/* SPDX-License-Identifier: MIT */
#include "backend/cloudtrail/trail.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/base/map.h"

#define DAY_S 86400
#define NAME_STREAMS (CLOUDTRAIL_OPERATION_COUNT - 1) /* one for each name of an event */
#define EVICTED_PART 10 /* one tenth of the events goes when there is no room */

/* What was asked with one attribute, and how far back the answers reach. */
struct stream {
	const char *key;
	char *value; /* owned */
	int64_t from_s, until_s;
	bool complete; /* as far back as CloudTrail goes */
	bool fruitful; /* it has given an event */
	char *token; /* of the page behind those so far, when they were asked for without bounds */
	uint64_t used; /* the higher, the later */
};

struct trail {
	struct trail_source source;
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* `fetching` has become false */
	bool fetching;          /* one thread asks: it alone changes the streams */
	struct cloudtrail_event *events[TRAIL_EVENTS_MAX];
	size_t count;
	struct name_map by_id; /* of events */
	int64_t floor_s;       /* older events may have been dropped */
	struct stream names[NAME_STREAMS];
	struct stream aliases[TRAIL_ALIASES_MAX];
	size_t alias_count;
	uint64_t uses;
};

/* --- making --- */

static enum lambda_status lookup_by_client(void *data, const struct call_scope *scope,
	const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr)
{
	return cloudtrail_lookup(data, scope, query, ret_page, reterr);
}

static int64_t time_of_client(void *data)
{
	struct aws_client *client = data;

	return clock_wall_ms() / 1000 + atomic_load(&client->clock_offset_s);
}

struct trail_source trail_source_of_client(struct aws_client *client)
{
	return (struct trail_source){
		.lookup = lookup_by_client, .now_s = time_of_client, .data = client};
}

struct trail *trail_new(const struct trail_source *source)
{
	struct trail *trail = calloc(1, sizeof(*trail));
	size_t i;

	if (!trail)
		return NULL;
	if (condition_init(&trail->changed)) {
		free(trail);
		return NULL;
	}
	pthread_mutex_init(&trail->mutex, NULL);
	trail->source = *source;
	for (i = 0; i < NAME_STREAMS; i++) {
		trail->names[i].key = "EventName";
		trail->names[i].value =
			strdup(cloudtrail_event_name((enum cloudtrail_operation)(i + 1)));
		if (!trail->names[i].value) {
			trail_free(trail);
			return NULL;
		}
	}
	return trail;
}

static void release_stream(struct stream *stream)
{
	free(stream->value);
	free(stream->token);
}

static void free_event(struct cloudtrail_event *event)
{
	cloudtrail_event_release(event);
	free(event);
}

void trail_free(struct trail *trail)
{
	size_t i;

	if (!trail)
		return;
	for (i = 0; i < trail->count; i++)
		free_event(trail->events[i]);
	for (i = 0; i < NAME_STREAMS; i++)
		release_stream(&trail->names[i]);
	for (i = 0; i < trail->alias_count; i++)
		release_stream(&trail->aliases[i]);
	name_map_release(&trail->by_id);
	pthread_cond_destroy(&trail->changed);
	pthread_mutex_destroy(&trail->mutex);
	free(trail);
}

/* --- events; the mutex is held --- */

static int newer_first(const void *left, const void *right)
{
	const struct cloudtrail_event *const *a = left, *const *b = right;

	return ((*a)->time_s < (*b)->time_s) - ((*a)->time_s > (*b)->time_s);
}

/* Makes room: the oldest go, and so does all knowledge of their seconds. */
static void evict_oldest(struct trail *trail)
{
	size_t keep = TRAIL_EVENTS_MAX - TRAIL_EVENTS_MAX / EVICTED_PART, i;

	qsort(trail->events, trail->count, sizeof(trail->events[0]), newer_first);
	if (trail->events[keep]->time_s >= trail->floor_s)
		trail->floor_s = trail->events[keep]->time_s + 1;
	for (i = keep; i < trail->count; i++) {
		name_map_remove(&trail->by_id, trail->events[i]->id);
		free_event(trail->events[i]);
	}
	trail->count = keep;
}

/* Takes the event over, unless it is known or too old. 0 or -ENOMEM. */
static int add_event(struct trail *trail, struct cloudtrail_event *event)
{
	struct cloudtrail_event *kept;

	if (name_map_find(&trail->by_id, event->id))
		return 0;
	if (trail->count == TRAIL_EVENTS_MAX)
		evict_oldest(trail);
	if (event->time_s < trail->floor_s)
		return 0;
	kept = malloc(sizeof(*kept));
	if (!kept || name_map_add(&trail->by_id, event->id, kept)) {
		free(kept);
		return -ENOMEM;
	}
	*kept = *event;
	memset(event, 0, sizeof(*event));
	trail->events[trail->count++] = kept;
	return 0;
}

static int add_page(struct trail *trail, struct stream *stream, struct cloudtrail_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++)
		if (add_event(trail, &page->items[i]))
			return -ENOMEM;
	if (page->seen)
		stream->fruitful = true;
	return 0;
}

/* --- streams --- */

/* The stream of an alias's ARN; with `make`, a new one where there is none. The mutex is held. */
static struct stream *find_stream(struct trail *trail, const char *arn, bool make)
{
	struct stream *stream, *oldest = NULL;
	char *value;
	size_t i;

	for (i = 0; i < trail->alias_count; i++) {
		stream = &trail->aliases[i];
		if (!strcmp(stream->value, arn))
			return stream;
		if (!oldest || stream->used < oldest->used)
			oldest = stream;
	}
	value = make ? strdup(arn) : NULL;
	if (!value)
		return NULL;
	if (trail->alias_count < TRAIL_ALIASES_MAX) {
		stream = &trail->aliases[trail->alias_count++];
	} else {
		stream = oldest;
		release_stream(stream);
	}
	*stream = (struct stream){.key = "ResourceName", .value = value};
	return stream;
}

static enum lambda_status ask_page(struct trail *trail, const struct call_scope *scope,
	const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr)
{
	if (call_scope_interrupted(scope))
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	if (clock_monotonic_ms() >= scope->read_deadline_ms)
		return lambda_fail(
			reterr, LAMBDA_TIMED_OUT, "no time was left to ask CloudTrail for more");
	return trail->source.lookup(trail->source.data, scope, query, ret_page, reterr);
}

/* Takes in a page that was asked for from the newest or from the last one on: how far it reaches back now. */
static enum lambda_status take_page(struct trail *trail, struct stream *stream, int64_t asked_s,
	struct cloudtrail_page *page, struct lambda_error *reterr)
{
	int error;

	pthread_mutex_lock(&trail->mutex);
	error = add_page(trail, stream, page);
	if (!error) {
		free(stream->token);
		stream->token = take_pointer(page->next_token);
		stream->complete = !stream->token;
		if (stream->complete) {
			stream->from_s = asked_s - (int64_t)CLOUDTRAIL_DAYS * DAY_S;
		} else if (page->oldest_s < stream->from_s) {
			/* Others of that second may stand on the next page. */
			stream->from_s = page->oldest_s + 1;
		}
	}
	pthread_mutex_unlock(&trail->mutex);
	cloudtrail_page_release(page);
	return error ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

/* When it was asked, by a clock that the answer may have corrected. */
static int64_t when_asked(const struct trail *trail, int64_t asked_s)
{
	int64_t now_s = trail->source.now_s(trail->source.data);

	return now_s < asked_s ? now_s : asked_s;
}

/* The newest page of a stream that was never asked, or when is not known. */
static enum lambda_status begin_stream(struct trail *trail, const struct call_scope *scope,
	struct stream *stream, struct lambda_error *reterr)
{
	const struct cloudtrail_query query = {.key = stream->key, .value = stream->value};
	int64_t asked_s = trail->source.now_s(trail->source.data);
	struct cloudtrail_page page;
	enum lambda_status status = ask_page(trail, scope, &query, &page, reterr);

	if (status)
		return status;
	asked_s = when_asked(trail, asked_s);
	pthread_mutex_lock(&trail->mutex);
	stream->from_s = asked_s;
	pthread_mutex_unlock(&trail->mutex);
	status = take_page(trail, stream, asked_s, &page, reterr);
	pthread_mutex_lock(&trail->mutex);
	stream->until_s = status ? 0 : asked_s;
	pthread_mutex_unlock(&trail->mutex);
	return status;
}

/* What is newer than the last time, and what may have come late. It counts when all of it is there. */
static enum lambda_status renew_stream(struct trail *trail, const struct call_scope *scope,
	struct stream *stream, struct lambda_error *reterr)
{
	cleanup(free_pointer) char *token = NULL;
	int64_t asked_s = trail->source.now_s(trail->source.data);
	struct cloudtrail_query query = {.key = stream->key, .value = stream->value};

	query.start_s = stream->until_s > TRAIL_LATE_S ? stream->until_s - TRAIL_LATE_S : 1;
	if (query.start_s < stream->from_s)
		query.start_s = stream->from_s;
	do {
		struct cloudtrail_page page;
		enum lambda_status status;
		int error;

		query.next_token = token;
		status = ask_page(trail, scope, &query, &page, reterr);
		if (status)
			return status;
		pthread_mutex_lock(&trail->mutex);
		error = add_page(trail, stream, &page);
		pthread_mutex_unlock(&trail->mutex);
		free(token);
		token = take_pointer(page.next_token);
		cloudtrail_page_release(&page);
		if (error)
			return lambda_fail_memory(reterr);
	} while (token);
	pthread_mutex_lock(&trail->mutex);
	stream->until_s = when_asked(trail, asked_s);
	pthread_mutex_unlock(&trail->mutex);
	return LAMBDA_OK;
}

/* Renews it, or begins anew where CloudTrail's clock is behind the last time. */
static enum lambda_status ask_for_newer(struct trail *trail, const struct call_scope *scope,
	struct stream *stream, struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	enum lambda_status status;

	status = renew_stream(trail, scope, stream, &error);
	if (status && !strcmp(error.code, "InvalidTimeRangeException"))
		return begin_stream(trail, scope, stream, reterr);
	return status ? lambda_fail_as(reterr, &error) : LAMBDA_OK;
}

/* One page further back. A token that has become too old is replaced by a bound. */
static enum lambda_status extend_stream(struct trail *trail, const struct call_scope *scope,
	struct stream *stream, struct lambda_error *reterr)
{
	struct cloudtrail_query query = {
		.key = stream->key, .value = stream->value, .next_token = stream->token};
	int64_t asked_s = trail->source.now_s(trail->source.data);
	struct lambda_error error = {0};
	struct cloudtrail_page page;
	enum lambda_status status = ask_page(trail, scope, &query, &page, &error);

	if (status && !strcmp(error.code, "InvalidNextTokenException")) {
		query.next_token = NULL;
		query.end_s = stream->from_s;
		status = ask_page(trail, scope, &query, &page, &error);
	}
	if (!status)
		return take_page(trail, stream, asked_s, &page, reterr);
	return lambda_fail_as(reterr, &error);
}

/* --- fetching --- */

/* The streams that are wanted: the alias's, then those of the names. */
struct plan {
	struct stream *streams[1 + NAME_STREAMS];
	size_t count;
	int64_t now_s; /* when the fetch began */
};

/* One step: a stream that is too old or, when there is none, the one that reaches back least. *ret_done: nothing to do. */
static enum lambda_status fetch_step(struct trail *trail, const struct call_scope *scope,
	const struct plan *plan, const struct trail_wanted *wanted, bool *ret_done,
	struct lambda_error *reterr)
{
	int64_t since_s = wanted->since_s > trail->floor_s ? wanted->since_s : trail->floor_s;
	struct stream *shortest = NULL;
	size_t i;

	*ret_done = false;
	for (i = 0; i < plan->count; i++) {
		struct stream *stream = plan->streams[i];

		/* A time to come was read off a clock that was wrong. */
		if (!stream->until_s || stream->until_s > trail->source.now_s(trail->source.data))
			return begin_stream(trail, scope, stream, reterr);
		if (when_asked(trail, plan->now_s) - stream->until_s > wanted->max_age_s)
			return ask_for_newer(trail, scope, stream, reterr);
		if (!stream->complete && stream->from_s > since_s &&
			(!shortest || stream->from_s > shortest->from_s))
			shortest = stream;
	}
	if (shortest)
		return extend_stream(trail, scope, shortest, reterr);
	*ret_done = true;
	return LAMBDA_OK;
}

/* Becomes the one that asks. The mutex is held before and after. */
static enum lambda_status begin_fetching(
	struct trail *trail, const struct call_scope *scope, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;

	while (!status && trail->fetching)
		status = call_scope_wait(scope, &trail->changed, &trail->mutex,
			"the timeout ran out while CloudTrail was being asked for another request",
			reterr);
	if (!status)
		trail->fetching = true;
	return status;
}

/* The mutex is held. */
static int make_plan(struct trail *trail, const struct trail_subject *subject,
	enum trail_reach reach, struct plan *ret_plan)
{
	struct stream *stream = find_stream(trail, subject->arn, true);
	size_t i;

	if (!stream)
		return -ENOMEM;
	stream->used = ++trail->uses;
	ret_plan->streams[0] = stream;
	ret_plan->count = 1;
	for (i = 0; reach == TRAIL_BY_NAME && i < NAME_STREAMS; i++)
		ret_plan->streams[ret_plan->count++] = &trail->names[i];
	return 0;
}

enum lambda_status trail_fetch(struct trail *trail, const struct call_scope *scope,
	const struct trail_subject *subject, const struct trail_wanted *wanted,
	struct lambda_error *reterr)
{
	struct plan plan = {0};
	enum lambda_status status;
	bool done = false;

	pthread_mutex_lock(&trail->mutex);
	status = begin_fetching(trail, scope, reterr);
	if (status) {
		pthread_mutex_unlock(&trail->mutex);
		return status;
	}
	if (make_plan(trail, subject, wanted->reach, &plan))
		status = lambda_fail_memory(reterr);
	pthread_mutex_unlock(&trail->mutex);
	plan.now_s = trail->source.now_s(trail->source.data);
	while (!status && !done)
		status = fetch_step(trail, scope, &plan, wanted, &done, reterr);
	pthread_mutex_lock(&trail->mutex);
	trail->fetching = false;
	pthread_cond_broadcast(&trail->changed);
	pthread_mutex_unlock(&trail->mutex);
	return status;
}

/* --- what is known --- */

static struct cloudtrail_coverage coverage_of(
	const struct trail *trail, const struct stream *stream)
{
	struct cloudtrail_coverage coverage = {
		.from_s = stream->from_s, .until_s = stream->until_s, .complete = stream->complete};

	if (coverage.from_s < trail->floor_s) {
		coverage.from_s = trail->floor_s;
		coverage.complete = true;
	}
	return coverage;
}

/* What all streams of names cover. */
static struct cloudtrail_coverage coverage_of_names(const struct trail *trail)
{
	struct cloudtrail_coverage common = coverage_of(trail, &trail->names[0]);
	size_t i;

	for (i = 1; i < NAME_STREAMS; i++) {
		struct cloudtrail_coverage other = coverage_of(trail, &trail->names[i]);

		if (other.from_s > common.from_s)
			common.from_s = other.from_s;
		if (other.until_s < common.until_s)
			common.until_s = other.until_s;
		common.complete = common.complete && other.complete;
	}
	return common;
}

/* Both together where they overlap, what may have come late aside; else the one that reaches back further. */
static struct cloudtrail_coverage join_coverage(
	struct cloudtrail_coverage one, struct cloudtrail_coverage other)
{
	struct cloudtrail_coverage *later = one.until_s > other.until_s ? &one : &other;
	struct cloudtrail_coverage *earlier = later == &one ? &other : &one;

	if (!earlier->until_s || earlier->from_s >= later->from_s)
		return *later;
	if (later->from_s > earlier->until_s - TRAIL_LATE_S)
		return *earlier;
	later->from_s = earlier->from_s;
	later->complete = earlier->complete;
	return *later;
}

void trail_events_release(struct trail_events *events)
{
	size_t i;

	for (i = 0; i < events->count; i++)
		cloudtrail_event_release(&events->items[i]);
	free(events->items);
	memset(events, 0, sizeof(*events));
}

static bool is_about(const struct cloudtrail_event *event, const struct trail_subject *subject)
{
	return !strcmp(event->alias, subject->alias) && !strcmp(event->function, subject->function);
}

/* The mutex is held. */
static int copy_events(
	const struct trail *trail, const struct trail_subject *subject, struct trail_events *events)
{
	size_t count = 0, i;

	for (i = 0; i < trail->count; i++)
		count += is_about(trail->events[i], subject);
	events->items = calloc(count + 1, sizeof(*events->items));
	if (!events->items)
		return -ENOMEM;
	for (i = 0; i < trail->count; i++) {
		if (!is_about(trail->events[i], subject))
			continue;
		if (cloudtrail_event_copy(trail->events[i], &events->items[events->count]))
			return -ENOMEM;
		events->count++;
	}
	return 0;
}

int trail_copy(
	struct trail *trail, const struct trail_subject *subject, struct trail_events *ret_events)
{
	struct trail_events events = {0};
	struct stream *stream;
	int error;

	pthread_mutex_lock(&trail->mutex);
	error = copy_events(trail, subject, &events);
	stream = find_stream(trail, subject->arn, false);
	events.all = coverage_of_names(trail);
	events.changes = events.all;
	/* That CloudTrail knows aliases by their ARN is proven by its first answer with an event. */
	if (stream && stream->fruitful)
		events.changes = join_coverage(coverage_of(trail, stream), events.all);
	pthread_mutex_unlock(&trail->mutex);
	if (error)
		trail_events_release(&events);
	else
		*ret_events = events;
	return error;
}
