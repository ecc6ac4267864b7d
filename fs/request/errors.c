/* SPDX-License-Identifier: MIT */
#include "fs/request/errors.h"

#include <errno.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "fs/request/permission.h"

struct error_log {
	struct log *log;
	pthread_mutex_t mutex; /* protects what is below */
	char *lines[ERROR_LOG_LINES_MAX];
	size_t next; /* where the next line goes: the oldest one */
};

struct error_log *error_log_new(struct log *log)
{
	struct error_log *errors = calloc(1, sizeof(*errors));

	if (!errors)
		return NULL;
	errors->log = log;
	pthread_mutex_init(&errors->mutex, NULL);
	return errors;
}

void error_log_free(struct error_log *errors)
{
	size_t i;

	if (!errors)
		return;
	for (i = 0; i < ERROR_LOG_LINES_MAX; i++)
		free(errors->lines[i]);
	pthread_mutex_destroy(&errors->mutex);
	free(errors);
}

static int append_details(struct buffer *line, const struct lambda_error *error)
{
	int failed = 0;

	if (error->message[0])
		failed |= buffer_appendf(line, ": %s", error->message);
	if (error->operation[0] || error->http_status || error->code[0])
		failed |= buffer_appendf(line, " [%s%s%.0d%s%s]", error->operation,
			error->operation[0] && error->http_status ? " " : "", error->http_status,
			error->code[0] && (error->operation[0] || error->http_status) ? " " : "",
			error->code);
	if (error->request_id[0])
		failed |= buffer_appendf(line, " request %s", error->request_id);
	if (error->outcome_unknown)
		failed |= buffer_append_string(line, " (it may or may not have happened)");
	if (error->hint[0])
		failed |= buffer_appendf(line, " - %s", error->hint);
	failed |= permission_append_advice(line, error);
	return failed;
}

static void keep_line(struct error_log *errors, const char *text)
{
	char time[TEXT_TIME_SIZE];
	char *line = NULL;

	text_format_time(clock_wall_ms(), time);
	if (asprintf(&line, "%s %s\n", time, text) < 0)
		return;
	pthread_mutex_lock(&errors->mutex);
	free(errors->lines[errors->next]);
	errors->lines[errors->next] = line;
	errors->next = (errors->next + 1) % ERROR_LOG_LINES_MAX;
	pthread_mutex_unlock(&errors->mutex);
}

/*
 * Adds what went wrong to the line, and publishes it. Names come from callers and messages from servers: one line stays
 * one line. One that did not fit is cut, not dropped: what was appended before stands.
 */
static void publish_line(struct error_log *errors, struct buffer *line, int error_number,
	const struct lambda_error *error)
{
	cleanup(buffer_release) struct buffer shown = BUFFER_INIT(LOG_LINE_MAX);
	int failed = buffer_appendf(line, ": %s", strerrordesc_np(error_number));

	if (!failed)
		failed = append_details(line, error);
	failed = text_append_shown(&shown, buffer_text(line));
	(void)failed;
	log_write(errors->log, LOG_LEVEL_WARNING, "%s", buffer_text(&shown));
	keep_line(errors, buffer_text(&shown));
}

void error_log_note(struct error_log *errors, const struct caller *caller, const char *operation,
	const char *path, int error_number, const struct lambda_error *error)
{
	cleanup(buffer_release) struct buffer line = BUFFER_INIT(LOG_LINE_MAX);

	if (!buffer_appendf(&line, "%s %s by %s (pid %d, uid %u)", operation, path ? path : "?",
		    caller->program[0] ? caller->program : "?", (int)caller->process,
		    (unsigned int)caller->uid))
		publish_line(errors, &line, error_number, error);
}

void error_log_note_background(struct error_log *errors, const char *operation, const char *where,
	int error_number, const struct lambda_error *error)
{
	cleanup(buffer_release) struct buffer line = BUFFER_INIT(LOG_LINE_MAX);

	if (!buffer_appendf(&line, "%s %s by aliasfs", operation, where))
		publish_line(errors, &line, error_number, error);
}

int error_log_read(struct error_log *errors, struct buffer *out)
{
	int error = 0;
	size_t i;

	pthread_mutex_lock(&errors->mutex);
	for (i = 0; i < ERROR_LOG_LINES_MAX && !error; i++) {
		const char *line = errors->lines[(errors->next + i) % ERROR_LOG_LINES_MAX];

		if (line)
			error = buffer_append_string(out, line);
	}
	pthread_mutex_unlock(&errors->mutex);
	return error == -EFBIG ? 0 : error;
}
