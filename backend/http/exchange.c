/* SPDX-License-Identifier: MIT */
#include "backend/http/exchange.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/base/scope.h"
#include "backend/config/environment.h"
#include "backend/http/proxy.h"

#define IDLE_CONNECTION_S 20L        /* a connection that was idle for longer is not used again */
#define YEAR_9999_END_S 253402300799 /* no signature can be made for later */
#define WAIT_STEP_MS 1000 /* how often the deadline is looked at without an interruption */

struct slot {
	CURLM *multi; /* keeps the connection between exchanges */
	CURL *easy;
	int socket;        /* of that connection, or -1 */
	struct slot *next; /* of the idle ones; protected by the pool's mutex */
};

struct http_pool {
	int64_t connect_timeout_ms;
	char *ca_bundle;
	pthread_mutex_t mutex;
	pthread_cond_t given_back; /* a slot became idle */
	size_t limit;              /* of slots */
	bool keeps_none;
	struct slot slots[HTTP_POOL_SLOTS_MAX]; /* those made: the first `made` */
	size_t made;                            /* protected by mutex */
	struct slot *idle;                      /* protected by mutex; the last used first */
};

/* What the callbacks of one exchange share. */
struct exchange {
	struct http_pool *pool;
	const struct http_request *request;
	struct http_response *response;
	size_t header_bytes;
	struct http_body_sending sending;
	bool headers_complete; /* libcurl takes a head that ends in the middle for a whole one */
	unsigned int sendings;
	bool is_ok;      /* the status line said 200 */
	int write_error; /* -EFBIG or -ENOMEM: why the body was refused */
	char error_text[CURL_ERROR_SIZE];
};

/* --- the pool --- */

struct http_pool *http_pool_new(const struct http_pool_options *options)
{
	cleanup(free_pointer) struct http_pool *pool = calloc(1, sizeof(*pool));

	if (!pool || curl_global_init(CURL_GLOBAL_DEFAULT))
		return NULL;
	pool->connect_timeout_ms = options->connect_timeout_ms;
	pool->limit = options->slots;
	pool->keeps_none = options->keeps_none;
	pool->ca_bundle = options->ca_bundle ? strdup(options->ca_bundle) : NULL;
	if ((options->ca_bundle && !pool->ca_bundle) || condition_init(&pool->given_back)) {
		free(pool->ca_bundle);
		curl_global_cleanup();
		return NULL;
	}
	pthread_mutex_init(&pool->mutex, NULL);
	return take_pointer(pool);
}

void http_pool_free(struct http_pool *pool)
{
	size_t i;

	if (!pool)
		return;
	for (i = 0; i < pool->made; i++) {
		curl_easy_cleanup(pool->slots[i].easy);
		curl_multi_cleanup(pool->slots[i].multi);
	}
	pthread_cond_destroy(&pool->given_back);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->ca_bundle);
	free(pool);
	curl_global_cleanup();
}

/* An idle slot, or one that was never used; NULL while all are busy. The mutex is held. */
static struct slot *pop_slot(struct http_pool *pool)
{
	struct slot *slot = pool->idle;

	if (slot)
		pool->idle = slot->next;
	else if (pool->made < pool->limit)
		slot = &pool->slots[pool->made++];
	return slot;
}

/* Waits for a slot. NULL with *ret_failure at the deadline or when interrupted. */
static struct slot *take_slot(struct http_pool *pool, const struct http_request *request,
	struct http_failure *ret_failure)
{
	static const char late[] = "no connection became free in time";
	const struct call_scope scope = {
		.read_deadline_ms = request->deadline_ms, .interrupted = request->interrupted};
	enum lambda_status status = LAMBDA_OK;
	struct slot *slot;

	pthread_mutex_lock(&pool->mutex);
	while (!(slot = pop_slot(pool)) && !status)
		status = call_scope_wait(&scope, &pool->given_back, &pool->mutex, late, NULL);
	pthread_mutex_unlock(&pool->mutex);
	if (!slot)
		http_failure_set(ret_failure, status, "%s", late);
	return slot;
}

static void give_slot_back(struct http_pool *pool, struct slot *slot)
{
	pthread_mutex_lock(&pool->mutex);
	slot->next = pool->idle;
	pool->idle = slot;
	pthread_cond_signal(&pool->given_back);
	pthread_mutex_unlock(&pool->mutex);
}

/* --- callbacks --- */

/* Called before every sending on a connection: the second one is libcurl's own idea. */
static int before_sending(void *data, char *remote, char *local, int remote_port, int local_port)
{
	struct exchange *exchange = data;

	if (exchange->sendings++)
		return CURL_PREREQFUNC_ABORT;
	if (exchange->request->sendings)
		atomic_fetch_add(exchange->request->sendings, 1);
	return CURL_PREREQFUNC_OK;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;
	ssize_t given = http_body_sending_read(&exchange->sending, bytes, size * count);

	return given < 0 ? CURL_READFUNC_ABORT : (size_t)given;
}

static int rewind_body(void *user, curl_off_t offset, int origin)
{
	struct exchange *exchange = user;

	/* libcurl would send it again by itself. How much was sent must stay known: it says what a failure means. */
	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset != exchange->sending.offset)
		return CURL_SEEKFUNC_FAIL;
	return CURL_SEEKFUNC_OK;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;
	const struct http_request *request = exchange->request;

	if (request->sink && exchange->is_ok) {
		exchange->write_error = request->sink(request->sink_data, data, size * count);
		return exchange->write_error ? 0 : count;
	}
	exchange->write_error = buffer_append(&exchange->response->body, data, size * count);
	return exchange->write_error ? 0 : count;
}

/* Copies a header's value if that is its name, and if the value fits and can be shown. */
static void copy_header(const char *line, size_t length, const char *name, char *text, size_t size)
{
	size_t skip = strlen(name), i;

	if (length <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return;
	line += skip + 1;
	length -= skip + 1;
	while (length && strchr(" \t", *line)) {
		line++;
		length--;
	}
	while (length && strchr(" \t\r\n", line[length - 1]))
		length--;
	for (i = 0; i < length; i++)
		if (line[i] < 0x20 || line[i] > 0x7e)
			return;
	if (length < size)
		snprintf(text, size, "%.*s", (int)length, line);
}

/* A status line: every head begins with one, also that of a 100 or 103, which is no answer. */
static void begin_head(struct exchange *exchange, const char *line, size_t length)
{
	const struct http_response nothing_known = {.body = exchange->response->body};
	const char *status = memchr(line, ' ', length);
	size_t i;

	*exchange->response = nothing_known;
	for (i = 0; i < exchange->request->wanted_count; i++)
		exchange->request->wanted[i].text[0] = '\0';
	exchange->headers_complete = false;
	exchange->is_ok = status && status + 4 <= line + length && !memcmp(status, " 200", 4);
}

static void read_header(struct exchange *exchange, const char *line, size_t length)
{
	const struct http_request *request = exchange->request;
	struct http_response *response = exchange->response;
	char date[64] = "", other_id[64] = "";
	size_t i;

#define COPY(name, field) copy_header(line, length, name, field, sizeof(field))
	COPY("x-amzn-requestid", response->request_id);
	COPY("x-amz-request-id", other_id);
	COPY("x-amzn-errortype", response->error_type);
	COPY("retry-after", response->retry_after);
	COPY("x-amz-retry-after", response->retry_after_ms);
	COPY("content-encoding", response->content_encoding);
	COPY("date", date);
#undef COPY
	for (i = 0; i < request->wanted_count; i++)
		copy_header(line, length, request->wanted[i].name, request->wanted[i].text,
			request->wanted[i].size);
	if (other_id[0] && !response->request_id[0])
		memcpy(response->request_id, other_id, sizeof(other_id));
	if (date[0]) {
		time_t when = curl_getdate(date, NULL);

		response->date = when > 0 && when <= YEAR_9999_END_S ? (int64_t)when : 0;
	}
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct exchange *exchange = user;

	exchange->header_bytes += size * count;
	if (exchange->header_bytes > HTTP_HEADERS_MAX) {
		exchange->write_error = -EFBIG;
		return 0;
	}
	if (count > strlen("HTTP/") && !strncmp(data, "HTTP/", strlen("HTTP/")))
		begin_head(exchange, data, count);
	else if (count <= 2 && memchr(data, '\n', count))
		exchange->headers_complete = true; /* what follows are trailers */
	else if (!exchange->headers_complete)
		read_header(exchange, data, count);
	return count;
}

/* What is known only when the whole head is: makes it what exchange.h says. */
static void settle_response(struct http_response *response)
{
	int64_t now = response->date ? response->date : clock_wall_ms() / 1000;
	time_t moment;

	if (response->content_encoding[0] && strcasecmp(response->content_encoding, "identity"))
		buffer_reset(&response->body); /* unreadable, its message included */
	if ((response->retry_after[0] | 0x20) < 'a' || (response->retry_after[0] | 0x20) > 'z')
		return;
	/* It may be a moment, in the form of "Date": seconds are counted from the server's own "Date". */
	moment = curl_getdate(response->retry_after, NULL);
	snprintf(response->retry_after, sizeof(response->retry_after), "%lld",
		moment > now ? (long long)(moment - now) : 0LL);
}

/* --- one exchange --- */

/* They hold signatures and tokens. */
static void free_headers(struct curl_slist *list)
{
	struct curl_slist *each;

	for (each = list; each; each = each->next)
		explicit_bzero(each->data, strlen(each->data));
	curl_slist_free_all(list);
}

static struct curl_slist *add_line(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (!longer)
		free_headers(list);
	return longer;
}

/* NULL when out of memory. */
static struct curl_slist *make_headers(const struct http_request *request)
{
	/* What libcurl would add by itself, taken away. */
	struct curl_slist *list = add_line(NULL, "Accept:");
	size_t i;

	if (list)
		list = add_line(list, "Expect:");
	for (i = 0; list && i < request->header_count; i++) {
		cleanup(buffer_release_secret) struct buffer line = BUFFER_INIT(HTTP_HEADERS_MAX);

		/* libcurl leaves a header without a value away unless it ends in a semicolon. */
		if (buffer_appendf(&line, request->headers[i].value[0] ? "%s: %s" : "%s;%s",
			    request->headers[i].name, request->headers[i].value)) {
			free_headers(list);
			return NULL;
		}
		list = add_line(list, line.data);
	}
	return list;
}

#define SET(option, value)                                                                         \
	do {                                                                                       \
		if (!code)                                                                         \
			code = curl_easy_setopt(easy, option, value);                              \
	} while (0)

static bool is_direct(const struct http_request *request)
{
	const struct environment environment = environment_of_process();
	const char *no_proxy = environment_get(&environment, "no_proxy");

	if (!no_proxy)
		no_proxy = environment_get(&environment, "NO_PROXY");
	return request->unix_socket || request->direct ||
	       http_proxy_is_bypassed(request->url, no_proxy);
}

/* How the server has to prove who it is, and a proxy that is spoken to over TLS as well. */
static CURLcode set_tls(CURL *easy, const struct http_pool *pool)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
	if (!pool->ca_bundle)
		return code;
	SET(CURLOPT_CAINFO, pool->ca_bundle);
	SET(CURLOPT_PROXY_CAINFO, pool->ca_bundle);
	/* libcurl would take the system's authorities besides: who names some means no others. */
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_PROXY_CAPATH, NULL);
	return code;
}

static CURLcode set_connection(CURL *easy, struct exchange *exchange)
{
	const struct http_request *request = exchange->request;
	const struct http_pool *pool = exchange->pool;
	CURLcode code = set_tls(easy, pool);

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_QUICK_EXIT, 1L); /* a resolver that hangs does not hold the caller */
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
	SET(CURLOPT_FORBID_REUSE, pool->keeps_none ? 1L : 0L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)pool->connect_timeout_ms);
	if (request->unix_socket)
		SET(CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
	if (is_direct(request))
		SET(CURLOPT_NOPROXY, "*");
	return code;
}

/* A body that is made while it is sent. */
static CURLcode set_source(CURL *easy, struct exchange *exchange)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)exchange->request->source->length);
	SET(CURLOPT_READFUNCTION, give_body);
	SET(CURLOPT_READDATA, exchange);
	SET(CURLOPT_SEEKFUNCTION, rewind_body);
	SET(CURLOPT_SEEKDATA, exchange);
	return code;
}

static CURLcode set_request(CURL *easy, struct exchange *exchange, struct curl_slist *headers)
{
	const struct http_request *request = exchange->request;
	bool get = !strcmp(request->method, "GET");
	CURLcode code = CURLE_OK;

	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_PATH_AS_IS, 1L); /* what is sent is what was signed */
	SET(CURLOPT_HTTPHEADER, headers);
	if (request->source) {
		if (!code)
			code = set_source(easy, exchange);
	} else if (!get || request->body) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
		SET(CURLOPT_POSTFIELDS, request->body ? request->body : "");
	}
	SET(CURLOPT_CUSTOMREQUEST, request->method);
	SET(CURLOPT_PREREQFUNCTION, before_sending);
	SET(CURLOPT_PREREQDATA, exchange);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, exchange);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, exchange);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_ERRORBUFFER, exchange->error_text);
	return code;
}

#undef SET

/* Once the whole body of a source has been handed over, the server may act on it: the answer is waited for. */
static bool may_be_interrupted(const struct exchange *exchange)
{
	return !exchange->request->source || http_body_sending_is_incomplete(&exchange->sending);
}

/* Drives the transfer to its end. 0 with *ret_code, -ETIMEDOUT, -EINTR, -ENOMEM. */
static int drive_transfer(struct slot *slot, const struct exchange *exchange, CURLcode *ret_code)
{
	const struct http_request *request = exchange->request;
	int running = 1, queued;
	CURLMsg *message;

	for (;;) {
		int64_t left = request->deadline_ms - clock_monotonic_ms();
		int64_t step = request->interrupted ? HTTP_STEP_MS : WAIT_STEP_MS;

		if (curl_multi_perform(slot->multi, &running))
			return -ENOMEM;
		if (!running)
			break;
		if (request->interrupted && atomic_load(request->interrupted) &&
			may_be_interrupted(exchange))
			return -EINTR;
		if (left <= 0)
			return -ETIMEDOUT;
		if (curl_multi_poll(slot->multi, NULL, 0, (int)(left < step ? left : step), NULL))
			return -ENOMEM;
	}
	message = curl_multi_info_read(slot->multi, &queued);
	if (!message || message->msg != CURLMSG_DONE)
		return -ENOMEM;
	*ret_code = message->data.result;
	return 0;
}

/* Judges the end of a transfer. */
static enum lambda_status conclude_exchange(struct slot *slot, struct exchange *exchange,
	int driven, CURLcode code, struct http_failure *ret_failure)
{
	long status = 0, system_error = 0, proxy_status = 0;

	if (!driven && code == CURLE_OK && !exchange->headers_complete)
		code = CURLE_PARTIAL_FILE;
	if (!driven && code == CURLE_OK) {
		curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
		exchange->response->status = (int)status;
		settle_response(exchange->response);
		return LAMBDA_OK;
	}
	curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &system_error);
	curl_easy_getinfo(slot->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	if (driven)
		http_failure_of_wait(ret_failure, driven);
	else if (exchange->sending.error)
		http_failure_of_source(ret_failure, exchange->sending.error);
	else if (exchange->write_error)
		http_failure_of_refusal(ret_failure, exchange->write_error);
	else if (!exchange->sendings && proxy_status >= 300)
		http_failure_of_proxy(ret_failure, (int)proxy_status);
	else
		http_failure_of_curl(ret_failure, code, (int)system_error, exchange->error_text);
	ret_failure->sent =
		exchange->sendings > 0 && !http_body_sending_is_incomplete(&exchange->sending);
	if (ret_failure->status == LAMBDA_TIMED_OUT && exchange->sendings && !ret_failure->sent)
		http_failure_set(ret_failure, LAMBDA_TIMED_OUT,
			"the timeout ran out before the whole request was sent");
	if (!exchange->sendings && ret_failure->status == LAMBDA_TIMED_OUT)
		http_failure_set(
			ret_failure, LAMBDA_TIMED_OUT, "no connection within the time allowed");
	return ret_failure->status;
}

/*
 * The connection that is kept after an exchange. Of HTTP/2 none is looked at: its frames say which
 * request they belong to.
 */
static int kept_socket(CURL *easy)
{
	curl_socket_t kept = CURL_SOCKET_BAD;
	long version = 0;

	curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &kept);
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	return version == CURL_HTTP_VERSION_2_0 ? -1 : kept;
}

static enum lambda_status perform_exchange(struct slot *slot, struct exchange *exchange,
	struct curl_slist *headers, struct http_failure *ret_failure)
{
	CURLcode code = set_connection(slot->easy, exchange);
	enum lambda_status status;
	int driven;

	if (!code)
		code = set_request(slot->easy, exchange, headers);
	if (!code && curl_multi_add_handle(slot->multi, slot->easy))
		code = CURLE_OUT_OF_MEMORY;
	if (code)
		return conclude_exchange(slot, exchange, 0, code, ret_failure);
	driven = drive_transfer(slot, exchange, &code);
	status = conclude_exchange(slot, exchange, driven, code, ret_failure);
	slot->socket = driven || exchange->pool->keeps_none ? -1 : kept_socket(slot->easy);
	curl_multi_remove_handle(slot->multi, slot->easy);
	return status;
}

/*
 * Whether the server has said something on the kept connection since. That is a farewell, or an answer
 * without a request; libcurl would take it for the next one's. The slot then starts afresh: with
 * CURLOPT_FRESH_CONNECT alone, libcurl keeps that connection when the fresh one fails.
 */
static bool has_spoken(const struct slot *slot)
{
	struct pollfd ready = {.fd = slot->socket, .events = POLLIN};

	return slot->socket >= 0 && poll(&ready, 1, 0) > 0;
}

static bool slot_is_ready(struct slot *slot)
{
	if (slot->multi && has_spoken(slot)) {
		curl_multi_cleanup(slot->multi);
		slot->multi = NULL;
	}
	if (!slot->multi) {
		slot->multi = curl_multi_init();
		slot->socket = -1;
		if (slot->multi) /* only the last connection is known, so only that is kept */
			curl_multi_setopt(slot->multi, CURLMOPT_MAXCONNECTS, 1L);
	}
	if (slot->easy)
		curl_easy_reset(slot->easy);
	else
		slot->easy = curl_easy_init();
	return slot->multi && slot->easy;
}

void http_response_release(struct http_response *response)
{
	buffer_release_secret(&response->body); /* credentials come this way too */
}

enum lambda_status http_exchange(struct http_pool *pool, const struct http_request *request,
	struct http_response *ret_response, struct http_failure *ret_failure)
{
	struct http_response response = {.body = BUFFER_INIT(request->body_maximum)};
	struct exchange exchange = {.pool = pool,
		.request = request,
		.response = &response,
		.sending = {.source = request->source, .interrupted = request->interrupted}};
	enum lambda_status status = LAMBDA_NO_MEMORY;
	struct curl_slist *headers;
	struct slot *slot;

	memset(ret_failure, 0, sizeof(*ret_failure));
	slot = take_slot(pool, request, ret_failure);
	if (!slot)
		return ret_failure->status;
	headers = make_headers(request);
	if (headers && slot_is_ready(slot))
		status = perform_exchange(slot, &exchange, headers, ret_failure);
	else
		http_failure_set(ret_failure, LAMBDA_NO_MEMORY, "out of memory");
	if (slot->easy)
		curl_easy_reset(slot->easy); /* forget what it points to */
	free_headers(headers);
	give_slot_back(pool, slot);
	if (status)
		http_response_release(&response);
	else
		*ret_response = response;
	return status;
}
