/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/base/scope.h"
#include "backend/credentials/credentials.h"

struct credentials_store {
	struct credentials_context context; /* deadline and interruption are those of each call */
	pthread_mutex_t mutex;              /* protects all below */
	pthread_cond_t fetched;             /* a fetch has ended */
	bool known;
	bool fetching;               /* by one thread, without the mutex */
	bool expired;                /* AWS refused what is known */
	int64_t tried_s;             /* when the last early refresh failed; 0: it did not */
	struct credentials current;  /* when known */
	uint64_t ended;              /* how many fetches have */
	bool shared_failure;         /* the last one failed, and would have for any caller */
	struct lambda_error failure; /* how the last one failed; status LAMBDA_OK: it did not */
};

#define RETRY_EARLY_REFRESH_S 60

struct credentials_store *credentials_store_new(const struct credentials_context *context)
{
	cleanup(free_pointer) struct credentials_store *store = calloc(1, sizeof(*store));

	if (!store || condition_init(&store->fetched))
		return NULL;
	store->context = *context;
	pthread_mutex_init(&store->mutex, NULL);
	return take_pointer(store);
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

/* A user's keys are not followed by the machine's. The mutex is held. */
static enum lambda_status check_successor(const struct credentials_store *store,
	const struct credentials *made, struct lambda_error *reterr)
{
	if (!store->known || store->current.of_machine || !made->of_machine)
		return LAMBDA_OK;
	lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
		"the credentials of %s are gone, and those of %s do not replace them",
		store->current.source, made->source);
	lambda_hint(reterr, "mount again to sign with other credentials");
	return LAMBDA_NO_CREDENTIALS;
}

/* Fetches without the mutex, which is held on entry and on return. */
static enum lambda_status fetch_credentials(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr)
{
	struct credentials_context context = store->context;
	struct credentials made = {0};
	struct lambda_error failure = {0};
	enum lambda_status status;

	context.deadline_ms = deadline_ms;
	context.interrupted = interrupted;
	store->fetching = true;
	pthread_mutex_unlock(&store->mutex);
	status = fetch_afresh(&context, &made, &failure);
	pthread_mutex_lock(&store->mutex);
	if (!status)
		status = check_successor(store, &made, &failure);
	store->fetching = false;
	store->ended++;
	pthread_cond_broadcast(&store->fetched);
	store->tried_s = status ? clock_wall_ms() / 1000 : 0;
	store->shared_failure = status && status != LAMBDA_INTERRUPTED &&
				status != LAMBDA_NO_MEMORY && clock_monotonic_ms() < deadline_ms;
	/* Attempts that failed before one that did not have left their words, too. */
	store->failure = status ? failure : (struct lambda_error){0};
	if (status) {
		credentials_release(&made);
		return lambda_fail_as(reterr, &failure);
	}
	credentials_release(&store->current);
	store->current = made;
	store->known = true;
	store->expired = false;
	return LAMBDA_OK;
}

/* Waits for the end of another thread's fetch. The mutex is held. */
static enum lambda_status wait_for_fetch(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr)
{
	const struct call_scope scope = {
		.read_deadline_ms = deadline_ms, .interrupted = interrupted};
	uint64_t before = store->ended;
	enum lambda_status status = LAMBDA_OK;

	while (!status && store->fetching && store->ended == before)
		status = call_scope_wait(&scope, &store->fetched, &store->mutex,
			"the credentials did not come within the time allowed", reterr);
	return status;
}

/* Before it is needed: half of the caller's time at most, as its call must still be made. */
static void fetch_early(
	struct credentials_store *store, int64_t deadline_ms, const atomic_bool *interrupted)
{
	int64_t now = clock_monotonic_ms();
	struct lambda_error error = {0};

	if (fetch_credentials(store, now + (deadline_ms - now) / 2, interrupted, &error))
		log_write(store->context.log, LOG_LEVEL_WARNING,
			"credentials of %s could not be renewed yet: %s", store->current.source,
			error.message);
}

/*
 * The mutex is held. A thread that finds a fetch in flight shares its result, whatever its age, and its
 * failure; only what was about its caller (its deadline, an interruption) is tried again.
 */
static enum lambda_status make_current(struct credentials_store *store, int64_t deadline_ms,
	const atomic_bool *interrupted, struct lambda_error *reterr)
{
	for (;;) {
		enum credentials_need need = need_now(store);
		enum lambda_status status;

		if (need == CREDENTIALS_REFRESH_SOON && !store->fetching)
			fetch_early(store, deadline_ms, interrupted);
		if (need != CREDENTIALS_REFRESH_NOW)
			return LAMBDA_OK;
		if (!store->fetching)
			return fetch_credentials(store, deadline_ms, interrupted, reterr);
		status = wait_for_fetch(store, deadline_ms, interrupted, reterr);
		if (status)
			return status;
		if (store->known && !store->expired && !store->failure.status)
			return LAMBDA_OK;
		if (store->shared_failure)
			return lambda_fail_as(reterr, &store->failure);
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
	enum lambda_status status = LAMBDA_OK;

	pthread_mutex_lock(&store->mutex);
	while (!status && store->fetching)
		status = wait_for_fetch(store, deadline_ms, interrupted, reterr);
	if (!status)
		status = fetch_credentials(store, deadline_ms, interrupted, reterr);
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
		ret_facts->expires_s = current->expires_s;
	}
	pthread_mutex_unlock(&store->mutex);
	return known;
}
