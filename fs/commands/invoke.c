/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/lambda/invoke.h"
#include "fs/aliasfs_invoke.h"
#include "fs/commands/commands.h"
#include "fs/commands/mount_path.h"
#include "fs/commands/terminal.h"

#define REASON_MAX (16 * 1024)

/* What went wrong before or beside the function: EXIT_FAILED says that the function itself failed. */
static enum exit_code exclude_failed(enum exit_code code)
{
	return code == EXIT_FAILED ? EXIT_USAGE : code;
}

/* An errno of the mount, in its own words. */
static enum exit_code fail_call(const struct mount_path *path, const char *text, int error_number)
{
	cleanup(buffer_release) struct buffer reason = BUFFER_INIT(REASON_MAX);

	if (mount_append_reason(path->mountpoint, error_number, &reason))
		return report_error(EXIT_USAGE, "out of memory");
	return report_error(exclude_failed(mount_exit_code(error_number)), "'%s': %s", text,
		buffer_text(&reason));
}

/* `--payload FILE`, "-" for standard input. 0, or the exit code having complained. */
static int read_payload(const char *name, struct buffer *payload)
{
	int error;

	if (!name)
		return 0;
	error = strcmp(name, "-") ? buffer_append_file(payload, AT_FDCWD, name)
				  : buffer_append_descriptor(payload, STDIN_FILENO);
	if (error == -EFBIG)
		return report_error(EXIT_USAGE, "payload '%s': it has more than %d bytes", name,
			LAMBDA_PAYLOAD_MAX);
	if (error)
		return report_error(EXIT_USAGE, "payload '%s': %s", name, strerrordesc_np(-error));
	return 0;
}

static int open_invoke(
	const struct mount_path *path, const char *text, bool is_version, int *ret_file)
{
	cleanup(free_pointer) char *name = NULL;

	if (asprintf(&name, "%s%s/.invoke", is_version ? "" : ".aliases/", path->alias) < 0)
		return report_error(EXIT_USAGE, "out of memory");
	*ret_file = openat(path->function_directory, name, O_RDWR | O_CLOEXEC);
	if (*ret_file >= 0)
		return 0;
	if (errno == ENOENT)
		return report_error(EXIT_USAGE,
			"'%s': %s is mounted without allow_invoke - mount it with -o allow_invoke",
			text, path->mountpoint);
	if (errno == EROFS)
		return report_error(
			EXIT_USAGE, "'%s': %s is mounted read-only", text, path->mountpoint);
	return (int)fail_call(path, text, errno);
}

/* 0 or -errno. */
static int write_all(int file, const struct buffer *payload)
{
	size_t done = 0;

	while (done < payload->length) {
		ssize_t written = write(file, payload->data + done, payload->length - done);

		if (written < 0)
			return -errno;
		done += (size_t)written;
	}
	return 0;
}

/* "… the function failed (Unhandled): KeyError: no such key", as far as the answer is of that form. */
static void complain_of_function(
	const char *text, const char *function_error, const struct buffer *answer)
{
	cleanup(json_free_pointer) struct json *json =
		json_parse(buffer_text(answer), answer->length, NULL);
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(REASON_MAX);
	cleanup(free_pointer) char *type = NULL;
	const char *message = json_member_string(json, "errorMessage", "");
	int error = 0;

	if (asprintf(&type, "%s: %s", json_member_string(json, "errorType", function_error),
		    message) >= 0)
		error = text_append_shown(&shown, type); /* a longer one is cut */
	(void)error;
	report_error(EXIT_FAILED, "'%s': the function failed (%s): %s", text, function_error,
		buffer_text(&shown));
}

/* What AWS returned beside the answer, to standard error. */
static enum exit_code print_outcome(
	const struct options *options, int file, const struct buffer *answer)
{
	struct aliasfs_invocation outcome;
	const char *text = options->source_text;

	if (ioctl(file, ALIASFS_INVOKE_GET, &outcome))
		return report_error(EXIT_USAGE, "'%s': %s", text, strerrordesc_np(errno));
	fprintf(stderr, "version %s\n",
		*outcome.executed_version ? outcome.executed_version : "unknown");
	if (options->tail)
		fwrite(outcome.log, 1, outcome.log_length, stderr);
	if (!*outcome.function_error)
		return EXIT_OK;
	complain_of_function(text, outcome.function_error, answer);
	return EXIT_FAILED;
}

enum exit_code invoke_run(const struct options *options)
{
	cleanup(mount_path_release) struct mount_path path = MOUNT_PATH_INIT;
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
	cleanup(buffer_release_secret) struct buffer payload = BUFFER_INIT(LAMBDA_PAYLOAD_MAX);
	cleanup(buffer_release_secret) struct buffer answer = BUFFER_INIT(LAMBDA_ANSWER_MAX);
	cleanup(close_descriptor) int file = -1;
	const char *text = options->source_text;
	enum exit_code code;
	uint64_t version;
	int error;

	path.takes = MOUNT_PATH_ALIAS_OR_VERSION;
	code = mount_path_open(text, &path, &message);
	if (code)
		return exclude_failed(report_error(code, "%s", buffer_text(&message)));
	error = read_payload(options->payload, &payload);
	if (!error)
		error = open_invoke(
			&path, text, !lambda_version_parse(path.alias, &version), &file);
	if (error)
		return (enum exit_code)error;
	error = write_all(file, &payload);
	if (!error)
		error = buffer_append_descriptor(&answer, file);
	if (error)
		return fail_call(&path, text, -error);
	if (fwrite(buffer_text(&answer), 1, answer.length, stdout) != answer.length ||
		fflush(stdout))
		return report_error(EXIT_USAGE, "standard output: %s", strerrordesc_np(errno));
	return print_outcome(options, file, &answer);
}
