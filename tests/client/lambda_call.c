/* SPDX-License-Identifier: MIT */
/*
 * backend/lambda/lambda.h on the command line, for the tests in this folder:
 *
 *   lambda_call [OPTION=VALUE…] CALL [ARGUMENT…]
 *
 * prints one line of JSON: {"status": …, "calls": …, "items"/"alias"/…} or with "error".
 * Options: profile, region, endpoint_url, unix_socket, connect_ms, rate, unlimited, insecure_http,
 * read_ms, mutation_ms, interrupt_ms (interrupts the call after so long), repeat, parallel, one_first (the first of
 * these ends before the others begin), leave (for "/", as a daemon does, when the client is made).
 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "backend/base/clock.h"
#include "backend/base/json.h"
#include "backend/base/number.h"
#include "backend/documents/document.h"
#include "backend/lambda/invoke.h"
#include "tests/client/document_call.h"
#include "tests/client/trail_call.h"
#include "tests/client/upload_call.h"

struct settings_of_call {
	struct aws_client_options client;
	uint64_t read_ms, mutation_ms, interrupt_ms, repeat, parallel;
	bool leave, one_first;
	char *const *arguments; /* CALL and what follows, NULL-terminated */
};

struct run {
	const struct settings_of_call *settings;
	struct lambda_client *client;
	struct json *answer; /* owned */
};

static const char *argument(const struct run *run, size_t index)
{
	size_t i;

	for (i = 0; i <= index; i++)
		if (!run->settings->arguments[i])
			return NULL;
	return run->settings->arguments[index];
}

static const char *text_of(const struct run *run, size_t index)
{
	const char *text = argument(run, index);

	return text ? text : "";
}

static uint64_t version_of(const struct run *run, size_t index)
{
	uint64_t version = 0;

	if (lambda_version_parse(text_of(run, index), &version))
		return 0;
	return version;
}

static void must(int error)
{
	if (error)
		abort(); /* a test program out of memory */
}

static struct json *describe_alias(struct lambda_alias *alias)
{
	struct json *json = json_new_object();
	char text[LAMBDA_VERSION_TEXT_SIZE];

	must(json_set_string(json, "name", alias->name));
	lambda_version_format(alias->version, text);
	must(json_set_string(json, "version", text));
	must(json_set_string(json, "revision", alias->revision_id));
	must(json_set_string(json, "description", alias->description));
	if (alias->weighted_version) {
		lambda_version_format(alias->weighted_version, text);
		must(json_set_string(json, "weighted", text));
		must(json_set_number(json, "weight", alias->weight));
	}
	lambda_alias_release(alias);
	return json;
}

static struct json *describe_version(struct lambda_version *version)
{
	struct json *json = json_new_object();
	char text[LAMBDA_VERSION_TEXT_SIZE];

	must(json_set_string(json, "function", version->function_name));
	lambda_version_format(version->version, text);
	must(json_set_string(json, "version", text));
	must(json_set_number(json, "configuration_length", (double)version->configuration_length));
	lambda_version_release(version);
	return json;
}

static void add_page(struct json *answer, struct json *items, const char *marker)
{
	must(json_set(answer, "items", items));
	if (marker)
		must(json_set_string(answer, "marker", marker));
}

static enum lambda_status list_versions(const struct run *run, const struct call_scope *scope,
	bool functions, struct lambda_error *error)
{
	struct json *items = json_new_array();
	struct lambda_version_page page;
	const char *marker = argument(run, functions ? 1 : 2);
	bool all = !strcmp(text_of(run, 0), "list-all");
	enum lambda_status status =
		functions ? lambda_list_functions(run->client, scope, all, marker, &page, error)
			  : lambda_list_versions(
				    run->client, scope, text_of(run, 1), marker, &page, error);
	size_t i;

	if (status) {
		json_free(items);
		return status;
	}
	for (i = 0; i < page.count; i++)
		must(json_append(items, describe_version(&page.items[i])));
	add_page(run->answer, items, page.next_marker);
	lambda_version_page_release(&page);
	return LAMBDA_OK;
}

static enum lambda_status list_aliases(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	struct json *items;
	struct lambda_alias_page page;
	enum lambda_status status = lambda_list_aliases(
		run->client, scope, text_of(run, 1), argument(run, 2), &page, error);
	size_t i;

	if (status)
		return status;
	items = json_new_array();
	for (i = 0; i < page.count; i++)
		must(json_append(items, describe_alias(&page.items[i])));
	add_page(run->answer, items, page.next_marker);
	lambda_alias_page_release(&page);
	return LAMBDA_OK;
}

/* FUNCTION NAME VERSION REVISION|"" [WEIGHTED WEIGHT [DESCRIPTION]]: "" stands for nothing. */
static struct lambda_alias wanted_alias(const struct run *run)
{
	struct lambda_alias alias = {.version = version_of(run, 3)};

	snprintf(alias.name, sizeof(alias.name), "%s", text_of(run, 2));
	snprintf(alias.revision_id, sizeof(alias.revision_id), "%s", text_of(run, 4));
	alias.weighted_version = *text_of(run, 5) ? version_of(run, 5) : 0;
	if (number_parse_double(text_of(run, 6), 0, 1, &alias.weight))
		alias.weight = 0;
	alias.description = strdup(text_of(run, 7));
	return alias;
}

static enum lambda_status write_alias(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	struct lambda_alias wanted = wanted_alias(run), made;
	bool update = !strcmp(text_of(run, 0), "update-alias");
	enum lambda_status status =
		update ? lambda_update_alias(run->client, scope, text_of(run, 1), &wanted,
				 argument(run, 7) != NULL, &made, error)
		       : lambda_create_alias(
				 run->client, scope, text_of(run, 1), &wanted, &made, error);

	lambda_alias_release(&wanted);
	if (!status)
		must(json_set(run->answer, "alias", describe_alias(&made)));
	return status;
}

static enum lambda_status with_versions(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	struct lambda_version version;
	bool publish = !strcmp(text_of(run, 0), "publish");
	enum lambda_status status =
		publish ? lambda_publish_version(run->client, scope, text_of(run, 1),
				  argument(run, 3), argument(run, 4), version_of(run, 2), &version,
				  error)
			: lambda_get_version(run->client, scope, text_of(run, 1),
				  version_of(run, 2), &version, error);

	if (!status)
		must(json_set(run->answer, "version", describe_version(&version)));
	return status;
}

static enum lambda_status get_account(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	struct lambda_account account;
	enum lambda_status status = lambda_get_account(run->client, scope, &account, error);

	if (status)
		return status;
	must(json_set_number(run->answer, "limit", (double)account.code_storage_limit));
	must(json_set_number(run->answer, "used", (double)account.code_storage_used));
	must(json_set_number(run->answer, "functions", (double)account.function_count));
	return LAMBDA_OK;
}

static void tell(void *data, const struct lambda_report_line *line)
{
	struct json *lines = data;
	struct json *both = json_new_array();

	must(json_append(both, json_new_string(line->value)));
	must(json_append(both, json_new_string(line->source)));
	must(json_set(lines, line->name, both));
}

static enum lambda_status report(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	struct json *lines = json_new_object();
	enum lambda_status status = lambda_client_report(run->client, scope, tell, lines, error);

	must(json_set(run->answer, "report", lines));
	return status;
}

static enum lambda_status identity(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	struct lambda_identity identity;
	enum lambda_status status = lambda_client_identity(run->client, scope, &identity, error);

	if (status)
		return status;
	must(json_set_string(run->answer, "account", identity.account));
	must(json_set_string(run->answer, "arn", identity.arn));
	return LAMBDA_OK;
}

/* FUNCTION QUALIFIER [PAYLOAD]; "@N" as the payload is N bytes of JSON. */
static enum lambda_status invoke(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	cleanup(buffer_release) struct buffer payload = BUFFER_INIT(64 * 1024 * 1024);
	struct lambda_invocation invocation;
	const char *text = text_of(run, 3);
	enum lambda_status status;
	uint64_t size;

	if (text[0] == '@' && !number_parse_u64(text + 1, 32 * 1024 * 1024, &size)) {
		must(buffer_append_byte(&payload, '"'));
		while (payload.length + 1 < size)
			must(buffer_append_byte(&payload, 'x'));
		must(buffer_append_byte(&payload, '"'));
	} else {
		must(buffer_append_string(&payload, text));
	}
	status = lambda_invoke(run->client, scope, text_of(run, 1), text_of(run, 2),
		buffer_text(&payload), payload.length, &invocation, error);
	if (status)
		return status;
	must(json_set_number(run->answer, "http_status", invocation.status));
	must(json_set_string(run->answer, "executed", invocation.executed_version));
	must(json_set_string(run->answer, "function_error", invocation.function_error));
	must(json_set_string(run->answer, "request_id", invocation.request_id));
	must(json_set_string(run->answer, "log_tail", buffer_text(&invocation.log)));
	must(json_set_string(run->answer, "payload", buffer_text(&invocation.payload)));
	lambda_invocation_release(&invocation);
	return LAMBDA_OK;
}

static enum lambda_status call(
	const struct run *run, const struct call_scope *scope, struct lambda_error *error)
{
	const char *name = text_of(run, 0);
	struct lambda_alias alias;
	enum lambda_status status;

	if (!strcmp(name, "list-functions") || !strcmp(name, "list-all"))
		return list_versions(run, scope, true, error);
	if (!strcmp(name, "list-versions"))
		return list_versions(run, scope, false, error);
	if (!strcmp(name, "list-aliases"))
		return list_aliases(run, scope, error);
	if (!strcmp(name, "create-alias") || !strcmp(name, "update-alias"))
		return write_alias(run, scope, error);
	if (!strcmp(name, "get-version") || !strcmp(name, "publish"))
		return with_versions(run, scope, error);
	if (!strcmp(name, "report"))
		return report(run, scope, error);
	if (!strcmp(name, "identity"))
		return identity(run, scope, error);
	if (!strcmp(name, "lookup") || !strcmp(name, "history"))
		return trail_call(run->client, scope, run->settings->arguments, run->answer, error);
	if (!strcmp(name, "update-code") || !strcmp(name, "wait-settled"))
		return upload_call(
			run->client, scope, run->settings->arguments, run->answer, error);
	if (!strcmp(name, "source") || !strcmp(name, "show") || !strcmp(name, "write"))
		return document_call(
			run->client, scope, run->settings->arguments, run->answer, error);
	if (!strcmp(name, "invoke"))
		return invoke(run, scope, error);
	if (!strcmp(name, "get-account"))
		return get_account(run, scope, error);
	if (!strcmp(name, "delete-alias"))
		return lambda_delete_alias(run->client, scope, text_of(run, 1), text_of(run, 2),
			text_of(run, 3), error);
	if (!strcmp(name, "delete-version"))
		return lambda_delete_version(
			run->client, scope, text_of(run, 1), version_of(run, 2), error);
	if (strcmp(name, "get-alias") != 0)
		return lambda_fail(error, LAMBDA_INVALID, "no such call: %s", name);
	status = lambda_get_alias(
		run->client, scope, text_of(run, 1), text_of(run, 2), &alias, error);
	if (!status)
		must(json_set(run->answer, "alias", describe_alias(&alias)));
	return status;
}

/* --- running --- */

struct interruption {
	atomic_bool flag;
	uint64_t after_ms;
	atomic_bool over;
};

static void *interrupt(void *data)
{
	struct interruption *interruption = data;
	int64_t until = clock_monotonic_ms() + (int64_t)interruption->after_ms;
	struct timespec step = {.tv_sec = 0, .tv_nsec = 2000000};

	while (!atomic_load(&interruption->over) && clock_monotonic_ms() < until)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
	atomic_store(&interruption->flag, true);
	return NULL;
}

static void set_error(struct json *answer, const struct lambda_error *error)
{
	struct json *json = json_new_object();

	must(json_set_number(json, "http_status", error->http_status));
	must(json_set_boolean(json, "outcome_unknown", error->outcome_unknown));
	must(json_set_string(json, "operation", error->operation));
	must(json_set_string(json, "code", error->code));
	must(json_set_string(json, "message", error->message));
	must(json_set_string(json, "request_id", error->request_id));
	must(json_set_string(json, "hint", error->hint));
	must(json_set(answer, "error", json));
}

static void *run_calls(void *data)
{
	struct run *run = data;
	const struct settings_of_call *settings = run->settings;
	struct interruption interruption = {.after_ms = settings->interrupt_ms};
	struct call_scope scope = {0};
	struct lambda_error error = {0};
	enum lambda_status status = LAMBDA_OK;
	pthread_t thread;
	uint64_t i;

	if (settings->interrupt_ms) {
		must(pthread_create(&thread, NULL, interrupt, &interruption));
		scope.interrupted = &interruption.flag;
	}
	for (i = 0; !status && i < settings->repeat; i++) {
		scope.read_deadline_ms = clock_monotonic_ms() + (int64_t)settings->read_ms;
		scope.mutation_deadline_ms = clock_monotonic_ms() + (int64_t)settings->mutation_ms;
		status = call(run, &scope, &error);
	}
	must(json_set_string(run->answer, "status", lambda_status_name(status)));
	if (status)
		set_error(run->answer, &error);
	if (settings->interrupt_ms) {
		atomic_store(&interruption.over, true);
		pthread_join(thread, NULL);
	}
	return NULL;
}

static void print(struct json *answer)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(64 * 1024 * 1024);

	must(json_print(answer, &text));
	puts(buffer_text(&text));
}

static void run_all(const struct settings_of_call *settings, struct lambda_client *client)
{
	struct run *runs = calloc(settings->parallel, sizeof(*runs));
	pthread_t *threads = calloc(settings->parallel, sizeof(*threads));
	uint64_t i;

	must(!runs || !threads);
	for (i = 0; i < settings->parallel; i++) {
		runs[i] = (struct run){
			.settings = settings, .client = client, .answer = json_new_object()};
		must(pthread_create(&threads[i], NULL, run_calls, &runs[i]));
		if (settings->one_first && i == 0)
			pthread_join(threads[i], NULL);
	}
	for (i = settings->one_first; i < settings->parallel; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < settings->parallel; i++) {
		must(json_set_number(runs[i].answer, "calls", (double)lambda_client_calls(client)));
		must(json_set_string(runs[i].answer, "region", lambda_client_region(client)));
		must(json_set_string(runs[i].answer, "endpoint", lambda_client_endpoint(client)));
		print(runs[i].answer);
		json_free(runs[i].answer);
	}
	free(runs);
	free(threads);
}

/* NAME=VALUE into the settings; false when it is no option. */
static bool take_option(struct settings_of_call *settings, const char *text)
{
	const char *value = strchr(text, '=');
	size_t length = value ? (size_t)(value - text) : 0;
	const struct {
		const char *name;
		const char **text;
		uint64_t *number;
	} options[] = {
		{"profile", &settings->client.profile, NULL},
		{"region", &settings->client.region, NULL},
		{"endpoint_url", &settings->client.endpoint_url, NULL},
		{"unix_socket", &settings->client.unix_socket, NULL},
		{"read_ms", NULL, &settings->read_ms},
		{"mutation_ms", NULL, &settings->mutation_ms},
		{"interrupt_ms", NULL, &settings->interrupt_ms},
		{"repeat", NULL, &settings->repeat},
		{"parallel", NULL, &settings->parallel},
	};
	uint64_t number = 0;
	size_t i;

	if (!value++)
		return false;
	for (i = 0; i < array_count(options); i++) {
		if (strlen(options[i].name) != length ||
			strncmp(options[i].name, text, length) != 0)
			continue;
		if (options[i].text)
			*options[i].text = value;
		return options[i].text || !number_parse_u64(value, 1000000, options[i].number);
	}
	if (!strncmp(text, "rate=", 5))
		return !number_parse_double(value, 0.0001, 1000, &settings->client.rate);
	if (!strncmp(text, "unlimited=", 10))
		return !number_parse_boolean(value, &settings->client.rate_unlimited);
	if (!strncmp(text, "insecure_http=", 14))
		return !number_parse_boolean(value, &settings->client.insecure_http);
	if (!strncmp(text, "one_first=", 10))
		return !number_parse_boolean(value, &settings->one_first);
	if (!strncmp(text, "leave=", 6))
		return !number_parse_boolean(value, &settings->leave);
	if (strncmp(text, "connect_ms=", 11) != 0 || number_parse_u64(value, 60000, &number))
		return false;
	settings->client.connect_timeout_ms = (int64_t)number;
	return true;
}

int main(int count, char **arguments)
{
	struct log log = {.level = LOG_LEVEL_DEBUG, .sink = log_sink_stderr};
	struct settings_of_call settings = {.read_ms = CALL_SCOPE_READ_MS,
		.mutation_ms = CALL_SCOPE_MUTATION_MS,
		.repeat = 1,
		.parallel = 1};
	cleanup(lambda_client_free_pointer) struct lambda_client *client = NULL;
	struct lambda_error error = {0};
	enum lambda_status status;
	char name[] = "lambda_call";

	(void)count;
	log.sink_data = name;
	settings.client.log = &log;
	for (arguments++; *arguments && take_option(&settings, *arguments); arguments++)
		;
	settings.arguments = arguments;
	status = lambda_client_new(&settings.client, &document_printer, &client, &error);
	if (status) {
		cleanup(json_free_pointer) struct json *answer = json_new_object();

		must(json_set_string(answer, "status", lambda_status_name(status)));
		set_error(answer, &error);
		print(answer);
		return 1;
	}
	must(settings.leave && chdir("/"));
	run_all(&settings, client);
	return 0;
}
