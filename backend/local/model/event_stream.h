/* SPDX-License-Identifier: MIT */
/* Messages of application/vnd.amazon.eventstream, as streaming answers are made of. Pure. */
#ifndef ALIASFS_LOCAL_EVENT_STREAM_H
#define ALIASFS_LOCAL_EVENT_STREAM_H

#include <stddef.h>

#include "backend/base/buffer.h"

#define EVENT_STREAM_CONTENT_TYPE "application/vnd.amazon.eventstream"

/*
 * Appends one event of that type (at most 255 bytes, as `content_type`) whose payload is `length`
 * bytes. Errors as buffer_append().
 */
int event_stream_append(struct buffer *out, const char *type, const char *content_type,
	const char *payload, size_t length) must_check;

#endif
