/* SPDX-License-Identifier: MIT */
/*
 * Who changed or invoked what: a JSON line for every call that changed AWS or ran a function, or may have, kept in a ring that
 * `.aliasfs/audit` shows, and appended to the file of -o audit. Only names, numbers and AWS's request id are
 * written; of the caller its uid, pid and program, not its arguments.
 *
 * What is carried out later (a removed alias after its grace) is put down to the process that asked for it.
 * One mutex inside; nothing blocks on the network.
 */
#ifndef ALIASFS_AUDIT_H
#define ALIASFS_AUDIT_H

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"
#include "backend/base/log.h"
#include "backend/catalog/catalog.h"
#include "fs/request/caller.h"

#define AUDIT_LINES_MAX 1000 /* older ones are dropped from the ring, never from the file */

struct audit;

/*
 * `path` NULL: no file. The file is made with mode 0600 where it is missing, and only ever appended to;
 * one that others may write, or that is no plain file, is refused. `log` is kept. 0, or -errno with a
 * message.
 */
int audit_new(const char *path, struct log *log, struct audit **ret_audit,
	struct buffer *message) must_check;
void audit_free(struct audit *audit);

/* A change, and the process that asked for it; write->who NULL: unknown, and the line names none. */
void audit_write(struct audit *audit, const struct catalog_write *write);

/* An invocation that was answered, or whose answer is lost. All borrowed; texts may be "". */
struct audit_invocation {
	const struct caller_identity *who; /* NULL: unknown */
	const char *function;
	const char *qualifier; /* the alias or version that was asked for */
	const char *executed_version;
	const char *function_error; /* "" for a function that did not fail */
	int status;                 /* HTTP's; 0: there was no answer */
	bool outcome_unknown;
	const char *request_id;
};

/* Never its payload or its answer. */
void audit_write_invocation(struct audit *audit, const struct audit_invocation *invocation);

/* Appends all lines, oldest first. 0, -ENOMEM; stops quietly when `out` is full. */
int audit_read(struct audit *audit, struct buffer *out) must_check;

#endif
