/* SPDX-License-Identifier: MIT */
/*
 * Which entries of a directory the kernel may still hold from an earlier listing, so that a directory that
 * has not changed is not sent again. It is asked at every OPENDIR: an error must be seen there, since
 * busybox, toybox and perl take an error of readdir(3) for the end of an empty directory (measured), so
 * OPENDIR is never left out.
 *
 * Bounded: what is forgotten is only sent again. One mutex inside; never blocks otherwise.
 */
#ifndef ALIASFS_LISTED_H
#define ALIASFS_LISTED_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

#define LISTED_MAX 65536 /* directories */

struct listed;

struct listed *listed_new(void) must_check;
void listed_free(struct listed *listed);

/*
 * OPENDIR of a directory whose content has that hash: whether the kernel may keep what it holds. It may
 * while the same was last given, no longer than `keep_ms` ago.
 */
bool listed_open(
	struct listed *listed, uint64_t inode, uint64_t hash, int64_t now_ms, int64_t keep_ms);

/*
 * How long what the kernel holds of it may still be shown, in milliseconds. INT64_MAX: it holds nothing, as far as
 * is known. 0 or less: no longer; this is returned once, and the caller invalidates the kernel's cache.
 */
int64_t listed_take_left_ms(struct listed *listed, uint64_t inode, int64_t now_ms, int64_t keep_ms);

/*
 * A READDIR from the beginning: one with another content than the last opened spoils what is kept. `cached`: the
 * kernel keeps what this one gives, and had nothing, since it asks.
 */
void listed_read(struct listed *listed, uint64_t inode, uint64_t hash, bool cached, int64_t now_ms);

#endif
