/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/http/body_source.h"

/* A body of zeros that gives at most `most` at a time, and fails at `fails_at`. */
struct zeros {
	size_t most;
	uint64_t fails_at;
};

static ssize_t read_zeros(void *data, uint64_t offset, void *bytes, size_t size)
{
	const struct zeros *zeros = data;
	size_t count = size < zeros->most ? size : zeros->most;

	if (offset >= zeros->fails_at)
		return -EIO;
	memset(bytes, 0, count);
	return (ssize_t)count;
}

static void the_hash_of_a_body(void **state)
{
	atomic_bool interrupted = false;
	struct zeros zeros = {.most = 1000, .fails_at = UINT64_MAX};
	struct http_body_source source = {.length = 64000, .read = read_zeros, .data = &zeros};
	char expected[SIGV4_DIGEST_SIZE], bytes[64000] = {0};

	(void)state;
	assert_int_equal(sigv4_hex_digest(bytes, sizeof(bytes), expected), 0);
	assert_int_equal(http_body_source_hash(&source, &interrupted), 0);
	assert_string_equal(source.digest, expected);
	interrupted = true;
	assert_int_equal(http_body_source_hash(&source, &interrupted), -EINTR);
	zeros.fails_at = 2000;
	assert_int_equal(http_body_source_hash(&source, NULL), -EIO);
}

static void an_interruption_ends_it_before_its_last_byte_only(void **state)
{
	atomic_bool interrupted = false;
	struct zeros zeros = {.most = 4, .fails_at = UINT64_MAX};
	struct http_body_source source = {.length = 12, .read = read_zeros, .data = &zeros};
	struct http_body_sending sending = {.source = &source, .interrupted = &interrupted};
	char bytes[8];

	(void)state;
	assert_int_equal(http_body_sending_read(&sending, bytes, sizeof(bytes)), 4);
	interrupted = true;
	assert_int_equal(http_body_sending_read(&sending, bytes, sizeof(bytes)), -EINTR);
	assert_int_equal(sending.error, -EINTR);
	assert_true(http_body_sending_is_incomplete(&sending));
	interrupted = false;
	assert_int_equal(http_body_sending_read(&sending, bytes, sizeof(bytes)), 4);
	assert_int_equal(http_body_sending_read(&sending, bytes, sizeof(bytes)), 4);
	assert_false(http_body_sending_is_incomplete(&sending));
	interrupted = true;
	assert_int_equal(http_body_sending_read(&sending, bytes, sizeof(bytes)), 0);
}

static void what_cannot_be_read_is_told(void **state)
{
	struct zeros zeros = {.most = 4, .fails_at = 4};
	struct http_body_source source = {.length = 12, .read = read_zeros, .data = &zeros};
	struct http_body_sending sending = {.source = &source}, none = {0};
	char bytes[8];

	(void)state;
	assert_int_equal(http_body_sending_read(&sending, bytes, sizeof(bytes)), 4);
	assert_int_equal(http_body_sending_read(&sending, bytes, sizeof(bytes)), -EIO);
	assert_int_equal(sending.error, -EIO);
	assert_false(http_body_sending_is_incomplete(&none));
	assert_int_equal(http_body_sending_read(&none, bytes, sizeof(bytes)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_of_a_body),
		cmocka_unit_test(an_interruption_ends_it_before_its_last_byte_only),
		cmocka_unit_test(what_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
