/* SPDX-License-Identifier: MIT */
#include "backend/local/model/event_stream.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#define HEADERS_MAX 2048
#define HEADER_STRING 7 /* the type of a header's value: a string */
#define PRELUDE_LENGTH 12
#define FRAME_LENGTH (PRELUDE_LENGTH + 4)

static int append_u32(struct buffer *out, uint32_t number)
{
	uint32_t big = htobe32(number);

	return buffer_append(out, (const char *)&big, sizeof(big));
}

/* The checksum of what `out` has from `start` on. */
static int append_checksum(struct buffer *out, size_t start)
{
	uLong sum = crc32_z(0, (const Bytef *)out->data + start, out->length - start);

	return append_u32(out, (uint32_t)sum);
}

static int append_header(struct buffer *out, const char *name, const char *value)
{
	uint16_t length = htobe16((uint16_t)strlen(value));
	int error = buffer_append_byte(out, (char)strlen(name));

	if (!error)
		error = buffer_append_string(out, name);
	if (!error)
		error = buffer_append_byte(out, HEADER_STRING);
	if (!error)
		error = buffer_append(out, (const char *)&length, sizeof(length));
	return error ? error : buffer_append_string(out, value);
}

int event_stream_append(struct buffer *out, const char *type, const char *content_type,
	const char *payload, size_t length)
{
	cleanup(buffer_release) struct buffer headers = BUFFER_INIT(HEADERS_MAX);
	size_t start = out->length;
	int error = append_header(&headers, ":event-type", type);

	if (!error)
		error = append_header(&headers, ":content-type", content_type);
	if (!error)
		error = append_header(&headers, ":message-type", "event");
	if (!error)
		error = append_u32(out, (uint32_t)(FRAME_LENGTH + headers.length + length));
	if (!error)
		error = append_u32(out, (uint32_t)headers.length);
	if (!error)
		error = append_checksum(out, start);
	if (!error)
		error = buffer_append(out, headers.data, headers.length);
	if (!error)
		error = buffer_append(out, payload, length);
	return error ? error : append_checksum(out, start);
}
