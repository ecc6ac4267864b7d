/* SPDX-License-Identifier: MIT */
/*
 * `.aliasfs/`: what the mount says of itself. Not listed in the root, reachable by name. Reading never
 * blocks on the network.
 */
#ifndef ALIASFS_CONTROL_H
#define ALIASFS_CONTROL_H

#include <sys/stat.h>

#include "backend/base/buffer.h"
#include "fs/request/request.h"
#include "fs/tree/node.h"

/* The name of the file at `index`, NULL behind the last. Pure, as the two below. */
const char *control_file_name(size_t index);
bool control_file_exists(const char *name);
mode_t control_file_mode(const char *name); /* permission bits */

/* Appends the file's content. 0, -ENOMEM, -EFBIG, -ENOENT. */
int control_read(struct request *request, const char *name, struct buffer *out) must_check;

/* Takes what was written: anything written to `refresh` forgets all that is known. 0 or -errno. */
int control_write(struct request *request, const char *name) must_check;

#endif
