/* SPDX-License-Identifier: MIT */
#include "fs/settings/selection.h"

#include <fnmatch.h>
#include <string.h>

#include "backend/base/text.h"

#define GLOB_MAX 1024 /* bytes; a longer one matches nothing */
#define SHOWN_NAME_SIZE 257

bool selection_shows(const char *globs, const char *function)
{
	char glob[GLOB_MAX];

	if (!globs)
		return true;
	while (*globs) {
		size_t length = strcspn(globs, ":");

		if (length && length < sizeof(glob)) {
			memcpy(glob, globs, length);
			glob[length] = '\0';
			if (!fnmatch(glob, function, 0))
				return true;
		}
		globs += length + (globs[length] == ':');
	}
	return false;
}

/* The name with '?' for what no terminal should get; cut at `size`. */
static void make_printable(const char *name, char *text, size_t size)
{
	size_t length = strlen(name), used = 0, i, step;
	bool shown;

	for (i = 0; i < length; i += step) {
		step = text_next_character(name + i, length - i, &shown);
		if (used + (shown ? step : 1) >= size)
			break;
		if (shown)
			memcpy(text + used, name + i, step);
		else
			text[used] = '?';
		used += shown ? step : 1;
	}
	text[used] = '\0';
}

enum lambda_status selection_check(
	const char *globs, const char *const *unlistable, size_t count, struct lambda_error *reterr)
{
	char name[SHOWN_NAME_SIZE];
	enum lambda_status status;
	size_t i;

	for (i = 0; i < count; i++)
		if (selection_shows(globs, unlistable[i]))
			break;
	if (i == count)
		return LAMBDA_OK;
	make_printable(unlistable[i], name, sizeof(name));
	status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
		"the function '%s' cannot be listed: its name cannot be a directory entry", name);
	lambda_hint(reterr, "every other function can be reached by its path; mount with -o "
			    "functions=GLOB to list those that GLOB matches");
	return status;
}
