/* SPDX-License-Identifier: MIT */
/*
 * What this mount has given readers of each document: a write of one that AWS has changed since would overwrite what
 * its writer has never seen (contract, section 6.4). A reader's base counts for its process while that lives, and for
 * its session for BASE_LIFE_MS. Callers that cannot be identified count as one process.
 *
 * At most BASES_MAX entries; the oldest gives way. One mutex inside; nothing here blocks. `now_ms` is
 * clock_monotonic_ms().
 */
#ifndef ALIASFS_BASES_H
#define ALIASFS_BASES_H

#include "backend/base/cleanup.h"
#include "backend/base/scope.h"
#include "fs/tree/node.h"

#define BASES_MAX 4096
#define BASE_LIFE_MS 600000

struct bases;

struct bases *bases_new(void) must_check;
void bases_free(struct bases *bases);

/*
 * The asker (NULL: unknown) got a document whose bytes have that document_bytes_hash(). `sha256` is what the code is that it
 * read of; NULL for other documents.
 */
void bases_note_read(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker, uint64_t hash, const unsigned char sha256[32]);

/* The asker's write succeeded, and the document has bytes of that hash now: its own bases go by that. */
void bases_note_written(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker, uint64_t hash, const unsigned char sha256[32]);

/*
 * What the asker has last seen, or another process of its session; of an unknown asker what this mount showed last.
 * 0: nothing.
 */
uint64_t bases_find(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker);

/* This mount has sent that code. */
void bases_note_sent(struct bases *bases, int64_t now_ms, const struct node *node, uint64_t hash,
	const unsigned char sha256[32]);

/* The same of code, or what this mount has sent last: false for nothing. */
bool bases_find_code(struct bases *bases, int64_t now_ms, const struct node *node,
	const struct call_lineage *asker, unsigned char ret_sha256[32]) must_check;

#endif
