/* SPDX-License-Identifier: MIT */
/*
 * AWS's two INI files, ~/.aws/config and ~/.aws/credentials, read by our own strict reader
 * (backend/lambda/NOTES.md section 10.2). It reads as botocore does: whole-line comments only, `=` or `:`,
 * indented lines continue a value, an empty value with indented `k = v` lines is a nested block,
 * a name or a key that stands twice is an error. Differences, on purpose: a byte order mark is
 * skipped, a NUL byte and a file that cannot be read are errors.
 *
 * Nothing here blocks on anything but local files; a struct profile_set is immutable once made.
 */
#ifndef ALIASFS_CONFIG_PROFILE_H
#define ALIASFS_CONFIG_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"
#include "backend/base/error.h"
#include "backend/config/environment.h"

enum profile_source {
	PROFILE_CONFIG,
	PROFILE_CREDENTIALS,
};

struct profile_file; /* one file, parsed (profile_ini.h) */
struct profile_set;

/* Where a value stands, for messages. */
struct profile_origin {
	const char *path; /* belongs to the set */
	unsigned int line;
};

/*
 * Reads both files: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else those below ~/.aws. A file
 * that is not there is empty. LAMBDA_INVALID names the file and the line. Blocks on local files.
 */
enum lambda_status profile_set_load(const struct environment *environment,
	struct profile_set **ret_set, struct lambda_error *reterr) must_check;

/* Makes a set of two files in memory (either may be NULL), which it owns afterwards. NULL: no memory. */
struct profile_set *profile_set_new(struct profile_file *config, const char *config_path,
	struct profile_file *credentials, const char *credentials_path) must_check;
void profile_set_free(struct profile_set *set);
DEFINE_CLEANUP(struct profile_set *, profile_set_free);

/* The path that was looked at, whether or not there was a file. */
const char *profile_set_path(const struct profile_set *set, enum profile_source source);

/* Whether the profile stands in either file. */
bool profile_set_has(const struct profile_set *set, const char *profile);

/* A value of the profile, credentials file before config; NULL when absent. *ret_origin may be NULL. */
const char *profile_set_get(const struct profile_set *set, const char *profile, const char *key,
	struct profile_origin *ret_origin);

/* The same of one file alone. */
const char *profile_set_get_in(const struct profile_set *set, enum profile_source source,
	const char *profile, const char *key, struct profile_origin *ret_origin);

/* Whether there is a [sso-session NAME], and a value of it. */
bool profile_set_has_session(const struct profile_set *set, const char *session);
const char *profile_set_get_session(const struct profile_set *set, const char *session,
	const char *key, struct profile_origin *ret_origin);

/* Whether there is such a [services NAME], and a value of the block `service` of it. */
bool profile_set_has_services(const struct profile_set *set, const char *services);
const char *profile_set_get_service(const struct profile_set *set, const char *services,
	const char *service, const char *key, struct profile_origin *ret_origin);

/* --- words --- */

/*
 * Splits as a POSIX shell would split words, without expanding anything: section names and
 * credential_process are written so. *ret_words is a NULL-terminated array for profile_free_words().
 * 0, -EINVAL (a quote or a backslash is left open), -ENOMEM.
 */
int profile_split_words(const char *text, char ***ret_words, size_t *ret_count) must_check;
void profile_free_words(char **words);
DEFINE_CLEANUP(char **, profile_free_words);

/*
 * Appends the content of a local file, at most what the buffer takes. 0, -EFBIG, -ENOMEM, -EOPNOTSUPP
 * for a pipe, or what the kernel said. Blocks on the file.
 */
int profile_read_file(const char *path, struct buffer *out) must_check;

/*
 * `~` and `~/…` with HOME, else the user's home of the password database; a relative path from the
 * environment's directory. NULL: no memory.
 */
char *profile_resolve_path(const struct environment *environment, const char *path) must_check;

#endif
