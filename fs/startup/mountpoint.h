/* SPDX-License-Identifier: MIT */
/*
 * The place where the mount is to stand: its absolute path, and what stands there already. A mount of
 * aliasfs whose process has died ("Transport endpoint is not connected") is cleared away; a living one
 * is not mounted over. An autofs placeholder is looked at without setting it off.
 */
#ifndef ALIASFS_MOUNTPOINT_H
#define ALIASFS_MOUNTPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

#define MOUNTPOINT_TYPE_SIZE 64

/*
 * The type of the topmost filesystem mounted exactly on `path`, from the text of /proc/self/mountinfo;
 * false when nothing is mounted there. Pure.
 */
bool mountpoint_type(
	const char *mountinfo, const char *path, char type[MOUNTPOINT_TYPE_SIZE]) must_check;

/*
 * Makes *path (malloc'ed, replaced) absolute and sees to it that it can be mounted on. 0, or -errno
 * with a message for the user; *ret_cleared says that a dead mount was taken away. Blocks on local files,
 * /proc, and fusermount3 when a dead mount is cleared by an ordinary user.
 */
int mountpoint_prepare(char **path, bool *ret_cleared, struct buffer *message) must_check;

/*
 * Just before mounting: keeps other starts off `path` (absolute, prepared) until *ret_lock is closed, and looks
 * once more whether one of them was quicker. 0, with -1 in *ret_lock where nothing can be locked, or -EBUSY
 * with a message. Blocks while another start mounts, for two seconds at most.
 */
int mountpoint_reserve(const char *path, int *ret_lock, struct buffer *message) must_check;

/* Whether what is mounted on `mountpoint` (absolute, resolved) hides the directory at `path`: false where there is none. */
bool mountpoint_hides(const char *mountpoint, const char *path);

#endif
