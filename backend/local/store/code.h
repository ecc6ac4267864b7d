/* SPDX-License-Identifier: MIT */
/*
 * The code zips: DIR/code/SHA256.zip. A zip is written and synced under a temporary name, renamed
 * into place inside the transaction that names it, and only unlinked under the write lock when no
 * row names it any more; so every row's zip is there, whenever the machine stops.
 */
#ifndef ALIASFS_LOCAL_CODE_H
#define ALIASFS_LOCAL_CODE_H

#include "backend/local/call.h"
#include "backend/local/store/store.h"

/* Makes DIR/code and opens it. 0 or a negative errno. */
int code_open(const char *directory, int *ret_directory) must_check;

/*
 * Checks the code that the call brings (`code`: the object with ZipFile, S3Bucket, ImageUri) for a
 * function of that package type, and writes a zip under a temporary name (call->staged). No lock is
 * held. 0, CALL_FAILED or a negative errno.
 */
int code_stage(struct call *call, const struct json *code, struct code *ret_code) must_check;

/* Renames the staged zip into place, inside the write transaction. 0 or a negative errno. */
int code_keep(struct call *call, const struct code *code) must_check;

/* Removes what is still staged: after a failure. */
void code_abandon(struct call *call);

/* Notes that a row stops naming this digest ("" is fine). 0 or -ENOMEM. */
int code_release(struct call *call, const char *digest) must_check;

/*
 * Unlinks those of the noted zips that no version of a function or layer names, under the write
 * lock. Call it after the commit.
 */
void code_collect(struct call *call);

/* The same for everything in the directory: when the program starts. */
void code_sweep(int directory, struct store *store);

/*
 * Appends Code.Location's URL for a zip: on this server, signed, good for 10 minutes. Errors as
 * buffer_append(), or the store's.
 */
int code_append_location(struct buffer *out, struct call *call, const char *digest) must_check;

/* Answers a download of "/_local/code/DIGEST.zip?..."; fails with 403 when expired or forged, 404 when gone. */
void code_download(struct plane *plane, const char *target, struct answer *answer);

#endif
