/* SPDX-License-Identifier: MIT */
#include "backend/local/server.h"

#include <errno.h>
#include <microhttpd.h>

#include "backend/base/clock.h"
#include "backend/local/dispatch.h"
#include "backend/local/listen.h"
#include "backend/local/plane_private.h"

#define CONNECTIONS_MAX 512
#define CONNECTION_MEMORY (128u << 10) /* bytes: request line and headers must fit */
#define CONNECTION_TIMEOUT_S 60        /* of silence */
#define STACK_SIZE (512u << 10)
#define DISCARD_MAX (128u << 20) /* bytes of an oversized body that are read away before the 413 */

struct server {
	struct plane *plane;
	struct MHD_Daemon *daemon;
	struct listener listener;
};

/* One request while it comes in. */
struct exchange {
	char *target;
	struct buffer body;
	uint64_t discarded;
	bool started;
	struct MHD_Connection *connection;
};

static void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	buffer_release(&exchange->body);
	free(exchange->target);
	free(exchange);
}

/* The first that is heard of a request, and the only time that its target is seen undecoded. */
static void *on_target(void *data, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->connection = connection;
	exchange->target = strdup(target);
	if (!exchange->target) {
		exchange_free(exchange);
		return NULL;
	}
	return exchange;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **exchange,
	enum MHD_RequestTerminationCode code)
{
	exchange_free(*exchange);
	*exchange = NULL;
}

static const char *get_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->data, MHD_HEADER_KIND, name);
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

static struct MHD_Response *make_response(struct answer *answer)
{
	struct MHD_Response *response;
	size_t length;
	char *text;

	if (answer->file >= 0) {
		response = MHD_create_response_from_fd64(answer->file_size, answer->file);
		if (response)
			answer->file = -1;
		return response;
	}
	if (!answer->body.length)
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	text = buffer_detach(&answer->body, &length);
	response =
		text ? MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE) : NULL;
	if (!response)
		free(text);
	return response;
}

static void add_headers(
	struct MHD_Response *response, const struct answer *answer, const char *request_id)
{
	const struct {
		const char *name, *value;
	} headers[] = {
		{"x-amzn-RequestId", request_id},
		{"Content-Type", answer->status == 204 ? NULL : answer->content_type},
		{"x-amzn-ErrorType", answer->error_type},
		{"Retry-After", answer->retry_after},
		{"X-Amz-Executed-Version", answer->executed_version},
		{"X-Amz-Function-Error", answer->function_error},
		{"X-Amz-Log-Result", answer->log_result},
	};

	for (size_t i = 0; i < array_count(headers); i++) {
		if (headers[i].value && *headers[i].value)
			MHD_add_response_header(response, headers[i].name, headers[i].value);
	}
}

static enum MHD_Result send_answer(
	struct MHD_Connection *connection, struct answer *answer, const char *request_id)
{
	struct MHD_Response *response = make_response(answer);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_headers(response, answer, request_id);
	result = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static void wait_latency(const struct plane *plane, int64_t begun_ms)
{
	int64_t left = begun_ms + plane->latency_ms - clock_monotonic_ms();

	if (plane->latency_ms > 0 && left > 0)
		usleep((useconds_t)left * 1000);
}

static enum MHD_Result answer_request(
	struct plane *plane, struct exchange *exchange, const char *method)
{
	char base_url[300], request_id[UUID_SIZE];
	struct request request = {.method = method,
		.target = exchange->target,
		.body = &exchange->body,
		.base_url = base_url,
		.body_too_large = exchange->discarded > 0,
		.header = get_header,
		.data = exchange->connection};
	int64_t begun_ms = clock_monotonic_ms();
	struct answer answer;
	enum MHD_Result result;

	format_base_url(exchange->connection, base_url, sizeof(base_url));
	answer_init(&answer);
	dispatch(plane, &request, &answer, request_id);
	if (strncmp(exchange->target, "/_local/", 8))
		wait_latency(plane, begun_ms);
	result = send_answer(exchange->connection, &answer, request_id);
	answer_release(&answer);
	return result;
}

/* Takes a piece of the body: kept, or read away once it is too much. */
static enum MHD_Result take_upload(struct exchange *exchange, const char *data, size_t size)
{
	int error = exchange->discarded ? -EFBIG : buffer_append(&exchange->body, data, size);

	if (error == -EFBIG) {
		buffer_release(&exchange->body);
		exchange->discarded += size;
	} else if (error) {
		return MHD_NO;
	}
	return exchange->discarded > DISCARD_MAX ? MHD_NO : MHD_YES;
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
		exchange->started = true;
		exchange->body.maximum = dispatch_body_max(method, exchange->target);
		return MHD_YES;
	}
	if (*upload_size) {
		result = take_upload(exchange, upload, *upload_size);
		*upload_size = 0;
		return result;
	}
	return answer_request(server->plane, exchange, method);
}

/* Targets are decoded by the router, after it split them. */
static size_t leave_escaped(void *data, struct MHD_Connection *connection, char *text)
{
	return strlen(text);
}

int server_start(struct plane *plane, const struct plane_options *options,
	struct server **ret_server, char *reterr, size_t reterr_size)
{
	struct server *server = calloc(1, sizeof(*server));
	int error;

	if (!server)
		return -ENOMEM;
	server->plane = plane;
	error = listener_open(&server->listener, options, reterr, reterr_size);
	if (error) {
		free(server);
		return error;
	}
	server->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION |
						  MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
						  MHD_USE_ITC | MHD_USE_TURBO,
		0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
		server->listener.descriptor, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_UNESCAPE_CALLBACK,
		leave_escaped, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE, MHD_OPTION_END);
	if (!server->daemon) {
		snprintf(reterr, reterr_size, "the HTTP server does not start");
		listener_close(&server->listener);
		free(server);
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
	MHD_stop_daemon(server->daemon); /* closes the listening socket too */
	server->listener.descriptor = -1;
	listener_close(&server->listener);
	free(server);
}
