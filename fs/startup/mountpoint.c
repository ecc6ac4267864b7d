/* SPDX-License-Identifier: MIT */
#include "fs/startup/mountpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "fs/commands/mount_path.h"

#define OUR_TYPE "fuse.aliasfs"
#define MOUNTINFO_MAX (16 * 1024 * 1024)
#define LOCK_MS 2000  /* longer than any start needs to mount */
#define STACKED_MAX 8 /* dead mounts on top of each other that are cleared */

/* --- /proc/self/mountinfo --- */

/* The kernel writes blank, tab, newline and backslash as \OOO: whether that field is `path`. */
static bool field_is_path(const char *field, size_t length, const char *path)
{
	size_t i;

	for (i = 0; i < length; i++, path++) {
		char byte = field[i];

		if (byte == '\\' && i + 3 < length) {
			byte = (char)((field[i + 1] - '0') << 6 | (field[i + 2] - '0') << 3 |
				      (field[i + 3] - '0'));
			i += 3;
		}
		if (!*path || *path != byte)
			return false;
	}
	return !*path;
}

/* The next word of a line and its length; *line moves behind it. */
static const char *next_field(const char **line, size_t *ret_length)
{
	const char *field = *line + strspn(*line, " ");

	*ret_length = strcspn(field, " \n");
	*line = field + *ret_length;
	return field;
}

/* "36 35 98:0 /root /mountpoint options [tags…] - type source superoptions" */
static bool read_line(const char *line, const char *path, char type[MOUNTPOINT_TYPE_SIZE])
{
	const char *field = NULL;
	size_t length = 0;
	int i;

	for (i = 0; i < 5; i++)
		field = next_field(&line, &length);
	if (!field_is_path(field, length, path))
		return false;
	do
		field = next_field(&line, &length);
	while (length && !(length == 1 && *field == '-'));
	field = next_field(&line, &length);
	snprintf(type, MOUNTPOINT_TYPE_SIZE, "%.*s", (int)length, field);
	return true;
}

bool mountpoint_type(const char *mountinfo, const char *path, char type[MOUNTPOINT_TYPE_SIZE])
{
	bool found = false;

	/* The kernel lists them in the order of mounting: the last one is on top. */
	while (*mountinfo) {
		found |= read_line(mountinfo, path, type);
		mountinfo += strcspn(mountinfo, "\n");
		mountinfo += *mountinfo == '\n';
	}
	return found;
}

/* What is mounted there, "" for nothing (or when /proc is not readable: then nothing is cleared). */
static void find_mounted_type(const char *path, char type[MOUNTPOINT_TYPE_SIZE])
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(MOUNTINFO_MAX);

	type[0] = '\0';
	if (buffer_append_file(&text, AT_FDCWD, "/proc/self/mountinfo") ||
		!mountpoint_type(buffer_text(&text), path, type))
		type[0] = '\0';
}

/* --- a dead mount --- */

/* Whether the filesystem's process has gone. Only asked of our own type: others may hang. */
static bool is_dead(const char *path)
{
	struct statvfs unused;

	/* Not stat(2): the kernel may still remember the root's attributes. */
	return statvfs(path, &unused) && (errno == ENOTCONN || errno == ECONNABORTED);
}

static int run_fusermount(const char *path)
{
	const char *const arguments[] = {"fusermount3", "-u", "-q", "-z", "--", path, NULL};
	int error, status;
	pid_t child;

	error = posix_spawnp(
		&child, arguments[0], NULL, NULL, (char *const *)(uintptr_t)arguments, environ);
	if (error)
		return -error;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EPERM;
}

static int detach_mount(const char *path)
{
	if (geteuid() == 0)
		return umount2(path, MNT_DETACH) ? -errno : 0;
	return run_fusermount(path);
}

static int write_complaint(struct buffer *message, int error, const char *path, const char *what)
{
	if (buffer_appendf(message, "mountpoint '%s': %s", path, what))
		return -ENOMEM;
	return -error;
}

static int complain_of_mount(struct buffer *message, const char *path)
{
	return write_complaint(message, EBUSY, path,
		"aliasfs is mounted there already; unmount it with `fusermount3 -u MOUNTPOINT`");
}

/* Clears dead mounts of ours; refuses a living one. */
static int clear_mountpoint(const char *path, bool *ret_cleared, struct buffer *message)
{
	char type[MOUNTPOINT_TYPE_SIZE];
	int i;

	for (i = 0; i < STACKED_MAX; i++) {
		find_mounted_type(path, type);
		if (strcmp(type, OUR_TYPE))
			return 0;
		if (!is_dead(path))
			return complain_of_mount(message, path);
		if (detach_mount(path))
			return write_complaint(message, ENOTCONN, path,
				"a dead mount is in the way (Transport endpoint is not connected) "
				"and cannot be cleared; try `fusermount3 -u -z MOUNTPOINT` or, "
				"as root, `umount -l MOUNTPOINT`");
		*ret_cleared = true;
	}
	return 0;
}

/* --- the path --- */

int mountpoint_prepare(char **path, bool *ret_cleared, struct buffer *message)
{
	char *absolute = realpath(*path, NULL);
	struct stat stat_of_it;
	int error;

	if (!absolute && errno == ENOTCONN)
		absolute = mount_join_parent(*path);
	if (!absolute)
		return write_complaint(message, errno, *path,
			errno == ENOENT ? "there is no such directory; make it with mkdir"
					: strerrordesc_np(errno));
	free(*path);
	*path = absolute;
	error = clear_mountpoint(absolute, ret_cleared, message);
	if (error)
		return error;
	if (stat(absolute, &stat_of_it))
		return write_complaint(message, errno, absolute,
			errno == ENOTCONN
				? "a dead mount of another filesystem is there (Transport "
				  "endpoint is not connected); unmount it first"
				: strerrordesc_np(errno));
	if (!S_ISDIR(stat_of_it.st_mode))
		return write_complaint(message, ENOTDIR, absolute, "this is not a directory");
	return 0;
}

/* An open and locked descriptor of the directory, or -1. */
static int lock_directory(const char *path)
{
	int64_t deadline_ms = clock_monotonic_ms() + LOCK_MS;
	const struct timespec pause = {.tv_nsec = 5 * 1000000L};
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (directory >= 0 && flock(directory, LOCK_EX | LOCK_NB)) {
		if ((errno != EWOULDBLOCK && errno != EINTR) ||
			clock_monotonic_ms() >= deadline_ms) {
			close(directory);
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return directory;
}

int mountpoint_reserve(const char *path, int *ret_lock, struct buffer *message)
{
	char type[MOUNTPOINT_TYPE_SIZE];

	*ret_lock = -1;
	find_mounted_type(path, type);
	/* To open an autofs placeholder is to ask for the mount that is being made. */
	if (strcmp(type, OUR_TYPE) && strcmp(type, "autofs")) {
		*ret_lock = lock_directory(path);
		find_mounted_type(path, type);
	}
	if (strcmp(type, OUR_TYPE))
		return 0;
	if (*ret_lock >= 0)
		close(*ret_lock);
	*ret_lock = -1;
	return complain_of_mount(message, path);
}

bool mountpoint_hides(const char *mountpoint, const char *path)
{
	cleanup(free_pointer) char *resolved = realpath(path, NULL);
	size_t length = strcmp(mountpoint, "/") ? strlen(mountpoint) : 0;

	return resolved && !strncmp(resolved, mountpoint, length) &&
	       (resolved[length] == '\0' || resolved[length] == '/');
}
