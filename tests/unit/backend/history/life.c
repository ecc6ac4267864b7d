/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/number.h"
#include "tests/unit/backend/history/life.h"

struct line {
	char kind, before[64], after[64], description[64];
	int64_t time;
	uint64_t version, weighted;
};

/* Takes the next word off the text; "" at its end. */
static void take_word(const char **text, char word[64])
{
	size_t length;

	*text += strspn(*text, " ");
	length = strcspn(*text, " ");
	assert_true(length < 64);
	memcpy(word, *text, length);
	word[length] = '\0';
	*text += length;
}

static uint64_t take_number(const char **text)
{
	char word[64];
	uint64_t number = 0;

	take_word(text, word);
	assert_true(!*word || !number_parse_u64(word, UINT32_MAX, &number));
	return number;
}

/* `AFTER VERSION WEIGHTED DESCRIPTION`. */
static void take_state(const char **text, struct line *line)
{
	take_word(text, line->after);
	line->version = take_number(text);
	line->weighted = take_number(text);
	take_word(text, line->description);
}

static struct lambda_alias state_of(const char *revision, const struct line *line)
{
	struct lambda_alias state = {.version = line->version,
		.weighted_version = line->weighted,
		.weight = line->weighted ? 0.25 : 0};

	snprintf(state.revision_id, sizeof(state.revision_id), "%s", revision);
	state.description = strdup(line->description);
	return state;
}

/* The state that the event or own change of that RevisionId left. */
static const struct lambda_alias *find_state(const struct life *life, const char *revision)
{
	size_t i;

	for (i = 0; i < life->input.event_count; i++)
		if (life->events[i].has_result &&
			!strcmp(life->events[i].result.revision_id, revision))
			return &life->events[i].result;
	for (i = 0; i < life->state_count; i++)
		if (!strcmp(life->states[i].revision_id, revision))
			return &life->states[i];
	return NULL;
}

static void add_own(struct life *life, const struct line *line)
{
	struct history_own *own = &life->owns[life->input.own_count++];
	struct lambda_alias *after = &life->states[life->state_count];

	*own = (struct history_own){.time_s = line->time,
		.operation = line->kind == 'o'   ? CLOUDTRAIL_UPDATE_ALIAS
			     : line->kind == 'n' ? CLOUDTRAIL_CREATE_ALIAS
						 : CLOUDTRAIL_DELETE_ALIAS,
		.before = find_state(life, line->before),
		.request_id = "",
		.who = "this mount"};
	if (line->kind == 'd')
		return;
	*after = state_of(line->after, line);
	own->after = after;
	life->state_count++;
}

static enum cloudtrail_operation operation_of(char kind)
{
	static const char kinds[] = "-CUDAR";
	const char *found = strchr(kinds, kind);

	return found ? (enum cloudtrail_operation)(found - kinds) : CLOUDTRAIL_UPDATE_ALIAS;
}

void life_add(struct life *life, const char *text)
{
	struct line line = {0};
	char word[64];
	struct cloudtrail_event *event = &life->events[life->input.event_count];

	take_word(&text, word);
	line.kind = word[0];
	line.time = (int64_t)take_number(&text);
	take_word(&text, line.before);
	take_state(&text, &line);
	life->input.events = life->events;
	life->input.owns = life->owns;
	if (strchr("ond", line.kind)) {
		add_own(life, &line);
		return;
	}
	*event = (struct cloudtrail_event){.time_s = line.time,
		.operation = operation_of(line.kind),
		.failed = line.kind == 'F',
		.has_result = strchr("CUuw", line.kind) != NULL,
		.sent_version = line.kind != 'w',
		.sent_routing = line.kind != 'u',
		.sent_description = !strchr("uw", line.kind),
		.who = strdup("arn:aws:iam::1:user/her"),
		.user_agent = strdup("aws-cli"),
		.error = strdup("")};
	snprintf(event->id, sizeof(event->id), "e%zu", life->input.event_count++);
	if (line.before[0] && strcmp(line.before, "-") != 0)
		snprintf(event->before_revision_id, sizeof(event->before_revision_id), "%s",
			line.before);
	if (event->has_result)
		event->result = state_of(line.after, &line);
}

void life_set_present(struct life *life, const char *text, int64_t since_s)
{
	struct line line = {0};

	life->input.present_since_s = since_s;
	if (!*text)
		return;
	take_state(&text, &line);
	life->present = state_of(line.after, &line);
	life->input.present = &life->present;
}

void life_release(struct life *life)
{
	size_t i;

	for (i = 0; i < life->input.event_count; i++)
		cloudtrail_event_release(&life->events[i]);
	for (i = 0; i < life->state_count; i++)
		lambda_alias_release(&life->states[i]);
	lambda_alias_release(&life->present);
	memset(life, 0, sizeof(*life));
}
