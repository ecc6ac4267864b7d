/* SPDX-License-Identifier: MIT */
#include "fs/settings/selection.h"

#include <errno.h>
#include <string.h>

#include "backend/base/text.h"

#define SHOWN_NAME_MAX 256 /* bytes of a name in a message; the rest is cut */

bool selection_shows(const char *globs, const char *function)
{
	return !globs || text_matches(function, globs);
}

enum lambda_status selection_check(
	const char *globs, const char *const *unlistable, size_t count, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer name = BUFFER_INIT(SHOWN_NAME_MAX);
	enum lambda_status status;
	size_t i;

	for (i = 0; i < count; i++)
		if (selection_shows(globs, unlistable[i]))
			break;
	if (i == count)
		return LAMBDA_OK;
	if (text_append_shown(&name, unlistable[i]) == -ENOMEM)
		return lambda_fail_memory(reterr);
	status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
		"the function '%s' cannot be listed: its name cannot be a directory entry",
		buffer_text(&name));
	lambda_hint(reterr, "every other function can be reached by its path; mount with -o "
			    "functions=GLOB to list those that GLOB matches");
	return status;
}
