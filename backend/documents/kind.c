/* SPDX-License-Identifier: MIT */
#include "backend/documents/kind.h"

#include <errno.h>

#include "backend/base/json_text.h"
#include "backend/base/text.h"
#include "backend/documents/ways.h"

#define BOTH (DOCUMENT_OF_FUNCTION | DOCUMENT_OF_ALIAS)

static const struct document_kind kinds[DOCUMENT_COUNT] = {
	{DOCUMENT_CODE_SIGNING, "code-signing", "code-signing.json", DOCUMENT_OF_FUNCTION, false,
		LAMBDA_SOURCE_CODE_SIGNING, &document_code_signing_ways},
	{DOCUMENT_CONFIGURATION, "configuration", "configuration.json", DOCUMENT_OF_LATEST, false,
		LAMBDA_SOURCE_CONFIGURATION, &document_configuration_ways},
	{DOCUMENT_DESCRIPTION, "description", "description", DOCUMENT_OF_ALIAS, false,
		LAMBDA_SOURCE_ALIAS, &document_description_ways},
	{DOCUMENT_ENVIRONMENT, "environment", "environment.json", DOCUMENT_OF_LATEST, true,
		LAMBDA_SOURCE_CONFIGURATION, &document_environment_ways},
	{DOCUMENT_EVENT_INVOKE, "event-invoke", "event-invoke.json", BOTH, false,
		LAMBDA_SOURCE_EVENT_INVOKE, &document_event_invoke_ways},
	{DOCUMENT_EVENT_SOURCES, "event-sources", "event-sources.json", BOTH, true,
		LAMBDA_SOURCE_EVENT_SOURCES, &document_event_sources_ways},
	{DOCUMENT_POLICY, "policy", "policy.json", BOTH, true, LAMBDA_SOURCE_POLICY,
		&document_policy_ways},
	{DOCUMENT_PROVISIONED_CONCURRENCY, "provisioned-concurrency",
		"provisioned-concurrency.json", DOCUMENT_OF_ALIAS, false,
		LAMBDA_SOURCE_PROVISIONED_CONCURRENCY, &document_provisioned_concurrency_ways},
	{DOCUMENT_RECURSION, "recursion", "recursion.json", DOCUMENT_OF_FUNCTION, false,
		LAMBDA_SOURCE_RECURSION, &document_recursion_ways},
	{DOCUMENT_RESERVED_CONCURRENCY, "reserved-concurrency", "reserved-concurrency.json",
		DOCUMENT_OF_FUNCTION, false, LAMBDA_SOURCE_FUNCTION,
		&document_reserved_concurrency_ways},
	{DOCUMENT_RUNTIME_MANAGEMENT, "runtime-management", "runtime-management.json",
		DOCUMENT_OF_FUNCTION, false, LAMBDA_SOURCE_RUNTIME_MANAGEMENT,
		&document_runtime_management_ways},
	{DOCUMENT_TAGS, "tags", "tags.json", DOCUMENT_OF_FUNCTION, false, LAMBDA_SOURCE_FUNCTION,
		&document_tags_ways},
	{DOCUMENT_URL, "url", "url.json", BOTH, true, LAMBDA_SOURCE_URLS, &document_url_ways},
};

const struct document_kind *document_kind(enum document_id id)
{
	return &kinds[id];
}

const struct document_kind *document_find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < DOCUMENT_COUNT; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

const struct document_kind *document_find_file(unsigned int places, const char *file)
{
	size_t i;

	for (i = 0; i < DOCUMENT_COUNT; i++)
		if ((kinds[i].places & places) && !strcmp(kinds[i].file, file))
			return &kinds[i];
	return NULL;
}

/* --- reading --- */

static int append_text(const struct json *document, struct buffer *out)
{
	const char *text = json_member_string(document, "Description", "");
	int error = buffer_append_string(out, text);

	return error || !*text ? error : buffer_append_byte(out, '\n');
}

enum lambda_status document_print(const struct document_kind *kind,
	const struct document_subject *subject, const struct json *answer, struct buffer *out,
	struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *document = NULL;
	enum lambda_status status = LAMBDA_OK;
	int error = 0;

	if (answer)
		status = kind->ways->shape(subject, answer, &document, reterr);
	if (status || !document)
		return status;
	if (kind->ways->show)
		error = kind->ways->show(subject, document);
	if (!error)
		error = kind->ways->parse ? append_text(document, out)
					  : json_print_canonical(document, out);
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	return error ? lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the document is too large")
		     : LAMBDA_OK;
}

void document_read_revision(const struct json *answer, char revision_id[LAMBDA_REVISION_ID_MAX + 1])
{
	const char *text = json_member_string(answer, "RevisionId", "");

	snprintf(revision_id, LAMBDA_REVISION_ID_MAX + 1, "%s",
		strlen(text) > LAMBDA_REVISION_ID_MAX ? "" : text);
}

/* --- writing --- */

static enum document_state check_json(const struct document_kind *kind, const char *bytes,
	size_t length, struct lambda_error *reterr)
{
	struct document_text text = {.bytes = bytes, .length = length};
	struct json_text_fault fault = {0};
	enum lambda_status status;

	switch (json_text_judge(bytes, length, &fault)) {
	case JSON_TEXT_BLANK:
		return DOCUMENT_EMPTY;
	case JSON_TEXT_UNFINISHED:
		lambda_fail(
			reterr, LAMBDA_INVALID, "line %u: the text %s", fault.line, fault.reason);
		return DOCUMENT_UNFINISHED;
	case JSON_TEXT_WHOLE:
	case JSON_TEXT_WRONG:
		break;
	}
	status = document_text_parse(&text, reterr);
	if (!status)
		status = document_check_types(&text, kind->ways, reterr);
	if (!status && kind->ways->check)
		status = kind->ways->check(&text, reterr);
	document_text_release(&text);
	return status ? DOCUMENT_WRONG : DOCUMENT_WHOLE;
}

enum document_state document_check(const struct document_kind *kind, const char *bytes,
	size_t length, struct lambda_error *reterr)
{
	if (length > DOCUMENT_MAX) {
		lambda_fail(
			reterr, LAMBDA_TOO_LARGE, "a document has at most %d bytes", DOCUMENT_MAX);
		return DOCUMENT_WRONG;
	}
	return kind->ways->examine ? kind->ways->examine(bytes, length, reterr)
				   : check_json(kind, bytes, length, reterr);
}
