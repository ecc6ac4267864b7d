/* SPDX-License-Identifier: MIT */
#include "fs/tree/invoke.h"

#include <errno.h>
#include <fcntl.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/lambda/invoke.h"
#include "fs/request/audit.h"

_Static_assert(LAMBDA_LOG_TAIL_MAX <= ALIASFS_INVOKE_LOG_SIZE, "the log fits into its ioctl");

enum state {
	STATE_WRITING, /* nothing was sent */
	STATE_RUNNING, /* a READ waits for the answer */
	STATE_ANSWERED,
	STATE_FAILED,
};

struct invocation {
	atomic_uint *open; /* of the mount: counts this one */
	pthread_mutex_t
		mutex; /* protects what is below; the payload does not change while it runs */
	pthread_cond_t ended; /* it runs no more */
	enum state state;
	struct buffer payload;
	bool too_large; /* a part of the payload was refused: it is not sent without that */
	struct lambda_invocation answer;
	size_t position;            /* bytes of the answer that were read */
	int error;                  /* STATE_FAILED: negative, … */
	struct lambda_error reason; /* … and why */
};

/* --- opening --- */

static bool count_in(atomic_uint *open)
{
	unsigned int count = atomic_load(open);

	while (count < INVOCATIONS_MAX)
		if (atomic_compare_exchange_weak(open, &count, count + 1))
			return true;
	return false;
}

static int invocation_new(struct request *request, struct invocation **ret_invocation)
{
	struct invocation *invocation = calloc(1, sizeof(*invocation));

	if (!invocation)
		return -ENOMEM;
	if (condition_init(&invocation->ended)) {
		free(invocation);
		return -ENOMEM;
	}
	if (!count_in(&request->fs->invocations)) {
		pthread_cond_destroy(&invocation->ended);
		free(invocation);
		return request_refuse(request, EAGAIN,
			"%d invocations are open already: try again when one is closed",
			INVOCATIONS_MAX);
	}
	pthread_mutex_init(&invocation->mutex, NULL);
	invocation->open = &request->fs->invocations;
	invocation->payload = (struct buffer)BUFFER_INIT(LAMBDA_PAYLOAD_MAX);
	*ret_invocation = invocation;
	return 0;
}

int invocation_open(struct request *request, int flags, struct invocation **ret_invocation)
{
	int error = request_permits_change(request);

	if (error)
		return error;
	if ((flags & O_ACCMODE) != O_RDWR)
		return request_refuse(request, EACCES,
			"open it for reading and writing, as in `exec 3<>.invoke`: a payload is "
			"written, and then the answer is read");
	return invocation_new(request, ret_invocation);
}

void invocation_free(struct invocation *invocation)
{
	if (!invocation)
		return;
	/* The kernel has a READ's reply, and may send RELEASE, before the thread that gave it lets go. */
	pthread_mutex_lock(&invocation->mutex);
	pthread_mutex_unlock(&invocation->mutex);
	atomic_fetch_sub(invocation->open, 1);
	buffer_release_secret(&invocation->payload);
	lambda_invocation_release(&invocation->answer);
	pthread_cond_destroy(&invocation->ended);
	pthread_mutex_destroy(&invocation->mutex);
	free(invocation);
}

/* --- the payload --- */

int invocation_write(
	struct request *request, struct invocation *invocation, const char *data, size_t size)
{
	bool is_late;
	int error = 0;

	pthread_mutex_lock(&invocation->mutex);
	is_late = invocation->state != STATE_WRITING;
	if (!is_late)
		error = buffer_append(&invocation->payload, data, size);
	if (error)
		invocation->too_large = true;
	pthread_mutex_unlock(&invocation->mutex);
	if (is_late)
		return request_refuse(request, EINVAL,
			"this invocation has its payload already: open the file again for another");
	if (error == -EFBIG)
		return request_refuse(
			request, EFBIG, "a payload has at most %d bytes", LAMBDA_PAYLOAD_MAX);
	return error;
}

/* --- the answer --- */

static void audit_result(struct request *request, const struct node *node, const char *qualifier,
	const struct lambda_invocation *answer)
{
	const struct audit_invocation line = {.who = request->record.who,
		.function = node->function,
		.qualifier = qualifier,
		.executed_version = answer ? answer->executed_version : "",
		.function_error = answer ? answer->function_error : "",
		.status = answer ? answer->status : request->error.http_status,
		.outcome_unknown = !answer && request->error.outcome_unknown,
		.request_id = answer ? answer->request_id : request->error.request_id};

	audit_write_invocation(request->fs->audit, &line);
}

/* Runs the function: no lock is held. */
static int invoke_function(struct request *request, const struct node *node,
	const struct buffer *payload, struct lambda_invocation *ret_answer)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];
	const char *qualifier = node->in_version ? version : node->name;
	enum lambda_status status;

	lambda_version_format(node->version, version);
	request_caller(request); /* for the audit, while it is there to be read */
	status = lambda_invoke(request->fs->client, &request->scope, node->function, qualifier,
		buffer_text(payload), payload->length, ret_answer, &request->error);
	if (!status || request->error.outcome_unknown || request->error.http_status == 200)
		audit_result(request, node, qualifier, status ? NULL : ret_answer);
	return request_errno(status, ERRNO_INVOKE);
}

/*
 * An answer that was interrupted does not come any more, and nothing is sent again: a program that reads once more after
 * EINTR gets another errno.
 */
static void keep_failure(
	struct invocation *invocation, int error, const struct lambda_error *reason)
{
	invocation->error = error;
	invocation->reason = *reason;
	if (error != -EINTR)
		return;
	invocation->error = -ECANCELED;
	snprintf(invocation->reason.message, sizeof(invocation->reason.message),
		"the wait for this invocation was interrupted; the function may run on, and its "
		"answer is lost");
}

/* The mutex is held before and after, and not meanwhile. */
static int run_once(struct request *request, struct invocation *invocation, const struct node *node)
{
	struct lambda_invocation answer;
	int error;

	invocation->state = STATE_RUNNING;
	pthread_mutex_unlock(&invocation->mutex);
	error = invoke_function(request, node, &invocation->payload, &answer);
	pthread_mutex_lock(&invocation->mutex);
	invocation->state = error ? STATE_FAILED : STATE_ANSWERED;
	if (error)
		keep_failure(invocation, error, &request->error);
	else
		invocation->answer = answer;
	buffer_release_secret(&invocation->payload);
	pthread_cond_broadcast(&invocation->ended);
	return error;
}

/* Until there is an answer, or an error. The mutex is held. */
static int await_answer(
	struct request *request, struct invocation *invocation, const struct node *node)
{
	enum lambda_status status = LAMBDA_OK;

	if (invocation->state == STATE_WRITING && invocation->too_large)
		return request_refuse(
			request, EFBIG, "a part of the payload was refused: nothing was invoked");
	if (invocation->state == STATE_WRITING)
		return run_once(request, invocation, node);
	while (!status && invocation->state == STATE_RUNNING)
		status = call_scope_wait(&request->scope, &invocation->ended, &invocation->mutex,
			"another reader is still waiting for this invocation", &request->error);
	if (status)
		return request_errno(status, ERRNO_READ);
	if (invocation->state == STATE_FAILED)
		request->error = invocation->reason;
	return invocation->error;
}

int invocation_read(struct request *request, struct invocation *invocation, const struct node *node,
	char *bytes, size_t size, size_t *ret_length)
{
	size_t left;
	int error;

	request->scope.read_deadline_ms = clock_monotonic_ms() + LAMBDA_INVOKE_MS;
	atomic_store(&request->heeds_alarms, true); /* it may take long enough to need one */
	pthread_mutex_lock(&invocation->mutex);
	error = await_answer(request, invocation, node);
	if (!error) {
		left = invocation->answer.payload.length - invocation->position;
		*ret_length = size < left ? size : left;
		if (*ret_length)
			memcpy(bytes, invocation->answer.payload.data + invocation->position,
				*ret_length);
		invocation->position += *ret_length;
	}
	pthread_mutex_unlock(&invocation->mutex);
	return error;
}

static void describe_answer(
	const struct lambda_invocation *answer, struct aliasfs_invocation *description)
{
	description->status = (__u32)answer->status;
	snprintf(description->executed_version, sizeof(description->executed_version), "%s",
		answer->executed_version);
	snprintf(description->function_error, sizeof(description->function_error), "%s",
		answer->function_error);
	snprintf(
		description->request_id, sizeof(description->request_id), "%s", answer->request_id);
	description->log_length = (__u32)answer->log.length;
	if (answer->log.length)
		memcpy(description->log, answer->log.data, answer->log.length);
}

int invocation_describe(struct invocation *invocation, struct aliasfs_invocation *ret_description)
{
	int error = -ENODATA;

	memset(ret_description, 0, sizeof(*ret_description));
	pthread_mutex_lock(&invocation->mutex);
	if (invocation->state == STATE_ANSWERED) {
		describe_answer(&invocation->answer, ret_description);
		error = 0;
	}
	pthread_mutex_unlock(&invocation->mutex);
	return error;
}
