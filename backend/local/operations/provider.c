/* SPDX-License-Identifier: MIT */
/*
 * Capacity providers and durable executions, as an account answers that has none of them and may have
 * none: lists are empty, everything else is not found.
 */
#include "backend/base/text.h"
#include "backend/local/operations/private.h"
#include "backend/local/store/page.h"
#include "backend/local/store/version.h"

/* --- capacity providers --- */

int handle_create_provider(struct call *call)
{
	return call_fail(call, FAILURE_PROVIDER_LIMIT,
		"The number of capacity providers of this account would exceed its limit (0).");
}

int handle_provider(struct call *call)
{
	const char *name = call_string(call, "CapacityProviderName");
	const struct identity *identity = call->identity;

	if (text_starts_with(name, "arn:"))
		return call_fail(call, FAILURE_NOT_FOUND, "Capacity provider not found: %s", name);
	return call_fail(call, FAILURE_NOT_FOUND,
		"Capacity provider not found: arn:%s:lambda:%s:%s:capacity-provider:%s",
		identity->partition, identity->region, identity->account, name);
}

int handle_list_providers(struct call *call)
{
	struct page page;
	int error = page_begin(call, PAGE_MAX, &page);

	return error ? error
		     : buffer_append_string(&call->answer->body,
			       "{\"CapacityProviders\":[],\"NextMarker\":null}");
}

/* --- durable executions --- */

int handle_execution(struct call *call)
{
	return call_fail(call, FAILURE_NOT_FOUND, "Durable execution not found: %s",
		call_string(call, "DurableExecutionArn"));
}

/* These two are called by executions themselves, and AWS's model knows no 404 of theirs. */
int handle_execution_token(struct call *call)
{
	return call_fail(call, FAILURE_INVALID_PARAMETER, "Invalid checkpoint token.");
}

int handle_callback(struct call *call)
{
	return call_fail(call, FAILURE_CALLBACK_TIMEOUT,
		"The callback has timed out, or its durable execution has ended.");
}

int handle_list_executions(struct call *call)
{
	struct page page;
	int error = page_begin(call, 1000, &page);

	if (!error)
		error = function_check(call, NULL);
	return error ? error
		     : buffer_append_string(&call->answer->body,
			       "{\"DurableExecutions\":[],\"NextMarker\":null}");
}
