/* SPDX-License-Identifier: MIT */
/* Fetching lists: of the functions, of all versions of the account, of a function's versions or aliases. */
#ifndef ALIASFS_CATALOG_LIST_H
#define ALIASFS_CATALOG_LIST_H

#include "backend/catalog/question.h"

/* question_ask() about a list; the kind says which. */
enum lambda_status list_ask(struct question *question, struct keyed_set **ret_set,
	struct lambda_error *reterr) must_check;

#endif
