/* SPDX-License-Identifier: MIT */
/* The order in which the providers are asked: botocore's (backend/lambda/NOTES.md section 10.1). */
#include "backend/credentials/providers.h"

static const struct credentials_provider all_providers[] = {
	{"environment", false, credentials_from_environment},
	{"assume-role", false, credentials_from_role},
	{"web identity", false, credentials_from_web_identity},
	{"SSO", false, credentials_from_sso},
	{"shared credentials file", false, credentials_from_shared_file},
	{"login session", false, credentials_from_login},
	{"credential_process", false, credentials_from_process},
	{"config file", false, credentials_from_config_file},
	{"container", true, credentials_from_container},
	{"instance metadata", true, credentials_from_instance},
	{NULL, false, NULL},
};

/* All that look at the profile alone. */
static const struct credentials_provider source_providers[] = {
	{"web identity", false, credentials_from_web_identity},
	{"SSO", false, credentials_from_sso},
	{"shared credentials file", false, credentials_from_shared_file},
	{"login session", false, credentials_from_login},
	{"credential_process", false, credentials_from_process},
	{"config file", false, credentials_from_config_file},
	{NULL, false, NULL},
};

/* `aws login` binds its tokens to a key that only the CLI has. */
enum lambda_status credentials_from_login(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct profile_origin origin;
	const char *session =
		profile_set_get(context->profiles, context->profile, "login_session", &origin);

	*ret_found = false;
	if (!session)
		return LAMBDA_OK;
	lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
		"%s line %u: profile %s uses login_session, which only the aws CLI can use",
		origin.path, origin.line, context->profile);
	lambda_hint(reterr,
		"let a profile call it: credential_process = aws configure "
		"export-credentials --profile %s",
		context->profile);
	return LAMBDA_NO_CREDENTIALS;
}

enum lambda_status credentials_fetch(const struct credentials_context *context,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct credentials_context asked = *context;
	enum lambda_status status;
	bool found = false;

	asked.source_providers = source_providers;
	status = credentials_ask(all_providers, &asked, &found, ret_credentials, reterr);
	if (status || found)
		return status;
	lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "no AWS credentials were found");
	lambda_hint(reterr,
		"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure profile %s "
		"(aws "
		"configure)",
		context->settings->profile.value);
	return LAMBDA_NO_CREDENTIALS;
}
