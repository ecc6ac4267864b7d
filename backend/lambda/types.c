/* SPDX-License-Identifier: MIT */
#include "backend/lambda/types.h"

#include <errno.h>
#include <inttypes.h>

#include "backend/base/number.h"

#define ENTRY_NAME_MAX 255
#define WEIGHT_EPSILON 1e-12
#define LATEST "$LATEST"
#define LATEST_PUBLISHED "$LATEST.PUBLISHED"

bool lambda_is_entry_name(const char *name)
{
	size_t length = strlen(name), i;

	if (!length || length > ENTRY_NAME_MAX)
		return false;
	if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, ".aliasfs"))
		return false;
	for (i = 0; i < length; i++)
		if (name[i] == '/' || (unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return true;
}

/* --- versions --- */

void lambda_version_format(uint64_t version, char text[LAMBDA_VERSION_TEXT_SIZE])
{
	if (version == LAMBDA_VERSION_LATEST)
		snprintf(text, LAMBDA_VERSION_TEXT_SIZE, LATEST);
	else if (version == LAMBDA_VERSION_LATEST_PUBLISHED)
		snprintf(text, LAMBDA_VERSION_TEXT_SIZE, LATEST_PUBLISHED);
	else
		snprintf(text, LAMBDA_VERSION_TEXT_SIZE, "%" PRIu64, version);
}

int lambda_version_parse(const char *text, uint64_t *ret_version)
{
	uint64_t version;

	if (!strcmp(text, LATEST)) {
		*ret_version = LAMBDA_VERSION_LATEST;
		return 0;
	}
	if (!strcmp(text, LATEST_PUBLISHED)) {
		*ret_version = LAMBDA_VERSION_LATEST_PUBLISHED;
		return 0;
	}
	if (text[0] == '0' || number_parse_u64(text, UINT64_MAX - 1, &version))
		return -EINVAL;
	*ret_version = version;
	return 0;
}

void lambda_version_release(struct lambda_version *version)
{
	free(version->function_name);
	free(version->configuration);
	if (version->environment)
		explicit_bzero(version->environment, version->environment_length);
	free(version->environment);
	memset(version, 0, sizeof(*version));
}

void lambda_version_page_release(struct lambda_version_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++)
		lambda_version_release(&page->items[i]);
	for (i = 0; i < page->unlistable_count; i++)
		free(page->unlistable[i]);
	free(page->unlistable);
	free(page->items);
	free(page->next_marker);
	memset(page, 0, sizeof(*page));
}

/* --- aliases --- */

bool lambda_is_alias_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	size_t length = strlen(name);

	return length && length <= LAMBDA_ALIAS_NAME_MAX && strspn(name, allowed) == length &&
	       strspn(name, "0123456789") != length;
}

void lambda_alias_release(struct lambda_alias *alias)
{
	free(alias->description);
	alias->description = NULL;
}

int lambda_alias_copy(const struct lambda_alias *from, struct lambda_alias *ret_alias)
{
	char *description = strdup(from->description ? from->description : "");

	if (!description)
		return -ENOMEM;
	*ret_alias = *from;
	ret_alias->description = description;
	return 0;
}

bool lambda_alias_is(
	const struct lambda_alias *alias, const struct lambda_alias *wanted, bool with_description)
{
	double difference = alias->weight - wanted->weight;

	if (alias->version != wanted->version ||
		alias->weighted_version != wanted->weighted_version)
		return false;
	if (wanted->weighted_version &&
		(difference < -WEIGHT_EPSILON || difference > WEIGHT_EPSILON))
		return false;
	return !with_description || !strcmp(alias->description ? alias->description : "",
					    wanted->description ? wanted->description : "");
}

void lambda_alias_page_release(struct lambda_alias_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++)
		lambda_alias_release(&page->items[i]);
	free(page->items);
	free(page->next_marker);
	memset(page, 0, sizeof(*page));
}
