/* SPDX-License-Identifier: MIT */
/*
 * Signals, taken one at a time by a thread of their own, so that what they ask for may lock and log:
 *
 *   TERM, INT   end: unmount, with what is pending done
 *   HUP         read the credentials again
 *   USR1        dump the state to the log
 *   USR2        the next log level
 */
#ifndef ALIASFS_SIGNALS_H
#define ALIASFS_SIGNALS_H

#include "backend/base/cleanup.h"

struct signals;

/* Called from the signals' thread, one at a time. */
struct signals_actions {
	void (*end)(void *data); /* again every SIGNALS_INSIST_MS until signals_stop() */
	void (*reload)(void *data);
	void (*dump)(void *data);
	void (*cycle)(void *data);
	void *data;
};

#define SIGNALS_INSIST_MS 50

/*
 * Blocks those signals in the calling thread, and so in all that it starts afterwards, and starts the
 * thread that takes them. The calling thread is woken (EINTR) after every `end`. SIGPIPE and SIGXFSZ are
 * ignored from now on. NULL: out of memory or threads.
 */
struct signals *signals_start(const struct signals_actions *actions) must_check;

/* Ends the thread; the signals stay blocked. NULL is fine. */
void signals_stop(struct signals *signals);

#endif
