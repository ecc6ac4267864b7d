/* SPDX-License-Identifier: MIT */
/* The listening socket: TCP or Unix. */
#ifndef ALIASFS_LOCAL_LISTEN_H
#define ALIASFS_LOCAL_LISTEN_H

#include "backend/local/plane.h"

struct listener {
	int descriptor;
	uint16_t port;  /* 0 for a Unix socket */
	char path[108]; /* of the Unix socket, or "" */
};

/* Listens as the options say. 0 or a negative errno with a sentence. */
int listener_open(struct listener *listener, const struct plane_options *options, char *reterr,
	size_t reterr_size) must_check;

/* Closes what is open and removes a Unix socket. */
void listener_close(struct listener *listener);

#endif
