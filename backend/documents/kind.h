/* SPDX-License-Identifier: MIT */
/*
 * The documents that hang off a function, its aliases and its $LATEST: one table of kinds, and for each kind its
 * canonical bytes made of AWS's answer, and the calls that turn what AWS has into what a tool wrote. Pure: no I/O,
 * no clock. No function here blocks or locks.
 *
 *   reading   lambda_read_document_source() ─► document_print() ─► the bytes of the file; none: not configured
 *   writing   bytes so far ─► document_check()                     at WRITE: can this still become valid?
 *             (AWS's answer, whole bytes) ─► document_plan() ─► calls ─► lambda_send_document_call(), in their order
 *             answer read after a call    ─► document_outcome()    done, as it was, or something else
 *
 * Bytes are JSON: canonical when printed (sorted names, two blanks, a line end; integers exact), in any form when
 * written. `description` alone is text. Sentences name the member and the line ("line 4: …"), and never a value of an
 * environment. Statuses of failures:
 *   LAMBDA_INVALID       what was written cannot be (EINVAL): the sentence says which member, in which line
 *   LAMBDA_REFUSED       AWS would do it and it could not be taken back (EPERM): a URL's address is lost for ever
 *   LAMBDA_CONFLICT      AWS is changing it at this moment (EBUSY)
 *   LAMBDA_TOO_LARGE     over DOCUMENT_MAX bytes, or a description of over 256 characters
 *   LAMBDA_ACCESS_DENIED TagsError: AWS sent the function and kept its tags back
 *   LAMBDA_BAD_ANSWER    AWS's answer lacks what it always has; never shown as an empty file
 *   LAMBDA_NO_MEMORY
 */
#ifndef ALIASFS_DOCUMENTS_KIND_H
#define ALIASFS_DOCUMENTS_KIND_H

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/documents/document.h"
#include "backend/lambda/document_call.h"

/* In the order in which a directory lists them. */
enum document_id {
	DOCUMENT_CODE_SIGNING,
	DOCUMENT_CONFIGURATION,
	DOCUMENT_DESCRIPTION,
	DOCUMENT_ENVIRONMENT,
	DOCUMENT_EVENT_INVOKE,
	DOCUMENT_EVENT_SOURCES,
	DOCUMENT_POLICY,
	DOCUMENT_PROVISIONED_CONCURRENCY,
	DOCUMENT_RECURSION,
	DOCUMENT_RESERVED_CONCURRENCY,
	DOCUMENT_RUNTIME_MANAGEMENT,
	DOCUMENT_TAGS,
	DOCUMENT_URL,
	DOCUMENT_COUNT, /* not a kind */
};

/* The directories that hold documents; a kind's `places` is any of them. */
enum document_place {
	DOCUMENT_OF_FUNCTION = 1, /* .function/ */
	DOCUMENT_OF_ALIAS = 2,    /* .aliases/NAME/ */
	DOCUMENT_OF_LATEST = 4,   /* $LATEST/ */
};

/* What belongs to one kind alone; in the file of the kind. */
struct document_ways;

struct document_kind {
	enum document_id id;
	const char *name; /* "reserved-concurrency", for -o documents= and -o allow_update= */
	const char *file; /* "reserved-concurrency.json" */
	unsigned int places;
	bool is_private;           /* 0400 and 0600: for the mounting user and root alone */
	enum lambda_source source; /* what its bytes are made of */
	const struct document_ways *ways;
};

const struct document_kind *document_kind(enum document_id id);

/* The kind of that name ("policy") or file ("policy.json", in one of the `places`); NULL: there is none. */
const struct document_kind *document_find_kind(const char *name);
const struct document_kind *document_find_file(unsigned int places, const char *file);

/* Whose document it is. All borrowed. */
struct document_subject {
	const char *function;
	const char *qualifier; /* the alias; "": the function itself, or $LATEST */
	const char *
		arn; /* the function's; a qualifier at its end is cut off. Writing tags needs it; else NULL */
	/* REDACT_KEY_SIZE bytes with -o env=redact, NULL without. Of environment.json alone */
	const unsigned char *redact_key;
};

/*
 * Appends the document's bytes as `answer` (of kind->source) has it; nothing: it is not configured. `answer` NULL:
 * AWS said that there is none (GetPolicy's 404, see lambda_read_document_source()). `out` has room for DOCUMENT_MAX.
 */
enum lambda_status document_print(const struct document_kind *kind,
	const struct document_subject *subject, const struct json *answer, struct buffer *out,
	struct lambda_error *reterr) must_check;

/* What may become of the bytes that were written so far. */
enum document_state {
	DOCUMENT_EMPTY, /* nothing, or blanks: it changes nothing (of `description`: an empty text) */
	DOCUMENT_UNFINISHED, /* not valid yet: more bytes may make it so */
	DOCUMENT_WHOLE,      /* valid, as far as it can be known without AWS's answer */
	DOCUMENT_WRONG, /* whatever follows, it cannot become valid: *reterr says why, and is an error of the above */
};

/* `reterr` is also filled for DOCUMENT_UNFINISHED: the sentence for a FLUSH. Costs one pass, and parses what is whole. */
enum document_state document_check(const struct document_kind *kind, const char *bytes,
	size_t length, struct lambda_error *reterr) must_check;

#define DOCUMENT_CALLS_MAX 1000 /* of one plan; more is LAMBDA_TOO_LARGE */

/* What is to be sent, in order. */
struct document_plan {
	struct lambda_document_call *calls;
	size_t count;
	/*
	 * Members that this program does not know, with their values, which were sent all the same; NULL: none. Once
	 * AWS has settled, document_prove() has to find them there.
	 */
	struct json *unproven;
};

/*
 * The calls that make AWS's document what `bytes` say. No call: nothing differs, or the bytes are empty. All that can
 * be refused is refused here, so nothing is sent of what is invalid in a part. On success *ret_plan is the caller's to
 * release; on failure it is not touched.
 */
enum lambda_status document_plan(const struct document_kind *kind,
	const struct document_subject *subject, const struct json *answer, const char *bytes,
	size_t length, struct document_plan *ret_plan, struct lambda_error *reterr) must_check;

/* Frees the calls, wiping what they hold. */
void document_plan_release(struct document_plan *plan);

/* The RevisionId that goes along with a change, as `answer` has it; "" when there is none (also for NULL). */
void document_read_revision(
	const struct json *answer, char revision_id[LAMBDA_REVISION_ID_MAX + 1]);

enum document_outcome {
	DOCUMENT_DONE,       /* the document is as the call was to make it */
	DOCUMENT_AS_WAS,     /* as it was before the call */
	DOCUMENT_OTHER,      /* something else: another client changed it */
	DOCUMENT_UNREADABLE, /* *reterr says what is wrong with the answer */
};

/*
 * What became of one call of a plan, by an answer that was read after it (lambda_document_look). What AWS makes of a
 * value itself (the address of a new URL) is not compared.
 */
enum document_outcome document_outcome(const struct document_kind *kind,
	const struct document_subject *subject, const struct lambda_document_call *call,
	const struct json *answer, struct lambda_error *reterr) must_check;

/*
 * A number by which a document's bytes are known again, never 0. What AWS changes in it by itself, or with another
 * document, does not count: LastModified, CodeSha256.
 */
uint64_t document_mark(const struct document_kind *kind, const char *bytes, size_t length);

/* Whether AWS shows what plan->unproven has; LAMBDA_INVALID names the first member that it does not know. */
enum lambda_status document_prove(const struct document_plan *plan, const struct json *answer,
	struct lambda_error *reterr) must_check;

#endif
