/* SPDX-License-Identifier: MIT */
#include "backend/http/signed.h"

#define URL_MAX 16384          /* bytes of a URL: markers are long */
#define AUTHORIZATION_MAX 2048 /* bytes */

void signed_request_release(struct signed_request *request)
{
	buffer_release(&request->path);
	buffer_release_secret(&request->url);
	buffer_release_secret(&request->authorization);
}

static int write_url(struct signed_request *request, const struct signed_parts *parts)
{
	const struct endpoint *endpoint = parts->endpoint;
	int error = buffer_appendf(&request->path, "%s%s", endpoint->path, parts->path);

	if (error)
		return error;
	return buffer_appendf(&request->url, "http%s://%s%s%s%s", endpoint->https ? "s" : "",
		endpoint->authority, buffer_text(&request->path), parts->query ? "?" : "",
		parts->query ? parts->query : "");
}

static void add_header(struct signed_request *request, const char *name, const char *value)
{
	request->headers[request->http.header_count++] = (struct http_header){name, value};
}

/* Signs the headers that are there, and adds the signature. */
static int sign_request(struct signed_request *request, const struct signed_parts *parts)
{
	const struct signer *signer = parts->signer;
	struct sigv4_scope scope = {.region = signer->region, .service = signer->service};
	struct sigv4_request to_sign = {.method = parts->method,
		.path = buffer_text(&request->path),
		.query = parts->query,
		.headers = request->headers,
		.body = parts->body,
		.body_length = parts->body_length,
		.body_digest = parts->source ? parts->source->digest : NULL};
	unsigned char key[SIGV4_KEY_SIZE];
	int error;

	sigv4_format_date(signer->now_s, request->date);
	add_header(request, "X-Amz-Date", request->date);
	if (signer->session_token)
		add_header(request, "X-Amz-Security-Token", signer->session_token);
	to_sign.header_count = request->http.header_count;
	memcpy(scope.date, request->date, sizeof(scope.date));
	error = sigv4_derive_key(signer->secret_access_key, &scope, key);
	if (!error)
		error = sigv4_authorization(
			&to_sign, &scope, signer->access_key_id, key, &request->authorization);
	explicit_bzero(key, sizeof(key));
	add_header(request, "Authorization", buffer_text(&request->authorization));
	return error;
}

int signed_request_build(struct signed_request *request, const struct signed_parts *parts)
{
	size_t i;
	int error;

	*request = (struct signed_request){.http = {.method = parts->method,
						   .body = parts->body,
						   .body_length = parts->body_length,
						   .source = parts->source},
		.path = BUFFER_INIT(URL_MAX),
		.url = BUFFER_INIT(URL_MAX),
		.authorization = BUFFER_INIT(AUTHORIZATION_MAX)};
	error = write_url(request, parts);
	add_header(request, "Host", parts->endpoint->authority);
	for (i = 0; i < parts->header_count; i++)
		add_header(request, parts->headers[i].name, parts->headers[i].value);
	if (!error && parts->signer)
		error = sign_request(request, parts);
	add_header(request, "Accept-Encoding", "identity"); /* proxies change these: not signed */
	add_header(request, "User-Agent", "aliasfs/" ALIASFS_VERSION);
	request->http.url = buffer_text(&request->url);
	request->http.headers = request->headers;
	return error;
}
