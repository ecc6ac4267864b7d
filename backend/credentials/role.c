/* SPDX-License-Identifier: MIT */
/* Roles: sts:AssumeRole with the credentials of another profile, and by a web identity token. */
#include <errno.h>
#include <inttypes.h>

#include "backend/base/clock.h"
#include "backend/base/number.h"
#include "backend/credentials/providers.h"

#define FORM_MAX (64 * 1024)
#define TOKEN_FILE_MAX (32 * 1024)
#define CHAIN_MAX 16 /* profiles that name one another */
#define VERSION "2011-06-15"

static const char *find_value(const struct credentials_context *context, const char *key)
{
	return profile_set_get(context->profiles, context->profile, key, NULL);
}

/* "… line 3, profile x": where the profile's role stands, for messages. */
static void describe_role(
	const struct credentials_context *context, const char *key, char text[SETTING_SOURCE_SIZE])
{
	struct profile_origin origin = {.path = "", .line = 0};

	if (!profile_set_get(context->profiles, context->profile, key, &origin))
		snprintf(text, SETTING_SOURCE_SIZE, "profile %s", context->profile);
	else
		snprintf(text, SETTING_SOURCE_SIZE, "%s line %u, %s of profile %s", origin.path,
			origin.line, key, context->profile);
}

static int append_session_name(struct buffer *form, const char *name)
{
	char made[64];

	if (!name) {
		snprintf(made, sizeof(made), "aliasfs-session-%" PRId64, clock_wall_ms() / 1000);
		name = made;
	}
	return credentials_append_form(form, "RoleSessionName", name);
}

/* Seconds as STS takes them; botocore leaves away what is no number, we say so. */
static enum lambda_status check_duration(
	const char *duration, const char *who, struct lambda_error *reterr)
{
	uint64_t seconds;

	if (duration && number_parse_u64(duration, 43200, &seconds))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: duration_seconds is not a number of seconds", who);
	return LAMBDA_OK;
}

/* --- AssumeRole --- */

/* The profiles on the way, to find loops. */
struct chain {
	const char *profiles[CHAIN_MAX];
	size_t count;
};

static enum lambda_status assume_role(const struct credentials_context *context,
	struct chain *chain, struct credentials *ret_credentials, struct lambda_error *reterr);

static bool is_role_profile(const struct credentials_context *context)
{
	return find_value(context, "role_arn") && !find_value(context, "web_identity_token_file");
}

static bool has_static_keys(const struct credentials_context *context)
{
	return find_value(context, "aws_access_key_id") ||
	       find_value(context, "aws_secret_access_key");
}

static bool was_visited(const struct chain *chain, const char *profile)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		if (!strcmp(chain->profiles[i], profile))
			return true;
	return false;
}

/* A profile may name itself if it holds keys: role and keys then stand in one place. */
static enum lambda_status check_source_profile(const struct credentials_context *context,
	const struct chain *chain, const struct credentials_context *source, const char *who,
	struct lambda_error *reterr)
{
	if (!profile_set_has(context->profiles, source->profile))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: its source_profile %s does not exist", who, source->profile);
	if (!was_visited(chain, source->profile))
		return chain->count < CHAIN_MAX
			       ? LAMBDA_OK
			       : lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
					 "%s: too many source_profiles in a row", who);
	if (!strcmp(source->profile, context->profile) && has_static_keys(source))
		return LAMBDA_OK;
	return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
		"%s: source_profile %s leads back to itself", who, source->profile);
}

static enum lambda_status from_source_profile(const struct credentials_context *context,
	struct chain *chain, const char *name, const char *who, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	struct settings settings = *context->settings;
	struct credentials_context source = *context;
	enum lambda_status status;
	bool found = false;

	settings.profile_explicit = true; /* named here, the environment does not count */
	source.settings = &settings;
	source.profile = name;
	status = check_source_profile(context, chain, &source, who, reterr);
	if (status)
		return status;
	if (is_role_profile(&source) && !has_static_keys(&source))
		return assume_role(&source, chain, ret_credentials, reterr);
	status = credentials_ask(
		context->source_providers, &source, &found, ret_credentials, reterr);
	if (!status && !found)
		status = lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: its source_profile %s has no credentials", who, name);
	return status;
}

static enum lambda_status from_credential_source(const struct credentials_context *context,
	const char *name, const char *who, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	static const struct credentials_provider sources[] = {
		{.name = "Environment", .fetch = credentials_from_environment},
		{.name = "Ec2InstanceMetadata", .fetch = credentials_from_instance},
		{.name = "EcsContainer", .fetch = credentials_from_container},
	};
	struct settings settings = *context->settings;
	struct credentials_context source = *context;
	enum lambda_status status;
	bool found = false;
	size_t i;

	settings.profile_explicit = false; /* named here, the environment counts in any case */
	source.settings = &settings;
	for (i = 0; i < array_count(sources); i++) {
		if (strcasecmp(name, sources[i].name) != 0)
			continue;
		status = sources[i].fetch(&source, &found, ret_credentials, reterr);
		if (!status && !found)
			status = lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
				"%s: its credential_source %s has no credentials", who, name);
		return status;
	}
	return lambda_fail(
		reterr, LAMBDA_NO_CREDENTIALS, "%s: there is no credential_source %s", who, name);
}

static enum lambda_status source_credentials(const struct credentials_context *context,
	struct chain *chain, const char *who, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	const char *profile = find_value(context, "source_profile");
	const char *source = find_value(context, "credential_source");

	if (profile && source)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: there are both source_profile and credential_source", who);
	if (!profile && !source)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: there is neither source_profile nor credential_source", who);
	chain->profiles[chain->count++] = context->profile;
	return profile ? from_source_profile(context, chain, profile, who, ret_credentials, reterr)
		       : from_credential_source(context, source, who, ret_credentials, reterr);
}

static int write_form(const struct credentials_context *context, struct buffer *form)
{
	int error = buffer_append_string(form, "Action=AssumeRole&Version=" VERSION);

	if (!error)
		error = credentials_append_form(form, "RoleArn", find_value(context, "role_arn"));
	if (!error)
		error = append_session_name(form, find_value(context, "role_session_name"));
	if (!error)
		error = credentials_append_form(
			form, "DurationSeconds", find_value(context, "duration_seconds"));
	if (!error)
		error = credentials_append_form(
			form, "ExternalId", find_value(context, "external_id"));
	return error;
}

static enum lambda_status assume_role(const struct credentials_context *context,
	struct chain *chain, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer form = BUFFER_INIT(FORM_MAX);
	cleanup(credentials_release) struct credentials source = {0};
	char who[SETTING_SOURCE_SIZE];
	enum lambda_status status;

	describe_role(context, "role_arn", who);
	if (find_value(context, "mfa_serial")) {
		lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s requires an MFA code, which a mount cannot ask for", who);
		lambda_hint(reterr,
			"mount with the session credentials that `aws configure "
			"export-credentials --profile %s` prints",
			context->profile);
		return LAMBDA_NO_CREDENTIALS;
	}
	status = check_duration(find_value(context, "duration_seconds"), who, reterr);
	if (!status)
		status = source_credentials(context, chain, who, &source, reterr);
	if (status)
		return status;
	if (write_form(context, &form))
		return lambda_fail_memory(reterr);
	return credentials_call_sts(context, &form, &source, who, ret_credentials, reterr);
}

enum lambda_status credentials_from_role(const struct credentials_context *context, bool *ret_found,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct chain chain = {.count = 0};

	*ret_found = is_role_profile(context);
	return *ret_found ? assume_role(context, &chain, ret_credentials, reterr) : LAMBDA_OK;
}

/* --- AssumeRoleWithWebIdentity --- */

/* From the environment unless the profile was chosen explicitly, else from the profile. */
static const char *web_value(
	const struct credentials_context *context, const char *variable, const char *key)
{
	const char *found = context->settings->profile_explicit
				    ? NULL
				    : environment_get(context->environment, variable);

	return found ? found : find_value(context, key);
}

static enum lambda_status read_token(const struct credentials_context *context, const char *name,
	const char *who, struct buffer *token, struct lambda_error *reterr)
{
	cleanup(free_pointer) char *path = profile_resolve_path(context->environment, name);
	int error = path ? profile_read_file(path, token) : -ENOMEM;

	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: the token file %s cannot be read: %s", who, path,
			error == -EFBIG ? "too large" : strerrordesc_np(-error));
	if (!token->length || memchr(token->data, '\0', token->length))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: the token file %s holds no token", who, path);
	return LAMBDA_OK;
}

enum lambda_status credentials_from_web_identity(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	const char *file =
		web_value(context, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
	const char *role = web_value(context, "AWS_ROLE_ARN", "role_arn");
	const char *session = web_value(context, "AWS_ROLE_SESSION_NAME", "role_session_name");
	cleanup(buffer_release_secret) struct buffer token = BUFFER_INIT(TOKEN_FILE_MAX);
	cleanup(buffer_release_secret) struct buffer form = BUFFER_INIT(4 * FORM_MAX);
	char who[SETTING_SOURCE_SIZE];
	enum lambda_status status;
	int error;

	*ret_found = file != NULL;
	if (!file)
		return LAMBDA_OK;
	if (find_value(context, "web_identity_token_file"))
		describe_role(context, "web_identity_token_file", who);
	else
		snprintf(who, sizeof(who), "AWS_WEB_IDENTITY_TOKEN_FILE");
	if (!role)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: there is no role_arn", who);
	status = read_token(context, file, who, &token, reterr);
	if (status)
		return status;
	error = buffer_append_string(&form, "Action=AssumeRoleWithWebIdentity&Version=" VERSION);
	if (!error)
		error = credentials_append_form(&form, "RoleArn", role);
	if (!error)
		error = append_session_name(&form, session);
	if (!error)
		error = credentials_append_form(&form, "WebIdentityToken", buffer_text(&token));
	if (error)
		return lambda_fail_memory(reterr);
	return credentials_call_sts(context, &form, NULL, who, ret_credentials, reterr);
}
