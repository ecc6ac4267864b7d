/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/base/buffer.h"
#include "backend/config/profile.h"
#include "backend/config/profile_ini.h"
#include "tests/unit/backend/config/profile_visit.h"
#include "tests/unit/backend/config/table_environment.h"

static struct profile_file *parse(const char *text, size_t length)
{
	struct profile_problem problem = {0};
	struct profile_file *file = NULL;
	int error = profile_file_parse(text, length, &file, &problem);

	if (error)
		print_error("line %u %s\n", problem.line, problem.reason ? problem.reason : "?");
	assert_int_equal(error, 0);
	return file;
}

static struct profile_set *make_set(const char *config, const char *credentials)
{
	struct profile_set *set = profile_set_new(parse(config, strlen(config)), "config",
		parse(credentials, strlen(credentials)), "credentials");

	assert_non_null(set);
	return set;
}

static void dump(
	void *data, const char *section, const char *key, const char *nested, const char *value)
{
	assert_int_equal(buffer_appendf(data, "[%s]%s%s%s=%s;", section, key, nested ? "." : "",
				 nested ? nested : "", value),
		0);
}

static void reads_what_botocore_reads(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{"", ""},
		{"\n\n# only a comment\n", ""},
		{"[a]\nk = v\n", "[a]k=v;"},
		{"[a]\r\nk = v\r\nm=n\r\n", "[a]k=v;[a]m=n;"},
		{"\xef\xbb\xbf[a]\nk=v", "[a]k=v;"},
		{"[a]\nKey:v=w\n", "[a]key=v=w;"},
		{"[a]\nk = v # kept\n", "[a]k=v # kept;"},
		{"[a]\n  # gone\n; gone too\nk = \n", "[a]k=;"},
		{"[a]\nk = one\n  two\n\n  three\n\n", "[a]k=one\ntwo\n\nthree;"},
		{"[a]\nk =\n  x = 1\n  # no\n  y=2=3\n", "[a]k.x=1;[a]k.y=2=3;"},
		{"[a] trailing\nk=v\n", "[a]k=v;"},
		{"[a]b]\nk=v\n", "[a]b]k=v;"},
		{"  [a]\n  k=v\n  m=n\n", "[a]k=v;[a]m=n;"},
		{"[a]\n\u00a0k\u2003=\u00a0v w\u00a0\n\u3000\u3000x\n", "[a]k=v w\nx;"},
		{"[a]\nk=\u00a0\n", "[a]k=;"},
		{"[a]\n k=v\n\u00a0m=n\n", "[a]k=v;[a]m=n;"},
		{"[DEFAULT]\nk=d\nm=d\n[a]\nk=v\n", "[a]k=v;[a]m=d;"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(profile_file_free_pointer) struct profile_file *file =
			parse(rows[i].text, strlen(rows[i].text));
		cleanup(buffer_release) struct buffer seen = BUFFER_INIT(4096);

		profile_file_visit(file, dump, &seen);
		assert_string_equal(buffer_text(&seen), rows[i].wanted);
	}
}

static void refuses_with_the_line(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		unsigned int line;
		const char *reason;
	} rows[] = {
#define ROW(text, line, reason) {text, sizeof(text) - 1, line, reason}
		ROW("k=v\n", 1, "stands before any [section]"),
		ROW("[a]\n\nnonsense\n", 3, "is not `key = value`"),
		ROW("[]\n", 1, "stands before any [section]"),
		ROW("[a]\n= v\n", 2, "has no key"),
		ROW("[a]\nk=1\nK=2\n", 3, "has a key that appears twice in its section"),
		ROW("[a]\n[b]\n[a]\n", 3, "starts a section whose name appears twice"),
		ROW("[a]\nk=\n  nonsense\n", 3,
			"has a nested block with a line that is not `key = value`"),
		ROW("[a]\nk=\0v\n", 0, "holds a NUL byte"),
		ROW("[a]\nk=\xff\n", 0, "is not UTF-8"),
#undef ROW
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		struct profile_problem problem = {0};
		struct profile_file *file = NULL;

		assert_int_equal(
			profile_file_parse(rows[i].text, rows[i].length, &file, &problem), -EINVAL);
		assert_string_equal(problem.reason, rows[i].reason);
		assert_int_equal(problem.line, rows[i].line);
	}
}

static void a_value_may_be_long(void **state)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(20000);
	cleanup(profile_set_free_pointer) struct profile_set *set = NULL;
	size_t i;

	(void)state;
	assert_int_equal(buffer_append_string(&text, "[default]\naws_session_token = "), 0);
	for (i = 0; i < 10240; i++)
		assert_int_equal(buffer_append_byte(&text, (char)('a' + i % 26)), 0);
	set = make_set("", buffer_text(&text));
	assert_int_equal(strlen(profile_set_get(set, "default", "aws_session_token", NULL)), 10240);
}

static void profiles_of_both_files(void **state)
{
	static const char config[] = "[default]\nregion=us-east-1\n"
				     "[profile dev]\nregion = eu-west-1\noutput=json\n"
				     "[profile \"two words\"]\nregion = one\n"
				     "[profile 'open]\nregion = never\n"
				     "[plain]\nregion = never\n"
				     "[sso-session corp]\nsso_region = eu-north-1\n"
				     "[services local]\nlambda =\n  endpoint_url = http://l:1\n"
				     "sts =\n  endpoint_url = http://s:2\n";
	static const char credentials[] = "[dev]\naws_access_key_id = A\nregion = wins\n"
					  "[only]\naws_access_key_id = B\n";
	cleanup(profile_set_free_pointer) struct profile_set *set = make_set(config, credentials);
	struct profile_origin origin = {0};

	(void)state;
	assert_string_equal(profile_set_get(set, "default", "region", &origin), "us-east-1");
	assert_string_equal(origin.path, "config");
	assert_int_equal(origin.line, 2);
	assert_string_equal(profile_set_get(set, "dev", "region", &origin), "wins");
	assert_string_equal(origin.path, "credentials");
	assert_string_equal(
		profile_set_get_in(set, PROFILE_CONFIG, "dev", "region", NULL), "eu-west-1");
	assert_string_equal(profile_set_get(set, "dev", "output", NULL), "json");
	assert_string_equal(profile_set_get(set, "two words", "region", NULL), "one");
	assert_false(profile_set_has(set, "open"));
	assert_false(profile_set_has(set, "plain"));
	assert_true(profile_set_has(set, "only"));
	assert_null(profile_set_get_in(set, PROFILE_CONFIG, "only", "aws_access_key_id", NULL));
	assert_true(profile_set_has_session(set, "corp"));
	assert_string_equal(profile_set_get_session(set, "corp", "sso_region", NULL), "eu-north-1");
	assert_string_equal(profile_set_get_service(set, "local", "lambda", "endpoint_url", NULL),
		"http://l:1");
	assert_null(profile_set_get_service(set, "local", "sso", "endpoint_url", NULL));
	assert_null(profile_set_get_service(set, "none", "lambda", "endpoint_url", NULL));
}

static void the_last_spelling_of_a_name_wins(void **state)
{
	cleanup(profile_set_free_pointer) struct profile_set *set =
		make_set("[default]\na=1\nb=1\n[profile default]\na=2\n[profile x]\na=3\n[profile "
			 "'x']\na=4\n",
			"");

	(void)state;
	assert_string_equal(profile_set_get(set, "default", "a", NULL), "2");
	assert_null(profile_set_get(set, "default", "b", NULL));
	assert_string_equal(profile_set_get(set, "x", "a", NULL), "4");
}

static void words_are_split_as_a_shell_splits(void **state)
{
	static const struct {
		const char *text, *wanted;
		int error;
	} rows[] = {
		{"", "", 0},
		{"  a  b\t", "a|b|", 0},
		{"a 'b c' \"d e\"", "a|b c|d e|", 0},
		{"a'b'\"c\"", "abc|", 0},
		{"'' x", "|x|", 0},
		{"a\\ b", "a b|", 0},
		{"\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d|", 0},
		{"'a\\'", "a\\|", 0},
		{"'open", NULL, -EINVAL},
		{"open\\", NULL, -EINVAL},
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(profile_free_words_pointer) char **words = NULL;
		cleanup(buffer_release) struct buffer seen = BUFFER_INIT(4096);
		size_t count = 0;

		assert_int_equal(profile_split_words(rows[i].text, &words, &count), rows[i].error);
		if (rows[i].error)
			continue;
		for (j = 0; j < count; j++)
			assert_int_equal(buffer_appendf(&seen, "%s|", words[j]), 0);
		assert_null(words[count]);
		assert_string_equal(buffer_text(&seen), rows[i].wanted);
	}
}

static void files_that_are_not_there_are_empty(void **state)
{
	struct variable variables[] = {{"HOME", "/nonexistent"}, {NULL, NULL}};
	struct environment environment = table_environment(variables);
	cleanup(profile_set_free_pointer) struct profile_set *set = NULL;
	struct lambda_error error = {0};

	(void)state;
	assert_int_equal(profile_set_load(&environment, &set, &error), LAMBDA_OK);
	assert_false(profile_set_has(set, "default"));
	assert_string_equal(profile_set_path(set, PROFILE_CONFIG), "/nonexistent/.aws/config");
}

static void a_directory_is_an_error_that_names_it(void **state)
{
	struct variable variables[] = {
		{"HOME", "/nonexistent"}, {"AWS_CONFIG_FILE", "/"}, {NULL, NULL}};
	struct environment environment = table_environment(variables);
	struct profile_set *set = NULL;
	struct lambda_error error = {0};

	(void)state;
	assert_int_equal(profile_set_load(&environment, &set, &error), LAMBDA_INVALID);
	assert_string_equal(error.message, "/ cannot be read: Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_botocore_reads),
		cmocka_unit_test(refuses_with_the_line),
		cmocka_unit_test(a_value_may_be_long),
		cmocka_unit_test(profiles_of_both_files),
		cmocka_unit_test(the_last_spelling_of_a_name_wins),
		cmocka_unit_test(words_are_split_as_a_shell_splits),
		cmocka_unit_test(files_that_are_not_there_are_empty),
		cmocka_unit_test(a_directory_is_an_error_that_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
