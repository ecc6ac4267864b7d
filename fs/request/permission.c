/* SPDX-License-Identifier: MIT */
#include "fs/request/permission.h"

#include <string.h>

#include "backend/base/text.h"

/* The smallest policy of contrib/iam that allows an action; tests/cli/test_words.py compares. */
static const struct {
	const char *policy;
	const char *actions[20]; /* NULL-ended */
} policies[] = {
	{"browse.json", {"ListFunctions", "GetAccountSettings", "ListVersionsByFunction",
				"ListAliases", "GetAlias", "GetFunctionConfiguration"}},
	{"promote.json", {"CreateAlias", "UpdateAlias", "DeleteAlias"}},
	{"publish.json", {"PublishVersion"}},
	{"update.json", {"UpdateFunctionCode", "UpdateFunctionConfiguration"}},
	{"documents.json",
		{"GetFunction", "ListTags", "GetPolicy", "ListFunctionUrlConfigs",
			"ListProvisionedConcurrencyConfigs", "ListFunctionEventInvokeConfigs",
			"GetFunctionRecursionConfig", "GetRuntimeManagementConfig",
			"GetFunctionCodeSigningConfig", "ListEventSourceMappings"}},
	{"edit.json", {"AddPermission", "RemovePermission", "TagResource", "UntagResource",
			      "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig",
			      "PutFunctionConcurrency", "DeleteFunctionConcurrency",
			      "PutProvisionedConcurrencyConfig",
			      "DeleteProvisionedConcurrencyConfig", "PutFunctionEventInvokeConfig",
			      "DeleteFunctionEventInvokeConfig", "PutFunctionRecursionConfig",
			      "PutRuntimeManagementConfig", "PutFunctionCodeSigningConfig",
			      "DeleteFunctionCodeSigningConfig", "UpdateEventSourceMapping"}},
	{"invoke.json", {"InvokeFunction"}},
};

/* The action that permits an operation: it has another name where AWS says so. */
static const char *action_of(const char *operation)
{
	return strcmp(operation, "Invoke") ? operation : "InvokeFunction";
}

static const char *find_policy(const char *action)
{
	size_t i;

	for (i = 0; i < array_count(policies); i++)
		if (text_is_one_of(action, policies[i].actions))
			return policies[i].policy;
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

	/* Of CloudTrail's own action the hint speaks. */
	if (!strcmp(action, "LookupEvents") || !is_missing(error, action))
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
