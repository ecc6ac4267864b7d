/* SPDX-License-Identifier: MIT */
#include "backend/local/model/sender.h"

#include <strings.h>

#include "backend/base/text.h"

const char *find_header(const struct http_header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcasecmp(headers[i].name, name))
			return headers[i].value;
	}
	return NULL;
}

/* NULL also for one that is empty, or cannot be shown. */
static const char *find_text(const struct http_header *headers, size_t count, const char *name)
{
	const char *value = find_header(headers, count, name);

	return value && *value && text_is_utf8(value, strlen(value)) ? value : NULL;
}

void sender_cut_text(const char *text, char *copy, size_t size)
{
	size_t length = strlen(text);

	if (length >= size) {
		length = size - 1;
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
}

void sender_read(const struct http_header *headers, size_t count, struct sender *ret_sender)
{
	static const char field[] = "Credential=";
	const char *signature = find_text(headers, count, "Authorization");
	const char *credential = signature ? strstr(signature, field) : NULL;
	const char *agent = find_text(headers, count, "User-Agent");
	size_t length;

	memset(ret_sender, 0, sizeof(*ret_sender));
	ret_sender->host = find_text(headers, count, "Host");
	if (agent) {
		sender_cut_text(agent, ret_sender->agent, sizeof(ret_sender->agent));
		ret_sender->user_agent = ret_sender->agent;
	}
	if (!credential)
		return;
	credential += strlen(field);
	length = strcspn(credential, "/, ");
	if (!length || length >= sizeof(ret_sender->key) || credential[length] != '/')
		return;
	memcpy(ret_sender->key, credential, length);
	ret_sender->access_key_id = ret_sender->key;
}
