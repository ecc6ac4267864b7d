/* SPDX-License-Identifier: MIT */
/*
 * What is known of each function, and whether it is fresh. The catalog's lock must be held unless said
 * otherwise; nothing here blocks.
 */
#ifndef ALIASFS_CATALOG_FUNCTION_H
#define ALIASFS_CATALOG_FUNCTION_H

#include "backend/catalog/changes.h"
#include "backend/catalog/kept.h"

/*
 * Whether the name could be a function's, to AWS. Pure. What could not is answered without a call, also
 * because some of them would be read as something else: "fn:PROD", an ARN.
 */
bool function_is_name(const char *name);

/* LAMBDA_NOT_FOUND with a sentence. Pure. */
enum lambda_status function_fail_missing(struct lambda_error *reterr, const char *function);

/* The function's state, made when there is none, with a reference. NULL when out of memory. */
struct function *function_take(struct catalog *catalog, const char *name) must_check;

/* The same if there is one, else NULL. */
struct function *function_find(struct catalog *catalog, const char *name);

/* Gives the reference back. What holds nothing leaves the table. */
void function_drop(struct catalog *catalog, struct function *function);

/* function_take() with the lock taken for it, and the errors of a public question. */
enum lambda_status function_open(struct catalog *catalog, const char *name,
	struct function **ret_function, struct lambda_error *reterr) must_check;
/* function_drop() with the lock taken for it. */
void function_close(struct catalog *catalog, struct function *function);

/* AWS says that it is not there: forgets all of it. The caller's reference stays the caller's. */
void function_vanished(
	struct catalog *catalog, struct function *function, struct change_list *changes);

/* Takes it out of the table and frees it. No other thread may use it: for the end of the catalog. */
void function_forget(struct catalog *catalog, struct function *function);

/* Whether something fresh proves that the function is there. */
bool function_exists_surely(
	const struct catalog *catalog, const struct function *function, int64_t now_ms);

/* Whether the pages of the function list that came so far are fresh and hold the name. */
bool function_is_in_parked_list(const struct catalog *catalog, const char *name, int64_t now_ms);

/* Whether the function list, however old, or the pages of the next one that came so far hold the name. */
bool function_is_listed(const struct catalog *catalog, const char *name, int64_t now_ms);

/* A lookup for listings that finds what the catalog knows. It takes the lock. */
struct listing_lookup function_lookup(struct catalog *catalog);

#endif
