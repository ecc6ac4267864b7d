/* SPDX-License-Identifier: MIT */
/* From a request line to an operation and its parameters, and the small pure rooms beside it. */
#include <errno.h>

#include "tests/unit/unit.h"

#include "backend/local/model/invoke_choice.h"
#include "backend/local/model/route.h"
#include "backend/local/model/throttle.h"
#include "backend/local/model/zip.h"

static void test_routes(void **state)
{
	static const struct {
		const char *method, *target, *operation;
	} cases[] = {
		{"GET", "/2015-03-31/functions", "ListFunctions"},
		{"GET", "/2015-03-31/functions/", "ListFunctions"},
		{"GET", "/2015-03-31/functions?MaxItems=1", "ListFunctions"},
		{"GET", "/2015-03-31/functions/?MaxItems=1", "ListFunctions"},
		{"POST", "/2015-03-31/functions", "CreateFunction"},
		{"GET", "/2015-03-31/functions/fn", "GetFunction"},
		{"GET", "/2015-03-31/functions/configuration", "GetFunction"},
		{"GET", "/2015-03-31/functions/fn/configuration", "GetFunctionConfiguration"},
		{"PUT", "/2015-03-31/functions/fn/aliases/PROD", "UpdateAlias"},
		{"GET", "/2019-09-30/functions/fn/provisioned-concurrency?List=ALL",
			"ListProvisionedConcurrencyConfigs"},
		{"GET", "/2019-09-30/functions/fn/provisioned-concurrency?Qualifier=1",
			"GetProvisionedConcurrencyConfig"},
		{"GET", "/2017-03-31/tags/arn%3Aaws%3Alambda", "ListTags"},
		{"PATCH", "/2015-03-31/functions", NULL},
		{"GET", "/2015-03-31/functions//", NULL},
		{"GET", "//2015-03-31/functions", NULL},
		{"GET", "/2015-03-31/functions/fn/../fn", NULL},
		{"GET", "/2015-03-31/functions/fn/aliases/a/b", NULL},
		{"GET", "2015-03-31/functions", NULL},
		{"GET", "*", NULL},
		{"GET", "", NULL},
		{"GET", "/", NULL},
		{"GET", "/a/b/c/d/e/f/g/h/i/j/k/l", NULL},
	};

	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		const struct operation *found = route_find(cases[i].method, cases[i].target);

		if (!cases[i].operation)
			assert_null(found);
		else if (!found || strcmp(found->name, cases[i].operation))
			fail_msg("%s %s is %s", cases[i].method, cases[i].target,
				found ? found->name : "nothing");
	}
}

/* The parameters as JSON text, or NULL with the reason. */
static void check_parameters(const char *method, const char *target, const char *wanted)
{
	const struct operation *operation = route_find(method, target);
	struct buffer text = BUFFER_INIT(65536);
	struct json *input = json_new_object();
	const char *reason = NULL;
	int error;

	assert_non_null(operation);
	error = route_parameters(operation, target, input, &reason);
	if (wanted) {
		assert_int_equal(error, 0);
		assert_int_equal(json_print(input, &text), 0);
		assert_string_equal(buffer_text(&text), wanted);
	} else {
		assert_int_equal(error, -EINVAL);
		assert_non_null(reason);
	}
	buffer_release(&text);
	json_free(input);
}

static void test_parameters(void **state)
{
	(void)state;
	check_parameters("GET", "/2015-03-31/functions/fn/aliases/PROD",
		"{\"FunctionName\":\"fn\",\"Name\":\"PROD\"}");
	check_parameters("GET", "/2015-03-31/functions/a%2Fb?Qualifier=%24LATEST&x=1",
		"{\"Qualifier\":\"$LATEST\",\"FunctionName\":\"a/b\"}");
	check_parameters("GET", "/2015-03-31/functions/?MaxItems=-5&Marker=a%2B%2F%3D",
		"{\"Marker\":\"a+/=\",\"MaxItems\":-5}");
	check_parameters("DELETE", "/2017-03-31/tags/arn?tagKeys=a%20b&tagKeys=c",
		"{\"Resource\":\"arn\",\"TagKeys\":[\"a b\",\"c\"]}");
	check_parameters("GET", "/2015-03-31/functions/fn?Qualifier=",
		"{\"Qualifier\":\"\","
		"\"FunctionName\":\"fn\"}");
	check_parameters("GET", "/2015-03-31/functions/%00", NULL);
	check_parameters("GET", "/2015-03-31/functions/%zz", NULL);
	check_parameters("GET", "/2015-03-31/functions/%ff%fe", NULL);
	check_parameters("GET", "/2015-03-31/functions/%", NULL);
	check_parameters("GET", "/2015-03-31/functions?MaxItems=ten", NULL);
	check_parameters("GET", "/2015-03-31/functions?MaxItems=99999999999", NULL);
}

static void test_buckets(void **state)
{
	struct bucket bucket = {.rate = 2, .tokens = 2, .since_ms = 0};
	struct bucket endless = {.rate = 0};

	(void)state;
	assert_true(bucket_take(&bucket, 0));
	assert_true(bucket_take(&bucket, 0));
	assert_false(bucket_take(&bucket, 0));
	assert_false(bucket_take(&bucket, 499));
	assert_true(bucket_take(&bucket, 500));
	assert_false(bucket_take(&bucket, 500));
	/* It never holds more than a second's worth, and time that runs back takes nothing away. */
	assert_true(bucket_take(&bucket, 100000));
	assert_true(bucket_take(&bucket, 50000));
	assert_false(bucket_take(&bucket, 50000));
	assert_true(bucket_take(&endless, 0));
}

static void test_choices(void **state)
{
	_Atomic uint64_t position = 0, again = 0;
	int64_t weighted = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		double drawn = invoke_draw(&position, 42);

		assert_true(drawn >= 0 && drawn < 1);
		assert_true(invoke_draw(&again, 42) == drawn);
		weighted += invoke_choose(1, 2, 0.25, drawn) == 2;
	}
	assert_within(weighted, 2300, 2700);
	assert_int_equal(invoke_choose(1, 2, 0, 0), 1);
	assert_int_equal(invoke_choose(1, 2, 1, 0.999999), 2);
}

/* A zip with one empty file "a" in it. */
static const unsigned char zip[] = {'P', 'K', 3, 4, 10, 0, 0, 0, 0, 0, 0, 0, 33, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'a', 'P', 'K', 1, 2, 10, 0, 10, 0, 0, 0, 0, 0, 0, 0, 33, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	'a', 'P', 'K', 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0, 31, 0, 0, 0, 0, 0};

static void test_zips(void **state)
{
	static const unsigned char empty[22] = {'P', 'K', 5, 6};
	struct zip_summary summary;
	unsigned char broken[sizeof(zip)];

	(void)state;
	assert_int_equal(zip_inspect(zip, sizeof(zip), &summary), 0);
	assert_int_equal(summary.entries, 1);
	assert_int_equal(summary.unzipped_size, 7);
	assert_int_equal(zip_inspect(empty, sizeof(empty), &summary), 0);
	assert_int_equal(summary.entries, 0);
	for (size_t length = 0; length < sizeof(zip); length++)
		assert_int_equal(zip_inspect(zip, length, &summary), -EINVAL);
	/* Whatever a byte becomes, it is looked at and nothing is read beyond the end. */
	for (size_t i = 0; i < sizeof(zip); i++) {
		memcpy(broken, zip, sizeof(zip));
		broken[i] = 0xff;
		if (!zip_inspect(broken, sizeof(broken), &summary))
			assert_true(summary.entries <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_zips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
