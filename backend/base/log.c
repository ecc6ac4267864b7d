/* SPDX-License-Identifier: MIT */
#include "backend/base/log.h"

#include <stdarg.h>

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list arguments;

	if (!log || !log->sink ||
		(int)level > atomic_load_explicit(&log->level, memory_order_relaxed))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	log->sink(log->sink_data, level, line);
}

void log_sink_stderr(void *name, enum log_level level, const char *line)
{
	fprintf(stderr, "%s: %s\n", (const char *)name, line);
}
