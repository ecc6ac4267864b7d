/* SPDX-License-Identifier: MIT */
#include "tests/client/document_call.h"

#include "backend/documents/kind.h"
#include "backend/lambda/documents.h"

#define ALL "all-"

struct document {
	struct lambda_client *client;
	const struct call_scope *scope;
	const struct document_kind *kind;
	struct document_subject subject;
};

/* One call of a plan, for looking at what became of it. */
struct sending {
	const struct document *document;
	const struct lambda_document_call *call;
};

static void must(int error)
{
	if (error)
		abort(); /* a test program out of memory */
}

/* A policy that is not there is none: the tests know that the function is. */
static enum lambda_status read_answer(const struct document *document,
	const struct call_scope *scope, struct json **ret_answer, struct lambda_error *error)
{
	enum lambda_status status =
		lambda_read_document_source(document->client, scope, document->kind->source,
			document->subject.function, document->subject.qualifier, ret_answer, error);

	if (status != LAMBDA_NOT_FOUND || document->kind->source != LAMBDA_SOURCE_POLICY)
		return status;
	*ret_answer = NULL;
	return LAMBDA_OK;
}

static enum lambda_document_state look(
	void *data, const struct call_scope *scope, struct lambda_error *error)
{
	const struct sending *sending = data;
	const struct document *document = sending->document;
	cleanup(json_free_pointer) struct json *answer = NULL;

	if (read_answer(document, scope, &answer, error))
		return LAMBDA_DOCUMENT_UNKNOWN;
	switch (document_outcome(
		document->kind, &document->subject, sending->call, answer, error)) {
	case DOCUMENT_DONE:
		return LAMBDA_DOCUMENT_DONE;
	case DOCUMENT_AS_WAS:
		return LAMBDA_DOCUMENT_AS_WAS;
	case DOCUMENT_OTHER:
		return LAMBDA_DOCUMENT_OTHER;
	case DOCUMENT_UNREADABLE:
		break;
	}
	return LAMBDA_DOCUMENT_UNKNOWN;
}

/* The RevisionId that the call before this one left behind. */
static enum lambda_status renew_revision(const struct document *document,
	struct lambda_document_call *call, struct lambda_error *error)
{
	cleanup(json_free_pointer) struct json *answer = NULL;
	enum lambda_status status = read_answer(document, document->scope, &answer, error);

	if (!status)
		document_read_revision(answer, call->revision_id);
	return status;
}

static enum lambda_status send_plan(const struct document *document, struct document_plan *plan,
	struct json *sent, struct lambda_error *error)
{
	enum lambda_status status = LAMBDA_OK;
	size_t i;

	for (i = 0; i < plan->count && !status; i++) {
		struct lambda_document_call *call = &plan->calls[i];
		struct sending sending = {document, call};
		const struct lambda_document_look looking = {look, &sending};

		status = i ? renew_revision(document, call, error) : LAMBDA_OK;
		if (status)
			return status;
		must(json_append(
			sent, json_new_string(lambda_document_operation_name(call->operation))));
		status = lambda_send_document_call(document->client, document->scope,
			document->subject.function, document->subject.qualifier, call, &looking,
			NULL, error);
	}
	return status;
}

static enum lambda_status write_document(const struct document *document, const char *text,
	struct json *shown, struct lambda_error *error)
{
	cleanup(json_free_pointer) struct json *answer = NULL;
	struct json *sent = json_new_array();
	struct document_plan plan = {0};
	enum lambda_status status = read_answer(document, document->scope, &answer, error);

	must(json_set(shown, "sent", sent));
	if (!status)
		status = document_plan(document->kind, &document->subject, answer, text,
			strlen(text), &plan, error);
	if (!status)
		status = send_plan(document, &plan, sent, error);
	document_plan_release(&plan);
	return status;
}

static enum lambda_status show_document(
	const struct document *document, struct json *shown, struct lambda_error *error)
{
	cleanup(json_free_pointer) struct json *answer = NULL;
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(DOCUMENT_MAX);
	enum lambda_status status = read_answer(document, document->scope, &answer, error);

	if (!status)
		status = document_print(document->kind, &document->subject, answer, &text, error);
	if (!status)
		must(json_set_string(shown, "text", buffer_text(&text)));
	return status;
}

static enum lambda_status read_source(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, const char *qualifier, struct json *shown,
	struct lambda_error *error)
{
	bool all = !strncmp(arguments[1], ALL, strlen(ALL));
	const char *operation = arguments[1] + (all ? strlen(ALL) : 0);
	struct json *answer = NULL;
	enum lambda_status status;
	int source;

	for (source = 0; source < LAMBDA_SOURCE_COUNT; source++)
		if (!strcmp(lambda_source_operation((enum lambda_source)source), operation))
			break;
	if (source == LAMBDA_SOURCE_COUNT)
		return lambda_fail(error, LAMBDA_INVALID, "no such source: %s", operation);
	status = lambda_read_document_source(client, scope,
		all ? LAMBDA_SOURCE_ALL_EVENT_SOURCES : (enum lambda_source)source,
		all ? NULL : arguments[2], all ? NULL : qualifier, &answer, error);
	if (!status)
		must(json_set(shown, "answer", answer));
	return status;
}

/* The function's ARN, for the caller to free. */
static enum lambda_status read_arn(
	const struct document *document, char **ret_arn, struct lambda_error *error)
{
	cleanup(json_free_pointer) struct json *answer = NULL;
	enum lambda_status status = lambda_read_document_source(document->client, document->scope,
		LAMBDA_SOURCE_CONFIGURATION, document->subject.function, "", &answer, error);

	if (!status)
		*ret_arn = strdup(json_member_string(answer, "FunctionArn", ""));
	return status;
}

enum lambda_status document_call(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error)
{
	size_t count = 0;
	cleanup(free_pointer) char *arn = NULL;
	struct document document = {.client = client, .scope = scope};
	enum lambda_status status = LAMBDA_OK;

	while (arguments[count])
		count++;
	if (count < 3)
		return lambda_fail(error, LAMBDA_INVALID, "something is missing");
	document.subject.function = arguments[2];
	document.subject.qualifier = count > 3 ? arguments[3] : "";
	if (!strcmp(arguments[0], "source"))
		return read_source(
			client, scope, arguments, document.subject.qualifier, answer, error);
	document.kind = document_find_kind(arguments[1]);
	if (!document.kind)
		return lambda_fail(error, LAMBDA_INVALID, "no such kind: %s", arguments[1]);
	if (!strcmp(arguments[0], "show"))
		return show_document(&document, answer, error);
	if (document.kind->id == DOCUMENT_TAGS)
		status = read_arn(&document, &arn, error);
	document.subject.arn = arn;
	return status ? status
		      : write_document(&document, count > 4 ? arguments[4] : "", answer, error);
}
