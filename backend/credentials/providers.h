/* SPDX-License-Identifier: MIT */
/* The providers behind backend/credentials/credentials.h, a file for each kind, and what they share. */
#ifndef ALIASFS_CREDENTIALS_PROVIDERS_H
#define ALIASFS_CREDENTIALS_PROVIDERS_H

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/credentials/credentials.h"
#include "backend/http/signed.h"

#define PROVIDER(name)                                                                             \
	enum lambda_status name(const struct credentials_context *context, bool *ret_found,        \
		struct credentials *ret_credentials, struct lambda_error *reterr) must_check

PROVIDER(credentials_from_environment);  /* AWS_ACCESS_KEY_ID …; not with an explicit profile */
PROVIDER(credentials_from_role);         /* role_arn of the profile, by sts:AssumeRole */
PROVIDER(credentials_from_web_identity); /* a token file, by AssumeRoleWithWebIdentity */
PROVIDER(credentials_from_sso);          /* sso_account_id and sso_role_name of the profile */
PROVIDER(credentials_from_shared_file);  /* the keys of the profile in the credentials file */
PROVIDER(credentials_from_login);        /* login_session: refused with what to do instead */
PROVIDER(credentials_from_process);      /* credential_process of the profile */
PROVIDER(credentials_from_config_file);  /* the keys of the profile in the config file */
PROVIDER(credentials_from_container);    /* AWS_CONTAINER_CREDENTIALS_… */
PROVIDER(credentials_from_instance);     /* EC2's metadata service */

#undef PROVIDER

/* --- what they share --- */

/* How a document spells its members. */
struct credentials_document {
	const char *token;        /* "SessionToken", "Token" */
	bool expiration_required; /* and with it the token */
	const char *source;       /* for messages and credentials */
};

/*
 * Reads {"AccessKeyId", "SecretAccessKey", …, "Expiration"} of `length` bytes: what programs,
 * containers and instances answer. LAMBDA_NO_CREDENTIALS says what is missing; no value is repeated. Pure.
 */
enum lambda_status credentials_read_document(const char *text, size_t length,
	const struct credentials_document *document, struct credentials *ret_credentials,
	struct lambda_error *reterr) must_check;

/*
 * Seconds since the epoch of an ISO 8601 moment with `Z` or an offset such as +01:00; a moment without
 * either is UTC. The T may be a blank. 0 or -EINVAL.
 */
int credentials_parse_time(const char *text, int64_t *ret_seconds) must_check;

/* --- requests --- */

/* A small request to a service that gives credentials. All borrowed; zero what is not needed. */
struct credentials_request {
	struct signed_parts parts; /* without its signer */
	bool direct;               /* never through a proxy */
	int64_t timeout_ms;        /* of one attempt; 0: until the deadline */
	unsigned int attempts;     /* 0: standard, three */
	/* signed when not NULL */
	const struct credentials *signer;
	const char *service, *region;
	bool *ret_sent; /* whether the last attempt may have reached the server; may be NULL */
	/* for credentials_fetch_answer() */
	const char *who; /* in front of the sentences */
	/* What an answer other than 200 means; NULL: no credentials, "WHO: HTTP 500". */
	enum lambda_status (*refuse)(const struct credentials_request *request,
		const struct http_response *response, struct lambda_error *reterr);
	const void *data; /* for `refuse` */
};

#define CREDENTIALS_BODY_MAX (256 * 1024) /* bytes of an answer */

/*
 * Makes the request, again after what passes (5xx, 429, resets). LAMBDA_OK whatever the status of
 * the last answer, which is the caller's. Else the class of the failure; *reterr holds one sentence.
 */
enum lambda_status credentials_exchange(const struct credentials_context *context,
	const struct credentials_request *request, struct http_response *ret_response,
	struct lambda_error *reterr) must_check;

/* The same, for a provider that wants a 200 and nothing else; failures are the provider's (credentials_failed()). */
enum lambda_status credentials_fetch_answer(const struct credentials_context *context,
	const struct credentials_request *request, struct http_response *ret_response,
	struct lambda_error *reterr) must_check;

/* The same, for a document as credentials_read_document() takes it. */
enum lambda_status credentials_fetch_document(const struct credentials_context *context,
	const struct credentials_request *request, const struct credentials_document *document,
	struct credentials *ret_credentials, struct lambda_error *reterr) must_check;

/*
 * Turns a failure below into the provider's: LAMBDA_NO_CREDENTIALS unless it is about interruption,
 * time or memory or already about credentials; `who` is put in front of the sentence.
 */
enum lambda_status credentials_failed(
	struct lambda_error *reterr, enum lambda_status status, const char *who);

/* --- STS --- */

/*
 * Calls sts:ACTION with the form body `form`, signed by `signer` (NULL: unsigned). `who` names the
 * profile and the role in messages.
 */
enum lambda_status credentials_call_sts(const struct credentials_context *context,
	const struct buffer *form, const struct credentials *signer, const char *who,
	struct credentials *ret_credentials, struct lambda_error *reterr) must_check;

/*
 * Posts the form to STS. LAMBDA_OK and a 200 in *ret_response, which is the caller's; else what STS or
 * the network said, with `who` in front.
 */
enum lambda_status credentials_post_sts(const struct credentials_context *context,
	const struct buffer *form, const struct credentials *signer, const char *who,
	struct http_response *ret_response, struct lambda_error *reterr) must_check;

/* Appends `&name=value`, encoded; nothing when value is NULL. 0, -ENOMEM, -EFBIG. */
int credentials_append_form(struct buffer *form, const char *name, const char *value) must_check;

#endif
