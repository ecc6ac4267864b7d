/* SPDX-License-Identifier: MIT */
#include "fs/selection.h"

#include <fnmatch.h>
#include <string.h>

#define GLOB_MAX 1024 /* bytes; a longer one matches nothing */

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
