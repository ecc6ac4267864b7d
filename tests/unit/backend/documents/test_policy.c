/* SPDX-License-Identifier: MIT */
#include "tests/unit/backend/documents/planned.h"

#define RESOURCE ",\\\"Resource\\\":\\\"" FUNCTION_ARN ":PROD\\\""
#define ANSWER(statements)                                                                         \
	"{\"RevisionId\":\"r1\",\"Policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Id\\\":"      \
	"\\\"default\\\",\\\"Statement\\\":[" statements "]}\"}"
#define GRANT(sid)                                                                                 \
	"{\\\"Sid\\\":\\\"" sid "\\\",\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{"            \
	"\\\"Service\\\":\\\"s3.amazonaws.com\\\"},\\\"Action\\\":\\\"lambda:InvokeFunction"       \
	"\\\"" RESOURCE "}"
#define WRITTEN(sid, more)                                                                         \
	"{\"Sid\":\"" sid "\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":"                    \
	"\"s3.amazonaws.com\"},\"Action\":\"lambda:InvokeFunction\"" more "}"
#define PATH "/2015-03-31/functions/shop/policy"

static const char two[] = ANSWER(GRANT("b") "," GRANT("a"));

static void a_policy_is_shown_by_sid_and_without_resource(void **state)
{
	(void)state;
	check_prints(DOCUMENT_POLICY, &of_alias, ANSWER(GRANT("b") "," GRANT("a")),
		"{\n  \"Statement\": [\n"
		"    {\n      \"Action\": \"lambda:InvokeFunction\",\n      \"Effect\": "
		"\"Allow\",\n      \"Principal\": {\n        \"Service\": "
		"\"s3.amazonaws.com\"\n      },\n      \"Sid\": \"a\"\n    },\n"
		"    {\n      \"Action\": \"lambda:InvokeFunction\",\n      \"Effect\": "
		"\"Allow\",\n      \"Principal\": {\n        \"Service\": "
		"\"s3.amazonaws.com\"\n      },\n      \"Sid\": \"b\"\n    }\n"
		"  ]\n}\n");
	check_prints(DOCUMENT_POLICY, &of_alias, "", "");
	check_prints(DOCUMENT_POLICY, &of_alias, ANSWER(""), "");
	check_prints(DOCUMENT_POLICY, &of_alias, "{}",
		"bad answer: the answer's Policy is missing or cannot be read");
	check_prints(DOCUMENT_POLICY, &of_alias, "{\"Policy\":\"{}\"}",
		"bad answer: the answer's Policy is missing or cannot be read");
	check_prints(DOCUMENT_POLICY, &of_alias, "{\"Policy\":\"{\\\"Statement\\\":[1]}\"}",
		"bad answer: the answer's Policy is missing or cannot be read");
}

/* What is new comes first: no grant is missing in between. */
static void grants_are_added_before_others_are_removed(void **state)
{
	static const struct case_of_plan cases[] = {
		{"{\"Statement\":[" WRITTEN("b", "") "," WRITTEN("a", "") "]}", ""},
		{"{\"Statement\":[" WRITTEN("a", "") "]}",
			"DELETE " PATH "/b?Qualifier=PROD&RevisionId=r1\n"},
		{"{\"Statement\":[" WRITTEN("b", "") "," WRITTEN("a", "") "," WRITTEN("c", "") "]}",
			"POST " PATH "?Qualifier=PROD {\"StatementId\":\"c\",\"Action\":"
			"\"lambda:InvokeFunction\",\"Principal\":\"s3.amazonaws.com\","
			"\"RevisionId\":\"r1\"}\n"},
		{"{\"Statement\":[" WRITTEN("c", "") "]}",
			"POST " PATH "?Qualifier=PROD {\"StatementId\":\"c\",\"Action\":"
			"\"lambda:InvokeFunction\",\"Principal\":\"s3.amazonaws.com\","
			"\"RevisionId\":\"r1\"}\n"
			"DELETE " PATH "/a?Qualifier=PROD\n"
			"DELETE " PATH "/b?Qualifier=PROD\n"},
		{"{}", "DELETE " PATH "/a?Qualifier=PROD&RevisionId=r1\n"
		       "DELETE " PATH "/b?Qualifier=PROD\n"},
		{"{\"Statement\":[]}", "DELETE " PATH "/a?Qualifier=PROD&RevisionId=r1\n"
				       "DELETE " PATH "/b?Qualifier=PROD\n"},
		{"", ""},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_POLICY, &of_alias, two, cases);
	check_plan(DOCUMENT_POLICY, &of_function, "", "{}", "");
	check_plan(DOCUMENT_POLICY, &of_function, "", "{\"Statement\":[]}", "");
	check_plan(DOCUMENT_POLICY, &of_function, "", "{\"Statement\":[" WRITTEN("c", "") "]}",
		"POST " PATH " {\"StatementId\":\"c\",\"Action\":\"lambda:InvokeFunction\","
		"\"Principal\":\"s3.amazonaws.com\"}\n");
}

static void what_add_permission_cannot_make_is_refused(void **state)
{
	static const struct case_of_plan cases[] = {
		{"{\"Statement\":[" WRITTEN(
			 "a", "") ",\n{\"Sid\":\"b\",\"Effect\":\"Allow\","
				  "\"Principal\":\"*\",\"Action\":\"lambda:*\"}]}",
			"invalid: line 2: the statement 'b' exists already and differs: AWS cannot "
			"change a statement, so give the new one another Sid"},
		{"{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\n\"Deny\",\"Principal\":\"*\","
		 "\"Action\":\"lambda:*\"}]}",
			"invalid: line 2: the statement 'x' cannot be added: its Effect has to be "
			"Allow"},
		{"{\"Statement\":[" WRITTEN("x", ",\n\"Resource\":\"*\"") "]}",
			"invalid: line 2: the statement 'x' cannot be added: it has another member "
			"than Sid, Effect, Action, Principal and Condition"},
		{"{\"Statement\":[" WRITTEN("x y", "") "]}",
			"invalid: line 1: the statement 'x y' cannot be added: its Sid has to be 1 "
			"to 100 of A-Z, a-z, 0-9, '-' and '_'"},
		{"{\"Statement\":[{\"Effect\":\"Allow\"}]}",
			"invalid: line 1: the statement '' cannot be added: its Sid has to be 1 to "
			"100 of A-Z, a-z, 0-9, '-' and '_'"},
		{"{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Allow\",\"Principal\":\"*\","
		 "\"Action\":[\"lambda:*\"]}]}",
			"invalid: line 1: the statement 'x' cannot be added: its Action has to be "
			"one text"},
		{"{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Allow\",\"Action\":\"lambda:*\"}]}",
			"invalid: line 1: the statement 'x' cannot be added: its Principal has to "
			"be \"*\", {\"Service\": …} or {\"AWS\": …}"},
		{"{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Allow\",\"Action\":\"lambda:*\","
		 "\"Principal\":{\"AWS\":[\"arn:aws:iam::1:root\"]}}]}",
			"invalid: line 1: the statement 'x' cannot be added: its Principal has to "
			"name one Service or one AWS principal, as text"},
		{"{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Allow\",\"Action\":\"lambda:*\","
		 "\"Principal\":{\"AWS\":\"111122223333\"}}]}",
			"invalid: line 1: the statement 'x' cannot be added: an AWS principal has "
			"to be an ARN (…:root for an account)"},
		{"{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Allow\",\"Action\":\"lambda:*\","
		 "\"Principal\":{\"Federated\":\"x\"}}]}",
			"invalid: line 1: the statement 'x' cannot be added: its Principal has to "
			"name one Service or one AWS principal, as text"},
		{"{\"Statement\":[" WRITTEN("x", "") "," WRITTEN("x", "") "]}",
			"invalid: line 1: the Sid 'x' appears twice"},
		{"{\"Statement\":[7]}",
			"invalid: line 1: the member 'Statement' has to be a list of objects"},
		{"{\"Statement\":[{\"Sid\":7}]}",
			"invalid: line 1: the member 'Sid' has to be text in quotes"},
		{"{\"Statement\":[{\"Sid\":\"x\",\"Action\":null}]}",
			"invalid: line 1: the member 'Action' is null: leave it out instead"},
		{"{\"Statements\":[]}", "invalid: line 1: the member 'Statement' is missing"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_POLICY, &of_alias, two, cases);
}

static void each_condition_becomes_its_parameter(void **state)
{
	static const struct {
		const char *condition, *parameters;
	} table[] = {
		{"{\"ArnLike\":{\"AWS:SourceArn\":\"arn:x\"}}", ",\"SourceArn\":\"arn:x\""},
		{"{\"StringEquals\":{\"AWS:SourceAccount\":\"1\",\"aws:PrincipalOrgID\":\"o\"}}",
			",\"SourceAccount\":\"1\",\"PrincipalOrgID\":\"o\""},
		{"{\"StringEquals\":{\"lambda:FunctionUrlAuthType\":\"NONE\","
		 "\"lambda:EventSourceToken\":\"t\"}}",
			",\"FunctionUrlAuthType\":\"NONE\",\"EventSourceToken\":\"t\""},
		{"{\"Bool\":{\"lambda:InvokedViaFunctionUrl\":\"true\"}}",
			",\"InvokedViaFunctionUrl\":true"},
		{"{\"Bool\":{\"lambda:InvokedViaFunctionUrl\":\"false\"}}", NULL},
		{"{\"StringLike\":{\"AWS:SourceArn\":\"arn:x\"}}", NULL},
		{"{\"ArnLike\":{\"AWS:SourceArn\":[\"arn:x\"]}}", NULL},
		{"{\"ArnLike\":{\"aws:sourcearn\":\"arn:x\"}}", NULL},
		{"{\"ArnLike\":{}}", NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		cleanup(free_pointer) char *written = NULL, *wanted = NULL, *got = NULL;

		assert_true(asprintf(&written,
				    "{\"Statement\":[{\"Sid\":\"x\",\"Effect\":\"Allow\","
				    "\"Principal\":{\"AWS\":\"arn:aws:iam::1:root\"},\"Action\":"
				    "\"lambda:*\",\"Condition\":%s}]}",
				    table[i].condition) > 0);
		if (table[i].parameters) {
			assert_true(asprintf(&wanted,
					    "POST " PATH "?Qualifier=PROD {\"StatementId\":\"x\","
					    "\"Action\":\"lambda:*\",\"Principal\":"
					    "\"arn:aws:iam::1:root\"%s}\n",
					    table[i].parameters) > 0);
			check_plan(DOCUMENT_POLICY, &of_alias, "", written, wanted);
			continue;
		}
		got = planned(DOCUMENT_POLICY, &of_alias, "", written);
		assert_non_null(strstr(got, "invalid: line 1: the statement 'x' cannot be added"));
	}
}

/* What PutResourcePolicy made is shown as it is and may stay. */
static void foreign_statements_are_kept(void **state)
{
	static const char answer[] =
		ANSWER("{\\\"Effect\\\":\\\"Deny\\\",\\\"NotPrincipal\\\":\\\"*"
		       "\\\",\\\"Action\\\":[\\\"a\\\"]" RESOURCE "}," GRANT("a"));

	(void)state;
	check_unchanged(DOCUMENT_POLICY, &of_alias, answer);
	check_plan(DOCUMENT_POLICY, &of_alias, answer,
		"{\"Statement\":[{\"Effect\":\"Deny\",\"NotPrincipal\":\"*\",\"Action\":[\"a\"]}]}",
		"DELETE " PATH "/a?Qualifier=PROD&RevisionId=r1\n");
	check_plan(DOCUMENT_POLICY, &of_alias, answer, "{}",
		"invalid: line 1: a statement without a Sid cannot be removed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_is_shown_by_sid_and_without_resource),
		cmocka_unit_test(grants_are_added_before_others_are_removed),
		cmocka_unit_test(what_add_permission_cannot_make_is_refused),
		cmocka_unit_test(each_condition_becomes_its_parameter),
		cmocka_unit_test(foreign_statements_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
