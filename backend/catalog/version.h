/* SPDX-License-Identifier: MIT */
/* What the mutations need of the questions about versions. */
#ifndef ALIASFS_CATALOG_VERSION_H
#define ALIASFS_CATALOG_VERSION_H

#include "backend/catalog/state.h"

/*
 * The one version as a set of its own, packed; it expires at `expires_ms` if it can change. NULL when out
 * of memory. Takes the lock.
 */
struct version_set *version_set_of_one(struct catalog *catalog,
	const struct lambda_version *version, int64_t expires_ms, uint64_t tick) must_check;

#endif
