/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/config/endpoint.h"
#include "backend/config/profile_ini.h"
#include "tests/unit/backend/config/table_environment.h"

static void urls_are_taken_apart(void **state)
{
	static const struct {
		const char *url, *again, *authority;
		bool loopback;
	} rows[] = {
		{"https://lambda.us-east-1.amazonaws.com", "https://lambda.us-east-1.amazonaws.com",
			"lambda.us-east-1.amazonaws.com", false},
		{"https://H.Example:443/", "https://h.example", "h.example", false},
		{"http://h:80", "http://h", "h", false},
		{"HTTP://h:443", "http://h:443", "h:443", false},
		{"http://127.0.0.1:9001/pre/fix//", "http://127.0.0.1:9001/pre/fix",
			"127.0.0.1:9001", true},
		{"http://127.8.9.1", "http://127.8.9.1", "127.8.9.1", true},
		{"http://localhost:1", "http://localhost:1", "localhost:1", true},
		{"http://x.localhost", "http://x.localhost", "x.localhost", true},
		{"http://[::1]:8000", "http://[::1]:8000", "[::1]:8000", true},
		{"http://[fd00:ec2::254]", "http://[fd00:ec2::254]", "[fd00:ec2::254]", false},
		{"http://notlocalhost", "http://notlocalhost", "notlocalhost", false},
		{"http://127.0.0.1.evil.org", "http://127.0.0.1.evil.org", "127.0.0.1.evil.org",
			false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		struct endpoint endpoint;
		const char *reason = NULL;
		char text[ENDPOINT_URL_SIZE];

		assert_int_equal(endpoint_parse(rows[i].url, &endpoint, &reason), 0);
		endpoint_format(&endpoint, text);
		assert_string_equal(text, rows[i].again);
		assert_string_equal(endpoint.authority, rows[i].authority);
		assert_int_equal(endpoint_is_loopback(&endpoint), rows[i].loopback);
	}
}

static void bad_urls_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"lambda",
		"ftp://h",
		"http://",
		"http://:80",
		"http://h:0",
		"http://h:65536",
		"http://h:",
		"http://h:8x",
		"http://user@h",
		"http://user:pass@h",
		"http://h?q",
		"http://h/#f",
		"http://h/a b",
		"http://h/\n",
		"http://h\r\nX: y",
		"http://[::1",
		"http://[]",
		"http://[h]",
		"http://::1",
		"http://h/\xc3\xa9",
		"http://a/b\\c",
	};
	struct endpoint endpoint;
	const char *reason;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		reason = NULL;
		assert_int_equal(endpoint_parse(rows[i], &endpoint, &reason), -EINVAL);
		assert_non_null(reason);
	}
}

static void hosts_of_partitions(void **state)
{
	static const struct {
		const char *region;
		bool fips, dual_stack;
		const char *host;
	} rows[] = {
		{"us-east-1", 0, 0, "lambda.us-east-1.amazonaws.com"},
		{"us-east-1", 1, 0, "lambda-fips.us-east-1.amazonaws.com"},
		{"eu-west-1", 0, 1, "lambda.eu-west-1.api.aws"},
		{"us-west-2", 1, 1, "lambda-fips.us-west-2.api.aws"},
		{"mx-central-1", 0, 0, "lambda.mx-central-1.amazonaws.com"},
		{"cn-north-1", 0, 0, "lambda.cn-north-1.amazonaws.com.cn"},
		{"cn-north-1", 0, 1, "lambda.cn-north-1.api.amazonwebservices.com.cn"},
		{"us-gov-west-1", 0, 0, "lambda.us-gov-west-1.amazonaws.com"},
		{"us-gov-west-1", 1, 0, "lambda-fips.us-gov-west-1.amazonaws.com"},
		{"eusc-de-east-1", 0, 0, "lambda.eusc-de-east-1.amazonaws.eu"},
		{"us-iso-east-1", 0, 0, "lambda.us-iso-east-1.c2s.ic.gov"},
		{"us-isob-east-1", 0, 0, "lambda.us-isob-east-1.sc2s.sgov.gov"},
		{"eu-isoe-west-1", 0, 0, "lambda.eu-isoe-west-1.cloud.adc-e.uk"},
		{"us-isof-south-1", 0, 1, "lambda.us-isof-south-1.api.aws.hci.ic.gov"},
		{"mars-north-1", 0, 0, "lambda.mars-north-1.amazonaws.com"},
	};
	char host[ENDPOINT_HOST_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		endpoint_host("lambda", rows[i].region, rows[i].fips, rows[i].dual_stack, host);
		assert_string_equal(host, rows[i].host);
	}
}

static void hosts_of_what_gives_credentials(void **state)
{
	static const struct {
		const char *prefix, *region;
		bool fips, dual_stack;
		const char *host;
	} rows[] = {
		{"sts", "us-east-1", 0, 0, "sts.us-east-1.amazonaws.com"},
		{"sts", "us-east-1", 1, 0, "sts-fips.us-east-1.amazonaws.com"},
		{"sts", "us-gov-west-1", 1, 0, "sts.us-gov-west-1.amazonaws.com"},
		{"sts", "us-gov-west-1", 1, 1, "sts-fips.us-gov-west-1.api.aws"},
		{"portal.sso", "us-gov-east-1", 1, 0, "portal.sso.us-gov-east-1.amazonaws.com"},
		{"portal.sso", "us-east-1", 1, 0, "portal.sso-fips.us-east-1.amazonaws.com"},
		{"oidc", "us-gov-west-1", 1, 0, "oidc.us-gov-west-1.amazonaws.com"},
		{"oidc", "cn-north-1", 0, 1, "oidc.cn-north-1.api.amazonwebservices.com.cn"},
	};
	char host[ENDPOINT_HOST_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		endpoint_host(
			rows[i].prefix, rows[i].region, rows[i].fips, rows[i].dual_stack, host);
		assert_string_equal(host, rows[i].host);
	}
}

static void regions_are_host_labels(void **state)
{
	(void)state;
	assert_true(endpoint_is_region("us-east-1"));
	assert_true(endpoint_is_region("anything-at-all"));
	assert_false(endpoint_is_region(""));
	assert_false(endpoint_is_region("evil.org/"));
	assert_false(endpoint_is_region("-x"));
	assert_false(endpoint_is_region("us east"));
}

/* --- precedence --- */

#define VARIABLES 6

struct scene {
	const char *name;
	struct variable variables[VARIABLES];
	struct settings_request request;
	enum lambda_status status;
	/* wanted on success; NULL: not looked at. On failure `endpoint` is a part of the sentence. */
	const char *profile, *region, *endpoint, *source;
};

static const char config[] = "[default]\n"
			     "region = us-east-1\n"
			     "[profile dev]\n"
			     "region = eu-west-1\n"
			     "endpoint_url = http://localhost:4000\n"
			     "[profile svc]\n"
			     "region = eu-west-2\n"
			     "services = both\n"
			     "endpoint_url = http://localhost:4000\n"
			     "[profile fips]\n"
			     "region = us-west-2\n"
			     "use_fips_endpoint = True\n"
			     "[profile dual]\n"
			     "region = us-west-2\n"
			     "use_dualstack_endpoint = true\n"
			     "[profile quiet]\n"
			     "region = us-west-2\n"
			     "ignore_configured_endpoint_urls = true\n"
			     "endpoint_url = http://localhost:4000\n"
			     "[profile bare]\n"
			     "output = json\n"
			     "[profile open]\n"
			     "region = us-west-2\n"
			     "endpoint_url = http://example.com\n"
			     "[profile typo]\n"
			     "region = us-west-2\n"
			     "services = bath\n"
			     "[services both]\n"
			     "lambda =\n"
			     "  endpoint_url = http://localhost:5000\n"
			     "sts =\n"
			     "  endpoint_url = http://localhost:5001\n";
static const char shared[] = "[onlycreds]\naws_access_key_id=A\nregion=ap-south-1\n";

static const struct scene scenes[] = {
	{.name = "default profile, region of the file",
		.profile = "default",
		.region = "us-east-1",
		.endpoint = "https://lambda.us-east-1.amazonaws.com",
		.source = "region us-east-1"},
	{.name = "AWS_REGION before AWS_DEFAULT_REGION before the file",
		.variables = {{"AWS_REGION", "sa-east-1"}, {"AWS_DEFAULT_REGION", "ca-west-1"}},
		.region = "sa-east-1"},
	{.name = "AWS_DEFAULT_REGION before the file",
		.variables = {{"AWS_DEFAULT_REGION", "ca-west-1"}},
		.region = "ca-west-1"},
	{.name = "an empty variable is unset",
		.variables = {{"AWS_REGION", ""}},
		.region = "us-east-1"},
	{.name = "the option before all",
		.variables = {{"AWS_REGION", "sa-east-1"}},
		.request = {.region = "eu-north-1"},
		.region = "eu-north-1"},
	{.name = "AWS_PROFILE before AWS_DEFAULT_PROFILE",
		.variables = {{"AWS_PROFILE", "dev"}, {"AWS_DEFAULT_PROFILE", "svc"}},
		.profile = "dev",
		.region = "eu-west-1"},
	{.name = "AWS_DEFAULT_PROFILE",
		.variables = {{"AWS_DEFAULT_PROFILE", "svc"}},
		.profile = "svc"},
	{.name = "the profile option before both",
		.variables = {{"AWS_PROFILE", "dev"}},
		.request = {.profile = "svc"},
		.profile = "svc",
		.region = "eu-west-2"},
	{.name = "a profile of the credentials file alone",
		.request = {.profile = "onlycreds"},
		.region = "ap-south-1"},
	{.name = "a profile that is nowhere",
		.variables = {{"AWS_PROFILE", "nowhere"}},
		.status = LAMBDA_INVALID,
		.endpoint = "profile nowhere, chosen by AWS_PROFILE"},
	{.name = "no region",
		.request = {.profile = "bare"},
		.status = LAMBDA_INVALID,
		.endpoint = "no region"},
	{.name = "a region that is none",
		.request = {.region = "a.b"},
		.status = LAMBDA_INVALID,
		.endpoint = "\"a.b\" (the region option)"},
	{.name = "URL: the profile's",
		.request = {.profile = "dev"},
		.endpoint = "http://localhost:4000",
		.source = "config line 5"},
	{.name = "URL: services before the profile's",
		.request = {.profile = "svc"},
		.endpoint = "http://localhost:5000"},
	{.name = "URL: a services section that is not there",
		.request = {.profile = "typo"},
		.status = LAMBDA_INVALID,
		.endpoint = "names the services section \"bath\", and there is no [services bath]"},
	{.name = "URL: an unused services section",
		.variables = {{"AWS_ENDPOINT_URL_LAMBDA", "http://localhost:7000"}},
		.request = {.profile = "typo"},
		.endpoint = "http://localhost:7000"},
	{.name = "URL: AWS_ENDPOINT_URL before services",
		.variables = {{"AWS_ENDPOINT_URL", "http://localhost:6000"}},
		.request = {.profile = "svc"},
		.endpoint = "http://localhost:6000",
		.source = "AWS_ENDPOINT_URL"},
	{.name = "URL: AWS_ENDPOINT_URL_LAMBDA before AWS_ENDPOINT_URL",
		.variables = {{"AWS_ENDPOINT_URL", "http://localhost:6000"},
			{"AWS_ENDPOINT_URL_LAMBDA", "http://localhost:7000/x"}},
		.endpoint = "http://localhost:7000/x",
		.source = "AWS_ENDPOINT_URL_LAMBDA"},
	{.name = "URL: the option before all",
		.variables = {{"AWS_ENDPOINT_URL_LAMBDA", "http://localhost:7000"}},
		.request = {.endpoint_url = "http://localhost:8000"},
		.endpoint = "http://localhost:8000",
		.source = "the endpoint_url option"},
	{.name = "URL: configured ones ignored by the environment",
		.variables = {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"},
			{"AWS_ENDPOINT_URL", "http://localhost:6000"}},
		.request = {.profile = "dev"},
		.endpoint = "https://lambda.eu-west-1.amazonaws.com"},
	{.name = "URL: configured ones ignored by the profile",
		.request = {.profile = "quiet"},
		.endpoint = "https://lambda.us-west-2.amazonaws.com"},
	{.name = "URL: the option is not ignored",
		.variables = {{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}},
		.request = {.endpoint_url = "http://localhost:8000"},
		.endpoint = "http://localhost:8000"},
	{.name = "FIPS by profile",
		.request = {.profile = "fips"},
		.endpoint = "https://lambda-fips.us-west-2.amazonaws.com"},
	{.name = "FIPS by environment, which wins",
		.variables = {{"AWS_USE_FIPS_ENDPOINT", "false"}},
		.request = {.profile = "fips"},
		.endpoint = "https://lambda.us-west-2.amazonaws.com"},
	{.name = "dual-stack",
		.request = {.profile = "dual"},
		.endpoint = "https://lambda.us-west-2.api.aws"},
	{.name = "both",
		.variables = {{"AWS_USE_FIPS_ENDPOINT", "true"}},
		.request = {.profile = "dual"},
		.endpoint = "https://lambda-fips.us-west-2.api.aws"},
	{.name = "FIPS and an URL contradict",
		.request = {.profile = "fips", .endpoint_url = "http://localhost:8000"},
		.status = LAMBDA_INVALID,
		.endpoint = "asks for a FIPS endpoint"},
	{.name = "plain http to another machine",
		.request = {.profile = "open"},
		.status = LAMBDA_INVALID,
		.endpoint = "plain http to another machine (example.com)"},
	{.name = "plain http to another machine, wanted",
		.request = {.profile = "open", .insecure_http = true},
		.endpoint = "http://example.com"},
	{.name = "plain http to the metadata address",
		.request = {.endpoint_url = "http://169.254.170.2"},
		.endpoint = "http://169.254.170.2"},
	{.name = "a broken URL says where it stands",
		.variables = {{"AWS_ENDPOINT_URL", "localhost:1"}},
		.status = LAMBDA_INVALID,
		.endpoint = "the endpoint URL of AWS_ENDPOINT_URL does not start with"},
	{.name = "attempts that are no number",
		.variables = {{"AWS_MAX_ATTEMPTS", "many"}},
		.status = LAMBDA_INVALID,
		.endpoint = "\"many\" (AWS_MAX_ATTEMPTS)"},
	{.name = "local: nothing is looked at",
		.variables = {{"AWS_REGION", "sa-east-1"}, {"AWS_PROFILE", "nowhere"},
			{"AWS_ENDPOINT_URL", "http://localhost:6000"}},
		.request = {.local = true},
		.region = "us-east-1",
		.endpoint = "http://localhost"},
};

static struct profile_file *parse(const char *text)
{
	struct profile_problem problem;
	struct profile_file *file = NULL;

	assert_int_equal(profile_file_parse(text, strlen(text), &file, &problem), 0);
	return file;
}

static void check(const struct scene *scene)
{
	struct variable variables[VARIABLES];
	struct environment environment = table_environment(variables);
	struct profile_set *profiles =
		scene->request.local
			? NULL
			: profile_set_new(parse(config), "config", parse(shared), "credentials");
	struct lambda_error error = {0};
	struct settings settings;
	enum lambda_status status;

	memcpy(variables, scene->variables, sizeof(variables));
	status = settings_resolve(&scene->request, &environment, profiles, &settings, &error);
	if (status != scene->status)
		print_error("%s: %s\n", scene->name, error.message);
	assert_int_equal(status, scene->status);
	if (status) {
		if (!strstr(error.message, scene->endpoint))
			print_error("%s: %s\n", scene->name, error.message);
		assert_non_null(strstr(error.message, scene->endpoint));
		return;
	}
	if (scene->profile)
		assert_string_equal(settings.profile.value, scene->profile);
	if (scene->region)
		assert_string_equal(settings.region.value, scene->region);
	if (scene->endpoint)
		assert_string_equal(settings.endpoint_url.value, scene->endpoint);
	if (scene->source)
		assert_string_equal(settings.endpoint_url.source, scene->source);
	settings_release(&settings);
}

static void precedence(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < array_count(scenes); i++)
		check(&scenes[i]);
}

/* Of STS, which gives the credentials, in that region. */
static enum lambda_status find_sts(const struct settings *settings,
	const struct environment *environment, const char *region, struct endpoint *ret_endpoint)
{
	const struct endpoint_service sts = {"sts", "sts", "AWS_ENDPOINT_URL_STS", region};
	struct lambda_error error = {0};

	return settings_service_endpoint(settings, environment, &sts, ret_endpoint, &error);
}

static void other_services_follow_the_same_rules(void **state)
{
	struct variable variables[] = {{"AWS_PROFILE", "svc"}, {NULL, NULL}, {NULL, NULL}};
	struct environment environment = table_environment(variables);
	struct settings_request request = {0};
	struct lambda_error error = {0};
	struct settings settings;
	struct endpoint endpoint;
	char url[ENDPOINT_URL_SIZE];

	(void)state;
	assert_int_equal(
		settings_resolve(&request, &environment,
			profile_set_new(parse(config), "config", parse(shared), "credentials"),
			&settings, &error),
		LAMBDA_OK);
	assert_int_equal(find_sts(&settings, &environment, "eu-west-2", &endpoint), LAMBDA_OK);
	endpoint_format(&endpoint, url);
	assert_string_equal(url, "http://localhost:5001");
	variables[1] = (struct variable){"AWS_ENDPOINT_URL_STS", "http://localhost:5002"};
	assert_int_equal(find_sts(&settings, &environment, "eu-west-2", &endpoint), LAMBDA_OK);
	endpoint_format(&endpoint, url);
	assert_string_equal(url, "http://localhost:5002");
	settings_release(&settings);
}

/* What -o insecure_http allows for Lambda it allows for STS: one emulator plays both. */
static void insecure_http_is_for_every_service(void **state)
{
	static const char *const url = "http://emulator:4566";
	struct variable variables[] = {{"AWS_ENDPOINT_URL", url}, {NULL, NULL}};
	struct environment environment = table_environment(variables);
	struct settings_request request = {.insecure_http = true};
	struct lambda_error error = {0};
	struct settings settings;
	struct endpoint endpoint;

	(void)state;
	assert_int_equal(
		settings_resolve(&request, &environment,
			profile_set_new(parse(config), "config", parse(shared), "credentials"),
			&settings, &error),
		LAMBDA_OK);
	assert_int_equal(find_sts(&settings, &environment, "us-east-1", &endpoint), LAMBDA_OK);
	assert_string_equal(endpoint.authority, "emulator:4566");
	settings.insecure_http = false;
	assert_int_equal(find_sts(&settings, &environment, "us-east-1", &endpoint), LAMBDA_INVALID);
	settings_release(&settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(bad_urls_are_refused),
		cmocka_unit_test(hosts_of_partitions),
		cmocka_unit_test(hosts_of_what_gives_credentials),
		cmocka_unit_test(regions_are_host_labels),
		cmocka_unit_test(precedence),
		cmocka_unit_test(other_services_follow_the_same_rules),
		cmocka_unit_test(insecure_http_is_for_every_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
