/* SPDX-License-Identifier: MIT */
/* What has to be known of an uploaded zip: that it is one, and how large it gets. Pure. */
#ifndef ALIASFS_LOCAL_ZIP_H
#define ALIASFS_LOCAL_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"

struct zip_summary {
	uint64_t entries;
	uint64_t unzipped_size; /* bytes, by the central directory */
};

/* Walks the central directory. 0, or -EINVAL: not a zip that can be unzipped. */
int zip_inspect(
	const unsigned char *data, size_t length, struct zip_summary *ret_summary) must_check;

#endif
