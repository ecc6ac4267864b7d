/* SPDX-License-Identifier: MIT */
/* Where in the tree a name stands. */
#ifndef ALIASFS_PLACE_H
#define ALIASFS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/* A directory in which something happens: a function's, or a version's inside it. */
struct gesture_place {
	const char *function;
	bool in_version;
	uint64_t version; /* when in_version */
};

#endif
