/* SPDX-License-Identifier: MIT */
/* What aliasfs --check tells: what was resolved, by what, and who that is. */
#include <errno.h>
#include <inttypes.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/credentials_providers.h"
#include "backend/lambda_request.h"

#define ID_SHOWN 4 /* of an access key id, at its end */

struct report {
	void (*tell)(void *tell_data, const struct lambda_report_line *line);
	void *tell_data;
};

static void tell(
	const struct report *report, const char *name, const char *value, const char *source)
{
	const struct lambda_report_line line = {.name = name, .value = value, .source = source};

	report->tell(report->tell_data, &line);
}

static void tell_setting(
	const struct report *report, const char *name, const struct setting *setting)
{
	if (setting->value)
		tell(report, name, setting->value, setting->source);
}

static void tell_credentials(const struct report *report, const struct credentials *credentials)
{
	size_t length = strlen(credentials->access_key_id);
	size_t hidden = length > 2 * ID_SHOWN ? length - ID_SHOWN : length;
	char text[64], when[TEXT_TIME_SIZE];

	snprintf(text, sizeof(text), "****%s%s", credentials->access_key_id + hidden,
		credentials->session_token ? ", with a session token" : "");
	tell(report, "credentials", text, credentials->source);
	if (!credentials->expires_s)
		return;
	text_format_time(credentials->expires_s * 1000, when);
	tell(report, "credentials expire", when, credentials->source);
}

enum lambda_status lambda_client_report(struct lambda_client *client,
	const struct call_scope *scope,
	void (*tell_line)(void *tell_data, const struct lambda_report_line *line), void *tell_data,
	struct lambda_error *reterr)
{
	const struct report report = {.tell = tell_line, .tell_data = tell_data};
	cleanup(credentials_release) struct credentials credentials = {0};
	const struct settings *settings = &client->settings;
	enum lambda_status status;

	if (!client->unix_socket)
		tell_setting(&report, "profile", &settings->profile);
	tell_setting(&report, "region", &settings->region);
	tell_setting(&report, "endpoint", &settings->endpoint_url);
	tell_setting(&report, "CA bundle", &settings->ca_bundle);
	tell_setting(&report, "attempts", &settings->max_attempts);
	if (client->unix_socket) {
		tell(&report, "credentials", "none needed", "local:");
		return LAMBDA_OK;
	}
	status = credentials_store_get(client->credentials, scope->read_deadline_ms,
		scope->interrupted, &credentials, reterr);
	if (!status)
		tell_credentials(&report, &credentials);
	return status;
}

enum lambda_status lambda_client_identity(struct lambda_client *client,
	const struct call_scope *scope, struct lambda_identity *ret_identity,
	struct lambda_error *reterr)
{
	static const char operation[] = "GetCallerIdentity";
	cleanup(credentials_release) struct credentials credentials = {0};
	cleanup(buffer_release) struct buffer form = BUFFER_INIT(256);
	const struct credentials_context context = {.settings = &client->settings,
		.environment = &client->environment,
		.profile = client->settings.profile.value,
		.pool = client->pool,
		.deadline_ms = scope->read_deadline_ms,
		.interrupted = scope->interrupted,
		.log = client->log};
	struct http_response response;
	enum lambda_status status;
	int error;

	if (client->unix_socket)
		return lambda_fail(reterr, LAMBDA_INVALID, "nobody signs what goes to local:");
	status = credentials_store_get(client->credentials, scope->read_deadline_ms,
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
	return error ? lambda_fail(reterr, LAMBDA_BAD_ANSWER, "%s: the answer of STS names nobody",
			       operation)
		     : LAMBDA_OK;
}
