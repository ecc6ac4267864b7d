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
	{"InvokeFunction", "invoke.json"},
};

/* The action that permits an operation: it has another name where AWS says so. */
static const char *action_of(const char *operation)
{
	return strcmp(operation, "Invoke") ? operation : "InvokeFunction";
}

static const char *find_policy(const char *action)
{
	size_t i;

	for (i = 0; i < array_count(permissions); i++)
		if (!strcmp(permissions[i].action, action))
			return permissions[i].policy;
	return NULL;
}

/* Whether AWS says that this action is missing; it may be another one (kms:Decrypt), or no permission at all. */
static bool is_missing(const struct lambda_error *error, const char *wanted)
{
	static const char before[] = "to perform: lambda:";
	const char *action = strstr(error->message, before);
	size_t length = strlen(wanted);

	if (error->status != LAMBDA_ACCESS_DENIED || !length)
		return false;
	if (!action)
		return strstr(error->message, "without a message") != NULL;
	action += strlen(before);
	return !strncmp(action, wanted, length) &&
	       strspn(action, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == length;
}

int permission_append_advice(struct buffer *out, const struct lambda_error *error)
{
	const char *action = action_of(error->operation), *policy = find_policy(action);

	if (!is_missing(error, action))
		return 0;
	/* AWS says so when a policy, of whatever kind, denies what another allows. */
	if (strstr(error->message, "explicit deny"))
		return buffer_appendf(out,
			" - lambda:%s is denied by a policy: allowing it in another does not help",
			action);
	if (!policy)
		return buffer_appendf(out, " - lambda:%s is not allowed: see contrib/iam", action);
	return buffer_appendf(out, " - lambda:%s is not allowed: the policy contrib/iam/%s has it",
		action, policy);
}
