/* SPDX-License-Identifier: MIT */
/*
 * CloudTrail's spelling of a call of Lambda: names of events,
 * parameters and answers in lower camel case, whole records, members of LookupEvents' Events. Pure.
 */
#ifndef ALIASFS_LOCAL_TRAIL_EVENT_H
#define ALIASFS_LOCAL_TRAIL_EVENT_H

#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/local/model/operation.h"

#define TRAIL_NAME_SIZE 64
#define TRAIL_SOURCE "lambda.amazonaws.com"
#define TRAIL_MESSAGE_MAX 1024 /* bytes of an error's message or a user agent, as of CloudTrail */
#define TRAIL_TEXT_MAX 16384   /* bytes of the parameters or the answer; more is left out */

/* Where a plane is: parts of the identities in a record. */
struct trail_place {
	const char *account, *region, *partition;
};

/* One call, as the store keeps it. Texts belong to the caller; NULL where a line allows it. */
struct trail_event {
	const char *id;         /* eventID */
	const char *request_id; /* the answer's x-amzn-RequestId */
	int64_t time_ms;        /* when it took effect or failed */
	const struct operation *operation;
	const char *access_key_id; /* the caller's; NULL: the call was not signed */
	const char *address;       /* the caller's IP address */
	const char *host;          /* the Host header; NULL: none */
	const char *user_agent;    /* NULL: none */
	const char *parameters;    /* a JSON object */
	const char *elements;      /* the answer, a JSON object; NULL: it failed or says nothing */
	const char *error_code;    /* NULL: it did not fail */
	const char *error_message; /* NULL: none */
	const char *resources;     /* the JSON list of LookupEvents, trail_append_resources() */
};

/*
 * "UpdateAlias20150331". Operations from before 2019 carry the day of their path, some a "v2" behind it;
 * newer ones carry none.
 */
void trail_event_name(const struct operation *operation, char name[TRAIL_NAME_SIZE]);

/* The operation that writes and whose event has that name, or NULL. */
const struct operation *trail_find_operation(const char *event_name);

/*
 * Appends requestParameters: the members of the operation that `input` has. Code and the variables of
 * environments are left out, as CloudTrail does; names of map keys stay. When `out` is full: -EFBIG.
 */
int trail_append_parameters(
	struct buffer *out, const struct operation *operation, const struct json *input) must_check;

/* Appends responseElements: an answer's members without those that are null. Errors as above. */
int trail_append_elements(struct buffer *out, const struct json *answer) must_check;

/* Appends what stands for parameters or an answer of more than TRAIL_TEXT_MAX bytes. */
int trail_append_omitted(struct buffer *out) must_check;

/*
 * Appends the Resources of a call that succeeded: the ARN of the alias or function in its answer (may be
 * NULL), else the names in its input. Recorded for aliases; for the rest inferred from them.
 */
int trail_append_resources(
	struct buffer *out, const struct json *answer, const struct json *input) must_check;

/* Appends the member of LookupEvents' Events; the access key id is the user's name, too. 0, -ENOMEM, -EFBIG, or -EINVAL: what was kept is no JSON. */
int trail_append_event(struct buffer *out, const struct trail_event *event,
	const struct trail_place *place) must_check;

#endif
