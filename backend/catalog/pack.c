/* SPDX-License-Identifier: MIT */
#include "backend/catalog/pack.h"

#include <errno.h>
#include <zlib.h>

#include "backend/base/hash.h"

#define WINDOW_BITS (-15) /* raw deflate: no header, no checksum */
#define MEMORY_LEVEL 5 /* a small hash table: clearing it is most of the cost of a small document */

struct packer {
	z_stream stream;
	unsigned char *scratch[PACK_DOCUMENTS];
	size_t scratch_size[PACK_DOCUMENTS];
};

struct packer *packer_new(void)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	if (!packer)
		return NULL;
	if (deflateInit2(&packer->stream, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK) {
		free(packer);
		return NULL;
	}
	return packer;
}

static void forget_scratch(struct packer *packer, size_t document)
{
	if (packer->scratch[document])
		explicit_bzero(packer->scratch[document], packer->scratch_size[document]);
	free(take_pointer(packer->scratch[document]));
	packer->scratch_size[document] = 0;
}

void packer_free(struct packer *packer)
{
	size_t i;

	if (!packer)
		return;
	deflateEnd(&packer->stream);
	for (i = 0; i < PACK_DOCUMENTS; i++)
		forget_scratch(packer, i);
	free(packer);
}

static const char *document_bytes(
	const struct lambda_version *version, size_t document, uint32_t *ret_length)
{
	bool configuration = document == CATALOG_CONFIGURATION;

	*ret_length = (uint32_t)(configuration ? version->configuration_length
					       : version->environment_length);
	return configuration ? version->configuration : version->environment;
}

static const unsigned char *dictionary_bytes(
	const struct pack_dictionary *dictionary, size_t document)
{
	return dictionary->bytes + (document ? dictionary->lengths[0] : 0);
}

struct pack_dictionary *pack_dictionary_new(const struct lambda_version *version)
{
	size_t size = version->configuration_length + version->environment_length;
	struct pack_dictionary *dictionary = malloc(sizeof(*dictionary) + size);
	unsigned char *at;
	size_t i;

	if (!dictionary)
		return NULL;
	atomic_init(&dictionary->references, 1);
	at = dictionary->bytes;
	for (i = 0; i < PACK_DOCUMENTS; i++) {
		const char *bytes = document_bytes(version, i, &dictionary->lengths[i]);

		memcpy(at, bytes, dictionary->lengths[i]);
		at += dictionary->lengths[i];
	}
	return dictionary;
}

struct pack_dictionary *pack_dictionary_ref(struct pack_dictionary *dictionary)
{
	atomic_fetch_add(&dictionary->references, 1);
	return dictionary;
}

void pack_dictionary_unref(struct pack_dictionary *dictionary)
{
	if (!dictionary || atomic_fetch_sub(&dictionary->references, 1) != 1)
		return;
	explicit_bzero(dictionary->bytes, (size_t)dictionary->lengths[0] + dictionary->lengths[1]);
	free(dictionary);
}

/* Guards against change, not against an attacker who looks for collisions. */
uint64_t pack_fingerprint(const struct lambda_version *version)
{
	uint64_t hash = HASH_START;
	size_t i;

	for (i = 0; i < PACK_DOCUMENTS; i++) {
		uint32_t length;
		const char *bytes = document_bytes(version, i, &length);

		hash = hash_bytes(hash_bytes(hash, &length, sizeof(length)), bytes, length);
	}
	return hash;
}

/* Deflates into the packer's scratch. The length, `length` when that is no gain, or -ENOMEM. */
static int64_t deflate_document(struct packer *packer, size_t document,
	const struct pack_dictionary *dictionary, const char *bytes, uint32_t length)
{
	z_stream *stream = &packer->stream;

	if (packer->scratch_size[document] < length) {
		forget_scratch(packer, document);
		packer->scratch[document] = malloc(length);
		if (!packer->scratch[document])
			return -ENOMEM;
		packer->scratch_size[document] = length;
	}
	if (deflateReset(stream) != Z_OK ||
		deflateSetDictionary(stream, dictionary_bytes(dictionary, document),
			dictionary->lengths[document]) != Z_OK)
		return length;
	stream->next_in = (unsigned char *)(uintptr_t)bytes;
	stream->avail_in = length;
	stream->next_out = packer->scratch[document];
	stream->avail_out = length;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return length; /* longer than the document itself */
	return length - stream->avail_out;
}

static bool is_the_dictionarys(const struct pack_dictionary *dictionary, size_t document,
	const char *bytes, uint32_t length)
{
	return dictionary->lengths[document] == length &&
	       !memcmp(dictionary_bytes(dictionary, document), bytes, length);
}

struct pack *pack_new(struct packer *packer, struct pack_dictionary *dictionary,
	const struct lambda_version *version)
{
	uint32_t lengths[PACK_DOCUMENTS], packed[PACK_DOCUMENTS];
	const unsigned char *sources[PACK_DOCUMENTS];
	size_t total = 0, i;
	struct pack *pack;

	for (i = 0; i < PACK_DOCUMENTS; i++) {
		const char *bytes = document_bytes(version, i, &lengths[i]);
		int64_t length = 0;

		if (!is_the_dictionarys(dictionary, i, bytes, lengths[i]))
			length = deflate_document(packer, i, dictionary, bytes, lengths[i]);
		if (length < 0)
			return NULL;
		packed[i] = (uint32_t)length;
		sources[i] =
			packed[i] == lengths[i] ? (const unsigned char *)bytes : packer->scratch[i];
		total += packed[i];
	}
	pack = malloc(sizeof(*pack) + total);
	if (!pack)
		return NULL;
	atomic_init(&pack->references, 1);
	pack->fingerprint = pack_fingerprint(version);
	pack->dictionary = pack_dictionary_ref(dictionary);
	for (i = 0, total = 0; i < PACK_DOCUMENTS; i++) {
		pack->lengths[i] = lengths[i];
		pack->packed_lengths[i] = packed[i];
		if (packed[i])
			memcpy(pack->bytes + total, sources[i], packed[i]);
		total += packed[i];
	}
	return pack;
}

struct pack *pack_ref(struct pack *pack)
{
	atomic_fetch_add(&pack->references, 1);
	return pack;
}

void pack_unref(struct pack *pack)
{
	if (!pack || atomic_fetch_sub(&pack->references, 1) != 1)
		return;
	pack_dictionary_unref(pack->dictionary);
	explicit_bzero(pack->bytes, pack_size(pack) - sizeof(*pack));
	free(pack);
}

size_t pack_size(const struct pack *pack)
{
	return sizeof(*pack) + pack->packed_lengths[0] + pack->packed_lengths[1];
}

/* Inflates into `text`, which takes exactly `length` bytes. 0 or -ENOMEM. */
static int inflate_document(const struct pack *pack, size_t document, unsigned char *text)
{
	const unsigned char *packed = pack->bytes + (document ? pack->packed_lengths[0] : 0);
	z_stream stream = {0};
	int result;

	if (inflateInit2(&stream, WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	stream.next_in = (unsigned char *)(uintptr_t)packed;
	stream.avail_in = pack->packed_lengths[document];
	stream.next_out = text;
	stream.avail_out = pack->lengths[document];
	result = inflateSetDictionary(&stream, dictionary_bytes(pack->dictionary, document),
		pack->dictionary->lengths[document]);
	if (result == Z_OK)
		result = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	/* It was packed here: all that can go wrong is the memory. */
	return result == Z_STREAM_END && !stream.avail_out ? 0 : -ENOMEM;
}

int pack_open(const struct pack *pack, enum catalog_document document, struct buffer *out)
{
	uint32_t length = pack->lengths[document], packed = pack->packed_lengths[document];
	cleanup(free_pointer) unsigned char *text = NULL;
	int error;

	if (packed == length)
		return buffer_append(
			out, pack->bytes + (document ? pack->packed_lengths[0] : 0), length);
	if (!packed)
		return buffer_append(out, dictionary_bytes(pack->dictionary, document), length);
	text = malloc(length);
	if (!text)
		return -ENOMEM;
	error = inflate_document(pack, document, text);
	if (!error)
		error = buffer_append(out, text, length);
	explicit_bzero(text, length);
	return error;
}
