/* SPDX-License-Identifier: MIT */
/* What the table of operations says of each: how it is asked for, what its input may be, who answers. */
#ifndef ALIASFS_LOCAL_OPERATION_H
#define ALIASFS_LOCAL_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct member;

enum operation_kind {
	OPERATION_READ,  /* runs in one read snapshot */
	OPERATION_WRITE, /* runs in one transaction that is durable before the answer goes out */
};

struct operation {
	const char *name;
	const char *method;
	const char *path; /* "/2015-03-31/functions/{FunctionName}/aliases" */
	int status;
	enum operation_kind kind;
	int (*handle)(struct call *call);
	const struct member *members;
	bool raw_body;         /* the body is a payload, not JSON */
	const char *query;     /* only when this query parameter is there, or NULL */
	bool unqualified_only; /* refuses names with a version or alias */
	bool not_even_latest;  /* and names with $LATEST */
	/* Runs before the transaction, for slow work that needs no lock (checking a zip). May be NULL. */
	int (*prepare)(struct call *call);
	/* Of the JSON 1.1 protocol: what X-Amz-Target says, without AWS's own prefix. NULL: Lambda's. */
	const char *target;
};

extern const struct operation operations[];
extern const size_t operation_count;

#endif
