/* SPDX-License-Identifier: MIT */
/* Error answers, and the answers of the services that give credentials. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/text.h"
#include "backend/credentials/providers.h"
#include "backend/credentials/sts_answer.h"
#include "backend/http/error_answer.h"
#include "backend/http/retry.h"

static void check_line(const char *line)
{
	const char *at;

	PROMISE(text_is_utf8(line, strlen(line)));
	for (at = line; *at; at++)
		PROMISE((unsigned char)*at >= 0x20 && *at != 0x7f);
}

static void check_error(const char *type, const char *body, size_t length)
{
	struct http_response response = {
		.status = 400 + (int)(length % 200), .body = BUFFER_INIT(length)};
	struct lambda_error error;

	/* exchange.c takes no header that is longer, or not printable. */
	snprintf(response.error_type, sizeof(response.error_type), "%s", type);
	PROMISE(!buffer_append(&response.body, body, length));
	lambda_error_read(&response, &error);
	http_response_release(&response);
	PROMISE(error.status != LAMBDA_OK && error.message[0]);
	check_line(error.message);
	check_line(error.code);
}

static void check_credentials(enum lambda_status status, struct credentials *made)
{
	if (!status) {
		PROMISE(made->access_key_id && made->secret_access_key);
		PROMISE(!strpbrk(made->access_key_id, "\r\n "));
		PROMISE(!made->session_token || !strpbrk(made->session_token, "\r\n "));
	}
	credentials_release(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct credentials_document document = {
		.token = "Token", .expiration_required = size % 2, .source = "x"};
	cleanup(free_pointer) char *text = fuzz_text(data, size);
	struct credentials made = {0};
	struct lambda_error error = {0};
	char account[64], arn[64];

	check_error("", text, size);
	check_error(text, "{}", 2);
	PROMISE(retry_after_ms(text, "") >= 0 && retry_after_ms("", text) >= 0);
	credentials_read_sts_error(text, size, &error);
	check_line(error.message);
	check_line(error.code);
	check_credentials(credentials_read_sts(text, size, "x", &made, &error), &made);
	check_credentials(credentials_read_document(text, size, &document, &made, &error), &made);
	check_line(error.message);
	if (!credentials_read_identity(text, size, account, arn, sizeof(arn))) {
		check_line(account);
		check_line(arn);
	}
	return 0;
}
