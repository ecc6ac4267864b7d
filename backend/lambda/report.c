/* SPDX-License-Identifier: MIT */
/* What the client reports of itself: what was resolved, and by what (backend/lambda/lambda.h). */
#include "backend/base/text.h"
#include "backend/lambda/client.h"

#define ID_SHOWN 4 /* of an access key id, at its end */

struct report {
	void (*tell)(void *tell_data, const struct lambda_report_line *line);
	void *tell_data;
};

static void report_line(
	const struct report *report, const char *name, const char *value, const char *source)
{
	const struct lambda_report_line line = {.name = name, .value = value, .source = source};

	report->tell(report->tell_data, &line);
}

static void tell_setting(
	const struct report *report, const char *name, const struct setting *setting)
{
	if (setting->value)
		report_line(report, name, setting->value, setting->source);
}

static void tell_credentials(const struct report *report, const struct credentials *credentials)
{
	size_t length = strlen(credentials->access_key_id);
	size_t hidden = length > 2 * ID_SHOWN ? length - ID_SHOWN : length;
	char text[64], when[TEXT_TIME_SIZE];

	snprintf(text, sizeof(text), "****%s%s", credentials->access_key_id + hidden,
		credentials->session_token ? ", with a session token" : "");
	report_line(report, "credentials", text, credentials->source);
	if (!credentials->expires_s)
		return;
	text_format_time(credentials->expires_s * 1000, when);
	report_line(report, "credentials expire", when, credentials->source);
}

enum lambda_status lambda_client_report(struct lambda_client *client,
	const struct call_scope *scope,
	void (*tell_line)(void *tell_data, const struct lambda_report_line *line), void *tell_data,
	struct lambda_error *reterr)
{
	const struct report report = {.tell = tell_line, .tell_data = tell_data};
	cleanup(credentials_release) struct credentials credentials = {0};
	const struct settings *settings = &client->aws->settings;
	enum lambda_status status;

	if (!client->aws->unix_socket)
		tell_setting(&report, "profile", &settings->profile);
	tell_setting(&report, "region", &settings->region);
	tell_setting(&report, "endpoint", &settings->endpoint_url);
	tell_setting(&report, "CA bundle", &settings->ca_bundle);
	tell_setting(&report, "attempts", &settings->max_attempts);
	if (client->aws->unix_socket) {
		report_line(&report, "credentials", "none needed", "local:");
		return LAMBDA_OK;
	}
	status = credentials_store_get(client->aws->credentials, scope->read_deadline_ms,
		scope->interrupted, &credentials, reterr);
	if (!status)
		tell_credentials(&report, &credentials);
	return status;
}

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

	if (client->aws->unix_socket)
		return buffer_append_string(out, "credentials: none are needed\n");
	if (!credentials_store_peek(client->aws->credentials, &facts))
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
	const struct settings *settings = &client->aws->settings;
	int error = append_setting(out, "region", &settings->region);

	if (!error && client->aws->unix_socket)
		error = buffer_append_string(out, "endpoint: lambda-plane in this process\n");
	else if (!error)
		error = append_setting(out, "endpoint", &settings->endpoint_url);
	if (!error && !client->aws->unix_socket)
		error = append_setting(out, "profile", &settings->profile);
	if (!error)
		error = append_setting(out, "certificates", &settings->ca_bundle);
	return error ? error : append_credentials(client, out);
}

void lambda_client_credentials_source(struct lambda_client *client, char *text, size_t size)
{
	struct credentials_facts facts;

	if (client->aws->unix_socket)
		snprintf(text, size, "no credentials are needed");
	else if (credentials_store_peek(client->aws->credentials, &facts))
		snprintf(text, size, "credentials of %s%s%s", facts.source,
			facts.key_id_end[0] ? ", key ..." : "", facts.key_id_end);
	else
		snprintf(text, size, "no credentials yet");
}
