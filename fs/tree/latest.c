/* SPDX-License-Identifier: MIT */
#include "fs/tree/latest.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "backend/catalog/code_cache.h"
#include "backend/document_store/upload.h"
#include "backend/lambda/settle.h"
#include "backend/zip/zip.h"
#include "fs/request/stats.h"
#include "fs/settings/options.h"
#include "fs/tree/bases.h"

#define PIECE (64 * 1024)

/* By which node the bases know the code. */
static struct node code_node(const char *function)
{
	struct node node;

	node_make(&node, NODE_CODE, function, LAMBDA_VERSION_LATEST, NULL);
	return node;
}

static void format_base64(const unsigned char sha256[32], char text[LATEST_SHA256_SIZE])
{
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(LATEST_SHA256_SIZE);

	*text = '\0';
	if (!text_append_base64(&out, sha256, 32))
		snprintf(text, LATEST_SHA256_SIZE, "%s", buffer_text(&out));
}

static uint64_t hash_code(const unsigned char sha256[32])
{
	char text[LATEST_SHA256_SIZE];

	format_base64(sha256, text);
	return document_bytes_hash(text, strlen(text));
}

void latest_note_read(struct request *request, const struct node *node)
{
	const struct node code = code_node(node->function);
	struct catalog_version version;

	if (node->version != LAMBDA_VERSION_LATEST ||
		catalog_version_get(request->fs->catalog, &request->scope, node->function,
			node->version, &version, NULL, NULL) ||
		!version.has_code_sha256)
		return;
	bases_note_read(request->fs->bases, clock_monotonic_ms(), &code,
		call_scope_lineage(&request->scope), hash_code(version.code_sha256),
		version.code_sha256);
}

bool latest_find_shown_code(
	struct request *request, const char *function, char text[LATEST_SHA256_SIZE])
{
	const struct node code = code_node(function);
	unsigned char sha256[32];

	if (!bases_find_code(request->fs->bases, clock_monotonic_ms(), &code,
		    call_scope_lineage(&request->scope), sha256))
		return false;
	format_base64(sha256, text);
	return true;
}

int latest_compare_code(struct request *request, const struct node *node, uint64_t base)
{
	cleanup(buffer_release) struct buffer now = BUFFER_INIT(256);
	enum lambda_status status = document_store_ask_code(request->fs->document_store,
		&request->scope, node->function, &now, &request->error);

	if (status)
		return request_errno(status, ERRNO_WRITE);
	if (document_bytes_hash(buffer_text(&now), now.length) == base)
		return 0;
	catalog_refresh_function(request->fs->catalog, node->function);
	return request_refuse(request, EREMCHG,
		"the code was changed by another client since it was last shown here: read it "
		"again "
		"before you write it");
}

/* --- the code as it is --- */

static int copy_code(const struct code_file *code, uint64_t size, struct spool *spool)
{
	cleanup(free_pointer) char *piece = malloc(PIECE);
	uint64_t offset = 0;
	int error = piece ? 0 : -ENOMEM;

	while (!error && offset < size) {
		ssize_t length = code_file_read(code, piece, PIECE, offset);

		if (length <= 0)
			return length < 0 ? (int)length : -EIO;
		error = spool_write(spool, piece, (size_t)length, offset);
		offset += (uint64_t)length;
	}
	return error;
}

int latest_load_code(struct request *request, const struct node *node, struct spool *spool)
{
	struct code_cache *cache = request->fs->code_cache;
	struct catalog_version version;
	struct lambda_code wanted;
	struct code_file *code;
	enum lambda_status status = catalog_version_get(request->fs->catalog, &request->scope,
		node->function, LAMBDA_VERSION_LATEST, &version, NULL, &request->error);
	int error;

	if (status)
		return request_errno(status, ERRNO_READ);
	if (!version.has_code_sha256)
		return -ENOENT;
	wanted.size = version.code_size;
	memcpy(wanted.sha256, version.code_sha256, sizeof(wanted.sha256));
	status = code_cache_get(cache, &request->scope, node->function, LAMBDA_VERSION_LATEST,
		&wanted, &code, &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	error = copy_code(code, wanted.size, spool);
	code_file_unref(cache, code);
	return error;
}

/* --- settling --- */

static int64_t in_seconds(double seconds)
{
	return clock_monotonic_ms() + (int64_t)(seconds * 1000);
}

/* A scope whose deadlines begin now. */
static struct call_scope renew_scope(const struct request *request)
{
	struct call_scope scope = request->scope;

	scope.mutation_deadline_ms = in_seconds(request->fs->options->timeout);
	scope.read_deadline_ms = scope.mutation_deadline_ms;
	scope.for_change = true;
	return scope;
}

static enum lambda_status wait_settled(struct request *request, const char *function,
	int64_t deadline_ms, struct lambda_settling *settling)
{
	struct call_scope scope = renew_scope(request);
	int64_t began_us = clock_monotonic_us();
	enum lambda_status status;

	scope.interrupted = &request->interrupted;
	status = lambda_wait_settled(
		request->fs->client, &scope, function, deadline_ms, settling, &request->error);
	if (!status)
		stats_note_settling(
			request->fs->stats, settling->outcome, clock_monotonic_us() - began_us);
	return status;
}

/* A change was accepted: waits until it is in effect. It has succeeded whatever comes, unless AWS says that it failed. */
static int settle_update(struct request *request, const char *function)
{
	struct lambda_settling settling;
	enum lambda_status status = wait_settled(
		request, function, in_seconds(request->fs->options->settle_timeout), &settling);

	catalog_refresh_function(request->fs->catalog, function);
	if (status || settling.outcome == LAMBDA_SETTLE_IN_PROGRESS ||
		settling.outcome == LAMBDA_SETTLE_INTERRUPTED) {
		log_write(&request->fs->log, LOG_LEVEL_WARNING,
			"%s: the change was accepted, and the update goes on%s%s", function,
			status ? ": " : "", status ? request->error.message : "");
		memset(&request->error, 0, sizeof(request->error));
		return 0;
	}
	status = lambda_judge_settling(&settling, &request->error);
	if (status)
		memcpy(request->error.request_id, request->record.request_id,
			sizeof(request->error.request_id));
	return request_errno(status, ERRNO_WRITE);
}

/* AWS refused a change since an update is in progress: whether that is over before the deadline. */
static bool wait_for_other_update(
	struct request *request, const char *function, int64_t deadline_ms)
{
	struct lambda_settling settling;
	const struct lambda_error refusal = request->error;

	if (wait_settled(request, function, deadline_ms, &settling) == LAMBDA_OK &&
		(settling.outcome == LAMBDA_SETTLED || settling.outcome == LAMBDA_SETTLE_FAILED))
		return true;
	request->error = refusal;
	return false;
}

int latest_change(struct request *request, const struct document_write *write,
	struct document_written *ret_written)
{
	int64_t deadline_ms = in_seconds(request->fs->options->settle_timeout);
	enum lambda_status status;

	do {
		const struct call_scope scope = renew_scope(request);

		status = document_store_change(
			request->fs->document_store, &scope, write, ret_written, &request->error);
	} while (status == LAMBDA_CONFLICT && !ret_written->calls &&
		 wait_for_other_update(request, write->function, deadline_ms));
	if (ret_written->calls)
		catalog_refresh_function(request->fs->catalog, write->function);
	if (status || !ret_written->calls)
		return request_errno(status, ERRNO_WRITE);
	return settle_update(request, write->function);
}

/* --- uploading --- */

static int refuse_zip(struct request *request, int error, const char *sentence, bool last)
{
	if (error != -EINVAL && error != -EFBIG && error != -EINTR)
		return request_refuse(request, EIO, "the written data could not be read back");
	request->is_provisional = error == -EINVAL && !last;
	return request_refuse(request, -error, "%s: nothing was sent", sentence);
}

static int upload_code(
	struct request *request, const struct code_write *write, struct code_written *written)
{
	enum lambda_status status;

	do {
		const struct call_scope scope = renew_scope(request);

		status = document_store_upload(
			request->fs->document_store, &scope, write, written, &request->error);
	} while (status == LAMBDA_CONFLICT &&
		 wait_for_other_update(request, write->function, write->deadline_ms));
	return request_errno(status, ERRNO_WRITE);
}

int latest_commit_code(
	struct request *request, const struct node *node, struct spool *content, bool last)
{
	const struct call_lineage *asker = call_scope_lineage(&request->scope);
	const struct node code = code_node(node->function);
	char sentence[ZIP_SENTENCE_SIZE];
	struct code_written written;
	struct code_write write = {.function = node->function,
		.descriptor = spool_descriptor(content),
		.size = spool_size(content),
		.base = bases_find(request->fs->bases, clock_monotonic_ms(), &code, asker),
		.deadline_ms = in_seconds(request->fs->options->upload_timeout),
		.interrupted = &request->interrupted};
	int error;

	if (write.descriptor < 0)
		return write.descriptor;
	error = zip_verify(write.descriptor, write.size, &request->interrupted, sentence);
	if (error)
		return refuse_zip(request, error, sentence, last);
	request_caller(request); /* for the audit */
	error = upload_code(request, &write, &written);
	if (error)
		return error;
	bases_note_written(request->fs->bases, clock_monotonic_ms(), &code, asker,
		hash_code(written.sha256), written.sha256);
	bases_note_sent(request->fs->bases, clock_monotonic_ms(), &code, hash_code(written.sha256),
		written.sha256);
	return written.is_sent ? settle_update(request, node->function) : 0;
}
