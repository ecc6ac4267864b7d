/* SPDX-License-Identifier: MIT */
#include "fs/rules/recent.h"

#include <errno.h>

int recent_init(struct recent *recent, size_t capacity, int64_t life_ms)
{
	*recent = (struct recent){.life_ms = life_ms, .capacity = capacity};
	recent->events = calloc(capacity, sizeof(*recent->events));
	return recent->events ? 0 : -ENOMEM;
}

void recent_release(struct recent *recent)
{
	free(recent->events);
	*recent = (struct recent){0};
}

static bool is_alive(const struct recent *recent, int64_t now_ms, const struct recent_event *event)
{
	return now_ms - event->at_ms < recent->life_ms;
}

static bool has_key(const struct recent_event *event, const struct recent_key *key)
{
	return event->process == key->process && event->kind == key->kind &&
	       (!key->name || !strcmp(event->name, key->name)) &&
	       (!key->function || !strcmp(event->function, key->function));
}

struct recent_event *recent_find(
	const struct recent *recent, int64_t now_ms, const struct recent_key *key)
{
	size_t i;

	for (i = 0; i < recent->count; i++)
		if (has_key(&recent->events[i], key) &&
			is_alive(recent, now_ms, &recent->events[i]))
			return &recent->events[i];
	return NULL;
}

static void remove_event(struct recent *recent, size_t i)
{
	recent->events[i] = recent->events[--recent->count];
}

/* A free entry: those whose time is over are free, and so is the oldest when all are taken. */
static struct recent_event *take_entry(struct recent *recent, int64_t now_ms)
{
	struct recent_event *oldest = &recent->events[0];
	size_t i = 0;

	while (i < recent->count)
		if (is_alive(recent, now_ms, &recent->events[i]))
			i++;
		else
			remove_event(recent, i);
	if (recent->count < recent->capacity)
		return &recent->events[recent->count++];
	for (i = 1; i < recent->count; i++)
		if (recent->events[i].at_ms < oldest->at_ms)
			oldest = &recent->events[i];
	return oldest;
}

struct recent_event *recent_note(
	struct recent *recent, int64_t now_ms, const struct recent_key *key)
{
	struct recent_event *event = recent_find(recent, now_ms, key);

	if (!event) {
		event = take_entry(recent, now_ms);
		*event = (struct recent_event){.kind = key->kind, .process = key->process};
		snprintf(event->function, sizeof(event->function), "%s",
			key->function ? key->function : "");
		snprintf(event->name, sizeof(event->name), "%s", key->name ? key->name : "");
	}
	event->at_ms = now_ms;
	return event;
}

void recent_forget(struct recent *recent, const struct recent_key *key)
{
	size_t i = 0;

	while (i < recent->count)
		if (has_key(&recent->events[i], key))
			remove_event(recent, i);
		else
			i++;
}
