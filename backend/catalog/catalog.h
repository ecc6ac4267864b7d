/* SPDX-License-Identifier: MIT */
/*
 * What we know of the account, and how old it is.
 *
 *   fs ──ask──► catalog ──(only what is missing or older than ttl)──► lambda ──► Lambda API
 *
 * - A thing is fresh for `ttl` from the moment its listing was complete; then it is fetched again
 *   before it is shown. A listing is complete or the call fails: an API failure is never an empty or a
 *   missing thing, and never replaces what was known.
 * - One fetch at a time per thing: a caller that comes meanwhile waits for it and shares its result, each
 *   with its own deadline and interruption. When the fetching caller is interrupted, a waiter takes over.
 * - A crawl (the third function whose versions are wanted within 2 s) is answered with ListFunctions
 *   ALL, which fills the versions of every function at once.
 * - What a mutation's answer says replaces what was known, at once, and is fresh.
 *   A fetch that was under way meanwhile does not undo it.
 * - Published versions are immutable: their documents are kept (compressed) across re-listings.
 *
 * Snapshots are immutable and reference-counted: take one, read it without any lock, drop it.
 * Locks: one mutex inside, never held across the network or a callback. All functions may be called
 * from any thread. Those that take a scope may block on the network; the others never do.
 */
#ifndef ALIASFS_CATALOG_H
#define ALIASFS_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/lambda/lambda.h"

struct catalog;

/* Something shown may have changed: fs invalidates what the kernel remembers of it. */
struct catalog_change {
	const char *function; /* NULL: the list of functions itself */
	bool versions;        /* versions came or went, or $LATEST changed */
	bool aliases;         /* aliases came, went or moved */
};

/* Where an alias leads. */
struct catalog_routing_config {
	uint64_t version;
	uint64_t weighted_version; /* 0: none */
	double weight;
};

static inline struct catalog_routing_config catalog_routing_of(const struct lambda_alias *alias)
{
	return (struct catalog_routing_config){
		alias->version, alias->weighted_version, alias->weight};
}

/* One call that changed AWS, or may have. All borrowed for the length of the callback. */
struct catalog_write {
	const void *who;       /* the scope's record->who; may be NULL */
	const char *operation; /* "UpdateAlias" */
	const char *function;
	const char *alias;       /* NULL: it is about a version */
	const char *description; /* what the alias or version says from now on; NULL: untouched */
	bool has_before, has_after; /* of an alias: whether `before` and `after` are known */
	struct catalog_routing_config before, after;
	/* The state whose RevisionId the call carried, and what AWS answered or read back; NULL: not known. */
	const struct lambda_alias *replaced, *answer;
	bool answer_lost;     /* it was read back */
	uint64_t version;     /* published or deleted; when there is no alias */
	const char *document; /* of a document's change: its file */
	/* With SHA-256, in hexadecimal, of what AWS has of it, as document_print() gives it; NULL: not known. */
	const char *sha256_before, *sha256_after;
	bool outcome_unknown;   /* it may or may not have happened */
	const char *request_id; /* of the last answer, or "" */
};

struct catalog_options {
	int64_t ttl_ms;
	struct log *log; /* kept, may be NULL */
	/* Called without a lock from the thread that saw the change; must not call the catalog. May be NULL. */
	void (*changed)(void *changed_data, const struct catalog_change *change);
	void *changed_data;
	/* Called without a lock from the thread that made the call, before the call is answered. May be NULL. */
	void (*wrote)(void *wrote_data, const struct catalog_write *write);
	void *wrote_data;
	/* Called without a lock for each alias that AWS has just returned, in a list too. May be NULL. */
	void (*saw)(void *saw_data, const char *function, const struct lambda_alias *alias);
	void *saw_data;
};

/* `client` is kept and must outlive the catalog. NULL when out of memory. */
struct catalog *catalog_new(
	struct lambda_client *client, const struct catalog_options *options) must_check;
void catalog_free(struct catalog *catalog);
DEFINE_CLEANUP(struct catalog *, catalog_free);

/* --- the functions of the account --- */

struct catalog_function {
	const char *name;
	int64_t last_modified; /* of $LATEST, seconds since the epoch */
};

struct catalog_function_list {
	size_t count;
	const struct catalog_function *entries; /* sorted by name, bytewise */
	int64_t expires_ms;                     /* clock_monotonic_ms() until which it is fresh */
	uint64_t generation;                    /* differs whenever the content does */
	int64_t last_modified;                  /* the newest of them; 0 when there are none */
	/*
	 * Functions that are there and cannot be entries of a directory, sorted by name: a listing that
	 * leaves out one of them is not complete.
	 */
	size_t unlistable_count;
	const char *const *unlistable;
};

/*
 * All functions, fresh. catalog_verify() below uses the same call, so that a mount's first look
 * at its root costs nothing more for an account of up to 50 functions.
 */
enum lambda_status catalog_function_list_get(struct catalog *catalog,
	const struct call_scope *scope, const struct catalog_function_list **ret_functions,
	struct lambda_error *reterr) must_check;
void catalog_function_list_unref(const struct catalog_function_list *functions);

/* All functions as they were last listed, however long ago; NULL when they never were. Does not wait. */
const struct catalog_function_list *catalog_function_list_peek(struct catalog *catalog);

/* The entry of that name, or NULL. Pure. */
const struct catalog_function *catalog_function_list_find(
	const struct catalog_function_list *functions, const char *name);

/* Whether a list of the functions that is still fresh lacks that name. No call is made. */
bool catalog_function_list_lacks(struct catalog *catalog, const char *function);

/* One ListFunctions call: proves endpoint and credentials; its answer starts the root listing. */
enum lambda_status catalog_verify(struct catalog *catalog, const struct call_scope *scope,
	struct lambda_error *reterr) must_check;

/*
 * Whether the function is there: LAMBDA_OK or LAMBDA_NOT_FOUND. No call when a fresh listing shows it,
 * else one ListAliases page, which is kept.
 */
enum lambda_status catalog_function_exists(struct catalog *catalog, const struct call_scope *scope,
	const char *function, struct lambda_error *reterr) must_check;

/*
 * catalog_function_exists() for a LOOKUP, which must not wait for a call about a function that is known: one that
 * was there when it was last heard of, however long ago, is taken to be there still, without a call. Then
 * *ret_certain is false: nothing of the answer is to be remembered. A name never heard of is asked for.
 */
enum lambda_status catalog_function_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *function, bool *ret_certain, struct lambda_error *reterr) must_check;

/* --- versions --- */

struct catalog_version {
	uint64_t version;
	int64_t last_modified; /* seconds since the epoch */
	uint64_t code_size;
	uint32_t configuration_length; /* bytes of configuration.json */
	uint32_t environment_length;   /* bytes of environment.json */
	bool has_code_sha256;
	unsigned char code_sha256[32];
};

struct catalog_versions {
	size_t count;
	const struct catalog_version *entries; /* $LATEST, then ascending, then $LATEST.PUBLISHED */
	int64_t expires_ms;
	uint64_t generation;
	int64_t last_modified; /* the newest of them */
	uint64_t newest;       /* the highest published number, 0 when none */
};

/* All versions of a function, fresh. LAMBDA_NOT_FOUND when the function is not there. */
enum lambda_status catalog_versions_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const struct catalog_versions **ret_versions,
	struct lambda_error *reterr) must_check;
/* The same, asking AWS again whatever the age: for `.newest` and publishing. */
enum lambda_status catalog_versions_get_afresh(struct catalog *catalog,
	const struct call_scope *scope, const char *function,
	const struct catalog_versions **ret_versions, struct lambda_error *reterr) must_check;
/* The same if it is known and fresh, else NULL; no call is made. */
const struct catalog_versions *catalog_versions_peek(struct catalog *catalog, const char *function);
void catalog_versions_unref(const struct catalog_versions *versions);

/* The entry of that version, or NULL. Pure. */
const struct catalog_version *catalog_versions_find(
	const struct catalog_versions *versions, uint64_t version);

/*
 * One version, at most one call (GetFunctionConfiguration) and none when it is known: a number that
 * the fresh list does not hold is asked for, and a negative answer remembered for the list's time.
 * *ret_expires_ms (may be NULL) is until when it is fresh: INT64_MAX for a published version.
 */
enum lambda_status catalog_version_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, struct catalog_version *ret_version,
	int64_t *ret_expires_ms, struct lambda_error *reterr) must_check;

enum catalog_document {
	CATALOG_CONFIGURATION,
	CATALOG_ENVIRONMENT,
};

/* Appends the bytes of a document of that version to `out`. May fetch as catalog_version_get() does. */
enum lambda_status catalog_document_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, enum catalog_document document, struct buffer *out,
	struct lambda_error *reterr) must_check;

/*
 * Appends the function's ARN, without a qualifier: $LATEST's configuration.json names it. May fetch as
 * catalog_version_get() does; LAMBDA_BAD_ANSWER when it names none.
 */
enum lambda_status catalog_function_arn(struct catalog *catalog, const struct call_scope *scope,
	const char *function, struct buffer *out, struct lambda_error *reterr) must_check;

/* --- aliases --- */

struct catalog_aliases {
	size_t count;
	const struct lambda_alias *entries; /* sorted by name, bytewise */
	int64_t expires_ms;
	uint64_t generation;
};

/* All aliases of a function, fresh. LAMBDA_NOT_FOUND when the function is not there. */
enum lambda_status catalog_aliases_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const struct catalog_aliases **ret_aliases,
	struct lambda_error *reterr) must_check;
void catalog_aliases_unref(const struct catalog_aliases *aliases);

/* The entry of that name, or NULL. Pure. */
const struct lambda_alias *catalog_aliases_find(
	const struct catalog_aliases *aliases, const char *name);

/*
 * One alias, into *ret_alias (the caller releases it): from the fresh list; without one, by a single
 * call whatever the number of aliases. LAMBDA_NOT_FOUND when there is none.
 */
enum lambda_status catalog_alias_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/* Where an alias leads, for who looks at its name. */
struct catalog_alias_look {
	struct catalog_routing_config routing;
	int64_t last_modified; /* of the version, seconds since the epoch; INT64_MIN: not known */
	int64_t expires_ms; /* until when the answer may be remembered, also that there is no alias */
};

/*
 * The same for a look at a name, which others may follow: from what is known, else from the first page of the
 * list, which for most functions is all of it, else by one call; when that happens again, from the whole list.
 * The same alias looked at in a third function within 2 s is read by GetFunction, which has a quota of its
 * own, unless `with_weight`: without that, the routing has the version alone. ret_look->expires_ms is also
 * set for LAMBDA_NOT_FOUND.
 */
enum lambda_status catalog_alias_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, bool with_weight,
	struct catalog_alias_look *ret_look, struct lambda_error *reterr) must_check;

/* catalog_alias_get(), always by one GetAlias, whose answer is kept. */
enum lambda_status catalog_alias_get_afresh(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/* A copy of the alias as it was last known, however long ago; false when it never was. No call is made. */
bool catalog_alias_peek(struct catalog *catalog, const char *function, const char *name,
	struct lambda_alias *ret_alias) must_check;

/*
 * --- mutations: the call of the same name in backend/lambda/lambda.h, its answer kept ---
 *
 * *ret_alias (may be NULL) is the answer: on success the caller's to release, else untouched.
 */

enum lambda_status catalog_create_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/* wanted->revision_id is compared and swapped. On LAMBDA_REVISION_CHANGED the alias is fetched again. */
enum lambda_status catalog_update_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, bool with_description,
	struct lambda_alias *ret_alias, struct lambda_error *reterr) must_check;

/* `revision_id` is what is to go: a lost call is only repeated on that, as in lambda_delete_alias(). */
enum lambda_status catalog_delete_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, const char *revision_id,
	struct lambda_error *reterr) must_check;

/*
 * Lists the versions afresh first, to judge a lost or unchanged answer. `code_sha256` (base64) is what the code has to be;
 * NULL: whatever it is. LAMBDA_REVISION_CHANGED: it is other code.
 */
enum lambda_status catalog_publish_version(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *description, const char *code_sha256,
	uint64_t *ret_version, struct lambda_error *reterr) must_check;

enum lambda_status catalog_delete_version(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, struct lambda_error *reterr) must_check;

/* --- crawls, for what is kept beside the catalog --- */

/*
 * When the crawl began in which the scope's asker takes part (clock_monotonic_ms()); 0: it takes part in none. What
 * was read since then is fresh for it (contract 4.1.1). May read /proc; no lock may be held.
 */
int64_t catalog_find_crawl(struct catalog *catalog, const struct call_scope *scope);

/* A call about the function (NULL: about none) begins and ends: it keeps a crawl going, and can make one. The same. */
void catalog_begin_call(
	struct catalog *catalog, const struct call_scope *scope, const char *function);
void catalog_end_call(
	struct catalog *catalog, const struct call_scope *scope, const char *function);

/* --- the rest --- */

/* Forgets everything that can change; the next questions ask AWS. */
void catalog_refresh(struct catalog *catalog);

/* Forgets what can change of one function. */
void catalog_refresh_function(struct catalog *catalog, const char *function);

/* What is known of the account: false when nothing is yet. *ret_age_ms is how old it is. */
bool catalog_account_peek(
	struct catalog *catalog, struct lambda_account *ret_account, int64_t *ret_age_ms);

/* One GetAccountSettings, kept for catalog_account_peek(). */
enum lambda_status catalog_account_fetch(struct catalog *catalog, const struct call_scope *scope,
	struct lambda_error *reterr) must_check;

#endif
