/* SPDX-License-Identifier: MIT */
#include "backend/local/server/connection.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"

#define NEVER INT64_MAX

struct connection {
	int descriptor;
	_Atomic int64_t deadline_ms;     /* every request sets it: no lock for that */
	struct connection *next, **link; /* protected by mutex */
};

struct connections {
	pthread_mutex_t mutex; /* held for a few instructions, and while sockets are shut down */
	pthread_cond_t wake;
	pthread_t watcher;
	struct connection *list;
	bool stopping;
	int64_t receive_ms, send_ms;
	void (*tick)(void *data);
	void *tick_data;
};

/* Ends what is overdue; gives the milliseconds until the next may be. */
static int64_t end_overdue(struct connections *connections, int64_t now_ms)
{
	int64_t next_ms = 1000;

	for (struct connection *each = connections->list; each; each = each->next) {
		int64_t deadline_ms = atomic_load(&each->deadline_ms);

		if (deadline_ms <= now_ms) {
			shutdown(each->descriptor, SHUT_RDWR);
			atomic_compare_exchange_strong(&each->deadline_ms, &deadline_ms, NEVER);
		} else if (deadline_ms - now_ms < next_ms) {
			next_ms = deadline_ms - now_ms;
		}
	}
	return next_ms;
}

static void *watch_connections(void *data)
{
	struct connections *connections = data;

	pthread_mutex_lock(&connections->mutex);
	while (!connections->stopping) {
		int64_t left_ms = end_overdue(connections, clock_monotonic_ms());

		condition_wait(
			&connections->wake, &connections->mutex, clock_monotonic_ms() + left_ms);
		if (connections->stopping)
			break;
		pthread_mutex_unlock(&connections->mutex);
		connections->tick(connections->tick_data);
		pthread_mutex_lock(&connections->mutex);
	}
	pthread_mutex_unlock(&connections->mutex);
	return NULL;
}

struct connections *connections_new(
	int64_t receive_ms, int64_t send_ms, void (*tick)(void *data), void *data)
{
	struct connections *connections = calloc(1, sizeof(*connections));

	if (!connections)
		return NULL;
	connections->receive_ms = receive_ms;
	connections->send_ms = send_ms;
	connections->tick = tick;
	connections->tick_data = data;
	if (condition_init(&connections->wake)) {
		free(connections);
		return NULL;
	}
	pthread_mutex_init(&connections->mutex, NULL);
	if (pthread_create(&connections->watcher, NULL, watch_connections, connections)) {
		pthread_cond_destroy(&connections->wake);
		pthread_mutex_destroy(&connections->mutex);
		free(connections);
		return NULL;
	}
	return connections;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	pthread_mutex_lock(&connections->mutex);
	connections->stopping = true;
	pthread_cond_signal(&connections->wake);
	pthread_mutex_unlock(&connections->mutex);
	pthread_join(connections->watcher, NULL);
	pthread_cond_destroy(&connections->wake);
	pthread_mutex_destroy(&connections->mutex);
	free(connections);
}

struct connection *connection_open(struct connections *connections, int descriptor)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->descriptor = descriptor;
	atomic_init(&connection->deadline_ms, clock_monotonic_ms() + connections->receive_ms);
	pthread_mutex_lock(&connections->mutex);
	connection->next = connections->list;
	connection->link = &connections->list;
	if (connection->next)
		connection->next->link = &connection->next;
	connections->list = connection;
	pthread_mutex_unlock(&connections->mutex);
	return connection;
}

void connection_close(struct connections *connections, struct connection *connection)
{
	if (!connection)
		return;
	pthread_mutex_lock(&connections->mutex);
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	pthread_mutex_unlock(&connections->mutex);
	free(connection);
}

static void set_deadline(struct connection *connection, int64_t deadline_ms)
{
	if (connection)
		atomic_store(&connection->deadline_ms, deadline_ms);
}

void connection_receives(struct connections *connections, struct connection *connection)
{
	set_deadline(connection, clock_monotonic_ms() + connections->receive_ms);
}

void connection_works(struct connections *connections, struct connection *connection)
{
	set_deadline(connection, NEVER);
}

void connection_sends(struct connections *connections, struct connection *connection)
{
	set_deadline(connection, clock_monotonic_ms() + connections->send_ms);
}
