/* SPDX-License-Identifier: MIT */
/* Numbers of sections are those of PKWARE's APPNOTE.TXT 6.3.10. */
#include "backend/zip/directory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/file.h"
#include "backend/base/text.h"

#define ENTRY_SIZE 46         /* 4.3.12 */
#define END_SIZE 22           /* 4.3.16 */
#define ZIP64_END_SIZE 56     /* 4.3.14 */
#define ZIP64_LOCATOR_SIZE 20 /* 4.3.15 */
#define COMMENT_MAX 65535
#define VARIABLE_MAX ((size_t)3 * 65535) /* bytes of an entry's name, extra fields and comment */
#define ZIP64_FIELD 1                    /* 4.5.3 */
#define SHOWN_NAME_MAX 100               /* bytes of an entry's name in a sentence */

#define NOT_WHOLE "the zip is not whole: "

/* The end record's values, those of zip64 in their place. */
struct end {
	uint64_t disk, directory_disk, count_here, count, directory_size, directory;
	uint64_t
		at; /* where the record begins, zip64's if there is one: the directory ends there */
};

/* --- for all of the room --- */

int zip_refuse(struct zip *zip, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(zip->sentence, ZIP_SENTENCE_SIZE, format, arguments);
	va_end(arguments);
	return error;
}

int zip_refuse_entry(
	struct zip *zip, const struct zip_entry *entry, int error, const char *format, ...)
{
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(8 * SHOWN_NAME_MAX);
	char name[SHOWN_NAME_MAX + 1] = "";
	size_t length = entry->name_length < SHOWN_NAME_MAX ? entry->name_length : SHOWN_NAME_MAX;
	va_list arguments;
	int used;

	if (pread(zip->descriptor, name, length, (off_t)entry->name) != (ssize_t)length ||
		text_append_shown(&shown, name))
		buffer_reset(&shown);
	used = snprintf(zip->sentence, ZIP_SENTENCE_SIZE, "the zip's entry %.*s%s ", SHOWN_NAME_MAX,
		buffer_text(&shown), entry->name_length > SHOWN_NAME_MAX ? "…" : "");
	va_start(arguments, format);
	vsnprintf(zip->sentence + used, ZIP_SENTENCE_SIZE - (size_t)used, format, arguments);
	va_end(arguments);
	return error;
}

int zip_check_interruption(struct zip *zip)
{
	if (zip->interrupted && atomic_load(zip->interrupted))
		return zip_refuse(zip, -EINTR, "interrupted");
	return 0;
}

int zip_read(struct zip *zip, uint64_t offset, void *bytes, size_t length)
{
	int error;

	if (offset > zip->size || length > zip->size - offset)
		return zip_refuse(zip, -EINVAL, NOT_WHOLE "it ends too early");
	error = file_read_at(zip->descriptor, bytes, length, offset);
	if (error)
		return zip_refuse(
			zip, error, "the zip cannot be read: %s", strerrordesc_np(-error));
	return 0;
}

static bool take_zip64(
	const unsigned char *field, size_t length, uint64_t *const values[], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (*values[i] != UINT32_MAX)
			continue;
		if (length < 8)
			return false;
		*values[i] = zip_u64(field);
		field += 8;
		length -= 8;
	}
	return true;
}

bool zip_read_zip64(
	const unsigned char *extra, size_t length, uint64_t *const values[], size_t count)
{
	size_t i;

	while (length >= 4) {
		size_t field = zip_u16(extra + 2);

		if (field > length - 4)
			break; /* other fields may be as they like: nothing depends on them */
		if (zip_u16(extra) == ZIP64_FIELD)
			return take_zip64(extra + 4, field, values, count);
		extra += 4 + field;
		length -= 4 + field;
	}
	for (i = 0; i < count; i++)
		if (*values[i] == UINT32_MAX)
			return false;
	return true;
}

/* --- the end record --- */

/* Finds it: it ends with the file, or its comment does. */
static int find_end(struct zip *zip, unsigned char record[END_SIZE], uint64_t *ret_at)
{
	size_t length =
		zip->size < END_SIZE + COMMENT_MAX ? (size_t)zip->size : END_SIZE + COMMENT_MAX;
	cleanup(free_pointer) unsigned char *last = malloc(length);
	size_t at;
	int error;

	if (!last)
		return zip_refuse(zip, -ENOMEM, "out of memory");
	error = zip_read(zip, zip->size - length, last, length);
	if (error)
		return error;
	for (at = length - END_SIZE + 1; at-- > 0;) {
		if (!zip_is_signature(last + at, 5, 6) ||
			at + END_SIZE + zip_u16(last + at + 20) != length)
			continue;
		memcpy(record, last + at, END_SIZE);
		*ret_at = zip->size - length + at;
		return 0;
	}
	return zip_refuse(zip, -EINVAL, "it is no zip, or its end is missing");
}

/* A value of the end record that stands in zip64's as well. */
static bool agrees_with_zip64(uint64_t value, uint64_t zip64, uint64_t too_large)
{
	return value == zip64 || value == too_large;
}

/* Takes the values of zip64's end record, where there is one in front of the other. */
static int read_zip64_end(struct zip *zip, struct end *end)
{
	unsigned char locator[ZIP64_LOCATOR_SIZE], record[ZIP64_END_SIZE];
	struct end large;
	int error;

	if (end->at < sizeof(locator))
		return 0;
	error = zip_read(zip, end->at - sizeof(locator), locator, sizeof(locator));
	if (error || !zip_is_signature(locator, 6, 7))
		return error;
	large.at = zip_u64(locator + 8);
	error = zip_read(zip, large.at, record, sizeof(record));
	if (error)
		return error;
	large.disk = zip_u32(record + 16);
	large.directory_disk = zip_u32(record + 20);
	large.count_here = zip_u64(record + 24);
	large.count = zip_u64(record + 32);
	large.directory_size = zip_u64(record + 40);
	large.directory = zip_u64(record + 48);
	if (!zip_is_signature(record, 6, 6) || zip_u32(locator + 4) || zip_u32(locator + 16) > 1 ||
		zip_u64(record + 4) != end->at - sizeof(locator) - large.at - 12 ||
		!agrees_with_zip64(end->count_here, large.count_here, UINT16_MAX) ||
		!agrees_with_zip64(end->count, large.count, UINT16_MAX) ||
		!agrees_with_zip64(end->directory_size, large.directory_size, UINT32_MAX) ||
		!agrees_with_zip64(end->directory, large.directory, UINT32_MAX) ||
		!agrees_with_zip64(end->disk, large.disk, UINT16_MAX) ||
		!agrees_with_zip64(end->directory_disk, large.directory_disk, UINT16_MAX))
		return zip_refuse(zip, -EINVAL, NOT_WHOLE "its two end records differ");
	*end = large;
	return 0;
}

static int read_end(struct zip *zip, struct end *ret_end)
{
	unsigned char record[END_SIZE] = {0};
	struct end end = {0};
	int error;

	if (zip->size < END_SIZE)
		return zip_refuse(zip, -EINVAL, "it is no zip, or its end is missing");
	error = find_end(zip, record, &end.at);
	if (error)
		return error;
	end.disk = zip_u16(record + 4);
	end.directory_disk = zip_u16(record + 6);
	end.count_here = zip_u16(record + 8);
	end.count = zip_u16(record + 10);
	end.directory_size = zip_u32(record + 12);
	end.directory = zip_u32(record + 16);
	error = read_zip64_end(zip, &end);
	if (error)
		return error;
	if (end.disk || end.directory_disk || end.count != end.count_here)
		return zip_refuse(zip, -EINVAL, "the zip is one of several parts, or not whole");
	if (end.directory > end.at || end.at - end.directory != end.directory_size)
		return zip_refuse(
			zip, -EINVAL, NOT_WHOLE "its directory does not come before its end");
	*ret_end = end;
	return 0;
}

/* --- the directory --- */

/* One entry of the directory at *at, which is moved behind it. `variable`: room for VARIABLE_MAX bytes. */
static int read_entry(struct zip *zip, uint64_t *at, uint64_t directory_end,
	unsigned char *variable, struct zip_entry *entry)
{
	unsigned char fixed[ENTRY_SIZE];
	uint64_t *const values[] = {&entry->unpacked_size, &entry->size, &entry->header};
	size_t extra, length;
	int error;

	if (directory_end - *at < sizeof(fixed))
		return zip_refuse(zip, -EINVAL, NOT_WHOLE "its directory ends too early");
	error = zip_read(zip, *at, fixed, sizeof(fixed));
	if (error)
		return error;
	if (!zip_is_signature(fixed, 1, 2))
		return zip_refuse(zip, -EINVAL, NOT_WHOLE "its directory is damaged");
	*entry = (struct zip_entry){.flags = zip_u16(fixed + 8),
		.method = zip_u16(fixed + 10),
		.crc = zip_u32(fixed + 16),
		.size = zip_u32(fixed + 20),
		.unpacked_size = zip_u32(fixed + 24),
		.name_length = zip_u16(fixed + 28),
		.header = zip_u32(fixed + 42),
		.name = *at + sizeof(fixed)};
	extra = zip_u16(fixed + 30);
	length = (size_t)entry->name_length + extra + zip_u16(fixed + 32);
	if (length > directory_end - entry->name)
		return zip_refuse(zip, -EINVAL, NOT_WHOLE "its directory ends too early");
	error = zip_read(zip, entry->name, variable, length);
	if (error)
		return error;
	if (zip_u16(fixed + 34) && zip_u16(fixed + 34) != UINT16_MAX)
		return zip_refuse_entry(zip, entry, -EINVAL, "lies in another part");
	if (!entry->name_length || memchr(variable, '\0', entry->name_length))
		return zip_refuse_entry(zip, entry, -EINVAL, "has no name that a file can have");
	if (!zip_read_zip64(variable + entry->name_length, extra, values, array_count(values)))
		return zip_refuse_entry(zip, entry, -EINVAL, "has no size in the directory");
	*at = entry->name + length;
	return 0;
}

int zip_read_directory(struct zip *zip)
{
	cleanup(free_pointer) unsigned char *variable = malloc(VARIABLE_MAX);
	struct end end = {0};
	uint64_t at, unpacked = 0;
	int error = read_end(zip, &end);

	if (error)
		return error;
	if (!end.count)
		return zip_refuse(zip, -EINVAL, "the zip has no entry");
	if (end.count > ZIP_ENTRIES_MAX)
		return zip_refuse(zip, -EFBIG, "the zip has more than %d entries", ZIP_ENTRIES_MAX);
	zip->directory = at = end.directory;
	zip->entries = calloc(end.count, sizeof(*zip->entries));
	if (!zip->entries || !variable)
		return zip_refuse(zip, -ENOMEM, "out of memory");
	for (zip->count = 0; !error && zip->count < end.count; zip->count++) {
		struct zip_entry *entry = &zip->entries[zip->count];

		error = read_entry(zip, &at, end.at, variable, entry);
		if (!error && entry->unpacked_size > ZIP_UNPACKED_MAX - unpacked)
			error = zip_refuse(zip, -EFBIG,
				"the zip unpacks to more than 250 MiB, which Lambda does not take");
		unpacked += entry->unpacked_size;
	}
	if (!error && at != end.at)
		error = zip_refuse(
			zip, -EINVAL, NOT_WHOLE "its directory has more entries than it counts");
	return error ? error : zip_check_interruption(zip);
}
