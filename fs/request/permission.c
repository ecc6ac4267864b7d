/* SPDX-License-Identifier: MIT */
#include "fs/request/permission.h"

#include <string.h>

/* The smallest policy of contrib/iam that allows an action; tests/cli/test_words.py compares. */
static const struct permission {
	const char *action, *policy;
} permissions[] = {
	{"ListFunctions", "browse.json"},
	{"GetAccountSettings", "browse.json"},
	{"ListVersionsByFunction", "browse.json"},
	{"ListAliases", "browse.json"},
	{"GetAlias", "browse.json"},
	{"GetFunctionConfiguration", "browse.json"},
	{"CreateAlias", "promote.json"},
	{"UpdateAlias", "promote.json"},
	{"DeleteAlias", "promote.json"},
	{"PublishVersion", "publish.json"},
	{"UpdateFunctionCode", "update.json"},
	{"UpdateFunctionConfiguration", "update.json"},
	{"GetFunction", "documents.json"},
	{"ListTags", "documents.json"},
	{"GetPolicy", "documents.json"},
	{"ListFunctionUrlConfigs", "documents.json"},
	{"ListProvisionedConcurrencyConfigs", "documents.json"},
	{"ListFunctionEventInvokeConfigs", "documents.json"},
	{"GetFunctionRecursionConfig", "documents.json"},
	{"GetRuntimeManagementConfig", "documents.json"},
	{"GetFunctionCodeSigningConfig", "documents.json"},
	{"ListEventSourceMappings", "documents.json"},
	{"AddPermission", "edit.json"},
	{"RemovePermission", "edit.json"},
	{"TagResource", "edit.json"},
	{"UntagResource", "edit.json"},
	{"CreateFunctionUrlConfig", "edit.json"},
	{"UpdateFunctionUrlConfig", "edit.json"},
	{"PutFunctionConcurrency", "edit.json"},
	{"DeleteFunctionConcurrency", "edit.json"},
	{"PutProvisionedConcurrencyConfig", "edit.json"},
	{"DeleteProvisionedConcurrencyConfig", "edit.json"},
	{"PutFunctionEventInvokeConfig", "edit.json"},
	{"DeleteFunctionEventInvokeConfig", "edit.json"},
	{"PutFunctionRecursionConfig", "edit.json"},
	{"PutRuntimeManagementConfig", "edit.json"},
	{"PutFunctionCodeSigningConfig", "edit.json"},
	{"DeleteFunctionCodeSigningConfig", "edit.json"},
	{"UpdateEventSourceMapping", "edit.json"},
};

static const char *find_policy(const char *action)
{
	size_t i;

	for (i = 0; i < array_count(permissions); i++)
		if (!strcmp(permissions[i].action, action))
			return permissions[i].policy;
	return NULL;
}

/* Whether AWS says that this action is missing; it may be another one (kms:Decrypt), or no permission at all. */
static bool is_missing(const struct lambda_error *error)
{
	static const char before[] = "to perform: lambda:";
	const char *action = strstr(error->message, before);
	size_t length = strlen(error->operation);

	if (error->status != LAMBDA_ACCESS_DENIED || !length)
		return false;
	if (!action)
		return strstr(error->message, "without a message") != NULL;
	action += strlen(before);
	return !strncmp(action, error->operation, length) &&
	       strspn(action, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == length;
}

int permission_append_advice(struct buffer *out, const struct lambda_error *error)
{
	const char *policy = find_policy(error->operation);

	if (!is_missing(error))
		return 0;
	/* AWS says so when a policy, of whatever kind, denies what another allows. */
	if (strstr(error->message, "explicit deny"))
		return buffer_appendf(out,
			" - lambda:%s is denied by a policy: allowing it in another does not help",
			error->operation);
	if (!policy)
		return buffer_appendf(
			out, " - lambda:%s is not allowed: see contrib/iam", error->operation);
	return buffer_appendf(out, " - lambda:%s is not allowed: the policy contrib/iam/%s has it",
		error->operation, policy);
}
