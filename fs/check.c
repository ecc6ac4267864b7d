/* SPDX-License-Identifier: MIT */
#include "fs/check.h"

#include "backend/base/clock.h"
#include "fs/connect.h"
#include "fs/logging.h"

#define IDENTITY_MS 5000 /* for STS, which only makes the answer friendlier */

static void tell(void *data, const struct lambda_report_line *line)
{
	(void)data;
	printf("%-12s %s%s%s%s\n", line->name, line->value,
		line->source && *line->source ? "  (" : "", line->source ? line->source : "",
		line->source && *line->source ? ")" : "");
}

static enum exit_code complain(const char *what, const struct lambda_error *error)
{
	char text[DAEMON_TEXT_MAX];

	connect_explain(what, error, text, sizeof(text));
	fflush(stdout);
	fprintf(stderr, "aliasfs: %s\n", text);
	return connect_exit_code(error->status);
}

/* Who the credentials are; another server than AWS knows nobody. */
static void tell_identity(const struct options *options, struct lambda_client *client)
{
	int64_t now_ms = clock_monotonic_ms();
	const struct call_scope scope = {.read_deadline_ms = now_ms + IDENTITY_MS,
		.mutation_deadline_ms = now_ms + IDENTITY_MS};
	struct lambda_identity identity = {0};
	struct lambda_error error = {0};

	if (options->source == SOURCE_LOCAL || options->endpoint_url)
		return;
	if (lambda_client_identity(client, &scope, &identity, &error))
		printf("%-12s unknown: %s\n", "identity", error.message);
	else
		printf("%-12s %s  (account %s)\n", "identity", identity.arn, identity.account);
}

static enum exit_code try_call(struct lambda_client *client, const struct call_scope *scope)
{
	struct lambda_version_page page;
	struct lambda_error error = {0};

	if (lambda_list_functions(client, scope, false, NULL, &page, &error))
		return complain("cannot list the functions", &error);
	printf("%-12s ListFunctions works: %zu function%s%s\n", "call", page.count,
		page.count == 1 ? "" : "s", page.next_marker ? " on the first page" : "");
	lambda_version_page_release(&page);
	return EXIT_OK;
}

static enum exit_code check(const struct options *options, struct lambda_client *client)
{
	int64_t deadline_ms = clock_monotonic_ms() + (int64_t)(options->read_timeout * 1000);
	const struct call_scope scope = {
		.read_deadline_ms = deadline_ms, .mutation_deadline_ms = deadline_ms};
	struct lambda_error error = {0};

	if (lambda_client_report(client, &scope, tell, NULL, &error))
		return complain("no credentials can be used", &error);
	tell_identity(options, client);
	return try_call(client, &scope);
}

enum exit_code check_run(const struct options *options)
{
	struct connection connection = {0};
	char text[DAEMON_TEXT_MAX];
	struct log log = {0};
	enum exit_code code;

	logging_start(&log, true, (enum log_level)options->log_level);
	code = connect_open(options, &log, &connection, text, sizeof(text));
	if (code)
		fprintf(stderr, "aliasfs: %s\n", text);
	else
		code = check(options, connection.client);
	connect_close(&connection);
	return code;
}
