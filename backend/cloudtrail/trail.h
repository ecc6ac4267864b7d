/* SPDX-License-Identifier: MIT */
/*
 * What CloudTrail has returned about the aliases of this account and region, kept: only what is newer is asked for
 * again. It is asked first for one alias by its ARN, which gives the calls that made and moved it and costs one call;
 * then by the names of the events, which gives deletions, failures and permissions too, of all aliases at once.
 *
 * One mutex inside, which is never held while CloudTrail is asked. One thread asks at a time; the others wait for it,
 * no longer than their scope allows. trail_copy() never waits for CloudTrail. At most TRAIL_EVENTS_MAX events are
 * kept: the oldest go first, and what is covered shrinks with them.
 *
 *   trail_fetch(BY_ARN) ─► trail_copy ─► history_find ─── wants_more ──► trail_fetch(BY_NAME) ─► trail_copy ─► …
 */
#ifndef ALIASFS_CLOUDTRAIL_TRAIL_H
#define ALIASFS_CLOUDTRAIL_TRAIL_H

#include "backend/cloudtrail/cloudtrail.h"

#define TRAIL_EVENTS_MAX 10000
#define TRAIL_ALIASES_MAX 256 /* aliases of which is known how far their ARN was asked for */
#define TRAIL_LATE_S                                                                               \
	3600 /* what is newer than this before the last time is asked for again: events come late */

struct trail;

/* Who is asked. */
struct trail_source {
	enum lambda_status (*lookup)(void *data, const struct call_scope *scope,
		const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
		struct lambda_error *reterr);
	int64_t (*now_s)(void *data); /* CloudTrail's time, seconds since the epoch */
	void *data;                   /* borrowed */
};

/* CloudTrail through that client, which must live longer than the trail. */
struct trail_source trail_source_of_client(struct aws_client *client);

/* NULL when out of memory. */
struct trail *trail_new(const struct trail_source *source) must_check;

/* Waits for nothing: no call may be under way. NULL is fine. */
void trail_free(struct trail *trail);
DEFINE_CLEANUP(struct trail *, trail_free);

enum trail_reach {
	TRAIL_BY_ARN,
	TRAIL_BY_NAME, /* by the alias's ARN and by the names of the events */
};

/* The alias. All borrowed. */
struct trail_subject {
	const char *arn; /* arn:aws:lambda:REGION:ACCOUNT:function:FUNCTION:ALIAS */
	const char *function, *alias;
};

/* How much is wanted. */
struct trail_wanted {
	enum trail_reach reach;
	int64_t since_s;   /* no further back than this; 0: as far as CloudTrail goes */
	int64_t max_age_s; /* what was asked for this long ago or later is new enough */
};

/*
 * Asks CloudTrail until what is wanted is known. Blocks until the scope's read deadline at most, or 100 ms after an
 * interruption. LAMBDA_TIMED_OUT and every other failure leave what came in before it in the trail: trail_copy()
 * says how far that reaches. Errors otherwise as cloudtrail_lookup().
 */
enum lambda_status trail_fetch(struct trail *trail, const struct call_scope *scope,
	const struct trail_subject *subject, const struct trail_wanted *wanted,
	struct lambda_error *reterr) must_check;

/* What is known of one alias. */
struct trail_events {
	struct cloudtrail_event *items; /* in no order, each once */
	size_t count;
	struct cloudtrail_coverage changes; /* calls that made or moved it */
	struct cloudtrail_coverage all;     /* those, deletions, failures and permissions */
};

void trail_events_release(struct trail_events *events);

/* Copies it; the caller releases it. 0 or -ENOMEM. Holds the trail's mutex, for as long as the copying takes. */
int trail_copy(struct trail *trail, const struct trail_subject *subject,
	struct trail_events *ret_events) must_check;

#endif
