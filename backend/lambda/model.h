/* SPDX-License-Identifier: MIT */
/*
 * Between AWS's JSON and the structs of backend/lambda/types.h, strictly: what is missing or makes no sense
 * is LAMBDA_BAD_ANSWER, never an empty list or a default. Pure functions.
 */
#ifndef ALIASFS_LAMBDA_MODEL_H
#define ALIASFS_LAMBDA_MODEL_H

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/lambda/types.h"

#define LAMBDA_PAGE_MAX 10000  /* items of one page; AWS sends 50 */
#define LAMBDA_MARKER_MAX 8192 /* bytes of a marker */

/* Reads one AliasConfiguration. */
enum lambda_status lambda_read_alias(const struct json *json, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/*
 * Reads a routing configuration (NULL: none), whose object of weights is called `member`, into alias->weighted_version
 * and alias->weight. False: it makes no sense.
 */
bool lambda_read_weights(
	const struct json *routing, const char *member, struct lambda_alias *alias);

/*
 * Reads one FunctionConfiguration as ListFunctions, ListVersionsByFunction, GetFunctionConfiguration
 * or PublishVersion sends it, and has its documents made (`printer` NULL: none). On success *ret_version is
 * filled and the caller releases it (lambda_version_release()). LAMBDA_BAD_ANSWER when a needed member is
 * missing or cannot be a directory entry (the sentence names it), LAMBDA_NO_MEMORY. Does not block.
 */
enum lambda_status lambda_read_version(const struct json *configuration,
	const struct lambda_printer *printer, struct lambda_version *ret_version,
	struct lambda_error *reterr) must_check;

/* LAMBDA_BAD_ANSWER, with a sentence about one member that names the function where that is known. */
enum lambda_status lambda_fail_member(
	struct lambda_error *reterr, const struct json *configuration, const char *member);

/* Reads a page: `member` is "Functions" or "Versions". */
enum lambda_status lambda_read_version_page(const struct json *json, const char *member,
	const struct lambda_printer *printer, struct lambda_version_page *ret_page,
	struct lambda_error *reterr) must_check;

/* Reads ListAliases' answer. */
enum lambda_status lambda_read_alias_page(const struct json *json,
	struct lambda_alias_page *ret_page, struct lambda_error *reterr) must_check;

/* Reads GetAccountSettings' answer. */
enum lambda_status lambda_read_account(const struct json *json, struct lambda_account *ret_account,
	struct lambda_error *reterr) must_check;

/* Sets a member to a version, as a string. 0, -ENOMEM. */
int lambda_set_version(struct json *object, const char *name, uint64_t version) must_check;

/* Sets a member to an object of weights, {"3": 0.1}; `version` 0: an empty one. 0, -ENOMEM. */
int lambda_set_weights(
	struct json *object, const char *name, uint64_t version, double weight) must_check;

/* Appends the body of CreateAlias. 0, -ENOMEM, -EFBIG. */
int lambda_write_create_alias(const struct lambda_alias *wanted, struct buffer *out) must_check;

/* Appends the body of UpdateAlias. 0, -ENOMEM, -EFBIG. */
int lambda_write_update_alias(
	const struct lambda_alias *wanted, bool with_description, struct buffer *out) must_check;

/* Appends the body of PublishVersion; `description` and `code_sha256` may be NULL. 0, -ENOMEM, -EFBIG. */
int lambda_write_publish_version(
	const char *description, const char *code_sha256, struct buffer *out) must_check;

#endif
