/* SPDX-License-Identifier: MIT */
#include "fs/rules/name.h"

#include <errno.h>

#include "backend/base/text.h"
#include "fs/rules/weight.h"

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define ALIAS_CHARACTERS DIGITS LETTERS "-_"

/* Whether the first `length` bytes are spelled as an alias, however long. */
static bool is_alias_spelling(const char *text, size_t length)
{
	return length && strspn(text, ALIAS_CHARACTERS) >= length && strspn(text, DIGITS) < length;
}

/* Takes the alias of `length` bytes; false when it is too long to be one. */
static bool set_alias(struct name *name, const char *text, size_t length)
{
	if (length > LAMBDA_ALIAS_NAME_MAX)
		return false;
	memcpy(name->alias, text, length);
	name->alias[length] = '\0';
	return true;
}

/* Whether a percentage is followed by what a tool or a person adds to a name: `10_a1B2c3`, `10.new`, `10#`. */
static bool is_weight_with_suffix(const char *text)
{
	size_t length = strspn(text, DIGITS ".");
	char number[WEIGHT_TEXT_SIZE];
	double weight;

	while (length && text[length - 1] == '.')
		length--;
	if (!length || length >= sizeof(number) || !text[length] ||
		!strchr("._~#,:@", text[length]))
		return false;
	memcpy(number, text, length);
	number[length] = '\0';
	return weight_parse(number, &weight) == 0;
}

/*
 * ALIAS%DECIMAL. A weight with something added is local, as tools make such names; anything else that
 * begins with a name and a % is a mistake, and would only vanish after a minute if it were local.
 */
static void parse_weight(const char *text, const char *percent, struct name *name)
{
	size_t length = (size_t)(percent - text);

	name->kind = NAME_LOCAL;
	if (strspn(text, ALIAS_CHARACTERS) < length)
		return;
	if (is_weight_with_suffix(percent + 1))
		return;
	name->kind = NAME_WEIGHT_MALFORMED;
	if (!is_alias_spelling(text, length))
		return;
	if (weight_parse(percent + 1, &name->weight) == 0)
		name->kind = NAME_WEIGHT;
	if (!set_alias(name, text, length))
		name->kind = NAME_ALIAS_TOO_LONG;
}

/* ALIAS@DIGITS. Anything else with an @ is local. */
static void parse_settled(const char *text, const char *at, struct name *name)
{
	size_t length = (size_t)(at - text);

	if (!is_alias_spelling(text, length) || !at[1] || at[1 + strspn(at + 1, DIGITS)])
		return;
	name->kind = set_alias(name, text, length) ? NAME_SETTLED : NAME_ALIAS_TOO_LONG;
	/* A version is a number without leading zeros, too. */
	if (lambda_version_parse(at + 1, &name->number))
		name->number = 0;
}

/* How many bytes of NAME~ or NAME.~N~ are NAME; 0 when it is neither. */
static size_t find_backup_base(const char *text)
{
	size_t length = strlen(text), digits = 0;

	if (length < 2 || text[length - 1] != '~')
		return 0;
	length--;
	while (digits < length && strchr(DIGITS, text[length - 1 - digits]))
		digits++;
	if (digits && length > digits + 2 && !strncmp(text + length - digits - 2, ".~", 2))
		return length - digits - 2;
	return length;
}

static void parse_backup(const char *text, size_t base_length, struct name *name)
{
	char base[256];
	struct name of;

	if (base_length >= sizeof(base))
		return;
	memcpy(base, text, base_length);
	base[base_length] = '\0';
	name_parse(base, &of);
	if (of.kind != NAME_ALIAS && of.kind != NAME_WEIGHT)
		return;
	name->kind = NAME_BACKUP;
	memcpy(name->alias, of.alias, sizeof(name->alias));
	name->backup_of = (unsigned int)base_length;
}

void name_parse(const char *text, struct name *ret_name)
{
	struct name name = {.kind = NAME_LOCAL};
	size_t length = strlen(text), base_length;
	const char *mark;

	if (lambda_version_parse(text, &name.version) == 0) {
		name.kind = NAME_VERSION;
	} else if (length && strspn(text, DIGITS) == length) {
		name.kind = NAME_NUMERIC;
	} else if (is_alias_spelling(text, length)) {
		name.kind = set_alias(&name, text, length) ? NAME_ALIAS : NAME_ALIAS_TOO_LONG;
	} else if (!strcmp(text, ".aliases")) {
		name.kind = NAME_ALIASES;
	} else if (!strcmp(text, ".function")) {
		name.kind = NAME_FUNCTION_DOCUMENTS;
	} else if (!strcmp(text, ".newest")) {
		name.kind = NAME_NEWEST;
	} else if (*text == '+') {
		name.kind = NAME_PUBLISH;
		name.description = text + 1;
	} else if ((base_length = find_backup_base(text))) {
		parse_backup(text, base_length, &name);
	} else if ((mark = strchr(text, '%'))) {
		parse_weight(text, mark, &name);
	} else if ((mark = strchr(text, '@'))) {
		parse_settled(text, mark, &name);
	}
	*ret_name = name;
}

static bool is_random_part(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, DIGITS LETTERS) == length;
}

bool name_looks_temporary(const char *text, unsigned int patterns)
{
	size_t length = strlen(text);

	if (patterns & NAME_PATTERN_COREUTILS && text_starts_with(text, "Cu") &&
		is_random_part(text + 2, 6))
		return true;
	if (text_starts_with(text, "tmp") && strlen(text + 3) == 8 &&
		strspn(text + 3, DIGITS LETTERS "_") == 8)
		return true;
	return patterns & NAME_PATTERN_TOYBOX && length > 7 && text[length - 7] == '_' &&
	       is_random_part(text + length - 6, 6) && strspn(text, ALIAS_CHARACTERS) == length;
}

int name_format_weight(const char *alias, double weight, char text[NAME_WEIGHT_SIZE])
{
	char percentage[WEIGHT_TEXT_SIZE];
	int error = weight_format(weight, percentage);

	if (error)
		return error;
	snprintf(text, NAME_WEIGHT_SIZE, "%.*s%%%s", LAMBDA_ALIAS_NAME_MAX, alias, percentage);
	return 0;
}
