/* SPDX-License-Identifier: MIT */
/*
 * Going into the background, and being honest about it: the fork comes first (libcurl is not fork-safe,
 * and threads do not survive one), the child does everything and reports {exit code, text} through a
 * pipe; the parent prints the text and exits with the code. libfuse's own fuse_daemonize() forks after
 * the mount and loses errors (ux-anchors.md, section 0.3).
 */
#ifndef ALIASFS_DAEMON_H
#define ALIASFS_DAEMON_H

#include <stdbool.h>

#include "backend/base/cleanup.h"
#include "fs/settings/exit_status.h"

#define DAEMON_START_SECONDS 60 /* how long the parent waits for the report */

/* One end of the pipe; in the foreground there is none and reports go nowhere. */
struct daemon {
	int pipe; /* -1: foreground, or already reported */
};

#define DAEMON_INIT                                                                                \
	{                                                                                          \
		.pipe = -1                                                                         \
	}

/*
 * Forks. In the child it returns -1 in a session of its own, with `daemon` open. In the parent it waits
 * for the child's report, prints its text to standard error, and gives the exit code (0 to 255) that main is
 * to return: the child's, EXIT_TIMEOUT when it said nothing in time (it is ended then), EXIT_FAILED when it died.
 */
int daemon_fork(struct daemon *daemon, const char *program) must_check;

/*
 * The child's report. With EXIT_OK it also lets go of the terminal: standard input, output and error
 * become /dev/null and the working directory "/". False when the parent has gone (Ctrl-C), and the
 * mount must end. True in the foreground.
 */
bool daemon_report(struct daemon *daemon, enum exit_code code, const char *text);

#endif
