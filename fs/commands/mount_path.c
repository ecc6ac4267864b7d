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
#define LINKS_MAX 40 /* as the kernel */

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

static enum exit_code fail_path(
	struct buffer *message, enum exit_code code, const char *format, ...) printf_like(3, 4);

static enum exit_code fail_path(
	struct buffer *message, enum exit_code code, const char *format, ...)
{
	char text[EXIT_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return buffer_append_string(message, text) ? EXIT_FAILED : code;
}

/* Appends ` BEFORE` and the value of the line "NAME: VALUE (where it comes from)" of .aliasfs/identity, if there is one. */
static int append_identity(
	const struct buffer *identity, const char *name, const char *before, struct buffer *out)
{
	const char *line = strstr(buffer_text(identity), name), *value;
	size_t length;

	if (!line || (line > buffer_text(identity) && line[-1] != '\n'))
		return 0;
	value = line + strlen(name);
	length = strcspn(value, "\n");
	/* Of a server in the mount's own process nothing is to be named; what is so anyway need not be. */
	if (strcspn(value, " ") < length && value[strcspn(value, " ") + 1] != '(')
		return 0;
	if (text_starts_with(value, "default\n") || text_starts_with(value, "default "))
		return 0;
	return buffer_appendf(out, " %s%.*s", before, (int)strcspn(value, " \n"), value);
}

/* The command that asks the account of the mount. */
static int append_log_command(const struct mount_path *path, struct buffer *out)
{
	cleanup(buffer_release) struct buffer identity = BUFFER_INIT(IDENTITY_MAX);
	cleanup(free_pointer) char *file = NULL;
	int error = buffer_append_string(out, "aliasfs log");

	if (!error && asprintf(&file, "%s/.aliasfs/identity", path->mountpoint) < 0)
		error = -ENOMEM;
	if (!error && buffer_append_file(&identity, AT_FDCWD, file))
		return buffer_appendf(out, " SOURCE %s %s", path->function, path->alias);
	if (!error)
		error = append_identity(&identity, "source: ", "", out);
	if (!error)
		error = buffer_appendf(out, " %s %s", path->function, path->alias);
	if (!error)
		error = append_identity(&identity, "profile: ", "--profile=", out);
	if (!error)
		error = append_identity(&identity, "region: ", "--region=", out);
	return error ? error : append_identity(&identity, "endpoint: ", "--endpoint-url=", out);
}

static enum exit_code fail_gone(
	const struct mount_path *path, const char *text, struct buffer *message)
{
	cleanup(buffer_release) struct buffer command = BUFFER_INIT(EXIT_TEXT_MAX);

	if (append_log_command(path, &command))
		return fail_path(message, EXIT_FAILED, "out of memory");
	return fail_path(message, EXIT_FAILED,
		"'%s': there is no such alias - `%s` prints what happened to it", text,
		buffer_text(&command));
}

/* An errno of the mount, in its own words. */
static enum exit_code fail_call(
	const struct mount_path *path, const char *text, int error_number, struct buffer *message)
{
	cleanup(buffer_release) struct buffer reason = BUFFER_INIT(EXIT_TEXT_MAX);

	if (mount_append_reason(path->mountpoint, error_number, &reason))
		return fail_path(
			message, EXIT_FAILED, "'%s': %s", text, strerrordesc_np(error_number));
	return fail_path(
		message, mount_exit_code(error_number), "'%s': %s", text, buffer_text(&reason));
}

/* What the name in the function's directory is. */
static enum exit_code check_name(
	const struct mount_path *path, const char *text, struct buffer *message)
{
	bool takes_version = path->takes == MOUNT_PATH_ALIAS_OR_VERSION;
	struct stat status;
	struct name name;

	name_parse(path->alias, &name);
	if (name.kind == NAME_WEIGHT)
		return fail_path(message, EXIT_FAILED, "'%s' is a weight: name the alias %s", text,
			name.alias);
	if (name.kind != NAME_ALIAS && !(name.kind == NAME_VERSION && takes_version))
		return fail_path(message, EXIT_FAILED,
			"'%s' is no alias%s: name one, as in mnt/hello/PROD", text,
			takes_version ? " and no version" : "");
	if (!fstatat(path->function_directory, path->alias, &status, AT_SYMLINK_NOFOLLOW))
		return EXIT_OK;
	if (errno == ENOENT && name.kind == NAME_VERSION)
		return fail_path(message, EXIT_FAILED, "'%s': there is no such version", text);
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

/* Where a link leads, which is not followed when it is a link itself. NULL with errno. */
static char *follow_link(const char *path)
{
	cleanup(free_pointer) char *joined = NULL;
	const char *slash = strrchr(path, '/');
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = '\0';
	if (*target == '/' || !slash)
		return mount_join_parent(target);
	if (asprintf(&joined, "%.*s/%s", (int)(slash - path), path, target) < 0)
		return NULL;
	return mount_join_parent(joined);
}

/* Cuts the path after its mountpoint, behind links to it from elsewhere. EXIT_OK, or the exit code. */
static enum exit_code find_mount(
	struct mount_path *path, const char *text, const char **ret_below, struct buffer *message)
{
	unsigned int links = 0;

	path->mountpoint = is_link(text) ? mount_join_parent(text) : mount_real_path(text);
	while (path->mountpoint && !mount_split(path->mountpoint, ret_below)) {
		char *next;

		if (!is_link(path->mountpoint) || links++ == LINKS_MAX)
			return fail_path(message, EXIT_MOUNTPOINT,
				"'%s' is not in a mount of aliasfs", text);
		next = follow_link(path->mountpoint);
		free(path->mountpoint);
		path->mountpoint = next;
	}
	return path->mountpoint
		       ? EXIT_OK
		       : fail_path(message,
				 errno == ENOENT ? EXIT_MOUNTPOINT : mount_exit_code(errno),
				 "'%s': %s", text, strerrordesc_np(errno));
}

/* Opens the function's directory. */
static enum exit_code open_function(
	struct mount_path *path, const char *text, struct buffer *message)
{
	cleanup(free_pointer) char *function = NULL;

	if (asprintf(&function, "%s/%s", path->mountpoint, path->function) < 0)
		return fail_path(message, EXIT_FAILED, "out of memory");
	path->function_directory = open(function, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (path->function_directory < 0)
		return fail_call(path, text, errno, message);
	return EXIT_OK;
}

enum exit_code mount_path_open(const char *text, struct mount_path *path, struct buffer *message)
{
	cleanup(free_pointer) char *trimmed = strdup(text);
	size_t length = strlen(text);
	enum exit_code code;
	const char *below;

	if (!trimmed)
		return fail_path(message, EXIT_FAILED, "out of memory");
	/* Completion puts a slash behind a link to a directory, which would follow it. */
	while (length > 1 && trimmed[length - 1] == '/')
		trimmed[--length] = '\0';
	text = trimmed;
	code = find_mount(path, text, &below, message);
	if (code)
		return code;
	if (!*below)
		return fail_path(message, EXIT_FAILED,
			"'%s' is a whole mount: name an alias in it, as in %s/hello/PROD", text,
			text);
	if (take_names(path, below))
		return fail_path(message, EXIT_FAILED, "out of memory");
	if (!lambda_is_entry_name(path->function))
		return fail_path(message, EXIT_FAILED, "'%s' is no function", text);
	code = open_function(path, text, message);
	if (!code && path->alias)
		return check_name(path, text, message);
	if (!code && path->takes != MOUNT_PATH_FUNCTION_OR_ALIAS)
		return fail_path(message, EXIT_FAILED,
			"'%s' is a function: name an alias%s of it, as in %s/PROD", text,
			path->takes == MOUNT_PATH_ALIAS ? "" : " or a version", text);
	return code;
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
