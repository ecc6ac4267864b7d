/* SPDX-License-Identifier: MIT */
#include "fs/commands/embedded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/plane.h"

#define PREFIX "aliasfs-local-"
#define SOCKET_NAME "socket"
#define SOCKET_PATH_MAX 107 /* bytes of sockaddr_un.sun_path, without the NUL */

struct embedded {
	struct plane *plane;
	char directory[SOCKET_PATH_MAX + 1];
	char socket[SOCKET_PATH_MAX + 1];
};

/* Where sockets belong: the user's runtime directory, or /tmp where there is none. */
static const char *runtime_directory(void)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");

	if (directory && directory[0] == '/' && strlen(directory) < 60 &&
		!access(directory, W_OK | X_OK))
		return directory;
	return "/tmp";
}

/* "aliasfs-local-PID-XXXXXX" of a process that is no more. */
static bool is_left_behind(const char *name)
{
	const char *digits = name + strlen(PREFIX), *end;
	uint64_t pid;

	if (!text_starts_with(name, PREFIX))
		return false;
	end = strchr(digits, '-');
	if (!end || number_parse_u64_bytes(digits, (size_t)(end - digits), INT_MAX, &pid) || !pid)
		return false;
	return kill((pid_t)pid, 0) && errno == ESRCH;
}

/* It has no listener; the owner's process may be alive all the same, in another PID namespace. */
static bool is_silent(const char *path)
{
	cleanup(close_descriptor) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (probe < 0 || strlen(path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, strlen(path) + 1);
	return connect(probe, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
	       (errno == ECONNREFUSED || errno == ENOENT);
}

/* Only what is ours, and never through a link: others can write to /tmp too. */
static void remove_left_behind(int runtime, const char *name)
{
	cleanup(close_descriptor) int directory =
		openat(runtime, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (directory < 0 || fstat(directory, &status) || status.st_uid != geteuid())
		return;
	unlinkat(directory, SOCKET_NAME, 0);
	unlinkat(runtime, name, AT_REMOVEDIR);
}

/* Removes what a kill -9 left. */
static void sweep_directories(const char *runtime)
{
	DIR *directory = opendir(runtime);
	const struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s/" SOCKET_NAME, runtime, entry->d_name);
		if (is_left_behind(entry->d_name) && is_silent(path))
			remove_left_behind(dirfd(directory), entry->d_name);
	}
	closedir(directory);
}

struct embedded *embedded_start(
	const char *directory, const char *region, struct log *log, char *text, size_t size)
{
	struct embedded *embedded = calloc(1, sizeof(*embedded));
	const char *runtime = runtime_directory();
	struct plane_options options = {
		.state_directory = directory,
		.region = region,
		.log = log,
	};

	if (!embedded) {
		snprintf(text, size, "out of memory");
		return NULL;
	}
	sweep_directories(runtime);
	snprintf(embedded->directory, sizeof(embedded->directory), "%s/" PREFIX "%d-XXXXXX",
		runtime, (int)getpid());
	/* mkdtemp() makes it with mode 0700. */
	if (!mkdtemp(embedded->directory)) {
		snprintf(text, size, "cannot make a directory in %s: %s", runtime,
			strerrordesc_np(errno));
		free(embedded);
		return NULL;
	}
	snprintf(embedded->socket, sizeof(embedded->socket), "%.90s/" SOCKET_NAME,
		embedded->directory);
	options.unix_socket = embedded->socket;
	if (plane_start(&options, &embedded->plane, text, size)) {
		rmdir(embedded->directory);
		free(embedded);
		return NULL;
	}
	return embedded;
}

void embedded_stop(struct embedded *embedded)
{
	if (!embedded)
		return;
	plane_stop(embedded->plane);
	unlink(embedded->socket);
	rmdir(embedded->directory);
	free(embedded);
}

const char *embedded_socket(const struct embedded *embedded)
{
	return embedded->socket;
}
