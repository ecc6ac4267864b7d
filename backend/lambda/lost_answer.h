/* SPDX-License-Identifier: MIT */
/*
 * A mutation whose answer is lost (a reset, a time-out, a 5xx, an unreadable answer) may have happened. It is
 * looked for by reading back before anything else is done (backend/lambda/NOTES.md section 8.5):
 *
 *   send ─► answered ─────────────────────────────────────► that is the answer
 *     ▲ └─► lost ─► read back ─┬─ wanted state ───────────► success
 *     │                        ├─ something else ─────────► another client did that: refuse
 *     └── a try is left ◄──────┼─ as before
 *                              └─ unreadable until the deadline ─► outcome_unknown
 *
 * Sending again after "as before" cannot do it twice, even when the lost request is still on its
 * way: UpdateAlias carries the RevisionId, CreateAlias refuses a second one, a version's number is never
 * given again, PublishVersion gives the same version while nothing has changed, and DeleteAlias is only
 * sent again while the alias still has the revision that was to go.
 */
#ifndef ALIASFS_LAMBDA_LOST_ANSWER_H
#define ALIASFS_LAMBDA_LOST_ANSWER_H

#include "backend/lambda/documents.h"
#include "backend/lambda/read.h"

/* What reading back showed. */
enum verdict {
	VERDICT_DONE,    /* the wanted state is there */
	VERDICT_AS_WAS,  /* nothing has changed (yet) */
	VERDICT_OTHER,   /* another client changed it: the status says what to report */
	VERDICT_UNKNOWN, /* it could not be read */
};

struct mutation {
	struct lambda_client *client;
	const struct call_scope *scope;
	struct call_scope look_scope; /* reading back: the mutation's deadline, no interruption */
	struct aws_request request;
	const char *function;
	/* Reads back; on VERDICT_DONE the results are filled, on VERDICT_OTHER and VERDICT_UNKNOWN *reterr. */
	enum verdict (*look)(struct mutation *mutation, struct lambda_error *reterr);
	/* Reads a success; NULL when there is nothing in it. */
	enum lambda_status (*read)(
		struct mutation *mutation, const struct json *json, struct lambda_error *reterr);
	/* for the aliases */
	const struct lambda_alias *wanted;
	const char *name;
	const char *revision_id; /* of what is to be deleted; "" when unknown */
	bool with_description;
	struct lambda_alias alias;
	/* for the versions */
	uint64_t number; /* to delete; or the newest known before publishing */
	struct lambda_version version;
	/* for the documents */
	const struct lambda_document_look *document_look; /* NULL: it cannot be read back */
	struct json *answer;                              /* AWS's, owned; NULL when it was lost */
};

/*
 * Makes the call until its outcome is known or the deadline comes; `body` NULL for none. A query, or
 * a source in the place of the body, is set in mutation->request before. Blocks; the results are in the mutation, as its functions left them.
 */
enum lambda_status mutation_make_change(struct mutation *mutation, const char *operation,
	const char *method, const struct buffer *path, const struct buffer *body,
	struct lambda_error *reterr) must_check;

/* Whether reading once more may help after that failure. */
bool lambda_may_pass(const struct lambda_error *error);

#endif
