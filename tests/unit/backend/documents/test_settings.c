/* SPDX-License-Identifier: MIT */
/* The kinds that one call sets as a whole, tags, and URLs. */
#include "tests/unit/backend/documents/planned.h"

static void reserved_concurrency(void **state)
{
	static const char five[] = "{\"Concurrency\":{\"ReservedConcurrentExecutions\":5}}";
	static const struct case_of_plan cases[] = {
		{"{\"ReservedConcurrentExecutions\":5}", ""},
		{"{\"ReservedConcurrentExecutions\":0}\n",
			"PUT /2017-10-31/functions/shop/concurrency "
			"{\"ReservedConcurrentExecutions\":0}\n"},
		{"{}", "DELETE /2017-10-31/functions/shop/concurrency\n"},
		{"", ""},
		{" \n", ""},
		{"{\"ReservedConcurrentExecutions\":5.0}",
			"invalid: line 1: the member 'ReservedConcurrentExecutions' has to be a "
			"whole number"},
		{"{\"ReservedConcurrentExecutions\":\"5\"}",
			"invalid: line 1: the member 'ReservedConcurrentExecutions' has to be a "
			"whole number"},
		{"{\n\"ReservedConcurrentExecutions\":\nnull}",
			"invalid: line 3: the member 'ReservedConcurrentExecutions' is null: leave "
			"it out instead"},
		{"{\n\n\"Reserved\":5}",
			"invalid: line 3: there is no member 'Reserved' in this document"},
		{"{\"ReservedConcurrentExecutions\":5,\n\"ReservedConcurrentExecutions\":6}",
			"invalid: line 2: the member 'ReservedConcurrentExecutions' appears twice"},
		{"[]", "invalid: line 1: the document has to be an object: { … }"},
		{"{\"ReservedConcurrentExecutions\":5",
			"invalid: line 1: the text ends in the middle"},
		{"{\n}}", "invalid: line 2: the text has bytes behind its end"},
		{"hello", "invalid: line 1: the text is not JSON"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_RESERVED_CONCURRENCY, &of_function, five, cases);
	check_prints(DOCUMENT_RESERVED_CONCURRENCY, &of_function, five,
		"{\n  \"ReservedConcurrentExecutions\": 5\n}\n");
	check_prints(DOCUMENT_RESERVED_CONCURRENCY, &of_function, "{}", "");
	check_prints(DOCUMENT_RESERVED_CONCURRENCY, &of_function, "{\"Concurrency\":null}", "");
	check_prints(DOCUMENT_RESERVED_CONCURRENCY, &of_function, "{\"Concurrency\":[]}",
		"bad answer: the answer's Concurrency is missing or cannot be read");
	check_plan(DOCUMENT_RESERVED_CONCURRENCY, &of_function, "{}", "{}", "");
	check_plan(DOCUMENT_RESERVED_CONCURRENCY, &of_function, "{}",
		"{\"ReservedConcurrentExecutions\":1}",
		"PUT /2017-10-31/functions/shop/concurrency "
		"{\"ReservedConcurrentExecutions\":1}\n");
}

static void provisioned_concurrency(void **state)
{
	static const char answer[] =
		"{\"ProvisionedConcurrencyConfigs\":["
		"{\"FunctionArn\":\"" FUNCTION_ARN
		":7\",\"RequestedProvisionedConcurrentExecutions\":9},"
		"{\"FunctionArn\":\"" FUNCTION_ARN
		":PROD\",\"RequestedProvisionedConcurrentExecutions\":3,"
		"\"AllocatedProvisionedConcurrentExecutions\":1,\"Status\":\"IN_PROGRESS\"}]}";
	static const struct case_of_plan cases[] = {
		{"{\"ProvisionedConcurrentExecutions\":4}",
			"PUT /2019-09-30/functions/shop/provisioned-concurrency?Qualifier=PROD "
			"{\"ProvisionedConcurrentExecutions\":4}\n"},
		{"{}", "DELETE "
		       "/2019-09-30/functions/shop/provisioned-concurrency?Qualifier=PROD\n"},
		{"{\"RequestedProvisionedConcurrentExecutions\":4}",
			"invalid: line 1: there is no member "
			"'RequestedProvisionedConcurrentExecutions' in this document"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_PROVISIONED_CONCURRENCY, &of_alias, answer, cases);
	check_prints(DOCUMENT_PROVISIONED_CONCURRENCY, &of_alias, answer,
		"{\n  \"ProvisionedConcurrentExecutions\": 3\n}\n");
	check_prints(DOCUMENT_PROVISIONED_CONCURRENCY, &of_alias,
		"{\"ProvisionedConcurrencyConfigs\":[]}", "");
	check_prints(DOCUMENT_PROVISIONED_CONCURRENCY, &of_alias, "{}",
		"bad answer: the answer's ProvisionedConcurrencyConfigs is missing or cannot be "
		"read");
	check_prints(DOCUMENT_PROVISIONED_CONCURRENCY, &of_alias,
		"{\"ProvisionedConcurrencyConfigs\":[{\"FunctionArn\":\"shop:PROD\"}]}",
		"bad answer: the answer's FunctionArn is missing or cannot be read");
}

#define EVENT_INVOKE(qualifier, members)                                                           \
	"{\"FunctionEventInvokeConfigs\":[{\"FunctionArn\":\"" FUNCTION_ARN ":OTHER\"},"           \
	"{\"FunctionArn\":\"" FUNCTION_ARN ":" qualifier "\",\"LastModified\":1.5," members "}]}"

static void event_invoke(void **state)
{
	static const char answer[] = EVENT_INVOKE("$LATEST",
		"\"MaximumRetryAttempts\":1,\"MaximumEventAgeInSeconds\":null,"
		"\"DestinationConfig\":{\"OnSuccess\":{},\"OnFailure\":{\"Destination\":\"q\"}}");
	static const struct case_of_plan cases[] = {
		{"{\"MaximumRetryAttempts\":0}",
			"PUT /2019-09-25/functions/shop/event-invoke-config "
			"{\"MaximumRetryAttempts\":0}\n"},
		{"{\"MaximumRetryAttempts\":1,\"MaximumEventAgeInSeconds\":60,"
		 "\"DestinationConfig\":{\"OnFailure\":{\"Destination\":\"q\"}}}",
			"PUT /2019-09-25/functions/shop/event-invoke-config "
			"{\"MaximumRetryAttempts\":1,\"MaximumEventAgeInSeconds\":60,"
			"\"DestinationConfig\":{\"OnFailure\":{\"Destination\":\"q\"}}}\n"},
		{"{\"MaximumRetryAttempts\":1,\"DestinationConfig\":{\"OnFailure\":"
		 "{\"Destination\":\"q\"},\"OnSuccess\":{\"Destination\":\"\"}}}",
			""},
		{"{}", "DELETE /2019-09-25/functions/shop/event-invoke-config\n"},
		{"{\"DestinationConfig\":{}}", "invalid: line 1: the document sets nothing: {} "
					       "removes what is configured"},
		{"{\"DestinationConfig\":{\"OnFailure\":\n{\"Destination\":7}}}",
			"invalid: line 2: the member 'Destination' has to be text in quotes"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_EVENT_INVOKE, &of_function, answer, cases);
	check_prints(DOCUMENT_EVENT_INVOKE, &of_function, answer,
		"{\n  \"DestinationConfig\": {\n    \"OnFailure\": {\n      \"Destination\": "
		"\"q\"\n    }\n  },\n  \"MaximumRetryAttempts\": 1\n}\n");
	check_plan(DOCUMENT_EVENT_INVOKE, &of_alias,
		EVENT_INVOKE("PROD", "\"MaximumRetryAttempts\":1"), "{}",
		"DELETE /2019-09-25/functions/shop/event-invoke-config?Qualifier=PROD\n");
	/* Put would take away what AWS added after this program was written. */
	check_plan(DOCUMENT_EVENT_INVOKE, &of_alias,
		EVENT_INVOKE("PROD", "\"MaximumRetryAttempts\":1,\"Added2031\":1"),
		"{\"MaximumRetryAttempts\":2}",
		"invalid: AWS has a member 'Added2031' there, which this version of aliasfs does "
		"not know and would remove: use aws lambda update-function-event-invoke-config");
}

static void recursion_runtime_and_code_signing(void **state)
{
	static const char manual[] = "{\"UpdateRuntimeOn\":\"Manual\",\"FunctionArn\":\"f\","
				     "\"RuntimeVersionArn\":\"arn:r\"}";
	static const char automatic[] = "{\"UpdateRuntimeOn\":\"Auto\",\"RuntimeVersionArn\":null}";
	static const struct case_of_plan recursion[] = {
		{"{\"RecursiveLoop\":\"Allow\"}", "PUT "
						  "/2024-08-31/functions/shop/recursion-config "
						  "{\"RecursiveLoop\":\"Allow\"}\n"},
		{"{}", "invalid: line 1: the member 'RecursiveLoop' is missing"},
	};
	static const struct case_of_plan runtime[] = {
		{"{\"UpdateRuntimeOn\":\"Auto\"}",
			"PUT /2021-07-20/functions/shop/runtime-management-config "
			"{\"UpdateRuntimeOn\":\"Auto\"}\n"},
		{"{}", "invalid: line 1: the member 'UpdateRuntimeOn' is missing"},
		{"{\"RuntimeVersionArn\":\"arn:r\"}",
			"invalid: line 1: the member 'UpdateRuntimeOn' is missing"},
	};
	static const struct case_of_plan signing[] = {
		{"{\"CodeSigningConfigArn\":\"arn:d\"}",
			"PUT /2020-06-30/functions/shop/code-signing-config "
			"{\"CodeSigningConfigArn\":\"arn:d\"}\n"},
		{"{}", "DELETE /2020-06-30/functions/shop/code-signing-config\n"},
	};

	(void)state;
	CHECK_PLANS(
		DOCUMENT_RECURSION, &of_function, "{\"RecursiveLoop\":\"Terminate\"}", recursion);
	CHECK_PLANS(DOCUMENT_RUNTIME_MANAGEMENT, &of_function, manual, runtime);
	CHECK_PLANS(DOCUMENT_CODE_SIGNING, &of_function,
		"{\"CodeSigningConfigArn\":\"arn:c\",\"FunctionName\":\"shop\"}", signing);
	check_prints(DOCUMENT_RUNTIME_MANAGEMENT, &of_function, automatic,
		"{\n  \"UpdateRuntimeOn\": \"Auto\"\n}\n");
	check_unchanged(DOCUMENT_RUNTIME_MANAGEMENT, &of_function, automatic);
	check_prints(DOCUMENT_RECURSION, &of_function, "{}",
		"bad answer: the answer's RecursiveLoop is missing or cannot be read");
	check_prints(DOCUMENT_CODE_SIGNING, &of_function, "{}", "");
	check_prints(DOCUMENT_CODE_SIGNING, &of_function, "{\"CodeSigningConfigArn\":1}",
		"bad answer: the answer's CodeSigningConfigArn is missing or cannot be read");
}

#define TAGS_PATH                                                                                  \
	"/2017-03-31/tags/"                                                                        \
	"arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Ashop"

static void tags(void **state)
{
	static const char answer[] = "{\"Tags\":{\"team\":\"x\",\"aws:stack\":\"s\",\"a b\":\"\"}}";
	static const struct case_of_plan cases[] = {
		{"{\"a b\":\"\",\"aws:stack\":\"s\",\"team\":\"y\"}",
			"POST " TAGS_PATH " {\"Tags\":{\"team\":\"y\"}}\n"},
		{"{\"aws:stack\":\"s\",\"team\":\"x\"}", "DELETE " TAGS_PATH "?tagKeys=a%20b\n"},
		{"{\"new\":\"1\",\"aws:stack\":\"s\"}",
			"POST " TAGS_PATH " {\"Tags\":{\"new\":\"1\"}}\n"
			"DELETE " TAGS_PATH "?tagKeys=team&tagKeys=a%20b\n"},
		{"{\"a b\":\"\",\n\"aws:stack\":\"t\",\"team\":\"x\"}",
			"invalid: line 2: the tag 'aws:stack' is AWS's own and cannot be set"},
		{"{\"a b\":\"\",\"team\":\"x\"}",
			"invalid: line 1: the tag 'aws:stack' is AWS's own and cannot be removed: "
			"leave it as it is"},
		{"{\"aws:stack\":\"s\",\"aws:new\":\"s\"}",
			"invalid: line 1: the tag 'aws:new' is AWS's own and cannot be set"},
		{"{\"team\":1}", "invalid: line 1: the member 'team' has to be text in quotes"},
		{"", ""},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_TAGS, &of_function, answer, cases);
	check_prints(DOCUMENT_TAGS, &of_function, answer,
		"{\n  \"a b\": \"\",\n  \"aws:stack\": \"s\",\n  \"team\": \"x\"\n}\n");
	check_prints(DOCUMENT_TAGS, &of_function, "{}", "");
	check_prints(DOCUMENT_TAGS, &of_function, "{\"Tags\":{}}", "");
	check_prints(DOCUMENT_TAGS, &of_function,
		"{\"TagsError\":{\"ErrorCode\":\"AccessDeniedException\",\"Message\":\"no "
		"ListTags\"}}",
		"access denied: no ListTags");
	check_prints(DOCUMENT_TAGS, &of_function, "{\"Tags\":{\"a\":1}}",
		"bad answer: the answer's Tags is missing or cannot be read");
	check_plan(DOCUMENT_TAGS, &of_function, "{\"Tags\":{\"a\":\"1\"}}", "{}",
		"DELETE " TAGS_PATH "?tagKeys=a\n");
	check_plan(DOCUMENT_TAGS, &of_function, "{\"TagsError\":{\"Message\":\"no\"}}", "{}",
		"access denied: no");
}

/* With 50 there are, one that takes the place of another finds room. */
static void a_full_set_of_tags_makes_room_first(void **state)
{
	struct buffer shown = BUFFER_INIT(4096), written = BUFFER_INIT(4096);
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(
			buffer_appendf(&shown, "%s\"t%02d\":\"\"", i ? "," : "{\"Tags\":{", i), 0);
		assert_int_equal(
			buffer_appendf(&written, "%s\"t%02d\":\"\"", i ? "," : "{", i + 1), 0);
	}
	assert_int_equal(buffer_append_string(&shown, "}}"), 0);
	assert_int_equal(buffer_append_string(&written, "}"), 0);
	check_plan(DOCUMENT_TAGS, &of_function, buffer_text(&shown), buffer_text(&written),
		"DELETE " TAGS_PATH "?tagKeys=t00\n"
		"POST " TAGS_PATH " {\"Tags\":{\"t50\":\"\"}}\n");
	buffer_release(&shown);
	buffer_release(&written);
}

#define URL_ANSWER(members)                                                                        \
	"{\"FunctionUrlConfigs\":[{\"FunctionArn\":\"" FUNCTION_ARN                                \
	":PROD\",\"FunctionUrl\":\"https://u/\",\"CreationTime\":\"c\",\"LastModifiedTime\":"      \
	"\"l\"," members "}]}"
#define URL_PATH "/2021-10-31/functions/shop/url?Qualifier=PROD"

static void urls(void **state)
{
	static const char answer[] = URL_ANSWER("\"AuthType\":\"NONE\",\"InvokeMode\":\"BUFFERED\","
						"\"Cors\":{\"AllowOrigins\":[\"*\"]}");
	static const struct case_of_plan cases[] = {
		{"{\"AuthType\":\"NONE\",\"Cors\":{\"AllowOrigins\":[\"*\"]}}", ""},
		{"{\"AuthType\":\"AWS_IAM\",\"Cors\":{\"AllowOrigins\":[\"*\"]}}",
			"PUT " URL_PATH " {\"AuthType\":\"AWS_IAM\"}\n"},
		{"{\"AuthType\":\"NONE\"}", "PUT " URL_PATH " {\"Cors\":{}}\n"},
		{"{\"AuthType\":\"AWS_IAM\",\"InvokeMode\":\"RESPONSE_STREAM\",\"Cors\":"
		 "{\"AllowOrigins\":[],\"MaxAge\":5}}",
			"PUT " URL_PATH " {\"AuthType\":\"AWS_IAM\",\"Cors\":{\"AllowOrigins\":[],"
			"\"MaxAge\":5},\"InvokeMode\":\"RESPONSE_STREAM\"}\n"},
		{"{}", "refused: writing does not remove a function URL, because its address "
		       "cannot be had again: use aws lambda delete-function-url-config"},
		{"", ""},
		{"{\"AuthType\":\"NONE\",\"Cors\":{\"AllowOrigins\":[\"*\"]},\n\"FunctionUrl\":"
		 "\"https://v/\"}",
			"invalid: line 2: the member 'FunctionUrl' cannot be chosen, AWS gives the "
			"address: leave it as it is"},
		{"{\"InvokeMode\":\"BUFFERED\"}",
			"invalid: line 1: the member 'AuthType' is missing"},
		{"{\"AuthType\":\"NONE\",\"Cors\":{\"AllowOrigin\":[]}}",
			"invalid: line 1: there is no member 'AllowOrigin' in this document"},
		{"{\"AuthType\":\"NONE\",\"Cors\":{\"AllowOrigins\":[1]}}",
			"invalid: line 1: the member 'AllowOrigins' has to be a list of texts in "
			"quotes"},
		{"{\"AuthType\":\"NONE\",\"CreationTime\":\"c\"}",
			"invalid: line 1: there is no member 'CreationTime' in this document"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_URL, &of_alias, answer, cases);
	check_prints(DOCUMENT_URL, &of_alias, URL_ANSWER("\"AuthType\":\"NONE\",\"Cors\":null"),
		"{\n  \"AuthType\": \"NONE\",\n  \"FunctionUrl\": \"https://u/\"\n}\n");
	check_prints(DOCUMENT_URL, &of_function, answer, "");
	check_prints(DOCUMENT_URL, &of_alias, "{\"FunctionUrlConfigs\":{}}",
		"bad answer: the answer's FunctionUrlConfigs is missing or cannot be read");
	check_plan(DOCUMENT_URL, &of_alias, "{\"FunctionUrlConfigs\":[]}", "{}", "");
	check_plan(DOCUMENT_URL, &of_alias, "{\"FunctionUrlConfigs\":[]}",
		"{\"AuthType\":\"AWS_IAM\"}",
		"POST " URL_PATH " {\"AuthType\":\"AWS_IAM\",\"InvokeMode\":\"BUFFERED\"}\n");
	check_plan(DOCUMENT_URL, &of_alias, "{\"FunctionUrlConfigs\":[]}",
		"{\"AuthType\":\"AWS_IAM\",\"FunctionUrl\":\"https://u/\"}",
		"invalid: line 1: the member 'FunctionUrl' cannot be chosen, AWS gives the "
		"address: leave it out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_concurrency),
		cmocka_unit_test(provisioned_concurrency),
		cmocka_unit_test(event_invoke),
		cmocka_unit_test(recursion_runtime_and_code_signing),
		cmocka_unit_test(tags),
		cmocka_unit_test(a_full_set_of_tags_makes_room_first),
		cmocka_unit_test(urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
