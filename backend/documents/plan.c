/* SPDX-License-Identifier: MIT */
/* What AWS has and what was written: the calls between the two, and what became of a call. */
#include <errno.h>

#include "backend/base/hash.h"
#include "backend/documents/ways.h"

void document_plan_release(struct document_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->count; i++)
		lambda_document_call_release(&plan->calls[i]);
	free(plan->calls);
	json_free(plan->unproven);
	memset(plan, 0, sizeof(*plan));
}

/* NULL: *reterr says why. */
static struct lambda_document_call *new_call(
	struct document_plan *plan, struct lambda_error *reterr)
{
	struct lambda_document_call *grown, *call;

	if (plan->count == DOCUMENT_CALLS_MAX) {
		lambda_fail(reterr, LAMBDA_TOO_LARGE,
			"the change needs more than %d calls: make it in smaller parts",
			DOCUMENT_CALLS_MAX);
		return NULL;
	}
	grown = reallocarray(plan->calls, plan->count + 1, sizeof(*grown));
	if (!grown) {
		lambda_fail_memory(reterr);
		return NULL;
	}
	plan->calls = grown;
	call = &grown[plan->count++];
	memset(call, 0, sizeof(*call));
	return call;
}

/* What the call is about, of a normalized document: AWS may still be changing the other mappings. NULL: it is gone. */
static const struct json *part_of(
	const struct lambda_document_call *call, const struct json *document)
{
	return call->operation == LAMBDA_UPDATE_EVENT_SOURCE
		       ? document_find(
				 json_member(document, "EventSourceMappings"), "UUID", call->label)
		       : document;
}

enum lambda_status document_add_call(struct document_planning *planning,
	enum lambda_document_operation operation, const char *label, char *query, struct json *body,
	const struct json *after, struct lambda_error *reterr)
{
	struct lambda_document_call *call = new_call(&planning->plan, reterr);
	int error = 0;

	if (!call) {
		free(query);
		json_free(body);
		return reterr->status;
	}
	call->operation = operation;
	call->query = query;
	call->body = body;
	if (label) {
		call->label = strdup(label);
		error = call->label ? 0 : -ENOMEM;
	}
	call->before = planning->state;
	/* Each mapping is changed by one call: before that it is as AWS has it now. */
	if (!error && operation == LAMBDA_UPDATE_EVENT_SOURCE)
		error = document_hash(part_of(call, planning->shown), &call->before);
	if (!error)
		error = document_hash(part_of(call, after), &planning->state);
	call->after = planning->state;
	if (planning->plan.count == 1)
		document_read_revision(planning->answer, call->revision_id);
	return error ? document_fail_errno(reterr, error) : LAMBDA_OK;
}

/* What AWS has, normalized; {} when it is not configured. */
static enum lambda_status read_shown(const struct document_kind *kind,
	const struct document_subject *subject, const struct json *answer, bool *ret_is_configured,
	struct json **ret_shown, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *shown = NULL;
	enum lambda_status status = LAMBDA_OK;
	int error = 0;

	if (answer)
		status = kind->ways->shape(subject, answer, &shown, reterr);
	if (status)
		return status;
	*ret_is_configured = shown != NULL;
	if (!shown)
		shown = json_new_object();
	if (!shown)
		return lambda_fail_memory(reterr);
	if (kind->ways->normalize)
		error = kind->ways->normalize(shown);
	if (error)
		return document_fail_errno(reterr, error);
	*ret_shown = take_pointer(shown);
	return LAMBDA_OK;
}

static enum lambda_status make_calls(
	struct document_planning *planning, struct lambda_error *reterr)
{
	const struct document_ways *ways = planning->kind->ways;
	enum lambda_status status = ways->refuse ? ways->refuse(planning, reterr) : LAMBDA_OK;
	int error;

	if (status)
		return status;
	error = document_hash(planning->shown, &planning->state);

	if (!error)
		error = document_copy(planning->text->tree, &planning->wanted);
	if (!error && ways->normalize)
		error = ways->normalize(planning->wanted);
	if (!error)
		error = document_equals(planning->shown, planning->wanted);
	if (error < 0)
		return document_fail_errno(reterr, error);
	planning->removes = !json_count(planning->text->tree);
	/* {} where nothing is configured: there is nothing to remove. */
	if (error > 0 && (planning->removes || json_count(planning->wanted)))
		return LAMBDA_OK;
	return ways->plan(planning, reterr);
}

static enum lambda_status read_written(const struct document_kind *kind, struct document_text *text,
	bool *ret_is_empty, struct lambda_error *reterr)
{
	enum document_state state = document_check(kind, text->bytes, text->length, reterr);

	*ret_is_empty = state == DOCUMENT_EMPTY && !kind->ways->parse;
	if (state == DOCUMENT_UNFINISHED || state == DOCUMENT_WRONG)
		return reterr->status;
	if (*ret_is_empty)
		return LAMBDA_OK;
	return kind->ways->parse ? kind->ways->parse(text, reterr)
				 : document_text_parse(text, reterr);
}

enum lambda_status document_plan(const struct document_kind *kind,
	const struct document_subject *subject, const struct json *answer, const char *bytes,
	size_t length, struct document_plan *ret_plan, struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	struct document_text text = {.bytes = bytes, .length = length};
	struct document_planning planning = {
		.kind = kind, .subject = subject, .answer = answer, .text = &text};
	bool is_empty = false;
	enum lambda_status status = read_written(kind, &text, &is_empty, &error);

	if (!status && !is_empty)
		status = read_shown(
			kind, subject, answer, &planning.is_configured, &planning.shown, &error);
	if (!status && !is_empty)
		status = make_calls(&planning, &error);
	json_free(planning.shown);
	json_free(planning.wanted);
	document_text_release(&text);
	if (!status) {
		*ret_plan = planning.plan;
		return LAMBDA_OK;
	}
	document_plan_release(&planning.plan);
	return lambda_fail_as(reterr, &error);
}

enum document_outcome document_outcome(const struct document_kind *kind,
	const struct document_subject *subject, const struct lambda_document_call *call,
	const struct json *answer, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *shown = NULL;
	const struct json *part;
	bool is_configured;
	uint64_t hash = 0;
	int error = 0;

	if (read_shown(kind, subject, answer, &is_configured, &shown, reterr))
		return DOCUMENT_UNREADABLE;
	part = part_of(call, shown);
	if (part && kind->ways->is_settled && !kind->ways->is_settled(part)) {
		lambda_fail(reterr, LAMBDA_CONFLICT, "AWS is changing it at this moment");
		return DOCUMENT_UNREADABLE;
	}
	if (part)
		error = document_hash(part, &hash);
	if (error) {
		document_fail_errno(reterr, error);
		return DOCUMENT_UNREADABLE;
	}
	if (hash == call->after)
		return DOCUMENT_DONE;
	if (hash == call->before)
		return DOCUMENT_AS_WAS;
	lambda_fail(reterr, LAMBDA_REVISION_CHANGED,
		"the %s document was changed by another client", kind->name);
	return DOCUMENT_OTHER;
}

/* Whether all that `part` has is there. 1, 0 or an error of shape.c. Recursion is bounded by JSON_DEPTH_MAX. */
static int contains_json(const struct json *whole, const struct json *part)
{
	const struct json *item;
	int found = 1;

	if (!json_is_object(part) || !json_is_object(whole))
		return document_equals(whole, part);
	for (item = json_first(part); item && found > 0; item = json_next(item))
		found = contains_json(json_member(whole, json_name(item)), item);
	return found;
}

enum lambda_status document_prove(
	const struct document_plan *plan, const struct json *answer, struct lambda_error *reterr)
{
	const struct json *member;

	for (member = json_first(plan->unproven); member; member = json_next(member)) {
		int found = contains_json(json_member(answer, json_name(member)), member);

		if (found < 0)
			return document_fail_errno(reterr, found);
		if (!found)
			return lambda_fail(reterr, LAMBDA_INVALID,
				"AWS accepted the change but does not show the member '%.64s', "
				"which it does not know",
				json_name(member));
	}
	return LAMBDA_OK;
}

/* --- what a caller has read --- */

uint64_t document_mark(const struct document_kind *kind, const char *bytes, size_t length)
{
	cleanup(json_free_pointer) struct json *document = NULL;
	uint64_t mark = 0;

	if (kind->ways->normalize)
		document = json_parse(bytes, length, NULL);
	if (!document || kind->ways->normalize(document) || document_hash(document, &mark))
		mark = hash_bytes(HASH_START, bytes, length);
	return mark ? mark : 1;
}
