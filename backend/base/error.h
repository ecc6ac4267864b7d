/* SPDX-License-Identifier: MIT */
/*
 * How a call to the Lambda API can end, in the backend's own words. fs/ turns the class into an
 * errno per gesture (one table there); nothing in backend/ asks what errno a tool would like.
 */
#ifndef ALIASFS_BASE_ERROR_H
#define ALIASFS_BASE_ERROR_H

#include <stdbool.h>

#include "backend/base/cleanup.h"

enum lambda_status {
	LAMBDA_OK = 0,
	LAMBDA_NOT_FOUND,        /* 404 ResourceNotFoundException */
	LAMBDA_ALREADY_EXISTS,   /* 409 of CreateAlias; PublishVersion without a change */
	LAMBDA_CONFLICT,         /* 409 otherwise: update in progress, version in use, not active */
	LAMBDA_REVISION_CHANGED, /* 412: another client changed it since it was fetched */
	LAMBDA_INVALID, /* 400 InvalidParameterValueException, ValidationException, other 4xx */
	LAMBDA_ACCESS_DENIED,       /* 403 AccessDeniedException */
	LAMBDA_NO_CREDENTIALS,      /* none found, or a configured provider failed */
	LAMBDA_CREDENTIALS_EXPIRED, /* ExpiredToken…, and a refresh did not help */
	LAMBDA_CREDENTIALS_REFUSED, /* UnrecognizedClient, InvalidSignature, … */
	LAMBDA_THROTTLED,           /* 429 and throttling codes, after retries */
	LAMBDA_SERVICE_FAILED,      /* 5xx after retries */
	LAMBDA_BAD_ANSWER, /* not JSON, cut off, too large, a name no directory can hold … */
	LAMBDA_CONNECTION_REFUSED,
	LAMBDA_HOST_UNREACHABLE, /* also: the name does not resolve */
	LAMBDA_NETWORK_UNREACHABLE,
	LAMBDA_TLS_FAILED,
	LAMBDA_TIMED_OUT,      /* the deadline passed; see outcome_unknown */
	LAMBDA_INTERRUPTED,    /* the caller was interrupted (reads only) */
	LAMBDA_LIMIT_EXCEEDED, /* code storage, aliases per function … */
	LAMBDA_TOO_LARGE,      /* our request: description over 256 characters, 413 */
	LAMBDA_NO_MEMORY,
	LAMBDA_NO_SPACE,     /* the disk of this machine is full */
	LAMBDA_DISK_FAILED,  /* the directory for temporary files cannot be used */
	LAMBDA_NOT_PROVEN,   /* where an alias was before is not proven, or not yet */
	LAMBDA_REFUSED,      /* by us: AWS would do it, and it could not be taken back */
	LAMBDA_STATUS_COUNT, /* not a status */
};

/*
 * What there is to say about a failure. Plain data: copy it freely. Never holds a secret, a
 * presigned URL or an environment value.
 */
struct lambda_error {
	enum lambda_status status;
	int http_status;      /* 0 when there was no answer */
	bool outcome_unknown; /* a mutation that may or may not have happened */
	char operation[48];   /* "UpdateAlias" */
	char code[96];        /* AWS's code: "ResourceConflictException"; "" without an answer */
	char message[512];    /* one sentence: AWS's own, or ours where AWS did not answer */
	char request_id[64];  /* x-amzn-RequestId, or "" */
	char hint[256];       /* what to do about it, or "" */
};

/* The class's name for logs: "revision changed". Never NULL; static. */
const char *lambda_status_name(enum lambda_status status);

/*
 * Fills *reterr (may be NULL) with the class and a printf'ed sentence, everything else empty, and
 * gives the class back, so that `return lambda_fail(reterr, LAMBDA_…, "…")` reads well.
 */
enum lambda_status lambda_fail(struct lambda_error *reterr, enum lambda_status status,
	const char *format, ...) printf_like(3, 4);

/* Adds what to do about it, or what else is to be known, to a failure (may be NULL); cut where it is too long. */
void lambda_hint(struct lambda_error *reterr, const char *format, ...) printf_like(2, 3);

/*
 * lambda_fail() for a temporary file in the directory `where` that could not be made or written: `what` cannot be
 * kept there. `error` is an errno; a full disk is LAMBDA_NO_SPACE, everything else LAMBDA_DISK_FAILED.
 */
enum lambda_status lambda_fail_disk(
	struct lambda_error *reterr, int error, const char *what, const char *where);

/* Names the operation of a failure in *reterr (may be NULL), unless `status` is LAMBDA_OK; gives the status back. */
enum lambda_status lambda_name_operation(
	enum lambda_status status, const char *operation, struct lambda_error *reterr);

/* Copies a failure that is known to *reterr (may be NULL), and gives its class back. */
enum lambda_status lambda_fail_as(struct lambda_error *reterr, const struct lambda_error *error);

/* lambda_fail() for a failed allocation. */
enum lambda_status lambda_fail_memory(struct lambda_error *reterr);

#endif
