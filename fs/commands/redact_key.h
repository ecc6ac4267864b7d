/* SPDX-License-Identifier: MIT */
/*
 * The key of -o env=redact: 32 random bytes in a file of mode 0600, made where it is missing. It is a file
 * and not made anew for each mount, so that hashes of yesterday's backup compare with today's and two
 * mounts agree; and it is no function of anything public, so that values cannot be guessed without it.
 */
#ifndef ALIASFS_REDACT_KEY_H
#define ALIASFS_REDACT_KEY_H

#include "backend/base/buffer.h"
#include "backend/documents/redact.h"

/*
 * Reads the key of `path`; NULL: $XDG_CONFIG_HOME/aliasfs/redact.key, else ~/.config/aliasfs/redact.key. 0, or
 * -errno with a message: a file that others may read is refused. Blocks on local files.
 */
int redact_key_load(
	const char *path, unsigned char key[REDACT_KEY_SIZE], struct buffer *message) must_check;

#endif
