/* SPDX-License-Identifier: MIT */
/* The HTTP side: libmicrohttpd, one thread a connection, everything bounded. */
#ifndef ALIASFS_LOCAL_SERVER_H
#define ALIASFS_LOCAL_SERVER_H

#include "backend/local/plane.h"

struct server;

/* Listens and serves `plane`. 0 or a negative errno with a sentence. Starts threads. */
int server_start(struct plane *plane, const struct plane_options *options,
	struct server **ret_server, char *reterr, size_t reterr_size) must_check;

uint16_t server_port(const struct server *server);

/* Stops listening, ends the connections, waits for their threads. NULL is fine. */
void server_stop(struct server *server);

#endif
