/* SPDX-License-Identifier: MIT */
#include "backend/config/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>

#include "backend/base/number.h"
#include "backend/base/text.h"

/* --- URLs --- */

static bool is_alphanumeric(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

/* Copies the host in lower case. 0 or -EINVAL. */
static int copy_host(struct endpoint *endpoint, const char *text, size_t length)
{
	struct in6_addr address;
	size_t i;

	if (!length || length > ENDPOINT_HOST_MAX)
		return -EINVAL;
	for (i = 0; i < length; i++) {
		char byte = text[i];

		if (!is_alphanumeric(byte) && !strchr(".-_:", byte))
			return -EINVAL;
		endpoint->host[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
	}
	endpoint->host[length] = '\0';
	if (strchr(endpoint->host, ':'))
		return inet_pton(AF_INET6, endpoint->host, &address) == 1 ? 0 : -EINVAL;
	return 0;
}

/* Reads `HOST[:PORT]` or `[IPv6][:PORT]` of `length` bytes. */
static int parse_authority(
	struct endpoint *endpoint, const char *text, size_t length, const char **ret_reason)
{
	bool bracketed = length > 0 && text[0] == '[';
	const char *end = bracketed ? memchr(text, ']', length) : memchr(text, ':', length);
	size_t host = end ? (size_t)(end - text) : length, rest;
	uint64_t port = endpoint->https ? 443 : 80;

	*ret_reason = "has no usable host name";
	if (memchr(text, '@', length)) {
		*ret_reason = "holds a user name";
		return -EINVAL;
	}
	if (bracketed && (!end || !memchr(text, ':', host)))
		return -EINVAL;
	if (copy_host(endpoint, text + bracketed, host - bracketed))
		return -EINVAL;
	rest = bracketed ? host + 1 : host;
	*ret_reason = "has no usable port number";
	if (rest < length && (text[rest] != ':' || number_parse_u64_bytes(text + rest + 1,
							   length - rest - 1, UINT16_MAX, &port)))
		return -EINVAL;
	if (!port)
		return -EINVAL;
	endpoint->port = (uint16_t)port;
	return 0;
}

static int parse_path(struct endpoint *endpoint, const char *path, const char **ret_reason)
{
	size_t length = strlen(path), i;

	*ret_reason = "has a path that cannot be used";
	while (length && path[length - 1] == '/')
		length--;
	if (length > ENDPOINT_PATH_MAX)
		return -EINVAL;
	for (i = 0; i < length; i++)
		if (!is_alphanumeric(path[i]) && !strchr("/-._~%:@!$&'()*+,;=", path[i]))
			return -EINVAL;
	memcpy(endpoint->path, path, length);
	endpoint->path[length] = '\0';
	return 0;
}

static void write_authority(struct endpoint *endpoint)
{
	bool ipv6 = strchr(endpoint->host, ':') != NULL;
	bool usual = endpoint->port == (endpoint->https ? 443 : 80);
	char port[12] = ""; /* ":65535", with room for what the compiler cannot rule out */

	if (!usual)
		snprintf(port, sizeof(port), ":%u", (unsigned int)endpoint->port);
	snprintf(endpoint->authority, sizeof(endpoint->authority), "%s%s%s%s", ipv6 ? "[" : "",
		endpoint->host, ipv6 ? "]" : "", port);
}

int endpoint_parse(const char *url, struct endpoint *ret_endpoint, const char **ret_reason)
{
	struct endpoint endpoint;
	const char *at;
	size_t length;

	memset(&endpoint, 0, sizeof(endpoint));
	endpoint.https = !strncasecmp(url, "https://", 8);
	if (!endpoint.https && strncasecmp(url, "http://", 7) != 0) {
		*ret_reason = "does not start with https:// or http://";
		return -EINVAL;
	}
	at = strstr(url, "//") + 2;
	length = strcspn(at, "/?#");
	if (strpbrk(at, "?#")) {
		*ret_reason = "holds a query or a fragment";
		return -EINVAL;
	}
	if (parse_authority(&endpoint, at, length, ret_reason) ||
		parse_path(&endpoint, at + length, ret_reason))
		return -EINVAL;
	write_authority(&endpoint);
	*ret_endpoint = endpoint;
	return 0;
}

void endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_URL_SIZE])
{
	snprintf(text, ENDPOINT_URL_SIZE, "http%s://%s%s", endpoint->https ? "s" : "",
		endpoint->authority, endpoint->path);
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	struct in6_addr six;
	struct in_addr four;

	if (!strcmp(endpoint->host, "localhost") || text_ends_with(endpoint->host, ".localhost"))
		return true;
	if (inet_pton(AF_INET, endpoint->host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, endpoint->host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return false;
}

bool endpoint_is_metadata(const struct endpoint *endpoint)
{
	static const char *const hosts[] = {
		"169.254.169.254", /* EC2 instance metadata */
		"169.254.170.2",   /* ECS */
		"169.254.170.23",  /* EKS */
		"fd00:ec2::254",
		"fd00:ec2::23",
		NULL,
	};

	return text_is_one_of(endpoint->host, hosts);
}

/* --- regions and partitions --- */

struct partition {
	const char *id;
	const char *prefixes; /* of its regions, each ended by a comma */
	const char *suffix;
	const char *dual_stack_suffix;
};

/* backend/lambda/NOTES.md section 11; the first is also the answer for unknown regions. */
static const struct partition partitions[] = {
	{"aws", "us,eu,ap,sa,ca,me,af,il,mx,", "amazonaws.com", "api.aws"},
	{"aws-cn", "cn,", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"aws-us-gov", "us-gov,", "amazonaws.com", "api.aws"},
	{"aws-eusc", "eusc-de,", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"aws-iso", "us-iso,", "c2s.ic.gov", "api.aws.ic.gov"},
	{"aws-iso-b", "us-isob,", "sc2s.sgov.gov", "api.aws.scloud"},
	{"aws-iso-e", "eu-isoe,", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"aws-iso-f", "us-isof,", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
};

bool endpoint_is_region(const char *region)
{
	size_t length = strlen(region), i;

	if (!length || length > ENDPOINT_REGION_MAX || region[0] == '-' ||
		region[length - 1] == '-')
		return false;
	for (i = 0; i < length; i++)
		if (!is_alphanumeric(region[i]) && region[i] != '-')
			return false;
	return true;
}

/* Whether the region is PREFIX-WORD-NUMBER. */
static bool region_has_prefix(const char *region, const char *prefix, size_t length)
{
	size_t word, digits;

	if (strncmp(region, prefix, length) != 0 || region[length] != '-')
		return false;
	region += length + 1;
	for (word = 0; is_alphanumeric(region[word]) || region[word] == '_'; word++)
		;
	if (!word || region[word] != '-')
		return false;
	region += word + 1;
	digits = strspn(region, "0123456789");
	return digits && !region[digits];
}

static const struct partition *find_partition(const char *region)
{
	size_t i;

	for (i = 0; i < array_count(partitions); i++) {
		const char *prefix = partitions[i].prefixes;

		while (*prefix) {
			size_t length = strcspn(prefix, ",");

			if (region_has_prefix(region, prefix, length))
				return &partitions[i];
			prefix += length + 1;
		}
	}
	return &partitions[0];
}

void endpoint_host(const char *prefix, const char *region, bool fips, bool dual_stack,
	char host[ENDPOINT_HOST_MAX + 1])
{
	const struct partition *partition = find_partition(region);

	/* In GovCloud what gives credentials has one host, and that is the FIPS one. */
	if (!dual_stack && !strcmp(partition->id, "aws-us-gov") && strcmp(prefix, "lambda") != 0)
		fips = false;
	snprintf(host, ENDPOINT_HOST_MAX + 1, "%s%s.%s.%s", prefix, fips ? "-fips" : "", region,
		dual_stack ? partition->dual_stack_suffix : partition->suffix);
}
