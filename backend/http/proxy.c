/* SPDX-License-Identifier: MIT */
#include "backend/http/proxy.h"

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/config/endpoint.h"

#define SEPARATORS ", \t"

/* The address that a URL begins with: scheme, host and port. */
static bool read_address(const char *url, struct endpoint *ret_endpoint)
{
	char address[ENDPOINT_URL_SIZE];
	const char *authority = strstr(url, "//"), *reason;
	size_t length;

	if (!authority)
		return false;
	length = (size_t)(authority + 2 - url) + strcspn(authority + 2, "/?#");
	if (length >= sizeof(address))
		return false;
	memcpy(address, url, length);
	address[length] = '\0';
	return !endpoint_parse(address, ret_endpoint, &reason);
}

/* Whether the host has that name or, unless it is an address, ends with it behind a dot. */
static bool is_host(const struct endpoint *endpoint, const char *name, size_t length)
{
	size_t host = strlen(endpoint->host);

	while (length && *name == '.') {
		name++;
		length--;
	}
	if (!length || length > host || strncasecmp(endpoint->host + host - length, name, length))
		return false;
	return length == host || endpoint->host[host - length - 1] == '.';
}

/* HOST:PORT, [IPV6] or [IPV6]:PORT; false for everything else. */
static bool entry_matches(const struct endpoint *endpoint, const char *entry, size_t length)
{
	bool bracketed = length > 0 && entry[0] == '[';
	const char *end = memchr(entry, bracketed ? ']' : ':', length);
	const char *rest;
	uint64_t port;
	size_t left;

	if (!end)
		return false;
	rest = end + bracketed;
	left = length - (size_t)(rest - entry);
	if (left &&
		(*rest != ':' || number_parse_u64_bytes(rest + 1, left - 1, UINT16_MAX, &port) ||
			port != endpoint->port))
		return false;
	return is_host(endpoint, entry + bracketed, (size_t)(end - entry) - bracketed);
}

bool http_proxy_is_bypassed(const char *url, const char *no_proxy)
{
	struct endpoint endpoint;
	const char *at;

	if (!read_address(url, &endpoint))
		return false;
	if (!endpoint.https && (endpoint_is_loopback(&endpoint) || endpoint_is_metadata(&endpoint)))
		return true;
	for (at = no_proxy ? no_proxy : ""; *at; at += strspn(at, SEPARATORS)) {
		size_t length = strcspn(at, SEPARATORS);

		if (entry_matches(&endpoint, at, length))
			return true;
		at += length;
	}
	return false;
}
