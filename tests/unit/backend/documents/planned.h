/* SPDX-License-Identifier: MIT */
/* What a document shows and what a plan holds, as text, so that tables can say what is wanted. */
#ifndef ALIASFS_TESTS_UNIT_PLANNED_H
#define ALIASFS_TESTS_UNIT_PLANNED_H

#include "tests/unit/unit.h"

#include "backend/documents/kind.h"

#define FUNCTION_ARN "arn:aws:lambda:eu-west-1:111122223333:function:shop"

struct case_of_plan {
	const char *written;
	const char *wanted; /* planned() */
};

static const struct document_subject of_function = {
	.function = "shop", .qualifier = "", .arn = FUNCTION_ARN ":$LATEST"};
static const struct document_subject of_alias = {
	.function = "shop", .qualifier = "PROD", .arn = FUNCTION_ARN};

/* "" is no answer at all. */
static inline struct json *answer_of(const char *text)
{
	struct json *answer = *text ? json_parse(text, strlen(text), NULL) : NULL;

	assert_true(answer || !*text);
	return answer;
}

static inline const char *class_of(enum lambda_status status)
{
	return status == LAMBDA_INVALID ? "invalid" : lambda_status_name(status);
}

/* The bytes, or "STATUS: the sentence". The caller frees it. */
static inline char *printed(
	enum document_id id, const struct document_subject *subject, const char *answer_text)
{
	cleanup(json_free_pointer) struct json *answer = answer_of(answer_text);
	struct buffer out = BUFFER_INIT(DOCUMENT_MAX);
	struct lambda_error error = {0};
	enum lambda_status status =
		document_print(document_kind(id), subject, answer, &out, &error);

	if (status) {
		assert_int_equal(out.length, 0);
		assert_int_equal(
			buffer_appendf(&out, "%s: %s", class_of(status), error.message), 0);
	}
	return buffer_detach(&out, NULL);
}

/* One line a call: "METHOD path[?query] [body] [#revision]" */
static inline void append_call(const struct document_subject *subject,
	const struct lambda_document_call *call, struct buffer *out)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(8192);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(8192);
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(2 * DOCUMENT_MAX);

	assert_int_equal(lambda_document_call_path(
				 call, subject->function, subject->qualifier, &path, &query),
		0);
	assert_int_equal(lambda_document_call_body(call, &body), 0);
	assert_int_equal(buffer_appendf(out, "%s %s%s%s%s%s\n",
				 lambda_document_operation_method(call->operation),
				 buffer_text(&path), query.length ? "?" : "", buffer_text(&query),
				 body.length ? " " : "", buffer_text(&body)),
		0);
	assert_true(call->before != call->after);
}

/* The calls, "" for none, or "STATUS: the sentence". The caller frees it. */
static inline char *planned(enum document_id id, const struct document_subject *subject,
	const char *answer_text, const char *written)
{
	cleanup(json_free_pointer) struct json *answer = answer_of(answer_text);
	struct buffer out = BUFFER_INIT(4 * DOCUMENT_MAX);
	struct document_plan plan = {0};
	struct lambda_error error = {0};
	enum lambda_status status = document_plan(
		document_kind(id), subject, answer, written, strlen(written), &plan, &error);
	size_t i;

	if (status)
		assert_int_equal(
			buffer_appendf(&out, "%s: %s", class_of(status), error.message), 0);
	assert_int_equal(error.status, status);
	for (i = 0; i < plan.count; i++) {
		append_call(subject, &plan.calls[i], &out);
		assert_true(!i || id == DOCUMENT_EVENT_SOURCES ||
			    plan.calls[i].before == plan.calls[i - 1].after);
	}
	if (plan.unproven) {
		cleanup(buffer_release) struct buffer text = BUFFER_INIT(DOCUMENT_MAX);

		assert_int_equal(json_print(plan.unproven, &text), 0);
		assert_int_equal(buffer_appendf(&out, "unproven %s\n", buffer_text(&text)), 0);
	}
	document_plan_release(&plan);
	assert_int_equal(buffer_append_string(&out, ""), 0);
	return out.data ? buffer_detach(&out, NULL) : strdup("");
}

static inline void check_prints(enum document_id id, const struct document_subject *subject,
	const char *answer, const char *wanted)
{
	cleanup(free_pointer) char *text = printed(id, subject, answer);

	if (strcmp(text ? text : "", wanted) != 0)
		fail_msg("%s\nis printed as\n%s\nnot as\n%s", answer, text, wanted);
}

static inline void check_plan(enum document_id id, const struct document_subject *subject,
	const char *answer, const char *written, const char *wanted)
{
	cleanup(free_pointer) char *text = planned(id, subject, answer, written);

	if (strcmp(text, wanted) != 0)
		fail_msg("%s\nis planned as\n%s\nnot as\n%s", written, text, wanted);
}

/* What is shown, written back, is never a change. */
static inline void check_unchanged(
	enum document_id id, const struct document_subject *subject, const char *answer)
{
	cleanup(free_pointer) char *text = printed(id, subject, answer);

	check_plan(id, subject, answer, text ? text : "", "");
}

static inline void check_plans(enum document_id id, const struct document_subject *subject,
	const char *answer, const struct case_of_plan *cases, size_t count)
{
	size_t i;

	check_unchanged(id, subject, answer);
	for (i = 0; i < count; i++)
		check_plan(id, subject, answer, cases[i].written, cases[i].wanted);
}

#define CHECK_PLANS(id, subject, answer, cases)                                                    \
	check_plans(id, subject, answer, cases, array_count(cases))

#endif
