/* SPDX-License-Identifier: MIT */
#include "fs/settings/logging.h"

#include <syslog.h>
#include <unistd.h>

#include "backend/base/number.h"

static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

static void sink_syslog(void *name, enum log_level level, const char *line)
{
	(void)name;
	syslog(LOG_DAEMON | priorities[level], "%s", line);
}

/* journald knows by itself who writes. One write(2) a line: threads do not mix theirs. */
static void sink_journal(void *name, enum log_level level, const char *line)
{
	(void)name;
	dprintf(STDERR_FILENO, "<%d>%s\n", priorities[level], line);
}

bool logging_is_journal(const char *journal_stream, const struct stat *file)
{
	const char *colon = journal_stream ? strchr(journal_stream, ':') : NULL;
	uint64_t device, inode;

	return colon &&
	       !number_parse_u64_bytes(
		       journal_stream, (size_t)(colon - journal_stream), UINT64_MAX, &device) &&
	       !number_parse_u64(colon + 1, UINT64_MAX, &inode) && device == file->st_dev &&
	       inode == file->st_ino;
}

void logging_start(struct log *log, bool foreground, enum log_level level)
{
	static char name[] = "aliasfs";
	struct stat file;

	atomic_init(&log->level, level);
	log->sink_data = name;
	if (!foreground) {
		openlog(name, LOG_PID, LOG_DAEMON);
		log->sink = sink_syslog;
	} else if (!fstat(STDERR_FILENO, &file) &&
		   logging_is_journal(getenv("JOURNAL_STREAM"), &file)) {
		log->sink = sink_journal;
	} else {
		log->sink = log_sink_stderr;
	}
}

void logging_cycle(struct log *log)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	int level = (atomic_load(&log->level) + 1) % (LOG_LEVEL_DEBUG + 1);

	/* Whatever the level is: who asked wants to see it. */
	atomic_store(&log->level, LOG_LEVEL_DEBUG);
	log_write(log, LOG_LEVEL_INFO, "the log level is now %s", names[level]);
	atomic_store(&log->level, level);
}
