/* SPDX-License-Identifier: MIT */
#include "backend/lambda/document_call.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/lambda/path.h"

/* Where RevisionId goes, if anywhere. */
enum revision_place {
	REVISION_NOWHERE,
	REVISION_IN_BODY,
	REVISION_IN_QUERY,
};

/* One operation: PREFIX + function (or label) + suffix [+ label], and what it takes. */
struct route {
	const char *operation;
	const char *method;
	const char *prefix;
	const char
		*suffix; /* behind the function; NULL: the path names the label and no function */
	bool label_in_path; /* the label follows the suffix */
	bool takes_qualifier;
	enum revision_place revision;
};

#define FUNCTIONS(date) "/" date "/functions/"

static const struct route routes[LAMBDA_DOCUMENT_OPERATION_COUNT] = {
	[LAMBDA_TAG_RESOURCE] = {"TagResource", "POST", "/2017-03-31/tags/", NULL, true, false, 0},
	[LAMBDA_UNTAG_RESOURCE] = {"UntagResource", "DELETE", "/2017-03-31/tags/", NULL, true,
		false, 0},
	[LAMBDA_PUT_CONCURRENCY] = {"PutFunctionConcurrency", "PUT", FUNCTIONS("2017-10-31"),
		"/concurrency", false, false, 0},
	[LAMBDA_DELETE_CONCURRENCY] = {"DeleteFunctionConcurrency", "DELETE",
		FUNCTIONS("2017-10-31"), "/concurrency", false, false, 0},
	[LAMBDA_ADD_PERMISSION] = {"AddPermission", "POST", FUNCTIONS("2015-03-31"), "/policy",
		false, true, REVISION_IN_BODY},
	[LAMBDA_REMOVE_PERMISSION] = {"RemovePermission", "DELETE", FUNCTIONS("2015-03-31"),
		"/policy/", true, true, REVISION_IN_QUERY},
	[LAMBDA_CREATE_URL] = {"CreateFunctionUrlConfig", "POST", FUNCTIONS("2021-10-31"), "/url",
		false, true, 0},
	[LAMBDA_UPDATE_URL] = {"UpdateFunctionUrlConfig", "PUT", FUNCTIONS("2021-10-31"), "/url",
		false, true, 0},
	[LAMBDA_PUT_PROVISIONED_CONCURRENCY] = {"PutProvisionedConcurrencyConfig", "PUT",
		FUNCTIONS("2019-09-30"), "/provisioned-concurrency", false, true, 0},
	[LAMBDA_DELETE_PROVISIONED_CONCURRENCY] = {"DeleteProvisionedConcurrencyConfig", "DELETE",
		FUNCTIONS("2019-09-30"), "/provisioned-concurrency", false, true, 0},
	[LAMBDA_PUT_EVENT_INVOKE] = {"PutFunctionEventInvokeConfig", "PUT", FUNCTIONS("2019-09-25"),
		"/event-invoke-config", false, true, 0},
	[LAMBDA_DELETE_EVENT_INVOKE] = {"DeleteFunctionEventInvokeConfig", "DELETE",
		FUNCTIONS("2019-09-25"), "/event-invoke-config", false, true, 0},
	[LAMBDA_UPDATE_EVENT_SOURCE] = {"UpdateEventSourceMapping", "PUT",
		"/2015-03-31/event-source-mappings/", NULL, true, false, 0},
	[LAMBDA_PUT_RECURSION] = {"PutFunctionRecursionConfig", "PUT", FUNCTIONS("2024-08-31"),
		"/recursion-config", false, false, 0},
	[LAMBDA_PUT_RUNTIME_MANAGEMENT] = {"PutRuntimeManagementConfig", "PUT",
		FUNCTIONS("2021-07-20"), "/runtime-management-config", false, false, 0},
	[LAMBDA_PUT_CODE_SIGNING] = {"PutFunctionCodeSigningConfig", "PUT", FUNCTIONS("2020-06-30"),
		"/code-signing-config", false, false, 0},
	[LAMBDA_DELETE_CODE_SIGNING] = {"DeleteFunctionCodeSigningConfig", "DELETE",
		FUNCTIONS("2020-06-30"), "/code-signing-config", false, false, 0},
	[LAMBDA_UPDATE_CONFIGURATION] = {"UpdateFunctionConfiguration", "PUT",
		FUNCTIONS("2015-03-31"), "/configuration", false, false, REVISION_IN_BODY},
	[LAMBDA_UPDATE_ALIAS_DESCRIPTION] = {"UpdateAlias", "PUT", FUNCTIONS("2015-03-31"),
		"/aliases/", true, false, REVISION_IN_BODY},
};

enum lambda_source_scope lambda_source_scope(enum lambda_source source)
{
	switch (source) {
	case LAMBDA_SOURCE_ALL_EVENT_SOURCES:
		return LAMBDA_SOURCE_OF_ACCOUNT;
	case LAMBDA_SOURCE_ALIAS:
	case LAMBDA_SOURCE_POLICY:
	case LAMBDA_SOURCE_EVENT_SOURCES:
		return LAMBDA_SOURCE_OF_QUALIFIER;
	default:
		return LAMBDA_SOURCE_OF_FUNCTION;
	}
}

void lambda_document_call_release(struct lambda_document_call *call)
{
	if (call->query)
		explicit_bzero(call->query, strlen(call->query));
	free(call->label);
	free(call->query);
	json_free(call->body);
	memset(call, 0, sizeof(*call));
}

const char *lambda_document_operation_name(enum lambda_document_operation operation)
{
	return routes[operation].operation;
}

const char *lambda_document_operation_method(enum lambda_document_operation operation)
{
	return routes[operation].method;
}

/* Appends NAME=VALUE, encoded, to a query. */
static int append_parameter(struct buffer *query, const char *name, const char *value)
{
	int error = buffer_appendf(query, "%s%s=", query->length ? "&" : "", name);

	return error ? error : text_append_percent_encoded(query, value);
}

int lambda_document_call_path(const struct lambda_document_call *call, const char *function,
	const char *qualifier, struct buffer *path, struct buffer *query)
{
	const struct route *route = &routes[call->operation];
	int error = lambda_append_route(path, route->prefix, function, route->suffix);

	if (!error && route->label_in_path)
		error = call->label ? lambda_append_segment(path, call->label) : -EINVAL;
	if (!error && route->takes_qualifier && *qualifier)
		error = append_parameter(query, "Qualifier", qualifier);
	if (!error && call->query)
		error = buffer_appendf(query, "%s%s", query->length ? "&" : "", call->query);
	if (!error && route->revision == REVISION_IN_QUERY && call->revision_id[0])
		error = append_parameter(query, "RevisionId", call->revision_id);
	return error;
}

int lambda_document_call_body(const struct lambda_document_call *call, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = NULL;
	int error = 0;

	if (!call->body)
		return 0;
	if (routes[call->operation].revision != REVISION_IN_BODY || !call->revision_id[0])
		return json_print(call->body, out);
	body = json_copy(call->body);
	error = body ? json_set_string(body, "RevisionId", call->revision_id) : -ENOMEM;
	return error ? error : json_print(body, out);
}
