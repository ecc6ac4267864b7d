/* SPDX-License-Identifier: MIT */
/* Why there is no answer: what libcurl's ways to fail mean to us. Pure; the functions are for exchange.c alone. */
#ifndef ALIASFS_HTTP_FAILURE_H
#define ALIASFS_HTTP_FAILURE_H

#include <stdbool.h>

#include "backend/base/cleanup.h"
#include "backend/base/error.h"

/* Why there is no answer. */
struct http_failure {
	enum lambda_status status;
	bool sent;      /* the request may have reached the server */
	bool transient; /* worth another try */
	bool timed_out;
	char text[256]; /* one sentence for people */
};

/* Fills the failure; `timed_out` and `transient` follow from the status alone. */
void http_failure_set(struct http_failure *failure, enum lambda_status status, const char *format,
	...) printf_like(3, 4);

/* For the end of a wait: -ETIMEDOUT, -EINTR or -ENOMEM. */
void http_failure_of_wait(struct http_failure *failure, int error);

/* For an answer that was refused while it came: -EFBIG or -ENOMEM. */
void http_failure_of_refusal(struct http_failure *failure, int error);

/* For a body that could not be made: -EINTR, -ENOMEM, or why a file could not be read. */
void http_failure_of_source(struct http_failure *failure, int error);

/* For a proxy that does not let us through: what it answered to CONNECT. */
void http_failure_of_proxy(struct http_failure *failure, int http_status);

/*
 * For a CURLcode, the system's error number (0: none) and libcurl's own text. `code` is an int so
 * that tests need no libcurl.
 */
void http_failure_of_curl(
	struct http_failure *failure, int code, int system_error, const char *text);

#endif
