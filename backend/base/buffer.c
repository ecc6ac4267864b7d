/* SPDX-License-Identifier: MIT */
#include "backend/base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

/* Makes room for `extra` more bytes and the NUL. */
static int reserve_bytes(struct buffer *buffer, size_t extra)
{
	size_t wanted, capacity;
	char *data;

	if (extra > buffer->maximum || buffer->length > buffer->maximum - extra)
		return -EFBIG;
	wanted = buffer->length + extra + 1;
	if (wanted <= buffer->capacity)
		return 0;
	capacity = buffer->capacity ? buffer->capacity : 64;
	while (capacity < wanted)
		capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
	if (capacity > buffer->maximum + 1)
		capacity = buffer->maximum + 1;
	/* realloc() would leave a copy behind, of a secret perhaps. */
	data = malloc(capacity);
	if (!data)
		return -ENOMEM;
	if (buffer->data) {
		memcpy(data, buffer->data, buffer->length);
		explicit_bzero(buffer->data, buffer->capacity);
		free(buffer->data);
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int buffer_append(struct buffer *buffer, const void *data, size_t length)
{
	int error = reserve_bytes(buffer, length);

	if (error)
		return error;
	if (length)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
	return 0;
}

int buffer_append_string(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

int buffer_append_byte(struct buffer *buffer, char byte)
{
	return buffer_append(buffer, &byte, 1);
}

static int printf_like(2, 0)
	append_formatted(struct buffer *buffer, const char *format, va_list arguments)
{
	va_list again;
	int needed, error;

	va_copy(again, arguments);
	needed = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (needed < 0)
		return -EINVAL;
	error = reserve_bytes(buffer, (size_t)needed);
	if (error)
		return error;
	vsnprintf(buffer->data + buffer->length, (size_t)needed + 1, format, arguments);
	buffer->length += (size_t)needed;
	return 0;
}

int buffer_appendf(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	int error;

	va_start(arguments, format);
	error = append_formatted(buffer, format, arguments);
	va_end(arguments);
	return error;
}

int buffer_append_descriptor(struct buffer *buffer, int descriptor)
{
	char chunk[16 * 1024];
	ssize_t length;
	int error = 0;

	while (!error && (length = read(descriptor, chunk, sizeof(chunk))) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		error = length < 0 ? -errno : buffer_append(buffer, chunk, (size_t)length);
	}
	/* A secret perhaps. */
	explicit_bzero(chunk, sizeof(chunk));
	return error;
}

int buffer_append_file(struct buffer *buffer, int directory, const char *path)
{
	cleanup(close_descriptor) int file = openat(directory, path, O_RDONLY | O_CLOEXEC);

	return file < 0 ? -errno : buffer_append_descriptor(buffer, file);
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}

void buffer_reset(struct buffer *buffer)
{
	buffer->length = 0;
	if (buffer->data)
		buffer->data[0] = '\0';
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	buffer->data = NULL;
	buffer->length = 0;
	buffer->capacity = 0;
}

void buffer_release_secret(struct buffer *buffer)
{
	if (buffer->data)
		explicit_bzero(buffer->data, buffer->capacity);
	buffer_release(buffer);
}

char *buffer_detach(struct buffer *buffer, size_t *ret_length)
{
	char *data;

	if (reserve_bytes(buffer, 0))
		return NULL;
	data = buffer->data;
	data[buffer->length] = '\0';
	if (ret_length)
		*ret_length = buffer->length;
	buffer->data = NULL;
	buffer->length = 0;
	buffer->capacity = 0;
	return data;
}
