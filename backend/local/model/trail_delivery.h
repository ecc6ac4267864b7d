/* SPDX-License-Identifier: MIT */
/*
 * Which events CloudTrail has delivered by now, how often and in which order: as badly as a test wants it.
 * The same settings give the same answer for an event, in each call. Pure.
 */
#ifndef ALIASFS_LOCAL_TRAIL_DELIVERY_H
#define ALIASFS_LOCAL_TRAIL_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/json.h"

#define TRAIL_DELAY_MAX_MS 3600000

struct trail_delivery {
	int64_t delay_ms;  /* an event is there this long after the call */
	int64_t spread_ms; /* and up to this much later, each event by a time of its own */
	double withheld;   /* the part of all events that is not there, 0 to 1 */
	double duplicates; /* the part of all events that comes twice, 0 to 1 */
	bool shuffled;     /* an answer's events come in any order */
	uint64_t seed;     /* which events these are */
};

/*
 * Reads {"delay", "spread" (seconds), "withheld", "duplicates" (0 to 1), "shuffled", "seed"}; a member that is
 * absent keeps what it is in `delivery`. NULL, or a static sentence about what is wrong: then nothing changed.
 */
const char *trail_delivery_parse(const struct json *object, struct trail_delivery *delivery);

/* Appends it as JSON. Errors as buffer_append(). */
int trail_delivery_append(struct buffer *out, const struct trail_delivery *delivery) must_check;

/* Whether the event of that number and time (milliseconds since the epoch) is there at `now_ms`. */
bool trail_is_delivered(
	const struct trail_delivery *delivery, int64_t sequence, int64_t time_ms, int64_t now_ms);

bool trail_is_duplicated(const struct trail_delivery *delivery, int64_t sequence);

/* Events of an answer come by this number; `copy` is 1 for the second one of an event. */
uint64_t trail_order(const struct trail_delivery *delivery, int64_t sequence, unsigned copy);

#endif
