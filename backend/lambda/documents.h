/* SPDX-License-Identifier: MIT */
/*
 * The sources of documents, read, and the calls that change them, sent. What holds for backend/lambda/lambda.h holds
 * here: calls may block until the scope's deadline, no lock is held meanwhile, any number of threads may call.
 *
 * A cache may keep a source's answer as text (json_print()) under (source, function, qualifier), each part as far as
 * lambda_source_scope() says that it counts. LAMBDA_SOURCE_CONFIGURATION holds the environment and is not to be kept.
 */
#ifndef ALIASFS_LAMBDA_DOCUMENTS_H
#define ALIASFS_LAMBDA_DOCUMENTS_H

#include "backend/lambda/document_call.h"
#include "backend/lambda/lambda.h"

#define LAMBDA_SOURCE_ITEMS_MAX                                                                    \
	20000 /* of one list, over all its pages; more is LAMBDA_BAD_ANSWER */

/*
 * Reads one source. `function` and `qualifier` ("": the function itself) count as far as lambda_source_scope() says;
 * else they may be NULL. *ret_answer is AWS's answer, the caller's to free; of a list that has pages: an object with
 * the whole list as its one member. Never a part of a list: a page that fails fails it all. GetFunction's answer is
 * cut to Tags, TagsError and Concurrency, without the presigned URL and the environment.
 *
 * GetPolicy: LAMBDA_NOT_FOUND with the code ResourceNotFoundException is also how AWS says that there is no policy.
 * Only a caller that knows function and alias to be there may take it for that, and give document_print() NULL.
 *
 * GetFunction and GetPolicy have rates of their own; the others share that of all control-plane calls. A read: retried
 * below, and interruptible.
 */
enum lambda_status lambda_read_document_source(struct lambda_client *client,
	const struct call_scope *scope, enum lambda_source source, const char *function,
	const char *qualifier, struct json **ret_answer, struct lambda_error *reterr) must_check;

/* What AWS has after a call whose answer is lost. */
enum lambda_document_state {
	LAMBDA_DOCUMENT_DONE,   /* what the call was to bring about */
	LAMBDA_DOCUMENT_AS_WAS, /* what was there before the call */
	LAMBDA_DOCUMENT_OTHER, /* neither: another client changed it. *reterr says what to report */
	LAMBDA_DOCUMENT_UNKNOWN, /* it could not be read. *reterr says why */
};

/*
 * How the caller reads a document back (lambda_read_document_source() and document_outcome()). `scope` has the
 * change's deadline and cannot be interrupted. May be called several times.
 */
struct lambda_document_look {
	enum lambda_document_state (*look)(
		void *look_data, const struct call_scope *scope, struct lambda_error *reterr);
	void *look_data;
};

/*
 * Sends one change of the function's, or of its alias's (`qualifier`, "": none), document. A mutation: it is never
 * sent again while it is not known whether it happened. A lost answer (a reset, a time-out, a 5xx, an unreadable
 * answer) is resolved by `look`: done is success, with *ret_answer NULL; as it was: sent again while there is time;
 * another state is what `look` reports. `look` NULL, or a document that cannot be read: outcome_unknown is set.
 *
 * A refusal (409, 412, 400 …) comes back as it is. A 412 (LAMBDA_REVISION_CHANGED) is to be believed only when the
 * document differs, as $LATEST's and a policy's RevisionId also change for other reasons: the caller reads the source
 * again, and where document_outcome() finds it as it was, sends again with the RevisionId that it has by now. *ret_answer (`ret_answer` may be NULL) is the caller's; NULL where AWS answers without one.
 */
enum lambda_status lambda_send_document_call(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *qualifier,
	const struct lambda_document_call *call, const struct lambda_document_look *look,
	struct json **ret_answer, struct lambda_error *reterr) must_check;

#endif
