/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "fs/options.h"

#define ARGUMENTS_MAX 12

struct row {
	const char *arguments[ARGUMENTS_MAX];
	const char *message; /* NULL: accepted */
};

static int parse(const struct row *row, struct options *options, struct buffer *message)
{
	char *arguments[ARGUMENTS_MAX];
	int count, error, i;

	for (count = 0; count < ARGUMENTS_MAX && row->arguments[count]; count++)
		arguments[count] = strdup(row->arguments[count]);
	error = options_parse(count, arguments, options, message);
	for (i = 0; i < count; i++)
		free(arguments[i]);
	return error;
}

static void bad_command_lines_are_named(void **state)
{
	static const struct row rows[] = {
		{{NULL}, "SOURCE and MOUNTPOINT are needed"},
		{{"aws"}, "SOURCE and MOUNTPOINT are needed"},
		{{"aws", "m", "extra"}, "one argument too many: 'extra'"},
		{{"s3", "m"}, "SOURCE is 'aws', 'aws:REGION' or 'local:DIR', not 's3'"},
		{{"local:", "m"}, "SOURCE is 'aws', 'aws:REGION' or 'local:DIR', not 'local:'"},
		{{"aws", "m", "-o", "tll=3"}, "unknown option 'tll'; did you mean 'ttl'?"},
		{{"aws", "m", "--delete-graze=3"},
			"unknown option 'delete-graze'; did you mean 'delete_grace'?"},
		{{"aws", "m", "--quux"}, "unknown option 'quux'"},
		{{"aws", "m", "-q"}, "unknown option '-q'"},
		{{"aws", "m", "-o"}, "option '-o' needs a value"},
		{{"aws", "m", "-o", "ttl"}, "option 'ttl' needs a value"},
		{{"aws", "m", "-o", "profile="}, "option 'profile' needs a value"},
		{{"aws", "m", "-o", "ttl=-1"},
			"option 'ttl' takes a number from 0 to 86400, not '-1'"},
		{{"aws", "m", "-o", "ttl=5s"},
			"option 'ttl' takes a number from 0 to 86400, not '5s'"},
		{{"aws", "m", "-o", "strict_ln=maybe"},
			"option 'strict_ln' takes true or false, not 'maybe'"},
		{{"aws", "m", "-o", "nosuid=1"}, "option 'nosuid' takes no value"},
		{{"aws", "m", "-o", "default_permissions"},
			"option 'default_permissions' cannot be used: aliasfs decides itself who "
			"may do what, on "
			"every request"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(options_release) struct options options = OPTIONS_INIT;
		cleanup(buffer_release) struct buffer message = BUFFER_INIT(1000);

		assert_int_equal(parse(&rows[i], &options, &message), -EINVAL);
		assert_string_equal(buffer_text(&message), rows[i].message);
	}
}

static void every_spelling_says_the_same(void **state)
{
	static const struct row rows[] = {
		{{"aws", "m", "-o",
			 "ttl=2.5,region=eu-west-1,strict_ln,endpoint_url=http://h/a\\,b"},
			NULL},
		{{"--ttl=2.5", "--region=eu-west-1", "--strict-ln", "--endpoint-url=http://h/a,b",
			 "aws", "m"},
			NULL},
		{{"--ttl", "2.5", "aws:eu-west-1", "m", "--strict-ln=true", "--endpoint-url",
			 "http://h/a,b"},
			NULL},
		{{"aws:us-east-1", "m", "-ottl=2.5,_netdev,x-systemd.automount,nofail",
			 "--region=eu-west-1", "-ostrict_ln=yes,endpoint-url=http://h/a\\,b",
			 "-nv"},
			NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(options_release) struct options options = OPTIONS_INIT;
		cleanup(buffer_release) struct buffer message = BUFFER_INIT(1000);

		assert_int_equal(parse(&rows[i], &options, &message), 0);
		assert_int_equal(options.source, SOURCE_AWS);
		assert_string_equal(options.mountpoint, "m");
		assert_true(options.ttl == 2.5);
		assert_true(options.strict_ln);
		assert_string_equal(options.region, "eu-west-1");
		assert_string_equal(options.endpoint_url, "http://h/a,b");
		assert_string_equal(buffer_text(&options.fuse_options), "");
	}
}

static void what_libfuse_needs_is_handed_on(void **state)
{
	static const struct row row = {
		{"local:d", "m", "-f", "-o", "nosuid,fsname=a\\,b,allow_root"}, NULL};
	cleanup(options_release) struct options options = OPTIONS_INIT;
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(1000);

	(void)state;
	assert_int_equal(parse(&row, &options, &message), 0);
	assert_int_equal(options.source, SOURCE_LOCAL);
	assert_string_equal(options.local_directory, "d");
	assert_true(options.foreground);
	assert_string_equal(buffer_text(&options.fuse_options), "nosuid,fsname=a\\,b,allow_root");
}

static void help_names_every_option_that_takes_a_value(void **state)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(10000);

	(void)state;
	assert_int_equal(options_print_help(&text), 0);
	assert_non_null(strstr(buffer_text(&text), "--endpoint-url=URL"));
	assert_non_null(strstr(buffer_text(&text), "--ttl=SECONDS"));
	assert_null(strstr(buffer_text(&text), "default-permissions"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_command_lines_are_named),
		cmocka_unit_test(every_spelling_says_the_same),
		cmocka_unit_test(what_libfuse_needs_is_handed_on),
		cmocka_unit_test(help_names_every_option_that_takes_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
