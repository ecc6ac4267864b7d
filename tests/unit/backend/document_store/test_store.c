/* SPDX-License-Identifier: MIT */
/* The answers that documents are made of: what is asked for, what is shared, what is believed and for how long. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sched.h>

#include "backend/base/clock.h"
#include "backend/document_store/document_store.h"
#include "backend/lambda/documents.h"
#include "tests/unit/backend/catalog/catalog_fake.h"

#define TTL_MS 60000
#define PATIENCE_MS 30000
#define ARN "arn:aws:lambda:us-east-1:000000000000:function:"

/* --- the clock, and AWS --- */

static atomic_int_least64_t passed_ms;

int64_t __real_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void)
{
	return __real_clock_monotonic_ms() + atomic_load(&passed_ms);
}

static struct {
	atomic_uint counts[LAMBDA_SOURCE_COUNT];
	const char *answers[LAMBDA_SOURCE_COUNT];
	enum lambda_status status; /* what the next calls end with */
	const char *code;
	atomic_bool holds; /* calls wait until this is false */
	atomic_uint waiting;
} remote;

/* In the place of the call in backend/lambda/documents.c. */
enum lambda_status lambda_read_document_source(struct lambda_client *client,
	const struct call_scope *scope, enum lambda_source source, const char *function,
	const char *qualifier, struct json **ret_answer, struct lambda_error *reterr)
{
	int64_t until_ms = __real_clock_monotonic_ms() + PATIENCE_MS;
	const char *text = remote.answers[source];

	(void)client;
	(void)scope;
	(void)function;
	(void)qualifier;
	atomic_fetch_add(&remote.counts[source], 1);
	atomic_fetch_add(&remote.waiting, 1);
	while (atomic_load(&remote.holds) && __real_clock_monotonic_ms() < until_ms)
		sched_yield();
	if (remote.status) {
		lambda_fail(reterr, remote.status, "it failed");
		if (reterr)
			snprintf(reterr->code, sizeof(reterr->code), "%s", remote.code);
		return remote.status;
	}
	*ret_answer = json_parse(text, strlen(text), NULL);
	assert_non_null(*ret_answer);
	return LAMBDA_OK;
}

/* --- the account --- */

struct account {
	struct catalog *catalog;
	struct document_store *store;
};

static struct account begin(void)
{
	const struct fake_options fake = {0};
	const struct catalog_options catalog = {.ttl_ms = 5000};
	struct document_store_options options = {.ttl_ms = TTL_MS};
	struct account account;
	char name[16];
	int i;

	memset(&remote, 0, sizeof(remote));
	atomic_store(&passed_ms, 0); /* what waits goes by the real clock */
	remote.code = "";
	remote.answers[LAMBDA_SOURCE_FUNCTION] = "{\"Tags\":{\"team\":\"blue\"}}";
	remote.answers[LAMBDA_SOURCE_POLICY] = "{\"Policy\":\"{\\\"Statement\\\":[]}\"}";
	remote.answers[LAMBDA_SOURCE_EVENT_SOURCES] = "{\"EventSourceMappings\":[]}";
	remote.answers[LAMBDA_SOURCE_ALL_EVENT_SOURCES] =
		"{\"EventSourceMappings\":["
		"{\"UUID\":\"b\",\"FunctionArn\":\"" ARN "fn-1:PROD\",\"State\":\"Enabled\"},"
		"{\"UUID\":\"a\",\"FunctionArn\":\"" ARN "fn-1:PROD\",\"State\":\"Enabled\"},"
		"{\"UUID\":\"c\",\"FunctionArn\":\"" ARN "fn-1:$LATEST\",\"State\":\"Disabled\"},"
		"{\"UUID\":\"d\",\"FunctionArn\":\"" ARN "fn-1\",\"State\":\"Enabled\"},"
		"{\"UUID\":\"e\",\"FunctionArn\":\"" ARN "fn-12:PROD\",\"State\":\"Enabled\"}]}";
	fake_begin(&fake);
	for (i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "fn-%d", i);
		fake_add_function(name, 2);
		fake_set_alias(name, "PROD", 1);
	}
	account.catalog = catalog_new(NULL, &catalog);
	assert_non_null(account.catalog);
	options.catalog = account.catalog;
	account.store = document_store_new(&options);
	assert_non_null(account.store);
	return account;
}

static void end(struct account *account)
{
	document_store_free(account->store);
	catalog_free(account->catalog);
	fake_end();
}

static struct call_scope soon(void)
{
	int64_t now_ms = clock_monotonic_ms();

	return (struct call_scope){now_ms + PATIENCE_MS, now_ms + PATIENCE_MS};
}

static enum lambda_status read_as(struct account *account, const struct call_scope *scope,
	enum document_id id, const char *function, const char *qualifier, char text[4096])
{
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(DOCUMENT_MAX);
	int64_t expires_ms = 0;
	enum lambda_status status = document_store_read(account->store, scope, document_kind(id),
		function, qualifier, &out, &expires_ms, NULL);

	snprintf(text, 4096, "%s", buffer_text(&out));
	if (!status)
		assert_within(expires_ms - clock_monotonic_ms() + TTL_MS, 1, 2 * TTL_MS);
	return status;
}

static enum lambda_status read_text(struct account *account, enum document_id id,
	const char *function, const char *qualifier, char text[4096])
{
	const struct call_scope scope = soon();

	return read_as(account, &scope, id, function, qualifier, text);
}

static unsigned int calls(enum lambda_source source)
{
	return atomic_load(&remote.counts[source]);
}

/* --- tests --- */

static void an_answer_serves_all_its_documents_for_its_time(void **state)
{
	struct account account = begin();
	char text[4096];

	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_string_equal(text, "{\n  \"team\": \"blue\"\n}\n");
	assert_int_equal(
		read_text(&account, DOCUMENT_RESERVED_CONCURRENCY, "fn-1", "", text), LAMBDA_OK);
	assert_string_equal(text, "");
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 1);
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-2", "", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 2);
	atomic_fetch_add(&passed_ms, TTL_MS + 1);
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 3);
	end(&account);
}

static void a_missing_policy_is_empty_only_of_what_is_there(void **state)
{
	struct account account = begin();
	char text[4096];

	remote.status = LAMBDA_NOT_FOUND;
	remote.code = "ResourceNotFoundException";
	assert_int_equal(read_text(&account, DOCUMENT_POLICY, "fn-1", "PROD", text), LAMBDA_OK);
	assert_string_equal(text, "");
	assert_int_equal(read_text(&account, DOCUMENT_POLICY, "fn-1", "", text), LAMBDA_OK);
	assert_string_equal(text, "");
	assert_int_equal(calls(LAMBDA_SOURCE_POLICY), 2);
	assert_int_equal(
		read_text(&account, DOCUMENT_POLICY, "fn-1", "NOPE", text), LAMBDA_NOT_FOUND);
	assert_int_equal(read_text(&account, DOCUMENT_POLICY, "nope", "", text), LAMBDA_NOT_FOUND);
	assert_int_equal(calls(LAMBDA_SOURCE_POLICY), 2);
	/* A 404 of another code, or of another source, is no answer. */
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_NOT_FOUND);
	remote.code = "UnknownOperationException";
	assert_int_equal(read_text(&account, DOCUMENT_POLICY, "fn-2", "", text), LAMBDA_NOT_FOUND);
	end(&account);
}

static void a_failure_is_not_kept_and_replaces_nothing(void **state)
{
	struct account account = begin();
	char text[4096];

	remote.status = LAMBDA_SERVICE_FAILED;
	assert_int_equal(
		read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_SERVICE_FAILED);
	assert_string_equal(text, "");
	remote.status = LAMBDA_OK;
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	remote.status = LAMBDA_SERVICE_FAILED;
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_string_equal(text, "{\n  \"team\": \"blue\"\n}\n");
	end(&account);
}

static void what_is_forgotten_is_asked_for_again(void **state)
{
	struct account account = begin();
	char text[4096];
	size_t answers, bytes;

	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-2", "", text), LAMBDA_OK);
	document_store_count(account.store, &answers, &bytes);
	assert_int_equal(answers, 2);
	assert_true(bytes > 0);
	document_store_forget(account.store, "fn-1");
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-2", "", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 2);
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 3);
	document_store_refresh(account.store);
	document_store_count(account.store, &answers, &bytes);
	assert_int_equal(answers, 0);
	assert_int_equal(bytes, 0);
	end(&account);
}

static void asking_takes_no_answer_that_is_kept(void **state)
{
	struct account account = begin();
	const struct call_scope scope = soon();
	cleanup(json_free_pointer) struct json *answer = NULL;
	char text[4096];

	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	remote.answers[LAMBDA_SOURCE_FUNCTION] = "{\"Tags\":{\"team\":\"green\"}}";
	assert_int_equal(document_store_ask(account.store, &scope, document_kind(DOCUMENT_TAGS),
				 "fn-1", "", &answer, NULL),
		LAMBDA_OK);
	assert_string_equal(json_member_string(json_member(answer, "Tags"), "team", ""), "green");
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_string_equal(text, "{\n  \"team\": \"green\"\n}\n");
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 2);
	end(&account);
}

/* --- several at once --- */

struct reader {
	pthread_t thread;
	struct account *account;
	struct call_scope scope;
	atomic_bool interrupted;
	enum lambda_status status;
	char text[4096];
};

static void *read_in_thread(void *data)
{
	struct reader *reader = data;

	reader->status =
		read_as(reader->account, &reader->scope, DOCUMENT_TAGS, "fn-1", "", reader->text);
	return NULL;
}

static void start(struct reader *reader, struct account *account)
{
	*reader = (struct reader){.account = account, .scope = soon()};
	reader->scope.interrupted = &reader->interrupted;
	assert_int_equal(pthread_create(&reader->thread, NULL, read_in_thread, reader), 0);
}

static void who_comes_meanwhile_shares_the_answer(void **state)
{
	struct account account = begin();
	struct reader first, second, third;

	atomic_store(&remote.holds, true);
	start(&first, &account);
	while (!atomic_load(&remote.waiting))
		sched_yield();
	start(&second, &account);
	start(&third, &account);
	/* It leaves alone: the others go on waiting. */
	atomic_store(&third.interrupted, true);
	pthread_join(third.thread, NULL);
	assert_int_equal(third.status, LAMBDA_INTERRUPTED);
	atomic_store(&remote.holds, false);
	pthread_join(first.thread, NULL);
	pthread_join(second.thread, NULL);
	assert_int_equal(first.status, LAMBDA_OK);
	assert_int_equal(second.status, LAMBDA_OK);
	assert_string_equal(first.text, second.text);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 1);
	end(&account);
}

static void what_was_under_way_when_all_was_forgotten_is_not_kept(void **state)
{
	struct account account = begin();
	struct reader reader;
	char text[4096];

	atomic_store(&remote.holds, true);
	start(&reader, &account);
	while (!atomic_load(&remote.waiting))
		sched_yield();
	document_store_forget(account.store, "fn-1");
	atomic_store(&remote.holds, false);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.status, LAMBDA_OK);
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), 2);
	end(&account);
}

/* --- crawls --- */

struct process {
	struct call_asker asker;
	uint64_t number;
};

static void read_lineage(struct call_asker *asker)
{
	asker->lineage = (struct call_lineage){1, {((struct process *)asker)->number}};
}

static void a_crawl_is_shown_what_it_has_read_and_asks_once_for_all_event_sources(void **state)
{
	struct account account = begin();
	struct process crawler = {{.read = read_lineage}, 7};
	struct call_scope scope = soon();
	char name[16], text[4096];
	unsigned int before;
	int i;

	scope.asker = &crawler.asker;
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "fn-%d", i);
		assert_int_equal(
			read_as(&account, &scope, DOCUMENT_TAGS, name, "", text), LAMBDA_OK);
	}
	before = calls(LAMBDA_SOURCE_FUNCTION);
	for (i = 0; i < 20; i++) { /* it goes on, by calls about others, for longer than ttl */
		atomic_fetch_add(&passed_ms, 4000);
		scope = soon();
		scope.asker = &crawler.asker;
		catalog_begin_call(account.catalog, &scope, "fn-4");
		catalog_end_call(account.catalog, &scope, "fn-4");
	}
	assert_int_equal(read_as(&account, &scope, DOCUMENT_TAGS, "fn-1", "", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), before);
	/* Others are not. */
	assert_int_equal(read_text(&account, DOCUMENT_TAGS, "fn-0", "", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_FUNCTION), before + 1);
	assert_int_equal(
		read_as(&account, &scope, DOCUMENT_EVENT_SOURCES, "fn-1", "PROD", text), LAMBDA_OK);
	assert_non_null(strstr(text, "\"UUID\": \"a\""));
	assert_non_null(strstr(text, "\"UUID\": \"b\""));
	assert_null(strstr(text, "\"UUID\": \"c\""));
	assert_null(strstr(text, "\"UUID\": \"e\""));
	assert_int_equal(
		read_as(&account, &scope, DOCUMENT_EVENT_SOURCES, "fn-1", "", text), LAMBDA_OK);
	assert_non_null(strstr(text, "\"UUID\": \"c\""));
	assert_non_null(strstr(text, "\"UUID\": \"d\""));
	assert_null(strstr(text, "\"UUID\": \"a\""));
	assert_int_equal(
		read_as(&account, &scope, DOCUMENT_EVENT_SOURCES, "fn-2", "PROD", text), LAMBDA_OK);
	assert_string_equal(text, "");
	assert_int_equal(calls(LAMBDA_SOURCE_ALL_EVENT_SOURCES), 1);
	assert_int_equal(calls(LAMBDA_SOURCE_EVENT_SOURCES), 0);
	/* While it is fresh it serves all others, too. */
	assert_int_equal(
		read_text(&account, DOCUMENT_EVENT_SOURCES, "fn-3", "PROD", text), LAMBDA_OK);
	assert_int_equal(calls(LAMBDA_SOURCE_EVENT_SOURCES), 0);
	end(&account);
}

static void an_event_source_of_nothing_is_a_failure(void **state)
{
	struct account account = begin();
	struct process crawler = {{.read = read_lineage}, 8};
	struct call_scope scope = soon();
	char name[16], text[4096];
	int i;

	remote.answers[LAMBDA_SOURCE_ALL_EVENT_SOURCES] =
		"{\"EventSourceMappings\":[{\"UUID\":\"a\",\"FunctionArn\":\"x\"}]}";
	scope.asker = &crawler.asker;
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "fn-%d", i);
		assert_int_equal(
			read_as(&account, &scope, DOCUMENT_TAGS, name, "", text), LAMBDA_OK);
	}
	assert_int_equal(read_as(&account, &scope, DOCUMENT_EVENT_SOURCES, "fn-1", "PROD", text),
		LAMBDA_BAD_ANSWER);
	assert_string_equal(text, "");
	end(&account);
}

static void the_oldest_answers_make_room(void **state)
{
	enum {
		SIZE = 600 * 1024,
		FUNCTIONS = 130
	};
	struct account account = begin();
	struct call_scope scope = soon();
	cleanup(buffer_release) struct buffer large = BUFFER_INIT(2 * SIZE);
	size_t answers, bytes;
	char name[16];
	int i;

	assert_int_equal(buffer_appendf(&large, "{\"Tags\":{},\"x\":\"%0*d\"}", SIZE, 1), 0);
	remote.answers[LAMBDA_SOURCE_FUNCTION] = buffer_text(&large);
	for (i = 0; i < FUNCTIONS; i++) {
		cleanup(buffer_release) struct buffer out = BUFFER_INIT(DOCUMENT_MAX);

		snprintf(name, sizeof(name), "big-%d", i);
		fake_add_function(name, 1);
		assert_int_equal(document_store_read(account.store, &scope,
					 document_kind(DOCUMENT_TAGS), name, "", &out, NULL, NULL),
			LAMBDA_OK);
	}
	document_store_count(account.store, &answers, &bytes);
	assert_within(bytes, DOCUMENT_STORE_BYTES_MAX / 2, DOCUMENT_STORE_BYTES_MAX);
	assert_within(answers, 50, FUNCTIONS - 1);
	end(&account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_serves_all_its_documents_for_its_time),
		cmocka_unit_test(a_missing_policy_is_empty_only_of_what_is_there),
		cmocka_unit_test(a_failure_is_not_kept_and_replaces_nothing),
		cmocka_unit_test(what_is_forgotten_is_asked_for_again),
		cmocka_unit_test(asking_takes_no_answer_that_is_kept),
		cmocka_unit_test(who_comes_meanwhile_shares_the_answer),
		cmocka_unit_test(what_was_under_way_when_all_was_forgotten_is_not_kept),
		cmocka_unit_test(
			a_crawl_is_shown_what_it_has_read_and_asks_once_for_all_event_sources),
		cmocka_unit_test(an_event_source_of_nothing_is_a_failure),
		cmocka_unit_test(the_oldest_answers_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
