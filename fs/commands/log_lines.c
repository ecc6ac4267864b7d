/* SPDX-License-Identifier: MIT */
/* The text of a .history, and the moment of --since. Pure. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/lambda/types.h"
#include "fs/commands/log.h"
#include "fs/rules/weight.h"

void alias_log_release(struct alias_log *log)
{
	free(log->function);
	free(log->alias);
	free(log->text);
	free(log->moves);
	free(log->notes);
	memset(log, 0, sizeof(*log));
}

static const char *const whats[] = {
	"created", "moved", "described", "unchanged", "deleted", "permission", "failed", NULL};

static bool is_version(const char *text)
{
	uint64_t version;

	return !lambda_version_parse(text, &version);
}

/* "3", "3,10%4", "-", "?". */
static bool is_route(const char *text)
{
	char copy[2 * LAMBDA_VERSION_TEXT_SIZE + WEIGHT_TEXT_SIZE], *weight = copy, *other;
	const char *version;
	double share;

	if (!strcmp(text, "-") || !strcmp(text, "?"))
		return true;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return false;
	version = strsep(&weight, ",");
	if (!weight)
		return is_version(version);
	other = strchr(weight, '%');
	if (!other)
		return false;
	*other++ = '\0';
	return is_version(version) && (!strcmp(weight, "?") || !weight_parse(weight, &share)) &&
	       is_version(other);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

/* Cuts a line into its fields. */
static int read_move(char *line, struct alias_log_move *move)
{
	size_t i;

	for (i = 0; i < ALIAS_LOG_FIELD_COUNT; i++) {
		move->fields[i] = strsep(&line, "\t");
		if (!move->fields[i] || !*move->fields[i] || has_control(move->fields[i]))
			return -EINVAL;
	}
	if (line || !text_is_one_of(move->fields[ALIAS_LOG_WHAT], whats) ||
		!is_route(move->fields[ALIAS_LOG_FROM]) || !is_route(move->fields[ALIAS_LOG_TO]))
		return -EINVAL;
	return text_parse_time(move->fields[ALIAS_LOG_TIME], &move->time_s);
}

static int read_line(struct alias_log *log, char *line)
{
	int error;

	if (*line == '#') {
		if (has_control(line))
			return -EINVAL;
		log->leading_notes += !log->count;
		log->notes[log->note_count++] = line + 1 + (line[1] == ' ');
		return 0;
	}
	error = read_move(line, &log->moves[log->count]);
	log->count += !error;
	return error;
}

int alias_log_read(struct alias_log *log, const char *text, size_t length, size_t *ret_line)
{
	size_t lines = 0, i;
	char *rest, *line;
	int error = 0;

	for (i = 0; i < length; i++)
		lines += text[i] == '\n';
	*ret_line = lines + 1;
	if ((length && text[length - 1] != '\n') || memchr(text, '\0', length) ||
		!text_is_utf8(text, length))
		return -EINVAL;
	log->text = strndup(text, length);
	log->moves = calloc(lines + 1, sizeof(*log->moves));
	log->notes = calloc(lines + 1, sizeof(*log->notes));
	if (!log->text || !log->moves || !log->notes)
		return -ENOMEM;
	rest = log->text;
	for (i = 0; i < lines && !error; i++) {
		line = strsep(&rest, "\n");
		*ret_line = i + 1;
		error = read_line(log, line);
	}
	return error;
}

const struct alias_log_move *alias_log_last_move(const struct alias_log *log)
{
	size_t i;

	for (i = 0; i < log->count; i++)
		if (!strcmp(log->moves[i].fields[ALIAS_LOG_WHAT], "moved") ||
			!strcmp(log->moves[i].fields[ALIAS_LOG_WHAT], "created"))
			return &log->moves[i];
	return NULL;
}

/* --- --since --- */

#define UNITS_MAX 1000000000 /* more of any unit is before the epoch anyway */

/* "2h": 0 or -EINVAL. */
static int read_age(const char *text, int64_t now_s, int64_t *ret_since_s)
{
	static const struct {
		char unit;
		int64_t seconds;
	} rows[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	size_t length = strlen(text), i;
	uint64_t count;

	if (length < 2 || number_parse_u64_bytes(text, length - 1, UNITS_MAX, &count))
		return -EINVAL;
	for (i = 0; i < array_count(rows); i++)
		if (text[length - 1] == rows[i].unit) {
			int64_t age_s = (int64_t)count * rows[i].seconds;

			*ret_since_s = age_s < now_s ? now_s - age_s : 0;
			return 0;
		}
	return -EINVAL;
}

/* A date, and what follows of a time. 0 or -EINVAL. */
static int read_moment(const char *text, int64_t *ret_since_s)
{
	char whole[] = "0000-00-00T00:00:00";
	size_t length = strlen(text), i;
	bool is_utc = length && text[length - 1] == 'Z';
	struct tm moment = {0};
	const char *end;
	time_t seconds;
	int day;

	length -= is_utc;
	if (length != 10 && length != 16 && length != 19)
		return -EINVAL;
	for (i = 0; i < length; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (whole[i] == '0' ? !is_digit
				    : text[i] != whole[i] && !(i == 10 && text[i] == ' '))
			return -EINVAL;
		if (is_digit)
			whole[i] = text[i];
	}
	end = strptime(whole, "%Y-%m-%dT%H:%M:%S", &moment);
	if (!end || *end)
		return -EINVAL;
	day = moment.tm_mday;
	moment.tm_isdst = -1;
	seconds = is_utc ? timegm(&moment) : mktime(&moment);
	/* There is no 30th of February. */
	if (seconds < 0 || moment.tm_mday != day)
		return -EINVAL;
	*ret_since_s = seconds;
	return 0;
}

int alias_log_read_since(const char *text, int64_t now_s, int64_t *ret_since_s)
{
	return read_age(text, now_s, ret_since_s) ? read_moment(text, ret_since_s) : 0;
}
