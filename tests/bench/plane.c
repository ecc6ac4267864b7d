/* SPDX-License-Identifier: MIT */
/*
 * How fast lambda-plane is, as ratios that mean the same on any machine: each of its answers beside
 * a bare libmicrohttpd answer of the same size, its durable writes also beside SQLite's own durable
 * commit. Servers run in processes of their own; clients keep their connections.
 *
 *   bench-plane [--seconds S] [--connections N] [--functions F] [--versions V] [--directory DIR]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "backend/base/number.h"
#include "backend/local/plane.h"

#define SAMPLES_MAX (1 << 23) /* latencies kept of one measurement */
#define SLICES 10             /* bare and plane take turns: what else runs here meets both */
#define ANSWER_MAX (1 << 20)
#define CLIENTS_MAX 64

struct settings {
	double seconds;
	uint64_t connections, functions, versions;
	const char *directory;
};

static void die(const char *what)
{
	fprintf(stderr, "bench-plane: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- servers, each in a process of its own --- */

struct server {
	pid_t pid;
	uint16_t port;
	int stop; /* closing it ends the process */
};

static enum MHD_Result answer_bare(void *data, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	static int begun;
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!*state) {
		*state = &begun;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(strlen(data), data, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(response, "Content-Type", "application/json");
	MHD_add_response_header(
		response, "x-amzn-RequestId", "00000000-0000-4000-8000-000000000000");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static int listen_anywhere(uint16_t *ret_port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof(address)) ||
		listen(descriptor, 512) ||
		getsockname(descriptor, (struct sockaddr *)&address, &size))
		die("listen");
	*ret_port = ntohs(address.sin_port);
	return descriptor;
}

/* Runs in the child: serves until the pipe is closed. */
static void serve_bare(char *body, int ready, int stop)
{
	uint16_t port;
	int descriptor = listen_anywhere(&port);
	struct MHD_Daemon *daemon =
		MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
					 MHD_USE_POLL | MHD_USE_ITC | MHD_USE_TURBO,
			0, NULL, NULL, answer_bare, body, MHD_OPTION_LISTEN_SOCKET, descriptor,
			MHD_OPTION_END);
	char byte;

	if (!daemon || write(ready, &port, sizeof(port)) != sizeof(port))
		die("bare server");
	while (read(stop, &byte, 1) > 0)
		;
	MHD_stop_daemon(daemon);
	exit(0);
}

static void serve_plane(const char *directory, int ready, int stop)
{
	struct plane_options options = {.state_directory = directory};
	struct plane *plane;
	char reason[256], byte;
	uint16_t port;

	if (plane_start(&options, &plane, reason, sizeof(reason))) {
		fprintf(stderr, "bench-plane: %s\n", reason);
		exit(1);
	}
	port = plane_port(plane);
	if (write(ready, &port, sizeof(port)) != sizeof(port))
		die("plane");
	while (read(stop, &byte, 1) > 0)
		;
	plane_stop(plane);
	exit(0);
}

/* Starts one: a bare one that answers `body`, or with NULL a lambda-plane over `directory`. */
static struct server start_server(char *body, const char *directory)
{
	int ready[2], stop[2];
	struct server server;

	if (pipe(ready) || pipe(stop))
		die("pipe");
	fflush(NULL);
	server.pid = fork();
	if (server.pid < 0)
		die("fork");
	if (!server.pid) {
		close(ready[0]);
		close(stop[1]);
		if (body)
			serve_bare(body, ready[1], stop[0]);
		serve_plane(directory, ready[1], stop[0]);
	}
	close(ready[1]);
	close(stop[0]);
	if (read(ready[0], &server.port, sizeof(server.port)) != sizeof(server.port))
		die("the server did not start");
	close(ready[0]);
	server.stop = stop[1];
	return server;
}

static void stop_server(struct server *server)
{
	close(server->stop);
	waitpid(server->pid, NULL, 0);
}

static long resident_kib(pid_t pid)
{
	char path[64], line[128];
	uint64_t kib = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *text = line + strlen("VmRSS:");

		if (strncmp(line, "VmRSS:", 6))
			continue;
		text += strspn(text, " \t");
		if (number_parse_u64_bytes(text, strspn(text, "0123456789"), INT32_MAX, &kib))
			kib = 0;
	}
	if (file)
		fclose(file);
	return (long)kib;
}

/* --- a client --- */

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return descriptor;
}

/* Sends and reads one answer; gives the length of its body, which stands in `answer` behind the headers. */
static size_t exchange(
	int descriptor, const char *request, char *answer, int *ret_status, char **ret_body)
{
	size_t length = strlen(request), have = 0, content;
	uint64_t number = 0;
	char *end, *field;

	if (send(descriptor, request, length, MSG_NOSIGNAL) != (ssize_t)length)
		die("send");
	do {
		ssize_t got = recv(descriptor, answer + have, ANSWER_MAX - 1 - have, 0);

		if (got <= 0)
			die("recv");
		have += (size_t)got;
		answer[have] = '\0';
		end = strstr(answer, "\r\n\r\n");
	} while (!end);
	field = strcasestr(answer, "\r\nContent-Length: ");
	if (field && field < end)
		field += strlen("\r\nContent-Length: ");
	if (!field || field > end ||
		number_parse_u64_bytes(field, strspn(field, "0123456789"), ANSWER_MAX / 2, &number))
		number = 0;
	content = (size_t)number;
	*ret_body = end + 4;
	while (have < (size_t)(*ret_body - answer) + content) {
		ssize_t got = recv(descriptor, answer + have, ANSWER_MAX - 1 - have, 0);

		if (got <= 0)
			die("recv");
		have += (size_t)got;
	}
	answer[have] = '\0';
	*ret_status = (answer[9] - '0') * 100 + (answer[10] - '0') * 10 + (answer[11] - '0');
	return content;
}

/* One request by itself; gives its body, which the caller frees. */
static char *ask(uint16_t port, const char *request)
{
	char *answer = malloc(ANSWER_MAX), *body, *copy;
	int status, descriptor = connect_to(port);

	if (!answer)
		die("malloc");
	exchange(descriptor, request, answer, &status, &body);
	if (status >= 300) {
		fprintf(stderr, "bench-plane: %.200s\n%s\n", request, answer);
		exit(1);
	}
	copy = strdup(body);
	free(answer);
	close(descriptor);
	return copy;
}

struct client {
	pthread_t thread;
	uint16_t port;
	const char *request;
	double until;
	double *samples;
	size_t count;
};

static void *run_client(void *data)
{
	struct client *client = data;
	char *answer = malloc(ANSWER_MAX), *body;
	int status, descriptor = connect_to(client->port);

	if (!answer)
		die("malloc");
	for (double begun = now(); begun < client->until; begun = now()) {
		exchange(descriptor, client->request, answer, &status, &body);
		if (status >= 300) {
			fprintf(stderr, "bench-plane: %s\n", answer);
			exit(1);
		}
		if (client->count < SAMPLES_MAX / SLICES)
			client->samples[client->count++] = now() - begun;
	}
	close(descriptor);
	free(answer);
	return NULL;
}

static int compare_doubles(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;

	return difference < 0 ? -1 : difference > 0;
}

struct result {
	double rate, p50_us, p99_us, cpu_us;
};

static struct result summarise(double *samples, size_t count, double seconds)
{
	struct result result = {.rate = (double)count / seconds};

	if (!count)
		return result;
	qsort(samples, count, sizeof(*samples), compare_doubles);
	result.p50_us = samples[count / 2] * 1e6;
	result.p99_us = samples[count * 99 / 100] * 1e6;
	return result;
}

/* What was measured of one server, over several slices of time. */
struct tally {
	double *samples;
	size_t count;
	double seconds, cpu_seconds; /* of the clock, and of the server's own work */
};

static struct tally new_tally(void)
{
	struct tally tally = {.samples = malloc(SAMPLES_MAX * sizeof(double))};

	if (!tally.samples)
		die("malloc");
	return tally;
}

/* The processor time of a process, all its threads, in seconds. */
static double cpu_seconds(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
		die("cpu clock");
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void add_samples(struct tally *tally, const struct client *client)
{
	size_t count = client->count;

	if (count > SAMPLES_MAX - tally->count)
		count = SAMPLES_MAX - tally->count;
	memcpy(tally->samples + tally->count, client->samples, count * sizeof(double));
	tally->count += count;
}

/* All clients send the same request until a slice of time is over. */
static void measure(const struct settings *settings, const struct server *server,
	const char *request, struct tally *tally)
{
	struct client clients[CLIENTS_MAX] = {0};
	double begun = now(), cpu = cpu_seconds(server->pid);

	for (size_t i = 0; i < settings->connections; i++) {
		clients[i] = (struct client){.port = server->port,
			.request = request,
			.until = begun + settings->seconds / SLICES,
			.samples = malloc(SAMPLES_MAX / SLICES * sizeof(double))};
		if (!clients[i].samples ||
			pthread_create(&clients[i].thread, NULL, run_client, &clients[i]))
			die("client");
	}
	for (size_t i = 0; i < settings->connections; i++) {
		pthread_join(clients[i].thread, NULL);
		add_samples(tally, &clients[i]);
		free(clients[i].samples);
	}
	tally->seconds += now() - begun;
	tally->cpu_seconds += cpu_seconds(server->pid) - cpu;
}

/* --- SQLite alone: what a durable commit costs in this directory --- */

static struct result measure_sqlite(const struct settings *settings, const char *directory)
{
	double *samples = malloc(SAMPLES_MAX * sizeof(double)), begun = now(), each = begun;
	struct result result;
	sqlite3 *database;
	char path[4200];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/alone.db", directory);
	if (!samples || sqlite3_open(path, &database) != SQLITE_OK ||
		sqlite3_exec(database,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (a "
			"INTEGER PRIMARY KEY, b TEXT); INSERT INTO t VALUES (1, 'x');",
			NULL, NULL, NULL) != SQLITE_OK)
		die("sqlite");
	while (each < begun + settings->seconds && count < SAMPLES_MAX) {
		double before = each;

		if (sqlite3_exec(database,
			    "BEGIN IMMEDIATE; UPDATE t SET b = hex(randomblob(16)); COMMIT", NULL,
			    NULL, NULL) != SQLITE_OK)
			die("sqlite");
		each = now();
		samples[count++] = each - before;
	}
	sqlite3_close(database);
	result = summarise(samples, count, now() - begun);
	free(samples);
	return result;
}

/* --- the account --- */

static void execute(sqlite3 *database, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(database, sql, NULL, NULL, &message) == SQLITE_OK)
		return;
	fprintf(stderr, "bench-plane: %s\n", message);
	exit(1);
}

/*
 * Makes F functions of V versions. Publishing them one by one would take longer than the benchmark,
 * so they are copies of one function that was made through the API.
 */
static void populate(const struct settings *settings, const char *directory)
{
	sqlite3 *database;
	char path[4200], sql[4096];

	snprintf(path, sizeof(path), "%s/lambda.db", directory);
	if (sqlite3_open(path, &database) != SQLITE_OK)
		die("sqlite");
	sqlite3_busy_timeout(database, 10000);
	execute(database, "PRAGMA foreign_keys=ON; BEGIN IMMEDIATE");
	snprintf(sql, sizeof(sql),
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %llu) "
		"INSERT INTO function (name) SELECT printf('bench-%%06d', i) FROM n",
		(unsigned long long)settings->functions);
	execute(database, sql);
	snprintf(sql, sizeof(sql),
		"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %llu) "
		"INSERT INTO version SELECT f.name, n.i, configuration, description, role, code, "
		"code_sha256, code_size, image_uri, last_modified, revision_id, "
		"settled_revision_id, settles, change FROM function f, n, version v "
		"WHERE v.function = 'seed' AND v.number = 0 AND f.name LIKE 'bench-%%'",
		(unsigned long long)settings->versions);
	execute(database, sql);
	execute(database, "COMMIT");
	sqlite3_close(database);
}

/* A zip with one empty file in it, as base64. */
#define ZIP                                                                                        \
	"UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAABAAAAYVBLAQIKAAoAAAAAAAAAIQAAAAAAAAAAAAAAAAABAAAAAAAA" \
	"AAAA"                                                                                     \
	"AAAAAAAAAABhUEsFBgAAAAABAAEALwAAAB8AAAAAAA=="

static const char host[] = "Host: 127.0.0.1\r\n";

static void make_seed(uint16_t port)
{
	static const char function[] =
		"{\"FunctionName\":\"seed\",\"Runtime\":\"python3.12\",\"Role\":\"arn:aws:iam::"
		"000000000000:role/r\",\"Handler\":\"h.h\",\"Code\":{\"ZipFile\":\"" ZIP "\"}}";
	static const char alias[] = "{\"Name\":\"PROD\",\"FunctionVersion\":\"$LATEST\"}";
	char request[4096];

	snprintf(request, sizeof(request),
		"POST /2015-03-31/functions HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n%s", host,
		strlen(function), function);
	free(ask(port, request));
	snprintf(request, sizeof(request),
		"POST /2015-03-31/functions/seed/aliases HTTP/1.1\r\n%sContent-Length: "
		"%zu\r\n\r\n%s",
		host, strlen(alias), alias);
	free(ask(port, request));
}

/* --- the report --- */

static void print_result(const char *name, const struct result *result, const struct result *bare)
{
	printf("%-30s %8.0f /s  p50 %6.0f us  p99 %7.0f us", name, result->rate, result->p50_us,
		result->p99_us);
	if (result->cpu_us > 0)
		printf("  cpu %6.1f us", result->cpu_us);
	if (bare)
		printf("  %.2fx bare, %.2fx its cpu", bare->rate / result->rate,
			result->cpu_us / bare->cpu_us);
	printf("\n");
}

static struct result end_tally(struct tally *tally)
{
	struct result result = summarise(tally->samples, tally->count, tally->seconds);

	result.cpu_us = tally->cpu_seconds / (double)(tally->count ? tally->count : 1) * 1e6;
	free(tally->samples);
	return result;
}

/* One kind of answer, beside a bare one of the same size; gives lambda-plane's. */
static struct result compare(const struct settings *settings, const struct server *plane,
	const char *name, const char *request)
{
	char *body = ask(plane->port, request);
	struct server bare = start_server(body, NULL);
	struct tally bare_tally = new_tally(), plane_tally = new_tally();
	struct result of_bare, of_plane;
	char label[64];

	for (int slice = 0; slice < SLICES; slice++) {
		measure(settings, &bare, request, &bare_tally);
		measure(settings, plane, request, &plane_tally);
	}
	stop_server(&bare);
	of_bare = end_tally(&bare_tally);
	of_plane = end_tally(&plane_tally);
	snprintf(label, sizeof(label), "bare answer of %zu bytes", strlen(body));
	print_result(label, &of_bare, NULL);
	print_result(name, &of_plane, &of_bare);
	free(body);
	return of_plane;
}

/* The marker of the page in the middle, as page.c writes it, would be a secret of the plane: walk there. */
static char *marker_of(const char *body)
{
	const char *start = strstr(body, "\"NextMarker\":\"");

	if (!start)
		return NULL;
	start += strlen("\"NextMarker\":\"");
	return strndup(start, strcspn(start, "\""));
}

static void format_list(char *request, size_t size, const char *query, const char *marker)
{
	char escaped[1024] = "";
	size_t at = 0;

	for (; marker && *marker && at + 4 < sizeof(escaped); marker++)
		at += (size_t)snprintf(escaped + at, sizeof(escaped) - at,
			strchr("+/=", *marker) ? "%%%02X" : "%c", *marker);
	snprintf(request, size, "GET /2015-03-31/functions?MaxItems=50%s%s%s HTTP/1.1\r\n%s\r\n",
		query, at ? "&Marker=" : "", escaped, host);
}

static void measure_lists(
	const struct settings *settings, const struct server *plane, const char *query)
{
	char request[2048], label[64];
	char *marker = NULL;
	uint64_t pages = 0;
	double begun;

	format_list(request, sizeof(request), query, NULL);
	snprintf(label, sizeof(label), "ListFunctions%s first page", *query ? " ALL" : "");
	compare(settings, plane, label, request);
	begun = now();
	do {
		char *body;

		format_list(request, sizeof(request), query, marker);
		body = ask(plane->port, request);
		free(marker);
		marker = marker_of(body);
		free(body);
		pages++;
	} while (marker);
	printf("%-30s %9llu pages, each on a connection of its own, %.0f us a page\n",
		"  walked to the end", (unsigned long long)pages,
		(now() - begun) * 1e6 / (double)pages);
	snprintf(label, sizeof(label), "ListFunctions%s last page", *query ? " ALL" : "");
	compare(settings, plane, label, request);
}

static void run(const struct settings *settings, const char *directory)
{
	static const char update[] = "{\"FunctionVersion\":\"$LATEST\"}";
	struct server plane = start_server(NULL, directory);
	struct result alone, updated;
	char request[2048];

	make_seed(plane.port);
	populate(settings, directory);
	printf("%llu functions of %llu versions, %llu connections, %.1f s each\n",
		(unsigned long long)settings->functions, (unsigned long long)settings->versions,
		(unsigned long long)settings->connections, settings->seconds);
	snprintf(request, sizeof(request),
		"GET /2015-03-31/functions/seed/aliases/PROD HTTP/1.1\r\n%s\r\n", host);
	compare(settings, &plane, "GetAlias", request);
	snprintf(request, sizeof(request),
		"PUT /2015-03-31/functions/seed/aliases/PROD HTTP/1.1\r\n%sContent-Length: "
		"%zu\r\n\r\n%s",
		host, strlen(update), update);
	updated = compare(settings, &plane, "UpdateAlias, durable", request);
	alone = measure_sqlite(settings, directory);
	print_result("SQLite's own durable commit", &alone, NULL);
	printf("%-30s %.2fx of SQLite's commits\n", "  UpdateAlias", alone.rate / updated.rate);
	measure_lists(settings, &plane, "");
	measure_lists(settings, &plane, "&FunctionVersion=ALL");
	printf("%-30s %9ld KiB\n", "resident", resident_kib(plane.pid));
	stop_server(&plane);
}

static int remove_files(const char *directory)
{
	char *const arguments[] = {(char[]){"rm"}, (char[]){"-rf"}, strdup(directory), NULL};
	pid_t pid = fork();

	if (!pid) {
		execv("/bin/rm", arguments);
		_exit(127);
	}
	free(arguments[2]);
	return waitpid(pid, NULL, 0) == pid ? 0 : -errno;
}

static int parse(int argc, char **argv, struct settings *settings)
{
	static const struct option known[] = {{"seconds", required_argument, NULL, 's'},
		{"connections", required_argument, NULL, 'c'},
		{"functions", required_argument, NULL, 'f'},
		{"versions", required_argument, NULL, 'v'},
		{"directory", required_argument, NULL, 'd'}, {0}};
	int option, error = 0;

	while (!error && (option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 's')
			error = number_parse_double(optarg, 0.1, 60, &settings->seconds);
		else if (option == 'c')
			error = number_parse_u64(optarg, CLIENTS_MAX, &settings->connections);
		else if (option == 'f')
			error = number_parse_u64(optarg, 1000000, &settings->functions);
		else if (option == 'v')
			error = number_parse_u64(optarg, 1000, &settings->versions);
		else if (option == 'd')
			settings->directory = optarg;
		else
			error = -EINVAL;
	}
	return error || optind < argc || !settings->connections ? -EINVAL : 0;
}

int main(int argc, char **argv)
{
	struct settings settings = {.seconds = 2,
		.connections = 4,
		.functions = 10000,
		.versions = 20,
		.directory = "."};
	char directory[4000];

	if (parse(argc, argv, &settings)) {
		fprintf(stderr,
			"Usage: bench-plane [--seconds S] [--connections N] [--functions F] "
			"[--versions V] [--directory DIR]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(directory, sizeof(directory), "%s/bench-plane-XXXXXX", settings.directory);
	if (!mkdtemp(directory))
		die(directory);
	run(&settings, directory);
	return remove_files(directory) ? 1 : 0;
}
