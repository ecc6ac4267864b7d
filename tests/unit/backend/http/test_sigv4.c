/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/http/sigv4.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define DATE "20150830T123600Z"
#define AWS_HOST "lambda.us-east-1.amazonaws.com"

static const struct sigv4_scope scope = {
	.date = DATE,
	.region = "us-east-1",
	.service = "lambda",
};

static void signs_as(const struct sigv4_request *request, const char *names, const char *signature)
{
	cleanup(buffer_release) struct buffer wanted = BUFFER_INIT(4096), made = BUFFER_INIT(4096);
	unsigned char key[SIGV4_KEY_SIZE];

	assert_int_equal(buffer_appendf(&wanted,
				 "AWS4-HMAC-SHA256 Credential=" KEY_ID
				 "/20150830/us-east-1/lambda/aws4_request, "
				 "SignedHeaders=%s, Signature=%s",
				 names, signature),
		0);
	assert_int_equal(sigv4_derive_key(SECRET, &scope, key), 0);
	assert_int_equal(sigv4_authorization(request, &scope, KEY_ID, key, &made), 0);
	assert_string_equal(buffer_text(&made), buffer_text(&wanted));
}

/* backend/lambda/NOTES.md section 9: computed there with botocore 1.43.67. */
static void signs_the_four_known_requests(void **state)
{
	static const char body[] = "{\"FunctionVersion\": \"2\", \"RoutingConfig\": "
				   "{\"AdditionalVersionWeights\": {}}}";
	static const struct http_header plain[] = {
		{"Host", AWS_HOST},
		{"X-Amz-Date", DATE},
		{"User-Agent", "never signed"},
	};
	static const struct http_header put[] = {
		{"X-Amz-Security-Token", "TOKEN=="},
		{"Host", AWS_HOST},
		{"Content-Type", "application/json"},
		{"X-Amz-Date", DATE},
		{"Content-Length", "75"},
	};
	static const struct http_header local[] = {
		{"Host", "127.0.0.1:9001"},
		{"X-Amz-Date", DATE},
	};
	const struct sigv4_request get_function = {.method = "GET",
		.path = "/2015-03-31/functions/my-function",
		.query = "Qualifier=%24LATEST",
		.headers = plain,
		.header_count = array_count(plain)};
	const struct sigv4_request get_by_arn = {.method = "GET",
		.path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012"
			"%3Afunction%3Amy-function%3APROD/configuration",
		.headers = plain,
		.header_count = array_count(plain)};
	const struct sigv4_request update_alias = {.method = "PUT",
		.path = "/2015-03-31/functions/my-function/aliases/PROD",
		.headers = put,
		.header_count = array_count(put),
		.body = body,
		.body_length = sizeof(body) - 1};
	const struct sigv4_request list = {.method = "GET",
		.path = "/2015-03-31/functions/",
		.query = "FunctionVersion=ALL&Marker=abc%2B%2F%3D%20x&MaxItems=50",
		.headers = local,
		.header_count = array_count(local)};

	(void)state;
	signs_as(&get_function, "host;x-amz-date",
		"5feb8b9d1784621179bf909b3ccdec2d025656e822c1f23defb998823129ac7a");
	signs_as(&get_by_arn, "host;x-amz-date",
		"d91cc74cbd6e4b3c187a2600d5ec7de65d24f10432c2ca12c9780d2908d5b9b8");
	signs_as(&update_alias, "content-type;host;x-amz-date;x-amz-security-token",
		"00402a9f8e7e9c6be46cf7ec4a1bf749e581c7078ca5d5c6b78b6f027320c264");
	signs_as(&list, "host;x-amz-date",
		"94b64bcdf4e6033d980f9c88561877e95ed3bb8000ce947fda8da1ea3b4b3452");
}

#define EMPTY_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void canonical_forms(void **state)
{
	static const struct {
		const char *path, *query, *canonical_path, *canonical_query;
	} rows[] = {
		{"", NULL, "/", ""},
		{"/", "", "/", ""},
		{"//a///b//", NULL, "/a/b/", ""},
		{"/a/./b/../c", NULL, "/a/c", ""},
		{"/a/..", NULL, "/", ""},
		{"/../..", NULL, "/", ""},
		{"/a/../", NULL, "/", ""},
		{"/a%3Ab", NULL, "/a%253Ab", ""},
		{"/a b\xc3\xa9", NULL, "/a%20b%C3%A9", ""},
		{"/", "b=2&a=1&a=0&A=3", "/", "A=3&a=0&a=1&b=2"},
		{"/", "flag&x=", "/", "flag=&x="},
		{"/", "a=b=c", "/", "a=b%3Dc"},
		{"/", "&a=1&&", "/", "a=1"},
		{"/", "m=%2b%2F%7e", "/", "m=%2B%2F~"},
		{"/", "m=a b", "/", "m=a%20b"},
		{"/", "m=100%", "/", "m=100%25"},
		{"/", "a-b=1&a=1", "/", "a=1&a-b=1"},
	};
	static const struct http_header headers[] = {{"Host", "h"}};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(buffer_release) struct buffer wanted = BUFFER_INIT(4096);
		cleanup(buffer_release) struct buffer made = BUFFER_INIT(4096);
		cleanup(buffer_release) struct buffer names = BUFFER_INIT(4096);
		const struct sigv4_request request = {.method = "GET",
			.path = rows[i].path,
			.query = rows[i].query,
			.headers = headers,
			.header_count = array_count(headers)};

		assert_int_equal(
			buffer_appendf(&wanted, "GET\n%s\n%s\nhost:h\n\nhost\n" EMPTY_DIGEST,
				rows[i].canonical_path, rows[i].canonical_query),
			0);
		assert_int_equal(sigv4_canonical_request(&request, &made, &names), 0);
		assert_string_equal(buffer_text(&made), buffer_text(&wanted));
	}
}

static void headers_are_sorted_joined_and_squeezed(void **state)
{
	static const struct http_header headers[] = {
		{"X-Amz-B", "  two   words\t here  "},
		{"host", "h"},
		{"X-Amz-A", "second"},
		{"x-amz-a", "first"},
		{"Connection", "keep-alive"},
		{"Authorization", "old"},
	};
	const struct sigv4_request request = {.method = "POST",
		.path = "/",
		.headers = headers,
		.header_count = array_count(headers)};
	cleanup(buffer_release) struct buffer made = BUFFER_INIT(4096), names = BUFFER_INIT(4096);

	(void)state;
	assert_int_equal(sigv4_canonical_request(&request, &made, &names), 0);
	assert_string_equal(buffer_text(&made),
		"POST\n/\n\nhost:h\nx-amz-a:second,first\nx-amz-b:two words here\n\n"
		"host;x-amz-a;x-amz-b\n" EMPTY_DIGEST);
}

static void dates_are_utc(void **state)
{
	char date[SIGV4_DATE_SIZE];

	(void)state;
	sigv4_format_date(1440938160, date);
	assert_string_equal(date, DATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_the_four_known_requests),
		cmocka_unit_test(canonical_forms),
		cmocka_unit_test(headers_are_sorted_joined_and_squeezed),
		cmocka_unit_test(dates_are_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
