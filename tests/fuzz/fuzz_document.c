/* SPDX-License-Identifier: MIT */
/*
 * Documents: the first byte chooses the kind, what follows is AWS's answer, a NUL, and what was written. What is shown
 * is canonical, and no change when it is written back; a plan that is carried out leads to what was written.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "backend/base/json_text.h"
#include "backend/documents/kind.h"

static const unsigned char key[LAMBDA_PRINTER_KEY_SIZE] = "fuzz";

static void check_calls(const struct document_kind *kind, const struct document_subject *subject,
	const struct json *answer, const struct document_plan *plan)
{
	struct lambda_error error = {0};
	size_t i;

	for (i = 0; i < plan->count; i++) {
		cleanup(buffer_release) struct buffer path = BUFFER_INIT(64 * 1024);
		cleanup(buffer_release) struct buffer query = BUFFER_INIT(256 * 1024);
		cleanup(buffer_release) struct buffer body = BUFFER_INIT(4 * DOCUMENT_MAX);
		cleanup(json_free_pointer) struct json *again = NULL;
		const struct lambda_document_call *call = &plan->calls[i];
		int written = lambda_document_call_path(
			call, subject->function, subject->qualifier, &path, &query);

		/* A UUID or a Sid that AWS gave may be no segment of a path: then nothing is sent. */
		PROMISE(!written || written == -EINVAL || written == -EFBIG);
		PROMISE(!lambda_document_call_body(call, &body));
		if (body.length)
			again = json_parse(buffer_text(&body), body.length, NULL);
		PROMISE(again || !body.length);
		PROMISE(!i || call->before == plan->calls[i - 1].after);
	}
	if (!plan->count)
		return;
	switch (document_outcome(kind, subject, &plan->calls[0], answer, &error)) {
	case DOCUMENT_AS_WAS:
		break;
	case DOCUMENT_DONE:
		PROMISE(plan->calls[0].before == plan->calls[0].after);
		break;
	case DOCUMENT_OTHER:
		PROMISE(false);
		break;
	case DOCUMENT_UNREADABLE:
		PROMISE(error.message[0]);
		break;
	}
}

static void check_shown(const struct document_kind *kind, const struct document_subject *subject,
	const struct json *answer, const struct buffer *shown)
{
	cleanup(buffer_release) struct buffer again = BUFFER_INIT(2 * DOCUMENT_MAX);
	cleanup(json_free_pointer) struct json *json = NULL;
	struct document_plan plan = {0};

	if (kind->id == DOCUMENT_DESCRIPTION || !shown->length)
		return;
	json = json_parse(buffer_text(shown), shown->length, NULL);
	PROMISE(json && !json_print_canonical(json, &again));
	PROMISE(again.length == shown->length && !memcmp(again.data, shown->data, again.length));
	/* What AWS sends and no writer may (a number as a tag's value) cannot be written back. */
	if (document_plan(kind, subject, answer, buffer_text(shown), shown->length, &plan, NULL))
		return;
	PROMISE(!plan.count && !plan.unproven);
	document_plan_release(&plan);
}

static void check_written(const struct document_kind *kind, const struct document_subject *subject,
	const struct json *answer, const char *written, size_t length)
{
	struct lambda_error error = {0};
	struct document_plan plan = {0};
	enum document_state state = document_check(kind, written, length, &error);
	enum lambda_status status;

	PROMISE((state == DOCUMENT_WRONG || state == DOCUMENT_UNFINISHED) ==
		(error.message[0] != '\0'));
	status = document_plan(kind, subject, answer, written, length, &plan, &error);
	if (status) {
		PROMISE(error.status == status && error.message[0] && !plan.count);
		return;
	}
	PROMISE(state == DOCUMENT_EMPTY || state == DOCUMENT_WHOLE);
	check_calls(kind, subject, answer, &plan);
	document_plan_release(&plan);
}

/* The two readers of JSON agree on what is whole. */
static void check_judge(const char *text, size_t length)
{
	struct json_text_fault fault = {0};
	enum json_text_state state = json_text_judge(text, length, &fault);
	const char *reason = NULL;
	cleanup(json_free_pointer) struct json *json = json_parse(text, length, &reason);

	PROMISE(!json || state == JSON_TEXT_WHOLE);
	if (!json && state == JSON_TEXT_WHOLE)
		PROMISE(!strcmp(reason, "holds a name twice") ||
			!strcmp(reason, "holds too many values"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	const char *end = size ? memchr(text, '\0', size - 1) : NULL;
	const struct document_kind *kind;
	struct document_subject subject = {.function = "shop", .qualifier = ""};
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(DOCUMENT_MAX);
	cleanup(json_free_pointer) struct json *answer = NULL;
	const char *written;
	size_t length;

	if (!end)
		return 0;
	kind = document_kind((enum document_id)(data[0] % DOCUMENT_COUNT));
	if (kind->places & DOCUMENT_OF_ALIAS)
		subject.qualifier = data[0] & 0x80 ? "" : "PROD";
	subject.arn = "arn:aws:lambda:eu-west-1:111122223333:function:shop";
	subject.redact_key = data[0] & 0x40 ? key : NULL;
	written = end + 1;
	length = size - 1 - (size_t)(written - text);
	answer = json_parse(text, (size_t)(end - text), NULL);
	if (answer && !document_print(kind, &subject, answer, &shown, NULL))
		check_shown(kind, &subject, answer, &shown);
	check_written(kind, &subject, answer, written, length);
	check_judge(written, length);
	return 0;
}
