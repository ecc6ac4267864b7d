/* SPDX-License-Identifier: MIT */
/*
 * `.invoke` of an alias or a version (contract, section 7): what is written to a descriptor is the payload, the first
 * READ invokes, and what is read is the answer. One descriptor is one invocation: nothing is ever sent twice.
 *
 *   WRITE, WRITE … ─► READ ─► lambda_invoke() ─┬─► the answer ─► READ, READ …, ioctl
 *                                              └─► an error, which every later READ gives as well
 *
 * One mutex each, never held across the network. Functions that take a request give 0 or -errno with request->error
 * filled.
 */
#ifndef ALIASFS_TREE_INVOKE_H
#define ALIASFS_TREE_INVOKE_H

#include "fs/aliasfs_invoke.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"

#define INVOCATIONS_MAX                                                                            \
	64 /* open at once in a mount: each may hold a payload, an answer and a connection */

struct invocation;

/*
 * For an OPEN with open(2)'s `flags`. -EROFS, -EACCES unless the mounting user or root opens it for reading and writing,
 * -EAGAIN over INVOCATIONS_MAX, -ENOMEM. Does not block.
 */
int invocation_open(
	struct request *request, int flags, struct invocation **ret_invocation) must_check;

/* Appends to the payload. -EFBIG over 6 MB, -EINVAL once it was read from. Does not block. */
int invocation_write(struct request *request, struct invocation *invocation, const char *data,
	size_t size) must_check;

/*
 * The next bytes of the answer, at most `size`; *ret_length 0 at its end. The first call invokes `node`: it waits for the
 * function, 900 s at most, or until the request is interrupted; the function then runs on.
 */
int invocation_read(struct request *request, struct invocation *invocation, const struct node *node,
	char *bytes, size_t size, size_t *ret_length) must_check;

/* What AWS returned beside the answer. -ENODATA: there is none. Does not block. */
int invocation_describe(
	struct invocation *invocation, struct aliasfs_invocation *ret_description) must_check;

/* NULL is fine. */
void invocation_free(struct invocation *invocation);

#endif
