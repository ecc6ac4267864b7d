/* SPDX-License-Identifier: MIT */
/*
 * The documents of one version, compressed. The versions of a function differ in a few members, so
 * each is deflated (raw, zlib) against the first version that was seen of that function: some
 * hundred bytes instead of some thousand. Packs and dictionaries are immutable and counted; they
 * may be used by any number of threads. Environments may hold secrets: memory is wiped before it is
 * freed. Nothing here blocks or locks.
 */
#ifndef ALIASFS_CATALOG_PACK_H
#define ALIASFS_CATALOG_PACK_H

#include <stdatomic.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/catalog/catalog.h"

#define PACK_DOCUMENTS 2 /* CATALOG_CONFIGURATION, CATALOG_ENVIRONMENT */

/* What the packs of a function are deflated against: a copy of its first known documents. */
struct pack_dictionary {
	atomic_uint references;
	uint32_t lengths[PACK_DOCUMENTS];
	unsigned char bytes[]; /* one behind the other */
};

/*
 * packed_lengths says how a document is kept: as long as the document itself: as it is; 0: it is
 * the dictionary's; else: deflated.
 */
struct pack {
	atomic_uint references;
	uint32_t lengths[PACK_DOCUMENTS];
	uint32_t packed_lengths[PACK_DOCUMENTS];
	uint64_t fingerprint; /* of both documents: packs with equal ones hold the same */
	struct pack_dictionary *dictionary; /* a reference */
	unsigned char bytes[];
};

/* The compressor's memory, for one thread at a time. */
struct packer;

/* NULL when out of memory. */
struct packer *packer_new(void) must_check;
void packer_free(struct packer *packer);
DEFINE_CLEANUP(struct packer *, packer_free);

/* A dictionary that holds the version's documents, with one reference. NULL when out of memory. */
struct pack_dictionary *pack_dictionary_new(const struct lambda_version *version) must_check;
struct pack_dictionary *pack_dictionary_ref(struct pack_dictionary *dictionary);
void pack_dictionary_unref(struct pack_dictionary *dictionary); /* NULL is fine */

/* What pack_new() would give as fingerprint. Pure. */
uint64_t pack_fingerprint(const struct lambda_version *version);

/* The version's documents, packed, with one reference. NULL when out of memory. */
struct pack *pack_new(struct packer *packer, struct pack_dictionary *dictionary,
	const struct lambda_version *version) must_check;
struct pack *pack_ref(struct pack *pack);
void pack_unref(struct pack *pack); /* NULL is fine */

/* Bytes of memory that the pack takes, without its dictionary. Pure. */
size_t pack_size(const struct pack *pack);

/* Appends one document. 0, -ENOMEM, or -EFBIG when `out` is full. */
int pack_open(
	const struct pack *pack, enum catalog_document document, struct buffer *out) must_check;

#endif
