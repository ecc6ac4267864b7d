/* SPDX-License-Identifier: MIT */
#include "fs/request/request.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "fs/request/stats.h"
#include "fs/settings/options.h"

struct request_list *request_list_new(void)
{
	struct request_list *list = calloc(1, sizeof(*list));

	if (list)
		pthread_mutex_init(&list->mutex, NULL);
	return list;
}

void request_list_free(struct request_list *list)
{
	if (!list)
		return;
	pthread_mutex_destroy(&list->mutex);
	free(list);
}

void request_interrupt_all(struct request_list *list)
{
	struct request *request;

	pthread_mutex_lock(&list->mutex);
	for (request = list->first; request; request = request->next)
		atomic_store(&request->interrupted, true);
	pthread_mutex_unlock(&list->mutex);
}

size_t request_count(struct request_list *list)
{
	size_t count;

	pthread_mutex_lock(&list->mutex);
	count = list->count;
	pthread_mutex_unlock(&list->mutex);
	return count;
}

static void enlist_request(struct request_list *list, struct request *request)
{
	pthread_mutex_lock(&list->mutex);
	request->next = list->first;
	if (list->first)
		list->first->previous = request;
	list->first = request;
	list->count++;
	pthread_mutex_unlock(&list->mutex);
}

static void strike_off(struct request_list *list, struct request *request)
{
	pthread_mutex_lock(&list->mutex);
	if (request->previous)
		request->previous->next = request->next;
	else
		list->first = request->next;
	if (request->next)
		request->next->previous = request->previous;
	list->count--;
	pthread_mutex_unlock(&list->mutex);
}

static void read_lineage(struct call_asker *asker)
{
	const struct request *request =
		(const struct request *)((uintptr_t)asker - offsetof(struct request, lineage));

	caller_read_lineage(request->caller.thread, &asker->lineage);
}

void request_begin(struct request *request, struct aliasfs *fs, const struct caller *caller,
	const char *operation)
{
	int64_t now_us = clock_monotonic_us(), now_ms = now_us / 1000;

	memset(request, 0, sizeof(*request));
	request->fs = fs;
	request->caller = *caller;
	request->operation = operation;
	request->scope.read_deadline_ms = now_ms + (int64_t)(fs->options->read_timeout * 1000);
	request->scope.mutation_deadline_ms = now_ms + (int64_t)(fs->options->timeout * 1000);
	request->scope.interrupted = &request->interrupted;
	request->scope.record = &request->record;
	request->lineage.read = read_lineage;
	request->scope.asker = &request->lineage;
	request->begun_us = now_us;
	enlist_request(fs->requests, request);
}

void request_end(struct request *request)
{
	strike_off(request->fs->requests, request);
	stats_note(request->fs->stats, request->operation, request->result, request->record.calls,
		clock_monotonic_us() - request->begun_us);
	caller_release(&request->caller);
	request->caller_read = false;
}

const struct caller *request_caller(struct request *request)
{
	if (!request->caller_read) {
		caller_read(&request->caller);
		request->caller_read = true;
		request->identity = caller_identify(&request->caller);
		request->record.who = &request->identity;
	}
	return &request->caller;
}

void request_name_caller(struct request *request, const struct caller_identity *identity)
{
	if (request->caller.thread || !identity->process)
		return;
	request->caller.uid = identity->uid;
	request->caller.process = identity->process;
	memcpy(request->caller.program, identity->program, sizeof(request->caller.program));
	request->identity = *identity;
	request->record.who = &request->identity;
	request->caller_read = true;
}

int request_errno(enum lambda_status status, enum errno_gesture gesture)
{
	return -errno_of(status, gesture);
}

int request_refuse(struct request *request, int error, const char *format, ...)
{
	va_list arguments;

	memset(&request->error, 0, sizeof(request->error));
	request->error.status = LAMBDA_INVALID;
	va_start(arguments, format);
	vsnprintf(request->error.message, sizeof(request->error.message), format, arguments);
	va_end(arguments);
	return -error;
}

bool request_is_worth_a_line(const struct request *request, int error)
{
	if (error == -ENOENT)
		return request->error.status && strcmp(request->operation, "LOOKUP") &&
		       strcmp(request->operation, "GETATTR") &&
		       strcmp(request->operation, "READLINK");
	if (error == -EINTR || request->is_provisional)
		return false;
	return request->error.message[0] != '\0';
}

/* Whether the asking process is in the shown group, with its primary or another of its groups. */
static bool in_shown_group(const struct request *request)
{
	return request->caller.gid == request->fs->shown_gid ||
	       caller_has_group(request->caller.thread, request->fs->shown_gid);
}

int request_permits(const struct request *request, mode_t mode, int mask)
{
	mode_t others = mode & 7, group = mode >> 3 & 7, wanted = (mode_t)mask & 7;

	if (request->caller.uid == 0 || request->caller.uid == request->fs->uid)
		return 0;
	/* The owner in the attributes has no rights of its own. */
	if (group == others)
		return (others & wanted) == wanted ? 0 : -EACCES;
	return ((in_shown_group(request) ? group : others) & wanted) == wanted ? 0 : -EACCES;
}

int request_permits_passage(const struct request *request)
{
	return request_permits(request, 0755 & ~(mode_t)request->fs->options->umask, X_OK);
}

int request_permits_change(struct request *request)
{
	if (request->fs->options->read_only)
		return request_refuse(request, EROFS, "the account is mounted read-only");
	if (request->caller.uid == 0 || request->caller.uid == request->fs->uid)
		return 0;
	return request_refuse(request, EACCES,
		"only the user who mounted (uid %u) and root may change anything",
		(unsigned int)request->fs->uid);
}
