/* SPDX-License-Identifier: MIT */
/*
 * What the documents of a function and of its aliases are read from and changed by: the answers of AWS (sources), and
 * calls that change something, as plain data. backend/documents makes the calls without knowing how they are sent;
 * backend/lambda/documents.h reads and sends. No function here blocks or locks.
 */
#ifndef ALIASFS_LAMBDA_DOCUMENT_CALL_H
#define ALIASFS_LAMBDA_DOCUMENT_CALL_H

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/lambda/types.h"

/* One answer of AWS, or one whole list of pages. Several documents may be made of the same one. */
enum lambda_source {
	LAMBDA_SOURCE_FUNCTION, /* GetFunction, of which Tags, TagsError and Concurrency are kept */
	LAMBDA_SOURCE_CONFIGURATION, /* GetFunctionConfiguration of $LATEST: holds secrets, not to be kept */
	LAMBDA_SOURCE_ALIAS,                   /* GetAlias; of an alias */
	LAMBDA_SOURCE_POLICY,                  /* GetPolicy; of the function or of an alias */
	LAMBDA_SOURCE_URLS,                    /* ListFunctionUrlConfigs, every page */
	LAMBDA_SOURCE_PROVISIONED_CONCURRENCY, /* ListProvisionedConcurrencyConfigs, every page */
	LAMBDA_SOURCE_EVENT_INVOKE,            /* ListFunctionEventInvokeConfigs, every page */
	/*
	 * ListEventSourceMappings, every page, of those that name the function with this very qualifier; without one:
	 * unqualified and $LATEST (two lists, given as one).
	 */
	LAMBDA_SOURCE_EVENT_SOURCES,
	LAMBDA_SOURCE_ALL_EVENT_SOURCES, /* ListEventSourceMappings, every page, of the account: for a crawl */
	LAMBDA_SOURCE_RECURSION,
	LAMBDA_SOURCE_RUNTIME_MANAGEMENT,
	LAMBDA_SOURCE_CODE_SIGNING,
	LAMBDA_SOURCE_COUNT, /* not a source */
};

/* How a source is asked for. What is read once a function serves the function's documents and all its aliases'. */
enum lambda_source_scope {
	LAMBDA_SOURCE_OF_ACCOUNT,
	LAMBDA_SOURCE_OF_FUNCTION,
	LAMBDA_SOURCE_OF_QUALIFIER, /* once for the function and once for each alias */
};

enum lambda_source_scope lambda_source_scope(enum lambda_source source);

/* "GetPolicy"; static. */
const char *lambda_source_operation(enum lambda_source source);

/* The calls that change a document. Their routes are a table of document_call.c. */
enum lambda_document_operation {
	LAMBDA_TAG_RESOURCE,
	LAMBDA_UNTAG_RESOURCE,
	LAMBDA_PUT_CONCURRENCY,
	LAMBDA_DELETE_CONCURRENCY,
	LAMBDA_ADD_PERMISSION,
	LAMBDA_REMOVE_PERMISSION,
	LAMBDA_CREATE_URL,
	LAMBDA_UPDATE_URL,
	LAMBDA_PUT_PROVISIONED_CONCURRENCY,
	LAMBDA_DELETE_PROVISIONED_CONCURRENCY,
	LAMBDA_PUT_EVENT_INVOKE,
	LAMBDA_DELETE_EVENT_INVOKE,
	LAMBDA_UPDATE_EVENT_SOURCE,
	LAMBDA_PUT_RECURSION,
	LAMBDA_PUT_RUNTIME_MANAGEMENT,
	LAMBDA_PUT_CODE_SIGNING,
	LAMBDA_DELETE_CODE_SIGNING,
	LAMBDA_UPDATE_CONFIGURATION,
	LAMBDA_UPDATE_ALIAS_DESCRIPTION,
	LAMBDA_DOCUMENT_OPERATION_COUNT, /* not an operation */
};

/* One change. All pointers are owned; see lambda_document_call_release(). */
struct lambda_document_call {
	enum lambda_document_operation operation;
	char *label; /* what the path ends in or names: a StatementId, a UUID, the ARN of what is tagged; NULL: nothing */
	char *query; /* more of the query, encoded: "tagKeys=a&tagKeys=b"; NULL: nothing */
	struct json *body; /* NULL: none. May hold values of an environment: never log it */
	/*
	 * RevisionId that goes along where the operation takes one; "": none is sent. A later call of a plan
	 * has none: the one before it changes it, and the caller reads the source again before it sends the next.
	 */
	char revision_id[LAMBDA_REVISION_ID_MAX + 1];
	/* What backend/documents knows the document by (document_outcome()): as it was before this call, and after it. */
	uint64_t before, after;
};

/* Frees what it holds, wiping the body; it can be released again. */
void lambda_document_call_release(struct lambda_document_call *call);

/* "AddPermission" and "POST"; static. */
const char *lambda_document_operation_name(enum lambda_document_operation operation);
const char *lambda_document_operation_method(enum lambda_document_operation operation);

/*
 * Appends the path and the query ("" when there is none) of a call about that function and that qualifier ("": the
 * function itself). -EINVAL: a name that cannot be a segment of a path. Otherwise errors as buffer_append().
 */
int lambda_document_call_path(const struct lambda_document_call *call, const char *function,
	const char *qualifier, struct buffer *path, struct buffer *query) must_check;

/* Appends the body with its RevisionId; nothing where the operation has no body. Errors as json_print(), or -ENOMEM. */
int lambda_document_call_body(
	const struct lambda_document_call *call, struct buffer *out) must_check;

#endif
