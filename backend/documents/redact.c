/* SPDX-License-Identifier: MIT */
#include "backend/documents/redact.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/documents/document.h"

#define PREFIX "hmac:"
#define DIGEST_SIZE 32
#define SHOWN_BYTES 12

_Static_assert(REDACT_TEXT_SIZE == sizeof(PREFIX) + 2 * SHOWN_BYTES, "the size of a redacted form");

int redact_value(const unsigned char key[REDACT_KEY_SIZE], const char *function,
	const char *variable, const char *value, char text[REDACT_TEXT_SIZE])
{
	cleanup(buffer_release_secret) struct buffer input = BUFFER_INIT(DOCUMENT_MAX);
	unsigned char digest[DIGEST_SIZE];
	unsigned int length = sizeof(digest);
	int error = buffer_append(&input, function, strlen(function) + 1);

	if (!error)
		error = buffer_append(&input, variable, strlen(variable) + 1);
	if (!error)
		error = buffer_append_string(&input, value);
	if (error)
		return error;
	if (!HMAC(EVP_sha256(), key, REDACT_KEY_SIZE, (const unsigned char *)input.data,
		    input.length, digest, &length))
		return -ENOMEM;
	memcpy(text, PREFIX, strlen(PREFIX));
	text_format_hex(digest, SHOWN_BYTES, text + strlen(PREFIX));
	return 0;
}

bool redact_is_form(const char *value)
{
	return strlen(value) == REDACT_TEXT_SIZE - 1 && text_starts_with(value, PREFIX) &&
	       strspn(value + strlen(PREFIX), "0123456789abcdef") == 2 * SHOWN_BYTES;
}

int redact_variables(
	const unsigned char key[REDACT_KEY_SIZE], const char *function, struct json *variables)
{
	cleanup(json_free_pointer) struct json *given = json_copy(variables);
	char text[REDACT_TEXT_SIZE];
	const struct json *item;
	int error = given ? 0 : -ENOMEM;

	for (item = json_first(given); item && !error; item = json_next(item)) {
		const char *value = json_string(item);

		if (!value)
			continue;
		error = redact_value(key, function, json_name(item), value, text);
		if (!error)
			error = json_set_string(variables, json_name(item), text);
	}
	return error;
}
