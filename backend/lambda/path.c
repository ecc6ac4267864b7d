/* SPDX-License-Identifier: MIT */
#include "backend/lambda/path.h"

#include <errno.h>

#include "backend/base/text.h"

int lambda_append_segment(struct buffer *out, const char *name)
{
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	return text_append_percent_encoded(out, name);
}

int lambda_append_route(
	struct buffer *out, const char *prefix, const char *function, const char *rest)
{
	int error = buffer_append_string(out, prefix);

	if (!error && rest)
		error = lambda_append_segment(out, function);
	return error || !rest ? error : buffer_append_string(out, rest);
}

int lambda_append_path(struct buffer *out, const char *function, const char *rest)
{
	return lambda_append_route(out, FUNCTIONS_PATH "/", function, rest);
}

int lambda_append_qualifier(struct buffer *query, const char *qualifier)
{
	int error = buffer_append_string(query, "Qualifier=");

	return error ? error : lambda_append_segment(query, qualifier);
}

enum lambda_status lambda_fail_to_write(int error, struct lambda_error *reterr)
{
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error == -EINVAL)
		return lambda_fail(reterr, LAMBDA_INVALID, "that cannot be a name on AWS");
	return lambda_fail(
		reterr, LAMBDA_TOO_LARGE, "a name, a marker or a description is too long to send");
}
