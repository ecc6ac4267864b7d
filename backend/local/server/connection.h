/* SPDX-License-Identifier: MIT */
/*
 * The connections that are open, and the thread that ends those that take too long for a request.
 * libmicrohttpd itself ends silent ones only: a client that sends a byte now and then would keep its
 * thread for ever.
 */
#ifndef ALIASFS_LOCAL_CONNECTION_H
#define ALIASFS_LOCAL_CONNECTION_H

#include <stdint.h>

#include "backend/base/cleanup.h"

struct connections;
struct connection;

/*
 * Watches: a request must be in within `receive_ms` of the answer before it (or of the connection's
 * begin), and its answer out within `send_ms`. Calls `tick` about once a second. Starts a thread. NULL
 * when that fails.
 */
struct connections *connections_new(
	int64_t receive_ms, int64_t send_ms, void (*tick)(void *data), void *data) must_check;

/* Stops the thread. All connections must be gone. NULL is fine. */
void connections_free(struct connections *connections);

/* A connection began on this socket. NULL when out of memory: it is not watched then. */
struct connection *connection_open(struct connections *connections, int descriptor);

/* It ended: its socket is about to be closed. NULL is fine. */
void connection_close(struct connections *connections, struct connection *connection);

/* It waits for a request, works on one (for as long as that takes), or sends its answer. NULL is fine. */
void connection_receives(struct connections *connections, struct connection *connection);
void connection_works(struct connections *connections, struct connection *connection);
void connection_sends(struct connections *connections, struct connection *connection);

#endif
