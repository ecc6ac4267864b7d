/* SPDX-License-Identifier: MIT */
/* Every allocation fails once while a document is printed, planned and compared, and no secret is left behind. */
#include "tests/unit/backend/documents/planned.h"

#include <errno.h>

#include "backend/documents/redact.h"
#include "tests/unit/failing_allocator.h"

struct scene {
	enum document_id id;
	const char *answer, *written;
	size_t calls;
};

static const unsigned char key[REDACT_KEY_SIZE] = "k";

/* A text that could not be read for want of memory is a bad answer. */
static int fail_with(enum lambda_status status)
{
	assert_true(allocator_has_failed());
	assert_true(status == LAMBDA_NO_MEMORY || status == LAMBDA_BAD_ANSWER ||
		    status == LAMBDA_INVALID);
	return -ENOMEM;
}

static int make_plan(const struct scene *scene, const struct document_subject *subject,
	const struct json *answer, struct document_plan *plan)
{
	cleanup(buffer_release_secret) struct buffer shown = BUFFER_INIT(DOCUMENT_MAX);
	const struct document_kind *kind = document_kind(scene->id);
	struct lambda_error error = {0};
	enum lambda_status status = document_print(kind, subject, answer, &shown, &error);

	if (status)
		return fail_with(status);
	status = document_plan(
		kind, subject, answer, scene->written, strlen(scene->written), plan, &error);
	return status ? fail_with(status) : 0;
}

static int play(const struct scene *scene)
{
	const struct document_subject subject = {.function = "shop",
		.qualifier = document_kind(scene->id)->places & DOCUMENT_OF_ALIAS ? "PROD" : "",
		.arn = FUNCTION_ARN,
		.redact_key = key};
	cleanup(json_free_pointer) struct json *answer =
		json_parse(scene->answer, strlen(scene->answer), NULL);
	struct document_plan plan = {0};
	struct lambda_error error = {0};
	int result = answer ? make_plan(scene, &subject, answer, &plan) : -ENOMEM;
	size_t i;

	if (result)
		return result;
	assert_int_equal(plan.count, scene->calls);
	for (i = 0; i < plan.count && !result; i++) {
		cleanup(buffer_release_secret) struct buffer body = BUFFER_INIT(DOCUMENT_MAX);

		result = lambda_document_call_body(&plan.calls[i], &body);
	}
	if (!result && document_outcome(document_kind(scene->id), &subject, &plan.calls[0], answer,
			       &error) != DOCUMENT_AS_WAS)
		result = fail_with(error.status);
	document_plan_release(&plan);
	return result;
}

#define OF(name) "\"FunctionArn\":\"" FUNCTION_ARN ":" name "\""

static int scene_settings(void)
{
	static const struct scene scene = {DOCUMENT_EVENT_INVOKE,
		"{\"FunctionEventInvokeConfigs\":[{" OF("PROD") ",\"MaximumRetryAttempts\":1}]}",
		"{\"DestinationConfig\":{\"OnFailure\":{\"Destination\":\"q\"}}}", 1};

	return play(&scene);
}

static int scene_tags(void)
{
	static const struct scene scene = {
		DOCUMENT_TAGS, "{\"Tags\":{\"a\":\"1\",\"b\":\"2\"}}", "{\"c\":\"3\"}", 2};

	return play(&scene);
}

static int scene_url(void)
{
	static const struct scene scene = {DOCUMENT_URL,
		"{\"FunctionUrlConfigs\":[{" OF("PROD") ",\"AuthType\":\"NONE\"}]}",
		"{\"AuthType\":\"AWS_IAM\",\"Cors\":{\"AllowOrigins\":[\"*\"]}}", 1};

	return play(&scene);
}

static int scene_policy(void)
{
	static const struct scene scene = {DOCUMENT_POLICY,
		"{\"Policy\":\"{\\\"Statement\\\":[{\\\"Sid\\\":\\\"a\\\"},{\\\"Sid\\\":\\\"b\\\"}]"
		"}"
		"\"}",
		"{\"Statement\":[{\"Sid\":\"a\"},{\"Sid\":\"x\",\"Effect\":\"Allow\",\"Principal\":"
		"\"*\",\"Action\":\"lambda:*\",\"Condition\":{\"ArnLike\":{\"AWS:SourceArn\":\"s\"}"
		"}}]}",
		2};

	return play(&scene);
}

static int scene_event_sources(void)
{
	static const struct scene scene = {DOCUMENT_EVENT_SOURCES,
		"{\"EventSourceMappings\":[{" OF(
			"PROD") ",\"UUID\":\"b\",\"BatchSize\":1,\"State\":\"Enabled\"},"
				"{" OF("PROD") ",\"UUID\":\"a\","
					       "\"BatchSize\":1,\"KMSKeyArn\":\"k\","
					       "\"State\":\"Disabled\"}]}",
		"{\"EventSourceMappings\":[{\"UUID\":\"a\",\"BatchSize\":1},{\"UUID\":"
		"\"b\","
		"\"BatchSize\":2}]}",
		2};

	return play(&scene);
}

static int scene_configuration(void)
{
	static const struct scene scene = {DOCUMENT_CONFIGURATION,
		"{" OF("$LATEST") ",\"Version\":\"$LATEST\",\"MemorySize\":128,\"Layers\":[{"
				  "\"Arn\":\"l\"}],\"VpcConfig\":{\"VpcId\":\"v\",\"SubnetIds\":["
				  "\"s\"]},\"Environment\":{\"Variables\":{\"A1\":"
				  "\"" ALLOCATOR_SECRET "\"}}}",
		"{" OF("1") ",\"MemorySize\":256,\"Layers\":[{\"Arn\":\"m\"}],\"Added\":{\"a\":1}}",
		1};

	return play(&scene);
}

static int scene_environment(void)
{
	static const struct scene scene = {DOCUMENT_ENVIRONMENT,
		"{\"RevisionId\":\"r\",\"Environment\":{\"Variables\":{\"A1\":\"" ALLOCATOR_SECRET
		"\"}}}",
		"{\"B1\":\"" ALLOCATOR_SECRET "\"}", 1};

	return play(&scene);
}

static int scene_description(void)
{
	static const struct scene scene = {
		DOCUMENT_DESCRIPTION, "{\"Name\":\"PROD\",\"Description\":\"a\"}", "b\n", 1};

	return play(&scene);
}

SWEEP(settings);
SWEEP(tags);
SWEEP(url);
SWEEP(policy);
SWEEP(event_sources);
SWEEP(configuration);
SWEEP(environment);
SWEEP(description);

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_settings),
		cmocka_unit_test(sweep_tags),
		cmocka_unit_test(sweep_url),
		cmocka_unit_test(sweep_policy),
		cmocka_unit_test(sweep_event_sources),
		cmocka_unit_test(sweep_configuration),
		cmocka_unit_test(sweep_environment),
		cmocka_unit_test(sweep_description),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
