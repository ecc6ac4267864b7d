/* SPDX-License-Identifier: MIT */
/* Who the credentials are (backend/lambda/lambda.h). */
#include <errno.h>

#include "backend/credentials/providers.h"
#include "backend/credentials/sts_answer.h"
#include "backend/lambda/client.h"

enum lambda_status lambda_client_identity(struct lambda_client *client,
	const struct call_scope *scope, struct lambda_identity *ret_identity,
	struct lambda_error *reterr)
{
	static const char operation[] = "GetCallerIdentity";
	cleanup(credentials_release) struct credentials credentials = {0};
	cleanup(buffer_release) struct buffer form = BUFFER_INIT(256);
	const struct credentials_context context = {.settings = &client->aws->settings,
		.environment = &client->aws->environment,
		.profile = client->aws->settings.profile.value,
		.pool = client->aws->pool,
		.deadline_ms = scope->read_deadline_ms,
		.interrupted = scope->interrupted,
		.log = client->aws->log};
	struct http_response response;
	enum lambda_status status;
	int error;

	if (client->aws->unix_socket)
		return lambda_fail(reterr, LAMBDA_INVALID, "requests to local: are not signed");
	status = credentials_store_get(client->aws->credentials, scope->read_deadline_ms,
		scope->interrupted, &credentials, reterr);
	if (status)
		return status;
	if (buffer_append_string(&form, "Action=GetCallerIdentity&Version=2011-06-15"))
		return lambda_fail_memory(reterr);
	status = credentials_post_sts(&context, &form, &credentials, operation, &response, reterr);
	if (status)
		return status;
	error = credentials_read_identity(buffer_text(&response.body), response.body.length,
		ret_identity->account, ret_identity->arn, LAMBDA_IDENTITY_SIZE);
	http_response_release(&response);
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	return error ? lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			       "%s: the answer of STS has no identity", operation)
		     : LAMBDA_OK;
}
