/* SPDX-License-Identifier: MIT */
#include "fs/rules/ending.h"

void ending_begin(struct ending *ending, int64_t now_ms)
{
	*ending = (struct ending){.begun_ms = now_ms, .reported_ms = now_ms};
}

void ending_note(struct ending *ending, enum lambda_status status)
{
	switch (status) {
	case LAMBDA_OK:
	case LAMBDA_NOT_FOUND:
	case LAMBDA_ALREADY_EXISTS:
	case LAMBDA_CONFLICT:
	case LAMBDA_REVISION_CHANGED:
	case LAMBDA_INVALID:
	case LAMBDA_ACCESS_DENIED:
	case LAMBDA_LIMIT_EXCEEDED:
	case LAMBDA_TOO_LARGE:
		break;
	default:
		ending->failed = true;
		break;
	}
}

int64_t ending_deadline_ms(const struct ending *ending)
{
	return ending->begun_ms + (ending->failed ? ENDING_FAILED_MS : ENDING_MS);
}

int64_t ending_next_report_ms(const struct ending *ending)
{
	return ending->reported_ms + ENDING_REPORT_MS;
}

bool ending_is_report_due(struct ending *ending, int64_t now_ms)
{
	if (now_ms < ending_next_report_ms(ending))
		return false;
	ending->reported_ms = now_ms;
	return true;
}
