/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "fs/request/errno_table.h"

static const enum errno_gesture gestures[] = {ERRNO_READ, ERRNO_SYMLINK, ERRNO_RENAME, ERRNO_UNLINK,
	ERRNO_MKDIR, ERRNO_RMDIR, ERRNO_WRITE, ERRNO_INVOKE};

static void every_status_has_the_errno_of_the_contract(void **state)
{
	static const struct {
		enum lambda_status status;
		int number;
	} cases[] = {
		{LAMBDA_NOT_FOUND, ENOENT},
		{LAMBDA_ALREADY_EXISTS, EEXIST},
		{LAMBDA_CONFLICT, EBUSY},
		{LAMBDA_REVISION_CHANGED, EREMCHG},
		{LAMBDA_INVALID, EINVAL},
		{LAMBDA_ACCESS_DENIED, EACCES},
		{LAMBDA_NO_CREDENTIALS, ENOKEY},
		{LAMBDA_CREDENTIALS_EXPIRED, EKEYEXPIRED},
		{LAMBDA_CREDENTIALS_REFUSED, EKEYREJECTED},
		{LAMBDA_THROTTLED, EAGAIN},
		{LAMBDA_SERVICE_FAILED, EREMOTEIO},
		{LAMBDA_BAD_ANSWER, EREMOTEIO},
		{LAMBDA_CONNECTION_REFUSED, ECONNREFUSED},
		{LAMBDA_HOST_UNREACHABLE, EHOSTUNREACH},
		{LAMBDA_NETWORK_UNREACHABLE, ENETUNREACH},
		{LAMBDA_TLS_FAILED, EPROTO},
		{LAMBDA_TIMED_OUT, ETIMEDOUT},
		{LAMBDA_INTERRUPTED, EINTR},
		{LAMBDA_LIMIT_EXCEEDED, EDQUOT},
		{LAMBDA_TOO_LARGE, EFBIG},
		{LAMBDA_NO_MEMORY, ENOMEM},
		{LAMBDA_NO_SPACE, ENOSPC},
		{LAMBDA_DISK_FAILED, EIO},
		{LAMBDA_NOT_PROVEN, EAGAIN},
		{LAMBDA_REFUSED, EPERM},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		assert_int_equal(errno_of(cases[i].status, ERRNO_SYMLINK), cases[i].number);
		assert_int_equal(errno_of(cases[i].status, ERRNO_READ), cases[i].number);
	}
	assert_int_equal(array_count(cases) + 1, LAMBDA_STATUS_COUNT);
	assert_int_equal(errno_of(LAMBDA_THROTTLED, ERRNO_INVOKE), EBUSY);
	assert_int_equal(errno_of(LAMBDA_ACCESS_DENIED, ERRNO_INVOKE), EACCES);
}

static void errnos_that_tools_misread_are_never_given(void **state)
{
	size_t g;
	int status, number;

	(void)state;
	for (g = 0; g < array_count(gestures); g++) {
		assert_int_equal(errno_of(LAMBDA_OK, gestures[g]), 0);
		for (status = 1; status < LAMBDA_STATUS_COUNT; status++) {
			number = errno_of((enum lambda_status)status, gestures[g]);
			assert_true(number > 0);
			assert_int_not_equal(number, ENOSYS);
			assert_int_not_equal(number, EXDEV);
			assert_int_not_equal(number, ESTALE);
		}
	}
	assert_int_equal(errno_of(LAMBDA_INVALID, ERRNO_RENAME), EPERM);
	assert_int_equal(errno_of(LAMBDA_INVALID, ERRNO_UNLINK), EPERM);
	assert_int_equal(errno_of(LAMBDA_NOT_FOUND, ERRNO_UNLINK), EREMCHG);
	assert_int_equal(errno_of((enum lambda_status)4711, ERRNO_READ), EREMOTEIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_the_errno_of_the_contract),
		cmocka_unit_test(errnos_that_tools_misread_are_never_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
