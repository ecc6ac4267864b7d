/* SPDX-License-Identifier: MIT */
#include "fs/commands/mount_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/text.h"
#include "fs/rules/name.h"

#define ERRORS_MAX (16 * 1024 * 1024) /* bytes of .aliasfs/errors */
#define IDENTITY_MAX (64 * 1024)

static bool is_mount(const char *path)
{
	cleanup(free_pointer) char *mark = NULL;
	struct stat status;

	return asprintf(&mark, "%s/.aliasfs/version", strcmp(path, "/") ? path : "") >= 0 &&
	       !stat(mark, &status);
}

char *mount_join_parent(const char *path)
{
	cleanup(free_pointer) char *copy = strdup(path), *parent = NULL;
	size_t length = copy ? strlen(copy) : 0;
	char *slash, *joined;

	while (length > 1 && copy[length - 1] == '/')
		copy[--length] = '\0';
	slash = copy ? strrchr(copy, '/') : NULL;
	if (slash)
		*slash = '\0';
	if (copy)
		parent = realpath(!slash ? "." : *copy ? copy : "/", NULL);
	if (!parent || asprintf(&joined, "%s/%s", strcmp(parent, "/") ? parent : "",
			       slash ? slash + 1 : copy) < 0)
		return NULL;
	return joined;
}

char *mount_real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : mount_join_parent(path);
}

bool mount_split(char *path, const char **ret_below)
{
	size_t length = strlen(path), whole = length;
	char cut;

	while (length) {
		cut = path[length];
		path[length] = '\0';
		if (is_mount(path)) {
			*ret_below = length == whole ? "" : path + length + 1;
			return true;
		}
		path[length] = cut;
		while (length && path[--length] != '/')
			;
	}
	return false;
}

/* --- a function, or an alias of one --- */

static enum exit_code fail(struct buffer *message, enum exit_code code, const char *format, ...)
	printf_like(3, 4);

static enum exit_code fail(struct buffer *message, enum exit_code code, const char *format, ...)
{
	char text[EXIT_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return buffer_append_string(message, text) ? EXIT_FAILED : code;
}

/* The value of a line "NAME: VALUE" of .aliasfs/identity, which the caller frees; NULL when it cannot be read. */
static char *read_source(const char *mountpoint)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(IDENTITY_MAX);
	cleanup(free_pointer) char *path = NULL;
	const char *source;

	if (asprintf(&path, "%s/.aliasfs/identity", mountpoint) < 0 ||
		buffer_append_file(&text, AT_FDCWD, path))
		return NULL;
	source = strstr(buffer_text(&text), "source: ");
	return source ? strndup(source + 8, strcspn(source + 8, "\n")) : NULL;
}

static enum exit_code fail_gone(
	const struct mount_path *path, const char *text, struct buffer *message)
{
	cleanup(free_pointer) char *source = read_source(path->mountpoint);

	return fail(message, EXIT_FAILED,
		"'%s': there is no such alias - `aliasfs log %s %s %s` prints what happened to it",
		text, source ? source : "SOURCE", path->function, path->alias);
}

/* An errno of the mount, in its own words. */
static enum exit_code fail_call(
	const struct mount_path *path, const char *text, int error_number, struct buffer *message)
{
	cleanup(buffer_release) struct buffer reason = BUFFER_INIT(EXIT_TEXT_MAX);

	if (mount_append_reason(path->mountpoint, error_number, &reason))
		return fail(message, EXIT_FAILED, "'%s': %s", text, strerrordesc_np(error_number));
	return fail(message, mount_exit_code(error_number), "'%s': %s", text, buffer_text(&reason));
}

/* What the name in the function's directory is. */
static enum exit_code check_name(
	const struct mount_path *path, const char *text, struct buffer *message)
{
	struct stat status;
	struct name name;

	name_parse(path->alias, &name);
	if (name.kind == NAME_WEIGHT)
		return fail(message, EXIT_FAILED, "'%s' is a weight: name the alias %s", text,
			name.alias);
	if (name.kind != NAME_ALIAS && !(name.kind == NAME_VERSION && path->takes_version))
		return fail(message, EXIT_FAILED,
			"'%s' is no alias%s: name one, as in mnt/hello/PROD", text,
			path->takes_version ? " and no version" : "");
	if (!fstatat(path->function_directory, path->alias, &status, AT_SYMLINK_NOFOLLOW))
		return EXIT_OK;
	if (errno == ENOENT && name.kind == NAME_VERSION)
		return fail(message, EXIT_FAILED, "'%s': there is no such version", text);
	if (errno == ENOENT)
		return fail_gone(path, text, message);
	return fail_call(path, text, errno, message);
}

static bool is_link(const char *path)
{
	struct stat status;

	return !lstat(path, &status) && S_ISLNK(status.st_mode);
}

/* Below the mountpoint: "hello", "hello/PROD". */
static int take_names(struct mount_path *path, const char *below)
{
	const char *slash = strchr(below, '/');

	path->function = strndup(below, slash ? (size_t)(slash - below) : strlen(below));
	path->alias = slash ? strdup(slash + 1) : NULL;
	return path->function && (!slash || path->alias) ? 0 : -ENOMEM;
}

enum exit_code mount_path_open(const char *text, struct mount_path *path, struct buffer *message)
{
	cleanup(free_pointer) char *trimmed = strdup(text), *function = NULL;
	size_t length = strlen(text);
	const char *below;

	/* Completion puts a slash behind a link to a directory, which would follow it. */
	while (trimmed && length > 1 && trimmed[length - 1] == '/')
		trimmed[--length] = '\0';
	path->mountpoint = !trimmed           ? NULL
			   : is_link(trimmed) ? mount_join_parent(trimmed)
					      : mount_real_path(trimmed);
	if (!path->mountpoint)
		return fail(message, errno == ENOENT ? EXIT_MOUNTPOINT : mount_exit_code(errno),
			"'%s': %s", text, strerrordesc_np(errno));
	if (!mount_split(path->mountpoint, &below))
		return fail(message, EXIT_MOUNTPOINT, "'%s' is not in a mount of aliasfs", text);
	if (!*below)
		return fail(message, EXIT_FAILED,
			"'%s' is a whole mount: name an alias in it, as in %s/hello/PROD", text,
			text);
	if (take_names(path, below) ||
		asprintf(&function, "%s/%s", path->mountpoint, path->function) < 0)
		return fail(message, EXIT_FAILED, "out of memory");
	path->function_directory = open(function, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (path->function_directory < 0)
		return fail_call(path, text, errno, message);
	return path->alias ? check_name(path, text, message) : EXIT_OK;
}

void mount_path_release(struct mount_path *path)
{
	close_descriptor(&path->function_directory);
	free(path->mountpoint);
	free(path->function);
	free(path->alias);
}

int mount_find_weight(int directory, const char *alias, char name[NAME_MAX + 1])
{
	int descriptor = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *entry;
	int error = stream ? 0 : errno;

	*name = '\0';
	while (!error && !*name) {
		struct name parsed;

		errno = 0;
		entry = readdir(stream);
		if (!entry) {
			error = errno;
			break;
		}
		name_parse(entry->d_name, &parsed);
		if (parsed.kind == NAME_WEIGHT && !strcmp(parsed.alias, alias))
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (stream)
		closedir(stream);
	return -error;
}

/* --- what went wrong --- */

int mount_append_reason(const char *mountpoint, int error_number, struct buffer *out)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(ERRORS_MAX);
	cleanup(free_pointer) char *path = NULL;
	const char *found = NULL, *next;
	char process[32];

	if (asprintf(&path, "%s/.aliasfs/errors", mountpoint) < 0)
		return -ENOMEM;
	snprintf(process, sizeof(process), " (pid %d, uid ", (int)getpid());
	if (!buffer_append_file(&text, AT_FDCWD, path))
		for (next = buffer_text(&text); (next = strstr(next, process)); next++)
			found = next;
	found = found ? strstr(found, "): ") : NULL;
	if (found && text_starts_with(found + 3, strerrordesc_np(error_number)))
		return buffer_append(out, found + 3, strcspn(found + 3, "\n"));
	return buffer_appendf(out, "%s - see %s", strerrordesc_np(error_number), path);
}

enum exit_code mount_exit_code(int error_number)
{
	switch (error_number) {
	case EACCES:
		return EXIT_PERMISSION;
	case ENOKEY:
	case EKEYEXPIRED:
	case EKEYREJECTED:
		return EXIT_CREDENTIALS;
	case ETIMEDOUT:
		return EXIT_TIMEOUT;
	case ENOTCONN:
		return EXIT_MOUNTPOINT;
	case EAGAIN:
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EPROTO:
	case EREMOTEIO:
		return EXIT_NETWORK;
	default:
		return EXIT_FAILED;
	}
}
