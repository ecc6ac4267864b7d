/* SPDX-License-Identifier: MIT */
/* Who sends a request, as far as its headers say. Pure. */
#ifndef ALIASFS_LOCAL_SENDER_H
#define ALIASFS_LOCAL_SENDER_H

#include "backend/http/sigv4.h"

#define SENDER_KEY_SIZE 129
#define SENDER_AGENT_SIZE 1025 /* longer ones are cut */

/* All texts are UTF-8. Do not copy it: texts point into it, and into the headers. */
struct sender {
	const char *
		access_key_id; /* of the signature, whether it was checked or not; NULL: there is none */
	const char *user_agent; /* NULL: there is none */
	const char *host;       /* the same */
	const char *address;    /* where the request came from; for others to set */
	char key[SENDER_KEY_SIZE], agent[SENDER_AGENT_SIZE];
};

/* The value of the first header of that name, in any case; NULL: there is none. */
const char *find_header(const struct http_header *headers, size_t count, const char *name);

/* Fills all but `address`. The headers must outlive it. */
void sender_read(const struct http_header *headers, size_t count, struct sender *ret_sender);

/* Copies at most `size - 1` bytes of UTF-8, and no part of a character. */
void sender_cut_text(const char *text, char *copy, size_t size);

#endif
