/* SPDX-License-Identifier: MIT */
/*
 * How much memory the catalog takes for a version, and how long an answer from it takes. Prints numbers
 * and judges none but one: `bench-catalog VERSIONS MEBIBYTES` fails when the process takes more.
 */
#include <malloc.h>

#include "backend/base/clock.h"
#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/catalog/catalog.h"
#include "backend/documents/document.h"
#include "backend/lambda/model.h"
#include "tests/unit/backend/catalog/catalog_fake.h"

#define FUNCTIONS 1000
#define QUESTIONS 300000

static uint64_t mix(uint64_t value)
{
	value = (value ^ value >> 31) * 0x7fb5d329728ea185u;
	value = (value ^ value >> 27) * 0x81dadef4bc2dd44du;
	return value ^ value >> 33;
}

/* A hash that does not compress, as AWS's do not. */
static void append_hash(struct buffer *out, uint64_t seed)
{
	uint64_t words[4];
	size_t i;

	for (i = 0; i < 4; i++)
		words[i] = mix(seed * 4 + i + 1);
	if (text_append_base64(out, words, sizeof(words)))
		abort();
}

/* What AWS sends for an ordinary function: VPC, a layer, ten variables. */
static void make_version(const char *function, uint64_t version, struct lambda_version *ret_version)
{
	static const char *const variables[] = {"STAGE", "LOG_LEVEL", "TABLE_NAME", "QUEUE_URL",
		"BUCKET", "REGION_NAME", "FEATURES", "API_ENDPOINT", "TIMEOUT_MS", "OWNER"};
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(65536);
	cleanup(json_free_pointer) struct json *json = NULL;
	uint64_t seed = mix(version) + (uint64_t)function[3] * 7919 + (uint64_t)function[6];
	char number[LAMBDA_VERSION_TEXT_SIZE], modified[TEXT_TIME_SIZE];
	size_t i;
	int error;

	lambda_version_format(version, number);
	text_format_time((int64_t)(1600000000000 + version * 86413123), modified);
	error = buffer_appendf(&text,
		"{\"FunctionName\":\"%s\",\"FunctionArn\":\"arn:aws:lambda:eu-central-1:"
		"123456789012:function:%s:%s\",\"Runtime\":\"python3.12\",\"Role\":"
		"\"arn:aws:iam::123456789012:role/service-role/%s-role\",\"Handler\":"
		"\"app.handler\",\"CodeSize\":%u,\"Description\":\"build %u\",\"Timeout\":30,"
		"\"MemorySize\":512,\"LastModified\":\"%s\",\"Version\":\"%s\",\"CodeSha256\":\"",
		function, function, number, function, (unsigned int)(seed % 9000000),
		(unsigned int)(seed % 100000), modified, number);
	append_hash(&text, seed);
	error = error ? error
		      : buffer_append_string(&text,
				"\",\"VpcConfig\":{\"SubnetIds\":[\"subnet-0a1b2c3d4e5f60718\","
				"\"subnet-0f9e8d7c6b5a49382\"],\"SecurityGroupIds\":"
				"[\"sg-0123456789abcdef0\"],\"VpcId\":\"vpc-0fedcba9876543210\","
				"\"Ipv6AllowedForDualStack\":false},\"TracingConfig\":{\"Mode\":"
				"\"Active\"},\"Layers\":[{\"Arn\":\"arn:aws:lambda:eu-central-1:"
				"123456789012:layer:shared:42\",\"CodeSize\":1048576}],"
				"\"PackageType\":\"Zip\",\"Architectures\":[\"arm64\"],"
				"\"EphemeralStorage\":{\"Size\":512},\"SnapStart\":{\"ApplyOn\":"
				"\"None\",\"OptimizationStatus\":\"Off\"},\"LoggingConfig\":"
				"{\"LogFormat\":\"JSON\",\"ApplicationLogLevel\":\"INFO\","
				"\"SystemLogLevel\":\"INFO\",\"LogGroup\":\"/aws/lambda/shared\"},"
				"\"Environment\":{\"Variables\":{");
	for (i = 0; i < array_count(variables) && !error; i++)
		error = buffer_appendf(&text, "%s\"%s\":\"https://%s.example.com/%s/%s-%u\"",
			i ? "," : "", variables[i], function, variables[i], function,
			i == 6 ? (unsigned int)(version / 10) : 0);
	if (error || buffer_append_string(&text, "}}}"))
		abort();
	json = json_parse(buffer_text(&text), text.length, NULL);
	if (!json || lambda_read_version(json, &document_printer, ret_version, NULL))
		abort();
}

/* A field of /proc/self/status, in KiB. */
static unsigned long status_kib(const char *field)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	unsigned long value = 0;

	while (file && fgets(line, sizeof(line), file))
		if (text_starts_with(line, field))
			value = strtoul(line + strlen(field), NULL, 10);
	if (file)
		fclose(file);
	return value;
}

static struct call_scope patient(void)
{
	return (struct call_scope){INT64_MAX / 2, INT64_MAX / 2, NULL};
}

static void name_function(size_t number, char name[32])
{
	snprintf(name, 32, "fn-%04zu-service", number);
}

static void fill(unsigned int functions, unsigned int versions)
{
	unsigned int i;

	for (i = 0; i < functions; i++) {
		char name[32];

		name_function(i, name);
		fake_add_function(name, versions);
		fake_set_alias(name, "PROD", 1);
	}
}

/* Crawls the account: what find(1) makes the catalog do. */
static void crawl(struct catalog *catalog, unsigned int functions)
{
	const struct call_scope scope = patient();
	unsigned int i;

	for (i = 0; i < functions; i++) {
		const struct catalog_versions *versions;
		const struct catalog_aliases *aliases;
		char name[32];

		name_function(i, name);
		if (catalog_versions_get(catalog, &scope, name, &versions, NULL) ||
			catalog_aliases_get(catalog, &scope, name, &aliases, NULL))
			abort();
		catalog_versions_unref(versions);
		catalog_aliases_unref(aliases);
	}
}

static void time_answers(struct catalog *catalog)
{
	const struct call_scope scope = patient();
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(DOCUMENT_MAX);
	struct catalog_version version;
	struct lambda_alias alias;
	char name[32];
	int64_t start;
	size_t i;

	start = clock_monotonic_ms();
	for (i = 0; i < QUESTIONS; i++) {
		name_function(i * 7919 % FUNCTIONS, name);
		if (catalog_alias_get(catalog, &scope, name, "PROD", &alias, NULL))
			abort();
		lambda_alias_release(&alias);
	}
	printf("alias_get     %6.2f us\n",
		(double)(clock_monotonic_ms() - start) * 1000 / QUESTIONS);
	start = clock_monotonic_ms();
	for (i = 0; i < QUESTIONS; i++) {
		name_function(i * 7919 % FUNCTIONS, name);
		if (catalog_version_get(catalog, &scope, name, 1 + i % 10, &version, NULL, NULL))
			abort();
	}
	printf("version_get   %6.2f us\n",
		(double)(clock_monotonic_ms() - start) * 1000 / QUESTIONS);
	start = clock_monotonic_ms();
	for (i = 0; i < QUESTIONS / 10; i++) {
		buffer_reset(&out);
		name_function(i * 7919 % FUNCTIONS, name);
		if (catalog_document_get(
			    catalog, &scope, name, 1 + i % 10, CATALOG_CONFIGURATION, &out, NULL))
			abort();
	}
	printf("document_get  %6.2f us\n",
		(double)(clock_monotonic_ms() - start) * 10000 / QUESTIONS);
}

/* A catalog over an account of that many functions and versions each, crawled. */
static struct catalog *crawled(unsigned int functions, unsigned int versions)
{
	const struct fake_options account = {.make = make_version};
	const struct catalog_options options = {.ttl_ms = INT64_MAX / 4};
	struct catalog *catalog = catalog_new(NULL, &options);
	size_t before;
	int64_t start;

	if (!catalog)
		abort();
	fake_begin(&account);
	fill(functions, versions);
	malloc_trim(0);
	before = mallinfo2().uordblks;
	start = clock_monotonic_ms();
	crawl(catalog, functions);
	printf("crawl         %6.1f us a version, %u versions of %u functions\n",
		(double)(clock_monotonic_ms() - start) * 1000 / (functions * (versions + 1.0)),
		functions * (versions + 1), functions);
	printf("heap          %6.0f bytes a version\n",
		(double)(mallinfo2().uordblks - before) / (functions * (versions + 1.0)));
	printf("process       %6lu MiB now, %lu MiB at most\n", status_kib("VmRSS:") / 1024,
		status_kib("VmHWM:") / 1024);
	return catalog;
}

int main(int argc, char **argv)
{
	uint64_t versions = 10000, limit_mib = 0;
	unsigned long most_kib;
	struct catalog *catalog;

	if (argc > 1 && number_parse_u64(argv[1], 10000000, &versions))
		return 2;
	if (argc > 2 && number_parse_u64(argv[2], 1000000, &limit_mib))
		return 2;
	catalog = crawled(FUNCTIONS, (unsigned int)(versions / FUNCTIONS));
	time_answers(catalog);
	most_kib = status_kib("VmHWM:");
	catalog_free(catalog);
	fake_end();
	if (limit_mib && most_kib > limit_mib * 1024) {
		printf("more than the %llu MiB that were allowed\n", (unsigned long long)limit_mib);
		return 1;
	}
	return 0;
}
