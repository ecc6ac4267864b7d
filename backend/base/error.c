/* SPDX-License-Identifier: MIT */
#include "backend/base/error.h"

#include <errno.h>
#include <stdarg.h>

static const char *const status_names[LAMBDA_STATUS_COUNT] = {
	[LAMBDA_OK] = "ok",
	[LAMBDA_NOT_FOUND] = "not found",
	[LAMBDA_ALREADY_EXISTS] = "already exists",
	[LAMBDA_CONFLICT] = "conflict",
	[LAMBDA_REVISION_CHANGED] = "revision changed",
	[LAMBDA_INVALID] = "invalid request",
	[LAMBDA_ACCESS_DENIED] = "access denied",
	[LAMBDA_NO_CREDENTIALS] = "no credentials",
	[LAMBDA_CREDENTIALS_EXPIRED] = "credentials expired",
	[LAMBDA_CREDENTIALS_REFUSED] = "credentials refused",
	[LAMBDA_THROTTLED] = "throttled",
	[LAMBDA_SERVICE_FAILED] = "service failed",
	[LAMBDA_BAD_ANSWER] = "bad answer",
	[LAMBDA_CONNECTION_REFUSED] = "connection refused",
	[LAMBDA_HOST_UNREACHABLE] = "host unreachable",
	[LAMBDA_NETWORK_UNREACHABLE] = "network unreachable",
	[LAMBDA_TLS_FAILED] = "TLS failed",
	[LAMBDA_TIMED_OUT] = "timed out",
	[LAMBDA_INTERRUPTED] = "interrupted",
	[LAMBDA_LIMIT_EXCEEDED] = "limit exceeded",
	[LAMBDA_TOO_LARGE] = "too large",
	[LAMBDA_NO_MEMORY] = "out of memory",
	[LAMBDA_NO_SPACE] = "no space left",
	[LAMBDA_DISK_FAILED] = "disk failed",
	[LAMBDA_NOT_PROVEN] = "not proven",
	[LAMBDA_REFUSED] = "refused",
};

const char *lambda_status_name(enum lambda_status status)
{
	if ((unsigned int)status >= LAMBDA_STATUS_COUNT)
		return "unknown status";
	return status_names[status];
}

enum lambda_status lambda_fail(
	struct lambda_error *reterr, enum lambda_status status, const char *format, ...)
{
	va_list arguments;

	if (reterr) {
		memset(reterr, 0, sizeof(*reterr));
		reterr->status = status;
		va_start(arguments, format);
		vsnprintf(reterr->message, sizeof(reterr->message), format, arguments);
		va_end(arguments);
	}
	return status;
}

void lambda_hint(struct lambda_error *reterr, const char *format, ...)
{
	va_list arguments;

	if (!reterr)
		return;
	va_start(arguments, format);
	vsnprintf(reterr->hint, sizeof(reterr->hint), format, arguments);
	va_end(arguments);
}

enum lambda_status lambda_fail_disk(
	struct lambda_error *reterr, int error, const char *what, const char *where)
{
	bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;

	return lambda_fail(reterr, is_full ? LAMBDA_NO_SPACE : LAMBDA_DISK_FAILED,
		"%s cannot be kept in %s: %s", what, where, strerrordesc_np(error));
}

enum lambda_status lambda_name_operation(
	enum lambda_status status, const char *operation, struct lambda_error *reterr)
{
	if (status && reterr)
		snprintf(reterr->operation, sizeof(reterr->operation), "%s", operation);
	return status;
}

enum lambda_status lambda_fail_as(struct lambda_error *reterr, const struct lambda_error *error)
{
	if (reterr)
		*reterr = *error;
	return error->status;
}

enum lambda_status lambda_fail_memory(struct lambda_error *reterr)
{
	return lambda_fail(reterr, LAMBDA_NO_MEMORY, "out of memory");
}
