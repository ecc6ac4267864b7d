/* SPDX-License-Identifier: MIT */
/*
 * The mutations of backend/lambda/lambda.h: how each is asked for, and how it is recognised when its answer is
 * lost (backend/lambda/lost_answer.h).
 */
#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/lambda/lambda.h"
#include "backend/lambda/lost_answer.h"
#include "backend/lambda/model.h"
#include "backend/lambda/read.h"
#include "backend/lambda/settle.h"

#define BODY_MAX_BYTES (64 * 1024)

/* --- reading back --- */

static enum verdict verdict_of_failure(struct lambda_error *error)
{
	return error->status == LAMBDA_NOT_FOUND ? VERDICT_AS_WAS : VERDICT_UNKNOWN;
}

static enum verdict look_for_created_alias(struct mutation *mutation, struct lambda_error *reterr)
{
	if (lambda_get_alias(mutation->client, &mutation->look_scope, mutation->function,
		    mutation->wanted->name, &mutation->alias, reterr))
		return verdict_of_failure(reterr);
	if (lambda_alias_is(&mutation->alias, mutation->wanted, true))
		return VERDICT_DONE;
	lambda_alias_release(&mutation->alias);
	lambda_fail(reterr, LAMBDA_ALREADY_EXISTS, "alias %s was created by another client",
		mutation->wanted->name);
	return VERDICT_OTHER;
}

static enum verdict look_for_updated_alias(struct mutation *mutation, struct lambda_error *reterr)
{
	const struct lambda_alias *wanted = mutation->wanted;
	struct lambda_alias *alias = &mutation->alias;

	if (lambda_get_alias(mutation->client, &mutation->look_scope, mutation->function,
		    wanted->name, alias, reterr))
		return reterr->status == LAMBDA_NOT_FOUND ? VERDICT_OTHER : VERDICT_UNKNOWN;
	/* Every update gives a new revision: the old one means that there was none. */
	if (!strcmp(alias->revision_id, wanted->revision_id)) {
		lambda_alias_release(alias);
		return VERDICT_AS_WAS;
	}
	if (lambda_alias_is(alias, wanted, mutation->with_description))
		return VERDICT_DONE;
	lambda_alias_release(alias);
	lambda_fail(reterr, LAMBDA_REVISION_CHANGED, "alias %s was changed by another client",
		wanted->name);
	return VERDICT_OTHER;
}

static enum verdict look_for_deleted_alias(struct mutation *mutation, struct lambda_error *reterr)
{
	bool same;

	if (lambda_get_alias(mutation->client, &mutation->look_scope, mutation->function,
		    mutation->name, &mutation->alias, reterr))
		return reterr->status == LAMBDA_NOT_FOUND ? VERDICT_DONE : VERDICT_UNKNOWN;
	same = !*mutation->revision_id ||
	       !strcmp(mutation->alias.revision_id, mutation->revision_id);
	lambda_alias_release(&mutation->alias);
	if (same)
		return VERDICT_AS_WAS;
	/* Ours is gone and another has its name, or it was changed: not ours to delete any more. */
	lambda_fail(reterr, LAMBDA_REVISION_CHANGED,
		"alias %s was made anew or changed by another client", mutation->name);
	return VERDICT_OTHER;
}

static enum verdict look_for_deleted_version(struct mutation *mutation, struct lambda_error *reterr)
{
	if (lambda_get_version(mutation->client, &mutation->look_scope, mutation->function,
		    mutation->number, &mutation->version, reterr))
		return reterr->status == LAMBDA_NOT_FOUND ? VERDICT_DONE : VERDICT_UNKNOWN;
	lambda_version_release(&mutation->version);
	return VERDICT_AS_WAS;
}

/* Keeps the newest version of the page that is newer than what was known. */
static void keep_newest(struct mutation *mutation, struct lambda_version_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++) {
		struct lambda_version *item = &page->items[i];

		if (!lambda_version_is_published(item->version) ||
			item->version <= mutation->number ||
			item->version <= mutation->version.version)
			continue;
		lambda_version_release(&mutation->version);
		mutation->version = *item;
		memset(item, 0, sizeof(*item));
	}
}

static enum verdict look_for_published_version(
	struct mutation *mutation, struct lambda_error *reterr)
{
	cleanup(free_pointer) char *marker = NULL;

	memset(&mutation->version, 0, sizeof(mutation->version));
	do {
		struct lambda_version_page page;

		if (lambda_list_versions(mutation->client, &mutation->look_scope,
			    mutation->function, marker, &page, reterr)) {
			lambda_version_release(&mutation->version);
			return reterr->status == LAMBDA_NOT_FOUND ? VERDICT_OTHER : VERDICT_UNKNOWN;
		}
		keep_newest(mutation, &page);
		free(marker);
		marker = take_pointer(page.next_marker);
		lambda_version_page_release(&page);
	} while (marker);
	return mutation->version.version ? VERDICT_DONE : VERDICT_AS_WAS;
}

/* --- sending --- */

static enum lambda_status check_description(const char *description, struct lambda_error *reterr)
{
	if (description && text_count_code_points(description) > LAMBDA_DESCRIPTION_MAX)
		return lambda_fail(reterr, LAMBDA_TOO_LARGE, "%s", LAMBDA_DESCRIPTION_IS_TOO_LONG);
	return LAMBDA_OK;
}

/* --- aliases --- */

static enum lambda_status read_alias(
	struct mutation *mutation, const struct json *json, struct lambda_error *reterr)
{
	enum lambda_status status = lambda_read_alias(json, &mutation->alias, reterr);

	if (!status && strcmp(mutation->alias.name, mutation->wanted->name) != 0) {
		lambda_alias_release(&mutation->alias);
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer is about another alias than %s", mutation->wanted->name);
	}
	return lambda_name_operation(status, mutation->request.operation, reterr);
}

enum lambda_status lambda_create_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX_BYTES);
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_created_alias,
		.read = read_alias,
		.wanted = wanted};
	enum lambda_status status = check_description(wanted->description, reterr);
	int error = lambda_append_path(&path, function, "/aliases");

	if (!error)
		error = lambda_write_create_alias(wanted, &body);
	if (status || error)
		return status ? status : lambda_fail_to_write(error, reterr);
	status = mutation_make_change(&mutation, "CreateAlias", "POST", &path, &body, reterr);
	if (!status)
		*ret_alias = mutation.alias;
	if (status == LAMBDA_CONFLICT) {
		status = LAMBDA_ALREADY_EXISTS;
		if (reterr)
			reterr->status = status;
	}
	return status;
}

enum lambda_status lambda_update_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, bool with_description,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX_BYTES);
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_updated_alias,
		.read = read_alias,
		.wanted = wanted,
		.with_description = with_description};
	enum lambda_status status = LAMBDA_OK;
	int error = lambda_append_path(&path, function, "/aliases/");

	if (with_description)
		status = check_description(wanted->description, reterr);
	if (!wanted->revision_id[0])
		status = lambda_fail(reterr, LAMBDA_INVALID,
			"alias %s cannot be changed without knowing its revision", wanted->name);
	if (!error)
		error = lambda_append_segment(&path, wanted->name);
	if (!error)
		error = lambda_write_update_alias(wanted, with_description, &body);
	if (status || error)
		return status ? status : lambda_fail_to_write(error, reterr);
	status = mutation_make_change(&mutation, "UpdateAlias", "PUT", &path, &body, reterr);
	if (!status)
		*ret_alias = mutation.alias;
	return status;
}

enum lambda_status lambda_delete_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *name, const char *revision_id,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_deleted_alias,
		.name = name,
		.revision_id = revision_id};
	int error = lambda_append_path(&path, function, "/aliases/");

	if (!error)
		error = lambda_append_segment(&path, name);
	if (error)
		return lambda_fail_to_write(error, reterr);
	return mutation_make_change(&mutation, "DeleteAlias", "DELETE", &path, NULL, reterr);
}

/* --- versions --- */

static enum lambda_status read_published(
	struct mutation *mutation, const struct json *json, struct lambda_error *reterr)
{
	enum lambda_status status = lambda_read_version(
		json, lambda_client_printer(mutation->client), &mutation->version, reterr);

	if (!status && !lambda_version_is_published(mutation->version.version)) {
		lambda_version_release(&mutation->version);
		status = lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer is not about a published version");
	}
	return lambda_name_operation(status, mutation->request.operation, reterr);
}

/* AWS publishes also what a failed update has left: that is no release. What cannot be looked at is AWS's to judge. */
static enum lambda_status check_in_effect(struct lambda_client *client,
	const struct call_scope *scope, const char *function, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	struct call_scope reading = *scope;
	struct lambda_settling settling;
	struct lambda_error unheard;

	reading.interrupted = NULL;
	reading.for_change = true;
	reading.read_deadline_ms = scope->mutation_deadline_ms;
	if (lambda_get_configuration(
		    client, &reading, function, LAMBDA_VERSION_LATEST, &json, &unheard))
		return LAMBDA_OK;
	settling = lambda_read_settling(json);
	if (!lambda_judge_settling(&settling, reterr))
		return LAMBDA_OK;
	lambda_hint(reterr,
		"the last update of %.140s has failed and nothing was published: write its code "
		"again first",
		function);
	return LAMBDA_SERVICE_FAILED;
}

enum lambda_status lambda_publish_version(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *description,
	const char *code_sha256, uint64_t known_latest, struct lambda_version *ret_version,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX_BYTES);
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_published_version,
		.read = read_published,
		.number = known_latest};
	enum lambda_status status = check_description(description, reterr);
	struct lambda_error failure = {0};
	int error = lambda_append_path(&path, function, "/versions");

	if (!error)
		error = lambda_write_publish_version(description, code_sha256, &body);
	if (status || error)
		return status ? status : lambda_fail_to_write(error, reterr);
	status = check_in_effect(client, scope, function, reterr);
	if (status)
		return status;
	status = mutation_make_change(&mutation, "PublishVersion", "POST", &path, &body, &failure);
	/* AWS says with a 400 and a sentence that $LATEST has other code than the caller meant. */
	if (status == LAMBDA_INVALID && text_starts_with(failure.message, "CodeSHA256 ("))
		failure.status = LAMBDA_REVISION_CHANGED;
	if (status)
		return lambda_fail_as(reterr, &failure);
	if (mutation.version.version <= known_latest) {
		status = lambda_fail(reterr, LAMBDA_ALREADY_EXISTS,
			"nothing has changed since version %llu was published",
			(unsigned long long)mutation.version.version);
		lambda_version_release(&mutation.version);
		return lambda_name_operation(status, mutation.request.operation, reterr);
	}
	*ret_version = mutation.version;
	return LAMBDA_OK;
}

enum lambda_status lambda_try_publish(struct lambda_client *client, const struct call_scope *scope,
	const char *function, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX_BYTES);
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_published_version,
		.read = read_published,
		.number = UINT64_MAX};
	enum lambda_status status;
	int error = lambda_append_path(&path, function, "/versions");

	if (!error)
		error = buffer_append_string(&body,
			"{\"RevisionId\":\"00000000-0000-0000-0000-000000000000\","
			"\"CodeSha256\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}");
	if (error)
		return lambda_fail_to_write(error, reterr);
	status = mutation_make_change(&mutation, "PublishVersion", "POST", &path, &body, reterr);
	lambda_version_release(&mutation.version);
	return status == LAMBDA_REVISION_CHANGED || status == LAMBDA_INVALID ? LAMBDA_OK : status;
}

enum lambda_status lambda_delete_version(struct lambda_client *client,
	const struct call_scope *scope, const char *function, uint64_t version,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	char query[sizeof("Qualifier=") + LAMBDA_VERSION_TEXT_SIZE];
	char text[LAMBDA_VERSION_TEXT_SIZE];
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_deleted_version,
		.number = version};
	int error = lambda_append_path(&path, function, "");

	/* Without a number the whole function would go. */
	if (!lambda_version_is_published(version))
		return lambda_fail(
			reterr, LAMBDA_INVALID, "only a published version can be deleted");
	if (error)
		return lambda_fail_to_write(error, reterr);
	lambda_version_format(version, text);
	snprintf(query, sizeof(query), "Qualifier=%s", text);
	mutation.request.query = query;
	return mutation_make_change(&mutation, "DeleteFunction", "DELETE", &path, NULL, reterr);
}
