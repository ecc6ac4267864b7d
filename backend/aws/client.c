/* SPDX-License-Identifier: MIT */
#include "backend/aws/client.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000

void aws_client_free(struct aws_client *client)
{
	if (!client)
		return;
	credentials_store_free(client->credentials);
	aws_stats_free(client->stats);
	rate_limiter_free(client->rate_limiter);
	http_pool_free(client->pool);
	http_pool_free(client->once_pool);
	settings_release(&client->settings);
	pthread_mutex_destroy(&client->mutex);
	free(client->environment.directory);
	free(client->unix_socket);
	free(client);
}

static enum lambda_status resolve_settings(const struct aws_client_options *options,
	struct aws_client *client, struct lambda_error *reterr)
{
	const struct settings_request request = {.profile = options->profile,
		.region = options->region,
		.endpoint_url = options->endpoint_url,
		.insecure_http = options->insecure_http,
		.local = options->unix_socket != NULL};
	struct profile_set *profiles = NULL;
	enum lambda_status status = LAMBDA_OK;

	if (!options->unix_socket)
		status = profile_set_load(&client->environment, &profiles, reterr);
	if (status)
		return status;
	return settings_resolve(
		&request, &client->environment, profiles, &client->settings, reterr);
}

static int make_parts(const struct aws_client_options *options, struct aws_client *client)
{
	struct http_pool_options pool = {.slots = HTTP_POOL_SLOTS,
		.connect_timeout_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms
								      : CONNECT_TIMEOUT_MS,
		.ca_bundle = client->settings.ca_bundle.value};
	struct credentials_context context = {.settings = &client->settings,
		.environment = &client->environment,
		.log = options->log};
	double rate = options->rate > 0 ? options->rate : RATE_LIMIT_DEFAULT;

	client->pool = http_pool_new(&pool);
	pool.slots = HTTP_POOL_SLOTS_MAX;
	pool.keeps_none = true;
	client->once_pool = http_pool_new(&pool);
	client->stats = aws_stats_new();
	client->rate_limiter = rate_limiter_new(options->rate_unlimited ? 0 : rate);
	context.pool = client->pool;
	client->credentials = credentials_store_new(&context);
	if (options->unix_socket)
		client->unix_socket = strdup(options->unix_socket);
	return client->pool && client->once_pool && client->stats && client->rate_limiter &&
			       client->credentials && (client->unix_socket || !options->unix_socket)
		       ? 0
		       : -ENOMEM;
}

enum lambda_status aws_client_new(const struct aws_client_options *options,
	struct aws_client **ret_client, struct lambda_error *reterr)
{
	cleanup(aws_client_free_pointer) struct aws_client *client = calloc(1, sizeof(*client));
	enum lambda_status status;
	char directory[PATH_MAX];

	if (!client)
		return lambda_fail_memory(reterr);
	pthread_mutex_init(&client->mutex, NULL);
	client->log = options->log;
	client->environment = environment_of_process();
	if (getcwd(directory, sizeof(directory)) && directory[0] == '/')
		client->environment.directory = strdup(directory);
	client->quota.tokens = RETRY_QUOTA;
	status = resolve_settings(options, client, reterr);
	if (status)
		return status;
	if (make_parts(options, client))
		return lambda_fail_memory(reterr);
	*ret_client = take_pointer(client);
	return LAMBDA_OK;
}
