/* SPDX-License-Identifier: MIT */
/* Checking signatures: what our own signer makes is good, and nothing else is. */
#include "tests/unit/unit.h"

#include "backend/local/model/signature.h"

#define KEY "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define DATE "20150830T123600Z"
#define NOW 1440938160 /* DATE */

static const struct signature_key key = {KEY, SECRET, "us-east-1", "lambda"};

/* A request as a client sends it, signed. */
struct signed_request {
	struct http_header headers[8];
	struct sigv4_request request;
	struct buffer authorization;
};

static void sign(struct signed_request *signed_request, const char *region, const char *service)
{
	struct sigv4_scope scope = {.date = DATE, .region = region, .service = service};
	struct sigv4_request *request = &signed_request->request;
	unsigned char derived[SIGV4_KEY_SIZE];

	memset(signed_request, 0, sizeof(*signed_request));
	signed_request->authorization.maximum = 4096;
	signed_request->headers[0] = (struct http_header){"Host", "127.0.0.1:9001"};
	signed_request->headers[1] = (struct http_header){"X-Amz-Date", DATE};
	signed_request->headers[2] = (struct http_header){"Content-Type", "application/json"};
	*request = (struct sigv4_request){.method = "PUT",
		.path = "/2015-03-31/functions/fn/aliases/PROD",
		.query = "a=%24b",
		.headers = signed_request->headers,
		.header_count = 3,
		.body = "{}",
		.body_length = 2};
	assert_int_equal(sigv4_derive_key(SECRET, &scope, derived), 0);
	assert_int_equal(
		sigv4_authorization(request, &scope, KEY, derived, &signed_request->authorization),
		0);
	/* What proxies and SDKs add behind the signature does no harm. */
	signed_request->headers[3] =
		(struct http_header){"Authorization", buffer_text(&signed_request->authorization)};
	signed_request->headers[4] = (struct http_header){"User-Agent", "test"};
	signed_request->headers[5] = (struct http_header){"amz-sdk-request", "attempt=1"};
	request->header_count = 6;
}

static void check(const struct sigv4_request *request, int64_t now, const char *wanted)
{
	struct signature_verdict verdict;

	assert_int_equal(signature_verify(&key, request, now, &verdict), 0);
	if (!wanted) {
		if (!verdict.good)
			fail_msg("refused: %s", verdict.message);
		return;
	}
	assert_false(verdict.good);
	if (!strstr(verdict.message, wanted))
		fail_msg("'%s' does not say '%s'", verdict.message, wanted);
}

static void test_a_good_one_passes(void **state)
{
	struct signed_request signed_request;

	(void)state;
	sign(&signed_request, "us-east-1", "lambda");
	check(&signed_request.request, NOW, NULL);
	check(&signed_request.request, NOW + 899, NULL);
	check(&signed_request.request, NOW - 899, NULL);
	buffer_release(&signed_request.authorization);
}

static void test_time_runs_out(void **state)
{
	struct signed_request signed_request;

	(void)state;
	sign(&signed_request, "us-east-1", "lambda");
	check(&signed_request.request, NOW + 901, "Signature expired");
	check(&signed_request.request, NOW - 901, "Signature not yet current");
	buffer_release(&signed_request.authorization);
}

static void test_every_change_is_seen(void **state)
{
	struct signed_request signed_request;
	struct sigv4_request changed;

	(void)state;
	sign(&signed_request, "us-east-1", "lambda");
	changed = signed_request.request;
	changed.method = "DELETE";
	check(&changed, NOW, "does not match");
	changed = signed_request.request;
	changed.path = "/2015-03-31/functions/fn/aliases/BETA";
	check(&changed, NOW, "does not match");
	changed = signed_request.request;
	changed.query = "a=%24c";
	check(&changed, NOW, "does not match");
	changed = signed_request.request;
	changed.body = "[]";
	check(&changed, NOW, "does not match");
	signed_request.headers[2].value = "text/plain";
	check(&signed_request.request, NOW, "does not match");
	signed_request.headers[2].value = "application/json";
	signed_request.headers[6] = (struct http_header){"X-Amz-Invocation-Type", "DryRun"};
	signed_request.request.header_count = 7;
	check(&signed_request.request, NOW, "must be a 'SignedHeader'");
	buffer_release(&signed_request.authorization);
}

static void test_scopes(void **state)
{
	struct signed_request signed_request;

	(void)state;
	sign(&signed_request, "eu-west-1", "lambda");
	check(&signed_request.request, NOW, "valid region");
	buffer_release(&signed_request.authorization);
	sign(&signed_request, "us-east-1", "s3");
	check(&signed_request.request, NOW, "correct service");
	buffer_release(&signed_request.authorization);
}

static void test_malformed_headers(void **state)
{
	static const char scope[] = "Credential=" KEY "/20150830/us-east-1/lambda/aws4_request";
	static const char signature[] =
		"Signature=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct signed_request signed_request;
	char text[512];

	(void)state;
	sign(&signed_request, "us-east-1", "lambda");
	signed_request.headers[3].value = "";
	check(&signed_request.request, NOW, "requires");
	signed_request.headers[3].value = "Basic dXNlcjpwYXNz";
	check(&signed_request.request, NOW, "requires");
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256 %s, %s", scope, signature);
	signed_request.headers[3].value = text;
	check(&signed_request.request, NOW, "requires");
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256 %s, SignedHeaders=x-amz-date, %s", scope,
		signature);
	check(&signed_request.request, NOW, "'Host'");
	snprintf(text, sizeof(text), "AWS4-HMAC-SHA256 %s, SignedHeaders=host;x-amz-date, %s",
		scope, signature);
	check(&signed_request.request, NOW, "does not match");
	signed_request.headers[3].name = "X-Authorization";
	check(&signed_request.request, NOW, "Missing Authentication Token");
	buffer_release(&signed_request.authorization);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_one_passes),
		cmocka_unit_test(test_time_runs_out),
		cmocka_unit_test(test_every_change_is_seen),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_malformed_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
