/* SPDX-License-Identifier: MIT */
#include "backend/local/server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 512

static int fail_listen(int descriptor, char *reterr, size_t reterr_size, const char *what)
{
	int error = -errno;

	snprintf(reterr, reterr_size, "cannot listen on %s: %s", what, strerror(-error));
	if (descriptor >= 0)
		close(descriptor);
	return error;
}

/* A socket without a listener is a left-over. */
static bool is_stale(const struct sockaddr_un *address)
{
	cleanup(close_descriptor) int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return probe >= 0 &&
	       connect(probe, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	       errno == ECONNREFUSED;
}

static int open_unix(struct listener *listener, const char *path, char *reterr, size_t reterr_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int descriptor;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return fail_listen(-1, reterr, reterr_size, path);
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return fail_listen(-1, reterr, reterr_size, path);
	if (is_stale(&address))
		unlink(path);
	/* The mode before the name appears: fchmod() of the socket is what bind() creates it with. */
	if (fchmod(descriptor, 0600) ||
		bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) ||
		chmod(path, 0600) || listen(descriptor, BACKLOG))
		return fail_listen(descriptor, reterr, reterr_size, path);
	listener->descriptor = descriptor;
	snprintf(listener->path, sizeof(listener->path), "%s", path);
	return 0;
}

static bool parse_address(
	const char *text, uint16_t port, struct sockaddr_storage *storage, socklen_t *ret_size)
{
	struct sockaddr_in *four = (struct sockaddr_in *)storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;

	memset(storage, 0, sizeof(*storage));
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		*ret_size = sizeof(*four);
		return true;
	}
	if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		*ret_size = sizeof(*six);
		return true;
	}
	return false;
}

static int read_port(struct listener *listener)
{
	struct sockaddr_storage storage;
	socklen_t size = sizeof(storage);

	if (getsockname(listener->descriptor, (struct sockaddr *)&storage, &size))
		return -errno;
	listener->port =
		ntohs(storage.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&storage)->sin6_port
						    : ((struct sockaddr_in *)&storage)->sin_port);
	return 0;
}

static int open_tcp(struct listener *listener, const char *address, uint16_t port, char *reterr,
	size_t reterr_size)
{
	struct sockaddr_storage storage;
	int descriptor, one = 1;
	char where[80];
	socklen_t size;

	snprintf(where, sizeof(where), "%s port %u", address, port);
	if (!parse_address(address, port, &storage, &size)) {
		errno = EINVAL;
		return fail_listen(-1, reterr, reterr_size, where);
	}
	descriptor = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return fail_listen(-1, reterr, reterr_size, where);
	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(descriptor, (struct sockaddr *)&storage, size) || listen(descriptor, BACKLOG))
		return fail_listen(descriptor, reterr, reterr_size, where);
	listener->descriptor = descriptor;
	if (read_port(listener))
		return fail_listen(descriptor, reterr, reterr_size, where);
	return 0;
}

int listener_open(struct listener *listener, const struct plane_options *options, char *reterr,
	size_t reterr_size)
{
	memset(listener, 0, sizeof(*listener));
	listener->descriptor = -1;
	if (options->unix_socket)
		return open_unix(listener, options->unix_socket, reterr, reterr_size);
	return open_tcp(listener, options->address ? options->address : "127.0.0.1", options->port,
		reterr, reterr_size);
}

void listener_close(struct listener *listener)
{
	if (listener->descriptor >= 0)
		close(listener->descriptor);
	listener->descriptor = -1;
	if (listener->path[0])
		unlink(listener->path);
	listener->path[0] = '\0';
}
