/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "backend/local/operations/private.h"
#include "backend/local/operations/signing.h"
#include "backend/local/private.h"
#include "backend/local/store/change.h"
#include "backend/local/store/code.h"
#include "backend/local/store/layer.h"
#include "backend/local/store/publish.h"
#include "backend/local/store/settings.h"
#include "backend/local/store/version.h"

#define BARE_NAME_MAX 64
#define TAGS_MAX 50
#define CONFIGURATION_MAX (1u << 20)

static int check_create_name(struct call *call)
{
	const char *given = call_string(call, "FunctionName");

	if (call->name.qualifier[0])
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Invalid function name: a version or alias cannot be created here");
	if (strlen(call->name.name) > BARE_NAME_MAX)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"1 validation error detected: Value '%s' at 'functionName' failed to "
			"satisfy constraint: Member must have length less than or equal to %d",
			given, BARE_NAME_MAX);
	return 0;
}

static bool is_image(const char *package_type)
{
	return package_type && !strcmp(package_type, "Image");
}

/* A zip needs to know what to run; an image must not say it. */
static int check_package(struct call *call)
{
	bool image = is_image(call_string(call, "PackageType"));
	const struct json *code = json_member(call->input, "Code");
	const char *handler = call_string(call, "Handler");

	if (image && !json_member(code, "ImageUri"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Please provide ImageUri when creating a function with packageType Image.");
	if (image)
		return 0;
	if (json_member(code, "ImageUri"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Please don't provide ImageUri when creating a function with packageType "
			"Zip.");
	if (!handler || !*handler || !call_string(call, "Runtime"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Runtime and Handler are mandatory parameters for functions created with "
			"deployment packages.");
	return 0;
}

static int check_tags(struct call *call)
{
	const struct json *tags = json_member(call->input, "Tags");

	if (json_count(tags) > TAGS_MAX)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Number of tags exceeds resource tag limit.");
	return check_tag_names(call, tags);
}

int prepare_create_function(struct call *call)
{
	int error = check_create_name(call);

	if (!error)
		error = check_package(call);
	if (!error)
		error = check_tags(call);
	if (!error)
		error = settings_build(call, NULL, call->name.name, &call->settings);
	if (!error)
		error = code_stage(call, json_member(call->input, "Code"), &call->code);
	return error;
}

/* Unlike a creation, an update is dated in whole seconds. */
static int64_t update_time(const struct call *call)
{
	return call->now_ms / 1000 * 1000;
}

/* The answer's state is kept until `settles`; what comes then has a RevisionId of its own. */
struct revision_pair {
	char now[UUID_SIZE];
	char settled[UUID_SIZE];
};

static void make_revisions(struct revision_pair *pair)
{
	make_uuid(pair->now);
	make_uuid(pair->settled);
}

static int insert_latest(struct call *call, const char *function, const char *configuration)
{
	const struct code *code = &call->code;
	struct revision_pair revisions;
	const char *description = call_string(call, "Description");
	char change[CHANGE_SIZE];

	version_format_change(call, "created", change);
	make_revisions(&revisions);
	return store_execute(call->store,
		"INSERT INTO version (function, number, configuration, description, role, code, "
		"code_sha256, code_size, image_uri, last_modified, revision_id, "
		"settled_revision_id, settles, change) "
		"VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"ttttttitittit", function, configuration, description ? description : "",
		call_string(call, "Role"), code->digest, code->sha256, code->size, code->image_uri,
		call->now_ms, revisions.now, revisions.settled, call->now_ms + call->settle_ms,
		change);
}

static int insert_function(struct call *call, const char *function)
{
	cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(CONFIGURATION_MAX);
	cleanup(buffer_release) struct buffer tags = BUFFER_INIT(CONFIGURATION_MAX);
	const struct json *given = json_member(call->input, "Tags");
	int error = json_print(call->settings, &configuration);

	if (!error)
		error = given ? json_print(given, &tags) : buffer_append_string(&tags, "{}");
	if (!error)
		error = store_execute(call->store,
			"INSERT INTO function (name, tags, code_signing) VALUES (?, ?, "
			"nullif(?, ''))",
			"ttt", function, buffer_text(&tags),
			call_string(call, "CodeSigningConfigArn"));
	if (!error)
		error = insert_latest(call, function, buffer_text(&configuration));
	return error;
}

/* Answers with $LATEST, or with the version that was published, as its maker sees it. */
static int answer_with(struct call *call, const char *function, int64_t number, bool qualified)
{
	char version[VERSION_TEXT_SIZE];
	struct version_row row;
	int found = version_find(call, function, number, &row);
	int error;

	if (found != 1)
		return found ? found : -EIO;
	version_format(number, version);
	error = version_append(
		&call->answer->body, call, &row, qualified ? version : NULL, VIEW_SETTLING);
	version_row_done(&row);
	return error;
}

int handle_create_function(struct call *call)
{
	const char *function = call->name.name;
	char version[VERSION_TEXT_SIZE];
	int64_t number = VERSION_LATEST;
	int error = function_exists(call, function);

	if (error == 1)
		return call_fail(call, FAILURE_CONFLICT, "Function already exist: %s", function);
	if (!error)
		error = signing_check_named(call, call_string(call, "CodeSigningConfigArn"));
	if (!error)
		error = signing_check_deployment(call, call_string(call, "CodeSigningConfigArn"));
	if (!error)
		error = layers_resolve(call, call->settings);
	if (!error)
		error = check_code_storage(call, call->code.size);
	if (!error)
		error = code_keep(call, &call->code);
	if (!error)
		error = insert_function(call, function);
	if (!error && call_flag(call, "Publish"))
		error = publish_version(call, function, NULL, true, &number);
	version_format(number, version);
	if (!error)
		error = change_record(call, function, NULL, version, NULL);
	return error ? error : answer_with(call, function, number, false);
}

/* --- updates of $LATEST --- */

/* Finds $LATEST for an update, or fails. The caller ends the row. */
static int find_for_update(struct call *call, struct version_row *latest)
{
	const char *function = call->name.name;
	int found = version_find(call, function, VERSION_LATEST, latest);
	int error;

	if (found != 1)
		return found ? found : call_fail_function(call, function, NULL);
	error = check_revision_id(call, version_revision_id(call, latest));
	if (!error)
		error = publish_check_idle(call, latest);
	if (error)
		version_row_done(latest);
	return error;
}

int prepare_update_function_code(struct call *call)
{
	return code_stage(call, call->input, &call->code);
}

/* The package type stays what it was. */
static int check_same_package(struct call *call, const struct version_row *latest)
{
	bool image = latest->image_uri;

	if (!image && call->code.image_uri)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Please don't provide ImageUri when updating a function with packageType "
			"Zip.");
	if (image && !call->code.image_uri)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Please provide ImageUri when updating a function with packageType Image.");
	return 0;
}

/* The stored settings with the Architectures of this call, where it has any. */
static int build_architectures(
	struct call *call, const struct version_row *latest, struct buffer *configuration)
{
	const struct json *given = json_member(call->input, "Architectures");
	cleanup(json_free_pointer) struct json *settings =
		json_parse(latest->configuration, strlen(latest->configuration), NULL);
	int error = settings ? 0 : -ENOMEM;

	if (!error && given)
		error = json_set(settings, "Architectures", json_copy(given));
	return error ? error : json_print(settings, configuration);
}

static int store_code(struct call *call, const char *function, const char *configuration)
{
	const struct code *code = &call->code;
	struct revision_pair revisions;
	char change[CHANGE_SIZE];

	version_format_change(call, "updated", change);
	make_revisions(&revisions);
	return store_execute(call->store,
		"UPDATE version SET configuration = ?, code = ?, code_sha256 = ?, code_size = ?, "
		"image_uri = ?, last_modified = ?, revision_id = ?, settled_revision_id = ?, "
		"settles = ?, change = ? WHERE function = ? AND number = 0",
		"tttitittitt", configuration, code->digest, code->sha256, code->size,
		code->image_uri, update_time(call), revisions.now, revisions.settled,
		call->now_ms + call->settle_ms, change, function);
}

/* What a dry run answers: $LATEST as it would be, nothing changed. */
static int answer_dry_run(struct call *call, struct version_row *latest)
{
	latest->code_sha256 = call->code.sha256;
	latest->code_size = call->code.size;
	return version_append(&call->answer->body, call, latest, NULL, VIEW_NOW);
}

int handle_update_function_code(struct call *call)
{
	cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(CONFIGURATION_MAX);
	const char *function = call->name.name;
	char version[VERSION_TEXT_SIZE];
	int64_t number = VERSION_LATEST;
	struct version_row latest;
	bool dry_run = call_flag(call, "DryRun");
	int error = find_for_update(call, &latest);

	if (error)
		return error;
	error = check_same_package(call, &latest);
	if (!error)
		error = signing_check_update(call, function);
	if (!error)
		error = check_code_storage(call, call->code.size - latest.code_size);
	if (!error && dry_run)
		error = answer_dry_run(call, &latest);
	if (!error)
		error = build_architectures(call, &latest, &configuration);
	if (!error)
		error = code_release(call, latest.code);
	version_row_done(&latest);
	if (error || dry_run)
		return error;
	error = code_keep(call, &call->code);
	if (!error)
		error = store_code(call, function, buffer_text(&configuration));
	if (!error && call_flag(call, "Publish"))
		error = publish_version(call, function, NULL, true, &number);
	version_format(number, version);
	if (!error)
		error = change_record(call, function, NULL, version, NULL);
	return error ? error : answer_with(call, function, number, number != VERSION_LATEST);
}

static int store_settings(struct call *call, const char *function, const char *configuration)
{
	struct revision_pair revisions;
	char change[CHANGE_SIZE];

	version_format_change(call, "updated", change);
	make_revisions(&revisions);
	return store_execute(call->store,
		"UPDATE version SET configuration = ?, description = ifnull(?, description), "
		"role = ifnull(?, role), last_modified = ?, revision_id = ?, "
		"settled_revision_id = ?, settles = ?, change = ? "
		"WHERE function = ? AND number = 0",
		"tttittitt", configuration, call_string(call, "Description"),
		call_string(call, "Role"), update_time(call), revisions.now, revisions.settled,
		call->now_ms + call->settle_ms, change, function);
}

int handle_update_function_configuration(struct call *call)
{
	cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(CONFIGURATION_MAX);
	cleanup(json_free_pointer) struct json *before = NULL;
	const char *function = call->name.name;
	struct version_row latest;
	int error = find_for_update(call, &latest);

	if (error)
		return error;
	before = json_parse(latest.configuration, strlen(latest.configuration), NULL);
	version_row_done(&latest);
	if (!before)
		return -ENOMEM;
	error = settings_build(call, before, function, &call->settings);
	if (!error)
		error = layers_resolve(call, call->settings);
	if (!error)
		error = json_print(call->settings, &configuration);
	if (!error)
		error = store_settings(call, function, buffer_text(&configuration));
	if (!error)
		error = change_record(call, function, NULL, "$LATEST", NULL);
	return error ? error : answer_with(call, function, VERSION_LATEST, false);
}
