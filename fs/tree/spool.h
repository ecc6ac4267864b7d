/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a file while they are written: in memory up to SPOOL_MEMORY_MAX bytes a file, beyond that in an
 * unlinked file of a directory for temporary files. All spools of a mount share what there is of both.
 *
 * A spool is written by one owner at a time, who holds the lock that protects it; when several hold references, its
 * bytes do not change any more (spool_make_own() copies). The shared counts are atomic. Writing to the disk may block.
 */
#ifndef ALIASFS_SPOOL_H
#define ALIASFS_SPOOL_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/buffer.h"

#define SPOOL_END UINT64_MAX                          /* an offset: after the last byte */
#define SPOOL_MEMORY_MAX (64 * 1024)                  /* bytes that a spool keeps in memory */
#define SPOOLS_MEMORY_MAX ((int64_t)16 * 1024 * 1024) /* of all spools of a mount, in memory */
#define SPOOLS_DISK_MAX ((int64_t)256 * 1024 * 1024)  /* the same, on the disk */

/* What all spools of a mount share. */
struct spools {
	char *directory;                   /* owned */
	atomic_int_least64_t memory, disk; /* bytes in use */
};

struct spool;

/* `directory` is copied: where files are made. NULL: out of memory. */
struct spools *spools_new(const char *directory) must_check;
/* No spool may be left. NULL is fine. */
void spools_free(struct spools *spools);

/* An empty spool for up to `maximum` bytes, with one reference. NULL: out of memory. */
struct spool *spool_new(struct spools *spools, uint64_t maximum) must_check;
struct spool *spool_ref(struct spool *spool);
/* NULL is fine. */
void spool_unref(struct spool *spool);

uint64_t spool_size(const struct spool *spool);

/*
 * Makes *spool one without other holders: a copy of its bytes where there are others, whose reference is given back. 0, or
 * as spool_write(), with *spool as it was.
 */
int spool_make_own(struct spool **spool) must_check;

/*
 * Writes at `offset`, zeros in front of it where the file was shorter. 0, -EFBIG beyond the maximum, -ENOSPC where
 * all spools hold too much or the disk is full, -EIO when the directory cannot be used, -ENOMEM; then nothing is
 * written.
 */
int spool_write(struct spool *spool, const void *data, size_t size, uint64_t offset) must_check;

/* Makes it `size` bytes long. Errors as spool_write(). */
int spool_truncate(struct spool *spool, uint64_t size) must_check;

/* Reads up to `size` bytes: how many, or -errno. */
ssize_t spool_read(struct spool *spool, void *into, size_t size, uint64_t offset) must_check;

/* Appends all of it. -EFBIG, -ENOMEM, -EIO. */
int spool_append_to(struct spool *spool, struct buffer *out) must_check;

/*
 * Its bytes as a file, which belongs to the spool: what is in memory goes to the disk, also while others read it.
 * -errno as spool_write().
 */
int spool_descriptor(struct spool *spool) must_check;

#endif
