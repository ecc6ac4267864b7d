/* SPDX-License-Identifier: MIT */
/*
 * Which profile, which region, which address: AWS's rules of precedence (backend/lambda/NOTES.md sections 10.2,
 * 10.4 and 11), each answer with where it came from. Pure: the environment and the files are
 * arguments; nothing blocks.
 */
#ifndef ALIASFS_CONFIG_ENDPOINT_H
#define ALIASFS_CONFIG_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/base/error.h"
#include "backend/config/environment.h"
#include "backend/config/profile.h"

#define ENDPOINT_HOST_MAX 253  /* bytes of a host name */
#define ENDPOINT_PATH_MAX 512  /* bytes of the path in front of the API's own */
#define ENDPOINT_REGION_MAX 63 /* bytes of a region's name: it becomes a part of a host name */

/* An address, taken apart and checked: nothing but what a Host header may hold is in it. */
struct endpoint {
	bool https;
	uint16_t port;                    /* never 0 */
	char host[ENDPOINT_HOST_MAX + 1]; /* in lower case, an IPv6 address without [] */
	char path[ENDPOINT_PATH_MAX + 1]; /* without a slash at its end: "" or "/prefix" */
	char authority[ENDPOINT_HOST_MAX + 2 + 12 +
		       1]; /* the Host header: port only if not the default */
};

#define ENDPOINT_URL_SIZE (8 + sizeof(((struct endpoint *)0)->authority) + ENDPOINT_PATH_MAX)

/*
 * Takes `http[s]://HOST[:PORT][/PATH]` apart. 0, or -EINVAL with *ret_reason a static text: no user,
 * no query, no fragment, no byte that does not belong.
 */
int endpoint_parse(
	const char *url, struct endpoint *ret_endpoint, const char **ret_reason) must_check;

/* The URL again: scheme, authority and path. */
void endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_URL_SIZE]);

/* Whether the host is this machine: localhost, *.localhost, 127.0.0.0/8 or ::1. */
bool endpoint_is_loopback(const struct endpoint *endpoint);

/* Whether the host is one of the addresses that give containers and instances their credentials. */
bool endpoint_is_metadata(const struct endpoint *endpoint);

/* Whether a name may stand in a host name as a region: letters, digits and hyphens. */
bool endpoint_is_region(const char *region);

/* The host that a service has in a region: "lambda-fips.us-east-1.amazonaws.com". */
void endpoint_host(const char *prefix, const char *region, bool fips, bool dual_stack,
	char host[ENDPOINT_HOST_MAX + 1]);

/* --- what was decided, and why --- */

#define SETTING_SOURCE_SIZE 384

/* One decision. `value` is never NULL after success; owned by the struct settings. */
struct setting {
	char *value;
	char source
		[SETTING_SOURCE_SIZE]; /* for people: "AWS_REGION", "/home/u/.aws/config line 3" */
};

/* What the user said on the command line; NULL: nothing. Borrowed. */
struct settings_request {
	const char *profile;
	const char *region;
	const char *endpoint_url;
	bool insecure_http; /* plain http to other machines is wanted */
	bool local;         /* local:DIR: no files, no environment, us-east-1 and a Unix socket */
};

struct settings {
	struct profile_set *profiles; /* NULL when local */
	struct setting profile;
	bool profile_explicit; /* by option: the environment's credentials are not looked at */
	struct setting region;
	struct setting endpoint_url;
	struct endpoint endpoint;
	bool endpoint_explicit; /* by option: what answers Lambda's calls answers CloudTrail's too */
	bool insecure_http;     /* as asked for; other services' addresses too */
	struct setting ca_bundle;    /* value NULL: the system's */
	struct setting max_attempts; /* decimal */
	uint64_t attempts;
};

/*
 * Decides all of it. Takes `profiles` in any case (NULL when local). LAMBDA_INVALID says what is
 * wrong and where it stands.
 */
enum lambda_status settings_resolve(const struct settings_request *request,
	const struct environment *environment, struct profile_set *profiles,
	struct settings *ret_settings, struct lambda_error *reterr) must_check;
void settings_release(struct settings *settings);

/* A service of AWS, and how a user names its address. All borrowed. */
struct endpoint_service {
	const char *id;       /* in a services section: "sso_oidc" */
	const char *prefix;   /* of its host: "oidc" */
	const char *variable; /* "AWS_ENDPOINT_URL_SSO_OIDC" */
	const char *region;
};

/* The address of another service, by the same rules as the main one. LAMBDA_INVALID as above. */
enum lambda_status settings_service_endpoint(const struct settings *settings,
	const struct environment *environment, const struct endpoint_service *service,
	struct endpoint *ret_endpoint, struct lambda_error *reterr) must_check;

/* A value by environment variable, else by the profile's key; NULL when neither has it. */
const char *settings_lookup(const struct settings *settings, const struct environment *environment,
	const char *variable, const char *key, char source[SETTING_SOURCE_SIZE]);

#endif
