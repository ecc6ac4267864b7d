/* SPDX-License-Identifier: MIT */
/*
 * What happened a moment ago: a table of fixed size whose entries count for the same time each. When it is full,
 * the oldest gives way. Pure: no clock (now_ms is passed in), no lock: the owner serialises.
 */
#ifndef ALIASFS_RECENT_H
#define ALIASFS_RECENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/cleanup.h"

#define RECENT_NAME_MAX 256 /* bytes; longer names are cut */
#define RECENT_TEXT_MAX 63

/* What an event is about. In a look-up, NULL stands for any function or name. */
struct recent_key {
	unsigned int kind; /* the owner's own */
	pid_t process;     /* or thread, as the owner likes */
	const char *function;
	const char *name;
};

/* One event; `number` and `text` are the owner's, 0 and "" at first. */
struct recent_event {
	int64_t at_ms;
	uint64_t number;
	unsigned int kind;
	pid_t process;
	char function[RECENT_NAME_MAX + 1];
	char name[RECENT_NAME_MAX + 1];
	char text[RECENT_TEXT_MAX + 1];
};

struct recent {
	int64_t life_ms;
	size_t capacity;
	size_t count;
	struct recent_event *events; /* owned */
};

/* Makes an empty table for `capacity` events (1 at least). 0 or -ENOMEM; recent_release() in any case. */
int recent_init(struct recent *recent, size_t capacity, int64_t life_ms) must_check;
void recent_release(struct recent *recent);

/* An event of that key that is younger than the table's life; NULL: none. Belongs to the table, until it next changes. */
struct recent_event *recent_find(
	const struct recent *recent, int64_t now_ms, const struct recent_key *key);

/*
 * It happens now: the entry of that key, with its number and text when it is still alive. Of a key without
 * function or name, these are "". Never NULL; belongs to the table, until it next changes.
 */
struct recent_event *recent_note(
	struct recent *recent, int64_t now_ms, const struct recent_key *key);

/* Forgets all events of that key. */
void recent_forget(struct recent *recent, const struct recent_key *key);

#endif
