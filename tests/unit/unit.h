/* SPDX-License-Identifier: MIT */
/* What every cmocka test needs, in the order in which cmocka wants it included. */
#ifndef ALIASFS_TESTS_UNIT_H
#define ALIASFS_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
