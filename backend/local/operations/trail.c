/* SPDX-License-Identifier: MIT */
#include "backend/local/store/trail.h"

#include <errno.h>
#include <math.h>

#include "backend/base/hash.h"
#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/operations/private.h"
#include "backend/local/private.h"

#define RESULTS_MAX 50
#define KEPT_MS ((int64_t)90 * 24 * 3600 * 1000) /* CloudTrail shows 90 days */
#define SECONDS_MAX 253402300799.0               /* the year 9999 */
#define TOKEN_SIZE 64
#define RESOURCE_MAX 65536
#define PAGE_BYTES_MAX (16u << 20)

/* One event of an answer; its text stands in a buffer of the page. */
struct found {
	uint64_t order;
	size_t start, length;
};

/* An answer while it is made. */
struct lookup {
	struct trail_filter filter;
	struct trail_delivery delivery;
	int64_t limit;
	bool nothing;           /* no event can be like that */
	struct buffer resource; /* filter.resource */
	struct buffer texts;
	struct found found[RESULTS_MAX];
	size_t count;
	int64_t last; /* sequence number of the last one, when more follow; or 0 */
};

static void lookup_release(struct lookup *lookup)
{
	buffer_release(&lookup->resource);
	buffer_release(&lookup->texts);
}

/* --- what is asked for --- */

/* `"ResourceName":"VALUE"` as JSON spells it: what the text of an event's resources then holds. */
static int want_resource(struct lookup *lookup, const char *key, const char *value)
{
	int error = buffer_appendf(&lookup->resource, "\"%s\":", key);

	if (!error)
		error = append_json_string(&lookup->resource, value);
	lookup->filter.resource = buffer_text(&lookup->resource);
	return error;
}

static int want_attribute(
	struct call *call, struct lookup *lookup, const char *key, const char *value)
{
	const struct operation *operation;

	if (!strcmp(key, "ResourceName") || !strcmp(key, "ResourceType"))
		return want_resource(lookup, key, value);
	if (!strcmp(key, "EventName")) {
		operation = trail_find_operation(value);
		lookup->filter.operation = operation ? operation->name : NULL;
		lookup->nothing = !operation;
	} else if (!strcmp(key, "EventId")) {
		lookup->filter.id = value;
	} else if (!strcmp(key, "AccessKeyId") || !strcmp(key, "Username")) {
		lookup->filter.access_key_id = value;
	} else if (!strcmp(key, "EventSource")) {
		lookup->nothing = strcmp(value, TRAIL_SOURCE) != 0;
	} else if (!strcmp(key, "ReadOnly") &&
		   (!strcmp(value, "true") || !strcmp(value, "false"))) {
		lookup->nothing = !strcmp(value, "true");
	} else {
		return call_fail(call, FAILURE_TRAIL_ATTRIBUTES,
			"The lookup attribute %s with this value is not valid.", key);
	}
	return 0;
}

static int take_attributes(struct call *call, struct lookup *lookup)
{
	const struct json *list = json_member(call->input, "LookupAttributes");
	const struct json *first = json_first(list);
	const char *key = json_member_string(first, "AttributeKey", NULL);
	const char *value = json_member_string(first, "AttributeValue", NULL);

	if (json_count(list) > 1)
		return call_fail(
			call, FAILURE_TRAIL_ATTRIBUTES, "A lookup may have only one attribute.");
	if (!first)
		return 0;
	if (!key || !value || !*value)
		return call_fail(call, FAILURE_TRAIL_ATTRIBUTES,
			"A lookup attribute has an AttributeKey and an AttributeValue.");
	return want_attribute(call, lookup, key, value);
}

/* The seconds of a member, or `fallback`; beyond what a calendar has: its end. */
static double take_seconds(const struct call *call, const char *name, double fallback)
{
	double seconds = fallback;

	if (!json_number(json_member(call->input, name), &seconds))
		return fallback;
	return fmax(0, fmin(seconds, SECONDS_MAX));
}

/* Events have whole seconds, and both ends count. */
static int take_times(struct call *call, struct lookup *lookup)
{
	double start = take_seconds(call, "StartTime", 0);
	double end = take_seconds(call, "EndTime", SECONDS_MAX);
	int64_t oldest_ms = call->now_ms - KEPT_MS;

	if (start > end)
		return call_fail(call, FAILURE_TRAIL_TIME_RANGE,
			"The start of the time range is after its end.");
	if (start * 1000 > (double)call->now_ms)
		return call_fail(call, FAILURE_TRAIL_TIME_RANGE,
			"The start of the time range is in the future.");
	lookup->filter.from_ms = (int64_t)ceil(start) * 1000;
	if (lookup->filter.from_ms < oldest_ms)
		lookup->filter.from_ms = oldest_ms;
	lookup->filter.upto_ms = (int64_t)floor(end) * 1000 + 999;
	return 0;
}

/* --- NextToken: where the next page begins, and for which question --- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return hash_bytes(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

static uint64_t hash_question(const struct call *call, const struct lookup *lookup)
{
	const struct json *first = json_first(json_member(call->input, "LookupAttributes"));
	double times[] = {take_seconds(call, "StartTime", -1), take_seconds(call, "EndTime", -1)};
	uint64_t hash = hash_text(HASH_START, json_member_string(first, "AttributeKey", NULL));

	hash = hash_text(hash, json_member_string(first, "AttributeValue", NULL));
	hash = hash_text(hash, call_string(call, "EventCategory"));
	hash = hash_bytes(hash, &lookup->nothing, sizeof(lookup->nothing));
	return hash_bytes(hash, times, sizeof(times));
}

static void format_token(const struct call *call, const struct lookup *lookup, int64_t sequence,
	char text[TOKEN_SIZE])
{
	snprintf(text, TOKEN_SIZE, "%lld %016llx", (long long)sequence,
		(unsigned long long)hash_question(call, lookup));
}

static bool parse_token(const struct call *call, struct lookup *lookup, const char *token)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(TOKEN_SIZE);
	char again[TOKEN_SIZE];
	uint64_t sequence;
	size_t length;

	if (text_decode_base64(token, strlen(token), &text))
		return false;
	length = strcspn(buffer_text(&text), " ");
	if (number_parse_u64_bytes(buffer_text(&text), length, INT64_MAX, &sequence) || !sequence)
		return false;
	lookup->filter.before = (int64_t)sequence;
	format_token(call, lookup, lookup->filter.before, again);
	return !strcmp(again, buffer_text(&text));
}

static int take_question(struct call *call, struct lookup *lookup)
{
	const char *category = call_string(call, "EventCategory");
	const char *token = call_string(call, "NextToken");
	int error;

	lookup->limit = call_integer(call, "MaxResults", RESULTS_MAX);
	if (lookup->limit < 1 || lookup->limit > RESULTS_MAX)
		return call_fail(call, FAILURE_TRAIL_MAX_RESULTS,
			"MaxResults is a number from 1 to %d.", RESULTS_MAX);
	error = take_attributes(call, lookup);
	if (!error)
		error = take_times(call, lookup);
	if (error)
		return error;
	if (category && strcmp(category, "insight"))
		return call_fail(
			call, FAILURE_TRAIL_CATEGORY, "The only event category is insight.");
	if (token && !parse_token(call, lookup, token))
		return call_fail(call, FAILURE_TRAIL_TOKEN,
			"The token is none of this server, or of a lookup with other parameters.");
	lookup->nothing = lookup->nothing || category;
	return 0;
}

/* --- what is answered --- */

static int add_event(struct lookup *lookup, int64_t sequence, unsigned copy, size_t start)
{
	lookup->found[lookup->count++] =
		(struct found){.order = trail_order(&lookup->delivery, sequence, copy),
			.start = start,
			.length = lookup->texts.length - start};
	return 0;
}

/* 1 when the page is full. */
static int take_event(struct call *call, struct lookup *lookup, sqlite3_stmt *row, int64_t *last)
{
	const struct trail_place place = {.account = call->identity->account,
		.region = call->identity->region,
		.partition = call->identity->partition};
	struct trail_event event;
	int64_t sequence = trail_load(row, &event);
	size_t start = lookup->texts.length;
	int error;

	if (!event.operation ||
		!trail_is_delivered(&lookup->delivery, sequence, event.time_ms, call->now_ms))
		return 0;
	if (lookup->count == (size_t)lookup->limit) {
		lookup->last = *last;
		return 1;
	}
	error = trail_append_event(&lookup->texts, &event, &place);
	if (error)
		return error;
	*last = sequence;
	add_event(lookup, sequence, 0, start);
	if (trail_is_duplicated(&lookup->delivery, sequence) &&
		lookup->count < (size_t)lookup->limit)
		add_event(lookup, sequence, 1, start);
	return 0;
}

static int find_events(struct call *call, struct lookup *lookup)
{
	sqlite3_stmt *row = trail_query(call->store, &lookup->filter);
	int64_t last = 0;
	int found, error = 0;

	while (!error && (found = store_next(call->store, row)) != 0) {
		if (found < 0)
			return found;
		error = take_event(call, lookup, row, &last);
	}
	if (error)
		store_done(row);
	return error < 0 ? error : 0;
}

static int compare_found(const void *left, const void *right)
{
	const struct found *one = left, *other = right;

	return (one->order > other->order) - (one->order < other->order);
}

static int append_page(struct call *call, struct lookup *lookup)
{
	struct buffer *out = &call->answer->body;
	char token[TOKEN_SIZE];
	int error = buffer_append_string(out, "{\"Events\":[");

	qsort(lookup->found, lookup->count, sizeof(lookup->found[0]), compare_found);
	for (size_t i = 0; i < lookup->count && !error; i++) {
		const struct found *found = &lookup->found[i];

		if (i)
			error = buffer_append_byte(out, ',');
		if (!error)
			error = buffer_append(
				out, lookup->texts.data + found->start, found->length);
	}
	if (!error)
		error = buffer_append_byte(out, ']');
	if (!error && lookup->last) {
		format_token(call, lookup, lookup->last, token);
		error = buffer_append_string(out, ",\"NextToken\":\"");
		if (!error)
			error = text_append_base64(out, token, strlen(token));
		if (!error)
			error = buffer_append_byte(out, '"');
	}
	return error ? error : buffer_append_byte(out, '}');
}

int handle_lookup_events(struct call *call)
{
	cleanup(lookup_release) struct lookup lookup = {
		.resource = BUFFER_INIT(RESOURCE_MAX), .texts = BUFFER_INIT(PAGE_BYTES_MAX)};
	int error;

	lookup.delivery = delivery_get(call->plane->delivery);
	error = take_question(call, &lookup);
	if (error == -EFBIG) /* no resource has so long a name */
		return buffer_append_string(&call->answer->body, "{\"Events\":[]}");
	if (!error && !lookup.nothing)
		error = find_events(call, &lookup);
	return error ? error : append_page(call, &lookup);
}
