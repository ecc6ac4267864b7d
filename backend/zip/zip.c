/* SPDX-License-Identifier: MIT */
/* Each entry: its local header against the directory, its place, what it unpacks to. */
#include "backend/zip/zip.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "backend/zip/directory.h"

#define HEADER_SIZE 30    /* of a local file header: APPNOTE.TXT, 4.3.7 */
#define DESCRIPTOR_MAX 24 /* of a data descriptor: 4.3.9 */
#define PIECE 65536       /* bytes that are read, and unpacked, at a time */

enum flag { /* 4.4.4 */
	FLAG_ENCRYPTED = 1 << 0,
	FLAG_DESCRIPTOR = 1 << 3, /* sizes and CRC stand behind the data */
	FLAG_PATCHED = 1 << 5,
	FLAG_STRONGLY_ENCRYPTED = 1 << 6,
	FLAG_UTF8 = 1 << 11,
	FLAG_MASKED = 1 << 13,
};

struct pieces {
	unsigned char packed[PIECE];
	unsigned char unpacked[PIECE];
	unsigned char names[2][ZIP_NAME_MAX];
	unsigned char extra[UINT16_MAX];
};

/* --- headers --- */

static int check_method(struct zip *zip, const struct zip_entry *entry)
{
	if (entry->flags & (FLAG_ENCRYPTED | FLAG_STRONGLY_ENCRYPTED | FLAG_MASKED))
		return zip_refuse_entry(zip, entry, -EINVAL, "is encrypted");
	if ((entry->method != ZIP_STORED && entry->method != ZIP_DEFLATED) ||
		entry->flags & FLAG_PATCHED)
		return zip_refuse_entry(zip, entry, -EINVAL,
			"is compressed in a way that Lambda cannot unpack (method %u)",
			entry->method);
	if (entry->method == ZIP_STORED && entry->size != entry->unpacked_size)
		return zip_refuse_entry(zip, entry, -EINVAL, "has two sizes");
	return 0;
}

static bool is_ascii(const unsigned char *name, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (name[i] > 0x7e)
			return false;
	return true;
}

/* Whether a value of the local header is the directory's, or left open for the data descriptor. */
static bool agrees_with_directory(uint64_t value, uint64_t expected, bool open)
{
	return value == expected || (open && !value);
}

/* Whether sizes and CRC stand at `bytes` in one of the four ways to write them; gives the length, or 0. */
static size_t match_descriptor(
	const struct zip_entry *entry, const unsigned char *bytes, size_t length)
{
	size_t start = length >= 4 && zip_is_signature(bytes, 7, 8) ? 4 : 0;

	for (;; start = 0) {
		const unsigned char *at = bytes + start;

		if (length >= start + 20 && zip_u32(at) == entry->crc &&
			zip_u64(at + 4) == entry->size && zip_u64(at + 12) == entry->unpacked_size)
			return start + 20;
		if (length >= start + 12 && zip_u32(at) == entry->crc &&
			zip_u32(at + 4) == entry->size && zip_u32(at + 8) == entry->unpacked_size)
			return start + 12;
		if (!start)
			return 0;
	}
}

/* What stands behind the data, if anything. */
static int check_descriptor(struct zip *zip, struct zip_entry *entry)
{
	unsigned char bytes[DESCRIPTOR_MAX];
	uint64_t left = zip->directory - entry->end;
	size_t length = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
	int error = zip_read(zip, entry->end, bytes, length);

	if (error)
		return error;
	length = match_descriptor(entry, bytes, length);
	if (!length)
		return zip_refuse_entry(
			zip, entry, -EINVAL, "has other sizes in its data descriptor");
	entry->end += length;
	return 0;
}

/* The names in the header and in the directory. */
static int check_name(
	struct zip *zip, const struct zip_entry *entry, uint16_t flags, struct pieces *pieces)
{
	int error = zip_read(zip, entry->name, pieces->names[0], entry->name_length);

	if (!error)
		error = zip_read(
			zip, entry->header + HEADER_SIZE, pieces->names[1], entry->name_length);
	if (error)
		return error;
	if (memcmp(pieces->names[0], pieces->names[1], entry->name_length) != 0 ||
		((flags ^ entry->flags) & FLAG_UTF8 &&
			!is_ascii(pieces->names[0], entry->name_length)))
		return zip_refuse_entry(
			zip, entry, -EINVAL, "has another name in its local header");
	return 0;
}

/* The local header against the directory; finds where the entry's data begins and ends. */
static int check_header(struct zip *zip, struct zip_entry *entry, struct pieces *pieces)
{
	unsigned char header[HEADER_SIZE];
	uint64_t size, unpacked_size;
	uint64_t *const values[] = {&unpacked_size, &size};
	size_t extra;
	uint16_t flags;
	bool open;
	int error;

	if (entry->header > zip->directory || zip->directory - entry->header < sizeof(header))
		return zip_refuse_entry(zip, entry, -EINVAL, "does not come before the directory");
	error = zip_read(zip, entry->header, header, sizeof(header));
	if (error)
		return error;
	flags = zip_u16(header + 6);
	open = flags & FLAG_DESCRIPTOR;
	size = zip_u32(header + 18);
	unpacked_size = zip_u32(header + 22);
	extra = zip_u16(header + 28);
	if (!zip_is_signature(header, 3, 4) || zip_u16(header + 26) != entry->name_length)
		return zip_refuse_entry(
			zip, entry, -EINVAL, "has no header where the directory says");
	entry->data = entry->header + sizeof(header) + entry->name_length + extra;
	if (entry->data > zip->directory || entry->size > zip->directory - entry->data)
		return zip_refuse_entry(
			zip, entry, -EINVAL, "does not end in front of the directory");
	error = zip_read(zip, entry->data - extra, pieces->extra, extra);
	if (error)
		return error;
	if (!zip_read_zip64(pieces->extra, extra, values, array_count(values)) ||
		zip_u16(header + 8) != entry->method ||
		(flags ^ entry->flags) & (FLAG_ENCRYPTED | FLAG_STRONGLY_ENCRYPTED) ||
		!agrees_with_directory(zip_u32(header + 14), entry->crc, open) ||
		!agrees_with_directory(size, entry->size, open) ||
		!agrees_with_directory(unpacked_size, entry->unpacked_size, open))
		return zip_refuse_entry(
			zip, entry, -EINVAL, "has a local header that differs from the directory");
	entry->end = entry->data + entry->size;
	error = check_name(zip, entry, flags, pieces);
	return error || !open ? error : check_descriptor(zip, entry);
}

/* --- places --- */

static int by_header(const void *left, const void *right)
{
	uint64_t a = ((const struct zip_entry *)left)->header;
	uint64_t b = ((const struct zip_entry *)right)->header;

	return (a > b) - (a < b);
}

/* Whether an entry stands at `at` that the directory does not list: bytes before `next` may be anything else. */
static int check_gap(struct zip *zip, uint64_t at, uint64_t next)
{
	unsigned char signature[4];
	int error;

	if (next - at < sizeof(signature))
		return 0;
	error = zip_read(zip, at, signature, sizeof(signature));
	if (!error && zip_is_signature(signature, 3, 4))
		error = zip_refuse(
			zip, -EINVAL, "the zip is not whole: its directory lacks an entry");
	return error;
}

/* No two entries share a byte, and none is left out. */
static int check_places(struct zip *zip)
{
	uint64_t at = 0, i;
	int error = 0;

	qsort(zip->entries, zip->count, sizeof(*zip->entries), by_header);
	for (i = 0; !error && i < zip->count; i++) {
		struct zip_entry *entry = &zip->entries[i];

		if (entry->header < at)
			return zip_refuse_entry(zip, entry, -EINVAL, "lies over another one");
		error = check_gap(zip, at, entry->header);
		at = entry->end;
	}
	return error ? error : check_gap(zip, at, zip->directory);
}

/* --- data --- */

/* How far one entry is unpacked. */
struct unpacking {
	uint64_t read;     /* bytes of the data */
	uint64_t unpacked; /* bytes */
	uLong crc;
	bool over; /* the deflated data has said that it ends */
};

static int inflate_piece(struct zip *zip, const struct zip_entry *entry, z_stream *stream,
	struct unpacking *unpacking, unsigned char *out)
{
	while (!unpacking->over) {
		size_t count;
		int result;

		stream->next_out = out;
		stream->avail_out = PIECE;
		result = inflate(stream, Z_NO_FLUSH);
		if (result == Z_MEM_ERROR)
			return zip_refuse(zip, -ENOMEM, "out of memory");
		if (result == Z_BUF_ERROR)
			return 0; /* wants more */
		if (result != Z_OK && result != Z_STREAM_END)
			return zip_refuse_entry(zip, entry, -EINVAL, "cannot be unpacked");
		count = PIECE - stream->avail_out;
		unpacking->crc = crc32(unpacking->crc, out, (uInt)count);
		unpacking->unpacked += count;
		unpacking->over = result == Z_STREAM_END;
		if (unpacking->unpacked > entry->unpacked_size)
			return zip_refuse_entry(
				zip, entry, -EINVAL, "unpacks to more than its size");
	}
	return 0;
}

/* Reads the data piece by piece, and unpacks it (`stream` NULL: it is stored). */
static int unpack_pieces(struct zip *zip, const struct zip_entry *entry, z_stream *stream,
	struct pieces *pieces, struct unpacking *unpacking)
{
	while (unpacking->read < entry->size) {
		uint64_t left = entry->size - unpacking->read;
		size_t count = left < PIECE ? (size_t)left : PIECE;
		int error = zip_check_interruption(zip);

		if (!error)
			error = zip_read(zip, entry->data + unpacking->read, pieces->packed, count);
		if (error)
			return error;
		unpacking->read += count;
		if (!stream) {
			unpacking->crc = crc32(unpacking->crc, pieces->packed, (uInt)count);
			unpacking->unpacked += count;
			continue;
		}
		stream->next_in = pieces->packed;
		stream->avail_in = (uInt)count;
		error = inflate_piece(zip, entry, stream, unpacking, pieces->unpacked);
		if (error)
			return error;
		if (stream->avail_in || (unpacking->over && unpacking->read < entry->size))
			return zip_refuse_entry(zip, entry, -EINVAL, "ends before its size");
	}
	return 0;
}

static int check_data(
	struct zip *zip, const struct zip_entry *entry, z_stream *stream, struct pieces *pieces)
{
	struct unpacking unpacking = {.crc = crc32(0, NULL, 0)};
	bool deflated = entry->method == ZIP_DEFLATED;
	int error;

	if (deflated && inflateReset(stream) != Z_OK)
		return zip_refuse(zip, -ENOMEM, "out of memory");
	error = unpack_pieces(zip, entry, deflated ? stream : NULL, pieces, &unpacking);
	if (error)
		return error;
	if (unpacking.unpacked != entry->unpacked_size || (deflated && !unpacking.over))
		return zip_refuse_entry(zip, entry, -EINVAL, "unpacks to less than its size");
	if (unpacking.crc != entry->crc)
		return zip_refuse_entry(
			zip, entry, -EINVAL, "is damaged: its bytes have another CRC-32");
	return 0;
}

static int check_all_data(struct zip *zip, struct pieces *pieces)
{
	z_stream stream = {0};
	uint64_t i;
	int error = 0;

	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return zip_refuse(zip, -ENOMEM, "out of memory");
	for (i = 0; !error && i < zip->count; i++)
		error = check_data(zip, &zip->entries[i], &stream, pieces);
	inflateEnd(&stream);
	return error;
}

static int verify_zip(struct zip *zip)
{
	cleanup(free_pointer) struct pieces *pieces = malloc(sizeof(*pieces));
	uint64_t i;
	int error = pieces ? zip_read_directory(zip) : zip_refuse(zip, -ENOMEM, "out of memory");

	for (i = 0; !error && i < zip->count; i++) {
		error = check_method(zip, &zip->entries[i]);
		if (!error)
			error = check_header(zip, &zip->entries[i], pieces);
		if (!error)
			error = zip_check_interruption(zip);
	}
	if (!error)
		error = check_places(zip);
	return error ? error : check_all_data(zip, pieces);
}

int zip_verify(int descriptor, uint64_t size, const atomic_bool *interrupted,
	char sentence[ZIP_SENTENCE_SIZE])
{
	struct zip zip = {.descriptor = descriptor,
		.size = size,
		.interrupted = interrupted,
		.sentence = sentence};
	int error;

	sentence[0] = '\0';
	if (size > ZIP_SIZE_MAX)
		return zip_refuse(&zip, -EFBIG,
			"the zip is larger than 50 MiB, which Lambda takes only by way of S3");
	error = verify_zip(&zip);
	free(zip.entries);
	return error;
}
