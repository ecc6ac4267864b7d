/* SPDX-License-Identifier: MIT */
#include "backend/document_store/upload.h"

#include <openssl/evp.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/file.h"
#include "backend/base/text.h"
#include "backend/document_store/change.h"
#include "backend/document_store/private.h"
#include "backend/lambda/read.h"
#include "backend/lambda/settle.h"
#include "backend/lambda/upload.h"

#define PIECE (64 * 1024)
#define REPEATS_MAX 2 /* of an upload that was refused because of a revision alone */

static enum lambda_status hash_file(
	const struct code_write *write, unsigned char sha256[32], struct lambda_error *reterr)
{
	cleanup(free_pointer) char *piece = malloc(PIECE);
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	uint64_t offset = 0;
	bool is_whole;

	if (!piece || !hash || !EVP_DigestInit_ex(hash, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(hash);
		return lambda_fail_memory(reterr);
	}
	while (offset < write->size) {
		size_t length =
			write->size - offset < PIECE ? (size_t)(write->size - offset) : PIECE;

		if (file_read_at(write->descriptor, piece, length, offset) ||
			!EVP_DigestUpdate(hash, piece, length))
			break;
		offset += length;
	}
	is_whole = offset == write->size && EVP_DigestFinal_ex(hash, digest, NULL);
	EVP_MD_CTX_free(hash);
	if (!is_whole)
		return lambda_fail(reterr, LAMBDA_DISK_FAILED,
			"the written data could not be read back from the directory for temporary "
			"files");
	memcpy(sha256, digest, 32);
	return LAMBDA_OK;
}

/* What cannot become code by an upload. */
static enum lambda_status check_package(
	const struct json *configuration, const char *function, struct lambda_error *reterr)
{
	const char *mode = json_member_string(configuration, "S3ObjectStorageMode", "");

	if (!strcmp(json_member_string(configuration, "PackageType", "Zip"), "Image"))
		return lambda_fail(reterr, LAMBDA_INVALID,
			"%.140s runs a container image: change it with aws lambda "
			"update-function-code --image-uri",
			function);
	if (!strcmp(mode, "REFERENCE"))
		return lambda_fail(reterr, LAMBDA_INVALID,
			"the code of %.140s is read from your S3 bucket: change it with aws lambda "
			"update-function-code --s3-bucket",
			function);
	return LAMBDA_OK;
}

static enum lambda_status fail_changed(
	struct document_store *store, const char *function, struct lambda_error *reterr)
{
	catalog_refresh_function(store->options.catalog, function);
	return lambda_fail(reterr, LAMBDA_REVISION_CHANGED,
		"the code of %.140s was changed by another client since it was last shown here: "
		"read "
		"it again before you write it",
		function);
}

static enum lambda_status check_base(struct document_store *store, const struct code_write *write,
	const char *code_sha256, struct lambda_error *reterr)
{
	if (!write->base || write->base == document_bytes_hash(code_sha256, strlen(code_sha256)))
		return LAMBDA_OK;
	return fail_changed(store, write->function, reterr);
}

static enum lambda_status send_code(struct document_store *store, const struct call_scope *scope,
	const struct code_write *write, const struct json *function, const unsigned char sha256[32],
	struct lambda_error *reterr)
{
	const struct json *configuration = json_member(function, "Configuration");
	const struct json *architectures = json_member(configuration, "Architectures");
	const char *key = json_member_string(json_member(function, "Code"), "SourceKMSKeyArn", "");
	cleanup(buffer_release) struct buffer list = BUFFER_INIT(4096);
	struct lambda_code_upload upload = {.descriptor = write->descriptor,
		.size = write->size,
		.kms_key_arn = *key ? key : NULL,
		.revision_id = json_member_string(configuration, "RevisionId", ""),
		.deadline_ms = write->deadline_ms,
		.interrupted = write->interrupted};
	struct lambda_version version;
	enum lambda_status status;

	memcpy(upload.sha256, sha256, sizeof(upload.sha256));
	if (architectures && json_print(architectures, &list))
		return lambda_fail_memory(reterr);
	upload.architectures = list.length ? buffer_text(&list) : NULL;
	status = lambda_update_code(
		store->options.client, scope, write->function, &upload, &version, NULL, reterr);
	if (!status)
		lambda_version_release(&version);
	return status;
}

static void report_upload(struct document_store *store, const struct call_scope *scope,
	const struct code_write *write, const unsigned char sha256[32], const char *before,
	enum lambda_status status, const struct lambda_error *error)
{
	struct catalog_write report = {.who = scope->record->who,
		.operation = "UpdateFunctionCode",
		.function = write->function,
		.document = "code.zip",
		.outcome_unknown = status,
		.request_id = scope->record->request_id};
	char after[65];

	if (!store->options.wrote || (status && !error->outcome_unknown))
		return;
	text_format_hex(sha256, 32, after);
	report.sha256_before = before;
	report.sha256_after = after;
	store->options.wrote(store->options.wrote_data, &report);
}

/* CodeSha256 in hexadecimal; "" for none. */
static void format_known(const struct lambda_version *version, char text[65])
{
	*text = '\0';
	if (version->has_code_sha256)
		text_format_hex(version->code_sha256, 32, text);
}

/* Compares with what AWS has now, and sends. `before` is "" at first, then what AWS had at the last try. */
static enum lambda_status try_upload(struct document_store *store, const struct call_scope *scope,
	const struct code_write *write, struct code_written *written, char before[65],
	bool *ret_again, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *function = NULL;
	const struct json *configuration;
	struct lambda_version version;
	struct lambda_error error = {0};
	char now[65];
	bool is_same;
	enum lambda_status status = lambda_get_function(store->options.client, scope,
		write->function, "$LATEST", &function, &version, reterr);

	if (status)
		return status;
	is_same = version.has_code_sha256 && !memcmp(version.code_sha256, written->sha256, 32);
	format_known(&version, now);
	lambda_version_release(&version);
	configuration = json_member(function, "Configuration");
	status = check_package(configuration, write->function, reterr);
	if (!status)
		status = check_base(
			store, write, json_member_string(configuration, "CodeSha256", ""), reterr);
	if (!status && *before && strcmp(before, now) != 0)
		status = fail_changed(store, write->function, reterr);
	/* After a failed update AWS shows the code that is not in effect. */
	if (status ||
		(is_same && lambda_read_settling(configuration).outcome != LAMBDA_SETTLE_FAILED))
		return status;
	memcpy(before, now, sizeof(now));
	status = send_code(store, scope, write, function, written->sha256, &error);
	report_upload(store, scope, write, written->sha256, before, status, &error);
	written->is_sent = !status;
	*ret_again = status == LAMBDA_REVISION_CHANGED;
	if (status && reterr)
		*reterr = error;
	return status;
}

/* A refusal because of the revision is believed only when the code differs (contract 6.4.6). */
static enum lambda_status upload_over(struct document_store *store, const struct call_scope *scope,
	const struct code_write *write, struct code_written *written, struct lambda_error *reterr)
{
	enum lambda_status status;
	unsigned int tries = 0;
	char before[65] = "";
	bool again;

	do {
		again = false;
		status = try_upload(store, scope, write, written, before, &again, reterr);
	} while (again && ++tries <= REPEATS_MAX);
	return status;
}

/* The calls have their time from its turn on: another upload may take longer than they may. */
static enum lambda_status wait_for_turn(struct document_store *store, struct turn *turn,
	const struct code_write *write, struct call_scope *scope, struct lambda_error *reterr)
{
	int64_t began_ms = clock_monotonic_ms();
	enum lambda_status status = turn_begin(store, turn, write->deadline_ms, reterr);
	int64_t waited_ms = clock_monotonic_ms() - began_ms;

	scope->read_deadline_ms += waited_ms;
	scope->mutation_deadline_ms += waited_ms;
	return status;
}

enum lambda_status document_store_upload(struct document_store *store,
	const struct call_scope *scope, const struct code_write *write,
	struct code_written *ret_written, struct lambda_error *reterr)
{
	struct call_record record = {0};
	struct call_scope own = *scope;
	struct turn turn = {
		.function = write->function, .qualifier = "", .interrupted = write->interrupted};
	enum lambda_status status;

	*ret_written = (struct code_written){0};
	if (!own.record)
		own.record = &record;
	own.for_change = true;
	status = hash_file(write, ret_written->sha256, reterr);
	if (!status)
		status = wait_for_turn(store, &turn, write, &own, reterr);
	if (status)
		return status;
	status = upload_over(store, &own, write, ret_written, reterr);
	turn_end(store, &turn);
	return status;
}

enum lambda_status document_store_ask_code(struct document_store *store,
	const struct call_scope *scope, const char *function, struct buffer *out,
	struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *answer = NULL;
	enum lambda_status status = document_store_ask(
		store, scope, document_kind(DOCUMENT_CONFIGURATION), function, "", &answer, reterr);

	if (status)
		return status;
	if (buffer_append_string(out, json_member_string(answer, "CodeSha256", "")))
		return lambda_fail_memory(reterr);
	return LAMBDA_OK;
}
