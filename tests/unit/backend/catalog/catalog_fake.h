/* SPDX-License-Identifier: MIT */
/*
 * The typed calls of backend/lambda/lambda.h over a small account in memory, so that the catalog's tests can
 * stop a call at any point and count them all. It takes the place of the real calls when it is
 * linked; there is one account in a process, which the test sets up and clears.
 */
#ifndef ALIASFS_TESTS_CATALOG_FAKE_H
#define ALIASFS_TESTS_CATALOG_FAKE_H

#include "backend/lambda/lambda.h"

enum fake_call {
	FAKE_LIST_FUNCTIONS,
	FAKE_LIST_ALL,
	FAKE_LIST_VERSIONS,
	FAKE_GET_VERSION,
	FAKE_LIST_ALIASES,
	FAKE_GET_ALIAS,
	FAKE_GET_FUNCTION,
	FAKE_CREATE_ALIAS,
	FAKE_UPDATE_ALIAS,
	FAKE_DELETE_ALIAS,
	FAKE_PUBLISH,
	FAKE_DELETE_VERSION,
	FAKE_ACCOUNT,
	FAKE_CALLS,
};

/* Where in a call the hook runs. What a call answers is decided between the two. */
enum fake_point {
	FAKE_ASKED,
	FAKE_ANSWERED,
};

struct fake_options {
	size_t page; /* items a page; 0: 50 */
	/* Called without a lock. LAMBDA_OK, or what the call shall end with. May be NULL. */
	enum lambda_status (*hook)(void *hook_data, enum fake_call call, enum fake_point point,
		const char *function, const char *marker);
	void *hook_data;
	bool endless; /* every list goes on with the same marker */
	/* Makes a version, all members, in place of the small documents made here. May be NULL. */
	void (*make)(const char *function, uint64_t version, struct lambda_version *ret_version);
};

/* Starts with an empty account. */
void fake_begin(const struct fake_options *options);
void fake_end(void);

/* A function with $LATEST and versions 1 to `versions`. */
void fake_add_function(const char *name, unsigned int versions);
void fake_remove_function(const char *name);
void fake_set_alias(const char *function, const char *name, uint64_t version);
void fake_remove_alias(const char *function, const char *name);
void fake_touch(const char *function); /* $LATEST changes */
void fake_add_version(const char *function);
void fake_set_environment(const char *function, const char *text);

unsigned int fake_count(enum fake_call call);
unsigned int fake_total(void);
void fake_reset_counts(void);

/* That the last DeleteAlias was to delete. */
const char *fake_deleted_revision(void);

/* The document that version has. The caller frees it. */
char *fake_configuration(const char *function, uint64_t version);

#endif
