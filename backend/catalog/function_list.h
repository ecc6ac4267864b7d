/* SPDX-License-Identifier: MIT */
/* The crawl: listing the versions of all functions at once. */
#ifndef ALIASFS_CATALOG_FUNCTION_LIST_H
#define ALIASFS_CATALOG_FUNCTION_LIST_H

#include "backend/catalog/question.h"

/*
 * Called when a function's versions are wanted (FLIGHT_VERSIONS) and may not be known: joins or leads a crawl if this is one.
 * Afterwards they may be known. Fails only with LAMBDA_INTERRUPTED; any other failure of the crawl
 * leaves the caller to ask by itself.
 */
enum lambda_status catalog_crawl(
	const struct question *question, struct lambda_error *reterr) must_check;

#endif
