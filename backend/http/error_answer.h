/* SPDX-License-Identifier: MIT */
/* Reading AWS's error answers (backend/lambda/NOTES.md section 1.1). Pure functions. */
#ifndef ALIASFS_HTTP_ERROR_ANSWER_H
#define ALIASFS_HTTP_ERROR_ANSWER_H

#include <stddef.h>

#include "backend/base/error.h"
#include "backend/http/exchange.h"

/* An answer that is not a success. Texts may be "". */
struct lambda_error_answer {
	int http_status;
	const char *error_type; /* the header x-amzn-ErrorType */
	const char *request_id;
	const char *body;
	size_t body_length;
};

/*
 * Fills *ret_error but for its operation: status, code, a message of one printable line, request
 * id. Whatever the bytes are, there is a sentence.
 */
void lambda_error_read(const struct lambda_error_answer *answer, struct lambda_error *ret_error);

/* The same, of a response with its body. */
void lambda_error_read_response(
	const struct http_response *response, struct lambda_error *ret_error);

/* Copies text for people: one line of well-formed UTF-8 without control bytes, cut at a character. */
void lambda_error_copy_line(char *line, size_t size, const char *text, size_t length);

#endif
