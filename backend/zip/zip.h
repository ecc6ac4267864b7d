/* SPDX-License-Identifier: MIT */
/*
 * Whether a file is a whole zip: every byte of it is accounted for, and every entry unpacks to what its CRC-32 says. A
 * copy that was interrupted, an `rsync --inplace` above all, leaves a zip that lists well and is wrong inside; Lambda
 * may take that and find out when the function is invoked. PKWARE's APPNOTE.TXT is the format.
 */
#ifndef ALIASFS_ZIP_H
#define ALIASFS_ZIP_H

#include <stdatomic.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

#define ZIP_SIZE_MAX                                                                               \
	((uint64_t)50 * 1024 * 1024) /* bytes of the file: Lambda's limit for an upload */
#define ZIP_UNPACKED_MAX ((uint64_t)250 * 1024 * 1024) /* bytes of all entries: Lambda's limit */
#define ZIP_ENTRIES_MAX 65535
#define ZIP_SENTENCE_SIZE 256 /* bytes */

/*
 * Reads the first `size` bytes of the file, by pread(2), and unpacks every entry without keeping it. 0 only when all of
 * it is right; else `sentence` says why not, without a line end, for people:
 *
 *   -EINVAL  it is no zip, or not a whole one, or Lambda could not unpack it (encrypted, another method, several disks)
 *   -EFBIG   over one of the limits above
 *   -EINTR   *interrupted became true (it may be NULL)
 *   -ENOMEM, or -errno of pread(2)
 *
 * Blocks as long as it takes to read and unpack; memory is a few megabytes at most. The file must not change meanwhile.
 */
int zip_verify(int descriptor, uint64_t size, const atomic_bool *interrupted,
	char sentence[ZIP_SENTENCE_SIZE]) must_check;

#endif
