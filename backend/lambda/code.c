/* SPDX-License-Identifier: MIT */
#include "backend/lambda/code.h"

#include <errno.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "backend/base/file.h"
#include "backend/base/text.h"
#include "backend/lambda/model.h"
#include "backend/lambda/read.h"

#define LOCATION_MAX 16384 /* bytes of a presigned address */
#define ATTEMPTS 3         /* each with an address of its own: one that is too old is no use */
#define PAUSE_MS 200

/* One download on its way into the file. */
struct download {
	const struct lambda_code *expected;
	int file;
	uint64_t received;
	EVP_MD_CTX *hash;
	int error; /* why it was refused: -EFBIG, or that of write(2) */
};

static int take_bytes(void *data, const void *bytes, size_t length)
{
	struct download *download = data;

	if (length > download->expected->size - download->received)
		download->error = -EFBIG;
	else
		download->error = file_write_at(download->file, bytes, length, download->received);
	if (!download->error && !EVP_DigestUpdate(download->hash, bytes, length))
		download->error = -ENOMEM;
	download->received += download->error ? 0 : length;
	return download->error;
}

static enum lambda_status fail_download(
	struct lambda_error *reterr, enum lambda_status status, const char *sentence)
{
	lambda_fail(reterr, status, "%s", sentence);
	return lambda_name_operation(status, "GetFunction", reterr);
}

static enum lambda_status verify_code(struct download *download, struct lambda_error *reterr)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (download->received != download->expected->size)
		return fail_download(
			reterr, LAMBDA_BAD_ANSWER, "the fetched code is shorter than CodeSize");
	if (!EVP_DigestFinal_ex(download->hash, digest, &length))
		return lambda_fail_memory(reterr);
	if (length != sizeof(download->expected->sha256) ||
		memcmp(digest, download->expected->sha256, length) != 0)
		return fail_download(reterr, LAMBDA_BAD_ANSWER,
			"the SHA-256 of the fetched code is not CodeSha256");
	return LAMBDA_OK;
}

/* Where the code lies now, and that it is the code that is wanted. */
static enum lambda_status locate_code(struct lambda_client *client, const struct call_scope *scope,
	const char *function, uint64_t version, const struct lambda_code *expected,
	struct buffer *location, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	char qualifier[LAMBDA_VERSION_TEXT_SIZE];
	struct lambda_version now;
	enum lambda_status status;
	const char *address;
	bool same;

	lambda_version_format(version, qualifier);
	status = lambda_get_function(client, scope, function, qualifier, &json, &now, reterr);
	if (status)
		return status;
	same = now.has_code_sha256 && now.code_size == expected->size &&
	       !memcmp(now.code_sha256, expected->sha256, sizeof(expected->sha256));
	lambda_version_release(&now);
	if (!same)
		return fail_download(
			reterr, LAMBDA_REVISION_CHANGED, "the code has changed meanwhile");
	address = json_member_string(json_member(json, "Code"), "Location", "");
	if (!*address || buffer_append_string(location, address))
		return fail_download(
			reterr, LAMBDA_BAD_ANSWER, "the answer has no address of the code");
	return LAMBDA_OK;
}

/* What Lambda's own connection is protected with, the code's is as well. */
static bool is_safe(const struct lambda_client *client, const char *location)
{
	return text_starts_with(location, "https://") ||
	       (text_starts_with(location, "http://") &&
		       (client->aws->unix_socket || !client->aws->settings.endpoint.https));
}

/* One GET of the address. *ret_again: worth another try, with a new address. */
static enum lambda_status download_code(struct lambda_client *client,
	const struct call_scope *scope, const char *location, struct download *download,
	bool *ret_again, struct lambda_error *reterr)
{
	struct endpoint endpoint;
	const char *reason;
	char *origin = strndup(location, strcspn(location, "?"));
	struct http_header host = {.name = "Host"};
	struct http_request request = {.method = "GET",
		.url = location,
		.unix_socket = client->aws->unix_socket,
		.headers = &host,
		.header_count = 1,
		.body_maximum = HTTP_BODY_MAX,
		.sink = take_bytes,
		.sink_data = download,
		.deadline_ms = scope->read_deadline_ms,
		.interrupted = scope->interrupted};
	struct http_response response;
	struct http_failure failure;
	enum lambda_status status;
	bool is_url = origin && !endpoint_parse(origin, &endpoint, &reason);

	free(origin);
	*ret_again = false;
	if (!is_url || !is_safe(client, location))
		return fail_download(
			reterr, LAMBDA_BAD_ANSWER, "the address of the code cannot be trusted");
	host.value = endpoint.authority;
	status = http_exchange(client->aws->pool, &request, &response, &failure);
	if (download->error == -EFBIG)
		return fail_download(
			reterr, LAMBDA_BAD_ANSWER, "the fetched code is longer than CodeSize");
	if (download->error)
		return lambda_fail_disk(
			reterr, -download->error, "the code", "the directory for temporary files");
	if (status) {
		*ret_again = failure.transient || status == LAMBDA_BAD_ANSWER;
		/* The address holds a signature, and libcurl's words are not ours: the host and the class do. */
		lambda_fail(reterr, status, "the code could not be fetched from %s: %s",
			endpoint.authority, lambda_status_name(status));
		return status;
	}
	if (response.status != 200) {
		*ret_again = response.status >= 500 || response.status == 403;
		status = LAMBDA_BAD_ANSWER;
		lambda_fail(reterr, status, "the address of the code answered HTTP %d",
			response.status);
	}
	http_response_release(&response);
	return status ? status : verify_code(download, reterr);
}

static enum lambda_status try_once(struct lambda_client *client, const struct call_scope *scope,
	const char *function, uint64_t version, const struct lambda_code *expected, int file,
	bool *ret_again, struct lambda_error *reterr)
{
	cleanup(buffer_release_secret) struct buffer location = BUFFER_INIT(LOCATION_MAX);
	struct download attempt = {.expected = expected, .file = file};
	enum lambda_status status =
		locate_code(client, scope, function, version, expected, &location, reterr);

	*ret_again = false;
	if (status)
		return status;
	attempt.hash = EVP_MD_CTX_new();
	if (!attempt.hash || !EVP_DigestInit_ex(attempt.hash, EVP_sha256(), NULL))
		status = lambda_fail_memory(reterr);
	else
		status = download_code(
			client, scope, buffer_text(&location), &attempt, ret_again, reterr);
	EVP_MD_CTX_free(attempt.hash);
	return status;
}

enum lambda_status lambda_fetch_code(struct lambda_client *client, const struct call_scope *scope,
	const char *function, uint64_t version, const struct lambda_code *expected, int file,
	struct lambda_error *reterr)
{
	struct call_scope patient = *scope;
	enum lambda_status status = LAMBDA_OK;
	int attempt;
	bool again = true;

	patient.read_deadline_ms += (int64_t)(expected->size / LAMBDA_CODE_BYTES_PER_SECOND) * 1000;
	for (attempt = 1; again; attempt++) {
		status = try_once(
			client, &patient, function, version, expected, file, &again, reterr);
		if (!status || !again || attempt == ATTEMPTS ||
			!aws_request_sleep(&patient, false, PAUSE_MS))
			break;
	}
	if (status && call_scope_interrupted(&patient))
		status = fail_download(reterr, LAMBDA_INTERRUPTED, "interrupted");
	return status;
}
