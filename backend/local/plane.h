/* SPDX-License-Identifier: MIT */
/*
 * lambda-plane as a library: a Lambda control plane over a state directory, served over HTTP by
 * threads of its own. The program lambda-plane is this and an option parser; `aliasfs local:DIR`
 * embeds it on a private Unix socket.
 */
#ifndef ALIASFS_LOCAL_PLANE_H
#define ALIASFS_LOCAL_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/base/log.h"

struct plane;

struct plane_options {
	const char *state_directory; /* made (mode 0700) when it is not there */
	/*
	 * Either a Unix socket's path (at most 107 bytes; a stale socket there is replaced, a living one
	 * is -EADDRINUSE; the socket's mode is 0600), or an IP address (NULL: 127.0.0.1) and a port (0: a
	 * free one).
	 */
	const char *unix_socket;
	const char *address;
	uint16_t port;
	const char *account;    /* 12 digits; NULL: 000000000000 */
	const char *region;     /* NULL: us-east-1 */
	int64_t settle_ms;      /* how long Pending and InProgress last */
	int64_t latency_ms;     /* added to every API answer */
	int64_t trail_delay_ms; /* how long after a call CloudTrail has its event */
	double rate;            /* control-plane calls a second that pass; 0: no limit (AWS: 15) */
	uint64_t seed;          /* of the choice between the versions of a weighted alias */
	/* "KEY:SECRET": only requests that are signed with it pass. NULL: any do. */
	const char *verify_signatures;
	unsigned
		timeout_s; /* how long a connection may be silent, or take for one request; 0: 60 */
	/*
	 * Host names, besides loopback and the address, under which requests are answered; ends with
	 * NULL. NULL: none. Not looked at for a Unix socket.
	 */
	const char *const *allowed_hosts;
	struct log *log; /* may be NULL; must outlive the plane */
};

/*
 * Opens the state and serves. 0, or a negative errno with a sentence for people in `reterr`. Returns
 * when requests are answered. Starts threads: fork before, not after. Blocks on the disk.
 */
int plane_start(const struct plane_options *options, struct plane **ret_plane, char *reterr,
	size_t reterr_size) must_check;

/* The port that is listened on; 0 for a Unix socket. */
uint16_t plane_port(const struct plane *plane);

/*
 * Stops serving, waits for the calls in flight, closes the state, removes the socket. NULL is fine.
 * Blocks for as long as an answer takes.
 */
void plane_stop(struct plane *plane);

#endif
