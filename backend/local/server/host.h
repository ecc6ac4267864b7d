/* SPDX-License-Identifier: MIT */
/*
 * Which Host headers lambda-plane answers. A web page whose own name was made to resolve to this
 * machine (DNS rebinding) sends that name; a client that means lambda-plane sends one of these. Pure.
 */
#ifndef ALIASFS_LOCAL_HOST_H
#define ALIASFS_LOCAL_HOST_H

#include <stdbool.h>
#include <stddef.h>

#define HOST_NAME_SIZE 256

/*
 * The name of a Host header or of --allow-host, without port, brackets and a final dot. False when
 * the text is neither a name nor an IP address, with or without a port.
 */
bool host_parse(const char *text, char name[HOST_NAME_SIZE]);

/* "localhost", what ends with ".localhost", 127.0.0.0/8 and ::1; `name` as host_parse() gives it. */
bool host_is_loopback(const char *name);

/* Whether two names, or two spellings of an IP address (::ffff:192.0.2.1 is 192.0.2.1), are the same. */
bool host_is_same(const char *name, const char *other);

#endif
