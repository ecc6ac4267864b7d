/* SPDX-License-Identifier: MIT */
/*
 * The pure parts of the client for tests that compare them with botocore. Reads one JSON object a
 * line and answers with one a line:
 *
 *   differential sigv4      {"method", "path", "query", "headers": [[NAME, VALUE]…], "body": BASE64,
 *                            "region", "service", "date", "key", "secret"} → {"authorization"}
 *   differential ini        {"text"} → {SECTION: {KEY: VALUE or {KEY: VALUE}}} or {"error"}
 *   differential profiles   {"config", "credentials", "wanted": [[PROFILE, KEY]…]} → {"values": […]}
 *   differential words      {"text"} → {"words": […]} or {"error"}
 */
#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/config/profile.h"
#include "backend/config/profile_ini.h"
#include "tests/unit/backend/config/profile_visit.h"
#include "backend/http/sigv4.h"

#define HEADERS_MAX 64
#define BODY_MAX (16 * 1024 * 1024)

static void must(int error)
{
	if (error)
		abort(); /* a test program out of memory */
}

static const char *text_of(const struct json *json, const char *name)
{
	return json_member_string(json, name, "");
}

static struct json *fail(const char *reason)
{
	struct json *answer = json_new_object();

	must(json_set_string(answer, "error", reason));
	return answer;
}

static struct json *sign(const struct json *input)
{
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(BODY_MAX);
	cleanup(buffer_release) struct buffer authorization = BUFFER_INIT(65536);
	struct http_header headers[HEADERS_MAX];
	struct sigv4_request request = {.method = text_of(input, "method"),
		.path = text_of(input, "path"),
		.query = json_string(json_member(input, "query")),
		.headers = headers};
	struct sigv4_scope scope = {
		.region = text_of(input, "region"), .service = text_of(input, "service")};
	const struct json *item = json_first(json_member(input, "headers"));
	const char *encoded = text_of(input, "body");
	unsigned char key[SIGV4_KEY_SIZE];
	struct json *answer = json_new_object();

	for (; item && request.header_count < HEADERS_MAX; item = json_next(item)) {
		headers[request.header_count].name = json_string(json_first(item));
		headers[request.header_count].value = json_string(json_next(json_first(item)));
		request.header_count++;
	}
	must(text_decode_base64(encoded, strlen(encoded), &body));
	request.body = body.data;
	request.body_length = body.length;
	snprintf(scope.date, sizeof(scope.date), "%s", text_of(input, "date"));
	must(sigv4_derive_key(text_of(input, "secret"), &scope, key));
	must(sigv4_authorization(&request, &scope, text_of(input, "key"), key, &authorization));
	must(json_set_string(answer, "authorization", buffer_text(&authorization)));
	return answer;
}

static void add_value(
	void *data, const char *section, const char *key, const char *nested, const char *value)
{
	struct json *answer = data;
	struct json *target;

	/* The trees are only built here: what json_member() gives may be changed. */
	if (!json_has_member(answer, section))
		must(json_set(answer, section, json_new_object()));
	target = (struct json *)(uintptr_t)json_member(answer, section);
	if (nested) {
		if (!json_is_object(json_member(target, key)))
			must(json_set(target, key, json_new_object()));
		target = (struct json *)(uintptr_t)json_member(target, key);
	}
	must(json_set_string(target, nested ? nested : key, value));
}

static struct json *read_ini(const struct json *input)
{
	const char *text = text_of(input, "text");
	struct profile_problem problem = {0};
	cleanup(profile_file_free_pointer) struct profile_file *file = NULL;
	struct json *answer;

	if (profile_file_parse(text, strlen(text), &file, &problem))
		return fail(problem.reason);
	answer = json_new_object();
	profile_file_visit(file, add_value, answer);
	return answer;
}

static struct profile_file *parse_or_null(const char *text)
{
	struct profile_problem problem;
	struct profile_file *file = NULL;

	return profile_file_parse(text, strlen(text), &file, &problem) ? NULL : file;
}

static struct json *read_profiles(const struct json *input)
{
	struct profile_file *config = parse_or_null(text_of(input, "config"));
	struct profile_file *credentials = parse_or_null(text_of(input, "credentials"));
	cleanup(profile_set_free_pointer) struct profile_set *set = NULL;
	const struct json *item = json_first(json_member(input, "wanted"));
	struct json *answer, *values;

	if (!config || !credentials) {
		profile_file_free(config);
		profile_file_free(credentials);
		return fail("a file cannot be read");
	}
	set = profile_set_new(config, "config", credentials, "credentials");
	must(!set);
	answer = json_new_object();
	values = json_new_array();
	for (; item; item = json_next(item)) {
		const char *profile = json_string(json_first(item));
		const char *key = json_string(json_next(json_first(item)));
		const char *value = profile_set_get(set, profile, key, NULL);

		must(json_append(values, value ? json_new_string(value) : json_new_null()));
	}
	must(json_set(answer, "values", values));
	return answer;
}

static struct json *split_words(const struct json *input)
{
	cleanup(profile_free_words_pointer) char **words = NULL;
	struct json *answer, *list;
	size_t count = 0, i;

	if (profile_split_words(text_of(input, "text"), &words, &count))
		return fail("a quote is open");
	answer = json_new_object();
	list = json_new_array();
	for (i = 0; i < count; i++)
		must(json_append(list, json_new_string(words[i])));
	must(json_set(answer, "words", list));
	return answer;
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		struct json *(*run)(const struct json *input);
	} modes[] = {
		{"sigv4", sign},
		{"ini", read_ini},
		{"profiles", read_profiles},
		{"words", split_words},
	};
	cleanup(free_pointer) char *line = NULL;
	size_t size = 0, mode = 0;
	ssize_t length;

	while (mode < array_count(modes) &&
		(count != 2 || strcmp(arguments[1], modes[mode].name) != 0))
		mode++;
	if (mode == array_count(modes))
		return 2;
	while ((length = getline(&line, &size, stdin)) > 0) {
		cleanup(json_free_pointer) struct json *input =
			json_parse(line, (size_t)length, NULL);
		cleanup(json_free_pointer) struct json *answer = NULL;
		cleanup(buffer_release) struct buffer text = BUFFER_INIT(BODY_MAX);

		if (!input)
			return 2;
		answer = modes[mode].run(input);
		must(json_print(answer, &text));
		puts(buffer_text(&text));
	}
	return 0;
}
