/* SPDX-License-Identifier: MIT */
/*
 * For test_gesture.c: a lambda-plane in this process with one function, a client, a catalog and
 * gestures on it, and the API spoken by hand on the side, as a colleague would.
 */
#ifndef ALIASFS_TESTS_GESTURE_WORLD_H
#define ALIASFS_TESTS_GESTURE_WORLD_H

#include "tests/unit/unit.h"

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "backend/base/buffer.h"
#include "backend/base/clock.h"
#include "backend/base/json.h"
#include "backend/documents/document.h"
#include "backend/local/plane.h"
#include "fs/gesture/gesture.h"

#define PATIENCE_MS 20000 /* until a test stops waiting for what should happen at once */
#define FUNCTION "/2015-03-31/functions/hello"

struct world {
	char directory[64];
	char socket[96];
	struct plane *plane;
	struct lambda_client *client;
	struct catalog *catalog;
	struct gestures *gestures;
	int64_t seen; /* the last change that has been looked at */
	struct call_scope scope;
	struct lambda_error error;
	struct buffer writes;
	pthread_mutex_t mutex;
	struct buffer failures;     /* protected by mutex: "DeleteAlias PROD; " */
	unsigned int shown_changes; /* protected by mutex */
};

/* --- the API by hand --- */

static inline int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(descriptor >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(
		connect(descriptor, (const struct sockaddr *)&address, sizeof(address)), 0);
	return descriptor;
}

/* One request; the answer's body into `answer` (may be NULL). The HTTP status. */
static inline int call(struct world *world, const char *method, const char *path, const char *body,
	struct buffer *answer)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(1 << 20);
	cleanup(close_descriptor) int descriptor = connect_to(world->socket);
	const char *at;
	char piece[4096];
	ssize_t n;

	assert_int_equal(buffer_appendf(&text,
				 "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
				 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
				 method, path, strlen(body), body),
		0);
	assert_int_equal(send(descriptor, text.data, text.length, MSG_NOSIGNAL), text.length);
	buffer_reset(&text);
	while ((n = read(descriptor, piece, sizeof(piece))) > 0)
		assert_int_equal(buffer_append(&text, piece, (size_t)n), 0);
	at = strstr(buffer_text(&text), "\r\n\r\n");
	assert_non_null(at);
	if (answer)
		assert_int_equal(buffer_append_string(answer, at + 4), 0);
	return (int)strtol(buffer_text(&text) + strlen("HTTP/1.1 "), NULL, 10);
}

/* A colleague's write, which has to succeed. */
static inline void write_by_hand(
	struct world *world, const char *method, const char *path, const char *body)
{
	cleanup(buffer_release) struct buffer answer = BUFFER_INIT(1 << 20);
	int status = call(world, method, path, body, &answer);

	if (status < 200 || status > 299)
		fail_msg("%s %s: %d %s", method, path, status, buffer_text(&answer));
}

/* "UpdateAlias PROD>2; DeleteAlias BETA": the writes that took effect since the last question. */
static inline const char *list_writes(struct world *world)
{
	cleanup(buffer_release) struct buffer answer = BUFFER_INIT(1 << 20);
	cleanup(json_free_pointer) struct json *changes = NULL;
	const struct json *change;
	const char *version;
	char path[64];

	buffer_reset(&world->writes);
	snprintf(path, sizeof(path), "/_local/changes?after=%lld", (long long)world->seen);
	assert_int_equal(call(world, "GET", path, "", &answer), 200);
	changes = json_parse(buffer_text(&answer), answer.length, NULL);
	assert_non_null(changes);
	for (change = json_first(changes); change; change = json_next(change)) {
		version = json_member_string(change, "version", NULL);
		assert_true(
			json_integer(json_member(change, "sequence"), 0, INT32_MAX, &world->seen));
		assert_int_equal(buffer_appendf(&world->writes, "%s%s %s%s%s",
					 world->writes.length ? "; " : "",
					 json_member_string(change, "operation", "?"),
					 json_member_string(change, "qualifier", "?"),
					 version ? ">" : "", version ? version : ""),
			0);
	}
	return buffer_text(&world->writes);
}

static inline void assert_writes(struct world *world, const char *expected)
{
	assert_string_equal(list_writes(world), expected);
}

/* The calls of an operation since the last reset. */
static inline int count_calls(struct world *world, const char *operation)
{
	cleanup(buffer_release) struct buffer answer = BUFFER_INIT(1 << 20);
	cleanup(json_free_pointer) struct json *calls = NULL;
	int64_t count = 0;

	assert_int_equal(call(world, "GET", "/_local/calls", "", &answer), 200);
	calls = json_parse(buffer_text(&answer), answer.length, NULL);
	if (!json_integer(json_member(calls, operation), 0, INT32_MAX, &count))
		return 0;
	return (int)count;
}

static inline void forget_calls(struct world *world)
{
	assert_int_equal(call(world, "DELETE", "/_local/calls", "", NULL), 204);
}

/* "1", "1+3@0.1 'bird'" or "none": an alias as the API has it. */
static inline void get_alias(struct world *world, const char *name, char text[512])
{
	cleanup(buffer_release) struct buffer answer = BUFFER_INIT(1 << 20);
	cleanup(json_free_pointer) struct json *alias = NULL;
	const struct json *weight;
	char path[256];
	double value = 0;

	snprintf(path, sizeof(path), FUNCTION "/aliases/%s", name);
	if (call(world, "GET", path, "", &answer) != 200) {
		snprintf(text, 512, "none");
		return;
	}
	alias = json_parse(buffer_text(&answer), answer.length, NULL);
	weight = json_first(
		json_member(json_member(alias, "RoutingConfig"), "AdditionalVersionWeights"));
	if (weight && json_number(weight, &value))
		snprintf(text, 512, "%s+%s@%g '%s'",
			json_member_string(alias, "FunctionVersion", "?"), json_name(weight), value,
			json_member_string(alias, "Description", ""));
	else
		snprintf(text, 512, "%s '%s'", json_member_string(alias, "FunctionVersion", "?"),
			json_member_string(alias, "Description", ""));
}

static inline void assert_alias(struct world *world, const char *name, const char *expected)
{
	char text[512];

	get_alias(world, name, text);
	assert_string_equal(text, expected);
}

/* --- the world --- */

static inline void note_failure(void *data, const char *operation, const char *function,
	const char *name, const struct lambda_error *error)
{
	struct world *world = data;

	(void)error;
	assert_string_equal(function, "hello");
	pthread_mutex_lock(&world->mutex);
	if (buffer_appendf(&world->failures, "%s %s; ", operation, name) < 0)
		abort();
	pthread_mutex_unlock(&world->mutex);
}

static inline void note_shown_change(void *data, const char *function, const char *name)
{
	struct world *world = data;

	(void)function;
	(void)name;
	pthread_mutex_lock(&world->mutex);
	world->shown_changes++;
	pthread_mutex_unlock(&world->mutex);
}

static inline void start_plane(struct world *world)
{
	char reason[256] = "";
	struct plane_options options = {
		.state_directory = world->directory, .unix_socket = world->socket};

	if (plane_start(&options, &world->plane, reason, sizeof(reason)) < 0)
		fail_msg("%s", reason);
}

/* hello with versions 1 to 3; PROD -> 1 'live', BETA -> 2, CANARY -> 1 with 10 % to 3 'bird'. */
static inline void fill_plane(struct world *world)
{
	char body[512];
	int version;

	write_by_hand(world, "POST", "/2015-03-31/functions",
		"{\"FunctionName\":\"hello\",\"Runtime\":\"python3.12\",\"Handler\":\"h.h\","
		"\"Role\":\"arn:aws:iam::000000000000:role/r\",\"Code\":{\"ZipFile\":"
		"\""
		"UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAEAAAAaC5weVBLAQIUAxQAAAAAAAAAIQAAAA"
		"AAAAAAAAAAAAAEAAAAAAAAAAAAAACAAQAAAABoLnB5UEsFBgAAAAABAAEAMgAAACIAAAAA"
		"AA=="
		"\"}}");
	for (version = 1; version <= 3; version++) {
		snprintf(body, sizeof(body), "{\"Description\":\"number %d\"}", version);
		write_by_hand(world, "PUT", FUNCTION "/configuration", body);
		write_by_hand(world, "POST", FUNCTION "/versions", "{}");
	}
	write_by_hand(world, "POST", FUNCTION "/aliases",
		"{\"Name\":\"PROD\",\"FunctionVersion\":\"1\",\"Description\":\"live\"}");
	write_by_hand(world, "POST", FUNCTION "/aliases",
		"{\"Name\":\"BETA\",\"FunctionVersion\":\"2\"}");
	write_by_hand(world, "POST", FUNCTION "/aliases",
		"{\"Name\":\"CANARY\",\"FunctionVersion\":\"1\",\"Description\":\"bird\","
		"\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"3\":0.1}}}");
	list_writes(world);
}

static inline void start_gestures(struct world *world, const struct gesture_options *given)
{
	const struct catalog_options catalog_options = {.ttl_ms = 60000};
	const struct aws_client_options client_options = {
		.unix_socket = world->socket, .rate_unlimited = true, .region = "us-east-1"};
	struct gesture_options options = *given;

	options.rules.mountpoint = "/mnt";
	options.mutation_timeout_ms = 5000;
	options.shown_changed = note_shown_change;
	options.failed = note_failure;
	options.callback_data = world;
	assert_int_equal(lambda_client_new(
				 &client_options, &document_printer, &world->client, &world->error),
		0);
	world->catalog = catalog_new(world->client, &catalog_options);
	assert_non_null(world->catalog);
	world->gestures = gestures_new(world->catalog, &options);
	assert_non_null(world->gestures);
}

static inline void start(struct world *world, const struct gesture_options *options)
{
	memset(world, 0, sizeof(*world));
	world->writes.maximum = 1 << 16;
	world->failures.maximum = 1 << 16;
	assert_int_equal(pthread_mutex_init(&world->mutex, NULL), 0);
	snprintf(world->directory, sizeof(world->directory), "/tmp/gesture.XXXXXX");
	assert_non_null(mkdtemp(world->directory));
	snprintf(world->socket, sizeof(world->socket), "%s/socket", world->directory);
	world->scope.read_deadline_ms = clock_monotonic_ms() + 600000;
	world->scope.mutation_deadline_ms = world->scope.read_deadline_ms;
	start_plane(world);
	fill_plane(world);
	start_gestures(world, options);
}

static inline int remove_entry(
	const char *path, const struct stat *attributes, int kind, struct FTW *walk)
{
	(void)attributes;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline void stop_world(struct world *world)
{
	gestures_free(world->gestures, clock_monotonic_ms() + 5000);
	catalog_free(world->catalog);
	lambda_client_free(world->client);
	plane_stop(world->plane);
	nftw(world->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	buffer_release(&world->writes);
	buffer_release(&world->failures);
	pthread_mutex_destroy(&world->mutex);
}

/* --- requests --- */

static const struct gesture_place here = {.function = "hello"};
static const struct gesture_place in_1 = {.function = "hello", .in_version = true, .version = 1};
static const struct gesture_place in_2 = {.function = "hello", .in_version = true, .version = 2};
static const struct gesture_options usual = {.rules.delete_grace_ms = 500};
static const struct gesture_options patient = {.rules.delete_grace_ms = 600000};

/* A caller with a command line that is written with `|` for its NULs. */
static inline struct caller *caller_of(const char *program, const char *arguments)
{
	static struct caller caller;
	static char text[256];
	char *at;

	snprintf(text, sizeof(text), "%s", arguments);
	for (at = text; *at; at++)
		if (*at == '|')
			*at = '\0';
	caller = (struct caller){.thread = 10,
		.process = 10,
		.command_line = text,
		.command_line_length = strlen(arguments)};
	snprintf(caller.program, sizeof(caller.program), "%s", program);
	return &caller;
}

static inline struct caller *tool(void)
{
	return caller_of("cp", "cp|");
}

static inline int do_symlink_in(struct world *world, const struct caller *caller,
	const struct gesture_place *place, const char *name, const char *target)
{
	struct gesture_entry entry;
	size_t target_length;
	int error = -gesture_symlink(world->gestures, &world->scope, caller, place, name, target,
		&target_length, &world->error);

	/* The size that it answers is that of the link that is found then. */
	if (!error && !place->in_version &&
		!gesture_lookup(world->gestures, &world->scope, place, name, &entry, &world->error))
		assert_int_equal(target_length, entry.target_length);
	return error;
}

static inline int do_symlink(struct world *world, const char *name, const char *target)
{
	return do_symlink_in(world, tool(), &here, name, target);
}

static inline int do_rename(
	struct world *world, const char *name, const char *new_name, unsigned int flags)
{
	return -gesture_rename(world->gestures, &world->scope, tool(),
		&(struct gesture_move){&here, name, &here, new_name, flags}, &world->error);
}

static inline int do_unlink(struct world *world, const char *name)
{
	return -gesture_unlink(
		world->gestures, &world->scope, caller_of("rm", "rm|"), &here, name, &world->error);
}

static inline int settle(struct world *world)
{
	return -gesture_settle(world->gestures, &world->scope, "hello", &world->error);
}

static inline void look_up_in(struct world *world, const struct gesture_place *place,
	const char *name, struct gesture_entry *entry)
{
	assert_int_equal(
		gesture_lookup(world->gestures, &world->scope, place, name, entry, &world->error),
		0);
}

static inline bool shows_in(
	struct world *world, const struct gesture_place *place, const char *name)
{
	struct gesture_entry entry;

	look_up_in(world, place, name, &entry);
	return entry.kind != GESTURE_NOTHING;
}

static inline bool shows(struct world *world, const char *name)
{
	return shows_in(world, &here, name);
}

static inline void assert_reads_in(struct world *world, const struct gesture_place *place,
	const char *name, const char *expected)
{
	cleanup(buffer_release) struct buffer target = BUFFER_INIT(8192);
	struct gesture_entry entry;

	assert_int_equal(gesture_readlink(world->gestures, &world->scope, tool()->thread, place,
				 name, &target, &world->error),
		0);
	assert_string_equal(buffer_text(&target), expected);
	look_up_in(world, place, name, &entry);
	assert_int_equal(entry.target_length, strlen(expected));
}

static inline void assert_reads(struct world *world, const char *name, const char *expected)
{
	assert_reads_in(world, &here, name, expected);
}

static inline int add_name(void *data, const char *name, enum gesture_kind kind, uint64_t version)
{
	assert_true(kind == GESTURE_ALIAS || kind == GESTURE_WEIGHT);
	return buffer_appendf(data, "%s>%d ", name, (int)version);
}

static inline void list_names(struct world *world, struct buffer *names)
{
	int64_t expires_ms;

	buffer_reset(names);
	assert_int_equal(gesture_list(world->gestures, &world->scope, "hello", add_name, names,
				 &expires_ms, &world->error),
		0);
}

static inline void assert_listing(struct world *world, const char *expected)
{
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(8192);

	list_names(world, &names);
	assert_string_equal(buffer_text(&names), expected);
}

/* Waits for the writes of background changes. */
static inline void await_writes(struct world *world, const char *expected)
{
	int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
	const char *writes;

	do {
		writes = list_writes(world);
		if (*writes)
			break;
		usleep(5000);
	} while (clock_monotonic_ms() < deadline_ms);
	assert_string_equal(writes, expected);
}

static inline void await_listing(struct world *world, const char *expected)
{
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(8192);
	int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;

	list_names(world, &names);
	while (strcmp(buffer_text(&names), expected) && clock_monotonic_ms() < deadline_ms) {
		usleep(5000);
		list_names(world, &names);
	}
	assert_string_equal(buffer_text(&names), expected);
}

static inline void await_failure(struct world *world, const char *expected)
{
	int64_t deadline_ms = clock_monotonic_ms() + PATIENCE_MS;
	bool came = false;

	while (!came && clock_monotonic_ms() < deadline_ms) {
		pthread_mutex_lock(&world->mutex);
		came = world->failures.length > 0;
		if (came)
			assert_string_equal(buffer_text(&world->failures), expected);
		buffer_reset(&world->failures);
		pthread_mutex_unlock(&world->mutex);
		usleep(5000);
	}
	assert_true(came);
}

#endif
