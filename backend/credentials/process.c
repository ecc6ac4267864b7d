/* SPDX-License-Identifier: MIT */
/* credential_process: a program of the user's that prints credentials. No shell is involved. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "backend/base/clock.h"
#include "backend/credentials/providers.h"
#include "backend/http/error_answer.h"

#define OUTPUT_MAX (64 * 1024)
#define CHUNK_SIZE 4096
#define COMPLAINT_MAX 4096 /* of its standard error: the start and the end are kept */
#define START_SHOWN 80 /* bytes of a long one; and of its end, where tools say what was wrong … */
#define END_SHOWN 200
#define WORDS_SIZE 320
#define STEP_MS 20
#define CHUNKS_LEFT_MAX 32 /* more than a pipe holds */

/* A program that runs, with the ends of its pipes that we read. */
struct program {
	pid_t pid;
	int output, complaint; /* -1 when at its end */
	struct buffer text;    /* its standard output: secret */
	struct buffer words;   /* its standard error, without the middle of a long one */
	int status;            /* as waitpid() gives it */
};

static void close_end(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

/*
 * Starts it where we were started, in a process group of its own, with default signals, nothing on standard input and none
 * of our other descriptors: libcurl does not close its connections on exec.
 */
static int spawn_program(
	char **words, const char *directory, int output, int complaint, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, complaint, STDERR_FILENO);
	if (!error && directory && !access(directory, X_OK))
		error = posix_spawn_file_actions_addchdir_np(&actions, directory);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!error)
		error = posix_spawnp(ret_pid, words[0], &actions, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -error;
}

/* 0 or what went wrong. */
static int start_program(struct program *program, char **words, const char *directory)
{
	int output[2] = {-1, -1}, complaint[2] = {-1, -1}, error;

	if (pipe2(output, O_CLOEXEC) || pipe2(complaint, O_CLOEXEC))
		error = -errno;
	else
		error = spawn_program(words, directory, output[1], complaint[1], &program->pid);
	close_end(&output[1]);
	close_end(&complaint[1]);
	if (error) {
		close_end(&output[0]);
		close_end(&complaint[0]);
		return error;
	}
	program->output = output[0];
	program->complaint = complaint[0];
	return 0;
}

/* Takes what one of its pipes has; closes it at the end. 0, -EFBIG, -ENOMEM. */
static int take_output(int *descriptor, struct buffer *buffer)
{
	char chunk[CHUNK_SIZE];
	ssize_t got = read(*descriptor, chunk, sizeof(chunk));
	int error = 0;

	if (got > 0)
		error = buffer_append(buffer, chunk, (size_t)got);
	else if (got == 0 || errno != EINTR)
		close_end(descriptor);
	explicit_bzero(chunk, sizeof(chunk));
	return error;
}

/* Where a UTF-8 character starts, at or before `at`. */
static size_t character_start(const char *text, size_t at)
{
	while (at && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* Leaves room for another chunk by throwing away what is behind the start. */
static void drop_middle(struct buffer *words)
{
	size_t start, rest;

	if (words->length <= COMPLAINT_MAX)
		return;
	start = character_start(words->data, START_SHOWN + 1);
	rest = character_start(words->data, words->length - COMPLAINT_MAX / 2);
	memmove(words->data + start, words->data + rest, words->length - rest);
	words->length -= rest - start;
	words->data[words->length] = '\0';
}

static int wait_once(struct program *program)
{
	struct pollfd ends[] = {{.fd = program->output, .events = POLLIN},
		{.fd = program->complaint, .events = POLLIN}};
	int error = 0;

	if (poll(ends, array_count(ends), STEP_MS) <= 0)
		return 0;
	if (ends[0].revents)
		error = take_output(&program->output, &program->text);
	if (!error && ends[1].revents)
		error = take_output(&program->complaint, &program->words);
	drop_middle(&program->words);
	return error;
}

/* Its last words, at the end: those that it has left behind may still hold the pipe, and write. */
static void take_rest(struct program *program)
{
	struct pollfd end = {.fd = program->complaint, .events = POLLIN};
	unsigned int left = CHUNKS_LEFT_MAX;

	while (program->complaint >= 0 && left-- && poll(&end, 1, 0) > 0 &&
		!take_output(&program->complaint, &program->words))
		drop_middle(&program->words);
}

/* Runs it to its end: 0, -ETIMEDOUT, -EINTR, -EFBIG, -ENOMEM; then it is killed. */
static int finish_program(struct program *program, const struct credentials_context *context)
{
	int error = 0;
	pid_t ended = 0;

	while (!error && (program->output >= 0 || !ended)) {
		if (context->interrupted && atomic_load(context->interrupted))
			error = -EINTR;
		else if (clock_monotonic_ms() >= context->deadline_ms)
			error = -ETIMEDOUT;
		else
			error = wait_once(program);
		if (!error && !ended)
			ended = waitpid(program->pid, &program->status, WNOHANG);
		if (ended < 0) { /* SIGCHLD is ignored since before our start: the status is lost */
			program->status = 0;
			ended = program->pid;
		}
	}
	if (!error)
		take_rest(program);
	if (error || !ended)
		kill(-program->pid, SIGKILL);
	if (!ended)
		waitpid(program->pid, &program->status, 0);
	return error;
}

/* Its standard error as one line; of a long one the start and the end. */
static void summarise_complaint(const struct buffer *complaint, char line[WORDS_SIZE])
{
	const char *text = buffer_text(complaint);
	size_t length = complaint->length, from;
	char start[START_SHOWN + 1], end[END_SHOWN + 4];

	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	if (!length) {
		snprintf(line, WORDS_SIZE, "it said nothing");
	} else if (length <= START_SHOWN + END_SHOWN) {
		lambda_error_copy_line(line, WORDS_SIZE, text, length);
	} else {
		lambda_error_copy_line(
			start, sizeof(start), text, character_start(text, START_SHOWN));
		from = character_start(text, length - END_SHOWN);
		lambda_error_copy_line(end, sizeof(end), text + from, length - from);
		snprintf(line, WORDS_SIZE, "%s … %s", start, end);
	}
}

static enum lambda_status say_end(
	const struct program *program, int error, const char *who, struct lambda_error *reterr)
{
	char words[WORDS_SIZE];

	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error == -EINTR)
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	if (error == -EFBIG)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: it printed too much", who);
	if (error == -ETIMEDOUT)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: it did not end within the time allowed", who);
	if (error)
		return lambda_fail(
			reterr, LAMBDA_NO_CREDENTIALS, "%s: %s", who, strerrordesc_np(-error));
	summarise_complaint(&program->words, words);
	if (WIFSIGNALED(program->status))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: it was ended by signal %d: %s", who, WTERMSIG(program->status), words);
	if (WEXITSTATUS(program->status))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: it exited with %d: %s", who,
			WEXITSTATUS(program->status), words);
	return LAMBDA_OK;
}

/* {"Version": 1, …} as the CLI's documentation has it. */
static enum lambda_status read_output(const struct program *program, const char *who,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	const struct credentials_document document = {.token = "SessionToken", .source = who};
	cleanup(json_free_pointer) struct json *json =
		json_parse(buffer_text(&program->text), program->text.length, NULL);
	int64_t version = 0;

	if (json && !json_integer(json_member(json, "Version"), 1, 1, &version))
		return lambda_fail(
			reterr, LAMBDA_NO_CREDENTIALS, "%s: it did not print \"Version\": 1", who);
	return credentials_read_document(buffer_text(&program->text), program->text.length,
		&document, ret_credentials, reterr);
}

static enum lambda_status run_program(const struct credentials_context *context, char **words,
	const char *who, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct program program = {.output = -1,
		.complaint = -1,
		.text = BUFFER_INIT(OUTPUT_MAX),
		.words = BUFFER_INIT(COMPLAINT_MAX + CHUNK_SIZE)};
	enum lambda_status status;
	int error = start_program(&program, words, context->environment->directory);

	if (error) {
		status = lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: %s: %s", who, words[0],
			strerrordesc_np(-error));
	} else {
		status = say_end(&program, finish_program(&program, context), who, reterr);
		if (!status)
			status = read_output(&program, who, ret_credentials, reterr);
	}
	close_end(&program.output);
	close_end(&program.complaint);
	buffer_release_secret(&program.text);
	buffer_release_secret(&program.words);
	return status;
}

enum lambda_status credentials_from_process(const struct credentials_context *context,
	bool *ret_found, struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct profile_origin origin;
	const char *command =
		profile_set_get(context->profiles, context->profile, "credential_process", &origin);
	cleanup(profile_free_words_pointer) char **words = NULL;
	char who[SETTING_SOURCE_SIZE];
	size_t count = 0;
	int error;

	*ret_found = command != NULL;
	if (!command)
		return LAMBDA_OK;
	snprintf(who, sizeof(who), "%s line %u, credential_process of profile %s", origin.path,
		origin.line, context->profile);
	error = profile_split_words(command, &words, &count);
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error || !count)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: it cannot be split into words (a quote is left open?)", who);
	return run_program(context, words, who, ret_credentials, reterr);
}
