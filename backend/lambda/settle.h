/* SPDX-License-Identifier: MIT */
/*
 * After a change of $LATEST, Lambda goes on working: LastUpdateStatus is InProgress, and the function cannot be changed
 * or published until that is over. What one answer means, and when to ask again, are pure; lambda_wait_settled() waits.
 */
#ifndef ALIASFS_LAMBDA_SETTLE_H
#define ALIASFS_LAMBDA_SETTLE_H

#include "backend/base/json.h"
#include "backend/lambda/lambda.h"

enum lambda_settle_outcome {
	LAMBDA_SETTLED,            /* the last update is in effect */
	LAMBDA_SETTLE_FAILED,      /* the last update, or the function, has failed */
	LAMBDA_SETTLE_IN_PROGRESS, /* it still goes on: the time was over */
	LAMBDA_SETTLE_INTERRUPTED, /* it still goes on: the wait was interrupted */
};

/* What was seen last; texts are "" where AWS gave none, and cut where they are too long. Plain data. */
struct lambda_settling {
	enum lambda_settle_outcome outcome;
	char status[32]; /* LastUpdateStatus, or State where that decides: "Failed", "Pending" … */
	char reason_code
		[96]; /* LastUpdateStatusReasonCode or StateReasonCode: "InvalidZipFileException" */
	char reason[512]; /* AWS's sentence */
	char revision_id[LAMBDA_REVISION_ID_MAX + 1];
	unsigned int polls; /* answers that were read */
};

/* What a FunctionConfiguration says: settled, failed or in progress. Pure. */
struct lambda_settling lambda_read_settling(const struct json *configuration);

/* How long to wait after that many answers (from 1): 200 ms at first, at most 2 s. Pure. */
int64_t lambda_settle_pause_ms(unsigned int polls);

/*
 * Asks GetFunctionConfiguration of $LATEST until it is neither pending nor being updated, at most until `deadline_ms`
 * (clock_monotonic_ms(); the scope's deadlines do not count) or until scope->interrupted (within 100 ms): all four are
 * LAMBDA_OK with their outcome in *ret_settling. Answers that fail are asked for again while there is time and trying
 * may help; LAMBDA_NOT_FOUND, LAMBDA_ACCESS_DENIED and the like end it with that status. Not being able to look says
 * nothing of the change before it. A read that takes its turn among the changes; no lock is held.
 */
enum lambda_status lambda_wait_settled(struct lambda_client *client, const struct call_scope *scope,
	const char *function, int64_t deadline_ms, struct lambda_settling *ret_settling,
	struct lambda_error *reterr) must_check;

/*
 * LAMBDA_SERVICE_FAILED with AWS's reason and its code for an outcome that failed, LAMBDA_OK for any other: for a caller
 * whose own change it was. Pure.
 */
enum lambda_status lambda_judge_settling(
	const struct lambda_settling *settling, struct lambda_error *reterr) must_check;

#endif
