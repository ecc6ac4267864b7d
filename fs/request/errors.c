/* SPDX-License-Identifier: MIT */
#include "fs/request/errors.h"

#include <errno.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"

struct journal {
	struct log *log;
	pthread_mutex_t mutex; /* protects what is below */
	char *lines[JOURNAL_LINES_MAX];
	size_t next; /* where the next line goes: the oldest one */
};

struct journal *journal_new(struct log *log)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return NULL;
	journal->log = log;
	pthread_mutex_init(&journal->mutex, NULL);
	return journal;
}

void journal_free(struct journal *journal)
{
	size_t i;

	if (!journal)
		return;
	for (i = 0; i < JOURNAL_LINES_MAX; i++)
		free(journal->lines[i]);
	pthread_mutex_destroy(&journal->mutex);
	free(journal);
}

/* Names come from callers and messages from servers: one line stays one line. */
static void make_one_line(char *line)
{
	size_t length = strlen(line), i, step, used = 0;
	bool shown;

	for (i = 0; i < length; i += step) {
		step = text_next_character(line + i, length - i, &shown);
		if (shown)
			memmove(line + used, line + i, step);
		else
			line[used] = '?';
		used += shown ? step : 1;
	}
	line[used] = '\0';
}

static int append_details(struct buffer *line, const struct lambda_error *error)
{
	int failed = 0;

	if (error->message[0])
		failed |= buffer_appendf(line, ": %s", error->message);
	if (error->operation[0] || error->http_status || error->code[0])
		failed |= buffer_appendf(line, " [%s%s%.0d%s%s]", error->operation,
			error->http_status ? " " : "", error->http_status,
			error->code[0] ? " " : "", error->code);
	if (error->request_id[0])
		failed |= buffer_appendf(line, " request %s", error->request_id);
	if (error->outcome_unknown)
		failed |= buffer_append_string(line, " (it may or may not have happened)");
	if (error->hint[0])
		failed |= buffer_appendf(line, " - %s", error->hint);
	return failed;
}

static void keep(struct journal *journal, const char *text)
{
	char time[TEXT_TIME_SIZE];
	char *line = NULL;

	text_format_time(clock_wall_ms(), time);
	if (asprintf(&line, "%s %s\n", time, text) < 0)
		return;
	pthread_mutex_lock(&journal->mutex);
	free(journal->lines[journal->next]);
	journal->lines[journal->next] = line;
	journal->next = (journal->next + 1) % JOURNAL_LINES_MAX;
	pthread_mutex_unlock(&journal->mutex);
}

/* A line that did not fit is cut, not dropped: what was appended before stands. */
static void publish(struct journal *journal, struct buffer *line)
{
	if (line->data)
		make_one_line(line->data);
	log_write(journal->log, LOG_LEVEL_WARNING, "%s", buffer_text(line));
	keep(journal, buffer_text(line));
}

void journal_failure(struct journal *journal, const struct caller *caller, const char *operation,
	const char *path, int error_number, const struct lambda_error *error)
{
	cleanup(buffer_release) struct buffer line = BUFFER_INIT(LOG_LINE_MAX);
	int failed;

	failed = buffer_appendf(&line, "%s %s by %s (pid %d, uid %u): %s", operation,
		path ? path : "?", caller && caller->program[0] ? caller->program : "?",
		caller ? (int)caller->process : 0, caller ? (unsigned int)caller->uid : 0,
		strerrordesc_np(error_number));
	if (!failed)
		failed = append_details(&line, error);
	(void)failed;
	publish(journal, &line);
}

void journal_background_failure(struct journal *journal, const char *operation, const char *where,
	int error_number, const struct lambda_error *error)
{
	cleanup(buffer_release) struct buffer line = BUFFER_INIT(LOG_LINE_MAX);
	int failed;

	failed = buffer_appendf(
		&line, "%s %s by aliasfs: %s", operation, where, strerrordesc_np(error_number));
	if (!failed)
		failed = append_details(&line, error);
	(void)failed;
	publish(journal, &line);
}

int journal_read(struct journal *journal, struct buffer *out)
{
	int error = 0;
	size_t i;

	pthread_mutex_lock(&journal->mutex);
	for (i = 0; i < JOURNAL_LINES_MAX && !error; i++) {
		const char *line = journal->lines[(journal->next + i) % JOURNAL_LINES_MAX];

		if (line)
			error = buffer_append_string(out, line);
	}
	pthread_mutex_unlock(&journal->mutex);
	return error == -EFBIG ? 0 : error;
}
