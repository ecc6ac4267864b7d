/* SPDX-License-Identifier: MIT */
#include "backend/lambda/client.h"

void lambda_client_free(struct lambda_client *client)
{
	if (!client)
		return;
	aws_client_free(client->aws);
	explicit_bzero(&client->printer, sizeof(client->printer));
	free(client);
}

enum lambda_status lambda_client_new(const struct aws_client_options *options,
	const struct lambda_printer *printer, struct lambda_client **ret_client,
	struct lambda_error *reterr)
{
	cleanup(lambda_client_free_pointer) struct lambda_client *client =
		calloc(1, sizeof(*client));
	enum lambda_status status;

	if (!client)
		return lambda_fail_memory(reterr);
	status = aws_client_new(options, &client->aws, reterr);
	if (status)
		return status;
	if (printer)
		client->printer = *printer;
	*ret_client = take_pointer(client);
	return LAMBDA_OK;
}

struct aws_request lambda_request(const struct lambda_client *client, const char *operation,
	const char *method, enum rate_limit_kind rate_limit)
{
	return (struct aws_request){.service = "lambda",
		.endpoint = &client->aws->settings.endpoint,
		.operation = operation,
		.method = method,
		.rate_limit = rate_limit};
}

const struct lambda_printer *lambda_client_printer(const struct lambda_client *client)
{
	return client->printer.print ? &client->printer : NULL;
}

struct aws_client *lambda_client_aws(const struct lambda_client *client)
{
	return client->aws;
}

const char *lambda_client_region(const struct lambda_client *client)
{
	return client->aws->settings.region.value;
}

const char *lambda_client_endpoint(const struct lambda_client *client)
{
	return client->aws->settings.endpoint_url.value;
}

uint64_t lambda_client_calls(const struct lambda_client *client)
{
	return atomic_load(&client->aws->calls);
}

unsigned int lambda_client_waiting(const struct lambda_client *client)
{
	return rate_limiter_waiting(client->aws->rate_limiter);
}

enum lambda_status lambda_client_renew_credentials(
	struct lambda_client *client, const struct call_scope *scope, struct lambda_error *reterr)
{
	if (client->aws->unix_socket)
		return LAMBDA_OK;
	return credentials_store_renew(
		client->aws->credentials, scope->read_deadline_ms, scope->interrupted, reterr);
}

size_t lambda_client_stats(
	const struct lambda_client *client, struct aws_operation_stats *operations)
{
	return aws_stats_copy(client->aws->stats, operations);
}
