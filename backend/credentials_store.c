/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/credentials.h"

struct credentials_store {
	struct credentials_context context; /* deadline and interruption are those of each call */
	pthread_mutex_t mutex;              /* protects all below */
	pthread_cond_t fetched;             /* a fetch has ended */
	bool known;
	bool fetching;              /* by one thread, without the mutex */
	bool expired;               /* AWS refused what is known */
	int64_t tried_s;            /* when the last early refresh failed; 0: it did not */
	struct credentials current; /* when known */
};

#define RETRY_EARLY_REFRESH_S 60

struct credentials_store *credentials_store_new(const struct credentials_context *context)
{
	struct credentials_store *store = calloc(1, sizeof(*store));
	pthread_condattr_t attributes;

	if (!store)
		return NULL;
	store->context = *context;
	pthread_mutex_init(&store->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&store->fetched, &attributes);
	pthread_condattr_destroy(&attributes);
	return store;
}

void credentials_store_free(struct credentials_store *store)
{
	if (!store)
		return;
	credentials_release(&store->current);
	pthread_cond_destroy(&store->fetched);
	pthread_mutex_destroy(&store->mutex);
	free(store);
}

/* The mutex is held. */
static enum credentials_need need_now(const struct credentials_store *store)
{
	int64_t now_s = clock_wall_ms() / 1000;
	enum credentials_need need;

	if (!store->known || store->expired)
		return CREDENTIALS_REFRESH_NOW;
	need = credentials_need(store->current.expires_s, now_s);
	if (need == CREDENTIALS_REFRESH_SOON && store->tried_s + RETRY_EARLY_REFRESH_S > now_s)
		return CREDENTIALS_FRESH;
	return need;
}

/* Asks the providers about the files as they are now. */
static enum lambda_status fetch_afresh(struct credentials_context *context,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	cleanup(profile_set_free_pointer) struct profile_set *profiles = NULL;
	enum lambda_status status = profile_set_load(context->environment, &profiles, reterr);

	context->profiles = profiles;
	context->profile = context->settings->profile.value;
	return status ? status : credentials_fetch(context, ret_credentials, reterr);
}

/* Fetches without the mutex, which is held on entry and on return. */
static enum lambda_status fetch(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr)
{
	struct credentials_context context = store->context;
	struct credentials made = {0};
	enum lambda_status status;

	context.deadline_ms = deadline_ms;
	context.interrupted = interrupted;
	store->fetching = true;
	pthread_mutex_unlock(&store->mutex);
	status = fetch_afresh(&context, &made, reterr);
	pthread_mutex_lock(&store->mutex);
	store->fetching = false;
	pthread_cond_broadcast(&store->fetched);
	store->tried_s = status ? clock_wall_ms() / 1000 : 0;
	if (status)
		return status;
	credentials_release(&store->current);
	store->current = made;
	store->known = true;
	store->expired = false;
	return LAMBDA_OK;
}

/*
 * Waits a little for another thread's fetch. One step only: what is there after it may already do,
 * although the next fetch has begun. The mutex is held.
 */
static enum lambda_status wait_for_fetch(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr)
{
	int64_t now = clock_monotonic_ms(), until = now + HTTP_STEP_MS;
	struct timespec moment = {.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000};

	if (interrupted && atomic_load(interrupted))
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	if (now >= deadline_ms)
		return lambda_fail(reterr, LAMBDA_TIMED_OUT,
			"the credentials did not come within the time allowed");
	pthread_cond_timedwait(&store->fetched, &store->mutex, &moment);
	return LAMBDA_OK;
}

/* The mutex is held. Whoever finds a fetch under way shares its result, or tries it after a failure. */
static enum lambda_status make_current(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr)
{
	for (;;) {
		enum credentials_need need = need_now(store);
		struct lambda_error early = {0};
		enum lambda_status status;

		if (need == CREDENTIALS_FRESH)
			return LAMBDA_OK;
		if (need == CREDENTIALS_REFRESH_SOON) {
			if (!store->fetching && fetch(store, deadline_ms, interrupted, &early))
				log_write(store->context.log, LOG_LEVEL_WARNING,
					"credentials of %s could not be renewed yet: %s",
					store->current.source, early.message);
			return LAMBDA_OK;
		}
		if (!store->fetching)
			return fetch(store, deadline_ms, interrupted, reterr);
		status = wait_for_fetch(store, deadline_ms, interrupted, reterr);
		if (status)
			return status;
	}
}

enum lambda_status credentials_store_get(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	enum lambda_status status;

	pthread_mutex_lock(&store->mutex);
	status = make_current(store, deadline_ms, interrupted, reterr);
	if (!status && credentials_copy(&store->current, ret_credentials))
		status = lambda_fail_memory(reterr);
	pthread_mutex_unlock(&store->mutex);
	return status;
}

void credentials_store_expire(struct credentials_store *store, const struct credentials *refused)
{
	pthread_mutex_lock(&store->mutex);
	if (store->known && credentials_are_equal(&store->current, refused))
		store->expired = true;
	pthread_mutex_unlock(&store->mutex);
}

enum lambda_status credentials_store_renew(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr)
{
	enum lambda_status status;

	pthread_mutex_lock(&store->mutex);
	status = wait_for_fetch(store, deadline_ms, interrupted, reterr);
	if (!status)
		status = fetch(store, deadline_ms, interrupted, reterr);
	pthread_mutex_unlock(&store->mutex);
	return status;
}

bool credentials_store_peek(struct credentials_store *store, struct credentials_facts *ret_facts)
{
	const struct credentials *current = &store->current;
	bool known;

	memset(ret_facts, 0, sizeof(*ret_facts));
	pthread_mutex_lock(&store->mutex);
	known = store->known;
	if (known) {
		size_t length = strlen(current->access_key_id), shown = length > 12 ? 4 : 0;

		memcpy(ret_facts->source, current->source, sizeof(ret_facts->source));
		memcpy(ret_facts->key_id_end, current->access_key_id + length - shown, shown);
		ret_facts->has_token = current->session_token != NULL;
		ret_facts->expires_s = current->expires_s;
	}
	pthread_mutex_unlock(&store->mutex);
	return known;
}
