/* SPDX-License-Identifier: MIT */
/* The precedence of options, environment and files: backend/lambda/NOTES.md sections 10.2 and 10.4. */
#include "backend/config/endpoint.h"

#include <errno.h>

#include "backend/base/number.h"
#include "backend/base/text.h"

#define LOCAL_REGION "us-east-1"
#define LOCAL_URL "http://localhost"
#define ATTEMPTS 3      /* standard mode: the first try and two more */
#define ATTEMPTS_MAX 10 /* the deadline ends it long before */

void settings_release(struct settings *settings)
{
	profile_set_free(settings->profiles);
	free(settings->profile.value);
	free(settings->region.value);
	free(settings->endpoint_url.value);
	free(settings->ca_bundle.value);
	free(settings->max_attempts.value);
	memset(settings, 0, sizeof(*settings));
}

static void write_origin(const struct profile_origin *origin, char source[SETTING_SOURCE_SIZE])
{
	snprintf(source, SETTING_SOURCE_SIZE, "%s line %u", origin->path, origin->line);
}

static enum lambda_status set_setting(
	struct setting *setting, const char *value, const char *source, struct lambda_error *reterr)
{
	char *copy = strdup(value);

	if (!copy)
		return lambda_fail_memory(reterr);
	free(setting->value);
	setting->value = copy;
	if (source != setting->source)
		snprintf(setting->source, sizeof(setting->source), "%s", source);
	return LAMBDA_OK;
}

const char *settings_lookup(const struct settings *settings, const struct environment *environment,
	const char *variable, const char *key, char source[SETTING_SOURCE_SIZE])
{
	const char *value = variable ? environment_get(environment, variable) : NULL;
	struct profile_origin origin;

	if (value) {
		snprintf(source, SETTING_SOURCE_SIZE, "%s", variable);
		return value;
	}
	value = settings->profiles
			? profile_set_get(settings->profiles, settings->profile.value, key, &origin)
			: NULL;
	if (!value || !*value)
		return NULL;
	write_origin(&origin, source);
	return value;
}

/* As the CLI does: only the word "true" switches something on. */
static bool lookup_switch(const struct settings *settings, const struct environment *environment,
	const char *variable, const char *key, char source[SETTING_SOURCE_SIZE])
{
	const char *value = settings_lookup(settings, environment, variable, key, source);

	return value && !strcasecmp(value, "true");
}

static enum lambda_status resolve_profile(const struct settings_request *request,
	const struct environment *environment, struct settings *settings,
	struct lambda_error *reterr)
{
	static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
	const char *name = request->profile, *source = "the profile option";
	size_t i;

	settings->profile_explicit = name != NULL;
	for (i = 0; !name && i < array_count(variables); i++) {
		name = environment_get(environment, variables[i]);
		source = variables[i];
	}
	if (!name)
		return set_setting(&settings->profile, "default", "default", reterr);
	if (!profile_set_has(settings->profiles, name))
		return lambda_fail(reterr, LAMBDA_INVALID,
			"profile %s, chosen by %s, is neither in %s nor in %s", name, source,
			profile_set_path(settings->profiles, PROFILE_CONFIG),
			profile_set_path(settings->profiles, PROFILE_CREDENTIALS));
	return set_setting(&settings->profile, name, source, reterr);
}

static enum lambda_status resolve_region(const struct settings_request *request,
	const struct environment *environment, struct settings *settings,
	struct lambda_error *reterr)
{
	struct setting *region = &settings->region;
	const char *name = request->region;

	snprintf(region->source, sizeof(region->source), "the region option");
	if (!name) {
		name = environment_get(environment, "AWS_REGION");
		snprintf(region->source, sizeof(region->source), "AWS_REGION");
	}
	if (!name)
		name = settings_lookup(
			settings, environment, "AWS_DEFAULT_REGION", "region", region->source);
	if (!name) {
		lambda_fail(reterr, LAMBDA_INVALID, "no region is configured");
		lambda_hint(reterr,
			"name it as aws:REGION, in AWS_REGION, or as `region` of profile "
			"%s in %s",
			settings->profile.value,
			profile_set_path(settings->profiles, PROFILE_CONFIG));
		return LAMBDA_INVALID;
	}
	if (!endpoint_is_region(name))
		return lambda_fail(reterr, LAMBDA_INVALID,
			"\"%s\" (%s) cannot be the name of a region", name, region->source);
	return set_setting(region, name, region->source, reterr);
}

/* The URL that a profile gives a service, by its services section or for all; NULL when it gives none. */
static enum lambda_status url_of_profile(const struct settings *settings, const char *id,
	const char **ret_url, char source[SETTING_SOURCE_SIZE], struct lambda_error *reterr)
{
	const struct profile_set *profiles = settings->profiles;
	const char *profile = settings->profile.value, *url = NULL;
	struct profile_origin origin;
	const char *services = profile_set_get(profiles, profile, "services", &origin);

	*ret_url = NULL;
	if (services && !profile_set_has_services(profiles, services)) {
		/* A mistyped name must not lead to the real AWS. */
		write_origin(&origin, source);
		return lambda_fail(reterr, LAMBDA_INVALID,
			"%s names the services section \"%s\", and there is no [services %s]",
			source, services, services);
	}
	if (services)
		url = profile_set_get_service(profiles, services, id, "endpoint_url", &origin);
	if (!url || !*url)
		url = profile_set_get(profiles, profile, "endpoint_url", &origin);
	if (!url || !*url)
		return LAMBDA_OK;
	write_origin(&origin, source);
	*ret_url = url;
	return LAMBDA_OK;
}

/* A configured URL for a service: items 2 to 5 of the precedence. NULL when there is none. */
static enum lambda_status configured_url(const struct settings *settings,
	const struct environment *environment, const char *id, const char *variable,
	const char **ret_url, char source[SETTING_SOURCE_SIZE], struct lambda_error *reterr)
{
	const char *variables[] = {variable, "AWS_ENDPOINT_URL"};
	size_t i;

	*ret_url = NULL;
	if (lookup_switch(settings, environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
		    "ignore_configured_endpoint_urls", source))
		return LAMBDA_OK;
	for (i = 0; i < array_count(variables); i++) {
		snprintf(source, SETTING_SOURCE_SIZE, "%s", variables[i]);
		*ret_url = environment_get(environment, variables[i]);
		if (*ret_url)
			return LAMBDA_OK;
	}
	return url_of_profile(settings, id, ret_url, source, reterr);
}

static enum lambda_status accept_url(const char *url, const char *source, bool insecure_http,
	struct endpoint *ret_endpoint, struct lambda_error *reterr)
{
	const char *reason = NULL;

	if (endpoint_parse(url, ret_endpoint, &reason))
		return lambda_fail(
			reterr, LAMBDA_INVALID, "the endpoint URL of %s %s", source, reason);
	if (ret_endpoint->https || insecure_http || endpoint_is_loopback(ret_endpoint) ||
		endpoint_is_metadata(ret_endpoint))
		return LAMBDA_OK;
	lambda_fail(reterr, LAMBDA_INVALID,
		"the endpoint URL of %s is plain http to another machine (%s)", source,
		ret_endpoint->authority);
	lambda_hint(reterr, "use https, or allow it with -o insecure_http");
	return LAMBDA_INVALID;
}

static enum lambda_status rule_endpoint(const char *prefix, const char *region, bool fips,
	bool dual_stack, struct endpoint *ret_endpoint, struct lambda_error *reterr)
{
	char url[ENDPOINT_HOST_MAX + 16] = "https://";
	const char *reason = NULL;

	endpoint_host(prefix, region, fips, dual_stack, url + strlen(url));
	if (endpoint_parse(url, ret_endpoint, &reason))
		return lambda_fail(
			reterr, LAMBDA_INVALID, "the endpoint of region %s %s", region, reason);
	return LAMBDA_OK;
}

/* Decides one service's address; `url` is an option's, or NULL. *source is where it came from. */
static enum lambda_status decide_endpoint(const struct settings *settings,
	const struct environment *environment, const struct endpoint_service *service,
	const char *url, struct endpoint *ret_endpoint, char source[SETTING_SOURCE_SIZE],
	struct lambda_error *reterr)
{
	char where[SETTING_SOURCE_SIZE], other[SETTING_SOURCE_SIZE];
	bool fips = lookup_switch(
		settings, environment, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", where);
	bool dual_stack = lookup_switch(settings, environment, "AWS_USE_DUALSTACK_ENDPOINT",
		"use_dualstack_endpoint", fips ? other : where);

	enum lambda_status status = LAMBDA_OK;

	snprintf(source, SETTING_SOURCE_SIZE, "the endpoint_url option");
	if (!url)
		status = configured_url(settings, environment, service->id, service->variable, &url,
			source, reterr);
	if (status)
		return status;
	if (url && (fips || dual_stack))
		return lambda_fail(reterr, LAMBDA_INVALID,
			"%s asks for a %s endpoint, and %s names another one", where,
			fips ? "FIPS" : "dual-stack", source);
	if (url)
		return accept_url(url, source, settings->insecure_http, ret_endpoint, reterr);
	snprintf(source, SETTING_SOURCE_SIZE, "region %s%s%s", service->region,
		fips ? ", FIPS" : "", dual_stack ? ", dual-stack" : "");
	return rule_endpoint(
		service->prefix, service->region, fips, dual_stack, ret_endpoint, reterr);
}

enum lambda_status settings_service_endpoint(const struct settings *settings,
	const struct environment *environment, const struct endpoint_service *service,
	struct endpoint *ret_endpoint, struct lambda_error *reterr)
{
	char source[SETTING_SOURCE_SIZE];

	return decide_endpoint(settings, environment, service, NULL, ret_endpoint, source, reterr);
}

static enum lambda_status resolve_endpoint(const struct settings_request *request,
	const struct environment *environment, struct settings *settings,
	struct lambda_error *reterr)
{
	const struct endpoint_service lambda = {
		"lambda", "lambda", "AWS_ENDPOINT_URL_LAMBDA", settings->region.value};
	char url[ENDPOINT_URL_SIZE];
	enum lambda_status status = decide_endpoint(settings, environment, &lambda,
		request->endpoint_url, &settings->endpoint, settings->endpoint_url.source, reterr);

	if (status)
		return status;
	settings->endpoint_explicit = request->endpoint_url != NULL;
	endpoint_format(&settings->endpoint, url);
	return set_setting(&settings->endpoint_url, url, settings->endpoint_url.source, reterr);
}

static enum lambda_status resolve_rest(const struct environment *environment,
	struct settings *settings, struct lambda_error *reterr)
{
	struct setting *bundle = &settings->ca_bundle, *attempts = &settings->max_attempts;
	const char *value = settings_lookup(
		settings, environment, "AWS_CA_BUNDLE", "ca_bundle", bundle->source);
	enum lambda_status status = LAMBDA_OK;

	settings->attempts = ATTEMPTS;
	if (value) {
		cleanup(free_pointer) char *path = profile_resolve_path(environment, value);

		status = path ? set_setting(bundle, path, bundle->source, reterr)
			      : lambda_fail_memory(reterr);
	}
	if (status)
		return status;
	value = settings_lookup(
		settings, environment, "AWS_MAX_ATTEMPTS", "max_attempts", attempts->source);
	if (!value)
		return set_setting(attempts, "3", "default", reterr);
	if (number_parse_u64(value, UINT32_MAX, &settings->attempts) || !settings->attempts)
		return lambda_fail(reterr, LAMBDA_INVALID,
			"\"%s\" (%s) is not a number of attempts", value, attempts->source);
	if (settings->attempts > ATTEMPTS_MAX)
		settings->attempts = ATTEMPTS_MAX;
	return set_setting(attempts, value, attempts->source, reterr);
}

static enum lambda_status resolve_local(const struct settings_request *request,
	struct settings *settings, struct lambda_error *reterr)
{
	const char *reason = NULL;
	enum lambda_status status =
		set_setting(&settings->profile, "", "not used by local:", reterr);

	settings->attempts = ATTEMPTS;
	settings->endpoint_explicit = true;
	if (!status)
		status = set_setting(&settings->region,
			request->region ? request->region : LOCAL_REGION,
			request->region ? "the region option" : "default of local:", reterr);
	if (!status && !endpoint_is_region(settings->region.value))
		status = lambda_fail(reterr, LAMBDA_INVALID,
			"\"%s\" cannot be the name of a region", settings->region.value);
	if (!status)
		status = set_setting(&settings->endpoint_url, LOCAL_URL, "local:", reterr);
	if (!status)
		status = set_setting(&settings->max_attempts, "3", "default", reterr);
	if (!status && endpoint_parse(LOCAL_URL, &settings->endpoint, &reason))
		status = lambda_fail(reterr, LAMBDA_INVALID, LOCAL_URL " %s", reason);
	return status;
}

static enum lambda_status resolve_aws(const struct settings_request *request,
	const struct environment *environment, struct settings *settings,
	struct lambda_error *reterr)
{
	enum lambda_status status = resolve_profile(request, environment, settings, reterr);

	if (!status)
		status = resolve_region(request, environment, settings, reterr);
	if (!status)
		status = resolve_endpoint(request, environment, settings, reterr);
	if (!status)
		status = resolve_rest(environment, settings, reterr);
	return status;
}

enum lambda_status settings_resolve(const struct settings_request *request,
	const struct environment *environment, struct profile_set *profiles,
	struct settings *ret_settings, struct lambda_error *reterr)
{
	struct settings settings = {.profiles = profiles, .insecure_http = request->insecure_http};
	enum lambda_status status = request->local
					    ? resolve_local(request, &settings, reterr)
					    : resolve_aws(request, environment, &settings, reterr);

	if (status) {
		settings_release(&settings);
		return status;
	}
	*ret_settings = settings;
	return LAMBDA_OK;
}
