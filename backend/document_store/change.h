/* SPDX-License-Identifier: MIT */
/*
 * One write of a document: compared with what AWS has and with what its writer was shown, and sent as the calls for
 * what differs.
 *
 *   its turn ─► ask AWS ─► is it the base? ─► plan (pure) ─► each call, its lost answer read back ─► forget what is kept
 */
#ifndef ALIASFS_DOCUMENT_STORE_CHANGE_H
#define ALIASFS_DOCUMENT_STORE_CHANGE_H

#include "backend/document_store/document_store.h"

/* What is written. All borrowed. */
struct document_write {
	const struct document_kind
		*kind; /* not `description`, which the alias's own change writes */
	const char *function;
	const char *qualifier; /* the alias; "" for the function's own documents and $LATEST's */
	const char *bytes;
	size_t length;
	uint64_t base; /* document_mark() of what the writer was shown; 0: it never was */
};

/* What became of it; also of a failure, as far as it got. */
struct document_written {
	unsigned int calls; /* that succeeded */
	uint64_t hash;      /* document_mark() of what AWS has now; 0: not known */
};

/* Stands for the bytes of a document; never 0. Pure. */
uint64_t document_bytes_hash(const void *bytes, size_t length);

/*
 * Makes AWS's document what the bytes say. A mutation; nothing interrupts it. The first call has the scope's mutation
 * deadline, each later one as much time as that was from the beginning. It
 * waits for an earlier change of the same document: two writers at the same moment see each other's.
 * No call when nothing differs. LAMBDA_REVISION_CHANGED: AWS has something else than the base, and nothing was sent; or
 * another client came in between, also between two calls. LAMBDA_CONFLICT with no call made: an update is in progress. A failure after a call
 * that succeeded says so in its hint. Otherwise as document_plan() and lambda_send_document_call().
 */
enum lambda_status document_store_change(struct document_store *store,
	const struct call_scope *scope, const struct document_write *write,
	struct document_written *ret_written, struct lambda_error *reterr) must_check;

/* Whether AWS has something else than that base now: LAMBDA_REVISION_CHANGED. A read that takes its turn among changes. */
enum lambda_status document_store_compare(struct document_store *store,
	const struct call_scope *scope, const struct document_kind *kind, const char *function,
	const char *qualifier, uint64_t base, struct lambda_error *reterr) must_check;

#endif
