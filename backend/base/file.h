/* SPDX-License-Identifier: MIT */
/* Files without a name, and whole reads and writes at an offset. All functions block on the disk and take no lock. */
#ifndef ALIASFS_BASE_FILE_H
#define ALIASFS_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

/*
 * Makes a file of mode 0600 in the directory that no other process can open and that is gone with its descriptor: that
 * descriptor, the caller's to close, for reading and writing; or -errno of open(2) or mkostemp(3).
 */
int file_open_unlinked(const char *directory) must_check;

/* Reads `length` bytes at `offset`, all of them. -EIO where the file has fewer, else -errno of pread(2). */
int file_read_at(int file, void *bytes, size_t length, uint64_t offset) must_check;
/* Writes `length` bytes at `offset`, all of them. -errno of pwrite(2); a part may have been written then. */
int file_write_at(int file, const void *bytes, size_t length, uint64_t offset) must_check;

#endif
