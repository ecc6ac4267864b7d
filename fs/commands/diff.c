/* SPDX-License-Identifier: MIT */
#include "fs/commands/diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <unistd.h>

#include "fs/rules/name.h"
#include "fs/rules/weight.h"

#define FILE_SIZE_MAX (16 * 1024 * 1024)
#define OUTPUT_MAX (256 * 1024 * 1024)

static int complain(const char *format, ...) printf_like(1, 2);

static int complain(const char *format, ...)
{
	va_list arguments;

	fputs("aliasfs: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return -1;
}

/* An object from a file of the version. 0, or -1 having complained. */
static int read_object(
	const struct diff_side *side, int directory, const char *name, struct json **ret_object)
{
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(FILE_SIZE_MAX);
	int error = buffer_append_file(&text, directory, name);
	const char *reason = "not an object";

	if (error == -ENOENT)
		return complain("'%s' has no %s: is it a version, as in mnt/hello/6, or an alias?",
			side->path, name);
	if (error)
		return complain("%s/%s: %s", side->path, name, strerrordesc_np(-error));
	*ret_object = json_parse(buffer_text(&text), text.length, &reason);
	if (!*ret_object || !json_is_object(*ret_object))
		return complain("%s/%s cannot be read: %s", side->path, name, reason);
	return 0;
}

/* The hash in code.sha256, or where there is none, in the configuration. */
static int read_code(struct diff_side *side, int directory)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(FILE_SIZE_MAX);
	int error = buffer_append_file(&text, directory, "code.sha256");
	const char *hash = buffer_text(&text);

	if (error && error != -ENOENT)
		return complain("%s/code.sha256: %s", side->path, strerrordesc_np(-error));
	if (error)
		hash = json_member_string(side->configuration, "CodeSha256", "");
	if (!*hash)
		return complain("'%s' does not say which code it has", side->path);
	side->code = strndup(hash, strcspn(hash, " \n"));
	return side->code ? 0 : complain("out of memory");
}

/* What an alias gives to another version is not compared: to be silent about it would mislead. */
static int note_weight(const char *path)
{
	cleanup(free_pointer) char *copy = strdup(path), *other = strdup(path);
	char target[2];
	const char *alias, *parent;
	const struct dirent *entry;
	DIR *directory;
	int error;

	if (!copy || !other)
		return complain("out of memory");
	if (readlink(path, target, sizeof(target)) < 0)
		return 0;
	alias = basename(copy);
	parent = dirname(other);
	directory = opendir(parent);
	if (!directory)
		return complain("%s: %s", parent, strerrordesc_np(errno));
	for (errno = 0; (entry = readdir(directory)); errno = 0) {
		struct name name;
		char percent[WEIGHT_TEXT_SIZE];

		name_parse(entry->d_name, &name);
		if (name.kind == NAME_WEIGHT && !strcmp(name.alias, alias) &&
			!weight_format(name.weight, percent))
			fprintf(stderr,
				"aliasfs: %s gives %s %% of its traffic to another version, which "
				"is not compared\n",
				path, percent);
	}
	error = errno;
	closedir(directory);
	return error ? complain("%s: %s", parent, strerrordesc_np(error)) : 0;
}

/* 0, or -1 having complained. */
static int read_side(struct diff_side *side)
{
	cleanup(close_descriptor) int directory =
		open(side->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return complain("'%s': %s", side->path, strerrordesc_np(errno));
	if (read_object(side, directory, "configuration.json", &side->configuration) ||
		read_object(side, directory, "environment.json", &side->environment) ||
		read_code(side, directory))
		return -1;
	return note_weight(side->path);
}

enum exit_code diff_run(const struct options *options)
{
	cleanup(diff_side_release) struct diff_side from = {.path = options->source_text};
	cleanup(diff_side_release) struct diff_side to = {.path = options->words[0]};
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(OUTPUT_MAX);

	if (read_side(&from) || read_side(&to))
		return DIFF_TROUBLE;
	if (diff_print(&from, &to, options->values, &text)) {
		complain("out of memory");
		return DIFF_TROUBLE;
	}
	if (fputs(buffer_text(&text), stdout) < 0 || fflush(stdout)) {
		complain("standard output: %s", strerrordesc_np(errno));
		return DIFF_TROUBLE;
	}
	return text.length ? EXIT_FAILED : EXIT_OK;
}
