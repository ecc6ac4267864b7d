/* SPDX-License-Identifier: MIT */
/* What every cmocka test needs, in the order in which cmocka wants it included. */
#ifndef ALIASFS_TESTS_UNIT_H
#define ALIASFS_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Fails unless least <= value <= most, as unsigned numbers. cmocka 2 deprecates assert_in_range(), and cmocka 1 has not
 * what replaces it. */
#define assert_within(value, least, most)                                                          \
	do {                                                                                       \
		uintmax_t within_value = (uintmax_t)(value);                                       \
		uintmax_t within_least = (uintmax_t)(least), within_most = (uintmax_t)(most);      \
                                                                                                   \
		if (within_value < within_least || within_value > within_most)                     \
			fail_msg("%ju is not within %ju to %ju", within_value, within_least,       \
				within_most);                                                      \
	} while (0)

#endif
