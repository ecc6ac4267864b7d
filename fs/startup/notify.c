/* SPDX-License-Identifier: MIT */
#include "fs/startup/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TEXT_MAX 1024

void notify_init(struct notify *notify)
{
	const char *path = getenv("NOTIFY_SOCKET");

	notify->path[0] = '\0';
	if (path && (path[0] == '/' || path[0] == '@') && strlen(path) < sizeof(notify->path))
		snprintf(notify->path, sizeof(notify->path), "%s", path);
	unsetenv("NOTIFY_SOCKET");
}

void notify_send(const struct notify *notify, const char *format, ...)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup(close_descriptor) int sender = -1;
	socklen_t length =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(notify->path));
	char text[TEXT_MAX];
	va_list arguments;

	if (!notify->path[0])
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	memcpy(address.sun_path, notify->path, strlen(notify->path));
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0'; /* the abstract namespace */
	sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sender >= 0 && sendto(sender, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
				   (struct sockaddr *)&address, length) < 0)
		return;
}
