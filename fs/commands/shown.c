/* SPDX-License-Identifier: MIT */
#include "fs/commands/shown.h"

#include "backend/base/text.h"

int append_shown(struct buffer *out, const char *text)
{
	size_t length = strlen(text), step;
	bool shown;
	int error = 0;

	for (; !error && length; text += step, length -= step) {
		step = text_next_character(text, length, &shown);
		error = shown ? buffer_append(out, text, step) : buffer_append_byte(out, '?');
	}
	return error;
}
