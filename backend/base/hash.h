/* SPDX-License-Identifier: MIT */
/*
 * FNV-1a, 64 bits: for tables and for numbers that must be the same after a restart. Not for secrets, and
 * not against an attacker who looks for collisions.
 */
#ifndef ALIASFS_BASE_HASH_H
#define ALIASFS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* The hash of what `hash` stands for, HASH_START for nothing, followed by these bytes. */
static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
