/* SPDX-License-Identifier: MIT */
/* LookupEvents' JSON, and what is made of it. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "backend/cloudtrail/model.h"

/* A CloudTrailEvent, as the string of JSON that it travels in; the double quotes are written as single ones. */
#define RECORD(members)                                                                            \
	"{'eventID':'e1','requestID':'q1','eventSource':'lambda.amazonaws.com','userIdentity':{"   \
	"'type':'IAMUser','arn':'arn:aws:iam::1:user/her','userName':'her'},"                      \
	"'userAgent':'aws-cli/2'," members "}"
#define RESULT(members)                                                                            \
	"'responseElements':{'aliasArn':'arn:aws:lambda:us-east-1:111122223333:function:fn:PROD'," \
	"'name':'PROD'," members "}"
#define REQUEST "'requestParameters':{'functionName':'fn','name':'PROD'}"

static void append_quoted(struct buffer *out, const char *record)
{
	for (; *record; record++)
		assert_int_equal(
			buffer_append_string(out, *record == '\'' ? "\\\"" : (char[]){*record, 0}),
			0);
}

/* Reads a page of one event of that name with that record. */
static enum lambda_status read_one(const char *name, const char *record,
	struct cloudtrail_page *ret_page, struct lambda_error *error)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(65536);
	cleanup(json_free_pointer) struct json *json = NULL;

	assert_int_equal(buffer_appendf(&text,
				 "{\"Events\":[{\"EventId\":\"e1\",\"EventName\":\"%s\","
				 "\"EventTime\":1789424442.0,\"CloudTrailEvent\":\"",
				 name),
		0);
	append_quoted(&text, record);
	assert_int_equal(buffer_append_string(&text, "\"}],\"NextToken\":\"t\"}"), 0);
	json = json_parse(buffer_text(&text), text.length, NULL);
	assert_non_null(json);
	return cloudtrail_read_page(json, ret_page, error);
}

static void reads_an_update(void **state)
{
	struct cloudtrail_page page;
	struct lambda_error error = {0};
	struct cloudtrail_event *event, copy;

	(void)state;
	assert_int_equal(
		read_one("UpdateAlias20150331",
			RECORD("'requestParameters':{'functionName':'arn:aws:lambda:us-east-1:"
			       "111122223333:function:fn','name':'PROD','revisionId':'r1',"
			       "'routingConfig':{}}," RESULT(
				       "'functionVersion':'2','description':'d','revisionId':'r2',"
				       "'routingConfig':{'additionalVersionWeights':{'3':0.25}}")),
			&page, &error),
		LAMBDA_OK);
	assert_int_equal(page.count, 1);
	assert_int_equal(page.seen, 1);
	assert_int_equal(page.oldest_s, 1789424442);
	assert_string_equal(page.next_token, "t");
	event = &page.items[0];
	assert_int_equal(cloudtrail_event_copy(event, &copy), 0);
	cloudtrail_page_release(&page);
	event = &copy;
	assert_int_equal(event->operation, CLOUDTRAIL_UPDATE_ALIAS);
	assert_int_equal(event->time_s, 1789424442);
	assert_true(event->has_result && !event->failed);
	assert_true(event->sent_routing && !event->sent_version && !event->sent_description);
	assert_string_equal(event->id, "e1");
	assert_string_equal(event->request_id, "q1");
	assert_string_equal(event->function, "fn");
	assert_string_equal(event->alias, "PROD");
	assert_string_equal(event->before_revision_id, "r1");
	assert_string_equal(event->who, "arn:aws:iam::1:user/her");
	assert_string_equal(event->user_agent, "aws-cli/2");
	assert_string_equal(event->error, "");
	assert_int_equal(event->result.version, 2);
	assert_int_equal(event->result.weighted_version, 3);
	assert_true(event->result.weight == 0.25);
	assert_string_equal(event->result.description, "d");
	assert_string_equal(event->result.revision_id, "r2");
	cloudtrail_event_release(&copy);
}

/* What an event says, in short: operation, alias, whether it failed and whether its result is known. */
static const struct {
	const char *name, *record;
	enum cloudtrail_operation operation; /* CLOUDTRAIL_OTHER: it is left out */
	const char *alias;
	bool failed, has_result;
} kinds[] = {
	{"CreateAlias20150331",
		RECORD(REQUEST "," RESULT("'functionVersion':'$LATEST','revisionId':'r'")),
		CLOUDTRAIL_CREATE_ALIAS, "PROD", false, true},
	{"DeleteAlias20150331", RECORD(REQUEST ",'responseElements':null"), CLOUDTRAIL_DELETE_ALIAS,
		"PROD", false, false},
	{"UpdateAlias20150331",
		RECORD(REQUEST ",'errorCode':'PreconditionFailedException','errorMessage':'stale',"
			       "'responseElements':null"),
		CLOUDTRAIL_UPDATE_ALIAS, "PROD", true, false},
	{"UpdateAlias20150331", RECORD(REQUEST ",'errorMessage':'why'"), CLOUDTRAIL_UPDATE_ALIAS,
		"PROD", true, false},
	{"AddPermission20150331v2",
		RECORD("'requestParameters':{'functionName':'fn','qualifier':'PROD'}"),
		CLOUDTRAIL_ADD_PERMISSION, "PROD", false, false},
	{"RemovePermission20150331v2",
		RECORD("'requestParameters':{'functionName':'111122223333:function:fn:PROD'}"),
		CLOUDTRAIL_REMOVE_PERMISSION, "PROD", false, false},
	/* What is not about an alias. */
	{"AddPermission20150331v2", RECORD("'requestParameters':{'functionName':'fn'}"),
		CLOUDTRAIL_OTHER, NULL, false, false},
	{"AddPermission20150331v2",
		RECORD("'requestParameters':{'functionName':'fn','qualifier':'7'}"),
		CLOUDTRAIL_OTHER, NULL, false, false},
	{"GetAlias20150331", "no record is looked at", CLOUDTRAIL_OTHER, NULL, false, false},
	{"UpdateAlias20150331", RECORD("'requestParameters':null,'errorCode':'AccessDenied'"),
		CLOUDTRAIL_OTHER, NULL, false, false},
	/* A success whose result makes no sense tells nothing of the state. */
	{"UpdateAlias20150331", RECORD(REQUEST ",'responseElements':null"), CLOUDTRAIL_UPDATE_ALIAS,
		"PROD", false, false},
	{"UpdateAlias20150331", RECORD(REQUEST "," RESULT("'functionVersion':'2'")),
		CLOUDTRAIL_UPDATE_ALIAS, "PROD", false, false},
	{"UpdateAlias20150331",
		RECORD(REQUEST "," RESULT("'functionVersion':'02','revisionId':'r'")),
		CLOUDTRAIL_UPDATE_ALIAS, "PROD", false, false},
	{"UpdateAlias20150331",
		RECORD(REQUEST "," RESULT("'functionVersion':'2','revisionId':'r','routingConfig':{"
					  "'additionalVersionWeights':{'3':0.25,'4':0.25}}")),
		CLOUDTRAIL_UPDATE_ALIAS, "PROD", false, false},
	{"UpdateAlias20150331",
		RECORD(REQUEST "," RESULT("'functionVersion':'2','revisionId':'r','routingConfig':{"
					  "'additionalVersionWeights':{'3':1.5}}")),
		CLOUDTRAIL_UPDATE_ALIAS, "PROD", false, false},
};

static void what_kinds_of_events_say(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < array_count(kinds); i++) {
		struct cloudtrail_page page;
		struct lambda_error error = {0};

		assert_int_equal(
			read_one(kinds[i].name, kinds[i].record, &page, &error), LAMBDA_OK);
		assert_int_equal(page.seen, 1);
		assert_int_equal(page.count, kinds[i].operation != CLOUDTRAIL_OTHER);
		if (page.count) {
			assert_int_equal(page.items[0].operation, kinds[i].operation);
			assert_string_equal(page.items[0].alias, kinds[i].alias);
			assert_string_equal(page.items[0].function, "fn");
			assert_int_equal(page.items[0].failed, kinds[i].failed);
			assert_int_equal(page.items[0].has_result, kinds[i].has_result);
			assert_int_equal(page.items[0].error[0] != '\0', kinds[i].failed);
		}
		cloudtrail_page_release(&page);
	}
}

static void who_it_was(void **state)
{
	static const struct {
		const char *identity, *who;
	} rows[] = {
		{"{'type':'AWSService','invokedBy':'codedeploy.amazonaws.com'}",
			"codedeploy.amazonaws.com"},
		{"{'type':'IAMUser','userName':'her'}", "her"},
		{"{'type':'AssumedRole','arn':'arn:aws:sts::1:assumed-role/ci/job'}",
			"arn:aws:sts::1:assumed-role/ci/job"},
		{"{'arn':'evil\\\\u001b[2Jname'}", "evil [2Jname"},
		{"null", ""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(buffer_release) struct buffer record = BUFFER_INIT(4096);
		struct cloudtrail_page page;
		struct lambda_error error = {0};

		assert_int_equal(buffer_appendf(&record, "{" REQUEST ",'userIdentity':%s}",
					 rows[i].identity),
			0);
		assert_int_equal(
			read_one("DeleteAlias20150331", buffer_text(&record), &page, &error),
			LAMBDA_OK);
		assert_int_equal(page.count, 1);
		assert_string_equal(page.items[0].who, rows[i].who);
		cloudtrail_page_release(&page);
	}
}

static void refuses_what_makes_no_sense(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"{\"Events\":null}",
		"{\"Events\":{}}",
		"{\"Events\":[],\"NextToken\":1}",
		"{\"Events\":[1]}",
		"{\"Events\":[{}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"x\"}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventTime\":1}]}",
		"{\"Events\":[{\"EventName\":\"x\",\"EventTime\":1}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"x\",\"EventTime\":-1}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"x\",\"EventTime\":1e300}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"x\",\"EventTime\":\"soon\"}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"DeleteAlias20150331\","
		"\"EventTime\":1}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"DeleteAlias20150331\","
		"\"EventTime\":1,\"CloudTrailEvent\":\"{\"}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"DeleteAlias20150331\","
		"\"EventTime\":1,\"CloudTrailEvent\":{}}]}",
		"{\"Events\":[{\"EventId\":\"e\",\"EventName\":\"DeleteAlias20150331\","
		"\"EventTime\":1,\"CloudTrailEvent\":\"{\\\"eventID\\\":\\\"other\\\"}\"}]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(json_free_pointer) struct json *json =
			json_parse(rows[i], strlen(rows[i]), NULL);
		struct cloudtrail_page page;
		struct lambda_error error = {0};

		assert_non_null(json);
		assert_int_equal(cloudtrail_read_page(json, &page, &error), LAMBDA_BAD_ANSWER);
		assert_true(error.message[0]);
	}
}

static void an_empty_page_is_one(void **state)
{
	cleanup(json_free_pointer) struct json *json =
		json_parse("{\"Events\":[]}", strlen("{\"Events\":[]}"), NULL);
	struct cloudtrail_page page;

	(void)state;
	assert_int_equal(cloudtrail_read_page(json, &page, NULL), LAMBDA_OK);
	assert_true(!page.count && !page.seen && !page.next_token && page.oldest_s == INT64_MAX);
	cloudtrail_page_release(&page);
}

static void writes_what_is_asked(void **state)
{
	static const struct {
		struct cloudtrail_query query;
		const char *body;
	} rows[] = {
		{{0}, "{\"MaxResults\":50}"},
		{{.key = "EventName",
			 .value = "UpdateAlias20150331",
			 .start_s = 1,
			 .end_s = 1789424442,
			 .next_token = "a\"b"},
			"{\"LookupAttributes\":[{\"AttributeKey\":\"EventName\","
			"\"AttributeValue\":\"UpdateAlias20150331\"}],\"StartTime\":1,"
			"\"EndTime\":1789424442,\"MaxResults\":50,\"NextToken\":\"a\\\"b\"}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(buffer_release) struct buffer body = BUFFER_INIT(4096);

		assert_int_equal(cloudtrail_write_lookup(&rows[i].query, &body), 0);
		assert_string_equal(buffer_text(&body), rows[i].body);
	}
}

static void names_of_functions(void **state)
{
	static const struct {
		const char *text, *function, *qualifier;
	} rows[] = {
		{"fn", "fn", ""},
		{"fn:PROD", "fn", "PROD"},
		{"function:fn", "fn", ""},
		{"123456789012:fn", "fn", ""},
		{"123456789012:function:fn:PROD", "fn", "PROD"},
		{"us-east-1:123456789012:function:fn", "fn", ""},
		{"arn:aws:lambda:us-east-1:123456789012:function:fn", "fn", ""},
		{"arn:aws-cn:lambda:cn-north-1:123456789012:function:fn:PROD", "fn", "PROD"},
		{"function", "function", ""},
		{"", NULL, NULL},
		{":", NULL, NULL},
		{"fn:", NULL, NULL},
		{"fn:a:b", NULL, NULL},
		{"arn:aws:lambda:us-east-1:123456789012:function", NULL, NULL},
		{"arn:aws:lambda:us-east-1:123456789012:layer:fn", NULL, NULL},
		{"arn:aws:lambda:us-east-1:123456789012:function:fn:a:b:c:d", NULL, NULL},
	};
	char function[LAMBDA_FUNCTION_NAME_MAX + 1], qualifier[LAMBDA_ALIAS_NAME_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		int error = cloudtrail_parse_function(rows[i].text, function, qualifier);

		assert_int_equal(error, rows[i].function ? 0 : -EINVAL);
		if (error)
			continue;
		assert_string_equal(function, rows[i].function);
		assert_string_equal(qualifier, rows[i].qualifier);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_an_update),
		cmocka_unit_test(what_kinds_of_events_say),
		cmocka_unit_test(who_it_was),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(an_empty_page_is_one),
		cmocka_unit_test(writes_what_is_asked),
		cmocka_unit_test(names_of_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
