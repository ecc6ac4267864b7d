/* SPDX-License-Identifier: MIT */
/* What an alias says, without its revision: what a change of it is compared with. */
#include "fs/rules/remap.h"

void remap_get_content(const struct lambda_alias *alias, struct remap_content *ret_content)
{
	memset(ret_content, 0, sizeof(*ret_content));
	ret_content->version = alias->version;
	ret_content->weighted_version = alias->weighted_version;
	ret_content->weight = alias->weighted_version ? alias->weight : 0;
	snprintf(ret_content->description, sizeof(ret_content->description), "%s",
		alias->description);
}

bool remap_content_is(const struct remap_content *content, const struct lambda_alias *alias)
{
	return content->version == alias->version &&
	       content->weighted_version == alias->weighted_version &&
	       (!alias->weighted_version || content->weight == alias->weight) &&
	       !strcmp(content->description, alias->description);
}
