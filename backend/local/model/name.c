/* SPDX-License-Identifier: MIT */
#include "backend/local/model/name.h"

#include <errno.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/model/pattern.h"

#define TOKENS_MAX 8

struct token {
	const char *start;
	size_t length;
};

static bool token_copy(const struct token *token, char *out, size_t size)
{
	if (token->length >= size)
		return false;
	memcpy(out, token->start, token->length);
	out[token->length] = '\0';
	return true;
}

static bool token_matches(const struct token *token, const char *pattern)
{
	char text[FUNCTION_NAME_MAX + 1];

	return token_copy(token, text, sizeof(text)) && pattern_matches(pattern, text);
}

/* Splits at ':'. Gives the number of tokens, 0 when there are too many. */
static size_t split_name(const char *text, struct token tokens[TOKENS_MAX])
{
	size_t count = 0;

	for (;;) {
		size_t length = strcspn(text, ":");

		if (count == TOKENS_MAX)
			return 0;
		tokens[count++] = (struct token){.start = text, .length = length};
		if (!text[length])
			return count;
		text += length + 1;
	}
}

static bool is_name(const struct token *token)
{
	return token_matches(token, "[a-zA-Z0-9-_\\.]+");
}

/* Takes the optional part at *index when something that can be a name stands behind it. */
static bool take_optional(
	const struct token *tokens, size_t count, size_t *index, const char *pattern)
{
	if (*index + 1 >= count || !is_name(&tokens[*index + 1]) ||
		!token_matches(&tokens[*index], pattern))
		return false;
	(*index)++;
	return true;
}

int function_name_parse(const char *text, struct function_name *ret_name)
{
	struct token tokens[TOKENS_MAX];
	size_t count = split_name(text, tokens);
	struct function_name name = {0};
	size_t index = 0;

	if (!count)
		return -EINVAL;
	if (count > 3 && token_matches(&tokens[0], "arn"))
		index = 3;
	if (take_optional(tokens, count, &index,
		    "(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}")) {
		if (!token_copy(&tokens[index - 1], name.region, sizeof(name.region)))
			return -EINVAL;
	}
	if (take_optional(tokens, count, &index, "\\d{12}")) {
		if (!token_copy(&tokens[index - 1], name.account, sizeof(name.account)))
			return -EINVAL;
	}
	take_optional(tokens, count, &index, "function");
	if (count - index > 2 || !is_name(&tokens[index]) ||
		!token_copy(&tokens[index], name.name, sizeof(name.name)))
		return -EINVAL;
	if (count - index == 2 &&
		!token_copy(&tokens[index + 1], name.qualifier, sizeof(name.qualifier)))
		return -EINVAL;
	*ret_name = name;
	return 0;
}

int version_parse(const char *text, int64_t *ret_version)
{
	uint64_t number;

	if (!strcmp(text, "$LATEST")) {
		*ret_version = VERSION_LATEST;
		return 0;
	}
	if (!strcmp(text, "$LATEST.PUBLISHED")) {
		*ret_version = VERSION_LATEST_PUBLISHED;
		return 0;
	}
	if (*text == '0' || number_parse_u64(text, INT64_MAX - 1, &number))
		return -EINVAL;
	*ret_version = (int64_t)number;
	return 0;
}

void version_format(int64_t version, char text[VERSION_TEXT_SIZE])
{
	if (version == VERSION_LATEST)
		snprintf(text, VERSION_TEXT_SIZE, "$LATEST");
	else if (version == VERSION_LATEST_PUBLISHED)
		snprintf(text, VERSION_TEXT_SIZE, "$LATEST.PUBLISHED");
	else
		snprintf(text, VERSION_TEXT_SIZE, "%lld", (long long)version);
}
