/* SPDX-License-Identifier: MIT */
/* Reading AWS's error answers (backend/lambda/NOTES.md section 1.1). Pure functions. */
#ifndef ALIASFS_HTTP_ERROR_ANSWER_H
#define ALIASFS_HTTP_ERROR_ANSWER_H

#include <stddef.h>

#include "backend/base/error.h"
#include "backend/http/exchange.h"

/*
 * Fills *ret_error but for its operation, from an answer that is not a success: status, code, a message of one
 * printable line, request id. Whatever the bytes are, there is a sentence.
 */
void lambda_error_read(const struct http_response *response, struct lambda_error *ret_error);

/* Copies text for people: one line of well-formed UTF-8 without control bytes, cut at a character. */
void lambda_error_copy_line(char *line, size_t size, const char *text, size_t length);

#endif
