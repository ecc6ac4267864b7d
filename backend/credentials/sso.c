/* SPDX-License-Identifier: MIT */
/*
 * IAM Identity Center. `aws sso login` leaves a token in ~/.aws/sso/cache; here it is exchanged for the
 * role's credentials. A token of a [sso-session] is renewed when it has under 15 minutes left, and
 * written back for the CLI, since renewing may make the old refresh token worthless.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "backend/base/clock.h"
#include "backend/base/file.h"
#include "backend/base/text.h"
#include "backend/credentials/providers.h"
#include "backend/http/error_answer.h"

#define CACHE_DIRECTORY "~/.aws/sso/cache"
#define CACHE_FILE_MAX (64 * 1024)
#define RENEW_BEFORE_S (15 * 60)
#define QUERY_MAX 2048
#define SHA1_SIZE 20

/* The settings of an SSO profile, borrowed from the profile set. */
struct sso {
	const struct credentials_context *context;
	const char *session; /* NULL: the older form, all in the profile */
	const char *start_url, *region, *account, *role;
	char who[SETTING_SOURCE_SIZE];
	char *cache_path; /* owned */
};

static void hint_login(const struct sso *sso, struct lambda_error *reterr)
{
	lambda_hint(reterr, "run: aws sso login --profile %s", sso->context->profile);
}

/* A setting of the profile or its session, which must agree when both have it. */
static enum lambda_status take_setting(
	const struct sso *sso, const char *key, const char **ret_value, struct lambda_error *reterr)
{
	const struct profile_set *profiles = sso->context->profiles;
	const char *own = profile_set_get(profiles, sso->context->profile, key, NULL);
	const char *shared =
		sso->session ? profile_set_get_session(profiles, sso->session, key, NULL) : NULL;

	if (own && shared && strcmp(own, shared) != 0)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: %s differs between the profile and sso-session %s", sso->who, key,
			sso->session);
	*ret_value = own ? own : shared;
	if (!*ret_value || !**ret_value)
		return lambda_fail(
			reterr, LAMBDA_NO_CREDENTIALS, "%s: %s is missing", sso->who, key);
	return LAMBDA_OK;
}

/* ~/.aws/sso/cache/SHA1.json, of the session's name or the start URL. 0, -EIO, -ENOMEM. */
static int find_cache(struct sso *sso)
{
	const char *name = sso->session ? sso->session : sso->start_url;
	cleanup(free_pointer) char *directory =
		profile_resolve_path(sso->context->environment, CACHE_DIRECTORY);
	unsigned char digest[SHA1_SIZE];
	char text[2 * SHA1_SIZE + 1];

	if (!directory)
		return -ENOMEM;
	if (EVP_Digest(name, strlen(name), digest, NULL, EVP_sha1(), NULL) != 1)
		return -EIO;
	text_format_hex(digest, sizeof(digest), text);
	return asprintf(&sso->cache_path, "%s/%s.json", directory, text) < 0 ? -ENOMEM : 0;
}

static enum lambda_status configure_sso(struct sso *sso, struct lambda_error *reterr)
{
	const struct credentials_context *context = sso->context;
	struct profile_origin origin = {.path = "", .line = 0};
	enum lambda_status status;

	if (!profile_set_get(context->profiles, context->profile, "sso_role_name", &origin))
		profile_set_get(context->profiles, context->profile, "sso_account_id", &origin);
	snprintf(sso->who, sizeof(sso->who), "%s line %u, SSO of profile %s", origin.path,
		origin.line, context->profile);
	sso->session = profile_set_get(context->profiles, context->profile, "sso_session", NULL);
	if (sso->session && !profile_set_has_session(context->profiles, sso->session))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: there is no [sso-session %s]", sso->who, sso->session);
	status = take_setting(sso, "sso_role_name", &sso->role, reterr);
	if (!status)
		status = take_setting(sso, "sso_account_id", &sso->account, reterr);
	if (!status)
		status = take_setting(sso, "sso_start_url", &sso->start_url, reterr);
	if (!status)
		status = take_setting(sso, "sso_region", &sso->region, reterr);
	if (!status && !endpoint_is_region(sso->region))
		status = lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: \"%s\" cannot be the name of a region", sso->who, sso->region);
	if (!status && find_cache(sso))
		status = lambda_fail_memory(reterr);
	return status;
}

/* --- the cached token --- */

static enum lambda_status read_cache(
	const struct sso *sso, struct json **ret_token, struct lambda_error *reterr)
{
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(CACHE_FILE_MAX);
	int error = profile_read_file(sso->cache_path, &text);
	const char *reason = NULL;
	enum lambda_status status = LAMBDA_NO_CREDENTIALS;

	*ret_token = NULL;
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error == -ENOENT)
		lambda_fail(reterr, status, "%s: not logged in", sso->who);
	else if (error)
		lambda_fail(reterr, status, "%s: %s cannot be read: %s", sso->who, sso->cache_path,
			strerrordesc_np(-error));
	else
		*ret_token = json_parse(buffer_text(&text), text.length, &reason);
	if (*ret_token && json_string(json_member(*ret_token, "accessToken")) &&
		json_string(json_member(*ret_token, "expiresAt")))
		return LAMBDA_OK;
	if (!error)
		lambda_fail(reterr, status, "%s: %s %s", sso->who, sso->cache_path,
			reason ? reason : "holds no token");
	json_free(*ret_token);
	*ret_token = NULL;
	hint_login(sso, reterr);
	return status;
}

/* Writes all of it or leaves the old file: 0 or what the kernel said. */
static int replace_file(const char *path, const char *data, size_t length)
{
	cleanup(free_pointer) char *temporary = NULL;
	cleanup(close_descriptor) int descriptor = -1;
	int error;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	descriptor = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	if (descriptor < 0)
		return -errno;
	error = file_write_at(descriptor, data, length, 0);
	if (!error && rename(temporary, path))
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}

static void write_cache(const struct sso *sso, const struct json *token)
{
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(CACHE_FILE_MAX);
	int error = json_print(token, &text);

	if (!error)
		error = replace_file(sso->cache_path, buffer_text(&text), text.length);
	if (error)
		log_write(sso->context->log, LOG_LEVEL_WARNING,
			"the renewed SSO token could not be kept in %s: %s", sso->cache_path,
			strerrordesc_np(-error));
}

/* --- renewing it --- */

static bool can_renew(const struct json *token)
{
	const char *until = json_member_string(token, "registrationExpiresAt", "");
	int64_t expires_s;

	return json_string(json_member(token, "refreshToken")) &&
	       json_string(json_member(token, "clientId")) &&
	       json_string(json_member(token, "clientSecret")) &&
	       !credentials_parse_time(until, &expires_s) && expires_s > clock_wall_ms() / 1000;
}

static int write_renewal(const struct json *token, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	static const char *const names[] = {"clientId", "clientSecret", "refreshToken"};
	int error = body ? json_set_string(body, "grantType", "refresh_token") : -ENOMEM;
	size_t i;

	for (i = 0; !error && i < array_count(names); i++)
		error = json_set_string(body, names[i], json_member_string(token, names[i], ""));
	return error ? error : json_print(body, out);
}

/* Takes the answer's members over into the token. 0, -EINVAL (it is none), -ENOMEM. */
static int merge_answer(const struct http_response *response, struct json *token)
{
	cleanup(json_free_pointer) struct json *answer =
		json_parse(buffer_text(&response->body), response->body.length, NULL);
	const char *access = json_member_string(answer, "accessToken", NULL);
	const char *refresh = json_member_string(answer, "refreshToken", NULL);
	char expiry[TEXT_TIME_SIZE];
	int64_t seconds;
	int error;

	if (response->status != 200 || !access || !*access ||
		!json_integer(json_member(answer, "expiresIn"), 1, INT32_MAX, &seconds))
		return -EINVAL;
	text_format_utc(clock_wall_ms() / 1000 + seconds, expiry);
	error = json_set_string(token, "accessToken", access);
	if (!error)
		error = json_set_string(token, "expiresAt", expiry);
	if (!error && refresh)
		error = json_set_string(token, "refreshToken", refresh);
	return error;
}

/* Renews the token in place; what fails is no harm while the old one lives. Takes half of the time at most. */
static void renew_token(const struct sso *sso, struct json *token)
{
	static const struct http_header headers[] = {{"Content-Type", "application/json"}};
	cleanup(buffer_release_secret) struct buffer body = BUFFER_INIT(CACHE_FILE_MAX);
	struct credentials_context context = *sso->context;
	int64_t now_ms = clock_monotonic_ms();
	struct lambda_error error = {0};
	struct http_response response;
	struct endpoint endpoint;
	struct credentials_request request = {.parts = {.method = "POST",
						      .endpoint = &endpoint,
						      .path = "/token",
						      .headers = headers,
						      .header_count = array_count(headers)}};

	if (!can_renew(token) || write_renewal(token, &body))
		return;
	request.parts.body = buffer_text(&body);
	request.parts.body_length = body.length;
	context.deadline_ms = now_ms + (context.deadline_ms - now_ms) / 2;
	if (settings_service_endpoint(context.settings, context.environment,
		    &(struct endpoint_service){
			    "sso_oidc", "oidc", "AWS_ENDPOINT_URL_SSO_OIDC", sso->region},
		    &endpoint, &error) ||
		credentials_exchange(&context, &request, &response, &error)) {
		log_write(context.log, LOG_LEVEL_WARNING, "the SSO token was not renewed: %s",
			error.message);
		return;
	}
	if (!merge_answer(&response, token))
		write_cache(sso, token);
	else
		log_write(context.log, LOG_LEVEL_WARNING, "the SSO token was not renewed: HTTP %d",
			response.status);
	http_response_release(&response);
}

static enum lambda_status load_token(
	const struct sso *sso, struct json **ret_token, struct lambda_error *reterr)
{
	enum lambda_status status = read_cache(sso, ret_token, reterr);
	int64_t expires_s = 0, now_s = clock_wall_ms() / 1000;

	if (status)
		return status;
	if (credentials_parse_time(json_member_string(*ret_token, "expiresAt", ""), &expires_s))
		expires_s = 0;
	if (sso->session && expires_s - now_s < RENEW_BEFORE_S)
		renew_token(sso, *ret_token);
	if (credentials_parse_time(json_member_string(*ret_token, "expiresAt", ""), &expires_s) ||
		expires_s <= clock_wall_ms() / 1000) {
		lambda_fail(
			reterr, LAMBDA_CREDENTIALS_EXPIRED, "%s: the login has expired", sso->who);
		hint_login(sso, reterr);
		return LAMBDA_CREDENTIALS_EXPIRED;
	}
	return LAMBDA_OK;
}

/* --- the role's credentials --- */

static enum lambda_status read_role(const struct sso *sso, const struct http_response *response,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json =
		json_parse(buffer_text(&response->body), response->body.length, NULL);
	const struct json *role = json_member(json, "roleCredentials");
	const char *id = json_member_string(role, "accessKeyId", NULL);
	const char *secret = json_member_string(role, "secretAccessKey", NULL);
	const char *token = json_member_string(role, "sessionToken", NULL);
	int64_t expires_ms;

	if (!id || !secret || !token ||
		!json_integer(json_member(role, "expiration"), 1, INT64_C(1) << 52, &expires_ms))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: the answer has no usable credentials", sso->who);
	return credentials_set(
		ret_credentials, id, secret, token, expires_ms / 1000, sso->who, reterr);
}

static enum lambda_status read_refusal(const struct credentials_request *request,
	const struct http_response *response, struct lambda_error *reterr)
{
	const struct sso *sso = request->data;
	struct lambda_error error;
	enum lambda_status status = response->status == 401   ? LAMBDA_CREDENTIALS_EXPIRED
				    : response->status == 403 ? LAMBDA_CREDENTIALS_REFUSED
							      : LAMBDA_NO_CREDENTIALS;

	lambda_error_read(response, &error);
	lambda_fail(reterr, status, "%s: role %s in account %s: %.*s", sso->who, sso->role,
		sso->account, (int)(sizeof(error.message) / 4), error.message);
	if (response->status == 401)
		hint_login(sso, reterr);
	return status;
}

static int write_query(const struct sso *sso, struct buffer *out)
{
	int error = buffer_append_string(out, "role_name=");

	if (!error)
		error = text_append_percent_encoded(out, sso->role);
	if (!error)
		error = credentials_append_form(out, "account_id", sso->account);
	return error;
}

static enum lambda_status fetch_role(const struct sso *sso, const struct json *token,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	const struct credentials_context *context = sso->context;
	const struct http_header headers[] = {
		{"x-amz-sso_bearer_token", json_member_string(token, "accessToken", "")}};
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX);
	struct http_response response;
	struct endpoint endpoint;
	struct credentials_request request = {.parts = {.method = "GET",
						      .endpoint = &endpoint,
						      .path = "/federation/credentials",
						      .headers = headers,
						      .header_count = array_count(headers)},
		.who = sso->who,
		.refuse = read_refusal,
		.data = sso};
	enum lambda_status status =
		settings_service_endpoint(context->settings, context->environment,
			&(struct endpoint_service){
				"sso", "portal.sso", "AWS_ENDPOINT_URL_SSO", sso->region},
			&endpoint, reterr);

	if (strpbrk(headers[0].value, "\r\n"))
		return lambda_fail(
			reterr, LAMBDA_NO_CREDENTIALS, "%s: the token holds a line end", sso->who);
	if (!status && write_query(sso, &query))
		return lambda_fail_memory(reterr);
	request.parts.query = buffer_text(&query);
	if (status)
		return credentials_failed(reterr, status, sso->who);
	status = credentials_fetch_answer(context, &request, &response, reterr);
	if (status)
		return status;
	status = read_role(sso, &response, ret_credentials, reterr);
	http_response_release(&response);
	return status;
}

enum lambda_status credentials_from_sso(const struct credentials_context *context, bool *ret_found,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *token = NULL;
	struct sso sso = {.context = context};
	enum lambda_status status;

	*ret_found = profile_set_get(context->profiles, context->profile, "sso_role_name", NULL) ||
		     profile_set_get(context->profiles, context->profile, "sso_account_id", NULL);
	if (!*ret_found)
		return LAMBDA_OK;
	status = configure_sso(&sso, reterr);
	if (!status)
		status = load_token(&sso, &token, reterr);
	if (!status)
		status = fetch_role(&sso, token, ret_credentials, reterr);
	free(sso.cache_path);
	return status;
}
