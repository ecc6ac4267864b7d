/* SPDX-License-Identifier: MIT */
/* Fetching one version or one alias. */
#ifndef ALIASFS_CATALOG_ITEM_H
#define ALIASFS_CATALOG_ITEM_H

#include "backend/catalog/question.h"

/* question_ask() about one version or alias. *ret_at (may be NULL) is where it stands in the set. */
enum lambda_status item_ask(struct question *question, struct keyed_set **ret_set, size_t *ret_at,
	struct lambda_error *reterr) must_check;

/* The version as a set of its own, packed; it expires at `expires_ms` if it can change. NULL when out of memory. Takes the lock. */
struct keyed_set *set_of_version(struct catalog *catalog, const struct lambda_version *version,
	uint64_t tick, int64_t expires_ms) must_check;

#endif
