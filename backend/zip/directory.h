/* SPDX-License-Identifier: MIT */
/* The end record and the central directory of a zip, and the entries that they describe. Internal to this room. */
#ifndef ALIASFS_ZIP_DIRECTORY_H
#define ALIASFS_ZIP_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/zip/zip.h"

#define ZIP_NAME_MAX 65535 /* bytes */

enum zip_method {
	ZIP_STORED = 0,
	ZIP_DEFLATED = 8,
};

/* One entry as the central directory describes it. */
struct zip_entry {
	uint64_t header; /* where its local header begins */
	uint64_t end;    /* behind the last byte that belongs to it; the directory does not say */
	uint64_t data;   /* where its data begins; the same */
	uint64_t size;   /* bytes of the data */
	uint64_t unpacked_size; /* bytes */
	uint64_t name;          /* where its name stands in the directory */
	uint32_t crc;
	uint16_t name_length, flags, method;
};

struct zip {
	int descriptor;
	uint64_t size; /* bytes of the file */
	const atomic_bool *interrupted;
	char *sentence;            /* ZIP_SENTENCE_SIZE bytes */
	struct zip_entry *entries; /* owned; `count` of them */
	uint64_t count;
	uint64_t directory; /* where the central directory begins */
};

/* Finds the end record, reads the directory: its entries fill it exactly, and it ends where the end record begins. */
int zip_read_directory(struct zip *zip) must_check;

/* Reads `length` bytes at `offset`. -EINVAL with a sentence when that is beyond the size; -errno of pread(2). */
int zip_read(struct zip *zip, uint64_t offset, void *bytes, size_t length) must_check;

/* Writes the sentence, which begins with "the zip", and gives the error back. */
int zip_refuse(struct zip *zip, int error, const char *format, ...) printf_like(3, 4);

/* The same about an entry, by its name: "the zip's entry NAME …". */
int zip_refuse_entry(struct zip *zip, const struct zip_entry *entry, int error, const char *format,
	...) printf_like(4, 5);

/* -EINTR with a sentence once it is interrupted. */
int zip_check_interruption(struct zip *zip) must_check;

static inline uint16_t zip_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t zip_u32(const unsigned char *at)
{
	return zip_u16(at) | (uint32_t)zip_u16(at + 2) << 16;
}

static inline uint64_t zip_u64(const unsigned char *at)
{
	return zip_u32(at) | (uint64_t)zip_u32(at + 4) << 32;
}

/* Whether "PK" and these two bytes stand there. */
static inline bool zip_is_signature(
	const unsigned char *at, unsigned char third, unsigned char fourth)
{
	return at[0] == 'P' && at[1] == 'K' && at[2] == third && at[3] == fourth;
}

/*
 * Takes what a zip64 field among the extra fields says in the place of the values that are too large for 32 bits
 * (0xffffffff), in the order in which it has them. False: it does not have them all, or the fields are broken.
 */
bool zip_read_zip64(
	const unsigned char *extra, size_t length, uint64_t *const values[], size_t count);

#endif
