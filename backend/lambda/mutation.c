/* SPDX-License-Identifier: MIT */
/*
 * The mutations of backend/lambda/lambda.h. One whose answer is lost (a reset, a time-out, a 5xx, an
 * unreadable answer) may have happened. It is looked for by reading back before anything else is done
 * (backend/lambda/NOTES.md section 8.5):
 *
 *   send ─► answered ─────────────────────────────────────► that is the answer
 *     ▲ └─► lost ─► read back ─┬─ wanted state ───────────► success
 *     │                        ├─ something else ─────────► another client did that: refuse
 *     └── a try is left ◄──────┼─ as before
 *                              └─ unreadable until the deadline ─► outcome_unknown
 *
 * Sending again after "as before" cannot do it twice, even when the lost request is still on its
 * way: UpdateAlias carries the RevisionId, CreateAlias refuses a second one, a version's number is never
 * given again, PublishVersion gives the same version while nothing has changed, and DeleteAlias is only
 * sent again while the alias still has the revision that was to go.
 */
#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/lambda/lambda.h"
#include "backend/lambda/model.h"
#include "backend/lambda/read.h"

#define PATH_MAX_BYTES 8192
#define BODY_MAX_BYTES (64 * 1024)
#define LOOK_FIRST_MS 100 /* between two looks; doubles up to LOOK_LAST_MS */
#define LOOK_LAST_MS 1000

/* What reading back showed. */
enum verdict {
	DONE,    /* the wanted state is there */
	AS_WAS,  /* nothing has changed (yet) */
	OTHER,   /* another client changed it: the status says what to report */
	UNKNOWN, /* it could not be read */
};

struct mutation {
	struct lambda_client *client;
	const struct call_scope *scope;
	struct call_scope look_scope; /* reading back: the mutation's deadline, no interruption */
	struct aws_request request;
	const char *function;
	/* Reads back; on DONE the results are filled, on OTHER and UNKNOWN *reterr. */
	enum verdict (*look)(struct mutation *mutation, struct lambda_error *reterr);
	/* Reads a success; NULL when there is nothing in it. */
	enum lambda_status (*read)(
		struct mutation *mutation, const struct json *json, struct lambda_error *reterr);
	/* for the aliases */
	const struct lambda_alias *wanted;
	const char *name;
	const char *revision_id; /* of what is to be deleted; "" when unknown */
	bool with_description;
	struct lambda_alias alias;
	/* for the versions */
	uint64_t number; /* to delete; or the newest known before publishing */
	struct lambda_version version;
};

/* --- reading back --- */

static enum verdict verdict_of_failure(struct lambda_error *error)
{
	return error->status == LAMBDA_NOT_FOUND ? AS_WAS : UNKNOWN;
}

static enum verdict look_for_created_alias(struct mutation *mutation, struct lambda_error *reterr)
{
	if (lambda_get_alias_as(mutation->client, &mutation->look_scope, PACING_WRITE,
		    mutation->function, mutation->wanted->name, &mutation->alias, reterr))
		return verdict_of_failure(reterr);
	if (lambda_alias_is(&mutation->alias, mutation->wanted, true))
		return DONE;
	lambda_alias_release(&mutation->alias);
	lambda_fail(reterr, LAMBDA_ALREADY_EXISTS, "alias %s was created by another client",
		mutation->wanted->name);
	return OTHER;
}

static enum verdict look_for_updated_alias(struct mutation *mutation, struct lambda_error *reterr)
{
	const struct lambda_alias *wanted = mutation->wanted;
	struct lambda_alias *alias = &mutation->alias;

	if (lambda_get_alias_as(mutation->client, &mutation->look_scope, PACING_WRITE,
		    mutation->function, wanted->name, alias, reterr))
		return reterr->status == LAMBDA_NOT_FOUND ? OTHER : UNKNOWN;
	/* Every update gives a new revision: the old one means that there was none. */
	if (!strcmp(alias->revision_id, wanted->revision_id)) {
		lambda_alias_release(alias);
		return AS_WAS;
	}
	if (lambda_alias_is(alias, wanted, mutation->with_description))
		return DONE;
	lambda_alias_release(alias);
	lambda_fail(reterr, LAMBDA_REVISION_CHANGED, "alias %s was changed by another client",
		wanted->name);
	return OTHER;
}

static enum verdict look_for_deleted_alias(struct mutation *mutation, struct lambda_error *reterr)
{
	bool same;

	if (lambda_get_alias_as(mutation->client, &mutation->look_scope, PACING_WRITE,
		    mutation->function, mutation->name, &mutation->alias, reterr))
		return reterr->status == LAMBDA_NOT_FOUND ? DONE : UNKNOWN;
	same = !*mutation->revision_id ||
	       !strcmp(mutation->alias.revision_id, mutation->revision_id);
	lambda_alias_release(&mutation->alias);
	if (same)
		return AS_WAS;
	/* Ours is gone and another has its name, or it was changed: not ours to delete any more. */
	lambda_fail(reterr, LAMBDA_REVISION_CHANGED,
		"alias %s was made anew or changed by another client", mutation->name);
	return OTHER;
}

static enum verdict look_for_deleted_version(struct mutation *mutation, struct lambda_error *reterr)
{
	if (lambda_get_version_as(mutation->client, &mutation->look_scope, PACING_WRITE,
		    mutation->function, mutation->number, &mutation->version, reterr))
		return reterr->status == LAMBDA_NOT_FOUND ? DONE : UNKNOWN;
	lambda_version_release(&mutation->version);
	return AS_WAS;
}

static bool is_number(uint64_t version)
{
	return version != LAMBDA_VERSION_LATEST && version != LAMBDA_VERSION_LATEST_PUBLISHED;
}

/* Keeps the newest version of the page that is newer than what was known. */
static void keep_newest(struct mutation *mutation, struct lambda_version_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++) {
		struct lambda_version *item = &page->items[i];

		if (!is_number(item->version) || item->version <= mutation->number ||
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

		if (lambda_list_versions_as(mutation->client, &mutation->look_scope, PACING_WRITE,
			    mutation->function, marker, &page, reterr)) {
			lambda_version_release(&mutation->version);
			return reterr->status == LAMBDA_NOT_FOUND ? OTHER : UNKNOWN;
		}
		keep_newest(mutation, &page);
		free(marker);
		marker = take_pointer(page.next_marker);
		lambda_version_page_release(&page);
	} while (marker);
	return mutation->version.version ? DONE : AS_WAS;
}

/* --- sending --- */

/* Whether trying to read once more may help. */
static bool may_pass(const struct lambda_error *error)
{
	switch (error->status) {
	case LAMBDA_ACCESS_DENIED:
	case LAMBDA_NO_CREDENTIALS:
	case LAMBDA_CREDENTIALS_EXPIRED:
	case LAMBDA_CREDENTIALS_REFUSED:
	case LAMBDA_INVALID:
		return false;
	default:
		return true;
	}
}

/* Looks until there is an answer; with `insist` until it is another one than "as before". */
static enum verdict look_until(struct mutation *mutation, bool insist, struct lambda_error *reterr)
{
	int64_t pause = LOOK_FIRST_MS;

	for (;;) {
		enum verdict verdict = mutation->look(mutation, reterr);

		if (verdict == DONE || verdict == OTHER || (verdict == AS_WAS && !insist))
			return verdict;
		if (verdict == UNKNOWN && !may_pass(reterr))
			return UNKNOWN;
		if (!aws_request_sleep(mutation->scope, true, pause))
			return verdict;
		pause = pause * 2 < LOOK_LAST_MS ? pause * 2 : LOOK_LAST_MS;
	}
}

/* The outcome is unknown: says so, with the first failure. */
static enum lambda_status give_up(const struct mutation *mutation, const struct lambda_error *first,
	struct lambda_error *reterr)
{
	struct lambda_error error = *first;
	bool over = clock_monotonic_ms() >= mutation->scope->mutation_deadline_ms;

	if (over)
		error.status = LAMBDA_TIMED_OUT;
	error.outcome_unknown = true;
	lambda_hint(&error, "look what is there before trying again");
	if (reterr)
		*reterr = error;
	return error.status;
}

/*
 * A success without content is Lambda's only if it looks like Lambda's: a gateway on the way that says
 * 200 to everything has deleted nothing.
 */
static enum lambda_status check_empty(
	const struct http_response *response, const char *operation, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;

	if (!response->request_id[0])
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the server answered HTTP %d without Lambda's request id",
			response->status);
	if (!response->body.length)
		return LAMBDA_OK;
	return aws_parse_answer(response, operation, &json, reterr);
}

/* Reads a 2xx. LAMBDA_BAD_ANSWER: it may have happened, but the answer is as good as lost. */
static enum lambda_status read_success(
	struct mutation *mutation, struct http_response *response, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	const char *operation = mutation->request.operation;
	enum lambda_status status;

	if (mutation->read)
		status = aws_parse_answer(response, operation, &json, reterr);
	else
		status = check_empty(response, operation, reterr);
	if (!status && mutation->read)
		status = mutation->read(mutation, json, reterr);
	http_response_release(response);
	return status;
}

/* One round: LAMBDA_OK, a refusal, or a loss with tries->lost. */
static enum lambda_status send_once(
	struct mutation *mutation, struct aws_tries *tries, struct lambda_error *reterr)
{
	struct http_response response;
	enum lambda_status status = aws_request(mutation->client->aws, mutation->scope,
		&mutation->request, tries, &response, reterr);

	if (status == LAMBDA_SERVICE_FAILED)
		tries->lost = true; /* also with a 501 or 524, which no retry is for */
	if (status)
		return status;
	status = read_success(mutation, &response, reterr);
	if (status == LAMBDA_BAD_ANSWER) {
		tries->lost = true;
		tries->answered = true;
		tries->class = RETRY_TRANSIENT;
	} else if (status == LAMBDA_NO_MEMORY) {
		reterr->outcome_unknown = true;
	}
	return status;
}

/* After a loss a refusal may be the echo of our own first copy. */
static bool may_be_an_echo(enum lambda_status status)
{
	return status == LAMBDA_CONFLICT || status == LAMBDA_ALREADY_EXISTS ||
	       status == LAMBDA_REVISION_CHANGED || status == LAMBDA_NOT_FOUND;
}

static enum lambda_status settle_echo(
	struct mutation *mutation, const struct lambda_error *refusal, struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	enum verdict verdict = look_until(mutation, false, &error);

	if (verdict == DONE)
		return LAMBDA_OK;
	if (verdict == UNKNOWN)
		return give_up(mutation, refusal, reterr);
	if (reterr)
		*reterr = *refusal;
	return refusal->status;
}

static void name_other(const struct mutation *mutation, struct lambda_error *error)
{
	snprintf(error->operation, sizeof(error->operation), "%s", mutation->request.operation);
}

static enum lambda_status copy_error(const struct lambda_error *error, struct lambda_error *reterr)
{
	if (reterr)
		*reterr = *error;
	return error->status;
}

/*
 * After a loss: reads back, and decides whether to send again (*ret_again), which is only so while nothing has
 * changed. `lost` is what was heard instead of an answer.
 */
static enum lambda_status settle_loss(struct mutation *mutation, struct aws_tries *tries,
	const struct lambda_error *lost, bool *ret_again, struct lambda_error *reterr)
{
	struct lambda_error seen = {0};
	enum verdict verdict = look_until(mutation, false, &seen);

	*ret_again = false;
	if (verdict == DONE)
		return LAMBDA_OK;
	if (verdict == UNKNOWN)
		return give_up(mutation, lost, reterr);
	if (verdict == OTHER) {
		name_other(mutation, &seen);
		return copy_error(&seen, reterr);
	}
	*ret_again = aws_request_again(
		mutation->client->aws, mutation->scope, &mutation->request, tries);
	if (*ret_again)
		return LAMBDA_OK;
	if (tries->answered) /* the server failed, and nothing has changed */
		return copy_error(lost, reterr);
	verdict = look_until(mutation, true, &seen);
	return verdict == DONE ? LAMBDA_OK : give_up(mutation, lost, reterr);
}

static enum lambda_status run_mutation(struct mutation *mutation, struct lambda_error *reterr)
{
	struct aws_tries tries = {0};
	bool lost_before = false, again = true;
	enum lambda_status status = LAMBDA_OK;

	mutation->look_scope.read_deadline_ms = mutation->scope->mutation_deadline_ms;
	mutation->look_scope.mutation_deadline_ms = mutation->scope->mutation_deadline_ms;
	while (again) {
		struct lambda_error error = {0};

		if (!send_once(mutation, &tries, &error))
			return LAMBDA_OK;
		if (!tries.lost && lost_before && may_be_an_echo(error.status))
			return settle_echo(mutation, &error, reterr);
		if (!tries.lost) {
			error.outcome_unknown |= lost_before;
			return copy_error(&error, reterr);
		}
		lost_before = true;
		status = settle_loss(mutation, &tries, &error, &again, reterr);
	}
	return status;
}

/* Makes the call; `body` NULL for none. A query is set before. */
static enum lambda_status make_change(struct mutation *mutation, const char *operation,
	const char *method, const struct buffer *path, const struct buffer *body,
	struct lambda_error *reterr)
{
	struct aws_request *request = &mutation->request;
	const char *query = request->query;

	*request = lambda_request(mutation->client, operation, method, PACING_WRITE);
	request->query = query;
	request->path = buffer_text(path);
	request->body = body ? buffer_text(body) : NULL;
	request->body_length = body ? body->length : 0;
	request->mutation = true;
	return run_mutation(mutation, reterr);
}

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
	if (status)
		name_other(mutation, reterr);
	return status;
}

enum lambda_status lambda_create_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
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
	status = make_change(&mutation, "CreateAlias", "POST", &path, &body, reterr);
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
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
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
	status = make_change(&mutation, "UpdateAlias", "PUT", &path, &body, reterr);
	if (!status)
		*ret_alias = mutation.alias;
	return status;
}

enum lambda_status lambda_delete_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *name, const char *revision_id,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
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
	return make_change(&mutation, "DeleteAlias", "DELETE", &path, NULL, reterr);
}

/* --- versions --- */

static enum lambda_status read_published(
	struct mutation *mutation, const struct json *json, struct lambda_error *reterr)
{
	enum lambda_status status = lambda_read_version(
		json, lambda_client_printer(mutation->client), &mutation->version, reterr);

	if (!status && !is_number(mutation->version.version)) {
		lambda_version_release(&mutation->version);
		status = lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer is not about a published version");
	}
	if (status)
		name_other(mutation, reterr);
	return status;
}

enum lambda_status lambda_publish_version(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *description,
	uint64_t known_latest, struct lambda_version *ret_version, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX_BYTES);
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_published_version,
		.read = read_published,
		.number = known_latest};
	enum lambda_status status = check_description(description, reterr);
	int error = lambda_append_path(&path, function, "/versions");

	if (!error)
		error = lambda_write_publish_version(description, &body);
	if (status || error)
		return status ? status : lambda_fail_to_write(error, reterr);
	status = make_change(&mutation, "PublishVersion", "POST", &path, &body, reterr);
	if (status)
		return status;
	if (mutation.version.version <= known_latest) {
		status = lambda_fail(reterr, LAMBDA_ALREADY_EXISTS,
			"nothing has changed since version %llu was published",
			(unsigned long long)mutation.version.version);
		if (reterr)
			name_other(&mutation, reterr);
		lambda_version_release(&mutation.version);
		return status;
	}
	*ret_version = mutation.version;
	return LAMBDA_OK;
}

enum lambda_status lambda_try_publish(struct lambda_client *client, const struct call_scope *scope,
	const char *function, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
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
	status = make_change(&mutation, "PublishVersion", "POST", &path, &body, reterr);
	lambda_version_release(&mutation.version);
	return status == LAMBDA_REVISION_CHANGED || status == LAMBDA_INVALID ? LAMBDA_OK : status;
}

enum lambda_status lambda_delete_version(struct lambda_client *client,
	const struct call_scope *scope, const char *function, uint64_t version,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_MAX_BYTES);
	char query[sizeof("Qualifier=") + LAMBDA_VERSION_TEXT_SIZE];
	char text[LAMBDA_VERSION_TEXT_SIZE];
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_for_deleted_version,
		.number = version};
	int error = lambda_append_path(&path, function, "");

	/* Without a number the whole function would go. */
	if (!is_number(version))
		return lambda_fail(
			reterr, LAMBDA_INVALID, "only a published version can be deleted");
	if (error)
		return lambda_fail_to_write(error, reterr);
	lambda_version_format(version, text);
	snprintf(query, sizeof(query), "Qualifier=%s", text);
	mutation.request.query = query;
	return make_change(&mutation, "DeleteFunction", "DELETE", &path, NULL, reterr);
}
