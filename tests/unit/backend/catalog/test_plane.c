/* SPDX-License-Identifier: MIT */
/* The catalog over the real client and a real lambda-plane in this process; every call is counted. */
#include "tests/unit/unit.h"

#include <ftw.h>
#include <pthread.h>

#include "backend/base/clock.h"
#include "backend/catalog/catalog.h"
#include "backend/documents/document.h"
#include "backend/lambda/client.h"
#include "backend/local/plane.h"

#define TTL_MS 600000
#define THREADS 32
#define SMALL_FUNCTIONS 55
#define LARGE_VERSIONS 60

/* A zip of one empty file. */
#define ZIP                                                                                        \
	"UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAEAAAAaC5weVBLAQIUAxQAAAAAAAAAIQAAAAAAAAAAAAAAAAAE"     \
	"AAAAAAAAAAAAAACAAQAAAABoLnB5UEsFBgAAAAABAAEAMgAAACIAAAAAAA=="

struct world {
	char directory[64], socket[96];
	struct plane *plane;
	struct lambda_client *client;
	struct catalog *catalog;
	uint64_t counted;
};

static struct call_scope soon(void)
{
	int64_t now = clock_monotonic_ms();

	return (struct call_scope){now + CALL_SCOPE_READ_MS, now + CALL_SCOPE_MUTATION_MS, NULL};
}

/* A write that is none of the catalog's. */
static void write_by_hand(
	struct world *world, const char *method, const char *path, const char *body)
{
	struct aws_request request =
		lambda_request(world->client, "write", method, RATE_LIMIT_READ);
	const struct call_scope scope = soon();
	struct lambda_error error = {0};
	struct json *json;

	request.path = path;
	request.body = body;
	request.body_length = strlen(body);
	if (aws_request_json(world->client->aws, &scope, &request, &json, &error))
		fail_msg("%s %s: %s", method, path, error.message);
	json_free(json);
}

static void create_function(struct world *world, const char *name, unsigned int versions)
{
	char path[128], body[512];
	unsigned int i;

	snprintf(body, sizeof(body),
		"{\"FunctionName\":\"%s\",\"Runtime\":\"python3.12\",\"Handler\":\"h.h\","
		"\"Environment\":{\"Variables\":{\"STAGE\":\"%s\"}},"
		"\"Role\":\"arn:aws:iam::000000000000:role/r\",\"Code\":{\"ZipFile\":\"" ZIP "\"}}",
		name, name);
	write_by_hand(world, "POST", "/2015-03-31/functions", body);
	for (i = 1; i <= versions; i++) {
		snprintf(path, sizeof(path), "/2015-03-31/functions/%s/configuration", name);
		snprintf(body, sizeof(body), "{\"Description\":\"number %u\"}", i);
		write_by_hand(world, "PUT", path, body);
		snprintf(path, sizeof(path), "/2015-03-31/functions/%s/versions", name);
		write_by_hand(world, "POST", path, "{}");
	}
	snprintf(path, sizeof(path), "/2015-03-31/functions/%s/aliases", name);
	snprintf(body, sizeof(body), "{\"Name\":\"PROD\",\"FunctionVersion\":\"1\"}");
	write_by_hand(world, "POST", path, body);
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	char reason[256] = "", name[32];
	const struct plane_options plane = {
		.state_directory = world->directory, .unix_socket = world->socket};
	const struct aws_client_options client = {
		.unix_socket = world->socket, .rate_unlimited = true, .region = "us-east-1"};
	unsigned int i;

	snprintf(world->directory, sizeof(world->directory), "/tmp/catalog-plane-XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	snprintf(world->socket, sizeof(world->socket), "%s/socket", world->directory);
	if (plane_start(&plane, &world->plane, reason, sizeof(reason)) < 0)
		fail_msg("%s", reason);
	assert_int_equal(
		lambda_client_new(&client, &document_printer, &world->client, NULL), LAMBDA_OK);
	for (i = 0; i < SMALL_FUNCTIONS; i++) {
		snprintf(name, sizeof(name), "small-%u", i);
		create_function(world, name, 1);
	}
	create_function(world, "zlarge", LARGE_VERSIONS);
	*state = world;
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static int end(void **state)
{
	struct world *world = *state;

	lambda_client_free(world->client);
	plane_stop(world->plane);
	nftw(world->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

static struct world *fresh(void **state)
{
	const struct catalog_options options = {.ttl_ms = TTL_MS};
	struct world *world = *state;

	world->catalog = catalog_new(world->client, &options);
	assert_non_null(world->catalog);
	world->counted = lambda_client_calls(world->client);
	return world;
}

/* Calls since the last time. */
static unsigned int calls(struct world *world)
{
	uint64_t before = world->counted;

	world->counted = lambda_client_calls(world->client);
	return (unsigned int)(world->counted - before);
}

static void walk(struct world *world)
{
	const struct call_scope scope = soon();
	const struct catalog_versions *versions;
	const struct catalog_aliases *aliases;
	const struct catalog_function_list *root;
	size_t i;

	assert_int_equal(catalog_function_list_get(world->catalog, &scope, &root, NULL), LAMBDA_OK);
	assert_int_equal(root->count, SMALL_FUNCTIONS + 1);
	for (i = 0; i < root->count; i++) {
		const char *name = root->entries[i].name;

		assert_int_equal(
			catalog_function_exists(world->catalog, &scope, name, NULL), LAMBDA_OK);
		assert_int_equal(
			catalog_versions_get(world->catalog, &scope, name, &versions, NULL),
			LAMBDA_OK);
		assert_int_equal(versions->count, strcmp(name, "zlarge") ? 2 : LARGE_VERSIONS + 1);
		catalog_versions_unref(versions);
		assert_int_equal(catalog_aliases_get(world->catalog, &scope, name, &aliases, NULL),
			LAMBDA_OK);
		assert_int_equal(aliases->count, 1);
		catalog_aliases_unref(aliases);
	}
	catalog_function_list_unref(root);
}

static void a_walk_keeps_its_budget(void **state)
{
	struct world *world = fresh(state);
	const unsigned int functions = SMALL_FUNCTIONS + 1;
	const unsigned int versions = 2 * SMALL_FUNCTIONS + LARGE_VERSIONS + 1;
	const struct call_scope scope = soon();
	unsigned int made;

	assert_int_equal(catalog_verify(world->catalog, &scope, NULL), LAMBDA_OK);
	assert_int_equal(calls(world), 1);
	walk(world);
	made = calls(world) + 1;
	assert_int_equal(made, (functions + 49) / 50 + (versions + 49) / 50 + functions + 2);
	walk(world);
	assert_int_equal(calls(world), 0);
	catalog_free(world->catalog);
}

static void a_link_costs_what_it_may(void **state)
{
	struct world *world = fresh(state);
	const struct call_scope scope = soon();
	struct lambda_alias alias;

	assert_int_equal(
		catalog_function_exists(world->catalog, &scope, "zlarge", NULL), LAMBDA_OK);
	assert_int_equal(catalog_alias_get(world->catalog, &scope, "zlarge", "PROD", &alias, NULL),
		LAMBDA_OK);
	assert_int_equal(calls(world), 1);
	alias.version = alias.version == 1 ? 2 : 1;
	assert_int_equal(
		catalog_update_alias(world->catalog, &scope, "zlarge", &alias, false, NULL, NULL),
		LAMBDA_OK);
	assert_int_equal(calls(world), 1);
	lambda_alias_release(&alias);
	assert_int_equal(catalog_alias_get(world->catalog, &scope, "zlarge", "PROD", &alias, NULL),
		LAMBDA_OK);
	assert_int_equal(calls(world), 0);
	lambda_alias_release(&alias);
	catalog_free(world->catalog);
}

static void read_document(struct catalog *catalog, uint64_t version, enum catalog_document document,
	struct buffer *out)
{
	const struct call_scope scope = soon();
	struct lambda_error error = {0};

	if (catalog_document_get(catalog, &scope, "zlarge", version, document, out, &error))
		fail_msg("%s", error.message);
}

/* By a list, by the crawl's list and alone: the bytes are the same. */
static void the_bytes_do_not_depend_on_the_call(void **state)
{
	struct world *world = fresh(state);
	const struct catalog_options options = {.ttl_ms = TTL_MS};
	struct catalog *alone = catalog_new(world->client, &options);
	struct catalog *listed = catalog_new(world->client, &options);
	const struct call_scope scope = soon();
	const struct catalog_versions *versions;
	uint64_t version;
	int document;

	walk(world);
	assert_int_equal(
		catalog_versions_get(listed, &scope, "zlarge", &versions, NULL), LAMBDA_OK);
	catalog_versions_unref(versions);
	for (version = 0; version <= LARGE_VERSIONS; version += 20)
		for (document = CATALOG_CONFIGURATION; document <= CATALOG_ENVIRONMENT;
			document++) {
			cleanup(buffer_release) struct buffer first = BUFFER_INIT(1 << 20);
			cleanup(buffer_release) struct buffer second = BUFFER_INIT(1 << 20);
			cleanup(buffer_release) struct buffer third = BUFFER_INIT(1 << 20);

			read_document(
				world->catalog, version, (enum catalog_document)document, &first);
			read_document(alone, version, (enum catalog_document)document, &second);
			read_document(listed, version, (enum catalog_document)document, &third);
			assert_string_equal(buffer_text(&first), buffer_text(&second));
			assert_string_equal(buffer_text(&first), buffer_text(&third));
		}
	catalog_free(alone);
	catalog_free(listed);
	catalog_free(world->catalog);
}

static void *look(void *data)
{
	struct world *world = data;
	const struct call_scope scope = soon();
	struct catalog_version version;

	return catalog_version_get(world->catalog, &scope, "zlarge", 7, &version, NULL, NULL)
		       ? data
		       : NULL;
}

static void thirty_two_cold_looks_make_one_call(void **state)
{
	struct world *world = fresh(state);
	pthread_t threads[THREADS];
	void *failed;
	size_t i;

	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look, world), 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(calls(world), 1);
	catalog_free(world->catalog);
}

static void publishing_is_seen(void **state)
{
	struct world *world = fresh(state);
	const struct call_scope scope = soon();
	struct catalog_version version;
	struct lambda_error error = {0};
	uint64_t number = 0;

	write_by_hand(world, "PUT", "/2015-03-31/functions/small-0/configuration",
		"{\"Description\":\"changed\"}");
	calls(world);
	if (catalog_publish_version(
		    world->catalog, &scope, "small-0", "fix", NULL, &number, &error))
		fail_msg("%s", error.message);
	assert_true(number == 2);
	assert_int_equal(
		calls(world), 3); /* the list, whether the last update has failed, and the call */
	assert_int_equal(
		catalog_version_get(world->catalog, &scope, "small-0", 2, &version, NULL, NULL),
		LAMBDA_OK);
	assert_int_equal(
		catalog_publish_version(world->catalog, &scope, "small-0", "", NULL, &number, NULL),
		LAMBDA_ALREADY_EXISTS);
	calls(world);
	assert_int_equal(
		catalog_delete_version(world->catalog, &scope, "small-0", 2, NULL), LAMBDA_OK);
	assert_int_equal(calls(world), 1);
	assert_int_equal(
		catalog_version_get(world->catalog, &scope, "small-0", 2, &version, NULL, NULL),
		LAMBDA_NOT_FOUND);
	catalog_free(world->catalog);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct world *world = fresh(state);
	const struct call_scope scope = soon();
	const struct catalog_versions *versions;
	struct catalog_version version;

	assert_int_equal(
		catalog_function_exists(world->catalog, &scope, "nope", NULL), LAMBDA_NOT_FOUND);
	assert_int_equal(catalog_versions_get(world->catalog, &scope, "nope", &versions, NULL),
		LAMBDA_NOT_FOUND);
	assert_int_equal(
		catalog_version_get(world->catalog, &scope, "zlarge", 999, &version, NULL, NULL),
		LAMBDA_NOT_FOUND);
	catalog_free(world->catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_keeps_its_budget),
		cmocka_unit_test(a_link_costs_what_it_may),
		cmocka_unit_test(the_bytes_do_not_depend_on_the_call),
		cmocka_unit_test(thirty_two_cold_looks_make_one_call),
		cmocka_unit_test(publishing_is_seen),
		cmocka_unit_test(what_is_not_there_is_not_found),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
