/* SPDX-License-Identifier: MIT */
/*
 * What goes between the kernel and libfuse, seen for one thing only: the answer to INIT. libfuse before 3.17 knows
 * FUSE_PARALLEL_DIROPS and never sends it, and then the kernel looks up one name of a directory at a time: a
 * function that hangs would keep all others waiting, uninterruptibly. Everything else passes unchanged, and with a
 * newer libfuse everything does. Nothing here is spliced: no operation of ours takes a pipe.
 */
#ifndef ALIASFS_CHANNEL_H
#define ALIASFS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "backend/base/cleanup.h"

struct aliasfs;
struct fuse_init_out;

/* The number of an INIT request that offers parallel lookups; 0 for any other message of the kernel. Pure. */
uint64_t channel_read_init(const void *message, size_t length);

/*
 * Whether the parts are the successful answer to request `init` (not 0); then *ret_parts is the same answer that also
 * accepts parallel lookups, with its second part in *ret_body. Pure.
 */
bool channel_amend_init(uint64_t init, const struct iovec *parts, int count,
	struct iovec ret_parts[2], struct fuse_init_out *ret_body);

/* To be called between mounting and serving. 0 or -errno. */
int channel_open(struct aliasfs *fs) must_check;

#endif
