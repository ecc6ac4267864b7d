/* SPDX-License-Identifier: MIT */
/*
 * environment.json without its values: each string becomes "hmac:" and 24 hexadecimal digits, the first 96
 * bits of HMAC-SHA256(key, function NUL variable NUL value). The same value of the same variable gives the
 * same text for all who have the key, so a change shows and nothing else does: without the key
 * not even a short value can be guessed from it. Pure.
 */
#ifndef ALIASFS_DOCUMENTS_REDACT_H
#define ALIASFS_DOCUMENTS_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/cleanup.h"
#include "backend/base/json.h"
#include "backend/lambda/types.h"

#define REDACT_KEY_SIZE LAMBDA_PRINTER_KEY_SIZE
#define REDACT_TEXT_SIZE 30 /* "hmac:", 24 digits and the NUL */

/* The form of one value. 0, -ENOMEM, -EFBIG. */
int redact_value(const unsigned char key[REDACT_KEY_SIZE], const char *function,
	const char *variable, const char *value, char text[REDACT_TEXT_SIZE]) must_check;

/* Whether a value looks like a redacted form, of whatever value. */
bool redact_is_form(const char *value);

/*
 * Replaces, in place, each text of the object by its form; what is no text stays. 0, -ENOMEM, -EFBIG; then some may
 * have been replaced.
 */
int redact_variables(const unsigned char key[REDACT_KEY_SIZE], const char *function,
	struct json *variables) must_check;

/* document_printer (document.h) with the environment's values replaced. It holds a copy of the key: wipe it after use. */
struct lambda_printer redact_printer(const unsigned char key[REDACT_KEY_SIZE]);

#endif
