/* SPDX-License-Identifier: MIT */
#include "fs/tree/account.h"

#include <limits.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"

#define BLOCK_SIZE 4096

struct account {
	struct catalog *catalog;
	pthread_t thread;
	atomic_bool stopping;
	pthread_mutex_t mutex; /* protects what is below */
	pthread_cond_t changed;
	bool wanted;
	int64_t asked_ms; /* clock_monotonic_ms() of the last try */
};

static void ask_account(struct account *account)
{
	int64_t now_ms = clock_monotonic_ms();
	struct call_scope scope = {
		.read_deadline_ms = now_ms + CALL_SCOPE_READ_MS,
		.mutation_deadline_ms = now_ms + CALL_SCOPE_MUTATION_MS,
		.interrupted = &account->stopping,
	};
	struct lambda_error unheard; /* df shows what is known: permission to ask may be missing */

	if (catalog_account_fetch(account->catalog, &scope, &unheard))
		return;
}

static void *run_account(void *data)
{
	struct account *account = data;

	pthread_mutex_lock(&account->mutex);
	while (!atomic_load(&account->stopping)) {
		if (!account->wanted) {
			pthread_cond_wait(&account->changed, &account->mutex);
			continue;
		}
		account->wanted = false;
		account->asked_ms = clock_monotonic_ms();
		pthread_mutex_unlock(&account->mutex);
		ask_account(account);
		pthread_mutex_lock(&account->mutex);
	}
	pthread_mutex_unlock(&account->mutex);
	return NULL;
}

struct account *account_new(struct catalog *catalog)
{
	struct account *account = calloc(1, sizeof(*account));

	if (!account)
		return NULL;
	account->catalog = catalog;
	account->asked_ms = INT64_MIN / 2;
	pthread_mutex_init(&account->mutex, NULL);
	pthread_cond_init(&account->changed, NULL);
	if (pthread_create(&account->thread, NULL, run_account, account)) {
		pthread_cond_destroy(&account->changed);
		pthread_mutex_destroy(&account->mutex);
		free(account);
		return NULL;
	}
	return account;
}

void account_free(struct account *account)
{
	if (!account)
		return;
	pthread_mutex_lock(&account->mutex);
	atomic_store(&account->stopping, true);
	pthread_cond_signal(&account->changed);
	pthread_mutex_unlock(&account->mutex);
	pthread_join(account->thread, NULL);
	pthread_cond_destroy(&account->changed);
	pthread_mutex_destroy(&account->mutex);
	free(account);
}

void account_statfs(struct account *account, struct statvfs *ret_statvfs)
{
	struct lambda_account known;
	int64_t age_ms;

	memset(ret_statvfs, 0, sizeof(*ret_statvfs));
	ret_statvfs->f_bsize = BLOCK_SIZE;
	ret_statvfs->f_frsize = BLOCK_SIZE;
	ret_statvfs->f_namemax = NAME_MAX;
	if (catalog_account_peek(account->catalog, &known, &age_ms)) {
		uint64_t used = known.code_storage_used, limit = known.code_storage_limit;

		ret_statvfs->f_blocks = limit / BLOCK_SIZE;
		ret_statvfs->f_bfree = limit > used ? (limit - used) / BLOCK_SIZE : 0;
		ret_statvfs->f_bavail = ret_statvfs->f_bfree;
		ret_statvfs->f_files = known.function_count;
	}
	pthread_mutex_lock(&account->mutex);
	if (clock_monotonic_ms() - account->asked_ms >= ACCOUNT_REFRESH_MS) {
		account->wanted = true;
		pthread_cond_signal(&account->changed);
	}
	pthread_mutex_unlock(&account->mutex);
}
