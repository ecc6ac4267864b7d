/* SPDX-License-Identifier: MIT */
/* From options to a client of the account, and what a failure on the way is called: for mount, --check and ls. */
#ifndef ALIASFS_CONNECT_H
#define ALIASFS_CONNECT_H

#include <stddef.h>

#include "backend/lambda/lambda.h"
#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

struct embedded;

struct connection {
	struct embedded *embedded; /* local:DIR only, else NULL */
	struct lambda_client *client;
};

/*
 * Makes the client; for local:DIR also the server in this process. Not before the fork. No call of the
 * API is made. EXIT_OK, or the exit code with the reason in `text`. `connection` is to be closed in every case.
 */
enum exit_code connect_open(const struct options *options, struct log *log,
	struct connection *connection, char *text, size_t size) must_check;

/* NULL members are fine. */
void connect_close(struct connection *connection);

/* The scope of a command's next call, which may take as long as the option read_timeout says. */
struct call_scope connect_read_scope(const struct options *options);

/* The exit code that goes with the end of a call. Pure. */
enum exit_code connect_exit_code(enum lambda_status status);

/* Writes "WHAT: CLASS: sentence [HTTP status, code, request id] - what to do about it". Pure. */
void connect_explain(const char *what, const struct lambda_error *error, char *text, size_t size);

/* Writes that to standard error, behind what standard output has. Gives the exit code. */
enum exit_code connect_complain(const char *what, const struct lambda_error *error);

#endif
