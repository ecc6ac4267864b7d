/* SPDX-License-Identifier: MIT */
/*
 * One request on its way through an operation: who asks, how long it may take, and what went wrong. It begins
 * with request_begin() and ends with request_end(); libfuse's part of both is in fs/fuse/reply.h.
 */
#ifndef ALIASFS_REQUEST_H
#define ALIASFS_REQUEST_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "backend/base/error.h"
#include "backend/base/scope.h"
#include "fs/aliasfs.h"
#include "fs/request/caller.h"
#include "fs/request/errno_table.h"

struct request {
	struct aliasfs *fs;
	const char *operation; /* "RENAME": for the error log */
	struct call_scope scope;
	struct call_asker lineage; /* scope.asker */
	struct call_record record; /* scope.record: its `who` is `identity`, if that is read */
	int64_t begun_us;          /* CLOCK_MONOTONIC */
	int result;                /* 0 or negative: how it ended, for the statistics */
	atomic_bool interrupted;
	atomic_bool is_served;           /* reply_begin() has returned */
	atomic_bool is_answered;         /* the reply is being sent */
	atomic_bool heeds_alarms;        /* SIGALRM interrupts it as well */
	struct request *next, *previous; /* of those under way; protected by their list's mutex */
	size_t visit;        /* which removals wait for this request (fs/fuse/reply.h); 0: none */
	bool is_provisional; /* it failed in a way that the next request may mend: no line in the log */
	bool caller_read;
	struct caller caller;            /* but for thread, uid and gid read by request_caller() */
	struct caller_identity identity; /* of the caller */
	struct lambda_error error;
};

/* The requests under way; its mutex is held for a few instructions only. */
struct request_list {
	pthread_mutex_t mutex;
	struct request *first; /* protected by mutex */
	size_t count;          /* protected by mutex */
};

struct request_list *request_list_new(void) must_check;
void request_list_free(struct request_list *list);

/* Ends the waits of all reads under way: the mount is ending. */
void request_interrupt_all(struct request_list *list);

/* How many are under way. */
size_t request_count(struct request_list *list);

/*
 * Starts, with deadlines from the mount's options; `operation` is static. Of `caller` thread, uid and gid are known.
 * request->interrupted ends waits of reads.
 */
void request_begin(struct request *request, struct aliasfs *fs, const struct caller *caller,
	const char *operation);

/* Ends: counted, and struck off the list of those under way. To be called right before the reply. */
void request_end(struct request *request);

/* Who asks, read from /proc at the first call. */
const struct caller *request_caller(struct request *request);

/*
 * Names the caller where the kernel gives none, as with RELEASE. For the log and the audit alone: what the caller
 * may do, and has read, stays unknown.
 */
void request_name_caller(struct request *request, const struct caller_identity *identity);

/* The errno for a call's status, as that gesture sees it: -errno, 0 for LAMBDA_OK. */
int request_errno(enum lambda_status status, enum errno_gesture gesture);

/* A refusal by rule: fills request->error with the sentence and gives -error back. */
int request_refuse(struct request *request, int error, const char *format, ...) printf_like(3, 4);

/* Whether a failure is logged: ENOENT of a look-up, for example, is an ordinary answer and is not. Pure. */
bool request_is_worth_a_line(const struct request *request, int error);

/* Whether the asking user may do `mask` (R_OK, W_OK, X_OK) on a thing of that mode: 0 or -EACCES. */
int request_permits(const struct request *request, mode_t mode, int mask);

/*
 * Whether the asking user may pass through the directories above a node: all have the same bits for other
 * users. Asked for every node, since the kernel follows a path that it remembers without asking. 0 or -EACCES.
 */
int request_permits_passage(const struct request *request);

/*
 * Whether the asking user may change things: the mounting user and root, where the account is not mounted read-only. 0,
 * or -EROFS or -EACCES with the sentence. Every change begins with it.
 */
int request_permits_change(struct request *request);

#endif
