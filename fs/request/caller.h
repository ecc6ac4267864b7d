/* SPDX-License-Identifier: MIT */
/*
 * Who asks. The kernel gives the thread's id; the process, its command line and whether it has -f or --force are read from
 * /proc while the request is pending (readable then: fs/rules/TOOLS.md).
 * The questions about a caller are pure functions.
 */
#ifndef ALIASFS_CALLER_H
#define ALIASFS_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "backend/base/cleanup.h"
#include "backend/base/scope.h"

#define CALLER_COMMAND_LINE_MAX                                                                    \
	(64 * 1024) /* bytes; of a longer command line the rest is not known */

#define CALLER_EXECUTABLE_SIZE 64

struct caller {
	pid_t thread;  /* fuse_req_ctx()->pid; 0: unknown (another pid namespace) */
	pid_t process; /* the thread group, 0: unknown; then nothing below is known */
	uid_t uid;
	gid_t gid;
	char *command_line; /* arguments, each ended by a NUL; NULL when unreadable; owned */
	size_t command_line_length;
	char program[16]; /* /proc's comm, as the kernel shows it; "" when unknown */
	char executable
		[CALLER_EXECUTABLE_SIZE]; /* last part of the path of the program's file; "" when it is unknown */
};

/*
 * Who asked for something, by value: it may be carried out when the process has gone. Plain data, copy it
 * freely. All zero: unknown.
 */
struct caller_identity {
	uid_t uid;
	pid_t process;
	char program[16];
};

/* The caller's identity. Pure. */
struct caller_identity caller_identify(const struct caller *caller);

/* Adds what /proc has of caller->thread. Never fails: what is not readable stays unknown. Reads /proc only. */
void caller_read(struct caller *caller);
void caller_release(struct caller *caller);

/*
 * The process of a thread and its ancestors of the same session; none when /proc does not show them. A number is made
 * of the process's id and start time, so that no later process has it. Reads /proc only.
 */
void caller_read_lineage(pid_t thread, struct call_lineage *ret_lineage);

/*
 * Whether a thread has that supplementary group, as /proc shows; false when it does not. (libfuse 3.14's
 * fuse_req_getgroups() reads beyond its buffer: AddressSanitizer.) Reads /proc only.
 */
bool caller_has_group(pid_t thread, gid_t group);

/*
 * Whether a signal that is to end what the thread does is pending, by /proc; true when /proc does not show it. Not
 * those that programs catch to go on (timers, children, the size of a terminal), nor those that only stop it, nor a
 * debugger or a freezer. `alarms`: SIGALRM is to end it. Reads /proc only.
 */
bool caller_is_interrupted(pid_t thread, bool alarms);

/* Whether process and command line are known. */
bool caller_is_known(const struct caller *caller);

/* Whether the caller is some `tool` (ln, df): by program name or argv[0]'s last part, or as an applet of busybox, toybox or coreutils. */
bool caller_runs(const struct caller *caller, const char *tool);

/* Whether its command line has a force option: -f alone or in a cluster such as -sf, or --force, before a `--`. */
bool caller_forces(const struct caller *caller);

/* Whether an argument of its command line, as far as that is known, begins with `start`. */
bool caller_has_argument(const struct caller *caller, const char *start);

/*
 * Whether `name` stands in the command line as a word of its own: no letter, digit, '-' or '_' beside it.
 * So in `ln -s 1 fn/PROD` and in `python3 -c "os.symlink('1', 'PROD')"`, but not in `ln -s 1 PROD_2`.
 */
bool caller_names(const struct caller *caller, const char *name);

#endif
