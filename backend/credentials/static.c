/* SPDX-License-Identifier: MIT */
/* Credentials that stand somewhere as they are: in the environment and in the two files. */
#include "backend/credentials/providers.h"

enum lambda_status credentials_from_environment(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	const struct environment *environment = context->environment;
	const char *id = environment_get(environment, "AWS_ACCESS_KEY_ID");
	const char *secret = environment_get(environment, "AWS_SECRET_ACCESS_KEY");
	const char *token = environment_get(environment, "AWS_SECURITY_TOKEN");
	const char *until = environment_get(environment, "AWS_CREDENTIAL_EXPIRATION");
	int64_t expires_s = 0;

	*ret_found = false;
	if (context->settings->profile_explicit || !id)
		return LAMBDA_OK;
	if (!secret)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
	if (until && (credentials_parse_time(until, &expires_s) || expires_s <= 0))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"AWS_CREDENTIAL_EXPIRATION is not a time like 2030-01-01T00:00:00Z");
	if (!token)
		token = environment_get(environment, "AWS_SESSION_TOKEN");
	*ret_found = true;
	return credentials_set(
		ret_credentials, id, secret, token, expires_s, "environment", reterr);
}

/*
 * The keys of the profile in one of the files; *ret_found false when it has no aws_access_key_id there. An id
 * without a secret is an error.
 */
static enum lambda_status take_keys(const struct credentials_context *context,
	enum profile_source source, bool *ret_found, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	const struct profile_set *profiles = context->profiles;
	const char *profile = context->profile;
	char where[SETTING_SOURCE_SIZE];
	struct profile_origin origin;
	const char *id =
		profile_set_get_in(profiles, source, profile, "aws_access_key_id", &origin);
	const char *secret =
		profile_set_get_in(profiles, source, profile, "aws_secret_access_key", NULL);
	const char *token =
		profile_set_get_in(profiles, source, profile, "aws_security_token", NULL);

	*ret_found = false;
	if (!id)
		return LAMBDA_OK;
	if (!*id || !secret || !*secret)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: profile %s has no %s",
			origin.path, profile,
			*id ? "aws_secret_access_key beside its aws_access_key_id"
			    : "value for aws_access_key_id");
	if (!token)
		token = profile_set_get_in(profiles, source, profile, "aws_session_token", NULL);
	snprintf(where, sizeof(where), "%s line %u, profile %s", origin.path, origin.line, profile);
	*ret_found = true;
	return credentials_set(ret_credentials, id, secret, token, 0, where, reterr);
}

enum lambda_status credentials_from_shared_file(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	return take_keys(context, PROFILE_CREDENTIALS, ret_found, ret_credentials, reterr);
}

enum lambda_status credentials_from_config_file(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	return take_keys(context, PROFILE_CONFIG, ret_found, ret_credentials, reterr);
}
