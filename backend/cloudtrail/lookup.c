/* SPDX-License-Identifier: MIT */
/* The call (backend/cloudtrail/cloudtrail.h). */
#include <stdio.h>
#include <string.h>

#include "backend/aws/request.h"
#include "backend/cloudtrail/cloudtrail.h"
#include "backend/cloudtrail/model.h"

#define BODY_MAX 32768 /* bytes: a NextToken and little more */

static const char operation[] = "LookupEvents";
static const char denied[] =
	"cloudtrail:LookupEvents is not allowed: the policy contrib/iam/history.json has it";

/* What to do where CloudTrail is not allowed, by a policy or, in an organisation, by what the account is. */
static enum lambda_status name_denial(enum lambda_status status, struct lambda_error *reterr)
{
	if (status == LAMBDA_ACCESS_DENIED)
		lambda_hint(reterr, "%s", denied);
	if (!reterr || strcmp(reterr->code, "OperationNotPermittedException") != 0)
		return status;
	return reterr->status = LAMBDA_ACCESS_DENIED;
}

/* The address of CloudTrail; that of Lambda where the user named one server for all. */
static enum lambda_status find_endpoint(
	const struct aws_client *client, struct endpoint *ret_endpoint, struct lambda_error *reterr)
{
	if (client->settings.endpoint_explicit) {
		*ret_endpoint = client->settings.endpoint;
		return LAMBDA_OK;
	}
	return settings_service_endpoint(&client->settings, &client->environment,
		&(struct endpoint_service){"cloudtrail", "cloudtrail",
			"AWS_ENDPOINT_URL_CLOUDTRAIL", client->settings.region.value},
		ret_endpoint, reterr);
}

enum lambda_status cloudtrail_lookup(struct aws_client *client, const struct call_scope *scope,
	const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);
	cleanup(json_free_pointer) struct json *json = NULL;
	struct endpoint endpoint;
	struct aws_request request = {.service = "cloudtrail",
		.endpoint = &endpoint,
		.operation = operation,
		.method = "POST",
		.path = "/",
		.content_type = "application/x-amz-json-1.1",
		.target = "CloudTrail_20131101.LookupEvents",
		.rate_limit = RATE_LIMIT_TRAIL};
	struct cloudtrail_page page;
	enum lambda_status status = find_endpoint(client, &endpoint, reterr);

	if (status)
		return lambda_name_operation(status, operation, reterr);
	if (cloudtrail_write_lookup(query, &body))
		return lambda_name_operation(lambda_fail_memory(reterr), operation, reterr);
	request.body = buffer_text(&body);
	request.body_length = body.length;
	status = aws_request_json(client, scope, &request, &json, reterr);
	if (status)
		return name_denial(status, reterr);
	status = cloudtrail_read_page(json, &page, reterr);
	if (!status && page.next_token && query->next_token &&
		!strcmp(page.next_token, query->next_token)) {
		cloudtrail_page_release(&page);
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer's NextToken is the one that was sent");
	}
	if (!status)
		*ret_page = page;
	return lambda_name_operation(status, operation, reterr);
}
