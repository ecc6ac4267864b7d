/* SPDX-License-Identifier: MIT */
#include "backend/local/store/publish.h"

#include <errno.h>
#include <openssl/evp.h>

#include "backend/local/store/code.h"

#define DIGEST_SIZE 32

int publish_check_idle(struct call *call, const struct version_row *latest)
{
	bool settling = version_is_settling(call, latest);
	char arn[FUNCTION_ARN_SIZE];

	if (!settling && !(version_is_new(latest) && strchr(latest->change, '\n')))
		return 0;
	if (version_is_new(latest))
		return call_fail(call, FAILURE_CONFLICT,
			"The operation cannot be performed at this time. The function is currently "
			"in the following state: %s",
			settling ? "Pending" : "Failed");
	format_function_arn(call->identity, latest->function, NULL, arn);
	return call_fail(call, FAILURE_CONFLICT,
		"The operation cannot be performed at this time. An update is in progress for "
		"resource: %s",
		arn);
}

int check_revision_id(struct call *call, const char *current)
{
	const char *given = call_string(call, "RevisionId");

	if (!given || !strcmp(given, current))
		return 0;
	return call_fail(call, FAILURE_PRECONDITION,
		"The Revision Id provided does not match the latest Revision Id. Call the "
		"GetFunction/GetAlias API to retrieve the latest Revision Id");
}

int check_code_storage(struct call *call, int64_t added)
{
	int64_t used;
	int error = store_integer(call->store, "SELECT code_size FROM usage", 0, &used, "");

	if (error)
		return error;
	if (used + added > CODE_STORAGE_MAX)
		return call_fail(call, FAILURE_CODE_STORAGE, "Code storage limit exceeded.");
	return 0;
}

/* What PublishVersion compares: code, configuration and description of $LATEST. */
static int digest_latest(const struct version_row *latest, unsigned char digest[DIGEST_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const char *parts[] = {latest->code_sha256, latest->configuration, latest->description};
	bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);

	for (size_t i = 0; i < array_count(parts) && good; i++)
		good = EVP_DigestUpdate(context, parts[i], strlen(parts[i]) + 1);
	good = good && EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	return good ? 0 : -ENOMEM;
}

/* The version that stands for the same state of $LATEST: *ret_number is 0 when there is none. */
static int find_unchanged(struct call *call, const char *function,
	const unsigned char digest[DIGEST_SIZE], int64_t *ret_number)
{
	return store_integer(call->store,
		"SELECT v.number FROM function f JOIN version v ON v.function = f.name AND "
		"v.number = f.last_published WHERE f.name = ? AND f.last_published > 0 AND "
		"f.published_digest = ?",
		0, ret_number, "tb", function, (const void *)digest, (size_t)DIGEST_SIZE);
}

static int take_number(struct call *call, const char *function, int64_t *ret_number)
{
	int error = store_execute(call->store,
		"INSERT INTO high_water VALUES (?, 1) "
		"ON CONFLICT (name) DO UPDATE SET version = version + 1",
		"t", function);

	if (error)
		return error;
	return store_integer(call->store, "SELECT version FROM high_water WHERE name = ?", 0,
		ret_number, "t", function);
}

static int insert_version(struct call *call, const char *function, int64_t number,
	const char *description, bool settling)
{
	char revision_id[UUID_SIZE], settled[UUID_SIZE], change[CHANGE_SIZE];

	version_format_change(call, "created", change);
	make_uuid(revision_id);
	make_uuid(settled);
	return store_execute(call->store,
		"INSERT INTO version (function, number, configuration, description, role, code, "
		"code_sha256, code_size, image_uri, last_modified, revision_id, "
		"settled_revision_id, settles, change) "
		"SELECT function, ?2, CASE WHEN json_extract(configuration, "
		"'$.SnapStart.ApplyOn') = 'PublishedVersions' THEN json_set(configuration, "
		"'$.SnapStart.OptimizationStatus', 'On') ELSE configuration END, "
		"ifnull(?3, description), role, code, code_sha256, code_size, image_uri, "
		"last_modified, ?4, ?5, ?6, ?7 FROM version "
		"WHERE function = ?1 AND number = 0",
		"titttit", function, number, description, revision_id,
		settling ? settled : revision_id, settling ? call->now_ms + call->settle_ms : 0,
		change);
}

/* `number` is what PublishVersion will compare with from now on; 0: as before. */
static int note_published(struct call *call, const char *function, int64_t number,
	const unsigned char digest[DIGEST_SIZE])
{
	char revision_id[UUID_SIZE];
	int error = 0;

	make_uuid(revision_id);
	if (number)
		error = store_execute(call->store,
			"UPDATE function SET last_published = ?, published_digest = ? WHERE name = "
			"?",
			"ibt", number, (const void *)digest, (size_t)DIGEST_SIZE, function);
	if (error)
		return error;
	/* A $LATEST that is still settling keeps the answer's RevisionId and settles to the new one. */
	return store_execute(call->store,
		"UPDATE version SET settled_revision_id = ? WHERE function = ? AND number = 0",
		"tt", revision_id, function);
}

/* Makes room for a new $LATEST.PUBLISHED: unlike numbers, it is overwritten. */
static int remove_latest_published(struct call *call, const char *function)
{
	struct version_row before;
	int found = version_find(call, function, VERSION_LATEST_PUBLISHED, &before);
	int error;

	if (found != 1)
		return found;
	error = code_release(call, before.code);
	version_row_done(&before);
	return error ? error
		     : store_execute(call->store,
			       "DELETE FROM version WHERE function = ? AND number = ?", "ti",
			       function, VERSION_LATEST_PUBLISHED);
}

/* Only functions on managed instances have a $LATEST.PUBLISHED (backend/lambda/NOTES.md 6.7). */
static int check_capacity_provider(struct call *call, const struct version_row *latest)
{
	if (version_has_provider(latest))
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"PublishTo can only be used with functions that have a CapacityProviderConfig.");
}

/* Which number the version has: a new one, or that of the last when nothing changed. */
static int choose_number(struct call *call, const char *function, bool latest_published,
	const unsigned char digest[DIGEST_SIZE], bool *ret_new, int64_t *ret_number)
{
	int error;

	*ret_new = true;
	if (latest_published) {
		*ret_number = VERSION_LATEST_PUBLISHED;
		return remove_latest_published(call, function);
	}
	error = find_unchanged(call, function, digest, ret_number);
	*ret_new = !error && !*ret_number;
	return *ret_new ? take_number(call, function, ret_number) : error;
}

int publish_version(struct call *call, const char *function, const char *description, bool settling,
	int64_t *ret_number)
{
	bool latest_published = call_string(call, "PublishTo");
	unsigned char digest[DIGEST_SIZE];
	struct version_row latest;
	int64_t size;
	bool new;
	int error = version_find(call, function, VERSION_LATEST, &latest);

	if (error <= 0)
		return error ? error : -EIO;
	error = digest_latest(&latest, digest);
	if (!error && latest_published)
		error = check_capacity_provider(call, &latest);
	size = latest.code_size;
	version_row_done(&latest);
	if (!error)
		error = choose_number(call, function, latest_published, digest, &new, ret_number);
	if (error || !new)
		return error;
	error = check_code_storage(call, size);
	if (!error)
		error = insert_version(
			call, function, *ret_number, description, settling || latest_published);
	return error ? error
		     : note_published(call, function, latest_published ? 0 : *ret_number, digest);
}
