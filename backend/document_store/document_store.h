/* SPDX-License-Identifier: MIT */
/*
 * The answers of AWS that the documents of functions and aliases are made of, kept for a while.
 *
 *   fs ─► document_store ─► catalog (is it there? does a crawl ask?)
 *               └──(what is missing or too old)─► lambda_read_document_source() ─► kept ─► document_print() ─► fs
 *
 * - An answer is fresh for ttl_ms from its end, for a crawl also when it came since the crawl began (contract 4.1.1).
 * - One fetch at a time for each answer: a caller that comes meanwhile shares its result, with its own deadline and
 *   interruption.
 * - A failure is never an empty document, and replaces nothing that is known.
 * - LAMBDA_SOURCE_CONFIGURATION holds secrets and is never kept; LAMBDA_SOURCE_ALIAS is the catalog's to keep.
 *
 * Locks: one mutex inside, never held across the network, the catalog or a parser. All functions may be called from
 * any thread. Those that take a scope may block until its read deadline; the others never do.
 */
#ifndef ALIASFS_DOCUMENT_STORE_H
#define ALIASFS_DOCUMENT_STORE_H

#include "backend/base/log.h"
#include "backend/catalog/catalog.h"
#include "backend/documents/kind.h"

#define DOCUMENT_STORE_BYTES_MAX (64 * 1024 * 1024) /* of all answers; the oldest go first */

struct document_store;

struct document_store_options {
	struct lambda_client *client; /* kept, as the catalog; both must outlive the store */
	struct catalog *catalog;
	int64_t ttl_ms;
	const unsigned char *redact_key; /* as in struct document_subject; kept, may be NULL */
	struct log *log;                 /* kept, may be NULL */
	/* As catalog_options.wrote, for each call of a change; the document's name and hashes are set. May be NULL. */
	void (*wrote)(void *wrote_data, const struct catalog_write *write);
	void *wrote_data;
};

/* NULL when out of memory. */
struct document_store *document_store_new(const struct document_store_options *options) must_check;
void document_store_free(struct document_store *store);
DEFINE_CLEANUP(struct document_store *, document_store_free);

/*
 * Appends the canonical bytes of the document (document_print()); none: it is not configured. `qualifier` is the
 * alias, "" for the function's own. `kind` stands in .function or beside an alias; not `description`, whose state the
 * catalog has. *ret_expires_ms (may be NULL) is until when it is fresh for every caller. LAMBDA_NOT_FOUND: there is no
 * such function or alias.
 */
enum lambda_status document_store_read(struct document_store *store, const struct call_scope *scope,
	const struct document_kind *kind, const char *function, const char *qualifier,
	struct buffer *out, int64_t *ret_expires_ms, struct lambda_error *reterr) must_check;

/*
 * AWS's answer for a kind, asked for now, whatever is kept: for a change. It is kept, where it may be. *ret_answer is
 * the caller's to free; NULL with LAMBDA_OK: AWS said that there is none (a policy).
 */
enum lambda_status document_store_ask(struct document_store *store, const struct call_scope *scope,
	const struct document_kind *kind, const char *function, const char *qualifier,
	struct json **ret_answer, struct lambda_error *reterr) must_check;

/* Nothing that was read before is fresh any more: of that function, or of all. A fetch under way is not kept as fresh. */
void document_store_forget(struct document_store *store, const char *function);
void document_store_refresh(struct document_store *store);

/* How many answers are kept, and their bytes. */
void document_store_count(struct document_store *store, size_t *ret_answers, size_t *ret_bytes);

#endif
