/* SPDX-License-Identifier: MIT */
#include "backend/local/delivery.h"

#include <pthread.h>

struct delivery {
	pthread_mutex_t mutex;
	int64_t delay_ms;
	struct trail_delivery settings; /* protected by mutex */
};

struct delivery *delivery_new(int64_t delay_ms)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (!delivery)
		return NULL;
	pthread_mutex_init(&delivery->mutex, NULL);
	delivery->delay_ms = delay_ms;
	delivery->settings.delay_ms = delay_ms;
	return delivery;
}

void delivery_free(struct delivery *delivery)
{
	if (!delivery)
		return;
	pthread_mutex_destroy(&delivery->mutex);
	free(delivery);
}

struct trail_delivery delivery_get(struct delivery *delivery)
{
	struct trail_delivery settings;

	pthread_mutex_lock(&delivery->mutex);
	settings = delivery->settings;
	pthread_mutex_unlock(&delivery->mutex);
	return settings;
}

const char *delivery_set(struct delivery *delivery, const struct json *object)
{
	const char *reason = NULL;

	pthread_mutex_lock(&delivery->mutex);
	if (object)
		reason = trail_delivery_parse(object, &delivery->settings);
	else
		delivery->settings = (struct trail_delivery){.delay_ms = delivery->delay_ms};
	pthread_mutex_unlock(&delivery->mutex);
	return reason;
}
