/* SPDX-License-Identifier: MIT */
/*
 * The Lambda API as typed calls: one function per operation, structs in and out. Names, routes and
 * bodies: AWS's API model 2015-03-31. Every call may block on the network until the scope's
 * deadline; no lock is held while it does; any number of threads may call at once. On success the
 * out-parameter is filled and belongs to the caller; on failure it is untouched and *reterr says why.
 *
 * Retries, rate_limit, signing and credentials happen below (backend/aws/request.h). A mutation whose answer is
 * lost is resolved here by reading back until the deadline, so that it takes effect at most once
 * and the answer is true; where even that stays open, reterr->outcome_unknown is set.
 */
#ifndef ALIASFS_LAMBDA_H
#define ALIASFS_LAMBDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/aws/client.h"
#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"
#include "backend/base/error.h"
#include "backend/base/scope.h"
#include "backend/lambda/types.h"

struct lambda_client;

/*
 * Makes a client, with an aws_client_new() of its own, whose errors it has. `printer` makes the documents
 * of every version that is read; it is copied. NULL: versions come without.
 */
enum lambda_status lambda_client_new(const struct aws_client_options *options,
	const struct lambda_printer *printer, struct lambda_client **ret_client,
	struct lambda_error *reterr) must_check;

/* Waits for nothing: no call may be under way. NULL is fine. */
void lambda_client_free(struct lambda_client *client);
DEFINE_CLEANUP(struct lambda_client *, lambda_client_free);

/* What its requests go through, for the calls of another service (backend/cloudtrail). Belongs to the client. */
struct aws_client *lambda_client_aws(const struct lambda_client *client);

/* What was resolved, for messages: belongs to the client. */
const char *lambda_client_region(const struct lambda_client *client);
const char *lambda_client_endpoint(const struct lambda_client *client);

/* One line of lambda_client_report(): what it is, what it came out as, and by what. Borrowed. */
struct lambda_report_line {
	const char *name;   /* "profile", "region", "endpoint", "credentials" … */
	const char *value;  /* for people; never a secret: of a key id only the end is shown */
	const char *source; /* "AWS_REGION", "/home/u/.aws/config line 3", "default" … */
};

/*
 * Reports what was resolved and where each came from, a line at a time, for `aliasfs --check`: profile,
 * region, endpoint, CA bundle, attempts, then the credentials, which are fetched for it, and how long
 * they live. What was resolved is reported even when the credentials fail. No call to Lambda is made;
 * finding credentials may block until the read deadline.
 */
enum lambda_status lambda_client_report(struct lambda_client *client,
	const struct call_scope *scope,
	void (*tell)(void *tell_data, const struct lambda_report_line *line), void *tell_data,
	struct lambda_error *reterr) must_check;

#define LAMBDA_IDENTITY_SIZE 256

/* Who the credentials are, as STS says. */
struct lambda_identity {
	char account[LAMBDA_IDENTITY_SIZE]; /* "111122223333" */
	char arn[LAMBDA_IDENTITY_SIZE];     /* "arn:aws:sts::111122223333:assumed-role/deploy/me" */
};

/*
 * sts:GetCallerIdentity, which needs no permission. A read, not paced. LAMBDA_INVALID for local:, where
 * requests are not signed.
 */
enum lambda_status lambda_client_identity(struct lambda_client *client,
	const struct call_scope *scope, struct lambda_identity *ret_identity,
	struct lambda_error *reterr) must_check;

/*
 * Appends lines "name: value (where it comes from)": region, endpoint, profile, and the source, the end
 * of the key id and the expiry of the credentials in use. Never a secret, never blocks. Errors as
 * buffer_append().
 */
int lambda_client_describe(struct lambda_client *client, struct buffer *out) must_check;

/* The source of the credentials in use: "environment", "none were needed yet"; cut at `size`. */
void lambda_client_credentials_source(struct lambda_client *client, char *text, size_t size);

/*
 * Reads the credentials again, whatever their age (SIGHUP). When that fails those in use stay. May block
 * until the scope's deadline for reads.
 */
enum lambda_status lambda_client_renew_credentials(struct lambda_client *client,
	const struct call_scope *scope, struct lambda_error *reterr) must_check;

/* What was counted since the start; gives how many operations there are. Thread-safe. */
size_t lambda_client_stats(
	const struct lambda_client *client, struct aws_operation_stats *operations);

/* Calls made since the start, every attempt on the wire counted. Thread-safe. */
uint64_t lambda_client_calls(const struct lambda_client *client);

/* Calls that wait for their turn at this moment: the rate is lower than what is asked for. */
unsigned int lambda_client_waiting(const struct lambda_client *client);

/* ListFunctions. `all_versions` sends FunctionVersion=ALL. `marker` NULL: from the start. A read. */
enum lambda_status lambda_list_functions(struct lambda_client *client,
	const struct call_scope *scope, bool all_versions, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr) must_check;

/* ListVersionsByFunction. A read. */
enum lambda_status lambda_list_versions(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr) must_check;

/* GetFunctionConfiguration with Qualifier. A read. */
enum lambda_status lambda_get_version(struct lambda_client *client, const struct call_scope *scope,
	const char *function, uint64_t version, struct lambda_version *ret_version,
	struct lambda_error *reterr) must_check;

/* ListAliases. A read. */
enum lambda_status lambda_list_aliases(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *marker, struct lambda_alias_page *ret_page,
	struct lambda_error *reterr) must_check;

/* GetAlias. A read. */
enum lambda_status lambda_get_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/* Where an alias leads. */
struct lambda_alias_target {
	uint64_t version;
	int64_t last_modified; /* of that version, seconds since the epoch */
};

/* GetFunction with the alias as Qualifier: its version, and nothing of its weights. Has a rate of its own. A read. */
enum lambda_status lambda_get_alias_target(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *name,
	struct lambda_alias_target *ret_target, struct lambda_error *reterr) must_check;

/* CreateAlias with the name, version, weight and description of `wanted`. A mutation. */
enum lambda_status lambda_create_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/*
 * UpdateAlias with FunctionVersion, RoutingConfig (empty when weighted_version is 0) and RevisionId
 * of `wanted`; its Description is sent only when `with_description`. A mutation.
 */
enum lambda_status lambda_update_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, bool with_description,
	struct lambda_alias *ret_alias, struct lambda_error *reterr) must_check;

/*
 * DeleteAlias. AWS answers success also when it is not there, and compares nothing. `revision_id` ("" when
 * unknown) counts when the answer is lost: an alias that has another one by then belongs to another
 * client and stays, which is LAMBDA_REVISION_CHANGED. A mutation.
 */
enum lambda_status lambda_delete_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *name, const char *revision_id,
	struct lambda_error *reterr) must_check;

/*
 * PublishVersion. `code_sha256` (AWS's base64; NULL: whatever is there) is what $LATEST's code has to be: another one at
 * AWS is LAMBDA_REVISION_CHANGED, and nothing is published. Where $LATEST's last update has failed, nothing is
 * either: LAMBDA_SERVICE_FAILED with AWS's reason. `known_latest` is the highest published version known before (0: none): an answer
 * at or below it means that nothing had changed, which is LAMBDA_ALREADY_EXISTS. A mutation.
 */
enum lambda_status lambda_publish_version(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *description,
	const char *code_sha256, uint64_t known_latest, struct lambda_version *ret_version,
	struct lambda_error *reterr) must_check;

/*
 * Whether PublishVersion is permitted, without publishing: its RevisionId and CodeSha256 match nothing. LAMBDA_OK
 * when AWS refuses those, LAMBDA_ACCESS_DENIED when it does not come so far. A mutation.
 */
enum lambda_status lambda_try_publish(struct lambda_client *client, const struct call_scope *scope,
	const char *function, struct lambda_error *reterr) must_check;

/* DeleteFunction with Qualifier; `version` must be a number: the function itself is out of reach. A mutation. */
enum lambda_status lambda_delete_version(struct lambda_client *client,
	const struct call_scope *scope, const char *function, uint64_t version,
	struct lambda_error *reterr) must_check;

/* GetAccountSettings. A read. */
enum lambda_status lambda_get_account(struct lambda_client *client, const struct call_scope *scope,
	struct lambda_account *ret_account, struct lambda_error *reterr) must_check;

#endif
