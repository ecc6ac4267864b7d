/* SPDX-License-Identifier: MIT */
#include "backend/local/server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/socket.h>

#include "backend/base/clock.h"
#include "backend/local/dispatch.h"
#include "backend/local/private.h"
#include "backend/local/server/connection.h"
#include "backend/local/server/host.h"
#include "backend/local/server/listen.h"
#include "backend/local/server/reply.h"

#define CONNECTIONS_MAX 512
#define CONNECTION_MEMORY (32u << 10) /* bytes: libmicrohttpd clears all of it for every request */
#define HEADERS_MAX_BYTES (24u << 10) /* request line and headers: more is our own 431 */
#define HEADERS_MAX 64
#define TIMEOUT_S 60
#define SEND_MS 600000
#define STACK_SIZE (512u << 10)
#define DISCARD_MAX (128u << 20)      /* bytes of an oversized body that are read away first */
#define BODIES_MAX ((int64_t)1 << 30) /* bytes of all bodies that are in memory at once */

struct server {
	struct plane *plane;
	struct MHD_Daemon *daemon;
	struct listener listener;
	char **allowed_hosts; /* ends with NULL; NULL: a Unix socket, which answers all */
	struct connections *connections;
	_Atomic int64_t body_bytes;
};

/* One request while it comes in. */
struct exchange {
	char *target;
	struct buffer body;
	uint64_t discarded;
	bool started, overloaded;
	bool close;           /* where the next request begins is in doubt */
	enum failure refusal; /* FAILURE_COUNT: none */
	char refusal_text[400];
	struct MHD_Connection *connection;
	size_t header_count, header_bytes;
	struct http_header headers[HEADERS_MAX];
};

static void exchange_free(struct server *server, struct exchange *exchange)
{
	if (!exchange)
		return;
	atomic_fetch_sub(&server->body_bytes, (int64_t)exchange->body.length);
	buffer_release(&exchange->body);
	free(exchange->target);
	free(exchange);
}

static struct connection *get_connection(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static int get_descriptor(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

static void on_connection(void *data, struct MHD_Connection *connection, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct server *server = data;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = connection_open(server->connections, get_descriptor(connection));
	} else {
		connection_close(server->connections, *socket_context);
		*socket_context = NULL;
	}
}

/* The first that is heard of a request, and the only time that its target is seen undecoded. */
static void *on_target(void *data, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = malloc(sizeof(*exchange));

	if (!exchange)
		return NULL;
	memset(exchange, 0, offsetof(struct exchange, headers)); /* those are filled one by one */
	exchange->connection = connection;
	exchange->target = strdup(target);
	if (!exchange->target) {
		free(exchange);
		return NULL;
	}
	return exchange;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **exchange,
	enum MHD_RequestTerminationCode code)
{
	struct server *server = data;

	exchange_free(server, *exchange);
	*exchange = NULL;
	connection_receives(server->connections, get_connection(connection));
}

static enum MHD_Result on_header(
	void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct exchange *exchange = data;

	exchange->header_bytes += strlen(name) + (value ? strlen(value) : 0) + 4;
	if (exchange->header_count < HEADERS_MAX)
		exchange->headers[exchange->header_count] =
			(struct http_header){.name = name, .value = value ? value : ""};
	exchange->header_count++;
	return MHD_YES;
}

/* --- requests that are refused whatever they ask for --- */

static void refuse_exchange(
	struct exchange *exchange, enum failure failure, const char *format, ...) printf_like(3, 4);

static void refuse_exchange(
	struct exchange *exchange, enum failure failure, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(exchange->refusal_text, sizeof(exchange->refusal_text), format, arguments);
	va_end(arguments);
	exchange->refusal = failure;
}

/* Whether the name is the address at which this connection arrived. */
static bool is_own_address(struct MHD_Connection *connection, const char *name)
{
	struct sockaddr_storage storage;
	socklen_t size = sizeof(storage);
	char own[HOST_NAME_SIZE];

	if (getsockname(get_descriptor(connection), (struct sockaddr *)&storage, &size) ||
		getnameinfo((struct sockaddr *)&storage, size, own, sizeof(own), NULL, 0,
			NI_NUMERICHOST))
		return false;
	return host_is_same(name, own);
}

static void check_host(const struct server *server, struct exchange *exchange, const char *host)
{
	char name[HOST_NAME_SIZE];

	if (!host_parse(host, name)) {
		refuse_exchange(
			exchange, FAILURE_ACCESS_DENIED, "The Host header is no host name.");
		return;
	}
	if (host_is_loopback(name))
		return;
	for (char **allowed = server->allowed_hosts; *allowed; allowed++) {
		if (host_is_same(name, *allowed))
			return;
	}
	if (!is_own_address(exchange->connection, name))
		refuse_exchange(exchange, FAILURE_ACCESS_DENIED,
			"lambda-plane does not answer to the host name %s. Use its address, or "
			"start it with --allow-host %s.",
			name, name);
}

/* Two ways to say where the body ends can be read in two ways; what follows would be in doubt. */
static void check_framing(struct exchange *exchange)
{
	const char *length = NULL, *coding = NULL;
	bool differ = false;

	for (size_t i = 0; i < exchange->header_count; i++) {
		const struct http_header *header = &exchange->headers[i];

		if (!strcasecmp(header->name, "Transfer-Encoding")) {
			differ = differ || coding || strcasecmp(header->value, "chunked");
			coding = header->value;
		} else if (!strcasecmp(header->name, "Content-Length")) {
			differ = differ || (length && strcmp(length, header->value));
			length = header->value;
		}
	}
	if (!differ && (!length || !coding))
		return;
	exchange->close = true;
	refuse_exchange(exchange, FAILURE_REQUEST_CONTENT,
		length && coding ? "A request has Content-Length or Transfer-Encoding, not both."
				 : "The body's length is given in a way that is not understood.");
}

static void check_headers(const struct server *server, struct exchange *exchange)
{
	if (exchange->header_bytes > HEADERS_MAX_BYTES || exchange->header_count > HEADERS_MAX) {
		refuse_exchange(exchange, FAILURE_HEADERS_TOO_LARGE,
			"The request line and the headers are too large.");
		return;
	}
	for (size_t i = 0; i < exchange->header_count; i++) {
		const struct http_header *header = &exchange->headers[i];

		if (server->allowed_hosts && !strcasecmp(header->name, "Host"))
			check_host(server, exchange, header->value);
		else if (!strcasecmp(header->name, "Origin"))
			refuse_exchange(exchange, FAILURE_ACCESS_DENIED,
				"lambda-plane answers no web pages: the request has an Origin.");
	}
	check_framing(exchange);
}

/* Headers are known now, the body is still to come. */
static void begin_exchange(
	const struct server *server, struct exchange *exchange, const char *method)
{
	exchange->started = true;
	exchange->refusal = FAILURE_COUNT;
	exchange->header_bytes = strlen(method) + strlen(exchange->target);
	MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, on_header, exchange);
	check_headers(server, exchange);
	exchange->body.maximum = dispatch_body_max(method, exchange->target);
}

/* Takes a piece of the body: kept, or read away once it is too much. */
static enum MHD_Result take_upload(
	struct server *server, struct exchange *exchange, const char *data, size_t size)
{
	bool keep = !exchange->discarded && exchange->refusal == FAILURE_COUNT;
	int error = keep ? 0 : -EFBIG;

	if (keep &&
		atomic_fetch_add(&server->body_bytes, (int64_t)size) + (int64_t)size > BODIES_MAX) {
		exchange->overloaded = true;
		error = -EFBIG;
	}
	if (!error)
		error = buffer_append(&exchange->body, data, size);
	if (!error)
		return MHD_YES;
	if (keep)
		atomic_fetch_sub(&server->body_bytes, (int64_t)(size + exchange->body.length));
	buffer_release(&exchange->body);
	exchange->discarded += size;
	return error != -EFBIG || exchange->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
}

/* "http://" and what the client calls us, or nothing that could break out of a URL. */
static void format_base_url(struct MHD_Connection *connection, char *url, size_t size)
{
	const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");

	if (!host || !*host || strlen(host) > 255 ||
		host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
				  "_:[]")])
		host = "localhost";
	snprintf(url, size, "http://%s", host);
}

/* The client's IP address; on a Unix socket it is this machine. */
static void format_address(struct MHD_Connection *connection, char address[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *client = info ? info->client_addr : NULL;
	const struct sockaddr_in *four = (const void *)client;
	const struct sockaddr_in6 *six = (const void *)client;

	snprintf(address, INET6_ADDRSTRLEN, "127.0.0.1");
	if (client && client->sa_family == AF_INET)
		inet_ntop(AF_INET, &four->sin_addr, address, INET6_ADDRSTRLEN);
	else if (client && client->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], address, INET6_ADDRSTRLEN);
	else if (client && client->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &six->sin6_addr, address, INET6_ADDRSTRLEN);
}

/*
 * Waits `milliseconds` (0: for ever), but not longer than the client stays or the plane runs. For
 * delays and hanging answers.
 */
static void wait_patiently(struct plane *plane, int descriptor, int64_t milliseconds)
{
	int64_t until_ms = clock_monotonic_ms() + milliseconds;

	while (!atomic_load(&plane->stopping)) {
		int64_t left_ms = until_ms - clock_monotonic_ms();
		struct pollfd waiting = {.fd = descriptor, .events = POLLRDHUP};

		if (milliseconds && left_ms <= 0)
			return;
		if (!milliseconds || left_ms > 100)
			left_ms = 100;
		if (poll(&waiting, 1, (int)left_ms) > 0)
			return;
	}
}

/* Ends the connection without an answer; with a reset, where the kernel has one to send. */
static enum MHD_Result drop_connection(struct MHD_Connection *connection, bool reset)
{
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	if (reset && connect(get_descriptor(connection), &nowhere, sizeof(nowhere)))
		shutdown(get_descriptor(connection), SHUT_RDWR);
	return MHD_NO;
}

static enum MHD_Result send_answer(struct server *server, struct exchange *exchange,
	struct answer *answer, const char *request_id, const struct fault *fault)
{
	struct MHD_Connection *connection = exchange->connection;

	if (fault->kind == FAULT_HANG)
		wait_patiently(server->plane, get_descriptor(connection), fault->amount);
	if (fault->kind == FAULT_HANG || fault->kind == FAULT_RESET)
		return drop_connection(connection, fault->kind == FAULT_RESET);
	connection_sends(server->connections, get_connection(connection));
	return reply_queue(connection, answer, request_id, fault);
}

static enum MHD_Result answer_request(
	struct server *server, struct exchange *exchange, const char *method)
{
	struct plane *plane = server->plane;
	char base_url[300], request_id[UUID_SIZE], address[INET6_ADDRSTRLEN];
	struct request request = {.method = method,
		.target = exchange->target,
		.body = &exchange->body,
		.base_url = base_url,
		.address = address,
		.body_too_large = exchange->discarded > 0,
		.overloaded = exchange->overloaded,
		.headers = exchange->headers,
		.header_count = exchange->header_count};
	int64_t begun_ms = clock_monotonic_ms();
	struct fault fault = {.kind = FAULT_NONE};
	struct answer answer;
	enum MHD_Result result;

	connection_works(server->connections, get_connection(exchange->connection));
	format_base_url(exchange->connection, base_url, sizeof(base_url));
	format_address(exchange->connection, address);
	answer_init(&answer);
	if (exchange->refusal != FAILURE_COUNT) {
		make_uuid(request_id);
		answer_fail(&answer, exchange->refusal, exchange->refusal_text);
		answer.close = exchange->close;
	} else {
		dispatch_request(plane, &request, &answer, request_id, &fault);
	}
	if (plane->latency_ms && strncmp(exchange->target, "/_local/", 8) &&
		clock_monotonic_ms() - begun_ms < plane->latency_ms)
		wait_patiently(plane, get_descriptor(exchange->connection),
			plane->latency_ms - (clock_monotonic_ms() - begun_ms));
	result = send_answer(server, exchange, &answer, request_id, &fault);
	answer_release(&answer);
	return result;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **state)
{
	struct server *server = data;
	struct exchange *exchange = *state;
	enum MHD_Result result;

	if (!exchange)
		return MHD_NO;
	if (!exchange->started) {
		begin_exchange(server, exchange, method);
		return exchange->close ? answer_request(server, exchange, method) : MHD_YES;
	}
	if (*upload_size) {
		result = take_upload(server, exchange, upload, *upload_size);
		*upload_size = 0;
		return result;
	}
	return answer_request(server, exchange, method);
}

/* Targets are decoded by the router, after it split them. */
static size_t leave_escaped(void *data, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

/* What libmicrohttpd has to say is about clients that went away: worth a line for who asks. */
static void printf_like(2, 0) on_log(void *data, const char *format, va_list arguments)
{
	struct server *server = data;
	char line[512];

	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	log_write(server->plane->log, LOG_LEVEL_DEBUG, "http: %s", line);
}

static void on_tick(void *data)
{
	struct server *server = data;

	store_pool_tick(server->plane->stores);
}

static struct MHD_Daemon *start_daemon(struct server *server, unsigned timeout_s)
{
	return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
					MHD_USE_POLL | MHD_USE_ITC | MHD_USE_TURBO |
					MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, server,
		MHD_OPTION_LISTEN_SOCKET, server->listener.descriptor, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_escaped, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, timeout_s, MHD_OPTION_THREAD_STACK_SIZE,
		(size_t)STACK_SIZE, MHD_OPTION_END);
}

static void free_hosts(char **hosts)
{
	for (char **host = hosts; host && *host; host++)
		free(*host);
	free(hosts);
}

/* The names to answer to: the address that is listened on, and what the options add. */
static int copy_hosts(struct server *server, const struct plane_options *options, char *reterr,
	size_t reterr_size)
{
	const char *const *extra = options->allowed_hosts;
	char name[HOST_NAME_SIZE];
	size_t count = 0;

	while (extra && extra[count])
		count++;
	server->allowed_hosts = calloc(count + 2, sizeof(char *));
	if (!server->allowed_hosts)
		return -ENOMEM;
	server->allowed_hosts[0] = strdup(options->address ? options->address : "127.0.0.1");
	for (size_t i = 0; i < count; i++) {
		if (!host_parse(extra[i], name)) {
			snprintf(reterr, reterr_size, "not a host name: %s", extra[i]);
			return -EINVAL;
		}
		server->allowed_hosts[i + 1] = strdup(name);
		if (!server->allowed_hosts[i + 1])
			return -ENOMEM;
	}
	return server->allowed_hosts[0] ? 0 : -ENOMEM;
}

/* Beyond this machine's loopback every client on the network may write, unless signatures are checked. */
static void warn_when_public(const struct server *server, const struct plane_options *options)
{
	if (options->unix_socket || host_is_loopback(server->allowed_hosts[0]))
		return;
	log_write(options->log, LOG_LEVEL_WARNING,
		"other machines can reach %s port %u, in plain text%s", server->allowed_hosts[0],
		server->listener.port,
		options->verify_signatures
			? ""
			: ", and nothing is asked of them: see --verify-signatures");
}

int server_start(struct plane *plane, const struct plane_options *options,
	struct server **ret_server, char *reterr, size_t reterr_size)
{
	unsigned timeout_s = options->timeout_s ? options->timeout_s : TIMEOUT_S;
	struct server *server = calloc(1, sizeof(*server));
	int error = 0;

	if (!server)
		return -ENOMEM;
	server->plane = plane;
	if (!options->unix_socket)
		error = copy_hosts(server, options, reterr, reterr_size);
	if (!error)
		error = listener_open(&server->listener, options, reterr, reterr_size);
	if (error) {
		free_hosts(server->allowed_hosts);
		free(server);
		return error;
	}
	warn_when_public(server, options);
	server->connections = connections_new((int64_t)timeout_s * 1000, SEND_MS, on_tick, server);
	if (server->connections)
		server->daemon = start_daemon(server, timeout_s);
	if (!server->daemon) {
		snprintf(reterr, reterr_size, "the HTTP server does not start");
		server_stop(server);
		return -EIO;
	}
	*ret_server = server;
	return 0;
}

uint16_t server_port(const struct server *server)
{
	return server->listener.port;
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	if (server->daemon) {
		MHD_stop_daemon(server->daemon); /* closes the listening socket too */
		server->listener.descriptor = -1;
	}
	connections_free(server->connections);
	listener_close(&server->listener);
	free_hosts(server->allowed_hosts);
	free(server);
}
