/* SPDX-License-Identifier: MIT */
/*
 * Where lines for people go. A `struct log` is made once in main and passed down; what is below
 * main never writes to stderr or syslog by itself. No line ever holds a secret: callers do not pass
 * credentials, authorization headers, presigned URLs or environment values.
 */
#ifndef ALIASFS_BASE_LOG_H
#define ALIASFS_BASE_LOG_H

#include <stdatomic.h>

#include "backend/base/cleanup.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

#define LOG_LINE_MAX 2048 /* bytes; longer lines are cut */

struct log {
	_Atomic int level; /* lines above this enum log_level are dropped; may change at any time */
	/* Takes one line without a line end. Called from any thread, must not block for long. */
	void (*sink)(void *sink_data, enum log_level level, const char *line);
	void *sink_data;
};

/* Formats and hands one line to the sink. `log` may be NULL: then nothing happens. Thread-safe. */
void log_write(struct log *log, enum log_level level, const char *format, ...) printf_like(3, 4);

/* A sink that writes `name: line` to standard error; sink_data is the name (const char *). */
void log_sink_stderr(void *name, enum log_level level, const char *line);

#endif
