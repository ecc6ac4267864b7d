/* SPDX-License-Identifier: MIT */
#include "backend/lambda/upload.h"

#include <errno.h>
#include <openssl/evp.h>

#include "backend/base/file.h"
#include "backend/base/text.h"
#include "backend/lambda/lost_answer.h"
#include "backend/lambda/model.h"

#define HEAD_MAX_BYTES 16384 /* what stands before the zip */
#define PIECE 12288          /* bytes of the zip that are encoded at a time; a multiple of 3 */

DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free);

static const char operation[] = "UpdateFunctionCode";
static const char tail[] = "\"}";

/* UpdateFunctionCode's body: head, the zip as base64, tail. */
struct upload {
	struct mutation mutation; /* first: mutation.look and .read find the rest by it */
	const struct lambda_code_upload *code;
	struct call_scope scope;
	struct http_body_source source; /* the body */
	/* Of the zip, while the body is read for its own hash: from end to end, in whole pieces. Else NULL. */
	EVP_MD_CTX *hash;
	struct buffer head;
	/* What the body carries: the caller's, or once an answer was lost the one that was seen then. "" for none. */
	char revision_id[LAMBDA_REVISION_ID_MAX + 1];
	bool with_answer;
	struct json *answer; /* owned */
};

static void upload_release(struct upload *upload)
{
	buffer_release(&upload->head);
	json_free(upload->answer);
}

/* --- the body --- */

static uint64_t encoded_length(uint64_t length)
{
	return (length + 2) / 3 * 4;
}

static size_t limit_size(uint64_t left, size_t size)
{
	return left < size ? (size_t)left : size;
}

/* From the zip's base64. */
static ssize_t read_encoded(const struct upload *upload, uint64_t offset, void *bytes, size_t size)
{
	const struct lambda_code_upload *code = upload->code;
	unsigned char piece[PIECE], encoded[PIECE / 3 * 4 + 1];
	uint64_t begin = offset / 4 * 3;
	size_t skip = offset % 4, count, length = limit_size(code->size - begin, sizeof(piece));
	int error = file_read_at(code->descriptor, piece, length, begin);

	if (error)
		return error;
	if (upload->hash && !EVP_DigestUpdate(upload->hash, piece, length))
		return -ENOMEM;
	count = limit_size((uint64_t)EVP_EncodeBlock(encoded, piece, (int)length) - skip, size);
	memcpy(bytes, encoded + skip, count);
	return (ssize_t)count;
}

static ssize_t read_body(void *data, uint64_t offset, void *bytes, size_t size)
{
	const struct upload *upload = data;
	uint64_t encoded = encoded_length(upload->code->size);
	size_t count;

	if (offset < upload->head.length) {
		count = limit_size(upload->head.length - offset, size);
		memcpy(bytes, upload->head.data + offset, count);
		return (ssize_t)count;
	}
	offset -= upload->head.length;
	if (offset < encoded)
		return read_encoded(upload, offset, bytes, size);
	offset -= encoded;
	count = limit_size(strlen(tail) - offset, size);
	memcpy(bytes, tail + offset, count);
	return (ssize_t)count;
}

/*
 * The members beside ZipFile, and how that begins. The architectures go as they are: AWS judges them. 0, -ENOMEM, -EFBIG.
 */
static int write_head(struct upload *upload)
{
	const struct lambda_code_upload *code = upload->code;
	cleanup(json_free_pointer) struct json *members = json_new_object();
	int error = members ? 0 : -ENOMEM;

	if (!error && upload->revision_id[0])
		error = json_set_string(members, "RevisionId", upload->revision_id);
	if (!error && code->kms_key_arn)
		error = json_set_string(members, "SourceKMSKeyArn", code->kms_key_arn);
	buffer_reset(&upload->head);
	if (!error)
		error = json_print(members, &upload->head);
	if (error)
		return error;
	upload->head.length--; /* the last brace */
	if (json_count(members))
		error = buffer_append_byte(&upload->head, ',');
	if (!error && code->architectures)
		error = buffer_appendf(&upload->head, "\"Architectures\":%s,", code->architectures);
	return error ? error : buffer_append_string(&upload->head, "\"ZipFile\":\"");
}

static enum lambda_status fail_body(int error, struct lambda_error *reterr)
{
	switch (error) {
	case -EINTR:
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	case -ENOMEM:
		return lambda_fail_memory(reterr);
	case -EFBIG:
		return lambda_fail(reterr, LAMBDA_TOO_LARGE, "the request is too large");
	case -EILSEQ:
		return lambda_fail(reterr, LAMBDA_INVALID,
			"the zip changed after it was checked, so it was not sent");
	default:
		return lambda_fail(reterr, LAMBDA_DISK_FAILED, "the zip could not be read: %s",
			strerrordesc_np(-error));
	}
}

/* The hash of the body, and whether the zip in it still has its own. 0, -EILSEQ (it has not), or an error. */
static int hash_body(struct upload *upload, const atomic_bool *interrupted)
{
	cleanup(EVP_MD_CTX_free_pointer) EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	int error;

	if (!hash || !EVP_DigestInit_ex(hash, EVP_sha256(), NULL))
		return -ENOMEM;
	upload->hash = hash;
	error = http_body_source_hash(&upload->source, interrupted);
	upload->hash = NULL;
	if (!error && !EVP_DigestFinal_ex(hash, digest, NULL))
		error = -ENOMEM;
	if (!error && memcmp(digest, upload->code->sha256, sizeof(upload->code->sha256)) != 0)
		error = -EILSEQ;
	return error;
}

/* Makes the body with the RevisionId as it is now, and its hash. */
static enum lambda_status make_body(
	struct upload *upload, const atomic_bool *interrupted, struct lambda_error *reterr)
{
	int error = write_head(upload);

	upload->source = (struct http_body_source){
		.length = upload->head.length + encoded_length(upload->code->size) + strlen(tail),
		.read = read_body,
		.data = upload};
	if (!error)
		error = hash_body(upload, interrupted);
	return error ? fail_body(error, reterr) : LAMBDA_OK;
}

/* --- the answer --- */

/* Reads $LATEST of an answer; on success the results are in the upload. */
static enum lambda_status take_answer(
	struct upload *upload, const struct json *json, struct lambda_error *reterr)
{
	struct mutation *mutation = &upload->mutation;
	struct json *copy = upload->with_answer ? json_copy(json) : NULL;
	enum lambda_status status;

	if (upload->with_answer && !copy)
		return lambda_fail_memory(reterr);
	status = lambda_read_that_version(
		mutation->client, json, LAMBDA_VERSION_LATEST, &mutation->version, reterr);
	if (status) {
		json_free(copy);
		return status;
	}
	upload->answer = copy;
	return LAMBDA_OK;
}

static bool has_this_code(const struct upload *upload)
{
	const struct lambda_version *version = &upload->mutation.version;

	return version->has_code_sha256 &&
	       !memcmp(version->code_sha256, upload->code->sha256, sizeof(version->code_sha256));
}

static void forget_answer(struct upload *upload)
{
	lambda_version_release(&upload->mutation.version);
	json_free(take_pointer(upload->answer));
}

static enum lambda_status read_updated(
	struct mutation *mutation, const struct json *json, struct lambda_error *reterr)
{
	struct upload *upload = (struct upload *)mutation;
	enum lambda_status status = take_answer(upload, json, reterr);

	if (!status && !has_this_code(upload)) {
		forget_answer(upload);
		status = lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer is about other code than was sent");
	}
	return lambda_name_operation(status, operation, reterr);
}

/* Nothing has changed: a second sending carries the RevisionId that was seen, so that only one of them can succeed. */
static enum verdict prepare_again(
	struct upload *upload, const char *revision_id, struct lambda_error *reterr)
{
	if (upload->revision_id[0] || strlen(revision_id) >= sizeof(upload->revision_id))
		return VERDICT_AS_WAS;
	snprintf(upload->revision_id, sizeof(upload->revision_id), "%s", revision_id);
	if (!make_body(upload, NULL, reterr))
		return VERDICT_AS_WAS;
	reterr->outcome_unknown = true;
	return VERDICT_OTHER;
}

static enum verdict look_for_updated_code(struct mutation *mutation, struct lambda_error *reterr)
{
	struct upload *upload = (struct upload *)mutation;
	cleanup(json_free_pointer) struct json *json = NULL;
	const char *revision_id;
	bool same;

	if (lambda_get_configuration(mutation->client, &mutation->look_scope, mutation->function,
		    LAMBDA_VERSION_LATEST, &json, reterr))
		return reterr->status == LAMBDA_NOT_FOUND ? VERDICT_OTHER : VERDICT_UNKNOWN;
	if (take_answer(upload, json, reterr))
		return VERDICT_UNKNOWN;
	/* Every update gives a new revision: the old one means that there was none. */
	revision_id = json_member_string(json, "RevisionId", "");
	same = *upload->revision_id && !strcmp(upload->revision_id, revision_id);
	if (!same && has_this_code(upload))
		return VERDICT_DONE;
	forget_answer(upload);
	if (same || !*upload->revision_id)
		return prepare_again(upload, revision_id, reterr);
	lambda_fail(reterr, LAMBDA_REVISION_CHANGED, "$LATEST was changed by another client");
	return VERDICT_OTHER;
}

/* --- the call --- */

static enum lambda_status send_upload(
	struct upload *upload, const char *function, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	int error = lambda_append_path(&path, function, "/code");

	if (error)
		return lambda_fail_to_write(error, reterr);
	upload->mutation.request.source = &upload->source;
	return mutation_make_change(&upload->mutation, operation, "PUT", &path, NULL, reterr);
}

enum lambda_status lambda_update_code(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const struct lambda_code_upload *code,
	struct lambda_version *ret_version, struct json **ret_answer, struct lambda_error *reterr)
{
	cleanup(upload_release) struct upload upload = {.mutation = {.client = client,
								.function = function,
								.look = look_for_updated_code,
								.read = read_updated},
		.code = code,
		.scope = *scope,
		.head = BUFFER_INIT(HEAD_MAX_BYTES),
		.with_answer = ret_answer != NULL};
	enum lambda_status status;

	upload.mutation.scope = &upload.scope;
	upload.scope.read_deadline_ms = upload.scope.mutation_deadline_ms = code->deadline_ms;
	upload.scope.interrupted = code->interrupted;
	snprintf(upload.revision_id, sizeof(upload.revision_id), "%s", code->revision_id);
	status = make_body(&upload, code->interrupted, reterr);
	if (!status)
		status = send_upload(&upload, function, reterr);
	if (status)
		return lambda_name_operation(status, operation, reterr);
	*ret_version = upload.mutation.version;
	if (ret_answer)
		*ret_answer = take_pointer(upload.answer);
	return LAMBDA_OK;
}
