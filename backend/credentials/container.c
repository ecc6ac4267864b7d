/* SPDX-License-Identifier: MIT */
/* What ECS and EKS give to containers, by the variables AWS_CONTAINER_CREDENTIALS_… */
#include <errno.h>

#include "backend/credentials/providers.h"

#define ECS_URL "http://169.254.170.2"
#define TIMEOUT_MS 2000
#define TOKEN_MAX (16 * 1024)
#define PATH_MAX_BYTES 2048

/* Plain http carries the keys: only to where containers are served. */
static enum lambda_status check_address(
	const struct endpoint *endpoint, const char *variable, struct lambda_error *reterr)
{
	if (endpoint->https || endpoint_is_loopback(endpoint) || endpoint_is_metadata(endpoint))
		return LAMBDA_OK;
	return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
		"%s names %s, and http is allowed only to this machine and to the container "
		"addresses",
		variable, endpoint->authority);
}

/* Takes the address apart from path and query, which may hold more than an endpoint may. */
static enum lambda_status split_url(const char *url, const char *variable,
	struct endpoint *ret_endpoint, const char **ret_path, struct lambda_error *reterr)
{
	const char *start = strstr(url, "://");
	size_t length = start ? (size_t)(start + 3 - url) + strcspn(start + 3, "/?#") : 0;
	cleanup(free_pointer) char *address = strndup(url, length);
	const char *reason = "is no URL", *at;

	if (!address)
		return lambda_fail_memory(reterr);
	if (endpoint_parse(address, ret_endpoint, &reason))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s %s", variable, reason);
	for (at = url + length; *at; at++)
		if (*at < 0x21 || *at > 0x7e || *at == '#')
			return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
				"%s has a path that cannot be used", variable);
	*ret_path = url[length] ? url + length : "/";
	return check_address(ret_endpoint, variable, reterr);
}

/* The Authorization header: "" when there is none. The file is read each time, as it is renewed. */
static enum lambda_status read_authorization(
	const struct credentials_context *context, struct buffer *out, struct lambda_error *reterr)
{
	const char *file =
		environment_get(context->environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token =
		environment_get(context->environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	cleanup(free_pointer) char *path =
		file ? profile_resolve_path(context->environment, file) : NULL;
	int error = file && !path ? -ENOMEM : 0;

	if (path)
		error = profile_read_file(path, out);
	else if (token && !file)
		error = buffer_append_string(out, token);
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE %s cannot be read: %s",
			path ? path : "", strerrordesc_np(-error));
	if (strlen(buffer_text(out)) != out->length || strpbrk(buffer_text(out), "\r\n"))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"the container's authorization token holds a line end");
	return LAMBDA_OK;
}

static enum lambda_status fetch_keys(const struct credentials_context *context,
	const struct endpoint *endpoint, const char *path, const char *who,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	cleanup(buffer_release_secret) struct buffer token = BUFFER_INIT(TOKEN_MAX);
	const struct credentials_document document = {
		.token = "Token", .expiration_required = true, .source = who};
	struct http_header headers[2] = {{"Accept", "application/json"}};
	struct credentials_request request = {.parts = {.method = "GET",
						      .endpoint = endpoint,
						      .path = path,
						      .headers = headers,
						      .header_count = 1},
		.direct = true,
		.timeout_ms = TIMEOUT_MS,
		.who = who};
	enum lambda_status status = read_authorization(context, &token, reterr);

	if (status)
		return status;
	if (token.length)
		headers[request.parts.header_count++] =
			(struct http_header){"Authorization", buffer_text(&token)};
	return credentials_fetch_document(context, &request, &document, ret_credentials, reterr);
}

enum lambda_status credentials_from_container(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	static const char relative_name[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
	static const char full_name[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
	const char *relative = environment_get(context->environment, relative_name);
	const char *full = environment_get(context->environment, full_name);
	const char *variable = relative ? relative_name : full_name, *path = NULL;
	cleanup(buffer_release) struct buffer url = BUFFER_INIT(PATH_MAX_BYTES);
	struct endpoint endpoint;
	enum lambda_status status;

	*ret_found = relative || full;
	if (!*ret_found)
		return LAMBDA_OK;
	if (relative && *relative != '/')
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s is no path", relative_name);
	if (buffer_appendf(&url, "%s%s", relative ? ECS_URL : "", relative ? relative : full))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s is too long", variable);
	status = split_url(buffer_text(&url), variable, &endpoint, &path, reterr);
	return status ? status
		      : fetch_keys(context, &endpoint, path, variable, ret_credentials, reterr);
}
