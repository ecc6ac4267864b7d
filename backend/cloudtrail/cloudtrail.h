/* SPDX-License-Identifier: MIT */
/*
 * CloudTrail's LookupEvents as a typed call: who called Lambda about an alias in the last 90 days, in this account
 * and region. AWS allows 2 calls a second (RATE_LIMIT_TRAIL); what is asked here takes nothing from Lambda's rate.
 */
#ifndef ALIASFS_CLOUDTRAIL_H
#define ALIASFS_CLOUDTRAIL_H

#include "backend/aws/client.h"
#include "backend/base/scope.h"
#include "backend/cloudtrail/event.h"

#define CLOUDTRAIL_DAYS 90 /* that LookupEvents reaches back */
#define CLOUDTRAIL_PAGE 50 /* events that one call gives */

/* What is asked. All borrowed. */
struct cloudtrail_query {
	const char *key;   /* the one attribute: "ResourceName", "EventName"; NULL: all events */
	const char *value; /* of that attribute */
	int64_t start_s, end_s; /* since the epoch, both included; 0: no bound */
	const char *
		next_token; /* of the page before, with the same other members; NULL: the newest events */
};

/* One page, newest first. Released with cloudtrail_page_release(). */
struct cloudtrail_page {
	struct cloudtrail_event *items; /* those that concern an alias */
	size_t count;
	size_t seen;      /* events of the answer, others included */
	int64_t oldest_s; /* the time of the oldest of these; INT64_MAX when there are none */
	char *next_token; /* NULL on the last page */
};

void cloudtrail_page_release(struct cloudtrail_page *page);

/*
 * LookupEvents. A read: it is retried, may block until the scope's read deadline, and no lock is held. The address
 * is the one that the endpoint option names, else the SDKs' (AWS_ENDPOINT_URL_CLOUDTRAIL, the services section,
 * cloudtrail.REGION.amazonaws.com). On success *ret_page is the caller's; on failure it is untouched: without
 * permission that is LAMBDA_ACCESS_DENIED, and a server without CloudTrail answers with an error of its own.
 */
enum lambda_status cloudtrail_lookup(struct aws_client *client, const struct call_scope *scope,
	const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr) must_check;

#endif
