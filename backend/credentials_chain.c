/* SPDX-License-Identifier: MIT */
/* The order in which the providers are asked: botocore's (lambda-api.md section 10.1). */
#include "backend/credentials_providers.h"

const struct credentials_provider credentials_providers[] = {
	{"environment", credentials_from_environment},
	{"assume-role", credentials_from_role},
	{"web identity", credentials_from_web_identity},
	{"SSO", credentials_from_sso},
	{"shared credentials file", credentials_from_shared_file},
	{"login session", credentials_from_login},
	{"credential_process", credentials_from_process},
	{"config file", credentials_from_config_file},
	{"container", credentials_from_container},
	{"instance metadata", credentials_from_instance},
	{NULL, NULL},
};

const struct credentials_provider credentials_profile_providers[] = {
	{"web identity", credentials_from_web_identity},
	{"SSO", credentials_from_sso},
	{"shared credentials file", credentials_from_shared_file},
	{"login session", credentials_from_login},
	{"credential_process", credentials_from_process},
	{"config file", credentials_from_config_file},
	{NULL, NULL},
};

/* `aws login` binds its tokens to a key that only the CLI has. */
enum lambda_status credentials_from_login(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct profile_origin origin;
	const char *session =
		profile_set_get(context->profiles, context->profile, "login_session", &origin);

	(void)ret_credentials;
	*ret_found = false;
	if (!session)
		return LAMBDA_OK;
	lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
		"%s line %u: profile %s uses login_session, which only the aws CLI can use",
		origin.path, origin.line, context->profile);
	if (reterr)
		snprintf(reterr->hint, sizeof(reterr->hint),
			"let a profile call it: credential_process = aws configure "
			"export-credentials --profile %s",
			context->profile);
	return LAMBDA_NO_CREDENTIALS;
}
