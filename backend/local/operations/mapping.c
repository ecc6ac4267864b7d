/* SPDX-License-Identifier: MIT */
/*
 * Event source mappings. They name a function, a version or an alias by its ARN and outlive it. Their
 * state changes take as long as everything else that settles.
 */
#include <errno.h>

#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"
#include "backend/local/store/mapping_settings.h"

#define CONFIGURATION_MAX 262144
#define MAPPINGS_PAGE 100

#define MAPPING_COLUMNS                                                                            \
	"uuid, function, qualifier, configuration, change, settled_state, settles, "               \
	"last_modified, source"

struct mapping {
	const char *uuid, *function, *qualifier, *configuration, *change, *settled_state, *source;
	int64_t settles, last_modified;
};

static void mapping_load(struct mapping *mapping, sqlite3_stmt *row)
{
	mapping->uuid = store_text(row, 0);
	mapping->function = store_text(row, 1);
	mapping->qualifier = store_text(row, 2);
	mapping->configuration = store_text(row, 3);
	mapping->change = store_text(row, 4);
	mapping->settled_state = store_text(row, 5);
	mapping->settles = sqlite3_column_int64(row, 6);
	mapping->last_modified = sqlite3_column_int64(row, 7);
	mapping->source = store_text(row, 8);
}

/* Why it is in its state, and what came of its records: queues and what is switched off say no more. */
static int append_state(struct buffer *out, const struct mapping *mapping, bool settling)
{
	bool quiet =
		mapping_is_queue(mapping->source) || !strcmp(mapping->settled_state, "Disabled");

	return buffer_appendf(out,
		"\"State\":\"%s\",\"StateTransitionReason\":\"%s\",\"LastProcessingResult\":%s,",
		settling ? mapping->change : mapping->settled_state,
		quiet ? "USER_INITIATED" : "User action",
		quiet ? "null" : "\"No records processed\"");
}

static int append_mapping(
	struct buffer *out, const struct call *call, const struct mapping *mapping, bool fresh)
{
	bool settling = fresh || call->now_ms < mapping->settles;
	int error = buffer_appendf(out,
		"{\"UUID\":\"%s\",\"EventSourceMappingArn\":\"arn:%s:lambda:%s:%s:"
		"event-source-mapping:%s\",\"FunctionArn\":\"",
		mapping->uuid, call->identity->partition, call->identity->region,
		call->identity->account, mapping->uuid);

	if (!error)
		error = append_function_arn(out, call->identity, mapping->function,
			*mapping->qualifier ? mapping->qualifier : NULL);
	if (!error)
		error = buffer_append_string(out, "\",");
	if (!error)
		error = append_state(out, mapping, settling);
	if (!error)
		error = append_epoch(out, "LastModified", mapping->last_modified);
	if (!error)
		error = mapping_settings_append(out, mapping->configuration);
	return error ? error : buffer_append_byte(out, '}');
}

/* Deleted ones stay until they have settled; then they are gone. */
static sqlite3_stmt *mapping_query(struct call *call)
{
	return store_query(call->store,
		"SELECT " MAPPING_COLUMNS " FROM mapping WHERE uuid = ? AND NOT "
		"(change = 'Deleting' AND settles <= ?)",
		"ti", call_string(call, "UUID"), call->now_ms);
}

static int fail_without(struct call *call)
{
	return call_fail(call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
}

int handle_get_mapping(struct call *call)
{
	sqlite3_stmt *row = mapping_query(call);
	int found = store_next(call->store, row);
	struct mapping mapping;
	int error;

	if (found != 1)
		return found ? found : fail_without(call);
	mapping_load(&mapping, row);
	error = append_mapping(&call->answer->body, call, &mapping, false);
	store_done(row);
	return error;
}

/* --- creating --- */

static int check_function(struct call *call)
{
	int found =
		resource_find(call, call->name.qualifier[0] ? call->name.qualifier : NULL, NULL);

	if (found != 1)
		return found ? found
			     : call_fail(
				       call, FAILURE_INVALID_PARAMETER, "Function does not exist");
	return 0;
}

/* One mapping of a source to a function. */
static int check_new(struct call *call, const char *source)
{
	sqlite3_stmt *row;
	int found;

	if (!*source)
		return 0;
	row = store_query(call->store,
		"SELECT uuid FROM mapping WHERE function = ? AND qualifier = ? AND source = ? AND "
		"change <> 'Deleting'",
		"ttt", call->name.name, call->name.qualifier, source);
	found = store_next(call->store, row);
	if (found != 1)
		return found;
	if (mapping_is_queue(source))
		found = call_fail(call, FAILURE_CONFLICT,
			"An event source mapping with SQS arn (\" %s \") and function (\" %s \") "
			"already exists. Please update or delete the existing mapping with UUID %s",
			source, call->name.name, store_text(row, 0));
	else
		found = call_fail(call, FAILURE_CONFLICT,
			"The event source arn (\" %s \") and function (\" %s \") provided mapping "
			"already exists. Please update or delete the existing mapping with UUID %s",
			source, call->name.name, store_text(row, 0));
	store_done(row);
	return found;
}

static int forget_deleted(struct call *call)
{
	return store_execute(call->store,
		"DELETE FROM mapping WHERE change = 'Deleting' AND settles <= ?", "i",
		call->now_ms);
}

static int print_tags(struct call *call, struct buffer *out)
{
	const struct json *tags = json_member(call->input, "Tags");

	return tags ? json_print(tags, out) : buffer_append_string(out, "{}");
}

static int insert_mapping(struct call *call, const struct mapping *mapping, const char *source)
{
	cleanup(buffer_release) struct buffer tags = BUFFER_INIT(CONFIGURATION_MAX);
	int error = print_tags(call, &tags);

	return error ? error
		     : store_execute(call->store,
			       "INSERT INTO mapping (uuid, function, qualifier, source, "
			       "configuration, tags, change, settled_state, settles, "
			       "last_modified) "
			       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			       "ttttttttii", mapping->uuid, mapping->function, mapping->qualifier,
			       source, mapping->configuration, buffer_text(&tags), mapping->change,
			       mapping->settled_state, mapping->settles, mapping->last_modified);
}

int handle_create_mapping(struct call *call)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	const char *given = call_string(call, "EventSourceArn");
	const struct json *enabled = json_member(call->input, "Enabled");
	bool disabled = enabled && !json_is_true(enabled);
	char uuid[UUID_SIZE];
	struct mapping mapping = {.uuid = uuid,
		.function = call->name.name,
		.qualifier = call->name.qualifier,
		.source = given ? given : "",
		.change = "Creating",
		.settled_state = disabled ? "Disabled" : "Enabled",
		/* What is made disabled is so at once. */
		.settles = call->now_ms + (disabled ? 0 : call->settle_ms),
		.last_modified = call->now_ms};
	int error;

	make_uuid(uuid);
	error = mapping_settings_build(call, mapping.source, NULL, &text);
	if (!error)
		error = check_tag_names(call, json_member(call->input, "Tags"));
	if (!error)
		error = check_function(call);
	if (!error)
		error = forget_deleted(call);
	if (!error)
		error = check_new(call, mapping.source);
	mapping.configuration = buffer_text(&text);
	if (!error)
		error = insert_mapping(call, &mapping, mapping.source);
	if (!error)
		error = change_record(call, mapping.function, mapping.qualifier, NULL, NULL);
	return error ? error : append_mapping(&call->answer->body, call, &mapping, !disabled);
}

/* --- changing --- */

/* Finds one that is at rest. The caller ends *ret_row. */
static int find_at_rest(
	struct call *call, struct mapping *mapping, sqlite3_stmt **ret_row, const char *verb)
{
	int found;

	*ret_row = mapping_query(call);
	found = store_next(call->store, *ret_row);
	if (found != 1)
		return found ? found : fail_without(call);
	mapping_load(mapping, *ret_row);
	if (call->now_ms >= mapping->settles)
		return 0;
	store_done(*ret_row);
	return call_fail(call, FAILURE_IN_USE,
		"Cannot %s the event source mapping because it is in use.", verb);
}

/* The states that an update goes through: which one for now, which in the end. */
static void choose_states(struct call *call, struct mapping *mapping)
{
	const struct json *enabled = json_member(call->input, "Enabled");
	bool is_enabled = !strcmp(mapping->settled_state, "Enabled");
	bool wanted = enabled ? json_is_true(enabled) : is_enabled;

	mapping->change = wanted == is_enabled ? "Updating" : wanted ? "Enabling" : "Disabling";
	mapping->settled_state = wanted ? "Enabled" : "Disabled";
}

/* Stores what the mapping will be when it has settled, and answers with it. */
static int begin_change(struct call *call, struct mapping *mapping)
{
	int error;

	mapping->settles = call->now_ms + call->settle_ms;
	error = store_execute(call->store,
		"UPDATE mapping SET function = ?, qualifier = ?, configuration = ?, change = ?, "
		"settled_state = ?, settles = ?, last_modified = ? WHERE uuid = ?",
		"tttttiit", mapping->function, mapping->qualifier, mapping->configuration,
		mapping->change, mapping->settled_state, mapping->settles, mapping->last_modified,
		mapping->uuid);
	if (!error)
		error = change_record(call, mapping->function, mapping->qualifier, NULL, NULL);
	return error ? error : append_mapping(&call->answer->body, call, mapping, true);
}

int handle_update_mapping(struct call *call)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CONFIGURATION_MAX);
	struct mapping mapping;
	sqlite3_stmt *row;
	int error = find_at_rest(call, &mapping, &row, "update");

	if (error)
		return error;
	if (call_string(call, "FunctionName")) {
		error = check_function(call);
		mapping.function = call->name.name;
		mapping.qualifier = call->name.qualifier;
	}
	choose_states(call, &mapping);
	mapping.last_modified = call->now_ms;
	if (!error)
		error = mapping_settings_build(call, mapping.source, mapping.configuration, &text);
	mapping.configuration = buffer_text(&text);
	if (!error)
		error = begin_change(call, &mapping);
	store_done(row);
	return error;
}

int handle_delete_mapping(struct call *call)
{
	struct mapping mapping;
	sqlite3_stmt *row;
	int error = find_at_rest(call, &mapping, &row, "delete");

	if (error)
		return error;
	mapping.change = "Deleting";
	mapping.settled_state = "Deleting";
	error = begin_change(call, &mapping);
	store_done(row);
	return error;
}

static int append_item(struct buffer *out, struct call *call, sqlite3_stmt *row)
{
	struct mapping mapping;

	mapping_load(&mapping, row);
	return append_mapping(out, call, &mapping, false);
}

int handle_list_mappings(struct call *call)
{
	bool named = call_string(call, "FunctionName");
	struct page page;
	int error = page_begin(call, MAPPINGS_PAGE, &page);

	if (error)
		return error;
	return append_rows(call, "EventSourceMappings",
		store_query(call->store,
			"SELECT " MAPPING_COLUMNS " FROM mapping WHERE uuid > ?1 AND NOT "
			"(change = 'Deleting' AND settles <= ?2) AND (?3 IS NULL OR source = ?3) "
			"AND (?4 IS NULL OR (function = ?4 AND qualifier = ?5)) "
			"ORDER BY uuid LIMIT ?6",
			"tittti", page.after, call->now_ms, call_string(call, "EventSourceArn"),
			named ? call->name.name : NULL, call->name.qualifier, page.limit + 1),
		&page, append_item);
}
