/* SPDX-License-Identifier: MIT */
/* For tests that link both catalog_fake.h and tests/unit/failing_allocator.h. */
#ifndef ALIASFS_TESTS_CATALOG_FAKE_PAUSED_H
#define ALIASFS_TESTS_CATALOG_FAKE_PAUSED_H

#include "tests/unit/backend/catalog/catalog_fake.h"
#include "tests/unit/failing_allocator.h"

/* The hook for fake_options: what the account itself allocates does not fail. */
static inline enum lambda_status pause_within(void *data, enum fake_call call,
	enum fake_point point, const char *function, const char *marker)
{
	(void)data;
	(void)call;
	(void)function;
	(void)marker;
	allocator_pause(point == FAKE_ASKED);
	return LAMBDA_OK;
}

#endif
