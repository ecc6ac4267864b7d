/* SPDX-License-Identifier: MIT */
#include "fs/request.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "fs/journal.h"
#include "fs/stats.h"

static void on_interrupt(fuse_req_t handle, void *data)
{
	struct request *request = data;

	(void)handle;
	atomic_store(&request->interrupted, true);
}

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

static void enlist(struct request_list *list, struct request *request)
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

void request_begin(struct request *request, fuse_req_t handle, const char *operation)
{
	int64_t now_ms = clock_monotonic_ms();

	memset(request, 0, sizeof(*request));
	request->handle = handle;
	request->fs = fuse_req_userdata(handle);
	request->operation = operation;
	request->scope.read_deadline_ms =
		now_ms + (int64_t)(request->fs->options->read_timeout * 1000);
	request->scope.mutation_deadline_ms =
		now_ms + (int64_t)(request->fs->options->timeout * 1000);
	request->scope.interrupted = &request->interrupted;
	request->scope.record = &request->record;
	request->record.who = request;
	request->begun_us = stats_now_us();
	enlist(request->fs->requests, request);
	fuse_req_interrupt_func(handle, on_interrupt, request);
}

void request_end(struct request *request)
{
	/* Taking the function away waits for one that is running: the request lives on the stack. */
	fuse_req_interrupt_func(request->handle, NULL, NULL);
	strike_off(request->fs->requests, request);
	stats_note(request->fs->stats, request->operation, request->result, request->record.calls,
		stats_now_us() - request->begun_us);
	if (request->caller_read)
		caller_release(&request->caller);
	request->caller_read = false;
}

const struct caller *request_caller(struct request *request)
{
	if (!request->caller_read) {
		const struct fuse_ctx *context = fuse_req_ctx(request->handle);

		caller_read(context->pid, context->uid, context->gid, &request->caller);
		request->caller_read = true;
	}
	return &request->caller;
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

/* What is asked for all the time and is no failure to anybody. */
static bool is_worth_a_line(const struct request *request, int error)
{
	if (error == -ENOENT)
		return request->error.status != LAMBDA_OK && strcmp(request->operation, "LOOKUP") &&
		       strcmp(request->operation, "GETATTR") &&
		       strcmp(request->operation, "READLINK");
	if (error == -EINTR)
		return false;
	return request->error.message[0] != '\0';
}

void request_fail(struct request *request, int error, const struct node *node, const char *name)
{
	fuse_req_t handle = request->handle;

	request->result = error;
	if (is_worth_a_line(request, error))
		journal_failure(request->fs->journal, request_caller(request), request->operation,
			node, name, -error, &request->error);
	request_end(request);
	fuse_reply_err(handle, -error);
}

void request_succeed(struct request *request)
{
	fuse_req_t handle = request->handle;

	request_end(request);
	fuse_reply_err(handle, 0);
}

/* Whether the asking process is in the shown group, with its primary or another of its groups. */
static bool in_shown_group(const struct request *request)
{
	const struct fuse_ctx *context = fuse_req_ctx(request->handle);

	return context->gid == request->fs->shown_gid ||
	       caller_has_group(context->pid, request->fs->shown_gid);
}

int request_permits(const struct request *request, mode_t mode, int mask)
{
	const struct fuse_ctx *context = fuse_req_ctx(request->handle);
	mode_t others = mode & 7, group = mode >> 3 & 7, wanted = (mode_t)mask & 7;

	if (context->uid == 0 || context->uid == request->fs->uid)
		return 0;
	/* The shown owner is nobody special: what is shown never grants anything by itself. */
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
	const struct fuse_ctx *context = fuse_req_ctx(request->handle);

	if (context->uid == 0 || context->uid == request->fs->uid)
		return 0;
	return request_refuse(request, EACCES,
		"only the user who mounted (uid %u) and root may change anything",
		(unsigned int)request->fs->uid);
}
