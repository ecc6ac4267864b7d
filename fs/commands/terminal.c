/* SPDX-License-Identifier: MIT */
#include "fs/commands/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum exit_code report_error(enum exit_code code, const char *format, ...)
{
	va_list arguments;

	fputs("aliasfs: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return code;
}

bool terminal_is_smart(int descriptor)
{
	const char *terminal = getenv("TERM");

	return isatty(descriptor) && terminal && strcmp(terminal, "dumb") != 0;
}

bool terminal_wants_colours(void)
{
	const char *no_color = getenv("NO_COLOR");

	return terminal_is_smart(STDOUT_FILENO) && !(no_color && *no_color);
}

void progress_clear(struct progress *progress)
{
	if (progress->columns)
		fprintf(stderr, "\r%*s\r", (int)progress->columns, "");
	progress->columns = 0;
}

void progress_tell(struct progress *progress, const char *format, ...)
{
	va_list arguments;
	int length;

	if (!terminal_is_smart(STDERR_FILENO))
		return;
	progress_clear(progress);
	va_start(arguments, format);
	length = vfprintf(stderr, format, arguments);
	va_end(arguments);
	progress->columns = length > 0 ? (size_t)length : 0;
}

int terminal_print(const struct buffer *text)
{
	return fputs(buffer_text(text), stdout) < 0 || fflush(stdout) ? -errno : 0;
}
