/* SPDX-License-Identifier: MIT */
/*
 * Faults on demand, for anyone's tests: PUT /_local/faults takes a JSON list of
 * {operation, status|code|reset|hang|truncate|slow|settles_failed|function_error, count, after_commit}.
 */
#ifndef ALIASFS_LOCAL_FAULT_H
#define ALIASFS_LOCAL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/json.h"

#define FAULTS_MAX 64
#define FAULT_REASON_SIZE 192

enum fault_kind {
	FAULT_NONE,
	FAULT_STATUS,   /* `amount` as the HTTP status, with an empty body or `text` as it */
	FAULT_CODE,     /* the failure of that code in AWS's form, `text` as its message; `amount`:
			   another status than AWS's, or 0 */
	FAULT_RESET,    /* the connection is reset, without an answer */
	FAULT_HANG,     /* nothing for `amount` ms (0: until the client leaves), then the end */
	FAULT_TRUNCATE, /* the connection ends after `amount` bytes of the body */
	FAULT_SLOW,     /* `amount` ms before every byte of the body */
	FAULT_SETTLES_FAILED, /* the call is answered, and the creation or update that it starts
				 fails for the reason `code`, with `text` */
	FAULT_FUNCTION_ERROR, /* the function that is invoked fails: `code` is X-Amz-Function-Error, `text`
				 the error's message */
};

struct fault {
	enum fault_kind kind;
	char operation[48]; /* or "*": any */
	char code[64];
	char text[256];
	int64_t amount;
	int64_t count;     /* how many calls it still meets; -1: all */
	bool after_commit; /* the call takes effect first */
};

/* The faults of one plane. Thread-safe; its lock is held for microseconds. */
struct faults;

struct faults *faults_new(void) must_check;
void faults_free(struct faults *faults);

/*
 * Replaces them by what the list says. 0, or -EINVAL with a sentence in `reason`: then nothing changed. An empty or NULL
 * list removes all.
 */
int faults_set(
	struct faults *faults, const struct json *list, char reason[FAULT_REASON_SIZE]) must_check;

/* Takes the first one that meets a call of this operation; its kind is FAULT_NONE when there is none. */
void faults_take(struct faults *faults, const char *operation, struct fault *ret_fault);

/* Appends them as JSON, with what is left of their counts. Errors as buffer_append(). */
int faults_append(struct faults *faults, struct buffer *out) must_check;

#endif
