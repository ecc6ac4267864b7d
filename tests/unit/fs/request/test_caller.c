/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/request/caller.h"
#include "fs/rules/name.h"
#include "fs/rules/tool.h"

/* A command line as /proc shows it: each argument ends in a NUL. `|` stands for the NUL here. */
static struct caller caller_of(const char *program, const char *arguments)
{
	struct caller caller = {.thread = 10, .process = 10};
	char *text = strdup(arguments), *at;

	assert_non_null(text);
	caller.command_line_length = strlen(arguments);
	for (at = text; *at; at++)
		if (*at == '|')
			*at = '\0';
	caller.command_line = text;
	snprintf(caller.program, sizeof(caller.program), "%s", program);
	return caller;
}

/* semantics(2.1.2) */
static void force_is_read_as_getopt_reads_it(void **state)
{
	static const struct {
		const char *arguments;
		bool forces;
	} cases[] = {
		{"ln|-sf|2|PROD|", true},
		{"ln|-s|-f|2|PROD|", true},
		{"ln|-fs|2|PROD|", true},
		{"ln|-svf|2|PROD|", true},
		{"ln|--symbolic|--force|2|PROD|", true},
		{"ln|-s|--for|2|PROD|", true},
		{"ln|-s|2|PROD|-f|", true},
		{"busybox|ln|-sf|2|PROD|", true},
		{"ln|-s|2|PROD|", false},
		{"ln|-s|2|force|", false},
		{"ln|-s|--|-f|PROD|", false},
		{"ln|-s|-S|-f|2|PROD|", false},
		{"ln|-s|-t|-f|2|", false},
		{"ln|-stfoo|2|", false},
		{"ln|-s|--suffix|-f|2|PROD|", false},
		{"ln|-s|--suffix=-f|2|PROD|", false},
		{"ln|-s|--no-dereference|2|PROD|", false},
		{"ln|-s|--|", false},
		{"ln|--||-f|", false},
		{"-f|", false},
		{"f|-|", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		struct caller caller = caller_of("x", cases[i].arguments);

		if (caller_forces(&caller) != cases[i].forces)
			fail_msg("%s", cases[i].arguments);
		caller_release(&caller);
	}
}

static void ln_is_known_by_its_names(void **state)
{
	static const struct {
		const char *program;
		const char *arguments;
		bool is_ln;
	} cases[] = {
		{"ln", "ln|-s|2|PROD|", true},
		{"x", "/usr/bin/ln|-s|2|PROD|", true},
		{"busybox", "busybox|ln|-s|2|PROD|", true},
		{"toybox", "/bin/toybox|ln|-s|2|PROD|", true},
		{"coreutils", "coreutils|ln|-s|2|PROD|", true},
		{"busybox", "busybox|cp|ln|", false},
		{"mv", "mv|ln|PROD|", false},
		{"python3", "python3|ln|", false},
		{"coreutils", "coreutils|", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		struct caller caller = caller_of(cases[i].program, cases[i].arguments);

		if (caller_runs(&caller, "ln") != cases[i].is_ln)
			fail_msg("%s", cases[i].arguments);
		caller_release(&caller);
	}
}

/* semantics(2.2.3) */
static void random_names_are_a_matter_of_the_executable(void **state)
{
	static const struct {
		const char *executable, *program, *arguments;
		unsigned int patterns;
	} cases[] = {
		{"ln", "ln", "ln|-sf|2|PROD|", NAME_PATTERN_COREUTILS},
		{"cp", "cp", "cp|-a|b|c|", NAME_PATTERN_COREUTILS},
		{"mv", "mv", "mv|a|b|", NAME_PATTERN_COREUTILS},
		{"gln", "gln", "gln|-sf|2|PROD|", NAME_PATTERN_COREUTILS},
		{"coreutils", "ln", "ln|-sf|2|PROD|", NAME_PATTERN_COREUTILS},
		{"coreutils", "coreutils", "coreutils|--coreutils-prog=ln|",
			NAME_PATTERN_COREUTILS},
		{"rust-coreutils", "ln", "ln|-sf|2|PROD|", NAME_PATTERN_COREUTILS},
		{"uutils", "uutils", "uutils|ln|-sf|2|PROD|", NAME_PATTERN_COREUTILS},
		{"toybox", "ln", "ln|-sf|2|PROD|", NAME_PATTERN_TOYBOX},
		{"toybox-x86_64", "toybox-x86_64", "toybox|ln|-sf|2|PROD|", NAME_PATTERN_TOYBOX},
		{"toybox", "tar", "tar|-x|", 0},
		{"toybox", "toybox", "toybox|cp|-a|b|c|", 0},
		{"busybox", "ln", "ln|-sf|2|PROD|", 0},
		{"rsync", "rsync", "rsync|-a|b|c|", 0},
		{"tar", "tar", "tar|-x|", 0},
		{"git", "git", "git|checkout|", 0},
		{"python3.11", "python3", "python3|s.py|", 0},
		{"python3.11", "ln", "python3|./ln|", 0},
		{"dash", "cp", "/bin/sh|./cp|", 0},
		/* not readable, or of no use: what the command name says */
		{"", "ln", "ln|-sf|2|PROD|", NAME_PATTERNS_ALL},
		{"", "toybox", "toybox|ln|-sf|2|PROD|", NAME_PATTERNS_ALL},
		{"", "cp", "cp|-a|b|c|", NAME_PATTERN_COREUTILS},
		{"", "mv", "mv|a|b|", NAME_PATTERN_COREUTILS},
		{"", "rsync", "rsync|-a|b|c|", 0},
		{"", "python3", "python3|s.py|", 0},
		{"ld-linux-x86-64.so.2", "ln", "ln|-sf|2|PROD|", NAME_PATTERNS_ALL},
		{"qemu-aarch64-static", "ln", "ln|-sf|2|PROD|", NAME_PATTERNS_ALL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		struct caller caller = caller_of(cases[i].program, cases[i].arguments);

		snprintf(caller.executable, sizeof(caller.executable), "%s", cases[i].executable);
		if (tool_name_patterns(&caller) != cases[i].patterns)
			fail_msg("%s as %s", cases[i].executable, cases[i].arguments);
		caller_release(&caller);
	}
}

/* semantics(2.4.20) */
static void tools_that_unlink_only_what_they_replace(void **state)
{
	static const struct {
		const char *program, *arguments;
		bool only_replaces;
	} cases[] = {
		{"ln", "ln|-sfn|2|PROD|", true},
		{"busybox", "busybox|ln|-sfn|2|PROD|", true},
		{"cp", "cp|-a|a|b|", true},
		{"install", "install|a|b|", true},
		{"cpio", "cpio|-iu|", true},
		{"tar", "tar|-xf|a.tar|", true},
		{"tar", "tar|-x|--recursive-unlink|-f|a.tar|", true},
		{"tar", "tar|-cf|a.tar|--remove-files|PROD|", false},
		{"tar", "tar|--rem|-cf|a.tar|PROD|", false},
		{"rm", "rm|PROD|", false},
		{"mv", "mv|a|b|", false},
		{"rsync", "rsync|-a|--delete|a/|b/|", false},
		{"git", "git|checkout|", false},
	};
	const struct caller nobody = {.thread = 0};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		struct caller caller = caller_of(cases[i].program, cases[i].arguments);

		if (tool_only_replaces(&caller) != cases[i].only_replaces)
			fail_msg("%s", cases[i].arguments);
		caller_release(&caller);
	}
	assert_false(tool_only_replaces(&nobody));
}

static void each_tool_is_known_by_its_own_name(void **state)
{
	struct caller df = caller_of("busybox", "/bin/busybox|df|ln|");

	(void)state;
	assert_true(caller_runs(&df, "df"));
	assert_false(caller_runs(&df, "ln"));
	caller_release(&df);
}

/* semantics(2.2.10) */
static void names_stand_in_the_command_line_as_words(void **state)
{
	static const struct {
		const char *arguments;
		const char *name;
		bool named;
	} cases[] = {
		{"ln|-s|2|Customer|", "Customer", true},
		{"ln|-s|2|/mnt/hello/Customer|", "Customer", true},
		{"ln|-s|2|/mnt/hello/Customer/|", "Customer", true},
		{"python3|-c|os.symlink('2','Customer')|", "Customer", true},
		{"sh|-c|x=Customer; go|", "Customer", true},
		{"ln|-sfn|2|PROD|", "CuAbc123", false},
		{"ln|-s|2|Customers|", "Customer", false},
		{"ln|-s|2|My-Customer|", "Customer", false},
		{"ln|-s|2|MyCustomer/Customer|", "Customer", true},
		{"ln|-s|2|PROD_canary|", "PROD", false},
		{"ln|-s|3|PROD%10|", "PROD%10", true},
		{"ln|", "", false},
	};
	struct caller nobody = {.thread = 0};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		struct caller caller = caller_of("ln", cases[i].arguments);

		if (caller_names(&caller, cases[i].name) != cases[i].named)
			fail_msg("%s in %s", cases[i].name, cases[i].arguments);
		caller_release(&caller);
	}
	assert_false(caller_names(&nobody, "ln"));
	assert_false(caller_runs(&nobody, "ln"));
	assert_false(caller_forces(&nobody));
}

static void *read_own_thread(void *into)
{
	struct caller *caller = into;

	*caller = (struct caller){.thread = (pid_t)syscall(SYS_gettid), .uid = 1, .gid = 2};
	caller_read(caller);
	return NULL;
}

static void a_thread_is_its_process(void **state)
{
	struct caller caller;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, read_own_thread, &caller), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(caller_is_known(&caller));
	assert_int_not_equal(caller.thread, caller.process);
	assert_int_equal(caller.process, getpid());
	assert_int_equal(caller.uid, 1);
	assert_int_equal(caller.gid, 2);
	assert_true(caller_names(&caller, "test_request_caller"));
	assert_string_equal(caller.program, "test_request_ca");
	caller_release(&caller);
	assert_false(caller_is_known(&caller));
}

static void what_proc_does_not_tell_stays_unknown(void **state)
{
	struct caller caller = {.thread = 0};

	(void)state;
	caller_read(&caller);
	assert_false(caller_is_known(&caller));
	assert_int_equal(caller.process, 0);
	caller.thread = INT32_MAX;
	caller_read(&caller);
	assert_false(caller_is_known(&caller));
	assert_string_equal(caller.program, "");
	caller_release(&caller);
}

/* --- lineages --- */

/* Whether the signal, pending for a child that is stopped, interrupts it. */
static bool is_interrupted_by(pid_t child, int number, bool alarms)
{
	bool interrupted;

	assert_int_equal(kill(child, number), 0);
	interrupted = caller_is_interrupted(child, alarms);
	assert_int_equal(kill(child, SIGKILL), 0);
	return interrupted;
}

static pid_t fork_stopped(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	return child;
}

/* semantics(4.3.4) */
static void signals_after_which_programs_go_on_interrupt_nothing(void **state)
{
	static const struct {
		int number;
		bool alarms, interrupts;
	} cases[] = {
		{SIGINT, false, true},
		{SIGTERM, false, true},
		{SIGUSR1, false, true},
		{SIGALRM, true, true},
		{SIGALRM, false, false},
		{SIGCHLD, true, false},
		{SIGWINCH, false, false},
		{SIGPROF, false, false},
		{SIGTSTP, false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		pid_t child = fork_stopped();

		assert_false(caller_is_interrupted(child, true));
		assert_int_equal(is_interrupted_by(child, cases[i].number, cases[i].alarms),
			cases[i].interrupts);
		/* What is over waits for nothing. */
		while (!caller_is_interrupted(child, false))
			usleep(1000);
		assert_int_equal(waitpid(child, NULL, 0), child);
		assert_true(caller_is_interrupted(child, false));
	}
	assert_true(caller_is_interrupted(0, false));
}

static void *read_own_lineage(void *into)
{
	caller_read_lineage((pid_t)syscall(SYS_gettid), into);
	return into;
}

/* What a child with a name that looks like the rest of its line in /proc says of itself. */
static void read_childs_lineage(bool own_session, struct call_lineage *ret_lineage)
{
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct call_lineage lineage;

		if (own_session && setsid() < 0)
			_exit(1);
		prctl(PR_SET_NAME, "a) S 1 1 (b");
		caller_read_lineage(getpid(), &lineage);
		_exit(write(ends[1], &lineage, sizeof(lineage)) != sizeof(lineage));
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], ret_lineage, sizeof(*ret_lineage)), sizeof(*ret_lineage));
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* semantics(4.1.1) */
static void a_lineage_is_of_processes_of_one_session(void **state)
{
	struct call_lineage own, threads, childs, apart, none = {.count = 7};
	pthread_t thread;

	(void)state;
	read_own_lineage(&own);
	assert_true(own.count >= 1);
	assert_int_equal(pthread_create(&thread, NULL, read_own_lineage, &threads), 0);
	pthread_join(thread, NULL);
	assert_true(threads.processes[0] == own.processes[0]);
	read_childs_lineage(false, &childs);
	assert_true(childs.count >= 2);
	assert_true(childs.processes[0] != own.processes[0]);
	assert_true(childs.processes[1] == own.processes[0]);
	read_childs_lineage(true, &apart);
	assert_int_equal(apart.count, 1);
	caller_read_lineage(0, &none);
	assert_int_equal(none.count, 0);
	caller_read_lineage(INT32_MAX, &none);
	assert_int_equal(none.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_after_which_programs_go_on_interrupt_nothing),
		cmocka_unit_test(a_lineage_is_of_processes_of_one_session),
		cmocka_unit_test(force_is_read_as_getopt_reads_it),
		cmocka_unit_test(ln_is_known_by_its_names),
		cmocka_unit_test(random_names_are_a_matter_of_the_executable),
		cmocka_unit_test(tools_that_unlink_only_what_they_replace),
		cmocka_unit_test(each_tool_is_known_by_its_own_name),
		cmocka_unit_test(names_stand_in_the_command_line_as_words),
		cmocka_unit_test(a_thread_is_its_process),
		cmocka_unit_test(what_proc_does_not_tell_stays_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
