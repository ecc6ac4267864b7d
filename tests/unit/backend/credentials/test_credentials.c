/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/credentials/providers.h"
#include "backend/credentials/sts_answer.h"

static void moments_of_services(void **state)
{
	static const struct {
		const char *text;
		int error;
		int64_t seconds;
	} rows[] = {
		{"2015-08-30T12:36:00Z", 0, 1440938160},
		{"2015-08-30T12:36:00", 0, 1440938160},
		{"2015-08-30T12:36:00UTC", 0, 1440938160},
		{"2015-08-30T12:36:00.123456Z", 0, 1440938160},
		{"2015-08-30T12:36:00+00:00", 0, 1440938160},
		{"2015-08-30T13:36:00+01:00", 0, 1440938160},
		{"2015-08-30T13:36:00.5+0100", 0, 1440938160},
		{"2015-08-30T07:06:00-05:30", 0, 1440938160},
		{"2015-08-30 12:36:00+00:00", 0, 1440938160},
		{"2015-08-30 12:36:00.123456+00:00", 0, 1440938160},
		{"2015-08-30T12:36:00.123456789+00:00", 0, 1440938160},
		{"", -EINVAL, 0},
		{"soon", -EINVAL, 0},
		{"2015-08-30", -EINVAL, 0},
		{"2015-08-30\t12:36:00Z", -EINVAL, 0},
		{"2015-13-30T12:36:00Z", -EINVAL, 0},
		{"2015-08-30T12:36:00.Z", -EINVAL, 0},
		{"2015-08-30T12:36:00+1:00", -EINVAL, 0},
		{"2015-08-30T12:36:00+01:0", -EINVAL, 0},
		{"2015-08-30T12:36:00+0a00", -EINVAL, 0},
		{"2015-08-30T12:36:00Zx", -EINVAL, 0},
		{"2015-08-30T12:36:00.1234567890123456789012345678901234567890Z", -EINVAL, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		int64_t seconds = 0;

		assert_int_equal(credentials_parse_time(rows[i].text, &seconds), rows[i].error);
		assert_true(seconds == rows[i].seconds);
	}
}

static void when_to_renew(void **state)
{
	const int64_t now = 1000000;

	(void)state;
	assert_int_equal(credentials_need(0, now), CREDENTIALS_FRESH);
	assert_int_equal(credentials_need(now + 15 * 60 + 1, now), CREDENTIALS_FRESH);
	assert_int_equal(credentials_need(now + 15 * 60, now), CREDENTIALS_REFRESH_SOON);
	assert_int_equal(credentials_need(now + 10 * 60 + 1, now), CREDENTIALS_REFRESH_SOON);
	assert_int_equal(credentials_need(now + 10 * 60, now), CREDENTIALS_REFRESH_NOW);
	assert_int_equal(credentials_need(now - 1, now), CREDENTIALS_REFRESH_NOW);
}

#define KEYS "\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\""

static void documents(void **state)
{
	static const struct {
		const char *text;
		bool required;
		enum lambda_status status;
		const char *words; /* of the error */
	} rows[] = {
		{"{" KEYS "}", false, LAMBDA_OK, NULL},
		{"{" KEYS ",\"Token\":null,\"Expiration\":null}", false, LAMBDA_OK, NULL},
		{"{" KEYS ",\"Token\":\"t\",\"Expiration\":\"2030-01-01T00:00:00Z\"}", true,
			LAMBDA_OK, NULL},
		{"{" KEYS "}", true, LAMBDA_NO_CREDENTIALS, "x: the answer has no usable Token"},
		{"{" KEYS ",\"Token\":\"t\"}", true, LAMBDA_NO_CREDENTIALS,
			"x: the answer has no usable Expiration"},
		{"{" KEYS ",\"Expiration\":\"never\"}", false, LAMBDA_NO_CREDENTIALS,
			"x: the answer has no usable Expiration"},
		{"{" KEYS ",\"Token\":5}", false, LAMBDA_NO_CREDENTIALS,
			"x: the answer has no usable Token"},
		{"{\"AccessKeyId\":\"A\"}", false, LAMBDA_NO_CREDENTIALS,
			"x: the answer has no usable SecretAccessKey"},
		{"{\"AccessKeyId\":\"A\\nB\",\"SecretAccessKey\":\"s\"}", false,
			LAMBDA_NO_CREDENTIALS,
			"the credentials of x hold blanks or unprintable bytes"},
		{"{}", false, LAMBDA_NO_CREDENTIALS, "x: the answer has no usable AccessKeyId"},
		{"[]", false, LAMBDA_NO_CREDENTIALS, "x: the answer has no usable AccessKeyId"},
		{"", false, LAMBDA_NO_CREDENTIALS, "x: the answer is not JSON"},
		{"{\"Code\":\"Failed\",\"Message\":\"a\\nb\"}", true, LAMBDA_NO_CREDENTIALS,
			"x: Failed: a b"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		const struct credentials_document document = {
			.token = "Token", .expiration_required = rows[i].required, .source = "x"};
		cleanup(credentials_release) struct credentials made = {0};
		struct lambda_error error = {0};

		assert_int_equal(credentials_read_document(rows[i].text, strlen(rows[i].text),
					 &document, &made, &error),
			rows[i].status);
		if (rows[i].words)
			assert_string_equal(error.message, rows[i].words);
		else
			assert_string_equal(made.access_key_id, "A");
	}
}

#define STS(inner)                                                                                 \
	"<AssumeRoleResponse xmlns=\"u\"><AssumeRoleResult><Credentials>" inner                    \
	"</Credentials></AssumeRoleResult></AssumeRoleResponse>"
#define STS_KEYS                                                                                   \
	"<AccessKeyId>A</AccessKeyId><SecretAccessKey>a&lt;b</SecretAccessKey>"                    \
	"<Expiration>2030-01-01T00:00:00Z</Expiration>"

static void answers_of_sts(void **state)
{
	static const char good[] =
		"<?xml version=\"1.0\"?>\n" STS(STS_KEYS "<SessionToken>t\n</SessionToken>");
	static const char *const bad[] = {
		"",
		"<a/>",
		STS(STS_KEYS),
		STS(STS_KEYS "<SessionToken>t</SessionToken>") "x",
		STS(STS_KEYS "<SessionToken>t</SessionToken>") "<more/>",
		"<!DOCTYPE a>" STS(STS_KEYS "<SessionToken>t</SessionToken>"),
		"<Credentials/>" STS_KEYS,
		"<Credentials><x>" STS_KEYS "<SessionToken>t</SessionToken></x></Credentials>",
	};
	cleanup(credentials_release) struct credentials made = {0};
	struct lambda_error error = {0};
	size_t i;

	(void)state;
	/* A token with a line end cannot be sent. */
	assert_int_equal(credentials_read_sts(good, sizeof(good) - 1, "x", &made, &error),
		LAMBDA_NO_CREDENTIALS);
	for (i = 0; i < array_count(bad); i++)
		assert_int_equal(credentials_read_sts(bad[i], strlen(bad[i]), "x", &made, &error),
			LAMBDA_NO_CREDENTIALS);
	assert_int_equal(
		credentials_read_sts(STS(STS_KEYS "<SessionToken>t</SessionToken>"),
			strlen(STS(STS_KEYS "<SessionToken>t</SessionToken>")), "x", &made, &error),
		LAMBDA_OK);
	assert_string_equal(made.access_key_id, "A");
	assert_string_equal(made.secret_access_key, "a<b");
	assert_string_equal(made.session_token, "t");
	assert_true(made.expires_s == 1893456000);
}

static void errors_of_sts(void **state)
{
	static const char text[] = "<ErrorResponse><Error><Code>AccessDenied</Code>"
				   "<Message>no\nway</Message></Error></ErrorResponse>";
	struct lambda_error error = {0};

	(void)state;
	credentials_read_sts_error(text, sizeof(text) - 1, &error);
	assert_string_equal(error.code, "AccessDenied");
	assert_string_equal(error.message, "no way");
	credentials_read_sts_error("<", 1, &error);
	assert_string_equal(error.code, "");
}

static void copies_are_equal(void **state)
{
	cleanup(credentials_release) struct credentials one = {0}, copy = {0}, other = {0};
	struct lambda_error error = {0};

	(void)state;
	assert_int_equal(credentials_set(&one, "A", "s", "t", 5, "x", &error), LAMBDA_OK);
	assert_int_equal(credentials_set(&other, "A", "s", "", 5, "x", &error), LAMBDA_OK);
	assert_int_equal(credentials_copy(&one, &copy), 0);
	assert_true(credentials_are_equal(&one, &copy));
	assert_false(credentials_are_equal(&one, &other));
	assert_null(other.session_token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_of_services),
		cmocka_unit_test(when_to_renew),
		cmocka_unit_test(documents),
		cmocka_unit_test(answers_of_sts),
		cmocka_unit_test(errors_of_sts),
		cmocka_unit_test(copies_are_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
