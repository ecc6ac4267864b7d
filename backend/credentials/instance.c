/* SPDX-License-Identifier: MIT */
/* EC2's instance metadata service, version 2 and, where it is allowed and needed, version 1. */
#include <errno.h>
#include <sys/random.h>

#include "backend/base/clock.h"
#include "backend/base/number.h"
#include "backend/credentials/providers.h"

#define URL_IPV4 "http://169.254.169.254"
#define URL_IPV6 "http://[fd00:ec2::254]"
#define TOKEN_PATH "/latest/api/token"
#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"
#define TOKEN_SECONDS "21600"
#define TEXT_MAX_BYTES 2048
#define EXTENSION_S (15 * 60) /* a service in trouble: its old credentials go on that long … */
#define EXTENSION_MORE_S 120  /* … and 2 to 10 minutes more, not all at once */
#define EXTENSION_SPREAD_S 480

static const char who[] = "instance metadata";

struct service {
	struct endpoint endpoint;
	int64_t timeout_ms;
	unsigned int attempts;
	bool version_1_disabled;
	char token[TEXT_MAX_BYTES]; /* "": version 1 */
};

static bool is_true(const char *text)
{
	return text && !strcasecmp(text, "true");
}

static const char *find_setting(
	const struct credentials_context *context, const char *variable, const char *key)
{
	char source[SETTING_SOURCE_SIZE];

	return settings_lookup(context->settings, context->environment, variable, key, source);
}

static enum lambda_status configure_service(const struct credentials_context *context,
	struct service *service, struct lambda_error *reterr)
{
	const char *url = find_setting(
		context, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
	const char *mode = find_setting(context, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
		"ec2_metadata_service_endpoint_mode");
	const char *timeout =
		find_setting(context, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout");
	const char *attempts = find_setting(
		context, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts");
	uint64_t seconds = 1, times = 1;
	const char *reason = NULL;

	service->version_1_disabled = is_true(
		find_setting(context, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"));
	if ((timeout && number_parse_u64(timeout, 60, &seconds)) ||
		(attempts && number_parse_u64(attempts, 10, &times)))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: its time-out or number of attempts is not a number", who);
	service->timeout_ms = seconds ? (int64_t)seconds * 1000 : 1000;
	service->attempts = times ? (unsigned int)times : 1;
	if (!url)
		url = mode && !strcasecmp(mode, "ipv6") ? URL_IPV6 : URL_IPV4;
	if (endpoint_parse(url, &service->endpoint, &reason))
		return lambda_fail(
			reterr, LAMBDA_NO_CREDENTIALS, "the address of %s %s", who, reason);
	if (!service->endpoint.https && !endpoint_is_loopback(&service->endpoint) &&
		!endpoint_is_metadata(&service->endpoint))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"the address of %s is plain http to another machine (%s)", who,
			service->endpoint.authority);
	return LAMBDA_OK;
}

/* `header` may be NULL, and is borrowed. */
static struct credentials_request make_request(const struct service *service, const char *method,
	const char *path, const struct http_header *header)
{
	return (struct credentials_request){.parts = {.method = method,
						    .endpoint = &service->endpoint,
						    .path = path,
						    .headers = header,
						    .header_count = header ? 1 : 0},
		.direct = true,
		.timeout_ms = service->timeout_ms,
		.attempts = service->attempts,
		.who = who};
}

/* Copies a body that is one printable word, ended by a line end perhaps. */
static bool copy_word(const struct http_response *response, char text[TEXT_MAX_BYTES])
{
	const char *body = buffer_text(&response->body);
	size_t length = strcspn(body, "\r\n"), i;

	if (!length || length >= TEXT_MAX_BYTES)
		return false;
	for (i = 0; i < length; i++)
		if (body[i] < 0x21 || body[i] > 0x7e)
			return false;
	snprintf(text, TEXT_MAX_BYTES, "%.*s", (int)length, body);
	return true;
}

static bool means_version_1(int status)
{
	return status == 403 || status == 404 || status == 405 || status >= 500;
}

/*
 * Fetches the token of version 2. 403, 404, 405, 5xx and silence mean that there is none: version 1 then, if it
 * is not disabled. *ret_there false: no such service here.
 */
static enum lambda_status fetch_token(const struct credentials_context *context,
	struct service *service, bool *ret_there, struct lambda_error *reterr)
{
	static const struct http_header header = {
		"X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS};
	struct lambda_error error = {0};
	struct http_response response;
	bool sent = false;
	struct credentials_request request = make_request(service, "PUT", TOKEN_PATH, &header);
	enum lambda_status status;

	request.ret_sent = &sent;
	status = credentials_exchange(context, &request, &response, &error);
	*ret_there = true;
	if (status == LAMBDA_INTERRUPTED || status == LAMBDA_NO_MEMORY)
		return lambda_fail_as(reterr, &error);
	/* No connection: not an instance. An answer that hangs: one behind a proxy, use version 1. */
	if (status) {
		*ret_there = status == LAMBDA_TIMED_OUT && sent && !service->version_1_disabled;
		return LAMBDA_OK;
	}
	if (response.status == 200 && !copy_word(&response, service->token))
		status = lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: no usable token", who);
	*ret_there = response.status == 200 ||
		     (means_version_1(response.status) && !service->version_1_disabled);
	http_response_release(&response);
	return status;
}

/* A service that gives old credentials is in trouble: do not ask it every time. */
static void extend_expiry(struct credentials *credentials)
{
	int64_t now_s = clock_wall_ms() / 1000, longer;
	unsigned char byte = 0;

	if (getrandom(&byte, sizeof(byte), GRND_NONBLOCK) != sizeof(byte))
		byte = 128;
	longer = EXTENSION_S + EXTENSION_MORE_S + byte * EXTENSION_SPREAD_S / 256;
	if (credentials->expires_s - now_s < longer)
		credentials->expires_s = now_s + longer;
}

static enum lambda_status fetch_keys(const struct credentials_context *context,
	const struct service *service, const char *role, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	const struct http_header header = {"X-aws-ec2-metadata-token", service->token};
	const struct credentials_document document = {
		.token = "Token", .expiration_required = true, .source = who};
	char path[sizeof(ROLE_PATH) + TEXT_MAX_BYTES];
	const struct credentials_request request =
		make_request(service, "GET", path, service->token[0] ? &header : NULL);
	enum lambda_status status;

	snprintf(path, sizeof(path), ROLE_PATH "%s", role);
	status = credentials_fetch_document(context, &request, &document, ret_credentials, reterr);
	if (!status)
		extend_expiry(ret_credentials);
	return status;
}

/* The role of the instance; *ret_found false when it has none. */
static enum lambda_status fetch_role(const struct credentials_context *context,
	const struct service *service, char role[TEXT_MAX_BYTES], bool *ret_found,
	struct lambda_error *reterr)
{
	const struct http_header header = {"X-aws-ec2-metadata-token", service->token};
	const struct credentials_request request =
		make_request(service, "GET", ROLE_PATH, service->token[0] ? &header : NULL);
	struct http_response response;
	enum lambda_status status = credentials_exchange(context, &request, &response, reterr);

	*ret_found = false;
	if (status == LAMBDA_INTERRUPTED || status == LAMBDA_NO_MEMORY)
		return status;
	if (status) /* a server that gave a token is an instance's */
		return service->token[0] ? credentials_failed(reterr, status, who) : LAMBDA_OK;
	if (response.status >= 500)
		status = lambda_fail(
			reterr, LAMBDA_NO_CREDENTIALS, "%s: HTTP %d", who, response.status);
	*ret_found = response.status == 200 && copy_word(&response, role) && !strpbrk(role, "/?#%");
	http_response_release(&response);
	return status;
}

enum lambda_status credentials_from_instance(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct service service = {.attempts = 1};
	char role[TEXT_MAX_BYTES];
	enum lambda_status status;

	*ret_found = false;
	if (is_true(environment_get(context->environment, "AWS_EC2_METADATA_DISABLED")))
		return LAMBDA_OK;
	status = configure_service(context, &service, reterr);
	if (!status)
		status = fetch_token(context, &service, ret_found, reterr);
	if (!status && *ret_found)
		status = fetch_role(context, &service, role, ret_found, reterr);
	if (!status && *ret_found)
		status = fetch_keys(context, &service, role, ret_credentials, reterr);
	explicit_bzero(service.token, sizeof(service.token));
	return status;
}
