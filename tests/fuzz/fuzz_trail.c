/* SPDX-License-Identifier: MIT */
/*
 * LookupEvents' answers, and what follows from their events: the first byte chooses a whole answer, or one record that
 * is put into an answer, or the name of a function.
 */
#include "tests/fuzz/fuzz.h"

#include "backend/base/text.h"
#include "backend/cloudtrail/model.h"
#include "backend/history/history.h"

static void check_event(const struct cloudtrail_event *event)
{
	struct cloudtrail_event copy;

	PROMISE(event->operation > CLOUDTRAIL_OTHER &&
		event->operation < CLOUDTRAIL_OPERATION_COUNT);
	PROMISE(event->time_s >= 0 && event->id[0] && event->alias[0] && event->function[0]);
	PROMISE(event->who && event->user_agent && event->error);
	PROMISE(event->failed || !event->error[0]);
	PROMISE(!strpbrk(event->who, "\n\r\033") && !strpbrk(event->user_agent, "\n\r\033") &&
		!strpbrk(event->error, "\n\r\033"));
	if (event->has_result) {
		PROMISE(!event->failed && event->result.revision_id[0]);
		PROMISE(event->result.description);
		PROMISE(event->result.weight >= 0 && event->result.weight <= 1);
	}
	PROMISE(!cloudtrail_event_copy(event, &copy));
	cloudtrail_event_release(&copy);
}

/* Whatever the events are, there is a history. */
static void check_history(const struct cloudtrail_page *page)
{
	struct history_input input = {.events = page->items,
		.event_count = page->count,
		.changes = {.until_s = INT64_MAX, .complete = true},
		.present_since_s = 0,
		.present_read_s = INT64_MAX};
	struct history history;
	uint64_t version;
	size_t i;

	for (i = 0; i < page->count; i++)
		if (page->items[i].has_result)
			input.present = &page->items[i].result;
	input.all = input.changes;
	PROMISE(!history_find(&input, &history));
	PROMISE(history.count <= page->count);
	PROMISE(history_at(&history, history.settled_count + 1, &version) != HISTORY_PROVEN);
	PROMISE(input.present || history.end == HISTORY_END_ABSENT);
	history_release(&history);
}

static void read_answer(const char *text, size_t length)
{
	cleanup(json_free_pointer) struct json *json = json_parse(text, length, NULL);
	struct cloudtrail_page page;
	struct lambda_error error = {0};
	size_t i;

	if (!json)
		return;
	if (cloudtrail_read_page(json, &page, &error)) {
		PROMISE(error.message[0]);
		return;
	}
	PROMISE(page.count <= page.seen);
	PROMISE(!page.next_token || page.next_token[0]);
	for (i = 0; i < page.count; i++)
		check_event(&page.items[i]);
	check_history(&page);
	cloudtrail_page_release(&page);
}

/* The bytes as the CloudTrailEvent of an event. */
static void read_record(const char *record, const char *name)
{
	cleanup(json_free_pointer) struct json *answer = json_new_object();
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(16 * 1024 * 1024);
	struct json *events = json_new_array(), *event = json_new_object();

	PROMISE(!json_set_string(event, "EventId", "e"));
	PROMISE(!json_set_string(event, "EventName", name));
	PROMISE(!json_set_number(event, "EventTime", 1));
	PROMISE(!json_set_string(event, "CloudTrailEvent", record));
	PROMISE(!json_append(events, event));
	PROMISE(!json_set(answer, "Events", events));
	if (!json_print(answer, &text))
		read_answer(buffer_text(&text), text.length);
}

static void read_name(const char *text)
{
	char function[LAMBDA_FUNCTION_NAME_MAX + 1], qualifier[LAMBDA_ALIAS_NAME_MAX + 1];

	if (cloudtrail_parse_function(text, function, qualifier))
		return;
	PROMISE(function[0] && !strchr(function, ':') && !strchr(qualifier, ':'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	switch (data[0]) {
	case 'U':
		if (text_is_utf8(text, strlen(text)))
			read_record(text, "UpdateAlias20150331");
		break;
	case 'P':
		if (text_is_utf8(text, strlen(text)))
			read_record(text, "AddPermission20150331v2");
		break;
	case 'N':
		read_name(text);
		break;
	default:
		read_answer(text, size - 1);
		break;
	}
	free(text);
	return 0;
}
