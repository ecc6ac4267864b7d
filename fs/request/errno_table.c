/* SPDX-License-Identifier: MIT */
#include "fs/request/errno_table.h"

#include <errno.h>

static const int errnos[LAMBDA_STATUS_COUNT] = {
	[LAMBDA_OK] = 0,
	[LAMBDA_NOT_FOUND] = ENOENT,
	[LAMBDA_ALREADY_EXISTS] = EEXIST,
	[LAMBDA_CONFLICT] = EBUSY,
	[LAMBDA_REVISION_CHANGED] = EREMCHG, /* ESTALE would be sent again by the kernel itself */
	[LAMBDA_INVALID] = EINVAL,
	[LAMBDA_ACCESS_DENIED] = EACCES,
	[LAMBDA_NO_CREDENTIALS] = ENOKEY,
	[LAMBDA_CREDENTIALS_EXPIRED] = EKEYEXPIRED,
	[LAMBDA_CREDENTIALS_REFUSED] = EKEYREJECTED,
	[LAMBDA_THROTTLED] = EAGAIN,
	[LAMBDA_SERVICE_FAILED] = EREMOTEIO,
	[LAMBDA_BAD_ANSWER] = EREMOTEIO,
	[LAMBDA_CONNECTION_REFUSED] = ECONNREFUSED,
	[LAMBDA_HOST_UNREACHABLE] = EHOSTUNREACH,
	[LAMBDA_NETWORK_UNREACHABLE] = ENETUNREACH,
	[LAMBDA_TLS_FAILED] = EPROTO,
	[LAMBDA_TIMED_OUT] = ETIMEDOUT,
	[LAMBDA_INTERRUPTED] = EINTR,
	[LAMBDA_LIMIT_EXCEEDED] = EDQUOT,
	[LAMBDA_TOO_LARGE] = EFBIG,
	[LAMBDA_NO_MEMORY] = ENOMEM,
	[LAMBDA_NO_SPACE] = ENOSPC,
	[LAMBDA_DISK_FAILED] = EIO,
	[LAMBDA_NOT_PROVEN] = EAGAIN,
	[LAMBDA_REFUSED] = EPERM,
};

int errno_of(enum lambda_status status, enum errno_gesture gesture)
{
	bool unlinks = gesture == ERRNO_UNLINK;

	if ((unsigned int)status >= LAMBDA_STATUS_COUNT)
		return EREMOTEIO;
	if (status == LAMBDA_INVALID && (unlinks || gesture == ERRNO_RENAME))
		return EPERM;
	/* `rm -f` takes ENOENT for success; what was shown has changed on AWS, and that is news. */
	if (status == LAMBDA_NOT_FOUND && unlinks)
		return EREMCHG;
	if (status == LAMBDA_THROTTLED && gesture == ERRNO_INVOKE)
		return EBUSY;
	return errnos[status];
}
