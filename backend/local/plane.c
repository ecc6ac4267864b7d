/* SPDX-License-Identifier: MIT */
#include "backend/local/plane.h"

#include <errno.h>
#include <sys/stat.h>

#include "backend/base/clock.h"
#include "backend/local/model/pattern.h"
#include "backend/local/private.h"
#include "backend/local/server/server.h"
#include "backend/local/store/code.h"

static int set_identity(
	struct plane *plane, const struct plane_options *options, char *reterr, size_t reterr_size)
{
	const char *account = options->account ? options->account : "000000000000";
	const char *region = options->region ? options->region : "us-east-1";
	const char *partition = "aws";

	if (!pattern_matches("\\d{12}", account)) {
		snprintf(reterr, reterr_size, "an account is 12 digits");
		return -EINVAL;
	}
	if (strlen(region) >= sizeof(plane->identity.region) ||
		!pattern_matches(
			"(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}", region)) {
		snprintf(reterr, reterr_size, "not a region's name: %s", region);
		return -EINVAL;
	}
	if (!strncmp(region, "cn-", 3))
		partition = "aws-cn";
	else if (!strncmp(region, "us-gov-", 7))
		partition = "aws-us-gov";
	else if (!strncmp(region, "eusc-", 5))
		partition = "aws-eusc";
	snprintf(plane->identity.account, sizeof(plane->identity.account), "%s", account);
	snprintf(plane->identity.region, sizeof(plane->identity.region), "%s", region);
	snprintf(plane->identity.partition, sizeof(plane->identity.partition), "%s", partition);
	return 0;
}

static int set_key(struct plane *plane, const char *pair, char *reterr, size_t reterr_size)
{
	const char *colon = pair ? strchr(pair, ':') : NULL;

	if (!pair)
		return 0;
	if (!colon || colon == pair || !colon[1]) {
		snprintf(reterr, reterr_size, "signatures are verified with KEY:SECRET");
		return -EINVAL;
	}
	plane->access_key_id = strndup(pair, (size_t)(colon - pair));
	plane->secret_access_key = strdup(colon + 1);
	return plane->access_key_id && plane->secret_access_key ? 0 : -ENOMEM;
}

static int load_download_key(struct plane *plane, struct store *store)
{
	sqlite3_stmt *row =
		store_query(store, "SELECT value FROM secret WHERE name = 'download'", "");
	int found = store_next(store, row);

	if (found != 1)
		return found ? found : -EIO;
	if (sqlite3_column_bytes(row, 0) == sizeof(plane->download_key))
		memcpy(plane->download_key, sqlite3_column_blob(row, 0),
			sizeof(plane->download_key));
	store_done(row);
	return 0;
}

static int open_state(struct plane *plane, const char *directory, char *reterr, size_t reterr_size)
{
	struct store *store;
	int error;

	if (mkdir(directory, 0700) && errno != EEXIST) {
		error = -errno;
		snprintf(reterr, reterr_size, "cannot make %s: %s", directory, strerror(-error));
		return error;
	}
	error = code_open(directory, &plane->code_directory);
	if (error) {
		snprintf(reterr, reterr_size, "cannot open %s/code: %s", directory,
			strerror(-error));
		return error;
	}
	error = store_pool_open(directory, plane->log, &plane->stores, reterr, reterr_size);
	if (error)
		return error;
	store = store_pool_take(plane->stores);
	if (!store)
		return -EIO;
	error = load_download_key(plane, store);
	if (!error)
		code_sweep(plane->code_directory, store);
	store_pool_give(plane->stores, store);
	return error;
}

int plane_start(const struct plane_options *options, struct plane **ret_plane, char *reterr,
	size_t reterr_size)
{
	struct plane *plane = calloc(1, sizeof(*plane));
	int error;

	snprintf(reterr, reterr_size, "out of memory");
	if (!plane)
		return -ENOMEM;
	plane->code_directory = -1;
	plane->log = options->log;
	plane->settle_ms = options->settle_ms;
	plane->latency_ms = options->latency_ms;
	plane->seed = options->seed;
	throttle_init(&plane->throttle, options->rate, clock_monotonic_ms());
	plane->calls = calloc(operation_count, sizeof(*plane->calls));
	plane->faults = faults_new();
	plane->delivery = delivery_new(options->trail_delay_ms);
	error = plane->calls && plane->faults && plane->delivery
			? set_identity(plane, options, reterr, reterr_size)
			: -ENOMEM;
	if (!error)
		error = set_key(plane, options->verify_signatures, reterr, reterr_size);
	if (!error)
		error = open_state(plane, options->state_directory, reterr, reterr_size);
	if (!error)
		error = server_start(plane, options, &plane->server, reterr, reterr_size);
	if (error) {
		plane_stop(plane);
		return error;
	}
	*ret_plane = plane;
	return 0;
}

uint16_t plane_port(const struct plane *plane)
{
	return server_port(plane->server);
}

void plane_stop(struct plane *plane)
{
	if (!plane)
		return;
	atomic_store(&plane->stopping, true);
	server_stop(plane->server);
	store_pool_close(plane->stores);
	if (plane->code_directory >= 0)
		close(plane->code_directory);
	explicit_bzero(plane->download_key, sizeof(plane->download_key));
	if (plane->secret_access_key)
		explicit_bzero(plane->secret_access_key, strlen(plane->secret_access_key));
	free(plane->secret_access_key);
	free(plane->access_key_id);
	throttle_destroy(&plane->throttle);
	faults_free(plane->faults);
	delivery_free(plane->delivery);
	free(plane->calls);
	free(plane);
}
