/* SPDX-License-Identifier: MIT */
/* tags.json: every tag of the function. TagResource sets what is new or differs, UntagResource takes what is gone. */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/ways.h"

#define TAGS_MAX 50 /* of a function, at AWS */
#define QUERY_MAX_BYTES (64 * 1024)

static enum lambda_status shape_tags(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	const struct json *failure = json_member(answer, "TagsError");
	const struct json *tags = json_member(answer, "Tags"), *item;
	int error;

	if (failure) {
		lambda_fail(reterr, LAMBDA_ACCESS_DENIED, "%s",
			json_member_string(failure, "Message", "AWS does not show the tags"));
		if (reterr)
			snprintf(reterr->code, sizeof(reterr->code), "%s",
				json_member_string(failure, "ErrorCode", ""));
		lambda_hint(reterr, "lambda:ListTags is needed to see the tags");
		return LAMBDA_ACCESS_DENIED;
	}
	if (tags && !json_is_object(tags))
		return document_fail_answer(reterr, "Tags");
	for (item = json_first(tags); item; item = json_next(item))
		if (!json_string(item))
			return document_fail_answer(reterr, "Tags");
	if (!json_count(tags))
		return LAMBDA_OK;
	error = document_copy(tags, ret_document);
	return error ? document_fail_errno(reterr, error) : LAMBDA_OK;
}

static bool is_same(const struct json *tags, const struct json *tag)
{
	const char *value = json_member_string(tags, json_name(tag), NULL);

	return value && !strcmp(value, json_string(tag));
}

/* AWS's own tags can neither be set nor removed. */
static enum lambda_status check_reserved(
	const struct document_planning *planning, struct lambda_error *reterr)
{
	const struct json *tag;

	for (tag = json_first(planning->text->tree); tag; tag = json_next(tag))
		if (text_starts_with(json_name(tag), "aws:") && !is_same(planning->shown, tag))
			return document_fail_at(planning->text, tag, reterr,
				"the tag '%.128s' is AWS's own and cannot be set", json_name(tag));
	for (tag = json_first(planning->shown); tag; tag = json_next(tag))
		if (text_starts_with(json_name(tag), "aws:") &&
			!json_has_member(planning->wanted, json_name(tag)))
			return document_fail_at(planning->text, planning->text->tree, reterr,
				"the tag '%.128s' is AWS's own and cannot be removed: leave it as "
				"it is",
				json_name(tag));
	return LAMBDA_OK;
}

/* Sets in `state` what differs, and makes the body of it. *ret_body NULL: nothing differs. */
static int collect_new(
	const struct document_planning *planning, struct json *state, struct json **ret_body)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	struct json *tags = json_new_object();
	const struct json *tag;
	int error = body ? json_set(body, "Tags", tags) : -ENOMEM;

	if (!body)
		json_free(tags);
	for (tag = json_first(planning->wanted); tag && !error; tag = json_next(tag)) {
		if (is_same(planning->shown, tag))
			continue;
		error = json_set_string(tags, json_name(tag), json_string(tag));
		if (!error)
			error = json_set_string(state, json_name(tag), json_string(tag));
	}
	*ret_body = !error && json_count(tags) ? take_pointer(body) : NULL;
	return error;
}

/* Removes from `state` what is gone: tagKeys=a&tagKeys=b. *ret_query NULL: nothing is. */
static int collect_gone(
	const struct document_planning *planning, struct json *state, char **ret_query)
{
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	const struct json *tag;
	int error = 0;

	for (tag = json_first(planning->shown); tag && !error; tag = json_next(tag)) {
		if (json_has_member(planning->wanted, json_name(tag)))
			continue;
		error = buffer_appendf(&query, "%stagKeys=", query.length ? "&" : "");
		if (!error)
			error = text_append_percent_encoded(&query, json_name(tag));
		json_remove(state, json_name(tag));
	}
	*ret_query = NULL;
	if (error || !query.length)
		return error;
	*ret_query = buffer_detach(&query, NULL);
	return *ret_query ? 0 : -ENOMEM;
}

static enum lambda_status set_tags(struct document_planning *planning, const char *arn,
	struct json *state, struct lambda_error *reterr)
{
	struct json *body;
	int error = collect_new(planning, state, &body);

	if (error)
		return document_fail_errno(reterr, error);
	return body ? document_add_call(
			      planning, LAMBDA_TAG_RESOURCE, arn, NULL, body, state, reterr)
		    : LAMBDA_OK;
}

static enum lambda_status remove_tags(struct document_planning *planning, const char *arn,
	struct json *state, struct lambda_error *reterr)
{
	char *query;
	int error = collect_gone(planning, state, &query);

	if (error)
		return document_fail_errno(reterr, error);
	return query ? document_add_call(
			       planning, LAMBDA_UNTAG_RESOURCE, arn, query, NULL, state, reterr)
		     : LAMBDA_OK;
}

/* Whether all of them, old and new, would be more than AWS takes: then the old ones go first. */
static bool is_crowded(const struct document_planning *planning)
{
	size_t count = json_count(planning->shown);
	const struct json *tag;

	for (tag = json_first(planning->wanted); tag; tag = json_next(tag))
		count += !json_has_member(planning->shown, json_name(tag));
	return count > TAGS_MAX;
}

static enum lambda_status plan_tags(struct document_planning *planning, struct lambda_error *reterr)
{
	const char *given = planning->subject->arn ? planning->subject->arn : "";
	cleanup(free_pointer) char *arn = strndup(given, document_arn_length(given));
	cleanup(json_free_pointer) struct json *state = json_copy(planning->shown);
	bool crowded = is_crowded(planning);
	enum lambda_status status = check_reserved(planning, reterr);

	if (!arn || !state)
		return lambda_fail_memory(reterr);
	if (status)
		return status;
	if (!*arn)
		return document_fail_answer(reterr, "FunctionArn");
	status = crowded ? remove_tags(planning, arn, state, reterr)
			 : set_tags(planning, arn, state, reterr);
	if (status)
		return status;
	return crowded ? set_tags(planning, arn, state, reterr)
		       : remove_tags(planning, arn, state, reterr);
}

const struct document_ways document_tags_ways = {
	.type = DOCUMENT_TEXT_MAP,
	.shape = shape_tags,
	.plan = plan_tags,
};
