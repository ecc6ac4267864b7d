/* SPDX-License-Identifier: MIT */
#include "backend/local/store/trail.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/local/store/change.h"

/* What is recorded of a call beside what the call itself holds. */
struct outcome {
	struct buffer elements, resources;
	const char *error_code, *error_message; /* NULL: it did not fail */
};

static void outcome_release(struct outcome *outcome)
{
	buffer_release(&outcome->elements);
	buffer_release(&outcome->resources);
}

/* Too much is replaced by a note that says so. */
static int note_omission(struct buffer *text, int error)
{
	if (error != -EFBIG)
		return error;
	buffer_reset(text);
	return trail_append_omitted(text);
}

static const char *text_or_null(const struct buffer *buffer)
{
	return buffer->length ? buffer_text(buffer) : NULL;
}

static int forget_oldest(struct store *store)
{
	int64_t sequence;
	int error = store_integer(store, "SELECT last_insert_rowid()", 0, &sequence, "");

	if (!error && sequence > CHANGES_KEPT)
		error = store_execute(store, "DELETE FROM change WHERE sequence = ?", "i",
			sequence - CHANGES_KEPT);
	return error;
}

/* `change` is NULL for what failed. */
static int insert_event(
	struct call *call, const struct change *change, const struct outcome *outcome)
{
	static const struct change nothing = {.made = false};
	const struct sender *sender = &call->sender;
	char event_id[UUID_SIZE];
	int error;

	if (!change)
		change = &nothing;
	make_uuid(event_id);
	error = store_execute(call->store,
		"INSERT INTO change (time, operation, effective, function, qualifier, version, "
		"detail, request_id, event_id, access_key_id, address, host, user_agent, "
		"parameters, elements, resources, error_code, error_message) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"itittttttttttttttt", call->now_ms, call->operation->name, (int64_t)change->made,
		change->function, change->qualifier, change->version, change->detail,
		call->request_id, event_id, sender->access_key_id, sender->address, sender->host,
		sender->user_agent, buffer_text(&call->parameters),
		text_or_null(&outcome->elements), text_or_null(&outcome->resources),
		outcome->error_code, outcome->error_message);
	return error ? error : forget_oldest(call->store);
}

int trail_record(struct call *call)
{
	cleanup(outcome_release) struct outcome outcome = {
		.elements = BUFFER_INIT(TRAIL_TEXT_MAX), .resources = BUFFER_INIT(TRAIL_TEXT_MAX)};
	cleanup(json_free_pointer) struct json *answer = NULL;
	const struct buffer *body = &call->answer->body;
	int error = 0;

	if (body->length) {
		answer = json_parse(body->data, body->length, NULL);
		if (!answer)
			return -ENOMEM;
		error = note_omission(
			&outcome.elements, trail_append_elements(&outcome.elements, answer));
	}
	if (!error)
		error = trail_append_resources(&outcome.resources, answer, call->input);
	if (error)
		return error;
	return insert_event(call, &call->change, &outcome);
}

static int insert_failure(struct call *call, const struct outcome *outcome)
{
	int error = store_begin_write(call->store);

	if (error)
		return error;
	call->now_ms = clock_wall_ms();
	error = insert_event(call, NULL, outcome);
	if (!error)
		return store_commit(call->store);
	store_rollback(call->store);
	return error;
}

int trail_record_failure(struct call *call, struct store_pool *stores)
{
	cleanup(outcome_release) struct outcome outcome = {
		.elements = BUFFER_INIT(1), .resources = BUFFER_INIT(8)};
	cleanup(json_free_pointer) struct json *body =
		json_parse(buffer_text(&call->answer->body), call->answer->body.length, NULL);
	const char *message = answer_message(body);
	char text[TRAIL_MESSAGE_MAX + 1];
	int error;

	if (message) {
		sender_cut_text(message, text, sizeof(text));
		outcome.error_message = text;
	}
	outcome.error_code = call->answer->error_type;
	error = buffer_append_string(&outcome.resources, "[]");
	if (error)
		return error;
	call->store = store_pool_take(stores);
	if (!call->store)
		return -EIO;
	error = insert_failure(call, &outcome);
	store_pool_give(stores, call->store);
	call->store = NULL;
	return error;
}

sqlite3_stmt *trail_query(struct store *store, const struct trail_filter *filter)
{
	return store_query(store,
		"SELECT sequence, event_id, request_id, time, operation, access_key_id, address, "
		"host, user_agent, parameters, elements, error_code, error_message, resources "
		"FROM change WHERE sequence < ?1 AND event_id IS NOT NULL "
		"AND time BETWEEN ?2 AND ?3 AND (?4 IS NULL OR operation = ?4) "
		"AND (?5 IS NULL OR event_id = ?5) AND (?6 IS NULL OR access_key_id = ?6) "
		"AND (?7 IS NULL OR instr(resources, ?7)) ORDER BY sequence DESC",
		"iiitttt", filter->before ? filter->before : INT64_MAX, filter->from_ms,
		filter->upto_ms, filter->operation, filter->id, filter->access_key_id,
		filter->resource);
}

static const struct operation *find_operation(const char *name)
{
	for (size_t i = 0; i < operation_count; i++) {
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	}
	return NULL;
}

int64_t trail_load(sqlite3_stmt *row, struct trail_event *ret_event)
{
	*ret_event = (struct trail_event){
		.id = store_text(row, 1),
		.request_id = store_text(row, 2),
		.time_ms = sqlite3_column_int64(row, 3),
		.operation = find_operation(store_text(row, 4)),
		.access_key_id = store_text_or_null(row, 5),
		.address = store_text(row, 6),
		.host = store_text_or_null(row, 7),
		.user_agent = store_text_or_null(row, 8),
		.parameters = store_text_or_null(row, 9),
		.elements = store_text_or_null(row, 10),
		.error_code = store_text_or_null(row, 11),
		.error_message = store_text_or_null(row, 12),
		.resources = store_text(row, 13),
	};
	return sqlite3_column_int64(row, 0);
}
