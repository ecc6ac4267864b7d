/* SPDX-License-Identifier: MIT */
/*
 * What CloudTrail recorded of one call that concerns an alias. Plain structs and pure functions; nothing here
 * blocks or locks.
 */
#ifndef ALIASFS_CLOUDTRAIL_EVENT_H
#define ALIASFS_CLOUDTRAIL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/lambda/types.h"

#define CLOUDTRAIL_ID_MAX 127   /* bytes of an event's id, a request's id */
#define CLOUDTRAIL_TEXT_MAX 511 /* bytes of what is kept of a name, a user agent, an error */

enum cloudtrail_operation {
	CLOUDTRAIL_OTHER, /* not kept */
	CLOUDTRAIL_CREATE_ALIAS,
	CLOUDTRAIL_UPDATE_ALIAS,
	CLOUDTRAIL_DELETE_ALIAS,
	CLOUDTRAIL_ADD_PERMISSION, /* both change the RevisionId of the alias, and nothing else of it */
	CLOUDTRAIL_REMOVE_PERMISSION,
	CLOUDTRAIL_OPERATION_COUNT,
};

/* The strings are never NULL, hold one printable line each, and belong to the event. */
struct cloudtrail_event {
	int64_t time_s; /* since the epoch; CloudTrail knows whole seconds */
	enum cloudtrail_operation operation;
	bool failed;     /* it changed nothing; `error` says why */
	bool has_result; /* `result` holds the whole state after it: CreateAlias and UpdateAlias */
	struct lambda_alias result;
	/* Which members the request sent; what it left out has stayed as it was. */
	bool sent_version, sent_routing, sent_description;
	/* The RevisionId that the request named, which the alias had before it; "" when it named none. */
	char before_revision_id[LAMBDA_REVISION_ID_MAX + 1];
	char function[LAMBDA_FUNCTION_NAME_MAX + 1]; /* its name, however the caller wrote it */
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	char statement_id[CLOUDTRAIL_ID_MAX +
			  1]; /* of a permission that was given or taken away; "" unknown */
	char id[CLOUDTRAIL_ID_MAX + 1];
	char request_id[CLOUDTRAIL_ID_MAX + 1]; /* "" when there is none */
	char *who;        /* the ARN of the caller, else the name that CloudTrail has for it */
	char *user_agent; /* with what */
	char *error;      /* "Code: message"; "" unless it failed */
};

/* A stretch of time that CloudTrail was asked for. Events come late: it is whole but for its last half hour. */
struct cloudtrail_coverage {
	int64_t from_s, until_s; /* seconds since the epoch; until_s 0: it was never asked */
	bool complete; /* nothing older is to be had: CloudTrail keeps no more, or there is no room for it */
};

void cloudtrail_event_release(struct cloudtrail_event *event);

/* A deep copy, which the caller releases. 0 or -ENOMEM, with nothing to release. */
int cloudtrail_event_copy(
	const struct cloudtrail_event *from, struct cloudtrail_event *ret_event) must_check;

/* "UpdateAlias"; "" for CLOUDTRAIL_OTHER. Static. */
const char *cloudtrail_operation_name(enum cloudtrail_operation operation);

/* As CloudTrail calls it: "UpdateAlias20150331". NULL for CLOUDTRAIL_OTHER. Static. */
const char *cloudtrail_event_name(enum cloudtrail_operation operation);

/* The reverse: CLOUDTRAIL_OTHER for what does not concern an alias. */
enum cloudtrail_operation cloudtrail_operation_of(const char *event_name);

/*
 * Takes what Lambda accepts as a FunctionName apart (a name, a partial or a whole ARN, each with or without a
 * qualifier): 0, or -EINVAL. The qualifier is "" when there is none.
 */
int cloudtrail_parse_function(const char *text, char function[LAMBDA_FUNCTION_NAME_MAX + 1],
	char qualifier[LAMBDA_ALIAS_NAME_MAX + 1]) must_check;

#endif
