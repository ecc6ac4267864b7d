/* SPDX-License-Identifier: MIT */
#include "tests/client/trail_call.h"

#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/number.h"
#include "backend/cloudtrail/trail.h"
#include "backend/history/history.h"

static void must(int error)
{
	if (error)
		abort(); /* a test program out of memory */
}

static void set_state(struct json *json, const char *name, const struct lambda_alias *state)
{
	struct json *value;
	char text[LAMBDA_VERSION_TEXT_SIZE];

	if (!state)
		return;
	value = json_new_object();
	lambda_version_format(state->version, text);
	must(json_set_string(value, "version", text));
	must(json_set_string(value, "revision", state->revision_id));
	must(json_set_string(value, "description", state->description));
	if (state->weighted_version) {
		lambda_version_format(state->weighted_version, text);
		must(json_set_string(value, "weighted", text));
		must(json_set_number(value, "weight", state->weight));
	}
	must(json_set(json, name, value));
}

static void set_event(struct json *json, const struct cloudtrail_event *event)
{
	must(json_set_string(json, "operation", cloudtrail_operation_name(event->operation)));
	must(json_set_number(json, "time", (double)event->time_s));
	must(json_set_string(json, "id", event->id));
	must(json_set_string(json, "request_id", event->request_id));
	must(json_set_string(json, "function", event->function));
	must(json_set_string(json, "alias", event->alias));
	must(json_set_string(json, "who", event->who));
	must(json_set_string(json, "user_agent", event->user_agent));
	must(json_set_string(json, "error", event->error));
	must(json_set_string(json, "before", event->before_revision_id));
	if (event->has_result)
		set_state(json, "result", &event->result);
}

static enum lambda_status look_up(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error)
{
	struct cloudtrail_query query = {0};
	struct cloudtrail_page page;
	struct json *items;
	enum lambda_status status;
	size_t i;

	if (arguments[0] && arguments[1]) {
		query.key = arguments[0];
		query.value = arguments[1];
		query.next_token = arguments[2];
	}
	status = cloudtrail_lookup(lambda_client_aws(client), scope, &query, &page, error);
	if (status)
		return status;
	items = json_new_array();
	for (i = 0; i < page.count; i++) {
		struct json *item = json_new_object();

		set_event(item, &page.items[i]);
		must(json_append(items, item));
	}
	must(json_set(answer, "items", items));
	must(json_set_number(answer, "seen", (double)page.seen));
	if (page.next_token)
		must(json_set_string(answer, "marker", page.next_token));
	cloudtrail_page_release(&page);
	return LAMBDA_OK;
}

static void describe(const struct history *history, struct json *answer)
{
	struct json *moves = json_new_array(), *settled = json_new_array();
	char text[LAMBDA_VERSION_TEXT_SIZE];
	uint64_t version;
	size_t i;

	for (i = 0; i < history->count; i++) {
		const struct history_move *move = &history->moves[i];
		struct json *item = json_new_object();

		if (move->event)
			set_event(item, move->event);
		must(json_set_string(item, "kind", history_kind_text(move->kind)));
		must(json_set_boolean(item, "in_chain", move->in_chain));
		set_state(item, "from", move->from);
		set_state(item, "to", move->to);
		must(json_append(moves, item));
	}
	for (i = 1; history_at(history, i, &version) == HISTORY_PROVEN; i++) {
		lambda_version_format(version, text);
		must(json_append(settled, json_new_string(text)));
	}
	must(json_set(answer, "moves", moves));
	must(json_set(answer, "settled", settled));
	must(json_set_string(answer, "end", history_end_text(history->end)));
	must(json_set_boolean(answer, "wants_more", history_wants_more(history)));
	must(json_set_boolean(answer, "newest_is_present", history->newest_is_present));
}

static enum lambda_status find_history(struct lambda_client *client, const struct call_scope *scope,
	const struct trail_subject *subject, const struct trail_wanted *wanted, int64_t since_s,
	struct json *answer, struct lambda_error *error)
{
	const struct trail_source source = trail_source_of_client(lambda_client_aws(client));
	cleanup(trail_free_pointer) struct trail *trail = trail_new(&source);
	int64_t now_s = clock_wall_ms() / 1000;
	struct lambda_alias present;
	struct trail_events events;
	struct history history;
	enum lambda_status status =
		lambda_get_alias(client, scope, subject->function, subject->alias, &present, error);
	struct history_input input = {
		.present = &present, .present_since_s = now_s - since_s, .present_read_s = now_s};

	if (status)
		return status;
	status = trail_fetch(trail, scope, subject, wanted, error);
	if (!status) {
		must(trail_copy(trail, subject, &events));
		input.events = events.items;
		input.event_count = events.count;
		input.changes = events.changes;
		input.all = events.all;
		must(history_find(&input, &history));
		describe(&history, answer);
		history_release(&history);
		trail_events_release(&events);
	}
	lambda_alias_release(&present);
	return status;
}

enum lambda_status trail_call(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error)
{
	struct trail_wanted wanted = {0};
	struct trail_subject subject;
	uint64_t since_s = 0;
	size_t count = 0;

	if (!strcmp(arguments[0], "lookup"))
		return look_up(client, scope, arguments + 1, answer, error);
	while (arguments[count])
		count++;
	if (count < 5 || (count > 5 && number_parse_u64(arguments[5], INT32_MAX, &since_s)))
		return lambda_fail(
			error, LAMBDA_INVALID, "history ARN FUNCTION ALIAS arn|name [SINCE_S]");
	subject = (struct trail_subject){arguments[1], arguments[2], arguments[3]};
	wanted.reach = !strcmp(arguments[4], "name") ? TRAIL_BY_NAME : TRAIL_BY_ARN;
	wanted.max_age_s = 60;
	return find_history(client, scope, &subject, &wanted, (int64_t)since_s, answer, error);
}
