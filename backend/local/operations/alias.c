/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/base/number.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/attachment.h"
#include "backend/local/store/change.h"
#include "backend/local/store/publish.h"
#include "backend/local/store/version.h"

#define ALIASES_MAX 10000         /* of one page: unlike other lists, this one is not cut at 50 */
#define LIST_BYTES_MAX (6u << 20) /* of an answer, before a page ends early */
#define ALIAS_COLUMNS "name, version, weighted_version, weight, description, revision_id"

/* An alias as it is or is going to be. Texts belong to a statement or to the call's input. */
struct alias {
	const char *name;
	int64_t version;
	int64_t weighted_version; /* 0: no routing config */
	double weight;
	const char *description;
	const char *revision_id;
};

static void alias_load(struct alias *alias, sqlite3_stmt *row)
{
	alias->name = store_text(row, 0);
	alias->version = sqlite3_column_int64(row, 1);
	alias->weighted_version = sqlite3_column_int64(row, 2);
	alias->weight = sqlite3_column_double(row, 3);
	alias->description = store_text(row, 4);
	alias->revision_id = store_text(row, 5);
}

static sqlite3_stmt *alias_query(struct call *call, const char *function, const char *name)
{
	return store_query(call->store,
		"SELECT " ALIAS_COLUMNS " FROM alias WHERE function = ? AND name = ?", "tt",
		function, name);
}

static int append_routing(struct buffer *out, const struct alias *alias)
{
	char weight[NUMBER_DOUBLE_SIZE], version[VERSION_TEXT_SIZE];

	if (!alias->weighted_version)
		return buffer_append_string(out, ",\"RoutingConfig\":null");
	number_format_double(alias->weight, weight);
	version_format(alias->weighted_version, version);
	return buffer_appendf(out,
		",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"%s\":%s%s}}", version, weight,
		strpbrk(weight, ".e") ? "" : ".0");
}

/* By far the most frequent answer: no printf. */
static int alias_append(struct buffer *out, const struct call *call, const struct alias *alias)
{
	char version[VERSION_TEXT_SIZE];
	const char *const name[] = {"\",\"Name\":\"", alias->name, "\",\"FunctionVersion\":\"",
		version, "\",\"Description\":"};
	const char *const revision[] = {",\"RevisionId\":\"", alias->revision_id, "\"}"};
	int error = buffer_append_string(out, "{\"AliasArn\":\"");

	version_format(alias->version, version);
	if (!error)
		error = append_function_arn(out, call->identity, call->name.name, alias->name);
	for (size_t i = 0; i < array_count(name) && !error; i++)
		error = buffer_append_string(out, name[i]);
	if (!error)
		error = append_json_string(out, alias->description);
	if (!error)
		error = append_routing(out, alias);
	for (size_t i = 0; i < array_count(revision) && !error; i++)
		error = buffer_append_string(out, revision[i]);
	return error;
}

/* Fails with NOT_FOUND and a sentence that ends with the alias's ARN. */
static int fail_alias(struct call *call, const char *sentence)
{
	char arn[FUNCTION_ARN_SIZE];

	format_function_arn(call->identity, call->name.name, call_string(call, "Name"), arn);
	return call_fail(call, FAILURE_NOT_FOUND, "%s: %s", sentence, arn);
}

int handle_get_alias(struct call *call)
{
	sqlite3_stmt *row = alias_query(call, call->name.name, call_string(call, "Name"));
	int found = store_next(call->store, row);
	struct alias alias;
	int error;

	if (found != 1)
		return found ? found : fail_alias(call, "Cannot find alias arn");
	alias_load(&alias, row);
	error = alias_append(&call->answer->body, call, &alias);
	store_done(row);
	return error;
}

/* --- what an alias may point to (backend/lambda/NOTES.md 4.3, routing rules) --- */

static int check_target(struct call *call, int64_t version)
{
	char text[VERSION_TEXT_SIZE];
	struct version_row row;
	int found = version_find(call, call->name.name, version, &row);

	version_format(version, text);
	if (found != 1)
		return found ? found : call_fail_function(call, call->name.name, text);
	version_row_done(&row);
	return 0;
}

/* The numbers that FunctionVersion and the weights' keys spell. A number that is too large is not there. */
static int parse_target(struct call *call, const char *text, int64_t *ret_version)
{
	return version_parse(text, ret_version) ? call_fail_function(call, call->name.name, text)
						: 0;
}

/* Puts the call's RoutingConfig into the alias; without one the alias keeps what it has. */
static int take_routing(struct call *call, struct alias *alias)
{
	const struct json *routing = json_member(call->input, "RoutingConfig");
	const struct json *weights = json_member(routing, "AdditionalVersionWeights");
	const struct json *weight = json_first(weights);

	if (!routing)
		return 0;
	alias->weighted_version = 0;
	alias->weight = 0;
	if (!weight)
		return 0;
	if (json_count(weights) > 1)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Number of items in AdditionalVersionWeights cannot be greater than 1");
	if (!json_number(weight, &alias->weight))
		return -EINVAL;
	return parse_target(call, json_name(weight), &alias->weighted_version);
}

/* Two versions share the traffic only when they run under one role and fail into one queue. */
static int check_alike(struct call *call, const struct alias *alias)
{
	int64_t roles, queues;
	int error = store_integer(call->store,
		"SELECT count(DISTINCT role) FROM version WHERE function = ? AND number IN (?, ?)",
		1, &roles, "tii", call->name.name, alias->version, alias->weighted_version);

	if (!error)
		error = store_integer(call->store,
			"SELECT count(DISTINCT ifnull(json_extract(configuration, "
			"'$.DeadLetterConfig.TargetArn'), '')) FROM version "
			"WHERE function = ? AND number IN (?, ?)",
			1, &queues, "tii", call->name.name, alias->version,
			alias->weighted_version);
	if (error)
		return error;
	if (roles > 1)
		return call_fail_untyped(call, FAILURE_INVALID_PARAMETER,
			"Specified versions must be associated with the same execution role");
	if (queues > 1)
		return call_fail_untyped(call, FAILURE_INVALID_PARAMETER,
			"Specified versions must be configured with the same DLQ target");
	return 0;
}

static int check_routing(struct call *call, const struct alias *alias)
{
	char text[VERSION_TEXT_SIZE];
	int error;

	version_format(alias->version, text);
	if (!alias->weighted_version)
		return check_target(call, alias->version);
	if (alias->version == VERSION_LATEST)
		return call_fail_untyped(call, FAILURE_INVALID_PARAMETER,
			"$LATEST is not supported for an alias pointing to more than 1 version");
	if (alias->weighted_version == alias->version)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Invalid function version %s. Function version %s is already included in "
			"routing configuration.",
			text, text);
	error = check_target(call, alias->version);
	if (!error)
		error = check_target(call, alias->weighted_version);
	return error ? error : check_alike(call, alias);
}

/* The weight for the list of changes: `{"weights":{"3":0.1}}`, or NULL. */
static const char *describe_routing(const struct alias *alias, char text[128])
{
	char weight[NUMBER_DOUBLE_SIZE];

	if (!alias->weighted_version)
		return NULL;
	number_format_double(alias->weight, weight);
	snprintf(text, 128, "{\"weights\":{\"%lld\":%s}}", (long long)alias->weighted_version,
		weight);
	return text;
}

static int record_alias(struct call *call, const struct alias *alias)
{
	char version[VERSION_TEXT_SIZE], detail[128];

	version_format(alias->version, version);
	return change_record(
		call, call->name.name, alias->name, version, describe_routing(alias, detail));
}

static int write_alias(struct call *call, const struct alias *alias)
{
	static const char with_weight[] =
		"INSERT INTO alias (function, name, version, description, revision_id, "
		"weighted_version, weight) VALUES (?, ?, ?, ?, ?, ?, ?) "
		"ON CONFLICT (function, name) DO UPDATE SET version = excluded.version, "
		"description = excluded.description, revision_id = excluded.revision_id, "
		"weighted_version = excluded.weighted_version, weight = excluded.weight";

	return store_execute(call->store, with_weight,
		alias->weighted_version ? "ttittid" : "ttittnn", call->name.name, alias->name,
		alias->version, alias->description, alias->revision_id, alias->weighted_version,
		alias->weight);
}

/* Fails when there is an alias of that name. */
static int check_new(struct call *call, const char *function, const char *name)
{
	char arn[FUNCTION_ARN_SIZE];
	int64_t there;
	int error =
		store_integer(call->store, "SELECT 1 FROM alias WHERE function = ? AND name = ?", 0,
			&there, "tt", function, name);

	if (error || !there)
		return error;
	format_function_arn(call->identity, function, name, arn);
	return call_fail(call, FAILURE_CONFLICT, "Alias already exists: %s", arn);
}

int handle_create_alias(struct call *call)
{
	const char *description = call_string(call, "Description");
	char revision_id[UUID_SIZE];
	struct alias alias = {.name = call_string(call, "Name"),
		.description = description ? description : "",
		.revision_id = revision_id};
	int error;

	make_uuid(revision_id);
	error = parse_target(call, call_string(call, "FunctionVersion"), &alias.version);
	if (!error)
		error = take_routing(call, &alias);
	if (!error)
		error = check_routing(call, &alias);
	if (!error)
		error = check_new(call, call->name.name, alias.name);
	if (!error)
		error = write_alias(call, &alias);
	if (!error)
		error = attachments_adopt(call, call->name.name, alias.name);
	if (!error)
		error = record_alias(call, &alias);
	return error ? error : alias_append(&call->answer->body, call, &alias);
}

/* Provisioned concurrency follows its alias: it is allocated anew on the other version. */
static int move_provisioned(struct call *call, const char *name)
{
	return store_execute(call->store,
		"UPDATE provisioned SET settles = ? WHERE function = ? AND qualifier = ?", "itt",
		call->now_ms + call->settle_ms, call->name.name, name);
}

int handle_update_alias(struct call *call)
{
	sqlite3_stmt *row = alias_query(call, call->name.name, call_string(call, "Name"));
	const char *version = call_string(call, "FunctionVersion");
	const char *description = call_string(call, "Description");
	char revision_id[UUID_SIZE];
	struct alias alias;
	int64_t before;
	int found = store_next(call->store, row);
	int error;

	if (found != 1)
		return found ? found : fail_alias(call, "Alias not found");
	make_uuid(revision_id);
	alias_load(&alias, row);
	before = alias.version;
	error = check_revision_id(call, alias.revision_id);
	alias.revision_id = revision_id;
	if (!error && version)
		error = parse_target(call, version, &alias.version);
	if (description)
		alias.description = description;
	if (!error)
		error = take_routing(call, &alias);
	if (!error)
		error = check_routing(call, &alias);
	if (!error)
		error = write_alias(call, &alias);
	if (!error && alias.version != before)
		error = move_provisioned(call, alias.name);
	if (!error)
		error = record_alias(call, &alias);
	if (!error)
		error = alias_append(&call->answer->body, call, &alias);
	store_done(row);
	return error;
}

/* What hangs off an alias goes with it, its URL a little later; event source mappings stay. */
int handle_delete_alias(struct call *call)
{
	const char *function = call->name.name;
	const char *name = call_string(call, "Name");
	int error = store_execute(call->store, "DELETE FROM alias WHERE function = ? AND name = ?",
		"tt", function, name);

	if (error || !store_changed(call->store))
		return error;
	error = attachments_delete(call, function, name);
	return error ? error : change_record(call, function, name, NULL, NULL);
}

/*
 * A page starts behind the name that the marker is, whatever the text. All of a function's aliases
 * come by name; those of one version in the opposite order, as recorded of AWS.
 */
static sqlite3_stmt *list_query(struct call *call, int64_t version, int64_t limit)
{
	const char *marker = call_string(call, "Marker");

	if (marker && !*marker)
		marker = NULL;
	if (version < 0)
		return store_query(call->store,
			"SELECT " ALIAS_COLUMNS " FROM alias WHERE function = ? AND name > ? "
			"ORDER BY name LIMIT ?",
			"tti", call->name.name, marker ? marker : "", limit + 1);
	return store_query(call->store,
		"SELECT " ALIAS_COLUMNS " FROM alias WHERE function = ?1 AND version = ?2 "
		"AND (?3 IS NULL OR name < ?3) ORDER BY name DESC LIMIT ?4",
		"titi", call->name.name, version, marker, limit + 1);
}

static int append_last(struct buffer *out, const char *last)
{
	int error = buffer_append_string(out, "],\"NextMarker\":");

	if (!error)
		error = append_json_string(out, last);
	return error ? error : buffer_append_byte(out, '}');
}

static int append_aliases(struct buffer *out, struct call *call, sqlite3_stmt *rows, int64_t limit)
{
	char last[QUALIFIER_MAX + 1] = "";
	int64_t count = 0;
	struct alias alias;
	int found, error = buffer_append_string(out, "{\"Aliases\":[");

	while (!error && (found = store_next(call->store, rows)) != 0) {
		if (found < 0)
			return found;
		if (count++ == limit || out->length > LIST_BYTES_MAX) {
			store_done(rows);
			return append_last(out, last);
		}
		alias_load(&alias, rows);
		snprintf(last, sizeof(last), "%s", alias.name);
		if (count > 1)
			error = buffer_append_byte(out, ',');
		if (!error)
			error = alias_append(out, call, &alias);
	}
	if (error) {
		store_done(rows);
		return error;
	}
	return buffer_append_string(out, "],\"NextMarker\":null}");
}

int handle_list_aliases(struct call *call)
{
	const char *version = call_string(call, "FunctionVersion");
	int64_t number = -1;
	int64_t limit = call_integer(call, "MaxItems", ALIASES_MAX);
	int error = function_check(call, NULL);

	if (error)
		return error;
	if (version && version_parse(version, &number))
		return buffer_append_string(
			&call->answer->body, "{\"Aliases\":[],\"NextMarker\":null}");
	return append_aliases(&call->answer->body, call, list_query(call, number, limit), limit);
}
