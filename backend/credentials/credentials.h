/* SPDX-License-Identifier: MIT */
/*
 * Who signs. The providers are asked in botocore's order (backend/lambda/NOTES.md section 10.1); the first that
 * has credentials wins, and one that is configured but fails is an error, never skipped.
 *
 * A store remembers what was found. Credentials that expire are fetched again 15 minutes before
 * (by one thread, the others go on with the old ones), and all threads wait from 10 minutes before.
 * Its mutex is never held while a provider works. Secrets are wiped when they are let go.
 *
 * A renewal asks all providers again, since keys may have moved. But a user's keys that are gone, from
 * a file that is just being written perhaps, are never replaced by the machine's: it may be another account.
 */
#ifndef ALIASFS_CREDENTIALS_H
#define ALIASFS_CREDENTIALS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/base/log.h"
#include "backend/config/endpoint.h"
#include "backend/http/exchange.h"

#define CREDENTIALS_ADVISORY_S (15 * 60)
#define CREDENTIALS_MANDATORY_S (10 * 60)

/* One set of credentials; every string is owned. */
struct credentials {
	char *access_key_id;
	char *secret_access_key;
	char *session_token; /* NULL: none */
	int64_t expires_s;   /* seconds since the epoch; 0: never */
	bool of_machine;     /* of the container or the instance, for every process in it */
	char source
		[SETTING_SOURCE_SIZE]; /* for people: "environment", "~/.aws/credentials line 3" */
};

/*
 * Fills *ret_credentials with copies. `session_token` may be NULL or "". LAMBDA_NO_CREDENTIALS when a
 * value cannot stand in a header; `source` is named, the values never.
 */
enum lambda_status credentials_set(struct credentials *ret_credentials, const char *access_key_id,
	const char *secret_access_key, const char *session_token, int64_t expires_s,
	const char *source, struct lambda_error *reterr) must_check;

/* Wipes and frees the strings. For cleanup(credentials_release). */
void credentials_release(struct credentials *credentials);
/* A deep copy. 0 or -ENOMEM. */
int credentials_copy(const struct credentials *from, struct credentials *ret_copy) must_check;

/* Whether they are the same keys and token. */
bool credentials_are_equal(const struct credentials *one, const struct credentials *other);

/* What a provider works with. All borrowed. */
struct credentials_context {
	const struct settings *settings;
	const struct profile_set *profiles; /* read afresh for every fetch by a store */
	const char *profile;                /* whose credentials are wanted */
	/* those that a profile named by source_profile may have; credentials_fetch() sets them */
	const struct credentials_provider *source_providers;
	const struct environment *environment;
	struct http_pool *pool;
	int64_t deadline_ms;            /* clock_monotonic_ms() */
	const atomic_bool *interrupted; /* NULL: cannot be interrupted */
	struct log *log;
};

/*
 * One way to credentials. LAMBDA_OK with *ret_found false: not configured here, ask the next one.
 * With true, *ret_credentials is the caller's. Anything else is an error that names what is wrong.
 */
struct credentials_provider {
	const char *name;
	bool of_machine; /* struct credentials */
	enum lambda_status (*fetch)(const struct credentials_context *context, bool *ret_found,
		struct credentials *ret_credentials, struct lambda_error *reterr);
};

/* The first of `providers`, which one without a name ends, that finds something; *ret_found false when none does. */
enum lambda_status credentials_ask(const struct credentials_provider *providers,
	const struct credentials_context *context, bool *ret_found,
	struct credentials *ret_credentials, struct lambda_error *reterr) must_check;

/* Asks all providers, in botocore's order, for the settings' profile. LAMBDA_NO_CREDENTIALS when none has any. May block until the deadline. */
enum lambda_status credentials_fetch(const struct credentials_context *context,
	struct credentials *ret_credentials, struct lambda_error *reterr) must_check;

struct credentials_store;

/* All but `profiles` of the context is kept and must outlive the store. */
struct credentials_store *credentials_store_new(
	const struct credentials_context *context) must_check;
void credentials_store_free(struct credentials_store *store);
DEFINE_CLEANUP(struct credentials_store *, credentials_store_free);

/*
 * The credentials to sign with now, as a copy that the caller releases. Blocks while they are being
 * fetched, until the deadline or the interruption (NULL: none).
 */
enum lambda_status credentials_store_get(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct credentials *ret_credentials,
	struct lambda_error *reterr) must_check;

/*
 * AWS called these expired: the next credentials_store_get() fetches again, unless another thread already
 * did. The files are read again too: their keys may have been renewed by hand.
 */
void credentials_store_expire(struct credentials_store *store, const struct credentials *refused);

/* Fetches whatever the age is; on failure what is known stays. Blocks until the deadline. */
enum lambda_status credentials_store_renew(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr) must_check;

/* What may be printed about the credentials in use. */
struct credentials_facts {
	char source[SETTING_SOURCE_SIZE];
	char key_id_end[5]; /* the last characters of the access key id */
	int64_t expires_s;  /* 0: never */
};

/* False while none were needed. Never blocks. */
bool credentials_store_peek(
	struct credentials_store *store, struct credentials_facts *ret_facts) must_check;

/* What is to be done with credentials of that age. Pure; for credentials_store_get(). */
enum credentials_need {
	CREDENTIALS_FRESH,
	CREDENTIALS_REFRESH_SOON, /* one thread fetches, failing is no harm */
	CREDENTIALS_REFRESH_NOW,  /* all wait */
};

enum credentials_need credentials_need(int64_t expires_s, int64_t now_s);

#endif
