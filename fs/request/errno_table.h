/* SPDX-License-Identifier: MIT */
/* The one table that turns how a call ended into the errno a tool sees (contract, section 5). Pure. */
#ifndef ALIASFS_ERRNO_TABLE_H
#define ALIASFS_ERRNO_TABLE_H

#include "backend/base/error.h"

/* What the caller was doing, where the errno depends on it. */
enum errno_gesture {
	ERRNO_READ, /* LOOKUP, GETATTR, READDIR, READ, READLINK */
	ERRNO_SYMLINK,
	ERRNO_RENAME, /* EINVAL would be misreported: EPERM */
	ERRNO_UNLINK, /* EINVAL and ENOENT would be hidden by rm -f */
	ERRNO_MKDIR,
	ERRNO_RMDIR,
	ERRNO_WRITE,
	ERRNO_INVOKE, /* READ of .invoke: EAGAIN would mean that there is no data yet, and Python goes on */
};

/* A positive errno; 0 for LAMBDA_OK. Never ENOSYS, EXDEV or ESTALE. */
int errno_of(enum lambda_status status, enum errno_gesture gesture);

#endif
