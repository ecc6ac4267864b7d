/* SPDX-License-Identifier: MIT */
/* aliasfs: an AWS Lambda account as a filesystem. */
#include <errno.h>
#include <stdio.h>

#include "fs/commands/commands.h"
#include "fs/commands/terminal.h"
#include "fs/mount.h"
#include "fs/settings/options.h"
#include "fs/startup/daemon.h"
#include "fs/startup/mountpoint.h"

#define PROGRAM "aliasfs"

static enum exit_code print_help(void)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(64 * 1024);

	if (options_print_help(&text))
		return EXIT_FAILED;
	return fputs(buffer_text(&text), stdout) < 0 || fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

static enum exit_code print_version(void)
{
	return printf(PROGRAM " %s\n", ALIASFS_VERSION) < 0 || fflush(stdout) ? EXIT_FAILED
									      : EXIT_OK;
}

/* What the client reads as AWS's tools do: from the environment. Before any thread. */
static int set_environment(const struct options *options)
{
	if (options->config_file && setenv("AWS_CONFIG_FILE", options->config_file, 1))
		return -ENOMEM;
	if (options->credentials_file &&
		setenv("AWS_SHARED_CREDENTIALS_FILE", options->credentials_file, 1))
		return -ENOMEM;
	if (options->ca_bundle && setenv("AWS_CA_BUNDLE", options->ca_bundle, 1))
		return -ENOMEM;
	return 0;
}

static enum exit_code run_command(struct options *options)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
	struct daemon daemon = DAEMON_INIT;
	bool cleared = false;

	/* Before the working directory changes. */
	if (options_resolve(options, &message))
		return report_error(EXIT_FAILED, "%s", buffer_text(&message));
	if (set_environment(options))
		return EXIT_FAILED;
	switch (options->command) {
	case COMMAND_LS:
		return show_run(options);
	case COMMAND_DIFF:
		return diff_run(options);
	case COMMAND_LOG:
		return log_run(options);
	case COMMAND_ROLLBACK:
		return rollback_run(options);
	case COMMAND_INVOKE:
		return invoke_run(options);
	case COMMAND_MOUNT:
		break;
	}
	if (options->check)
		return check_run(options);
	if (mountpoint_prepare(&options->mountpoint, &cleared, &message))
		return report_error(EXIT_MOUNTPOINT, "%s", buffer_text(&message));
	if (cleared)
		report_error(EXIT_OK, "a dead mount on %s is cleared away", options->mountpoint);
	if (!options->foreground) {
		int code = daemon_fork(&daemon, PROGRAM);

		if (code >= 0)
			return (enum exit_code)code;
	}
	return mount_run(options, &daemon);
}

int main(int count, char **arguments)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
	cleanup(options_release) struct options options = OPTIONS_INIT;

	if (options_parse(count - 1, arguments + 1, &options, &message))
		return report_error(EXIT_USAGE, "%s\nTry 'aliasfs --help'.", buffer_text(&message));
	if (options.help)
		return (int)print_help();
	if (options.version)
		return (int)print_version();
	return (int)run_command(&options);
}
