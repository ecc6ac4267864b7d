/* SPDX-License-Identifier: MIT */
/* The providers behind backend/credentials.h, one file each, and what they share. */
#ifndef ALIASFS_CREDENTIALS_PROVIDERS_H
#define ALIASFS_CREDENTIALS_PROVIDERS_H

#include "backend/credentials.h"

#define PROVIDER(name)                                                                             \
	enum lambda_status name(const struct credentials_context *context, bool *ret_found,        \
		struct credentials *ret_credentials, struct lambda_error *reterr) must_check

PROVIDER(credentials_from_environment); /* AWS_ACCESS_KEY_ID …; not with an explicit profile */
PROVIDER(credentials_from_shared_file); /* the keys of the profile in the credentials file */
PROVIDER(credentials_from_config_file); /* the same in the config file */

#undef PROVIDER

/*
 * Fills *ret_credentials with copies. `session_token` may be NULL or "". LAMBDA_NO_CREDENTIALS when a
 * value cannot stand in a header; `source` is named, the values never.
 */
enum lambda_status credentials_set(struct credentials *ret_credentials, const char *access_key_id,
	const char *secret_access_key, const char *session_token, int64_t expires_s,
	const char *source, struct lambda_error *reterr) must_check;

/*
 * The keys of a profile in one of the files; *ret_found false when it has no aws_access_key_id there. An id
 * without a secret is an error.
 */
enum lambda_status credentials_of_profile(const struct profile_set *profiles,
	enum profile_source source, const char *profile, bool *ret_found,
	struct credentials *ret_credentials, struct lambda_error *reterr) must_check;

#endif
