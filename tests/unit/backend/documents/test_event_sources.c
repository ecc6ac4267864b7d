/* SPDX-License-Identifier: MIT */
#include "tests/unit/backend/documents/planned.h"

#include <errno.h>

#define MAPPING(uuid, qualifier, members)                                                          \
	"{\"UUID\":\"" uuid "\",\"FunctionArn\":\"" FUNCTION_ARN qualifier                         \
	"\",\"EventSourceMappingArn\":\"m\",\"LastModified\":1.5,\"StateTransitionReason\":"       \
	"\"USER_INITIATED\",\"LastProcessingResult\":\"OK\"," members "}"
#define ANSWER(items) "{\"EventSourceMappings\":[" items "]}"
#define QUEUE(state) "\"EventSourceArn\":\"arn:q\",\"BatchSize\":10,\"State\":\"" state "\""
#define STREAM                                                                                     \
	"\"EventSourceArn\":\"arn:k\",\"BatchSize\":100,\"State\":\"Disabled\","                   \
	"\"StartingPosition\":\"LATEST\",\"FilterCriteria\":{\"Filters\":[{\"Pattern\":\"{}\"}]}," \
	"\"DestinationConfig\":{\"OnFailure\":{}},\"KMSKeyArn\":null,\"Added2031\":{\"a\":1}"
#define PATH "/2015-03-31/event-source-mappings/"
#define Q "{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":10,\"Enabled\":true}"
#define K                                                                                          \
	"{\"UUID\":\"k\",\"EventSourceArn\":\"arn:k\",\"BatchSize\":100,\"Enabled\":false,"        \
	"\"StartingPosition\":\"LATEST\",\"FilterCriteria\":{\"Filters\":[{\"Pattern\":\"{}\"}]}," \
	"\"Added2031\":{\"a\":1}}"
#define WRITTEN(items) "{\"EventSourceMappings\":[" items "]}"

static const char two[] = ANSWER(MAPPING("q", ":PROD", QUEUE("Enabled")) "," MAPPING(
	"o", ":OTHER", QUEUE("Enabled")) "," MAPPING("k", ":PROD", STREAM) "," MAPPING("d", ":PROD",
	QUEUE("Deleting")));

static void shows_the_aliass_own_in_order(void **state)
{
	(void)state;
	check_prints(DOCUMENT_EVENT_SOURCES, &of_alias, two,
		"{\n  \"EventSourceMappings\": [\n"
		"    {\n      \"Added2031\": {\n        \"a\": 1\n      },\n"
		"      \"BatchSize\": 100,\n      \"DestinationConfig\": {\n"
		"        \"OnFailure\": {}\n      },\n      \"Enabled\": false,\n"
		"      \"EventSourceArn\": \"arn:k\",\n      \"FilterCriteria\": {\n"
		"        \"Filters\": [\n          {\n            \"Pattern\": \"{}\"\n"
		"          }\n        ]\n      },\n      \"StartingPosition\": \"LATEST\",\n"
		"      \"UUID\": \"k\"\n    },\n"
		"    {\n      \"BatchSize\": 10,\n      \"Enabled\": true,\n"
		"      \"EventSourceArn\": \"arn:q\",\n      \"UUID\": \"q\"\n    }\n  ]\n}\n");
	check_prints(DOCUMENT_EVENT_SOURCES, &of_function, two, "");
	check_prints(DOCUMENT_EVENT_SOURCES, &of_alias, ANSWER(""), "");
}

static void unqualified_and_latest_are_the_functions(void **state)
{
	static const char answer[] = ANSWER(MAPPING("a", "", QUEUE("Enabling")) "," MAPPING(
		"b", ":$LATEST", QUEUE("Disabling")) "," MAPPING("c", "2", QUEUE("Enabled")));

	(void)state;
	check_prints(DOCUMENT_EVENT_SOURCES, &of_function, answer,
		"{\n  \"EventSourceMappings\": [\n"
		"    {\n      \"BatchSize\": 10,\n      \"Enabled\": true,\n"
		"      \"EventSourceArn\": \"arn:q\",\n      \"UUID\": \"a\"\n    },\n"
		"    {\n      \"BatchSize\": 10,\n      \"Enabled\": false,\n"
		"      \"EventSourceArn\": \"arn:q\",\n      \"UUID\": \"b\"\n    }\n  ]\n}\n");
	check_unchanged(DOCUMENT_EVENT_SOURCES, &of_function, answer);
}

static void odd_answers_are_no_empty_files(void **state)
{
	static const struct {
		const char *answer, *member;
	} table[] = {
		{"{}", "EventSourceMappings"},
		{"{\"EventSourceMappings\":null}", "EventSourceMappings"},
		{ANSWER("{\"UUID\":\"a\"}"), "EventSourceMappings"},
		{ANSWER("{\"FunctionArn\":\"" FUNCTION_ARN "\",\"State\":\"Enabled\"}"),
			"EventSourceMappings"},
		{ANSWER(MAPPING("a", ":PROD", "\"State\":\"Sleeping\"")), "State"},
		{ANSWER(MAPPING("a", ":PROD", "\"State\":null")), "State"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		cleanup(free_pointer) char *wanted = NULL;

		assert_true(asprintf(&wanted,
				    "bad answer: the answer's %s is missing or cannot be read",
				    table[i].member) > 0);
		check_prints(DOCUMENT_EVENT_SOURCES, &of_alias, table[i].answer, wanted);
	}
}

static void what_differs_is_sent_by_uuid(void **state)
{
	static const struct case_of_plan cases[] = {
		{WRITTEN(Q "," K), ""},
		{WRITTEN(K ",{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":5,"
			   "\"Enabled\":false}"),
			"PUT " PATH "q {\"BatchSize\":5,\"Enabled\":false}\n"},
		{WRITTEN(K ",{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":10,"
			   "\"ScalingConfig\":{\"MaximumConcurrency\":5}}"),
			"PUT " PATH "q {\"ScalingConfig\":{\"MaximumConcurrency\":5}}\n"},
		{WRITTEN("{\"UUID\":\"k\",\"EventSourceArn\":\"arn:k\",\"BatchSize\":100,"
			 "\"Enabled\":true,\"StartingPosition\":\"LATEST\",\"Added2031\":{\"a\":1}}"
			 ","
			 "{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":11}"),
			"PUT " PATH "k {\"Enabled\":true,\"FilterCriteria\":{}}\n"
			"PUT " PATH "q {\"BatchSize\":11}\n"},
		{"", ""},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_EVENT_SOURCES, &of_alias, two, cases);
	check_plan(DOCUMENT_EVENT_SOURCES, &of_alias, ANSWER(""), "{}", "");
}

static void mappings_are_not_made_moved_or_deleted(void **state)
{
	static const struct case_of_plan cases[] = {
		{"{}", "invalid: line 1: the mapping k is left out: writing does not delete "
		       "mappings (use aws lambda delete-event-source-mapping)"},
		{WRITTEN(Q), "invalid: line 1: the mapping k is left out: writing does not delete "
			     "mappings (use aws lambda delete-event-source-mapping)"},
		{WRITTEN(Q "," K ",\n{\"UUID\":\"o\",\"EventSourceArn\":\"arn:q\"}"),
			"invalid: line 2: the mapping 'o' is not one of these: writing does not "
			"create or move mappings (use aws lambda create-event-source-mapping)"},
		{WRITTEN(Q "," K ",{\"EventSourceArn\":\"arn:n\"}"),
			"invalid: line 1: the member 'UUID' is missing"},
		{WRITTEN(Q "," K "," Q), "invalid: line 1: the UUID 'q' appears twice"},
		{WRITTEN(K ",{\"UUID\":\"q\",\n\"EventSourceArn\":\"arn:other\",\"BatchSize\":10}"),
			"invalid: line 2: the mapping q: the member 'EventSourceArn' can only be "
			"set when a mapping is created: leave it as it is"},
		{WRITTEN(K ",{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\"}"),
			"invalid: line 1: the mapping q: the member 'BatchSize' is left out, but "
			"AWS always has it: write it"},
		{WRITTEN(K ",{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":10,"
			   "\"FunctionName\":\"x\"}"),
			"invalid: line 1: the mapping q: the member 'FunctionName' is not known to "
			"this version of aliasfs: change it with aws lambda "
			"update-event-source-mapping"},
		{WRITTEN(K ",{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":\"10\"}"),
			"invalid: line 1: the member 'BatchSize' has to be a whole number"},
		{WRITTEN(K ",{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":null}"),
			"invalid: line 1: the member 'BatchSize' is null: leave it out instead"},
		{"{\"Mappings\":[]}",
			"invalid: line 1: the member 'EventSourceMappings' is missing"},
		{"{\"EventSourceMappings\":{}}",
			"invalid: line 1: the member 'EventSourceMappings' has to be a list of "
			"objects"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_EVENT_SOURCES, &of_alias, two, cases);
}

/* semantics(6.5.3): AWS would keep the member's value or set its default without an error. */
static void an_object_is_written_whole(void **state)
{
#define POLLED(members) "{\"UUID\":\"p\",\"EventSourceArn\":\"arn:p\"," members "}"
	static const char answer[] = ANSWER(MAPPING("p", ":PROD",
		"\"EventSourceArn\":\"arn:p\",\"State\":\"Enabled\","
		"\"ProvisionedPollerConfig\":{\"MinimumPollers\":2,\"MaximumPollers\":9},"
		"\"DestinationConfig\":{\"OnSuccess\":{},\"OnFailure\":{\"Destination\":"
		"\"arn:f\"}},\"DocumentDBEventSourceConfig\":{\"DatabaseName\":\"d\","
		"\"CollectionName\":\"c\",\"FullDocument\":\"Default\"}"));
#define POLLERS "\"ProvisionedPollerConfig\":{\"MinimumPollers\":2,\"MaximumPollers\":9}"
#define FAILURE "\"DestinationConfig\":{\"OnFailure\":{\"Destination\":\"arn:f\"}}"
#define DATABASE(members) "\"DocumentDBEventSourceConfig\":{\"DatabaseName\":\"d\"" members "}"
#define ALL ",\"CollectionName\":\"c\",\"FullDocument\":\"Default\""
	static const struct case_of_plan cases[] = {
		{WRITTEN(POLLED(POLLERS "," FAILURE "," DATABASE(ALL))), ""},
		{WRITTEN(POLLED("\"ProvisionedPollerConfig\":{\"MinimumPollers\":3,"
				"\"MaximumPollers\":9}," FAILURE "," DATABASE(ALL))),
			"PUT " PATH "p {\"ProvisionedPollerConfig\":{\"MinimumPollers\":3,"
			"\"MaximumPollers\":9}}\n"},
		{WRITTEN(POLLED("\"ProvisionedPollerConfig\":{\"MinimumPollers\":3},\n" FAILURE
				"," DATABASE(ALL))),
			"invalid: line 1: the member 'MaximumPollers' of 'ProvisionedPollerConfig' "
			"is left out: AWS would keep its value or set a default, so write it"},
		{WRITTEN(POLLED(POLLERS "," FAILURE ",\n" DATABASE(",\"CollectionName\":\"c\""))),
			"invalid: line 2: the member 'FullDocument' of "
			"'DocumentDBEventSourceConfig' is left out: AWS would keep its value or "
			"set a default, so write it"},
		{WRITTEN(POLLED(POLLERS "," FAILURE "," DATABASE(
			 ",\"CollectionName\":\"\",\"FullDocument\":\"Default\""))),
			"PUT " PATH "p {\"DocumentDBEventSourceConfig\":{\"DatabaseName\":\"d\","
			"\"CollectionName\":\"\",\"FullDocument\":\"Default\"}}\n"},
		{WRITTEN(POLLED("\"ProvisionedPollerConfig\":{}," DATABASE(ALL))),
			"PUT " PATH
			"p {\"ProvisionedPollerConfig\":{},\"DestinationConfig\":{}}\n"},
	};

	(void)state;
	CHECK_PLANS(DOCUMENT_EVENT_SOURCES, &of_alias, answer, cases);
}

/* AWS does not tell Enabled while it updates, and takes no other update. */
static void a_mapping_that_is_changing_waits(void **state)
{
	static const char answer[] = ANSWER(MAPPING("q", ":PROD", QUEUE("Updating")));
	static const char written[] =
		WRITTEN("{\"UUID\":\"q\",\"EventSourceArn\":\"arn:q\",\"BatchSize\":11}");
	cleanup(json_free_pointer) struct json *updating = answer_of(answer);
	cleanup(json_free_pointer) struct json *before =
		answer_of(ANSWER(MAPPING("q", ":PROD", QUEUE("Disabled"))));
	cleanup(json_free_pointer) struct json *after = answer_of(ANSWER(MAPPING("q", ":PROD",
		"\"EventSourceArn\":\"arn:q\",\"BatchSize\":11,\"State\":\"Disabled\"")));
	const struct document_kind *kind = document_kind(DOCUMENT_EVENT_SOURCES);
	struct document_plan plan = {0};
	struct lambda_error error = {0};

	(void)state;
	check_prints(DOCUMENT_EVENT_SOURCES, &of_alias, answer,
		"{\n  \"EventSourceMappings\": [\n    {\n      \"BatchSize\": 10,\n"
		"      \"EventSourceArn\": \"arn:q\",\n      \"UUID\": \"q\"\n    }\n  ]\n}\n");
	check_unchanged(DOCUMENT_EVENT_SOURCES, &of_alias, answer);
	check_plan(DOCUMENT_EVENT_SOURCES, &of_alias, answer, written,
		"conflict: AWS is changing the mapping q at this moment: try again");
	assert_int_equal(
		document_plan(kind, &of_alias, before, written, sizeof(written) - 1, &plan, &error),
		LAMBDA_OK);
	assert_int_equal(plan.count, 1);
	assert_int_equal(document_outcome(kind, &of_alias, &plan.calls[0], updating, &error),
		DOCUMENT_UNREADABLE);
	assert_int_equal(error.status, LAMBDA_CONFLICT);
	assert_int_equal(
		document_outcome(kind, &of_alias, &plan.calls[0], after, &error), DOCUMENT_DONE);
	assert_int_equal(
		document_outcome(kind, &of_alias, &plan.calls[0], before, &error), DOCUMENT_AS_WAS);
	document_plan_release(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_the_aliass_own_in_order),
		cmocka_unit_test(unqualified_and_latest_are_the_functions),
		cmocka_unit_test(odd_answers_are_no_empty_files),
		cmocka_unit_test(what_differs_is_sent_by_uuid),
		cmocka_unit_test(mappings_are_not_made_moved_or_deleted),
		cmocka_unit_test(an_object_is_written_whole),
		cmocka_unit_test(a_mapping_that_is_changing_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
