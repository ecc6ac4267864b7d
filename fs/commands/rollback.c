/* SPDX-License-Identifier: MIT */
/*
 * `aliasfs rollback`: does what `ln -sfn PROD@1 PROD` does, for several aliases, and only while they are as they were when
 * the question was asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/lambda/types.h"
#include "fs/commands/commands.h"
#include "fs/commands/log.h"
#include "fs/commands/mount_path.h"
#include "fs/commands/terminal.h"

#define ROUTE_SIZE (NAME_MAX + 2 * LAMBDA_VERSION_TEXT_SIZE)

/* One alias, and what is to become of it. */
struct step {
	struct mount_path path;
	char revision_id[LAMBDA_REVISION_ID_MAX + 1]; /* that it had when it was looked at */
	char from[ROUTE_SIZE];                        /* "3", "3,10%4" */
	char to[LAMBDA_VERSION_TEXT_SIZE];
	bool is_there; /* it leads to that version alone */
};

struct plan {
	const struct options *options;
	struct step *steps; /* owned */
	size_t count;
	size_t moves; /* those that are not there already */
};

static void release_plan(struct plan *plan)
{
	while (plan->count)
		mount_path_release(&plan->steps[--plan->count].path);
	free(plan->steps);
}

/* --- looking --- */

/* Complains with what the mount says: always EXIT_FAILED. */
static enum exit_code fail_step(const struct step *step, const char *what, int error)
{
	cleanup(buffer_release) struct buffer reason = BUFFER_INIT(EXIT_TEXT_MAX);
	int failed = mount_append_reason(step->path.mountpoint, error, &reason);

	(void)failed; /* without memory it is shorter */
	return report_error(EXIT_FAILED, "%s/%s: %s: %s", step->path.function, step->path.alias,
		what, buffer_text(&reason));
}

/* The text of a link in the function's directory. 0 or -errno. */
static int read_link(const struct step *step, const char *name, char *text, size_t size)
{
	ssize_t length = readlinkat(step->path.function_directory, name, text, size - 1);

	if (length < 0)
		return -errno;
	text[length] = '\0';
	return 0;
}

/* The RevisionId, for which AWS is asked. 0 or -errno. */
static int read_revision(struct step *step)
{
	cleanup(free_pointer) char *path = NULL;
	ssize_t size;

	if (asprintf(&path, "%s/%s/%s", step->path.mountpoint, step->path.function,
		    step->path.alias) < 0)
		return -ENOMEM;
	size = lgetxattr(
		path, "lambda.revision_id", step->revision_id, sizeof(step->revision_id) - 1);
	if (size < 0)
		return -errno;
	step->revision_id[size] = '\0';
	return 0;
}

/* Where it leads. The RevisionId comes first: what changes after that makes the move fail, not go wrong. */
static int read_state(struct step *step)
{
	char weight[NAME_MAX + 1], other[LAMBDA_VERSION_TEXT_SIZE];
	size_t length;
	int error = read_revision(step);

	if (!error)
		error = read_link(step, step->path.alias, step->from, LAMBDA_VERSION_TEXT_SIZE);
	if (!error)
		error = mount_find_weight(step->path.function_directory, step->path.alias, weight);
	if (error || !*weight)
		return error;
	error = read_link(step, weight, other, sizeof(other));
	length = strlen(step->from);
	if (!error)
		snprintf(step->from + length, sizeof(step->from) - length, ",%s%%%s",
			strchr(weight, '%') + 1, other);
	return error == -ENOENT ? 0 : error; /* called off meanwhile */
}

/* --to: a version that is there. */
static enum exit_code take_version(struct step *step, const char *text)
{
	struct stat status;
	uint64_t version;

	if (lambda_version_parse(text, &version))
		return report_error(EXIT_USAGE, "option 'to' takes a version, not '%s'", text);
	if (fstatat(step->path.function_directory, text, &status, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? report_error(EXIT_FAILED, "%s has no version %s",
						 step->path.function, text)
				       : fail_step(step, text, errno);
	snprintf(step->to, sizeof(step->to), "%s", text);
	return EXIT_OK;
}

/* The version before the last move. 0 or -errno: -EAGAIN where it is not proven. */
static int find_version(struct step *step)
{
	char name[LAMBDA_ALIAS_NAME_MAX + 3];

	snprintf(name, sizeof(name), "%s@1", step->path.alias);
	return read_link(step, name, step->to, sizeof(step->to));
}

/* Whether the mount would refuse the move now (contract 8.2.7). 0 or -errno. */
static int check_refusal(const struct step *step)
{
	cleanup(free_pointer) char *path = NULL;

	if (asprintf(&path, "%s/%s/%s@1", step->path.mountpoint, step->path.function,
		    step->path.alias) < 0)
		return -ENOMEM;
	return lgetxattr(path, "lambda.revision_id", NULL, 0) < 0 && errno == EPERM ? -EPERM : 0;
}

static enum exit_code fail_search(const struct step *step, int error)
{
	if (error == ENOENT)
		return report_error(EXIT_FAILED,
			"%s/%s: no version before %s is known: name one with --to",
			step->path.function, step->path.alias, step->from);
	return fail_step(step,
		error == EPERM ? "it cannot be rolled back now" : "name a version with --to",
		error);
}

/* " by alice"; where CloudTrail has not delivered it yet, what the mount notes: " by this mount, ...". */
static int append_mover(const struct alias_log_move *move, struct buffer *out)
{
	const char *who = move->fields[ALIAS_LOG_WHO], *note = move->fields[ALIAS_LOG_NOTE];
	bool is_noted = !strcmp(who, "-") && text_starts_with(note, "by this mount");
	int error = buffer_append_string(out, is_noted ? " " : " by ");

	return error ? error : alias_log_append_who(is_noted ? note : who, out);
}

/* "last moved 5 minutes ago by alice", and the lines that stand before the moves. */
static int append_last_move(const struct alias_log *log, struct buffer *out)
{
	const struct alias_log_move *move = alias_log_last_move(log);
	size_t i;
	int error = move ? buffer_appendf(out, "last %s ", move->fields[ALIAS_LOG_WHAT])
			 : buffer_append_string(out, "when it was last moved is not known");

	if (!error && move)
		error = alias_log_append_age(clock_wall_ms() / 1000 - move->time_s, out);
	if (!error && move)
		error = append_mover(move, out);
	for (i = 0; i < log->leading_notes && !error; i++) {
		error = buffer_append_string(out, "\n    ");
		if (!error)
			error = text_append_shown(out, log->notes[i]);
	}
	return error;
}

/* Who made the last move, or that this cannot be read: it is information alone. Waits for CloudTrail. */
static int describe_last_move(const struct step *step, struct buffer *out)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(ALIAS_LOG_MAX);
	cleanup(alias_log_release) struct alias_log log = {0};
	struct progress progress = {0};
	char file[2 * NAME_MAX];
	size_t line;
	int error;

	progress_tell(
		&progress, "%.40s/%.40s: asking CloudTrail", step->path.function, step->path.alias);
	snprintf(file, sizeof(file), ".aliases/%s/.history", step->path.alias);
	error = buffer_append_file(&text, step->path.function_directory, file);
	progress_clear(&progress);
	if (!error)
		error = alias_log_read(&log, buffer_text(&text), text.length, &line);
	if (!error)
		return append_last_move(&log, out);
	if (buffer_append_string(out, "who moved it cannot be read: "))
		return -ENOMEM;
	return mount_append_reason(step->path.mountpoint, -error, out);
}

/* What is to become of it; `to` is "?" where that is not known. */
static void show_step(const struct step *step, const char *to, const struct buffer *last)
{
	if (step->is_there)
		printf("%s/%s  leads to %s already\n", step->path.function, step->path.alias, to);
	else
		printf("%s/%s  %s -> %s   %s\n", step->path.function, step->path.alias, step->from,
			to, buffer_text(last));
	fflush(stdout);
}

static bool is_named_before(const struct plan *plan, const struct step *step)
{
	const struct step *other;

	for (other = plan->steps; other < step; other++)
		if (other->path.alias && step->path.alias &&
			!strcmp(other->path.alias, step->path.alias) &&
			!strcmp(other->path.function, step->path.function) &&
			!strcmp(other->path.mountpoint, step->path.mountpoint))
			return true;
	return false;
}

/* Looks at an alias: what it is, what it is to be. EXIT_OK, or another having complained. */
static enum exit_code check_step(struct plan *plan, const char *text, struct step *step)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(EXIT_TEXT_MAX);
	cleanup(buffer_release) struct buffer last = BUFFER_INIT(EXIT_TEXT_MAX);
	enum exit_code code;
	struct statvfs status;
	int error;

	step->path.takes = MOUNT_PATH_ALIAS;
	code = mount_path_open(text, &step->path, &message);
	if (code)
		return report_error(code, "%s", buffer_text(&message));
	if (!fstatvfs(step->path.function_directory, &status) && status.f_flag & ST_RDONLY)
		return report_error(EXIT_FAILED, "%s is mounted read-only", step->path.mountpoint);
	if (is_named_before(plan, step)) {
		step->is_there = true;
		return EXIT_OK;
	}
	error = read_state(step);
	if (error)
		return fail_step(step, "it cannot be read", -error);
	code = plan->options->to ? take_version(step, plan->options->to) : EXIT_OK;
	if (code)
		return code;
	/* First, as it makes CloudTrail known to what follows. */
	if (describe_last_move(step, &last))
		return report_error(EXIT_FAILED, "out of memory");
	error = plan->options->to ? 0 : find_version(step);
	step->is_there = !error && !strcmp(step->from, step->to);
	show_step(step, error ? "?" : step->to, &last);
	if (!error && !plan->options->to && !step->is_there)
		error = check_refusal(step);
	plan->moves += !error && !step->is_there;
	return error ? fail_search(step, -error) : EXIT_OK;
}

/* All of them, also behind one that cannot be moved. EXIT_OK when all can; else why, or that there are several reasons. */
static enum exit_code make_plan(struct plan *plan)
{
	const struct options *options = plan->options;
	enum exit_code worst = EXIT_OK, code;
	size_t i;

	plan->steps = calloc(options->word_count + 1, sizeof(*plan->steps));
	if (!plan->steps)
		return report_error(EXIT_FAILED, "out of memory");
	for (i = 0; i <= options->word_count; i++) {
		struct step *step = &plan->steps[plan->count++];

		step->path = (struct mount_path)MOUNT_PATH_INIT;
		code = check_step(plan, i ? options->words[i - 1] : options->source_text, step);
		if (code)
			worst = !worst || worst == code ? code : EXIT_FAILED;
	}
	return worst ? report_error(worst, "nothing was moved") : EXIT_OK;
}

/* --- asking --- */

static enum exit_code ask_to_continue(const struct plan *plan)
{
	cleanup(free_pointer) char *answer = NULL;
	size_t size = 0;
	ssize_t length;

	if (plan->options->yes)
		return EXIT_OK;
	if (!isatty(STDIN_FILENO))
		return report_error(EXIT_USAGE,
			"nothing was moved: standard input is not a terminal; use --yes");
	printf("Roll back %zu alias%s? [y/N] ", plan->moves, plan->moves == 1 ? "" : "es");
	fflush(stdout);
	length = getline(&answer, &size, stdin);
	if (length > 0 && answer[length - 1] == '\n')
		answer[length - 1] = '\0';
	if (length > 0 && (!strcasecmp(answer, "y") || !strcasecmp(answer, "yes")))
		return EXIT_OK;
	return report_error(EXIT_FAILED, "nothing was moved");
}

/* --- moving --- */

/* Makes a link that can be no alias, and renames it over the alias: one UpdateAlias, while it has that RevisionId. */
static int move_alias(const struct plan *plan, const struct step *step)
{
	char target[LAMBDA_ALIAS_NAME_MAX + LAMBDA_REVISION_ID_MAX + 8], link[NAME_MAX + 1];
	int directory = step->path.function_directory, error;

	if (plan->options->to)
		snprintf(target, sizeof(target), "%s=%s", step->to, step->revision_id);
	else
		snprintf(target, sizeof(target), "%s@1=%s", step->path.alias, step->revision_id);
	snprintf(link, sizeof(link), ".%s.rollback-%d", step->path.alias, (int)getpid());
	if (symlinkat(target, directory, link))
		return -errno;
	if (!renameat(directory, link, directory, step->path.alias))
		return 0;
	error = -errno;
	(void)unlinkat(directory, link, 0); /* the mount forgets it by itself */
	return error;
}

static enum exit_code carry_out(const struct plan *plan)
{
	enum exit_code worst = EXIT_OK;
	size_t i;

	for (i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		int error = step->is_there ? 0 : move_alias(plan, step);

		if (error)
			worst = fail_step(step,
				error == -EREMCHG ? "not moved, it has changed meanwhile"
						  : "the move failed",
				-error);
		else if (!step->is_there)
			printf("rolled back: %s/%s %s -> %s\n", step->path.function,
				step->path.alias, step->from, step->to);
		fflush(stdout);
	}
	return worst;
}

enum exit_code rollback_run(const struct options *options)
{
	cleanup(release_plan) struct plan plan = {.options = options};
	enum exit_code code = make_plan(&plan);

	if (!code && plan.moves)
		code = ask_to_continue(&plan);
	return code ? code : carry_out(&plan);
}
