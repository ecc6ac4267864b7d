/* SPDX-License-Identifier: MIT */
/* What is fetched: lists (list.c), one version or alias (item.c). */
#ifndef ALIASFS_CATALOG_FETCH_H
#define ALIASFS_CATALOG_FETCH_H

#include "backend/catalog/question.h"

/* question_ask() about a list of the functions, all versions of the account, a function's versions or its aliases. */
enum lambda_status list_ask(struct question *question, struct keyed_set **ret_set,
	struct lambda_error *reterr) must_check;

/* question_ask() about one version or alias. */
enum lambda_status item_ask(struct question *question, struct keyed_set **ret_set,
	struct lambda_error *reterr) must_check;

/* The version as a set of its own, packed; it expires at `expires_ms` if it can change. NULL when out of memory. Takes the lock. */
struct keyed_set *set_of_version(struct catalog *catalog, const struct lambda_version *version,
	uint64_t tick, int64_t expires_ms) must_check;

#endif
