/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <curl/curl.h>
#include <errno.h>

#include "backend/http/failure.h"
#include "backend/http/proxy.h"

static void what_libcurl_says_and_what_it_means(void **state)
{
	static const struct {
		CURLcode code;
		int system_error;
		enum lambda_status status;
		bool transient, timed_out;
	} rows[] = {
		{CURLE_COULDNT_RESOLVE_HOST, 0, LAMBDA_HOST_UNREACHABLE, true, false},
		{CURLE_COULDNT_RESOLVE_PROXY, 0, LAMBDA_HOST_UNREACHABLE, true, false},
		{CURLE_COULDNT_CONNECT, ECONNREFUSED, LAMBDA_CONNECTION_REFUSED, true, false},
		{CURLE_COULDNT_CONNECT, ENETUNREACH, LAMBDA_NETWORK_UNREACHABLE, true, false},
		{CURLE_COULDNT_CONNECT, EHOSTUNREACH, LAMBDA_HOST_UNREACHABLE, true, false},
		{CURLE_COULDNT_CONNECT, ETIMEDOUT, LAMBDA_TIMED_OUT, true, true},
		{CURLE_COULDNT_CONNECT, ENOENT, LAMBDA_CONNECTION_REFUSED, true, false},
		{CURLE_OPERATION_TIMEDOUT, 0, LAMBDA_TIMED_OUT, true, true},
		{CURLE_SSL_CONNECT_ERROR, 0, LAMBDA_TLS_FAILED, true, false},
		{CURLE_PEER_FAILED_VERIFICATION, 0, LAMBDA_TLS_FAILED, false, false},
		{CURLE_SSL_CACERT_BADFILE, 0, LAMBDA_TLS_FAILED, false, false},
		{CURLE_GOT_NOTHING, 0, LAMBDA_BAD_ANSWER, true, false},
		{CURLE_RECV_ERROR, ECONNRESET, LAMBDA_BAD_ANSWER, true, false},
		{CURLE_SEND_ERROR, EPIPE, LAMBDA_BAD_ANSWER, true, false},
		{CURLE_PARTIAL_FILE, 0, LAMBDA_BAD_ANSWER, true, false},
		{CURLE_WEIRD_SERVER_REPLY, 0, LAMBDA_BAD_ANSWER, true, false},
		{CURLE_ABORTED_BY_CALLBACK, 0, LAMBDA_BAD_ANSWER, true, false},
		{CURLE_OUT_OF_MEMORY, 0, LAMBDA_NO_MEMORY, false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		struct http_failure failure = {0};

		http_failure_of_curl(&failure, rows[i].code, rows[i].system_error, "");
		assert_int_equal(failure.status, rows[i].status);
		assert_int_equal(failure.transient, rows[i].transient);
		assert_int_equal(failure.timed_out, rows[i].timed_out);
		assert_string_not_equal(failure.text, "");
	}
}

static void ends_of_waits_and_refusals(void **state)
{
	struct http_failure failure = {0};

	(void)state;
	http_failure_of_wait(&failure, -ETIMEDOUT);
	assert_int_equal(failure.status, LAMBDA_TIMED_OUT);
	assert_true(failure.timed_out && failure.transient);
	http_failure_of_source(&failure, -EIO);
	assert_int_equal(failure.status, LAMBDA_DISK_FAILED);
	assert_false(failure.transient);
	http_failure_of_source(&failure, -EINTR);
	assert_int_equal(failure.status, LAMBDA_INTERRUPTED);
	http_failure_of_wait(&failure, -EINTR);
	assert_int_equal(failure.status, LAMBDA_INTERRUPTED);
	assert_false(failure.transient);
	http_failure_of_wait(&failure, -ENOMEM);
	assert_int_equal(failure.status, LAMBDA_NO_MEMORY);
	http_failure_of_refusal(&failure, -EFBIG);
	assert_int_equal(failure.status, LAMBDA_BAD_ANSWER);
	assert_false(failure.transient);
	http_failure_of_refusal(&failure, -ENOMEM);
	assert_int_equal(failure.status, LAMBDA_NO_MEMORY);
}

/* Who stands on the way, and what is in the words that libcurl found. */
static void proxies_that_do_not_help(void **state)
{
	struct http_failure failure = {0};

	(void)state;
	http_failure_of_proxy(&failure, 407);
	assert_int_equal(failure.status, LAMBDA_HOST_UNREACHABLE);
	assert_false(failure.transient);
	http_failure_of_proxy(&failure, 503);
	assert_true(failure.transient);
	http_failure_of_curl(&failure, CURLE_COULDNT_RESOLVE_PROXY, 0,
		"Unsupported proxy syntax in 'http://user:hush hush@h'");
	assert_null(strstr(failure.text, "hush"));
	http_failure_of_curl(&failure, CURLE_PEER_FAILED_VERIFICATION, 0,
		"certificate subject name '\x1b[2J\xff\n' does not match");
	assert_null(strpbrk(failure.text, "\x1b\xff\n"));
}

static void who_is_asked_past_the_proxies(void **state)
{
	static const struct {
		const char *url, *no_proxy;
		bool bypassed;
	} rows[] = {
		{"https://lambda.example/x?y", NULL, false},
		{"https://lambda.example/x?y", "", false},
		{"http://127.0.0.1:9001/x", NULL, true},
		{"http://[::1]:9001/x", NULL, true},
		{"HTTP://LOCALHOST", NULL, true},
		{"http://169.254.170.2/v2", NULL, true},
		{"https://127.0.0.1:9001/x", NULL, false}, /* it is TLS that protects it */
		{"http://10.0.0.1/x", NULL, false},
		{"https://lambda.example:8443/", "lambda.example:8443", true},
		{"https://lambda.example:8443/", "lambda.example:443", false},
		{"https://lambda.example/", "lambda.example:443", true},
		{"https://lambda.example/", "LAMBDA.Example:443", true},
		{"https://lambda.example/", "a, .example:443\tb", true},
		{"https://lambda.example/", "example:443", true},
		{"https://lambda.example/", "ambda.example:443", false},
		{"https://lambda.example/", "lambda.example:", false},
		{"https://lambda.example/", "lambda.example:x", false},
		{"https://lambda.example/", ":443", false},
		{"https://lambda.example/", ".:443", false},
		{"https://lambda.example/", "lambda.example", false}, /* libcurl knows that form */
		{"https://[fd00::1]/", "[fd00::1]", true},
		{"https://[fd00::1]/", "[fd00::1]:443", true},
		{"https://[fd00::1]/", "[fd00::1]:80", false},
		{"https://[fd00::1]/", "[fd00::1]x", false},
		{"https://[fd00::1]/", "[fd00::1", false},
		{"https://[fd00::1]/", "[]", false},
		{"https://[fd00::1]/", "fd00::1", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		bool bypassed = http_proxy_is_bypassed(rows[i].url, rows[i].no_proxy);

		if (bypassed != rows[i].bypassed)
			print_error("%s with %s\n", rows[i].url, rows[i].no_proxy);
		assert_int_equal(bypassed, rows[i].bypassed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libcurl_says_and_what_it_means),
		cmocka_unit_test(ends_of_waits_and_refusals),
		cmocka_unit_test(proxies_that_do_not_help),
		cmocka_unit_test(who_is_asked_past_the_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
