/* SPDX-License-Identifier: MIT */
/* `aliasfs log`: what is read, merged and printed; what --since takes. semantics(8.1.2, 8.3.1) */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "fs/commands/log.h"

#define MOVED                                                                                      \
	"2026-11-27T03:00:12Z\tmoved\t3\t2\tarn:aws:iam::1:user/ops/alice\taws-cli/2.15 "          \
	"x\tr-1\t-\n"
#define CANARY                                                                                     \
	"2026-11-27T02:00:00.000+0000\tmoved\t2\t2,10%3\tarn:aws:sts::1:assumed-role/R/"           \
	"bob\t-\t-\tby "                                                                           \
	"this mount\n"
#define CREATED "2026-11-26T02:00:00Z\tcreated\t-\t2\tarn:aws:iam::1:root\tBoto3/1\tr-0\t-\n"

/* Reads a text into a log of hello/NAME. */
static int read_log(struct alias_log *log, const char *name, const char *text, size_t *ret_line)
{
	memset(log, 0, sizeof(*log));
	log->function = strdup("hello");
	log->alias = strdup(name);
	return alias_log_read(log, text, strlen(text), ret_line);
}

static void a_history_is_moves_and_notes(void **state)
{
	cleanup(alias_log_release) struct alias_log log;
	size_t line;

	(void)state;
	assert_int_equal(read_log(&log, "PROD",
				 "# not proven\n" MOVED "#between\n" CREATED "# the end\n", &line),
		0);
	assert_int_equal(log.count, 2);
	assert_int_equal(log.moves[0].time_s, 1795748412);
	assert_string_equal(log.moves[0].fields[ALIAS_LOG_WHO], "arn:aws:iam::1:user/ops/alice");
	assert_string_equal(log.moves[1].fields[ALIAS_LOG_FROM], "-");
	assert_int_equal(log.note_count, 3);
	assert_int_equal(log.leading_notes, 1);
	assert_string_equal(log.notes[0], "not proven");
	assert_string_equal(log.notes[1], "between");
	assert_ptr_equal(alias_log_last_move(&log), &log.moves[0]);
}

static void the_last_move_is_none_that_changed_nothing(void **state)
{
	static const char text[] = "2026-11-27T03:00:12Z\tfailed\t-\t-\tx\ty\tr\terror A: b\n"
				   "2026-11-27T03:00:11Z\tdescribed\t2\t2\tx\ty\tr\t-\n";
	cleanup(alias_log_release) struct alias_log log;
	cleanup(alias_log_release) struct alias_log nothing;
	size_t line;

	(void)state;
	assert_int_equal(read_log(&log, "PROD", text, &line), 0);
	assert_null(alias_log_last_move(&log));
	assert_int_equal(read_log(&nothing, "PROD", "", &line), 0);
	assert_null(alias_log_last_move(&nothing));
}

static void what_is_no_history_is_refused(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} rows[] = {
		{MOVED "2026-11-27T03:00:12Z\tmoved\t3\t2\tx\ty\tz\n", 2},
		{"2026-11-27T03:00:12Z\tmoved\t3\t2\tx\ty\tz\tn\tmore\n", 1},
		{"2026-11-27T03:00:12Z\tmoved\t3\t2\t\ty\tz\t-\n", 1},
		{"2026-11-27\tmoved\t3\t2\tx\ty\tz\t-\n", 1},
		{"2026-11-27T03:00:12Z\tstolen\t3\t2\tx\ty\tz\t-\n", 1},
		{"2026-11-27T03:00:12Z\tmoved\t03\t2\tx\ty\tz\t-\n", 1},
		{"2026-11-27T03:00:12Z\tmoved\t3\t2,10\tx\ty\tz\t-\n", 1},
		{"2026-11-27T03:00:12Z\tmoved\t3\t2,10.0%4\tx\ty\tz\t-\n", 1},
		{"2026-11-27T03:00:12Z\tmoved\t3\t2,10%\tx\ty\tz\t-\n", 1},
		{"2026-11-27T03:00:12Z\tmoved\t3\t2\tx\033[0m\ty\tz\t-\n", 1},
		{"# \033[0m\n", 1},
		{"\n", 1},
		{CREATED "# cut", 2},
		{"# \xff\n", 2},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(alias_log_release) struct alias_log log;
		size_t line = 0;

		assert_int_equal(read_log(&log, "PROD", rows[i].text, &line), -EINVAL);
		assert_int_equal(line, rows[i].line);
	}
}

static void several_are_one_table_newest_first(void **state)
{
	struct alias_log logs[2];
	struct alias_log_rows rows;
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(4096);
	size_t line;

	(void)state;
	assert_int_equal(read_log(&logs[0], "PROD", MOVED CREATED, &line), 0);
	assert_int_equal(read_log(&logs[1], "BETA", CANARY, &line), 0);
	assert_int_equal(alias_log_merge(logs, 2, 0, &rows), 0);
	assert_int_equal(alias_log_print_table(&rows, true, false, &out), 0);
	assert_string_equal(buffer_text(&out),
		"TIME                 ALIAS       WHAT     FROM -> TO   WHO    WITH          "
		"REQUEST  NOTE\n"
		"2026-11-27 03:00:12  hello/PROD  moved    3 -> 2       alice  aws-cli/2.15  r-1\n"
		"2026-11-27 02:00:00  hello/BETA  moved    2 -> 2,10%3  bob    -             -     "
		"   by this "
		"mount\n"
		"2026-11-26 02:00:00  hello/PROD  created  - -> 2       root   Boto3/1       "
		"r-0\n");
	free(rows.items);
	buffer_reset(&out);
	assert_int_equal(alias_log_merge(logs, 1, 1795748412, &rows), 0);
	assert_int_equal(alias_log_print_table(&rows, false, true, &out), 0);
	assert_string_equal(buffer_text(&out),
		"\033[1mTIME                 WHAT   FROM -> TO  WHO    WITH          REQUEST  "
		"NOTE\033[0m\n"
		"2026-11-27 03:00:12  moved  3 -> 2      alice  aws-cli/2.15  r-1\n");
	free(rows.items);
	alias_log_release(&logs[0]);
	alias_log_release(&logs[1]);
}

/* Two at the same second, and one whose clock was off: each alias keeps its own order. */
static void an_alias_keeps_its_order(void **state)
{
	static const char first[] = "2026-11-27T03:00:12Z\tmoved\t3\t2\ta\tb\tA1\t-\n"
				    "2026-11-27T03:00:14Z\tmoved\t2\t3\ta\tb\tA2\t-\n";
	static const char second[] = "2026-11-27T03:00:13Z\tmoved\t3\t2\ta\tb\tB1\t-\n"
				     "2026-11-27T03:00:12Z\tmoved\t2\t3\ta\tb\tB2\t-\n";
	static const char *const wanted[] = {"B1", "A1", "A2", "B2"};
	struct alias_log logs[2];
	struct alias_log_rows rows;
	size_t line, i;

	(void)state;
	assert_int_equal(read_log(&logs[0], "PROD", first, &line), 0);
	assert_int_equal(read_log(&logs[1], "BETA", second, &line), 0);
	assert_int_equal(alias_log_merge(logs, 2, 0, &rows), 0);
	assert_int_equal(rows.count, array_count(wanted));
	for (i = 0; i < rows.count; i++)
		assert_string_equal(rows.items[i].move->fields[ALIAS_LOG_REQUEST], wanted[i]);
	free(rows.items);
	alias_log_release(&logs[0]);
	alias_log_release(&logs[1]);
}

static void json_has_null_for_nothing(void **state)
{
	cleanup(alias_log_release) struct alias_log log;
	struct alias_log_rows rows;
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(4096);
	size_t line;

	(void)state;
	assert_int_equal(
		read_log(&log, "PROD",
			"2026-11-26T02:00:00.000+0000\tdeleted\t?\t-\twho\t-\t-\t-\n", &line),
		0);
	assert_int_equal(alias_log_merge(&log, 1, 0, &rows), 0);
	assert_int_equal(alias_log_print_json(&rows, &out), 0);
	assert_string_equal(buffer_text(&out),
		"[{\"time\":\"2026-11-26T02:00:00Z\",\"function\":\"hello\",\"alias\":\"PROD\","
		"\"what\":\"deleted\",\"from\":\"?\",\"to\":null,\"who\":\"who\",\"with\":null,"
		"\"request_id\":null,\"note\":null}]\n");
	free(rows.items);
}

static void since_is_an_age_or_a_moment(void **state)
{
	static const int64_t now_s = 1795748412; /* 2026-11-27T03:00:12Z */
	static const struct {
		const char *text;
		int64_t since_s; /* -1: refused */
	} rows[] = {
		{"90s", 1795748412 - 90},
		{"30m", 1795748412 - 1800},
		{"2h", 1795748412 - 7200},
		{"3d", 1795748412 - 3 * 86400},
		{"1w", 1795748412 - 7 * 86400},
		{"0s", 1795748412},
		{"1000000000w", 0},
		{"2026-11-27", 1795737600},
		{"2026-11-27Z", 1795737600},
		{"2026-11-27T03:00", 1795748400},
		{"2026-11-27 03:00", 1795748400},
		{"2026-11-27T03:00:12", 1795748412},
		{"2026-11-27T03:00:12Z", 1795748412},
		{"2028-02-29", 1835395200},
		{"", -1},
		{"h", -1},
		{"2", -1},
		{"2y", -1},
		{"-2h", -1},
		{" 2h", -1},
		{"2 h", -1},
		{"1.5h", -1},
		{"2h ", -1},
		{"99999999999999999999h", -1},
		{"2026-11-31", -1},
		{"2026-02-30", -1},
		{"2026-13-01", -1},
		{"2026-11-27T25:00", -1},
		{"2026-11-27T03", -1},
		{"2026-11-27T03:0x", -1},
		{"2026-11-27T03:00:12+01:00", -1},
		{"2026 11-27", -1},
		{"Z", -1},
		{"yesterday", -1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		int64_t since_s = -1;

		assert_int_equal(alias_log_read_since(rows[i].text, now_s, &since_s),
			rows[i].since_s < 0 ? -EINVAL : 0);
		assert_int_equal(since_s, rows[i].since_s);
	}
}

static void an_age_is_said_roughly(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{-5, "less than a minute ago"},
		{59, "less than a minute ago"},
		{60, "1 minute ago"},
		{3599, "59 minutes ago"},
		{3600, "1 hour ago"},
		{2 * 86400, "2 days ago"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(buffer_release) struct buffer out = BUFFER_INIT(100);

		assert_int_equal(alias_log_append_age(rows[i].seconds, &out), 0);
		assert_string_equal(buffer_text(&out), rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_history_is_moves_and_notes),
		cmocka_unit_test(the_last_move_is_none_that_changed_nothing),
		cmocka_unit_test(what_is_no_history_is_refused),
		cmocka_unit_test(several_are_one_table_newest_first),
		cmocka_unit_test(an_alias_keeps_its_order),
		cmocka_unit_test(json_has_null_for_nothing),
		cmocka_unit_test(since_is_an_age_or_a_moment),
		cmocka_unit_test(an_age_is_said_roughly),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
