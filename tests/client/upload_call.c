/* SPDX-License-Identifier: MIT */
#include "tests/client/upload_call.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "backend/base/text.h"
#include "backend/lambda/settle.h"
#include "backend/lambda/upload.h"

static void must(int error)
{
	if (error)
		abort(); /* a test program out of memory, or without its file */
}

static void hash_file(int file, unsigned char sha256[32])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	char piece[4096];
	ssize_t count;

	must(!hash || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1);
	while ((count = read(file, piece, sizeof(piece))) > 0)
		must(EVP_DigestUpdate(hash, piece, (size_t)count) != 1);
	must(EVP_DigestFinal_ex(hash, sha256, NULL) != 1);
	EVP_MD_CTX_free(hash);
}

/* The most memory that this program has had: VmHWM, since getrusage(2) counts what it was before exec(2) as well. */
static long peak_kib(void)
{
	cleanup(buffer_release) struct buffer status = BUFFER_INIT(65536);
	const char *line;

	must(buffer_append_file(&status, AT_FDCWD, "/proc/self/status"));
	line = strstr(buffer_text(&status), "VmHWM:");
	must(!line);
	return strtol(line + strlen("VmHWM:"), NULL, 10);
}

static const char *argument(char *const *arguments, size_t index)
{
	size_t i;

	for (i = 0; i <= index; i++)
		if (!arguments[i])
			return "";
	return arguments[index];
}

static enum lambda_status update_code(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error)
{
	cleanup(close_descriptor) int file = open(argument(arguments, 2), O_RDONLY | O_CLOEXEC);
	struct lambda_code_upload upload = {.descriptor = file,
		.revision_id = argument(arguments, 3),
		.architectures = argument(arguments, 4),
		.kms_key_arn = argument(arguments, 5),
		.deadline_ms = scope->mutation_deadline_ms,
		.interrupted = scope->interrupted};
	struct stat status;
	struct lambda_version version;
	struct json *configuration;
	enum lambda_status result;
	long before;

	must(file < 0 || fstat(file, &status));
	upload.size = (uint64_t)status.st_size;
	if (*argument(arguments, 6))
		must(text_parse_hex(argument(arguments, 6), sizeof(upload.sha256), upload.sha256));
	else
		hash_file(file, upload.sha256);
	if (!*upload.architectures)
		upload.architectures = NULL;
	if (!*upload.kms_key_arn)
		upload.kms_key_arn = NULL;
	before = peak_kib();
	result = lambda_update_code(
		client, scope, argument(arguments, 1), &upload, &version, &configuration, error);
	must(json_set_number(answer, "grown_kib", (double)(peak_kib() - before)));
	if (result)
		return result;
	must(version.code_size != upload.size || version.version != LAMBDA_VERSION_LATEST);
	must(json_set(answer, "configuration", configuration));
	lambda_version_release(&version);
	return LAMBDA_OK;
}

static enum lambda_status wait_settled(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error)
{
	static const char *const outcomes[] = {[LAMBDA_SETTLED] = "settled",
		[LAMBDA_SETTLE_FAILED] = "failed",
		[LAMBDA_SETTLE_IN_PROGRESS] = "in progress",
		[LAMBDA_SETTLE_INTERRUPTED] = "interrupted"};
	struct lambda_settling settling;
	enum lambda_status status = lambda_wait_settled(client, scope, argument(arguments, 1),
		scope->mutation_deadline_ms, &settling, error);

	if (status)
		return status;
	must(json_set_string(answer, "outcome", outcomes[settling.outcome]));
	must(json_set_number(answer, "polls", settling.polls));
	return lambda_judge_settling(&settling, error);
}

enum lambda_status upload_call(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error)
{
	if (!strcmp(arguments[0], "update-code"))
		return update_code(client, scope, arguments, answer, error);
	return wait_settled(client, scope, arguments, answer, error);
}
