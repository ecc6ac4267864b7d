/* SPDX-License-Identifier: MIT */
#include "fs/request/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/number.h"
#include "backend/base/text.h"

#define PROC_PATH_SIZE 48
#define STATUS_MAX (64 * 1024) /* bytes of /proc/PID/status: with thousands of groups it is long */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Reads at most `size` bytes of a file of /proc/ID. The number of bytes, or -errno. */
static ssize_t read_proc(pid_t id, const char *file, char *into, size_t size)
{
	cleanup(close_descriptor) int descriptor = -1;
	char path[PROC_PATH_SIZE];
	size_t length = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)id, file);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return -errno;
	while (length < size) {
		ssize_t n = read(descriptor, into + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}

/* The thread group of a thread: 0 when it is unknown. */
static pid_t read_process(pid_t thread)
{
	char status[2048];
	ssize_t length = read_proc(thread, "status", status, sizeof(status) - 1);
	uint64_t process;
	const char *line;

	if (length < 0)
		return 0;
	status[length] = '\0';
	line = strstr(status, "\nTgid:\t");
	if (!line)
		return 0;
	line += strlen("\nTgid:\t");
	if (number_parse_u64_bytes(line, strspn(line, "0123456789"), INT32_MAX, &process) < 0)
		return 0;
	return (pid_t)process;
}

static void read_command_line(pid_t process, struct caller *caller)
{
	cleanup(free_pointer) char *text = malloc(CALLER_COMMAND_LINE_MAX + 1);
	ssize_t length;
	char *smaller;

	if (!text)
		return;
	length = read_proc(process, "cmdline", text, CALLER_COMMAND_LINE_MAX);
	if (length <= 0)
		return;
	/* A process may have overwritten the last NUL, and a long line is cut anywhere. */
	text[length] = '\0';
	if (text[length - 1] != '\0')
		length++;
	smaller = realloc(text, (size_t)length);
	if (smaller)
		text = smaller;
	caller->command_line = take_pointer(text);
	caller->command_line_length = (size_t)length;
}

/* A binary that was replaced while it runs has " (deleted)" behind its name. */
static void read_executable(pid_t process, struct caller *caller)
{
	static const char deleted[] = " (deleted)";
	char path[PROC_PATH_SIZE], target[PATH_MAX];
	ssize_t length;
	const char *name;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)process);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return;
	target[length] = '\0';
	if (text_ends_with(target, deleted))
		target[length - (ssize_t)strlen(deleted)] = '\0';
	name = last_part(target);
	if (strlen(name) < sizeof(caller->executable))
		snprintf(caller->executable, sizeof(caller->executable), "%s", name);
}

void caller_read(struct caller *caller)
{
	ssize_t length;

	caller->process = caller->thread > 0 ? read_process(caller->thread) : 0;
	if (caller->process <= 0)
		return;
	read_command_line(caller->process, caller);
	read_executable(caller->process, caller);
	length = read_proc(caller->process, "comm", caller->program, sizeof(caller->program) - 1);
	if (length > 0 && caller->program[length - 1] == '\n')
		caller->program[length - 1] = '\0';
}

/* What /proc/ID/stat has of a process. */
struct process_stat {
	uint64_t parent, session, started;
};

/* Takes the number of that place, from 1, behind the name, which may hold any character. Whether there is one. */
static bool read_stat_number(const char *stat, unsigned int place, uint64_t *ret_number)
{
	const char *at = strrchr(stat, ')');

	/* The state is the third one. */
	for (place -= 2; at && place; place--)
		at = strchr(at + 1, ' ');
	return at && number_parse_u64_bytes(
			     at + 1, strspn(at + 1, "0123456789"), UINT64_MAX, ret_number) >= 0;
}

static bool read_stat(pid_t process, struct process_stat *ret_stat)
{
	char text[1024];
	ssize_t length = read_proc(process, "stat", text, sizeof(text) - 1);

	if (length <= 0)
		return false;
	text[length] = '\0';
	return read_stat_number(text, 4, &ret_stat->parent) &&
	       read_stat_number(text, 6, &ret_stat->session) &&
	       read_stat_number(text, 22, &ret_stat->started);
}

static uint64_t process_number(pid_t process, const struct process_stat *stat)
{
	return stat->started << 22 ^ (uint64_t)process;
}

static uint64_t read_leader(uint64_t session)
{
	struct process_stat stat;

	return session && read_stat((pid_t)session, &stat) ? process_number((pid_t)session, &stat)
							   : 0;
}

void caller_read_lineage(pid_t thread, struct call_lineage *ret_lineage)
{
	struct process_stat stat, first = {0};
	pid_t process = thread > 0 ? read_process(thread) : 0;

	ret_lineage->count = 0;
	ret_lineage->leader = 0;
	while (process > 1 && ret_lineage->count < CALL_LINEAGE_MAX && read_stat(process, &stat)) {
		if (!ret_lineage->count)
			first = stat;
		ret_lineage->session = first.session;
		if (stat.session != first.session)
			break;
		ret_lineage->processes[ret_lineage->count++] = process_number(process, &stat);
		process = (pid_t)stat.parent;
	}
	if (ret_lineage->count)
		ret_lineage->leader = read_leader(first.session);
}

bool caller_has_group(pid_t thread, gid_t group)
{
	char status[STATUS_MAX + 1], *word, *rest;
	ssize_t length = thread ? read_proc(thread, "status", status, STATUS_MAX) : 0;
	uint64_t number;

	status[length > 0 ? length : 0] = '\0';
	rest = strstr(status, "\nGroups:");
	if (!rest)
		return false;
	rest += strlen("\nGroups:");
	rest[strcspn(rest, "\n")] = '\0';
	while ((word = strsep(&rest, "\t ")))
		if (*word && !number_parse_u64(word, UINT32_MAX, &number) && number == group)
			return true;
	return false;
}

/* --- signals --- */

#define SIGNAL_SETXID 33 /* glibc's, by which setuid(2) reaches all threads */

static uint64_t signal_bit(int number)
{
	return UINT64_C(1) << (number - 1);
}

/* Those that programs catch to go on, and those that only stop it. */
static uint64_t signals_that_end_nothing(bool alarms)
{
	static const int numbers[] = {SIGVTALRM, SIGPROF, SIGCHLD, SIGURG, SIGWINCH, SIGIO, SIGCONT,
		SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGNAL_SETXID};
	uint64_t signals = alarms ? 0 : signal_bit(SIGALRM);
	size_t i;

	for (i = 0; i < array_count(numbers); i++)
		signals |= signal_bit(numbers[i]);
	return signals;
}

/* A set of /proc/ID/status, as "\nSigBlk:"; false when it is not there. */
static bool read_signals(const char *status, const char *set, uint64_t *ret_signals)
{
	const char *line = strstr(status, set);

	if (line)
		*ret_signals = strtoull(line + strlen(set), NULL, 16);
	return line;
}

bool caller_is_interrupted(pid_t thread, bool alarms)
{
	char status[STATUS_MAX + 1];
	ssize_t length = thread > 0 ? read_proc(thread, "status", status, STATUS_MAX) : 0;
	uint64_t own, shared, blocked;

	status[length > 0 ? length : 0] = '\0';
	/* One that was killed waits for nothing any more, but may wait for its parent. */
	if (strstr(status, "\nState:\tZ") || !read_signals(status, "\nSigPnd:", &own) ||
		!read_signals(status, "\nShdPnd:", &shared) ||
		!read_signals(status, "\nSigBlk:", &blocked))
		return true;
	return (own | shared) & ~blocked & ~signals_that_end_nothing(alarms);
}

/* --- what it is --- */

struct caller_identity caller_identify(const struct caller *caller)
{
	struct caller_identity identity = {.uid = caller->uid, .process = caller->process};

	memcpy(identity.program, caller->program, sizeof(identity.program));
	return identity;
}

void caller_release(struct caller *caller)
{
	free(caller->command_line);
	caller->command_line = NULL;
	caller->command_line_length = 0;
}

bool caller_is_known(const struct caller *caller)
{
	return caller->process > 0 && caller->command_line;
}

/* The argument after `argument`, NULL after the last; the first for NULL. */
static const char *next_argument(const struct caller *caller, const char *argument)
{
	const char *end = caller->command_line + caller->command_line_length;
	const char *next = argument ? argument + strlen(argument) + 1 : caller->command_line;

	return next && next < end ? next : NULL;
}

bool caller_runs(const struct caller *caller, const char *tool)
{
	static const char *const boxes[] = {
		"busybox", "toybox", "coreutils", "busybox.static", "uutils"};
	const char *program, *applet;
	size_t i;

	if (!caller_is_known(caller))
		return false;
	if (!strcmp(caller->program, tool))
		return true;
	program = next_argument(caller, NULL);
	if (!program)
		return false;
	if (!strcmp(last_part(program), tool))
		return true;
	applet = next_argument(caller, program);
	for (i = 0; i < array_count(boxes); i++)
		if (!strcmp(last_part(program), boxes[i]))
			return applet && !strcmp(applet, tool);
	return false;
}

/* Whether -f stands in a cluster of one-letter options. *ret_takes_next: the next argument is this one's value (ln's -S and -t). */
static bool cluster_forces(const char *letters, bool *ret_takes_next)
{
	*ret_takes_next = false;
	for (; *letters; letters++) {
		if (*letters == 'f')
			return true;
		if (*letters == 'S' || *letters == 't') {
			*ret_takes_next = !letters[1];
			return false;
		}
	}
	return false;
}

bool caller_forces(const struct caller *caller)
{
	const char *argument;
	bool takes_next = false;

	if (!caller_is_known(caller))
		return false;
	argument = next_argument(caller, NULL);
	while (argument && (argument = next_argument(caller, argument))) {
		if (takes_next) {
			takes_next = false;
			continue;
		}
		if (!strcmp(argument, "--"))
			return false;
		/* getopt takes an abbreviation that no other option of ln begins with */
		if (text_starts_with(argument, "--")) {
			if (argument[2] == 'f' && text_starts_with("--force", argument))
				return true;
			takes_next = !strcmp(argument, "--suffix") ||
				     !strcmp(argument, "--target-directory");
			continue;
		}
		if (argument[0] == '-' && cluster_forces(argument + 1, &takes_next))
			return true;
	}
	return false;
}

bool caller_has_argument(const struct caller *caller, const char *start)
{
	const char *argument = NULL;

	if (!caller_is_known(caller))
		return false;
	while ((argument = next_argument(caller, argument)))
		if (text_starts_with(argument, start))
			return true;
	return false;
}

bool caller_names(const struct caller *caller, const char *name)
{
	const char *argument = NULL;

	if (!caller_is_known(caller) || !*name)
		return false;
	while ((argument = next_argument(caller, argument)))
		if (text_holds_name(argument, name))
			return true;
	return false;
}
