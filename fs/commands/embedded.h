/* SPDX-License-Identifier: MIT */
/*
 * local:DIR: lambda-plane's server inside this process, on a Unix socket that no other user can reach.
 * The socket lies in a directory of mode 0700 of its own, named after the process, so that what a kill -9
 * left behind is recognised and removed by the next start.
 */
#ifndef ALIASFS_EMBEDDED_H
#define ALIASFS_EMBEDDED_H

#include <stddef.h>

#include "backend/base/cleanup.h"
#include "backend/base/log.h"

struct embedded;

/*
 * Opens the state in `directory` (absolute) and serves it. `region` may be NULL. NULL on failure, with
 * the reason in `text`. Starts threads; blocks on the disk only.
 */
struct embedded *embedded_start(const char *directory, const char *region, struct log *log,
	char *text, size_t size) must_check;

/* Ends the server and removes the socket. NULL is fine. */
void embedded_stop(struct embedded *embedded);

/* The socket's path: belongs to `embedded`. */
const char *embedded_socket(const struct embedded *embedded);

#endif
