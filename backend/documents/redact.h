/* SPDX-License-Identifier: MIT */
/*
 * environment.json without its values: each string becomes "hmac:" and 24 hexadecimal digits, the first 96
 * bits of HMAC-SHA256(key, function NUL variable NUL value). The same value of the same variable gives the
 * same text for all who have the key, so a change shows and nothing else does: without the key
 * not even a short value can be guessed from it. Pure.
 */
#ifndef ALIASFS_DOCUMENTS_REDACT_H
#define ALIASFS_DOCUMENTS_REDACT_H

#include <stddef.h>

#include "backend/base/cleanup.h"
#include "backend/lambda/types.h"

#define REDACT_KEY_SIZE LAMBDA_PRINTER_KEY_SIZE

/*
 * Replaces the bytes of an environment.json (malloc'ed; the old ones are wiped). What is no string (the
 * Error that stands for variables AWS could not decrypt) stays. 0, -ENOMEM, -EFBIG, -EINVAL; then
 * nothing has changed.
 */
int redact_environment(const unsigned char key[REDACT_KEY_SIZE], const char *function,
	char **environment, size_t *length) must_check;

/* document_printer with the environment's values replaced. It holds a copy of the key: wipe it after use. */
struct lambda_printer redact_printer(const unsigned char key[REDACT_KEY_SIZE]);

#endif
