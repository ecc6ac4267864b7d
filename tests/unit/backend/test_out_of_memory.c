/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of the backend's parts fails once: each scene is run again and again, and the n-th
 * allocation of the n-th run fails. What comes out must be an error or the right result, nothing may
 * be left allocated, and no secret be left in what was freed (tests/unit/failing_allocator.h).
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/cloudtrail/model.h"
#include "backend/cloudtrail/trail.h"
#include "backend/config/profile_ini.h"
#include "backend/credentials/providers.h"
#include "backend/credentials/sts_answer.h"
#include "backend/documents/document.h"
#include "backend/history/history.h"
#include "backend/http/error_answer.h"
#include "backend/lambda/invoke.h"
#include "backend/lambda/lambda.h"
#include "backend/lambda/model.h"
#include "backend/lambda/upload.h"
#include "backend/zip/zip.h"
#include "tests/unit/backend/config/table_environment.h"
#include "tests/unit/failing_allocator.h"

/* --- scenes: each does something whole and says 0 when it came out right, else an error --- */

static struct json *parse(const char *text)
{
	return json_parse(text, strlen(text), NULL);
}

static int scene_json(void)
{
	cleanup(json_free_pointer) struct json *json =
		parse("{\"b\":[1,{\"a\":\"x\"}],\"a\":null}");
	cleanup(json_free_pointer) struct json *copy = json ? json_copy(json) : NULL;
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(4096);
	int error = copy ? json_set_string(copy, "c", "z") : -ENOMEM;

	if (!error)
		error = json_set_number(copy, "a", 0.5);
	if (!error)
		error = json_print_canonical(copy, &text);
	if (error)
		return error;
	assert_non_null(strstr(buffer_text(&text), "\"a\": 0.5"));
	return 0;
}

#define ALIAS                                                                                      \
	"{\"Name\":\"P\",\"FunctionVersion\":\"1\",\"RevisionId\":\"r\",\"Description\":\"d\","    \
	"\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0.5}}}"

static int scene_aliases(void)
{
	cleanup(json_free_pointer) struct json *json =
		parse("{\"Aliases\":[" ALIAS "," ALIAS "],\"NextMarker\":\"m\"}");
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(4096);
	struct lambda_alias_page page;
	struct lambda_alias copy;
	int error;

	if (!json || lambda_read_alias_page(json, &page, NULL))
		return -ENOMEM;
	assert_int_equal(page.count, 2);
	assert_string_equal(page.next_marker, "m");
	error = lambda_alias_copy(&page.items[1], &copy);
	if (!error) {
		error = lambda_write_update_alias(&copy, true, &body);
		if (!error)
			error = lambda_write_create_alias(&copy, &body);
		if (!error)
			error = lambda_write_publish_version("d", "c", &body);
		lambda_alias_release(&copy);
	}
	lambda_alias_page_release(&page);
	return error;
}

#define RECORD(id, time, revision, version)                                                        \
	"{\"EventId\":\"" id "\",\"EventName\":\"UpdateAlias20150331\",\"EventTime\":" time        \
	",\"CloudTrailEvent\":\"{\\\"requestParameters\\\":{\\\"functionName\\\":\\\"f\\\","       \
	"\\\"name\\\":"                                                                            \
	"\\\"P\\\",\\\"functionVersion\\\":\\\"" version                                           \
	"\\\"},\\\"responseElements\\\":{\\\"name\\\":\\\"P\\\",\\\"functionVersion\\\":"          \
	"\\\"" version "\\\",\\\"revisionId\\\":\\\"" revision "\\\"}}\"}"

static enum lambda_status read_records(void *data, const struct call_scope *scope,
	const struct cloudtrail_query *query, struct cloudtrail_page *ret_page,
	struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = parse("{\"Events\":[" RECORD(
		"e2", "2000", "r2", "2") "," RECORD("e1", "1000", "r1", "1") "]}");
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(4096);

	if (!json || cloudtrail_write_lookup(query, &body))
		return lambda_fail_memory(reterr);
	return cloudtrail_read_page(json, ret_page, reterr);
}

static int64_t time_of_records(void *data)
{
	return 1000000;
}

/* From CloudTrail's answer to what is proven. */
static int scene_history(void)
{
	const struct trail_source source = {.lookup = read_records, .now_s = time_of_records};
	const struct trail_subject subject = {.arn = "a", .function = "f", .alias = "P"};
	const struct trail_wanted wanted = {.reach = TRAIL_BY_NAME};
	const struct call_scope scope = {.read_deadline_ms = clock_monotonic_ms() + 60000};
	cleanup(trail_free_pointer) struct trail *trail = trail_new(&source);
	struct history_input input = {.present_since_s = 3000, .present_read_s = 999999};
	struct trail_events events = {0};
	struct history history = {0};
	uint64_t version = 0;
	int error = trail && !trail_fetch(trail, &scope, &subject, &wanted, NULL) ? 0 : -ENOMEM;

	if (!error)
		error = trail_copy(trail, &subject, &events);
	if (error)
		return error;
	assert_int_equal(events.count, 2);
	input.events = events.items;
	input.event_count = events.count;
	input.changes = events.changes;
	input.all = events.all;
	input.present =
		events.items[0].time_s == 2000 ? &events.items[0].result : &events.items[1].result;
	error = history_find(&input, &history);
	if (!error) {
		assert_int_equal(history_at(&history, 1, &version), HISTORY_PROVEN);
		assert_int_equal(version, 1);
	}
	history_release(&history);
	trail_events_release(&events);
	return error;
}

#define VERSION(number)                                                                            \
	"{\"FunctionName\":\"f\",\"FunctionArn\":\"arn:aws:lambda:us-east-1:000000000000:"         \
	"function:f:" number                                                                       \
	"\",\"CodeSize\":1,\"LastModified\":\"2020-04-10T19:06:32.563+0000\","                     \
	"\"CodeSha256\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\",\"Version\":\"" number    \
	"\",\"Environment\":{\"Variables\":{\"A\":\"b\"}},\"Layers\":[{\"Arn\":\"x\"}]}"

static int scene_versions(void)
{
	cleanup(json_free_pointer) struct json *json =
		parse("{\"Versions\":[" VERSION("1") "," VERSION("2") "]}");
	cleanup(buffer_release) struct buffer arn = BUFFER_INIT(1024);
	struct lambda_version_page page;
	int error;

	if (!json || lambda_read_version_page(json, "Versions", &document_printer, &page, NULL))
		return -ENOMEM;
	assert_int_equal(page.count, 2);
	assert_string_equal(page.items[1].function_name, "f");
	error = document_read_arn(
		page.items[1].configuration, page.items[1].configuration_length, &arn);
	lambda_version_page_release(&page);
	return error;
}

static int scene_functions(void)
{
	cleanup(json_free_pointer) struct json *json =
		parse("{\"Functions\":[" VERSION("1") ",{\"FunctionName\":\"a/b\"}]}");
	struct lambda_version_page page;

	if (!json || lambda_read_version_page(json, "Functions", &document_printer, &page, NULL))
		return -ENOMEM;
	assert_int_equal(page.count, 1);
	assert_int_equal(page.unlistable_count, 1);
	lambda_version_page_release(&page);
	return 0;
}

static int scene_error(void)
{
	char body[] = "{\"message\":\"no such function\"}";
	const struct http_response response = {.status = 404,
		.error_type = "ResourceNotFoundException",
		.request_id = "id",
		.body = {.data = body, .length = sizeof(body) - 1}};
	struct lambda_error error;

	lambda_error_read(&response, &error);
	assert_int_equal(error.status, LAMBDA_NOT_FOUND); /* whatever memory there is */
	return allocator_has_failed() ? -ENOMEM : 0;
}

static int scene_sign(void)
{
	static const struct http_header headers[] = {
		{"Host", "h"}, {"X-Amz-Date", "d"}, {"X-Amz-Security-Token", ALLOCATOR_SECRET}};
	const struct sigv4_request request = {.method = "GET",
		.path = "/a%20b/../c",
		.query = "b=2&a=1",
		.headers = headers,
		.header_count = array_count(headers)};
	const struct sigv4_scope scope = {
		.date = "20150830T123600Z", .region = "us-east-1", .service = "lambda"};
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(4096);
	unsigned char key[SIGV4_KEY_SIZE];
	int error = sigv4_derive_key(ALLOCATOR_SECRET, &scope, key);

	if (!error)
		error = sigv4_authorization(&request, &scope, "A", key, &out);
	if (!error)
		assert_non_null(strstr(buffer_text(&out), "SignedHeaders=host;x-amz-date;"));
	return error;
}

static const char config[] = "[default]\nregion = us-east-1\nservices = v\n"
			     "aws_secret_access_key = " ALLOCATOR_SECRET "\n"
			     "[profile 'a b']\nk = one\n  two\ns3 =\n  x = 1\n  y = 2\n"
			     "[services v]\nlambda =\n  endpoint_url = http://localhost:1\n";

static struct profile_set *make_profiles(void)
{
	struct profile_problem problem;
	struct profile_file *one = NULL, *other = NULL;

	if (profile_file_parse(config, sizeof(config) - 1, &one, &problem))
		return NULL;
	if (profile_file_parse("[default]\na=b\n", 14, &other, &problem)) {
		profile_file_free(one);
		return NULL;
	}
	return profile_set_new(one, "config", other, "credentials");
}

static int scene_settings(void)
{
	struct variable variables[] = {{"AWS_CA_BUNDLE", "~/ca.pem"}, {"HOME", "/h"}, {NULL, NULL}};
	struct environment environment = table_environment(variables);
	struct settings_request request = {.profile = NULL};
	struct profile_set *profiles = make_profiles();
	struct settings settings;

	if (!profiles || settings_resolve(&request, &environment, profiles, &settings, NULL))
		return -ENOMEM;
	/* A section's name that could not be split is not found: then the rules decide. */
	assert_true(allocator_has_failed() ||
		    !strcmp(settings.endpoint_url.value, "http://localhost:1"));
	assert_string_equal(settings.ca_bundle.value, "/h/ca.pem");
	settings_release(&settings);
	return 0;
}

static int scene_words(void)
{
	cleanup(profile_free_words_pointer) char **words = NULL;
	size_t count = 0;
	int error = profile_split_words("one 'two words' th\"r\"ee", &words, &count);

	if (!error)
		assert_int_equal(count, 3);
	return error;
}

#define STS                                                                                        \
	"<r><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>" ALLOCATOR_SECRET           \
	"</SecretAccessKey><SessionToken>" ALLOCATOR_SECRET                                        \
	"</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>"                             \
	"</Credentials></r>"

static int scene_credentials(void)
{
	static const char text[] =
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"" ALLOCATOR_SECRET
		"\",\"Token\":\"" ALLOCATOR_SECRET "\",\"Expiration\":\"2030-01-01T00:00:00Z\"}";
	const struct credentials_document document = {
		.token = "Token", .expiration_required = true, .source = "x"};
	cleanup(credentials_release) struct credentials made = {0}, copy = {0}, sts = {0};

	if (credentials_read_document(text, sizeof(text) - 1, &document, &made, NULL) ||
		credentials_copy(&made, &copy) ||
		credentials_read_sts(STS, sizeof(STS) - 1, "x", &sts, NULL))
		return -ENOMEM;
	assert_true(credentials_are_equal(&made, &copy));
	assert_true(credentials_are_equal(&made, &sts));
	return 0;
}

/* One deflated entry, its sizes behind its data. */
static const char zip_bytes[] =
	"\120\113\003\004\055\000\010\000\010\000\000\000\041\000\000\000\000\000\377\377"
	"\377\377\377\377\377\377\004\000\024\000\163\056\160\171\001\000\020\000\000\000"
	"\000\000\000\000\000\000\000\000\000\000\000\000\000\000\253\124\260\125\060\342"
	"\252\044\221\004\000\120\113\007\010\264\013\206\373\013\000\000\000\000\000\000"
	"\000\066\000\000\000\000\000\000\000\120\113\001\002\055\003\055\000\010\000\010"
	"\000\000\000\041\000\264\013\206\373\013\000\000\000\066\000\000\000\004\000\000"
	"\000\000\000\000\000\000\000\000\000\200\001\000\000\000\000\163\056\160\171\120"
	"\113\005\006\000\000\000\000\001\000\001\000\062\000\000\000\131\000\000\000\000"
	"\000";
#define ZIP_SHA256 "c822877b028dcd35918806c164dd21569671115223055eb7e4fa8f7f53035f72"

static int zip_file(void)
{
	int file = memfd_create("zip", MFD_CLOEXEC);

	assert_int_equal(write(file, zip_bytes, sizeof(zip_bytes) - 1), sizeof(zip_bytes) - 1);
	return file;
}

static int scene_zip(void)
{
	cleanup(close_descriptor) int file = zip_file();
	char sentence[ZIP_SENTENCE_SIZE];
	int error = zip_verify(file, sizeof(zip_bytes) - 1, NULL, sentence);

	assert_int_equal(!error, !sentence[0]);
	return error;
}

/* Every change there is, none of which can arrive. */
static int change_everything(struct lambda_client *client, const struct call_scope *scope)
{
	struct lambda_alias wanted = {.name = "P", .revision_id = "r", .version = 1}, alias;
	struct lambda_version version;
	struct lambda_code_upload upload = {.descriptor = zip_file(),
		.size = sizeof(zip_bytes) - 1,
		.kms_key_arn = "k",
		.architectures = "[\"arm64\"]",
		.revision_id = "r",
		.deadline_ms = scope->mutation_deadline_ms};
	struct lambda_invocation invocation;
	struct lambda_error errors[7] = {0};
	size_t i;

	assert_int_not_equal(
		lambda_create_alias(client, scope, "f", &wanted, &alias, &errors[0]), LAMBDA_OK);
	assert_int_not_equal(
		lambda_update_alias(client, scope, "f", &wanted, true, &alias, &errors[1]),
		LAMBDA_OK);
	assert_int_not_equal(
		lambda_delete_alias(client, scope, "f", "P", "r", &errors[2]), LAMBDA_OK);
	assert_int_not_equal(
		lambda_publish_version(client, scope, "f", "d", "c", 1, &version, &errors[3]),
		LAMBDA_OK);
	assert_int_not_equal(lambda_delete_version(client, scope, "f", 1, &errors[4]), LAMBDA_OK);
	assert_int_equal(text_parse_hex(ZIP_SHA256, sizeof(upload.sha256), upload.sha256), 0);
	assert_int_not_equal(
		lambda_update_code(client, scope, "f", &upload, &version, NULL, &errors[5]),
		LAMBDA_OK);
	assert_int_not_equal(errors[5].status, LAMBDA_INVALID);
	close(upload.descriptor);
	assert_int_not_equal(
		lambda_invoke(client, scope, "f", "P", "{}", 2, &invocation, &errors[6]),
		LAMBDA_OK);
	for (i = 0; i < array_count(errors); i++) {
		assert_false(errors[i].outcome_unknown);
		if (errors[i].status == LAMBDA_NO_MEMORY)
			return -ENOMEM;
	}
	return 0;
}

/* A whole client, up to a socket without a listener. */
static int scene_client(void)
{
	const struct aws_client_options options = {
		.unix_socket = "/nonexistent/socket", .rate_unlimited = true};
	cleanup(lambda_client_free_pointer) struct lambda_client *client = NULL;
	struct call_scope scope = {.read_deadline_ms = clock_monotonic_ms() + 20,
		.mutation_deadline_ms = clock_monotonic_ms() + 20};
	struct lambda_version_page page;
	struct lambda_error error = {0};

	if (lambda_client_new(&options, &document_printer, &client, &error))
		return -ENOMEM;
	assert_int_not_equal(
		lambda_list_functions(client, &scope, true, "m", &page, &error), LAMBDA_OK);
	if (error.status == LAMBDA_NO_MEMORY)
		return -ENOMEM;
	return change_everything(client, &scope);
}

/* --- the sweep --- */

SWEEP(json);
SWEEP(aliases);
SWEEP(history);
SWEEP(versions);
SWEEP(functions);
SWEEP(error);
SWEEP(sign);
SWEEP(settings);
SWEEP(words);
SWEEP(credentials);
SWEEP(zip);
SWEEP(client);

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: what it unpacks into is not cleared, and must not hold what others have freed. */
		cmocka_unit_test(sweep_zip),
		cmocka_unit_test(sweep_json),
		cmocka_unit_test(sweep_aliases),
		cmocka_unit_test(sweep_history),
		cmocka_unit_test(sweep_versions),
		cmocka_unit_test(sweep_functions),
		cmocka_unit_test(sweep_error),
		cmocka_unit_test(sweep_sign),
		cmocka_unit_test(sweep_settings),
		cmocka_unit_test(sweep_words),
		cmocka_unit_test(sweep_credentials),
		cmocka_unit_test(sweep_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
