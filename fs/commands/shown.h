/* SPDX-License-Identifier: MIT */
/* Texts of others (descriptions, names of variables) on a terminal. Pure. */
#ifndef ALIASFS_SHOWN_H
#define ALIASFS_SHOWN_H

#include "backend/base/buffer.h"

/* Appends the text with `?` for what would end the line or command the terminal. Errors as buffer_append(). */
int append_shown(struct buffer *out, const char *text) must_check;

#endif
