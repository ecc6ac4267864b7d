/* SPDX-License-Identifier: MIT */
/* Sets of documents, as -o documents=tags:policy and -o allow_update=code:configuration have them. Pure. */
#ifndef ALIASFS_DOCUMENT_BITS_H
#define ALIASFS_DOCUMENT_BITS_H

#include "backend/base/buffer.h"
#include "backend/documents/kind.h"

/* A kind is the bit of its id; behind them is the bit of code.zip, which is no document. */
#define DOCUMENT_CODE_BIT (1U << DOCUMENT_COUNT)

/*
 * The kinds of a list, NULL for all. `updates`: those that can be written, `code` too; else those that are not always
 * listed. `description` is always listed and can always be written, so neither knows it. 0, -EINVAL for a name that is
 * none, -ENOMEM.
 */
int document_bits_parse(bool updates, const char *list, unsigned int *ret_bits) must_check;

/* Appends all names, with colons between them. Errors as buffer_append(). */
int document_bits_list(bool updates, struct buffer *out) must_check;

#endif
