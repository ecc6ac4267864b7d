/* SPDX-License-Identifier: MIT */
#include "fs/request/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "backend/base/clock.h"
#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/lambda/model.h"

#define LINE_MAX_BYTES 8192
#define WHAT_SIZE 512 /* bytes of an operation with what it was about; a longer text is cut */

struct audit {
	struct log *log;
	int file; /* -1: none */
	char *path;
	pthread_mutex_t mutex; /* protects what is below, and the order of lines in the file */
	char *lines[AUDIT_LINES_MAX];
	size_t next; /* where the next line goes: the oldest one */
	bool cut;    /* the file ends in the middle of a line of ours */
};

static int write_complaint(struct buffer *message, int error, const char *path, const char *what)
{
	if (buffer_appendf(message, "the audit file '%s' %s", path, what))
		return -ENOMEM;
	return -error;
}

static int open_file(const char *path, int *ret_file, struct buffer *message)
{
	cleanup(close_descriptor) int file = open(path,
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		0600);
	struct stat status;

	if (file < 0 || fstat(file, &status))
		return write_complaint(message, errno, path,
			errno == ELOOP ? "is a symbolic link" : strerrordesc_np(errno));
	if (!S_ISREG(status.st_mode))
		return write_complaint(message, EINVAL, path, "is no plain file");
	if (status.st_nlink > 1)
		return write_complaint(message, EINVAL, path,
			"has other names (hard links): name a file of its own");
	if (status.st_mode & 022)
		return write_complaint(
			message, EPERM, path, "may be written by others: chmod 600 it");
	*ret_file = file;
	file = -1;
	return 0;
}

int audit_new(const char *path, struct log *log, struct audit **ret_audit, struct buffer *message)
{
	cleanup(free_pointer) struct audit *audit = calloc(1, sizeof(*audit));
	int error;

	if (!audit)
		return -ENOMEM;
	audit->log = log;
	audit->file = -1;
	if (path) {
		error = open_file(path, &audit->file, message);
		if (error)
			return error;
		audit->path = strdup(path);
	}
	pthread_mutex_init(&audit->mutex, NULL);
	*ret_audit = take_pointer(audit);
	return 0;
}

void audit_free(struct audit *audit)
{
	size_t i;

	if (!audit)
		return;
	for (i = 0; i < AUDIT_LINES_MAX; i++)
		free(audit->lines[i]);
	if (audit->file >= 0)
		close(audit->file);
	free(audit->path);
	pthread_mutex_destroy(&audit->mutex);
	free(audit);
}

/* --- the line --- */

static int set_asker(struct json *line, const struct caller_identity *asker)
{
	int error = json_set_number(line, "uid", asker->uid);

	if (!error)
		error = json_set_number(line, "pid", asker->process);
	return error ? error : json_set_string(line, "command", asker->program);
}

/* {"version": "2", "weights": {"3": 0.1}} */
static int set_route(
	struct json *line, const char *name, const struct catalog_routing_config *route)
{
	cleanup(json_free_pointer) struct json *object = json_new_object();
	int error = object ? lambda_set_version(object, "version", route->version) : -ENOMEM;

	if (!error && route->weighted_version)
		error = lambda_set_weights(
			object, "weights", route->weighted_version, route->weight);
	return error ? error : json_set(line, name, take_pointer(object));
}

static int set_what(struct json *line, const void *data)
{
	const struct catalog_write *write = data;
	int error = json_set_string(line, "operation", write->operation);

	if (!error)
		error = json_set_string(line, "function", write->function);
	if (!error && write->alias)
		error = json_set_string(line, "alias", write->alias);
	if (!error && !write->alias && write->version)
		error = lambda_set_version(line, "version", write->version);
	if (!error && write->has_before)
		error = set_route(line, "from", &write->before);
	if (!error && write->has_after)
		error = set_route(line, "to", &write->after);
	if (!error && write->document)
		error = json_set_string(line, "document", write->document);
	if (!error && write->sha256_before)
		error = json_set_string(line, "sha256_before", write->sha256_before);
	if (!error && write->sha256_after)
		error = json_set_string(line, "sha256_after", write->sha256_after);
	if (!error && write->description && *write->description)
		error = json_set_string(line, "description", write->description);
	if (!error)
		error = json_set_string(line, "outcome", write->outcome_unknown ? "unknown" : "ok");
	return error ? error : json_set_string(line, "request_id", write->request_id);
}

static int set_invocation(struct json *line, const void *data)
{
	const struct audit_invocation *invocation = data;
	int error = json_set_string(line, "operation", "Invoke");

	if (!error)
		error = json_set_string(line, "function", invocation->function);
	if (!error)
		error = json_set_string(line, "qualifier", invocation->qualifier);
	if (!error && *invocation->executed_version)
		error = json_set_string(line, "executed_version", invocation->executed_version);
	if (!error && *invocation->function_error)
		error = json_set_string(line, "function_error", invocation->function_error);
	if (!error && invocation->status)
		error = json_set_number(line, "status", invocation->status);
	if (!error)
		error = json_set_string(
			line, "outcome", invocation->outcome_unknown ? "unknown" : "ok");
	return error ? error : json_set_string(line, "request_id", invocation->request_id);
}

/* A new line with when and, unless `who` is NULL, who; the caller frees it. NULL when out of memory. */
static struct json *begin_line(const struct caller_identity *who)
{
	cleanup(json_free_pointer) struct json *line = json_new_object();
	char time[TEXT_TIME_SIZE];

	text_format_time(clock_wall_ms(), time);
	if (!line || json_set_string(line, "time", time) || (who && set_asker(line, who)))
		return NULL;
	return take_pointer(line);
}

/*
 * One writev(2): lines of several mounts into one file do not mix. A full disk may take the half of a line;
 * the next one does not continue it. The mutex is held.
 */
static void append_line(struct audit *audit, const struct buffer *line, const char *what)
{
	char end_of_line[] = "\n";
	const struct iovec parts[] = {{end_of_line, audit->cut}, {line->data, line->length}};
	ssize_t length;

	do
		length = writev(audit->file, parts, array_count(parts));
	while (length < 0 && errno == EINTR);
	if (length == (ssize_t)(line->length + audit->cut)) {
		audit->cut = false;
		return;
	}
	log_write(audit->log, LOG_LEVEL_ERROR, "the audit file '%s' lacks the %s: %s", audit->path,
		what, length < 0 ? strerrordesc_np(errno) : "it took only a part of the line");
	if (length > 0)
		audit->cut = (size_t)length > audit->cut;
}

/* Writes a line that `describe` fills from `data`; `what` names it where that fails. */
static void write_line(struct audit *audit, const struct caller_identity *who,
	int (*describe)(struct json *line, const void *data), const void *data, const char *what)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(LINE_MAX_BYTES);
	cleanup(json_free_pointer) struct json *line = NULL;

	pthread_mutex_lock(&audit->mutex);
	line = begin_line(who);
	if (!line || describe(line, data) || json_print(line, &text) ||
		buffer_append_byte(&text, '\n')) {
		log_write(audit->log, LOG_LEVEL_ERROR, "a line for the audit was lost: %s", what);
	} else {
		if (audit->file >= 0)
			append_line(audit, &text, what);
		free(audit->lines[audit->next]);
		audit->lines[audit->next] = buffer_detach(&text, NULL);
		audit->next = (audit->next + 1) % AUDIT_LINES_MAX;
	}
	pthread_mutex_unlock(&audit->mutex);
}

void audit_write(struct audit *audit, const struct catalog_write *write)
{
	char what[WHAT_SIZE];

	snprintf(what, sizeof(what), "%s of %s%s%s", write->operation, write->function,
		write->alias ? "/" : "", write->alias ? write->alias : "");
	write_line(audit, write->who, set_what, write, what);
}

void audit_write_invocation(struct audit *audit, const struct audit_invocation *invocation)
{
	char what[WHAT_SIZE];

	snprintf(
		what, sizeof(what), "Invoke of %s/%s", invocation->function, invocation->qualifier);
	write_line(audit, invocation->who, set_invocation, invocation, what);
}

int audit_read(struct audit *audit, struct buffer *out)
{
	int error = 0;
	size_t i;

	pthread_mutex_lock(&audit->mutex);
	for (i = 0; i < AUDIT_LINES_MAX && !error; i++) {
		const char *line = audit->lines[(audit->next + i) % AUDIT_LINES_MAX];

		if (line)
			error = buffer_append_string(out, line);
	}
	pthread_mutex_unlock(&audit->mutex);
	return error == -EFBIG ? 0 : error;
}
