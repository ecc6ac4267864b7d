/* SPDX-License-Identifier: MIT */
/*
 * Where the lines go: standard error in the foreground, syslog else. When standard error is the
 * journal's (JOURNAL_STREAM names it), each line begins with its priority as `<N>` (sd-daemon(3)).
 */
#ifndef ALIASFS_LOGGING_H
#define ALIASFS_LOGGING_H

#include <stdbool.h>
#include <sys/stat.h>

#include "backend/base/log.h"

/* Whether JOURNAL_STREAM's value ("DEVICE:INODE") names that file. Pure. */
bool logging_is_journal(const char *journal_stream, const struct stat *file);

/* Sets the sink and the level. After the fork, before any thread. */
void logging_start(struct log *log, bool foreground, enum log_level level);

/* error, warning, info, debug, error …: the next level, which is logged. Thread-safe. */
void logging_cycle(struct log *log);

#endif
