/* SPDX-License-Identifier: MIT */
#include "fs/startup/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "backend/base/clock.h"

#define DAEMON_END_MS 3000 /* what a child that is late gets to tidy up */

struct report {
	int code;
	char text[EXIT_TEXT_MAX];
};

/* Reads the whole report: 1 when it came, 0 when the child closed the pipe without one, -1 when time is up. */
static int read_report(int pipe, struct report *report)
{
	int64_t deadline_ms = clock_monotonic_ms() + DAEMON_START_SECONDS * 1000;
	size_t got = 0;

	while (got < sizeof(*report)) {
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		struct pollfd wait = {.fd = pipe, .events = POLLIN};
		ssize_t length;

		if (left_ms <= 0)
			return -1;
		if (poll(&wait, 1, (int)left_ms) <= 0)
			continue;
		length = read(pipe, (char *)report + got, sizeof(*report) - got);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return 0;
		got += (size_t)length;
	}
	return 1;
}

/* First as a friend: it may have mounted this very moment, and a killed one leaves a dead mount. */
static void end_child(pid_t child)
{
	int64_t deadline_ms = clock_monotonic_ms() + DAEMON_END_MS;
	const struct timespec pause = {.tv_nsec = 20 * 1000000L};

	kill(child, SIGTERM);
	while (waitpid(child, NULL, WNOHANG) == 0) {
		if (clock_monotonic_ms() >= deadline_ms) {
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
			return;
		}
		nanosleep(&pause, NULL);
	}
}

static int wait_for_report(int pipe, pid_t child, const char *program)
{
	struct report report;
	int answer = read_report(pipe, &report), status = 0;

	if (answer > 0) {
		report.text[sizeof(report.text) - 1] = '\0';
		if (report.text[0])
			fprintf(stderr, "%s: %s\n", program, report.text);
		return report.code;
	}
	if (answer < 0) {
		fprintf(stderr, "%s: nothing was mounted within %d seconds\n", program,
			DAEMON_START_SECONDS);
		end_child(child);
		return EXIT_TIMEOUT;
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: ended by signal %d before it had mounted\n", program,
			WTERMSIG(status));
	else
		fprintf(stderr, "%s: ended before it had mounted\n", program);
	return EXIT_FAILED;
}

int daemon_fork(struct daemon *daemon, const char *program)
{
	int ends[2];
	pid_t child;
	int code;

	if (pipe2(ends, O_CLOEXEC)) {
		fprintf(stderr, "%s: no pipe: %s\n", program, strerrordesc_np(errno));
		return EXIT_FAILED;
	}
	child = fork();
	if (child < 0) {
		fprintf(stderr, "%s: cannot fork: %s\n", program, strerrordesc_np(errno));
		close(ends[0]);
		close(ends[1]);
		return EXIT_FAILED;
	}
	if (!child) {
		close(ends[0]);
		setsid();
		daemon->pipe = ends[1];
		return -1;
	}
	close(ends[1]);
	code = wait_for_report(ends[0], child, program);
	close(ends[0]);
	return code;
}

/* Standard descriptors are filled, not closed: nothing opened later may become one of them. */
static void let_go_of_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (chdir("/"))
		return; /* only keeps another filesystem busy */
}

bool daemon_report(struct daemon *daemon, enum exit_code code, const char *text)
{
	struct report report = {.code = (int)code};
	size_t sent = 0;

	if (daemon->pipe < 0)
		return true;
	if (code == EXIT_OK)
		let_go_of_terminal();
	snprintf(report.text, sizeof(report.text), "%s", text);
	while (sent < sizeof(report)) {
		ssize_t length =
			write(daemon->pipe, (const char *)&report + sent, sizeof(report) - sent);

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			break;
		sent += (size_t)length;
	}
	close(daemon->pipe);
	daemon->pipe = -1;
	return sent == sizeof(report);
}
