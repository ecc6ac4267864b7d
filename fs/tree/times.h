/* SPDX-License-Identifier: MIT */
/*
 * Times that tools set (rsync -a, cp -a, touch -h): remembered while mounted, never sent to AWS
 * (contract 1.3.3, 1.3.5). Bounded: the oldest are forgotten first. One mutex inside; never blocks otherwise.
 */
#ifndef ALIASFS_TIMES_H
#define ALIASFS_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

#define TIMES_MAX 65536 /* links and directories whose times are remembered */

struct times;

struct times *times_new(void) must_check;
void times_free(struct times *times);

/* Remembers the modification time of what has that inode number (fs/tree/node.h), set while it showed `basis`. */
void times_set(struct times *times, uint64_t inode, struct timespec modified, int64_t basis);

/*
 * The time that was set, if one is remembered and what it was set on still shows the same `basis`: a
 * time set for an alias's old target says nothing about the new one.
 */
bool times_get(struct times *times, uint64_t inode, int64_t basis, struct timespec *ret_modified);

#endif
