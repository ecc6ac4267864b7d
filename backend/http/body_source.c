/* SPDX-License-Identifier: MIT */
#include "backend/http/body_source.h"

#include <errno.h>
#include <openssl/evp.h>

#include "backend/base/text.h"

#define PIECE 65536 /* bytes that are hashed at a time */

DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free);

static int hash_pieces(
	const struct http_body_source *source, const atomic_bool *interrupted, EVP_MD_CTX *hash)
{
	cleanup(free_pointer) char *piece = malloc(PIECE);
	uint64_t offset = 0;

	if (!piece)
		return -ENOMEM;
	while (offset < source->length) {
		ssize_t count;

		if (interrupted && atomic_load(interrupted))
			return -EINTR;
		count = source->read(source->data, offset, piece, PIECE);
		if (count < 0)
			return (int)count;
		if (EVP_DigestUpdate(hash, piece, (size_t)count) != 1)
			return -EIO;
		offset += (uint64_t)count;
	}
	return 0;
}

int http_body_source_hash(struct http_body_source *source, const atomic_bool *interrupted)
{
	cleanup(EVP_MD_CTX_free_pointer) EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	int error;

	if (!hash)
		return -ENOMEM;
	if (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		return -EIO;
	error = hash_pieces(source, interrupted, hash);
	if (error)
		return error;
	if (EVP_DigestFinal_ex(hash, digest, &length) != 1 || 2 * length >= sizeof(source->digest))
		return -EIO;
	text_format_hex(digest, length, source->digest);
	return 0;
}

bool http_body_sending_is_incomplete(const struct http_body_sending *sending)
{
	return sending->source && sending->offset < sending->source->length;
}

ssize_t http_body_sending_read(struct http_body_sending *sending, void *bytes, size_t size)
{
	ssize_t count;

	if (!http_body_sending_is_incomplete(sending) || !size)
		return 0;
	if (sending->interrupted && atomic_load(sending->interrupted))
		count = -EINTR;
	else
		count = sending->source->read(sending->source->data, sending->offset, bytes, size);
	if (count < 0)
		sending->error = (int)count;
	else
		sending->offset += (uint64_t)count;
	return count;
}
