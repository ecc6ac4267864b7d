/* SPDX-License-Identifier: MIT */
/*
 * Notifies systemd of the service's state (sd_notify(3), Type=notify): one datagram to the socket named by
 * NOTIFY_SOCKET. Without that variable nothing happens.
 */
#ifndef ALIASFS_NOTIFY_H
#define ALIASFS_NOTIFY_H

#include "backend/base/cleanup.h"

#define NOTIFY_PATH_SIZE 108 /* of sockaddr_un.sun_path */

struct notify {
	char path[NOTIFY_PATH_SIZE]; /* "" without NOTIFY_SOCKET */
};

/* Reads NOTIFY_SOCKET and takes it out of the environment: what we start must not speak for us. Before any thread. */
void notify_init(struct notify *notify);

/* Sends e.g. "READY=1\nSTATUS=…". Never blocks; a failure is ignored. */
void notify_send(const struct notify *notify, const char *format, ...) printf_like(2, 3);

#endif
