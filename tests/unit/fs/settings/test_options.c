/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/documents/kind.h"
#include "fs/settings/options.h"

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
		{{"ls"}, "ls needs a MOUNTPOINT or a SOURCE"},
		{{"diff", "m/f/1"}, "diff needs two versions, as in mnt/hello/6 mnt/hello/7"},
		{{"diff", "m/f/1", "m/f/2", "m/f/3"}, "one argument too many: 'm/f/3'"},
		{{"log"}, "log needs an alias or a function, as in mnt/hello/PROD, or SOURCE "
			  "FUNCTION"},
		{{"log", "aws"}, "log of a SOURCE needs a function, as in log aws hello"},
		{{"log", "m/f/PROD", "--yes"}, "option 'yes' goes with rollback"},
		{{"log", "m/f/PROD", "--since"}, "option 'since' needs a value"},
		{{"ls", "m", "--since=2h"}, "option 'since' goes with log"},
		{{"aws", "m", "--to=2"}, "option 'to' goes with rollback"},
		{{"aws", "m", "--json"}, "option 'json' goes with ls or log"},
		{{"rollback", "m/f/PROD", "--json"}, "option 'json' goes with ls or log"},
		{{"rollback"}, "rollback needs an alias, as in mnt/hello/PROD"},
		{{"rollback", "aws", "f", "PROD"},
			"rollback needs an alias in a mount, as in mnt/hello/PROD, not a SOURCE"},
		{{"invoke"}, "invoke needs an alias or a version, as in mnt/hello/PROD"},
		{{"invoke", "m/f/PROD", "m/f/BETA"}, "one argument too many: 'm/f/BETA'"},
		{{"invoke", "m/f/PROD", "--json"}, "option 'json' goes with ls or log"},
		{{"aws", "m", "--tail"}, "option 'tail' goes with invoke"},
		{{"diff", "m/f/1", "m/f/2", "--payload=x"}, "option 'payload' goes with invoke"},
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
		{{"aws", "m", "-o", "uid=-1"}, "option 'uid' takes a number, not '-1'"},
		{{"aws", "m", "-o", "gid=4294967295"},
			"option 'gid' takes a number, not '4294967295'"},
		{{"aws", "m", "-o", "umask=08"},
			"option 'umask' takes octal digits up to 0777, not '08'"},
		{{"aws", "m", "-o", "umask=1000"},
			"option 'umask' takes octal digits up to 0777, not '1000'"},
		{{"aws", "m", "-o", "documents=tags:nosuch"},
			"option 'documents' takes some of "
			"code-signing:event-invoke:event-sources:policy:provisioned-concurrency:"
			"recursion:reserved-concurrency:runtime-management:tags:url, not "
			"'tags:nosuch'"},
		{{"aws", "m", "-o", "documents=description"},
			"option 'documents' takes some of "
			"code-signing:event-invoke:event-sources:policy:provisioned-concurrency:"
			"recursion:reserved-concurrency:runtime-management:tags:url, not "
			"'description'"},
		{{"aws", "m", "-o", "env=none"}, "option 'env' takes plain|redact, not 'none'"},
		{{"aws", "m", "-o", "env=plain|redact"},
			"option 'env' takes plain|redact, not 'plain|redact'"},
		{{"aws", "m", "-o", "log_level=inf"},
			"option 'log_level' takes error|warning|info|debug, not 'inf'"},
		{{"aws", "m", "-o", "allow_oter"},
			"unknown option 'allow_oter'; did you mean 'allow_other'?"},
		{{"aws", "m", "-o", "secret_access_key=wJalr"},
			"option 'secret_access_key' cannot be used: keys are not taken from the "
			"command line, where "
			"every user sees them; use a profile"},
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

/* semantics(3.0.3): a glob that cannot match protects nothing, so the mount does not start. */
static void a_glob_that_is_too_long_is_refused(void **state)
{
	static const struct {
		const char *name;
		int first, second; /* bytes of two globs */
		const char *message;
	} rows[] = {
		{"protect", 1, 4095, NULL},
		{"protect", 1, 4096,
			"option 'protect' takes globs of at most 4095 bytes: one is longer"},
		{"functions", 4095, 4095, NULL},
		{"functions", 5000, 1,
			"option 'functions' takes globs of at most 4095 bytes: one is longer"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(options_release) struct options options = OPTIONS_INIT;
		cleanup(buffer_release) struct buffer message = BUFFER_INIT(1000);
		cleanup(free_pointer) char *text = NULL;
		struct row row = {{"aws", "m"}, NULL};

		assert_true(asprintf(&text, "--%s=%0*d:%0*d", rows[i].name, rows[i].first, 1,
				    rows[i].second, 1) > 0);
		row.arguments[2] = text;
		assert_int_equal(parse(&row, &options, &message), rows[i].message ? -EINVAL : 0);
		assert_string_equal(buffer_text(&message), rows[i].message ? rows[i].message : "");
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
	assert_string_equal(options.fsname, "a,b");
	assert_string_equal(buffer_text(&options.fuse_options), "nosuid,allow_root");
	assert_int_equal(options_pass_on(&options, "fsname", options.fsname), 0);
	assert_string_equal(buffer_text(&options.fuse_options), "nosuid,allow_root,fsname=a\\,b");
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

static void values_arrive(void **state)
{
	static const struct row row = {{"aws", "m", "-f", "--uid", "0", "--gid=4294967294", "-o",
		"umask=0027,env=redact,log_level=debug,rw,code,functions=a*:b", "--audit",
		"log/audit"}};
	cleanup(options_release) struct options options = OPTIONS_INIT;
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(1000);

	(void)state;
	assert_int_equal(options.shown_uid, -1);
	options.read_only = true;
	assert_int_equal(parse(&row, &options, &message), 0);
	assert_int_equal(options.shown_uid, 0);
	assert_int_equal(options.shown_gid, 4294967294);
	assert_int_equal(options.umask, 027);
	assert_int_equal(options.environment, ENVIRONMENT_REDACT);
	assert_int_equal(options.log_level, LOG_LEVEL_DEBUG);
	assert_false(options.read_only);
	assert_true(options.code);
	assert_string_equal(options.functions, "a*:b");
	assert_int_equal(options_resolve(&options, &message), 0);
	assert_int_equal(options.audit[0], '/');
	assert_non_null(strstr(options.audit, "/log/audit"));
}

static void commands_take_their_words(void **state)
{
	static const struct {
		struct row row;
		enum options_command command;
		size_t words;
	} rows[] = {
		{{{"log", "m/f/PROD", "m/f/BETA", "--since", "2h", "--json"}, NULL}, COMMAND_LOG,
			1},
		{{{"log", "aws:eu-west-1", "log", "PROD"}, NULL}, COMMAND_LOG, 2},
		{{{"rollback", "m/f/PROD", "m/g/PROD", "--to=2", "--yes"}, NULL}, COMMAND_ROLLBACK,
			1},
		{{{"invoke", "m/f/PROD", "--payload", "-", "--tail"}, NULL}, COMMAND_INVOKE, 0},
		{{{"ls", "diff"}, NULL}, COMMAND_LS, 0},
		{{{"diff", "log", "ls"}, NULL}, COMMAND_DIFF, 1},
		{{{"aws", "log"}, NULL}, COMMAND_MOUNT, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(options_release) struct options options = OPTIONS_INIT;
		cleanup(buffer_release) struct buffer message = BUFFER_INIT(1000);

		assert_int_equal(parse(&rows[i].row, &options, &message), 0);
		assert_int_equal(options.command, rows[i].command);
		assert_int_equal(options.word_count, rows[i].words);
		assert_string_equal(options.source_text,
			rows[i].row.arguments[rows[i].command != COMMAND_MOUNT]);
	}
}

static void documents_are_named_or_all(void **state)
{
	static const struct {
		struct row row;
		unsigned int documents;
	} rows[] = {
		{{{"aws", "m"}, NULL}, 0},
		{{{"aws", "m", "-o", "documents=tags:policy"}, NULL},
			1U << DOCUMENT_TAGS | 1U << DOCUMENT_POLICY},
		{{{"--documents=url", "aws", "m"}, NULL}, 1U << DOCUMENT_URL},
		{{{"--documents", "aws", "m"}, NULL},
			((1U << DOCUMENT_COUNT) - 1) &
				~(1U << DOCUMENT_CONFIGURATION | 1U << DOCUMENT_DESCRIPTION |
					1U << DOCUMENT_ENVIRONMENT)},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(options_release) struct options options = OPTIONS_INIT;
		cleanup(buffer_release) struct buffer message = BUFFER_INIT(1000);

		assert_int_equal(parse(&rows[i].row, &options, &message), 0);
		assert_int_equal(options.documents, rows[i].documents);
		assert_string_equal(options.mountpoint, "m");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_command_lines_are_named),
		cmocka_unit_test(a_glob_that_is_too_long_is_refused),
		cmocka_unit_test(every_spelling_says_the_same),
		cmocka_unit_test(documents_are_named_or_all),
		cmocka_unit_test(what_libfuse_needs_is_handed_on),
		cmocka_unit_test(commands_take_their_words),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(help_names_every_option_that_takes_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
