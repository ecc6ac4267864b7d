/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <unistd.h>

#include "fs/commands/commands.h"
#include "fs/commands/diff.h"
#include "fs/commands/mount_path.h"
#include "fs/commands/terminal.h"

#define DIFF_TROUBLE EXIT_USAGE /* as of diff(1): what cannot be compared is never "the same" */
#define FILE_SIZE_MAX (16 * 1024 * 1024)
#define OUTPUT_MAX (256 * 1024 * 1024)

/* An object from a file of the version. 0, or DIFF_TROUBLE having complained. */
static int read_object(
	const struct diff_side *side, int directory, const char *name, struct json **ret_object)
{
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(FILE_SIZE_MAX);
	int error = buffer_append_file(&text, directory, name);
	const char *reason = "not an object";

	if (error == -ENOENT)
		return report_error(DIFF_TROUBLE,
			"'%s' has no %s: is it a version, as in mnt/hello/6, or an alias?",
			side->path, name);
	if (error)
		return report_error(
			DIFF_TROUBLE, "%s/%s: %s", side->path, name, strerrordesc_np(-error));
	*ret_object = json_parse(buffer_text(&text), text.length, &reason);
	if (!*ret_object || !json_is_object(*ret_object))
		return report_error(
			DIFF_TROUBLE, "%s/%s cannot be read: %s", side->path, name, reason);
	return 0;
}

/* The hash in code.sha256, or where there is none, in the configuration. */
static int read_code(struct diff_side *side, int directory)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(FILE_SIZE_MAX);
	int error = buffer_append_file(&text, directory, "code.sha256");
	const char *hash = buffer_text(&text);

	if (error && error != -ENOENT)
		return report_error(
			DIFF_TROUBLE, "%s/code.sha256: %s", side->path, strerrordesc_np(-error));
	if (error)
		hash = json_member_string(side->configuration, "CodeSha256", "");
	if (!*hash)
		return report_error(DIFF_TROUBLE, "'%s' has no CodeSha256", side->path);
	side->code = strndup(hash, strcspn(hash, " \n"));
	return side->code ? 0 : report_error(DIFF_TROUBLE, "out of memory");
}

/* What an alias gives to another version is not compared: to be silent about it would mislead. */
static int note_weight(const char *path)
{
	cleanup(free_pointer) char *copy = strdup(path), *other = strdup(path);
	cleanup(close_descriptor) int directory = -1;
	char target[2], weight[NAME_MAX + 1];
	const char *alias, *parent;
	int error;

	if (!copy || !other)
		return report_error(DIFF_TROUBLE, "out of memory");
	if (readlink(path, target, sizeof(target)) < 0)
		return 0;
	alias = basename(copy);
	parent = dirname(other);
	directory = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	error = directory < 0 ? -errno : mount_find_weight(directory, alias, weight);
	if (error)
		return report_error(DIFF_TROUBLE, "%s: %s", parent, strerrordesc_np(-error));
	if (*weight)
		report_error(EXIT_OK,
			"%s gives %s %% of its traffic to another version, which is not compared",
			path, strchr(weight, '%') + 1);
	return 0;
}

/* 0, or DIFF_TROUBLE having complained. */
static int read_side(struct diff_side *side)
{
	cleanup(close_descriptor) int directory =
		open(side->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return report_error(DIFF_TROUBLE, "'%s': %s", side->path, strerrordesc_np(errno));
	if (read_object(side, directory, "configuration.json", &side->configuration) ||
		read_object(side, directory, "environment.json", &side->environment) ||
		read_code(side, directory))
		return DIFF_TROUBLE;
	return note_weight(side->path);
}

enum exit_code diff_run(const struct options *options)
{
	cleanup(diff_side_release) struct diff_side from = {.path = options->source_text};
	cleanup(diff_side_release) struct diff_side to = {.path = options->words[0]};
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(OUTPUT_MAX);
	int error;

	if (read_side(&from) || read_side(&to))
		return DIFF_TROUBLE;
	if (diff_print(&from, &to, options->values, &text))
		return report_error(DIFF_TROUBLE, "out of memory");
	error = terminal_print(&text);
	if (error)
		return report_error(DIFF_TROUBLE, "standard output: %s", strerrordesc_np(-error));
	return text.length ? EXIT_FAILED : EXIT_OK;
}
