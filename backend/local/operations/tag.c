/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <strings.h>

#include "backend/base/text.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/change.h"
#include "backend/local/store/publish.h"
#include "backend/local/store/version.h"

#define TAGS_MAX 50
#define TAGS_TEXT_MAX (1u << 20)

/* What can have tags, and the statements that read and write them by its key. */
struct taggable {
	const char *prefix; /* of the ARN's last part */
	const char *select, *update;
};

enum {
	TAGGED_FUNCTION,
	TAGGED_MAPPING,
	TAGGED_SIGNING
};

static const struct taggable taggables[] = {
	[TAGGED_FUNCTION] = {"function:", "SELECT tags FROM function WHERE name = ?",
		"UPDATE function SET tags = ? WHERE name = ?"},
	[TAGGED_MAPPING] = {"event-source-mapping:", "SELECT tags FROM mapping WHERE uuid = ?",
		"UPDATE mapping SET tags = ? WHERE uuid = ?"},
	[TAGGED_SIGNING] = {"code-signing-config:", "SELECT tags FROM code_signing WHERE id = ?",
		"UPDATE code_signing SET tags = ? WHERE id = ?"},
};

/* What a tag call is about. */
struct tagged {
	const struct taggable *kind;
	char key[FUNCTION_NAME_MAX + 1];
	struct json *tags; /* as they are stored */
};

/* Which part of an ARN starts behind its n-th colon. */
static const char *arn_field(const char *arn, int colons)
{
	while (colons-- && arn)
		arn = strchr(arn, ':') ? strchr(arn, ':') + 1 : NULL;
	return arn ? arn : "";
}

static int check_function_arn(struct call *call, const char *arn, struct tagged *tagged)
{
	struct function_name name;

	if (function_name_parse(arn, &name))
		return call_fail(call, FAILURE_INVALID_PARAMETER, "Invalid resource: %s", arn);
	if (name.qualifier[0])
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Tags on function aliases and versions are not supported. Please specify a "
			"function ARN.");
	if (call_check_place(call, "Functions", name.region, name.account))
		return CALL_FAILED;
	tagged->kind = &taggables[TAGGED_FUNCTION];
	snprintf(tagged->key, sizeof(tagged->key), "%s", name.name);
	return 0;
}

static int check_arn(struct call *call, struct tagged *tagged)
{
	const char *arn = call_string(call, "Resource");
	const char *kind = arn_field(arn, 5);

	if (text_starts_with(kind, taggables[TAGGED_FUNCTION].prefix))
		return check_function_arn(call, arn, tagged);
	if (text_starts_with(kind, "capacity-provider:"))
		return call_fail(call, FAILURE_NOT_FOUND, "Capacity provider not found: %s", arn);
	for (size_t i = 0; i < array_count(taggables); i++) {
		if (!text_starts_with(kind, taggables[i].prefix))
			continue;
		tagged->kind = &taggables[i];
		snprintf(tagged->key, sizeof(tagged->key), "%s", arn_field(arn, 6));
		return 0;
	}
	return call_fail(call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
}

static bool is_function(const struct tagged *tagged)
{
	return tagged->kind == &taggables[TAGGED_FUNCTION];
}

/* Finds the tags of what the call names. The caller frees tagged->tags. */
static int tags_load(struct call *call, struct tagged *tagged)
{
	sqlite3_stmt *row;
	int found, error;

	memset(tagged, 0, sizeof(*tagged));
	error = check_arn(call, tagged);
	if (error)
		return error;
	row = store_query(call->store, tagged->kind->select, "t", tagged->key);
	found = store_next(call->store, row);
	if (found < 0)
		return found;
	if (!found && tagged->kind == &taggables[TAGGED_MAPPING])
		return call_fail(call, FAILURE_NOT_FOUND, "Event source mapping not found: %s",
			call_string(call, "Resource"));
	if (!found && !is_function(tagged))
		return call_fail(
			call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
	if (!found)
		return call_fail_function(call, tagged->key, NULL);
	tagged->tags = json_parse(store_text(row, 0), strlen(store_text(row, 0)), NULL);
	store_done(row);
	return tagged->tags ? 0 : -ENOMEM;
}

/* Tags wait for a function's update, as AWS documents. */
static int check_idle(struct call *call, const struct tagged *tagged)
{
	struct version_row latest;
	int found, error;

	if (!is_function(tagged))
		return 0;
	found = version_find(call, tagged->key, VERSION_LATEST, &latest);
	if (found != 1)
		return found;
	error = publish_check_idle(call, &latest);
	version_row_done(&latest);
	return error;
}

/* A function's tags are a part of it: a RevisionId that was read before is old. */
static int touch_function(struct call *call, const char *function)
{
	char revision_id[UUID_SIZE];

	make_uuid(revision_id);
	return store_execute(call->store,
		"UPDATE version SET revision_id = ?1, settled_revision_id = ?1, last_modified = ?2 "
		"WHERE function = ?3 AND number = 0",
		"tit", revision_id, call->now_ms, function);
}

static int tags_store(struct call *call, const struct tagged *tagged)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(TAGS_TEXT_MAX);
	int error = json_print(tagged->tags, &text);

	if (error)
		return error;
	error = store_execute(
		call->store, tagged->kind->update, "tt", buffer_text(&text), tagged->key);
	if (!error && is_function(tagged))
		error = touch_function(call, tagged->key);
	return error ? error : change_record(call, tagged->key, NULL, NULL, NULL);
}

int handle_list_tags(struct call *call)
{
	struct tagged tagged;
	int error = tags_load(call, &tagged);

	if (error)
		return error;
	error = buffer_append_string(&call->answer->body, "{\"Tags\":");
	if (!error)
		error = json_print(tagged.tags, &call->answer->body);
	json_free(tagged.tags);
	return error ? error : buffer_append_byte(&call->answer->body, '}');
}

int check_tag_names(struct call *call, const struct json *tags)
{
	for (const struct json *tag = json_first(tags); tag; tag = json_next(tag)) {
		if (!strncasecmp(json_name(tag), "aws:", 4))
			return call_fail(call, FAILURE_INVALID_PARAMETER,
				"One or more of your tags had a problem, please ensure none of "
				"your tag names start with \"aws:\", none are empty, and there "
				"are no duplicate tags");
	}
	return 0;
}

static int merge_tags(struct call *call, struct tagged *tagged)
{
	const struct json *given = json_member(call->input, "Tags");
	int error = check_tag_names(call, given);

	for (const struct json *tag = json_first(given); tag && !error; tag = json_next(tag))
		error = json_set_string(tagged->tags, json_name(tag), json_string(tag));
	if (!error && json_count(tagged->tags) > TAGS_MAX)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Number of tags exceeds resource tag limit.");
	return error;
}

int handle_tag_resource(struct call *call)
{
	struct tagged tagged;
	int error = tags_load(call, &tagged);

	if (!error && !json_count(json_member(call->input, "Tags")))
		error = call_fail(call, FAILURE_INVALID_PARAMETER,
			"An error occurred and the request cannot be processed.");
	if (!error)
		error = check_idle(call, &tagged);
	if (!error)
		error = merge_tags(call, &tagged);
	if (!error)
		error = tags_store(call, &tagged);
	json_free(tagged.tags);
	return error;
}

int handle_untag_resource(struct call *call)
{
	const struct json *keys = json_member(call->input, "TagKeys");
	struct tagged tagged;
	int error = tags_load(call, &tagged);

	if (!error)
		error = check_idle(call, &tagged);
	for (const struct json *key = json_first(keys); key && !error; key = json_next(key))
		json_remove(tagged.tags, json_string(key));
	if (!error)
		error = tags_store(call, &tagged);
	json_free(tagged.tags);
	return error;
}
