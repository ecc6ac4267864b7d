/* SPDX-License-Identifier: MIT */
#include "backend/cloudtrail/event.h"

#include <errno.h>
#include <string.h>

#define SEGMENTS_MAX 9 /* one more than a whole ARN with a qualifier has */
#define ACCOUNT_LENGTH 12
#define ARN_NAME 6 /* the segment of an ARN that holds the name */

static const struct {
	const char *name, *event_name;
} operations[CLOUDTRAIL_OPERATION_COUNT] = {
	[CLOUDTRAIL_OTHER] = {"", NULL},
	[CLOUDTRAIL_CREATE_ALIAS] = {"CreateAlias", "CreateAlias20150331"},
	[CLOUDTRAIL_UPDATE_ALIAS] = {"UpdateAlias", "UpdateAlias20150331"},
	[CLOUDTRAIL_DELETE_ALIAS] = {"DeleteAlias", "DeleteAlias20150331"},
	[CLOUDTRAIL_ADD_PERMISSION] = {"AddPermission", "AddPermission20150331v2"},
	[CLOUDTRAIL_REMOVE_PERMISSION] = {"RemovePermission", "RemovePermission20150331v2"},
};

const char *cloudtrail_operation_name(enum cloudtrail_operation operation)
{
	return operations[operation].name;
}

const char *cloudtrail_event_name(enum cloudtrail_operation operation)
{
	return operations[operation].event_name;
}

enum cloudtrail_operation cloudtrail_operation_of(const char *event_name)
{
	size_t i;

	for (i = CLOUDTRAIL_OTHER + 1; i < CLOUDTRAIL_OPERATION_COUNT; i++)
		if (!strcmp(operations[i].event_name, event_name))
			return (enum cloudtrail_operation)i;
	return CLOUDTRAIL_OTHER;
}

void cloudtrail_event_release(struct cloudtrail_event *event)
{
	lambda_alias_release(&event->result);
	free(event->who);
	free(event->user_agent);
	free(event->error);
	memset(event, 0, sizeof(*event));
}

int cloudtrail_event_copy(const struct cloudtrail_event *from, struct cloudtrail_event *ret_event)
{
	struct cloudtrail_event event = *from;
	int error = lambda_alias_copy(&from->result, &event.result);

	event.who = strdup(from->who);
	event.user_agent = strdup(from->user_agent);
	event.error = strdup(from->error);
	if (error)
		event.result.description = NULL;
	if (error || !event.who || !event.user_agent || !event.error) {
		cloudtrail_event_release(&event);
		return -ENOMEM;
	}
	*ret_event = event;
	return 0;
}

/* --- names of functions --- */

struct segment {
	const char *text;
	size_t length;
};

static size_t split_arn(const char *text, struct segment segments[SEGMENTS_MAX])
{
	size_t count = 0;

	while (count < SEGMENTS_MAX) {
		segments[count].text = text;
		segments[count].length = strcspn(text, ":");
		text += segments[count++].length;
		if (!*text++)
			break;
	}
	return count;
}

static bool segment_is(const struct segment *segment, const char *word)
{
	return segment->length == strlen(word) && !strncmp(segment->text, word, segment->length);
}

static bool segment_is_account(const struct segment *segment)
{
	return segment->length == ACCOUNT_LENGTH &&
	       strspn(segment->text, "0123456789") >= ACCOUNT_LENGTH;
}

/* The segment that holds the name, or `count` when there is none. */
static size_t find_name(const struct segment *segments, size_t count)
{
	size_t at = 0;

	if (segment_is(&segments[0], "arn"))
		return count > ARN_NAME && segment_is(&segments[2], "lambda") &&
				       segment_is(&segments[ARN_NAME - 1], "function")
			       ? ARN_NAME
			       : count;
	if (count > 2 && segment_is_account(&segments[1])) /* REGION:ACCOUNT:… */
		at++;
	if (at + 1 < count && segment_is_account(&segments[at]))
		at++;
	if (at + 1 < count && segment_is(&segments[at], "function"))
		at++;
	return at;
}

int cloudtrail_parse_function(const char *text, char function[LAMBDA_FUNCTION_NAME_MAX + 1],
	char qualifier[LAMBDA_ALIAS_NAME_MAX + 1])
{
	struct segment segments[SEGMENTS_MAX];
	size_t count = split_arn(text, segments), at = find_name(segments, count);
	const struct segment *name = &segments[at];

	if (at >= count || count - at > 2 || !name->length ||
		name->length > LAMBDA_FUNCTION_NAME_MAX)
		return -EINVAL;
	if (count - at == 2 && (!name[1].length || name[1].length > LAMBDA_ALIAS_NAME_MAX))
		return -EINVAL;
	memcpy(function, name->text, name->length);
	function[name->length] = '\0';
	qualifier[0] = '\0';
	if (count - at == 2) {
		memcpy(qualifier, name[1].text, name[1].length);
		qualifier[name[1].length] = '\0';
	}
	return 0;
}
