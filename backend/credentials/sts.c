/* SPDX-License-Identifier: MIT */
/* The Security Token Service: a form out, XML back (sts_answer.h). */
#include "backend/base/text.h"
#include "backend/credentials/providers.h"
#include "backend/credentials/sts_answer.h"
#include "backend/http/retry.h"

int credentials_append_form(struct buffer *form, const char *name, const char *value)
{
	int error = value ? buffer_appendf(form, "&%s=", name) : 0;

	return error || !value ? error : text_append_percent_encoded(form, value);
}

/* What STS's refusal means for us: what would pass is no word about the keys. */
static enum lambda_status refusal_status(int http_status, const char *code)
{
	if (!strcmp(code, "ExpiredToken") || !strcmp(code, "ExpiredTokenException"))
		return LAMBDA_CREDENTIALS_EXPIRED;
	return retry_classify(http_status, code) == RETRY_PERMANENT ? LAMBDA_CREDENTIALS_REFUSED
								    : LAMBDA_NO_CREDENTIALS;
}

static enum lambda_status read_refusal(const struct credentials_request *request,
	const struct http_response *response, struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	enum lambda_status status;

	credentials_read_sts_error(buffer_text(&response->body), response->body.length, &error);
	if (!error.code[0])
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: STS answered HTTP %d",
			request->who, response->status);
	status = lambda_fail(reterr, refusal_status(response->status, error.code), "%s: %s: %.*s",
		request->who, error.code, (int)(sizeof(error.message) / 2), error.message);
	if (reterr) {
		reterr->http_status = response->status;
		memcpy(reterr->code, error.code, sizeof(error.code));
		memcpy(reterr->request_id, response->request_id, sizeof(reterr->request_id));
	}
	return status;
}

enum lambda_status credentials_post_sts(const struct credentials_context *context,
	const struct buffer *form, const struct credentials *signer, const char *who,
	struct http_response *ret_response, struct lambda_error *reterr)
{
	static const struct http_header headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
	const char *region = context->settings->region.value;
	struct endpoint endpoint;
	struct credentials_request request = {.parts = {.method = "POST",
						      .endpoint = &endpoint,
						      .path = "/",
						      .headers = headers,
						      .header_count = array_count(headers),
						      .body = form->data,
						      .body_length = form->length},
		.signer = signer,
		.service = "sts",
		.region = region,
		.who = who,
		.refuse = read_refusal};
	enum lambda_status status =
		settings_service_endpoint(context->settings, context->environment,
			&(struct endpoint_service){"sts", "sts", "AWS_ENDPOINT_URL_STS", region},
			&endpoint, reterr);

	if (status)
		return credentials_failed(reterr, status, who);
	return credentials_fetch_answer(context, &request, ret_response, reterr);
}

enum lambda_status credentials_call_sts(const struct credentials_context *context,
	const struct buffer *form, const struct credentials *signer, const char *who,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct http_response response;
	enum lambda_status status =
		credentials_post_sts(context, form, signer, who, &response, reterr);

	if (status)
		return status;
	status = credentials_read_sts(
		buffer_text(&response.body), response.body.length, who, ret_credentials, reterr);
	http_response_release(&response);
	return status;
}
