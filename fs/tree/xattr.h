/* SPDX-License-Identifier: MIT */
/* Extended attributes: `lambda.arn` answers when asked and is not listed (contract, section 1). */
#ifndef ALIASFS_XATTR_H
#define ALIASFS_XATTR_H

#include "backend/base/buffer.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"

#define XATTR_VALUE_MAX 1024

/* Appends the value. -ENODATA: no such attribute; -EOPNOTSUPP: security.* and system.*. May block on the network. */
int xattr_get(struct request *request, const struct node *node, const char *name,
	struct buffer *out) must_check;

#endif
