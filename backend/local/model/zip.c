/* SPDX-License-Identifier: MIT */
#include "backend/local/model/zip.h"

#include <errno.h>
#include <string.h>

/* Sizes and places: PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
#define LOCAL_HEADER_SIZE 30
#define ENTRY_SIZE 46
#define END_SIZE 22
#define COMMENT_MAX 65535

static uint32_t read_uint16(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t read_uint32(const unsigned char *at)
{
	return read_uint16(at) | read_uint16(at + 2) << 16;
}

static bool has_signature(const unsigned char *at, unsigned char third, unsigned char fourth)
{
	return at[0] == 'P' && at[1] == 'K' && at[2] == third && at[3] == fourth;
}

/* The end record stands at the end, behind it at most a comment. */
static const unsigned char *find_end(const unsigned char *data, size_t length)
{
	size_t lowest;

	if (length < END_SIZE)
		return NULL;
	lowest = length > END_SIZE + COMMENT_MAX ? length - END_SIZE - COMMENT_MAX : 0;
	for (size_t at = length - END_SIZE + 1; at-- > lowest;) {
		if (has_signature(data + at, 5, 6) &&
			at + END_SIZE + read_uint16(data + at + 20) == length)
			return data + at;
	}
	return NULL;
}

/* One entry of the central directory at `at`; gives its length there, or 0 when it is broken. */
static size_t inspect_entry(
	const unsigned char *data, size_t directory_end, size_t at, struct zip_summary *summary)
{
	const unsigned char *entry = data + at;
	size_t size;
	uint32_t header;

	if (directory_end - at < ENTRY_SIZE || !has_signature(entry, 1, 2))
		return 0;
	size = ENTRY_SIZE + (size_t)read_uint16(entry + 28) + read_uint16(entry + 30) +
	       read_uint16(entry + 32);
	header = read_uint32(entry + 42);
	if (size > directory_end - at || (size_t)header + LOCAL_HEADER_SIZE > at ||
		!has_signature(data + header, 3, 4) ||
		(size_t)header + LOCAL_HEADER_SIZE + read_uint32(entry + 20) > directory_end)
		return 0;
	summary->entries++;
	summary->unzipped_size += read_uint32(entry + 24);
	return size;
}

int zip_inspect(const unsigned char *data, size_t length, struct zip_summary *ret_summary)
{
	const unsigned char *end = find_end(data, length);
	struct zip_summary summary = {0, 0};
	size_t at, directory_end;

	if (!end)
		return -EINVAL;
	directory_end = (size_t)(end - data);
	at = read_uint32(end + 16);
	for (uint32_t left = read_uint16(end + 10); left; left--) {
		size_t size =
			at <= directory_end ? inspect_entry(data, directory_end, at, &summary) : 0;

		if (!size)
			return -EINVAL;
		at += size;
	}
	*ret_summary = summary;
	return 0;
}
