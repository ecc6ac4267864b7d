/* SPDX-License-Identifier: MIT */
/* How a plane delivers CloudTrail's events: GET, PUT and DELETE /_local/trail. Thread-safe. */
#ifndef ALIASFS_LOCAL_DELIVERY_H
#define ALIASFS_LOCAL_DELIVERY_H

#include "backend/local/model/trail_delivery.h"

struct delivery;

/* Events are there after `delay_ms`, once, in order. NULL without memory. */
struct delivery *delivery_new(int64_t delay_ms) must_check;
void delivery_free(struct delivery *delivery); /* NULL is fine */

/* The settings now. */
struct trail_delivery delivery_get(struct delivery *delivery);

/* Changes what the object has; NULL: as delivery_new() made it. NULL, or a static sentence: nothing changed. */
const char *delivery_set(struct delivery *delivery, const struct json *object);

#endif
