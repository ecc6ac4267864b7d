/* SPDX-License-Identifier: MIT */
/*
 * The event sources of the whole account, sorted by the function and the qualifier that each names, so that a crawl asks
 * for them once and no file is made by looking at all of them.
 */
#include "backend/document_store/private.h"

#include "backend/base/text.h"

#define LIST "EventSourceMappings"
#define PART_BYTES_MAX (16 * 1024 * 1024)
#define SUBJECT_SIZE 512
#define NAME_FIELD 6 /* of an ARN, from 0 */

static const char nothing[] = "{\"" LIST "\":[]}";

struct part {
	struct buffer text; /* {"EventSourceMappings":[…: without its end while it is being made */
};

/* "hello:PROD", "hello:" for the function itself, which a mapping may name with $LATEST. */
static void format_subject(
	const char *function, size_t length, const char *qualifier, char subject[SUBJECT_SIZE])
{
	snprintf(subject, SUBJECT_SIZE, "%.*s:%s", (int)length, function,
		strcmp(qualifier, "$LATEST") ? qualifier : "");
}

/* What an ARN ends in. False: it is no function's. */
static bool read_subject(const char *arn, char subject[SUBJECT_SIZE])
{
	size_t length, field;

	if (!text_starts_with(arn, "arn:"))
		return false;
	for (field = 0; field < NAME_FIELD; field++) {
		arn = strchr(arn, ':');
		if (!arn)
			return false;
		arn++;
	}
	length = strcspn(arn, ":");
	if (!length || length >= SUBJECT_SIZE / 2 || strlen(arn) >= SUBJECT_SIZE / 2)
		return false;
	format_subject(arn, length, arn[length] ? arn + length + 1 : "", subject);
	return true;
}

/* The part of that subject, begun when there is none; NULL when out of memory. */
static struct part *take_part(struct answer *answer, const char *subject)
{
	struct part *part = name_map_find(&answer->parts, subject);

	if (part)
		return part;
	part = calloc(1, sizeof(*part));
	if (!part)
		return NULL;
	part->text = (struct buffer)BUFFER_INIT(PART_BYTES_MAX);
	if (name_map_add(&answer->parts, subject, part)) {
		free(part);
		return NULL;
	}
	/* Without the bracket and brace at its end. */
	return buffer_append(&part->text, nothing, sizeof(nothing) - 3) ? NULL : part;
}

static int add_mapping(struct answer *answer, const char *subject, const struct json *mapping)
{
	struct part *part = take_part(answer, subject);
	int error = part ? 0 : -1;

	if (!error && part->text.length > sizeof(nothing) - 3)
		error = buffer_append_byte(&part->text, ',');
	return error ? error : json_print(mapping, &part->text);
}

static int end_parts(struct answer *answer)
{
	struct name_map_entry *entry;

	for (entry = name_map_first(&answer->parts); entry;
		entry = name_map_next(&answer->parts, entry)) {
		struct part *part = entry->value;

		if (buffer_append_string(&part->text, "]}"))
			return -1;
		answer->size += part->text.length;
	}
	return 0;
}

enum lambda_status divide_event_sources(
	const struct json *all, struct answer *answer, struct lambda_error *reterr)
{
	const struct json *item;
	char subject[SUBJECT_SIZE];

	answer->is_divided = true;
	for (item = json_first(json_member(all, LIST)); item; item = json_next(item)) {
		if (!read_subject(json_member_string(item, "FunctionArn", ""), subject))
			return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
				"an event source of the answer names no function");
		if (add_mapping(answer, subject, item))
			return lambda_fail_memory(reterr);
	}
	return end_parts(answer) ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

const char *divide_find(const struct answer *answer, const char *function, const char *qualifier)
{
	char subject[SUBJECT_SIZE];
	const struct part *part;

	format_subject(function, strlen(function), qualifier, subject);
	part = name_map_find(&answer->parts, subject);
	return part ? buffer_text(&part->text) : nothing;
}

void divide_release(struct answer *answer)
{
	struct name_map_entry *entry;

	for (entry = name_map_first(&answer->parts); entry;
		entry = name_map_next(&answer->parts, entry)) {
		struct part *part = entry->value;

		buffer_release(&part->text);
		free(part);
	}
	name_map_release(&answer->parts);
}
