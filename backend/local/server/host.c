/* SPDX-License-Identifier: MIT */
#include "backend/local/server/host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

static bool is_port(const char *text)
{
	return !*text || (*text == ':' && strspn(text + 1, "0123456789") == strlen(text + 1));
}

/* "::1" as it is given to --allow-host: more than one colon, and no brackets. */
static bool is_bare_six(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET6, text, &address) == 1;
}

bool host_parse(const char *text, char name[HOST_NAME_SIZE])
{
	size_t length;

	if (is_bare_six(text))
		return snprintf(name, HOST_NAME_SIZE, "%s", text) > 0;
	if (*text == '[') {
		length = strcspn(++text, "]");
		if (!text[length] || !is_port(text + length + 1) || length >= HOST_NAME_SIZE)
			return false;
		snprintf(name, HOST_NAME_SIZE, "%.*s", (int)length, text);
		return is_bare_six(name);
	}
	length = strspn(text, NAME_BYTES);
	if (!length || length >= HOST_NAME_SIZE || !is_port(text + length))
		return false;
	if (length > 1 && text[length - 1] == '.')
		length--;
	snprintf(name, HOST_NAME_SIZE, "%.*s", (int)length, text);
	return true;
}

bool host_is_loopback(const char *name)
{
	static const char domain[] = ".localhost";
	size_t length = strlen(name);
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, name, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, name, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return !strcasecmp(name, "localhost") ||
	       (length > strlen(domain) && !strcasecmp(name + length - strlen(domain), domain));
}

/* An IPv4 address as a socket of both families has it, ::ffff:192.0.2.1. */
static bool parse_address(const char *name, struct in6_addr *ret_address)
{
	char mapped[sizeof("::ffff:") + INET_ADDRSTRLEN];
	struct in_addr four;

	if (inet_pton(AF_INET, name, &four) != 1)
		return inet_pton(AF_INET6, name, ret_address) == 1;
	snprintf(mapped, sizeof(mapped), "::ffff:%s", name);
	return inet_pton(AF_INET6, mapped, ret_address) == 1;
}

bool host_is_same(const char *name, const char *other)
{
	struct in6_addr first, second;

	if (parse_address(name, &first) && parse_address(other, &second))
		return IN6_ARE_ADDR_EQUAL(&first, &second);
	return !strcasecmp(name, other);
}
