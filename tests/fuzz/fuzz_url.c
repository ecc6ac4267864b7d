/* SPDX-License-Identifier: MIT */
/* Addresses, what is signed of a URL, ARNs in documents, and moments. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/cleanup.h"
#include "backend/config/endpoint.h"
#include "backend/credentials/providers.h"
#include "backend/documents/document.h"
#include "backend/http/proxy.h"
#include "backend/http/sigv4.h"

static void check_endpoint(const char *text)
{
	struct endpoint endpoint, again;
	char url[ENDPOINT_URL_SIZE];
	const char *reason = NULL;

	if (endpoint_parse(text, &endpoint, &reason)) {
		PROMISE(reason);
		return;
	}
	endpoint_format(&endpoint, url);
	PROMISE(!strpbrk(endpoint.authority, "\r\n \t/@?#\"<>\\^`{|}%"));
	PROMISE(!strpbrk(endpoint.path, "\r\n \t?#\"<>\\^`{|}"));
	PROMISE(!endpoint_parse(url, &again, &reason));
	PROMISE(!strcmp(again.host, endpoint.host) && again.port == endpoint.port);
	PROMISE(!strcmp(again.path, endpoint.path) && again.https == endpoint.https);
	endpoint_is_metadata(&endpoint);
	if (endpoint_is_loopback(&endpoint) && !endpoint.https)
		PROMISE(http_proxy_is_bypassed(url, text));
}

static void check_region(const char *text)
{
	char host[ENDPOINT_HOST_MAX + 1], url[ENDPOINT_HOST_MAX + 16];
	struct endpoint endpoint;
	const char *reason;

	if (!endpoint_is_region(text))
		return;
	endpoint_host("lambda", text, strlen(text) % 2, strlen(text) % 3, host);
	snprintf(url, sizeof(url), "https://%s", host);
	PROMISE(!endpoint_parse(url, &endpoint, &reason));
}

/* The canonical form of a canonical query is itself. */
static void check_signing(const char *text)
{
	cleanup(buffer_release) struct buffer once = BUFFER_INIT(1 << 20);
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(1 << 20);
	cleanup(buffer_release) struct buffer twice = BUFFER_INIT(1 << 20);
	struct http_header headers[] = {{"Host", "h"}, {"X-Odd", text}};
	struct sigv4_request request = {.method = "GET",
		.path = text,
		.query = text,
		.headers = headers,
		.header_count = array_count(headers)};
	cleanup(free_pointer) char *query = NULL;
	const char *start;

	PROMISE(!sigv4_canonical_request(&request, &once, &names));
	PROMISE(!strcmp(buffer_text(&names), "host;x-odd"));
	start = strchr(strchr(buffer_text(&once), '\n') + 1, '\n') + 1;
	query = strndup(start, strcspn(start, "\n"));
	PROMISE(query);
	request.query = query;
	buffer_reset(&names);
	PROMISE(!sigv4_canonical_request(&request, &twice, &names));
	PROMISE(!strcmp(buffer_text(&once), buffer_text(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(free_pointer) char *text = NULL;
	cleanup(buffer_release) struct buffer arn = BUFFER_INIT(1 << 16);
	int64_t seconds;

	if (size > 65536)
		return 0;
	text = fuzz_text(data, size);
	check_endpoint(text);
	check_region(text);
	http_proxy_is_bypassed("https://lambda.example:8443/x?y", text);
	check_signing(text);
	if (!document_read_arn(text, size, &arn))
		PROMISE(arn.length);
	if (!credentials_parse_time(text, &seconds))
		PROMISE(size >= 19);
	return 0;
}
