/* SPDX-License-Identifier: MIT */
/* $LATEST's configuration.json and environment.json, written. */
#include "tests/unit/backend/documents/planned.h"

#include "backend/documents/redact.h"

#define PATH "/2015-03-31/functions/shop/configuration"
#define HEAD "\"FunctionName\":\"shop\",\"FunctionArn\":\"" FUNCTION_ARN ":$LATEST\""
/* What AWS shows of $LATEST, without what can be set. */
#define SHOWN                                                                                      \
	HEAD ",\"Version\":\"$LATEST\",\"CodeSize\":22,\"CodeSha256\":\"c\",\"LastModified\":"     \
	     "\"m\",\"State\":\"Active\",\"RevisionId\":\"r1\",\"PackageType\":\"Zip\","           \
	     "\"Architectures\":[\"arm64\"]"
#define SET                                                                                        \
	"\"MemorySize\":128,\"Timeout\":3,\"Description\":\"\",\"Handler\":\"h\",\"Role\":\"r\","  \
	"\"Runtime\":\"python3.13\",\"TracingConfig\":{\"Mode\":\"PassThrough\"},"                 \
	"\"SnapStart\":{\"ApplyOn\":\"None\",\"OptimizationStatus\":\"Off\"}"
#define EXTRAS                                                                                     \
	"\"Layers\":[{\"Arn\":\"l1\",\"CodeSize\":1}],\"VpcConfig\":{\"SubnetIds\":[\"s\"],"       \
	"\"SecurityGroupIds\":[\"g\"],\"VpcId\":\"v\",\"Ipv6AllowedForDualStack\":false},"         \
	"\"KMSKeyArn\":\"k\",\"DeadLetterConfig\":{\"TargetArn\":\"d\"}"
#define KEPT "\"PackageType\":\"Zip\",\"Architectures\":[\"arm64\"]"

static const char plain[] = "{" SHOWN "," SET "}";
static const char full[] = "{" SHOWN "," SET "," EXTRAS "}";

static void what_differs_is_sent_with_the_revision(void **state)
{
	static const struct case_of_plan cases[] = {
		{"{" HEAD "," KEPT ",\"MemorySize\":256,\"Timeout\":3,\"Description\":\"new\","
		 "\"Handler\":\"h\",\"Role\":\"r\",\"Runtime\":\"python3.13\",\"TracingConfig\":"
		 "{\"Mode\":\"PassThrough\"},\"SnapStart\":{\"ApplyOn\":\"None\"}}",
			"PUT " PATH " {\"MemorySize\":256,\"Description\":\"new\",\"RevisionId\":"
			"\"r1\"}\n"},
		{"{" HEAD "," KEPT "," SET "," EXTRAS "}",
			"PUT " PATH " {\"Layers\":[\"l1\"],\"VpcConfig\":{\"SubnetIds\":[\"s\"],"
			"\"SecurityGroupIds\":[\"g\"],\"Ipv6AllowedForDualStack\":false},"
			"\"KMSKeyArn\":\"k\",\"DeadLetterConfig\":{\"TargetArn\":\"d\"},"
			"\"RevisionId\":\"r1\"}\n"},
		{"{" HEAD "," KEPT "," SET ",\"ImageConfigResponse\":{\"ImageConfig\":{\"Command\":"
		 "[\"a\"]}}}",
			"PUT " PATH " {\"ImageConfig\":{\"Command\":[\"a\"]},\"RevisionId\":"
			"\"r1\"}\n"},
		{"", ""},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_CONFIGURATION, &of_function, plain, cases);
	check_unchanged(DOCUMENT_CONFIGURATION, &of_function, full);
}

/* `cp 1/configuration.json '$LATEST/'`: hashes, sizes, times and the qualifier are that version's. */
static void a_versions_configuration_can_be_put_back(void **state)
{
	(void)state;
	check_plan(DOCUMENT_CONFIGURATION, &of_function, full,
		"{\"FunctionName\":\"shop\",\"FunctionArn\":\"" FUNCTION_ARN
		":1\",\"Version\":\"1\",\"CodeSize\":7,\"CodeSha256\":\"other\",\"LastModified\":"
		"\"other\",\"ConfigSha256\":\"x\",\"MasterArn\":\"x\",\"SigningJobArn\":\"x\","
		"\"SigningProfileVersionArn\":\"x\"," KEPT "," SET
		",\"KMSKeyArn\":\"k\",\"DeadLetterConfig\":{\"TargetArn\":\"d\"},"
		"\"Layers\":[{\"Arn\":\"l1\",\"CodeSize\":9,\"SigningJobArn\":\"x\"}],"
		"\"VpcConfig\":{\"SubnetIds\":[\"s\"],\"SecurityGroupIds\":[\"g\"],\"VpcId\":"
		"\"other\"}}",
		"");
}

static void what_may_be_absent_is_removed_when_left_out(void **state)
{
	(void)state;
	check_plan(DOCUMENT_CONFIGURATION, &of_function, full, "{" HEAD "," KEPT "," SET "}",
		"PUT " PATH " {\"KMSKeyArn\":\"\",\"DeadLetterConfig\":{\"TargetArn\":\"\"},"
		"\"VpcConfig\":{\"SubnetIds\":[],\"SecurityGroupIds\":[]},\"Layers\":[],"
		"\"RevisionId\":\"r1\"}\n");
	/* AWS shows an emptied VpcConfig for ever. */
	check_plan(DOCUMENT_CONFIGURATION, &of_function,
		"{" SHOWN "," SET ",\"VpcConfig\":{\"SubnetIds\":[],\"SecurityGroupIds\":[],"
		"\"VpcId\":\"\",\"Ipv6AllowedForDualStack\":false}}",
		"{" HEAD "," KEPT "," SET "}", "");
}

/* An object is replaced as a whole: what it lacks would stay, or become AWS's default. */
static void what_an_object_lacks(void **state)
{
#define OTHERS                                                                                     \
	HEAD "," KEPT ",\"MemorySize\":128,\"Timeout\":3,\"Description\":\"\",\"Handler\":\"h\""
#define OTHERS_SET OTHERS ",\"Role\":\"r\",\"Runtime\":\"python3.13\""
#define SNAP ",\"SnapStart\":{\"ApplyOn\":\"None\"}"
#define TRACING ",\"TracingConfig\":{\"Mode\":\"PassThrough\"}"
	static const struct case_of_plan cases[] = {
		{"{" OTHERS_SET SNAP "," EXTRAS ",\n\"TracingConfig\":{}}",
			"invalid: line 2: the member 'Mode' of 'TracingConfig' is left out: AWS "
			"would keep its value or set a default, so write it"},
		{"{" OTHERS_SET TRACING "," EXTRAS ",\n\"SnapStart\":{\"OptimizationStatus\":"
		 "\"Off\"}}",
			"invalid: line 2: the member 'ApplyOn' of 'SnapStart' is left out: AWS "
			"would keep its value or set a default, so write it"},
		{"{" HEAD "," KEPT "," SET ",\"Layers\":[{\"Arn\":\"l1\"}],\"KMSKeyArn\":\"k\","
		 "\"DeadLetterConfig\":{},\"VpcConfig\":{}}",
			"PUT " PATH " {\"DeadLetterConfig\":{\"TargetArn\":\"\"},\"VpcConfig\":{"
			"\"SubnetIds\":[],\"SecurityGroupIds\":[]},\"RevisionId\":\"r1\"}\n"},
		{"{" HEAD "," KEPT "," SET ",\"Layers\":[{\"Arn\":\"l1\"}],\"KMSKeyArn\":\"k\","
		 "\"DeadLetterConfig\":{\"TargetArn\":\"d\"},\"VpcConfig\":{\"SubnetIds\":[\"t\"]}"
		 "}",
			"invalid: line 1: the member 'SecurityGroupIds' of 'VpcConfig' is left "
			"out: AWS would keep its value or set a default, so write it"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_CONFIGURATION, &of_function, full, cases);
}

static void accidents_and_what_cannot_be_set_are_refused(void **state)
{
	static const struct case_of_plan cases[] = {
		{"{" HEAD "," KEPT "}", "invalid: line 1: the member 'MemorySize' is left out, but "
					"AWS always has it: write it"},
		{"{}", "invalid: line 1: the member 'FunctionName' is left out, but AWS always has "
		       "it: write it"},
		{"{\n\"FunctionName\":\"other\",\"FunctionArn\":\"" FUNCTION_ARN "\"," KEPT "," SET
		 "}",
			"invalid: line 2: the member 'FunctionName' is not what AWS has: the "
			"document is about another function"},
		{"{\"FunctionName\":\"shop\",\"FunctionArn\":\"arn:aws:lambda:eu-west-1:"
		 "999922223333:function:shop\"," KEPT "," SET "}",
			"invalid: line 1: the member 'FunctionArn' is not what AWS has: the "
			"document is about another function, account or region"},
		{"{" HEAD ",\"PackageType\":\"Image\",\"Architectures\":[\"arm64\"]," SET "}",
			"invalid: line 1: the member 'PackageType' is not what AWS has: a function "
			"keeps it for life: use aws lambda create-function --package-type"},
		{"{" HEAD ",\"PackageType\":\"Zip\",\n\"Architectures\":[\"x86_64\"]," SET "}",
			"invalid: line 2: the member 'Architectures' is not what AWS has: use aws "
			"lambda update-function-code --architectures"},
		{"{" HEAD "," KEPT "," SET ",\"TenancyConfig\":{\"TenantIsolationMode\":\"P\"}}",
			"invalid: line 1: the member 'TenancyConfig' is not what AWS has: a "
			"function keeps it for life: use aws lambda create-function "
			"--tenancy-config"},
		{"{" HEAD "," KEPT "," SET ",\"Environment\":{}}",
			"invalid: line 1: the member 'Environment' is not written here: variables "
			"are in environment.json"},
		{"{" HEAD "," KEPT "," SET ",\"RevisionId\":\"r1\"}",
			"invalid: line 1: the member 'RevisionId' changes by itself and is not "
			"written"},
		{"{" HEAD "," KEPT "," SET ",\"Layers\":[\"l1\"]}",
			"invalid: line 1: the member 'Layers' has to be a list of objects"},
		{"{" HEAD "," KEPT "," SET ",\"Layers\":[{\"CodeSize\":1}]}",
			"invalid: line 1: the member 'Arn' is missing"},
		{"{" HEAD "," KEPT "," SET ",\n\"KMSKeyArn\":null}",
			"invalid: line 2: the member 'KMSKeyArn' is null: leave it out instead"},
		{"{\"MemorySize\":\"128\"}",
			"invalid: line 1: the member 'MemorySize' has to be a whole number"},
		{"{\"Timeout\":3.5}",
			"invalid: line 1: the member 'Timeout' has to be a whole number"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_CONFIGURATION, &of_function, plain, cases);
}

/* A member that this program does not know: unchanged, not sent; changed, sent, and looked for afterwards. */
static void unknown_members_have_to_be_shown_afterwards(void **state)
{
	static const char answer[] = "{" SHOWN "," SET ",\"Added2031\":{\"a\":9007199254740993}}";
	static const struct case_of_plan cases[] = {
		{"{" HEAD "," KEPT "," SET ",\"Added2031\":{\"a\":9007199254740993}}", ""},
		{"{" HEAD "," KEPT "," SET ",\"Added2031\":{\"a\":9007199254740992}}",
			"PUT " PATH " {\"Added2031\":{\"a\":9007199254740992},\"RevisionId\":"
			"\"r1\"}\nunproven {\"Added2031\":{\"a\":9007199254740992}}\n"},
		{"{" HEAD "," KEPT "," SET "}", "invalid: line 1: the member 'Added2031' is left "
						"out, but AWS always has it: write it"},
		{"{" HEAD "," KEPT "," SET ",\"Added2031\":{\"a\":9007199254740993},\"DeadLetter"
		 "Config\":{\"TargetArn\":\"t\",\"New\":1}}",
			"PUT " PATH " {\"DeadLetterConfig\":{\"TargetArn\":\"t\",\"New\":1},"
			"\"RevisionId\":\"r1\"}\nunproven {\"DeadLetterConfig\":{\"TargetArn\":"
			"\"t\",\"New\":1}}\n"},
	};
	static const char written[] = "{" HEAD "," KEPT "," SET ",\"Typo\":{\"a\":1}}";
	cleanup(json_free_pointer) struct json *before = answer_of(plain);
	cleanup(json_free_pointer) struct json *shown =
		answer_of("{" SHOWN "," SET ",\"Typo\":{\"a\":1,\"b\":2}}");
	struct document_plan plan = {0};
	struct lambda_error error = {0};

	(void)state;
	CHECK_PLANS(DOCUMENT_CONFIGURATION, &of_function, answer, cases);
	assert_int_equal(document_plan(document_kind(DOCUMENT_CONFIGURATION), &of_function, before,
				 written, sizeof(written) - 1, &plan, &error),
		LAMBDA_OK);
	assert_int_equal(document_prove(&plan, shown, &error), LAMBDA_OK);
	assert_int_equal(document_prove(&plan, before, &error), LAMBDA_INVALID);
	assert_string_equal(error.message, "AWS accepted the change but does not show the member "
					   "'Typo', which it does not know");
	document_plan_release(&plan);
}

#define ENVIRONMENT(variables) "{" SHOWN "," SET ",\"Environment\":" variables "}"

static void all_variables_are_sent(void **state)
{
	static const char answer[] = ENVIRONMENT("{\"Variables\":{\"A1\":\"1\",\"B1\":\"\"}}");
	static const struct case_of_plan cases[] = {
		{"{\"B1\":\"\",\"A1\":\"1\"}", ""},
		{"{\"A1\":\"2\",\"B1\":\"\"}",
			"PUT " PATH " {\"Environment\":{\"Variables\":{\"A1\":\"2\",\"B1\":\"\"}},"
			"\"RevisionId\":\"r1\"}\n"},
		{"{\"A1\":\"1\"}", "PUT " PATH " {\"Environment\":{\"Variables\":{\"A1\":\"1\"}},"
				   "\"RevisionId\":\"r1\"}\n"},
		{"{}", "PUT " PATH " {\"Environment\":{\"Variables\":{}},\"RevisionId\":\"r1\"}\n"},
		{"", ""},
		{"{\"A1\":\"1\",\n\"B1\":2}",
			"invalid: line 2: the member 'B1' has to be text in quotes"},
		{"{\"A1\":\"1\",\n\"A1\":\"secret\"}",
			"invalid: line 2: the member 'A1' appears twice"},
		/* A backup of a mount with env=redact. */
		{"{\"A1\":\"hmac:0123456789abcdef01234567\"}",
			"invalid: line 1: the variable 'A1' has a redacted value, which only a "
			"mount with env=redact can replace: write the value itself"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_ENVIRONMENT, &of_function, answer, cases);
	check_prints(DOCUMENT_ENVIRONMENT, &of_function, plain, "{}\n");
	check_unchanged(DOCUMENT_ENVIRONMENT, &of_function, plain);
	check_plan(DOCUMENT_ENVIRONMENT, &of_function,
		ENVIRONMENT("{\"Error\":{\"ErrorCode\":\"KMS\"}}"), "{\"A1\":\"1\"}",
		"invalid: AWS could not decrypt the variables, so they cannot be changed here: "
		"replace them with aws lambda update-function-configuration");
}

static void a_redacted_value_keeps_what_is_there(void **state)
{
	static const char answer[] = ENVIRONMENT("{\"Variables\":{\"A1\":\"1\",\"B1\":\"2\"}}");
	static const unsigned char key[REDACT_KEY_SIZE] = "k";
	const struct document_subject subject = {
		.function = "shop", .qualifier = "", .redact_key = key};
	cleanup(free_pointer) char *shown = printed(DOCUMENT_ENVIRONMENT, &subject, answer);
	cleanup(free_pointer) char *written = NULL;
	char form[REDACT_TEXT_SIZE];

	(void)state;
	assert_null(strstr(shown, "\"1\""));
	check_plan(DOCUMENT_ENVIRONMENT, &subject, answer, shown, "");
	assert_int_equal(redact_value(key, "shop", "A1", "1", form), 0);
	assert_true(asprintf(&written, "{\"A1\":\"%s\",\"B1\":\"3\"}", form) > 0);
	check_plan(DOCUMENT_ENVIRONMENT, &subject, answer, written,
		"PUT " PATH " {\"Environment\":{\"Variables\":{\"A1\":\"1\",\"B1\":\"3\"}},"
		"\"RevisionId\":\"r1\"}\n");
	free(written);
	assert_true(asprintf(&written, "{\"A1\":\"1\",\n\"C1\":\"%s\"}", form) > 0);
	check_plan(DOCUMENT_ENVIRONMENT, &subject, answer, written,
		"invalid: line 2: the variable 'C1' has the redacted form of a value that AWS does "
		"not have: write the value itself");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differs_is_sent_with_the_revision),
		cmocka_unit_test(a_versions_configuration_can_be_put_back),
		cmocka_unit_test(what_may_be_absent_is_removed_when_left_out),
		cmocka_unit_test(what_an_object_lacks),
		cmocka_unit_test(accidents_and_what_cannot_be_set_are_refused),
		cmocka_unit_test(unknown_members_have_to_be_shown_afterwards),
		cmocka_unit_test(all_variables_are_sent),
		cmocka_unit_test(a_redacted_value_keeps_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
