/* SPDX-License-Identifier: MIT */
#include "backend/local/server/reply.h"

/* A body that is sent badly on purpose. */
struct spoiled {
	char *data;
	size_t length;
	size_t cut;       /* the connection ends here */
	int64_t delay_ms; /* before every byte */
};

static ssize_t read_spoiled(void *data, uint64_t position, char *out, size_t size)
{
	struct spoiled *spoiled = data;
	size_t end = spoiled->cut < spoiled->length ? spoiled->cut : spoiled->length;

	if (position >= end)
		return end < spoiled->length ? MHD_CONTENT_READER_END_WITH_ERROR
					     : MHD_CONTENT_READER_END_OF_STREAM;
	if (spoiled->delay_ms) {
		usleep((useconds_t)spoiled->delay_ms * 1000);
		size = 1;
	}
	if (size > end - position)
		size = end - position;
	memcpy(out, spoiled->data + position, size);
	return (ssize_t)size;
}

static void free_spoiled(void *data)
{
	struct spoiled *spoiled = data;

	free(spoiled->data);
	free(spoiled);
}

static struct MHD_Response *make_spoiled(char *text, size_t length, const struct fault *fault)
{
	struct spoiled *spoiled = calloc(1, sizeof(*spoiled));
	struct MHD_Response *response;

	if (!spoiled) {
		free(text);
		return NULL;
	}
	spoiled->data = text;
	spoiled->length = length;
	spoiled->cut = fault->kind == FAULT_TRUNCATE ? (size_t)fault->amount : length;
	spoiled->delay_ms = fault->kind == FAULT_SLOW ? fault->amount : 0;
	response = MHD_create_response_from_callback(
		length, 4096, read_spoiled, spoiled, free_spoiled);
	if (!response)
		free_spoiled(spoiled);
	return response;
}

static struct MHD_Response *make_response(struct answer *answer, const struct fault *fault)
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
	if (!text)
		return NULL;
	if (fault->kind == FAULT_TRUNCATE || fault->kind == FAULT_SLOW)
		return make_spoiled(text, length, fault);
	response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
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
		{"Connection", answer->close ? "close" : NULL},
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

enum MHD_Result reply_queue(struct MHD_Connection *connection, struct answer *answer,
	const char *request_id, const struct fault *fault)
{
	struct MHD_Response *response = make_response(answer, fault);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_headers(response, answer, request_id);
	result = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}
