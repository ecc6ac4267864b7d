/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <curl/curl.h>
#include <errno.h>

#include "backend/http_failure.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_libcurl_says_and_what_it_means),
		cmocka_unit_test(ends_of_waits_and_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
