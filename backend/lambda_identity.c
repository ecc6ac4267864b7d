/* SPDX-License-Identifier: MIT */
/* What the client says of itself, and its credentials on demand (backend/lambda.h). */
#include "backend/base/text.h"
#include "backend/lambda_request.h"

static int append_setting(struct buffer *out, const char *name, const struct setting *setting)
{
	if (!setting->value)
		return 0;
	return buffer_appendf(out, "%s: %s%s%s%s\n", name, setting->value,
		setting->source[0] ? " (" : "", setting->source, setting->source[0] ? ")" : "");
}

static int append_credentials(struct lambda_client *client, struct buffer *out)
{
	struct credentials_facts facts;
	char expires[TEXT_TIME_SIZE];
	int error;

	if (client->unix_socket)
		return buffer_append_string(out, "credentials: none are needed\n");
	if (!credentials_store_peek(client->credentials, &facts))
		return buffer_append_string(out, "credentials: none were needed yet\n");
	error = buffer_appendf(out, "credentials: %s\n", facts.source);
	if (!error && facts.key_id_end[0])
		error = buffer_appendf(out, "key id: ...%s\n", facts.key_id_end);
	if (!error && facts.expires_s) {
		text_format_time(facts.expires_s * 1000, expires);
		error = buffer_appendf(out, "expires: %s\n", expires);
	}
	return error;
}

int lambda_client_describe(struct lambda_client *client, struct buffer *out)
{
	const struct settings *settings = &client->settings;
	int error = append_setting(out, "region", &settings->region);

	if (!error && client->unix_socket)
		error = buffer_append_string(out, "endpoint: lambda-plane in this process\n");
	else if (!error)
		error = append_setting(out, "endpoint", &settings->endpoint_url);
	if (!error && !client->unix_socket)
		error = append_setting(out, "profile", &settings->profile);
	if (!error)
		error = append_setting(out, "certificates", &settings->ca_bundle);
	return error ? error : append_credentials(client, out);
}

void lambda_client_credentials_source(struct lambda_client *client, char *text, size_t size)
{
	struct credentials_facts facts;

	if (client->unix_socket)
		snprintf(text, size, "no credentials are needed");
	else if (credentials_store_peek(client->credentials, &facts))
		snprintf(text, size, "credentials of %s%s%s", facts.source,
			facts.key_id_end[0] ? ", key ..." : "", facts.key_id_end);
	else
		snprintf(text, size, "no credentials yet");
}

enum lambda_status lambda_client_renew_credentials(
	struct lambda_client *client, const struct call_scope *scope, struct lambda_error *reterr)
{
	if (client->unix_socket)
		return LAMBDA_OK;
	return credentials_store_renew(
		client->credentials, scope->read_deadline_ms, scope->interrupted, reterr);
}

size_t lambda_client_stats(
	const struct lambda_client *client, struct lambda_operation_stats *operations)
{
	return lambda_stats_copy(client->stats, operations);
}
