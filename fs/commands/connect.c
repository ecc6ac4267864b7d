/* SPDX-License-Identifier: MIT */
#include "fs/commands/connect.h"

#include "backend/base/clock.h"
#include "backend/documents/document.h"
#include "backend/documents/redact.h"
#include "fs/commands/embedded.h"
#include "fs/commands/redact_key.h"
#include "fs/commands/terminal.h"
#include "fs/request/permission.h"

enum exit_code connect_exit_code(enum lambda_status status)
{
	switch (status) {
	case LAMBDA_OK:
		return EXIT_OK;
	case LAMBDA_NO_CREDENTIALS:
	case LAMBDA_CREDENTIALS_EXPIRED:
	case LAMBDA_CREDENTIALS_REFUSED:
		return EXIT_CREDENTIALS;
	case LAMBDA_ACCESS_DENIED:
		return EXIT_PERMISSION;
	case LAMBDA_TIMED_OUT:
		return EXIT_TIMEOUT;
	case LAMBDA_SERVICE_FAILED:
	case LAMBDA_BAD_ANSWER:
	case LAMBDA_CONNECTION_REFUSED:
	case LAMBDA_HOST_UNREACHABLE:
	case LAMBDA_NETWORK_UNREACHABLE:
	case LAMBDA_TLS_FAILED:
	case LAMBDA_THROTTLED:
		return EXIT_NETWORK;
	default:
		return EXIT_FAILED;
	}
}

struct call_scope connect_read_scope(const struct options *options)
{
	int64_t deadline_ms = clock_monotonic_ms() + (int64_t)(options->read_timeout * 1000);

	return (struct call_scope){
		.read_deadline_ms = deadline_ms, .mutation_deadline_ms = deadline_ms};
}

/* What to do about it, where the backend has no better idea. */
static const char *hint_for(enum lambda_status status)
{
	switch (status) {
	case LAMBDA_CREDENTIALS_EXPIRED:
		return "renew them, with `aws sso login` or new session keys";
	case LAMBDA_CREDENTIALS_REFUSED:
		return "AWS does not know this key or its signature: check the profile and its "
		       "keys";
	case LAMBDA_CONNECTION_REFUSED:
	case LAMBDA_HOST_UNREACHABLE:
	case LAMBDA_NETWORK_UNREACHABLE:
	case LAMBDA_BAD_ANSWER:
		return "check region, endpoint_url and HTTPS_PROXY";
	case LAMBDA_TLS_FAILED:
		return "check that endpoint_url speaks TLS, and ca_bundle: a proxy that opens TLS "
		       "has "
		       "certificates of its own";
	default:
		return "";
	}
}

void connect_explain(const char *what, const struct lambda_error *error, char *text, size_t size)
{
	cleanup(buffer_release) struct buffer advice = BUFFER_INIT(EXIT_TEXT_MAX);
	char details[256] = "", status[16] = "";
	const char *hint = error->hint[0] ? error->hint : hint_for(error->status);
	int failed = permission_append_advice(&advice, error);

	(void)failed; /* without memory the message alone is printed */

	if (error->http_status)
		snprintf(status, sizeof(status), "HTTP %d ", error->http_status);
	if (error->http_status || error->code[0] || error->request_id[0])
		snprintf(details, sizeof(details), " [%s%s%s%s]", status, error->code,
			error->request_id[0] ? " request " : "", error->request_id);
	snprintf(text, size, "%s: %s: %s%s%s%s%s", what, lambda_status_name(error->status),
		error->message, details, *hint ? " - " : "", hint, buffer_text(&advice));
}

enum exit_code connect_complain(const char *what, const struct lambda_error *error)
{
	char text[EXIT_TEXT_MAX];

	connect_explain(what, error, text, sizeof(text));
	fflush(stdout);
	return report_error(connect_exit_code(error->status), "%s", text);
}

enum exit_code connect_open(const struct options *options, struct log *log,
	struct connection *connection, char *text, size_t size)
{
	struct aws_client_options client = {
		.profile = options->profile,
		.region = options->region,
		.endpoint_url = options->endpoint_url,
		.rate = options->rate,
		.insecure_http = options->insecure_http,
		.log = log,
	};
	struct lambda_printer printer = document_printer;
	struct lambda_error error = {0};
	enum lambda_status status;

	if (options->source == SOURCE_LOCAL) {
		char reason[512] = "";

		connection->embedded = embedded_start(
			options->local_directory, options->region, log, reason, sizeof(reason));
		if (!connection->embedded) {
			snprintf(text, size, "cannot serve %s: %s", options->local_directory,
				reason);
			return EXIT_FAILED;
		}
		client.unix_socket = embedded_socket(connection->embedded);
		client.rate_unlimited = true;
	}
	if (options->environment == ENVIRONMENT_REDACT) {
		cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
		unsigned char key[REDACT_KEY_SIZE];

		if (redact_key_load(options->redact_key, key, &message)) {
			snprintf(text, size, "%s", buffer_text(&message));
			return EXIT_FAILED;
		}
		printer = redact_printer(key);
		explicit_bzero(key, sizeof(key));
	}
	status = lambda_client_new(&client, &printer, &connection->client, &error);
	explicit_bzero(&printer, sizeof(printer));
	if (status)
		connect_explain("cannot start", &error, text, size);
	return status ? connect_exit_code(status) : EXIT_OK;
}

void connect_close(struct connection *connection)
{
	lambda_client_free(connection->client);
	embedded_stop(connection->embedded);
	connection->client = NULL;
	connection->embedded = NULL;
}
