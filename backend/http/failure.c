/* SPDX-License-Identifier: MIT */
#include "backend/http/failure.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>

#define UNSUPPORTED_PROXY "Unsupported proxy" /* how libcurl's sentences about it begin */

void http_failure_set(
	struct http_failure *failure, enum lambda_status status, const char *format, ...)
{
	va_list arguments;
	char *byte;

	failure->status = status;
	failure->timed_out = status == LAMBDA_TIMED_OUT;
	failure->transient = status != LAMBDA_INTERRUPTED && status != LAMBDA_NO_MEMORY;
	va_start(arguments, format);
	vsnprintf(failure->text, sizeof(failure->text), format, arguments);
	va_end(arguments);
	/* libcurl quotes certificates, and those hold what their owner likes. */
	for (byte = failure->text; *byte; byte++)
		if (*byte < 0x20 || *byte > 0x7e)
			*byte = '?';
}

void http_failure_of_wait(struct http_failure *failure, int error)
{
	if (error == -EINTR)
		http_failure_set(failure, LAMBDA_INTERRUPTED, "interrupted");
	else if (error == -ETIMEDOUT)
		http_failure_set(failure, LAMBDA_TIMED_OUT, "no answer within the time allowed");
	else
		http_failure_set(failure, LAMBDA_NO_MEMORY, "out of memory");
}

void http_failure_of_refusal(struct http_failure *failure, int error)
{
	if (error == -ENOMEM) {
		http_failure_set(failure, LAMBDA_NO_MEMORY, "out of memory");
		return;
	}
	http_failure_set(failure, LAMBDA_BAD_ANSWER, "the answer is larger than allowed");
	failure->transient = false;
}

void http_failure_of_source(struct http_failure *failure, int error)
{
	if (error == -EINTR || error == -ENOMEM) {
		http_failure_of_wait(failure, error);
		return;
	}
	http_failure_set(failure, LAMBDA_DISK_FAILED, "the data to send could not be read: %s",
		strerrordesc_np(-error));
	failure->transient = false;
}

void http_failure_of_proxy(struct http_failure *failure, int http_status)
{
	http_failure_set(failure, LAMBDA_HOST_UNREACHABLE, "the proxy answered HTTP %d%s",
		http_status, http_status == 407 ? ": it requires a user name and a password" : "");
	failure->transient = http_status == 429 || http_status >= 500;
}

static enum lambda_status class_of_system_error(int error)
{
	switch (error) {
	case ENETUNREACH:
	case ENETDOWN:
		return LAMBDA_NETWORK_UNREACHABLE;
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		return LAMBDA_HOST_UNREACHABLE;
	case ETIMEDOUT:
		return LAMBDA_TIMED_OUT;
	default: /* ECONNREFUSED, and for Unix sockets ENOENT, EACCES … */
		return LAMBDA_CONNECTION_REFUSED;
	}
}

/*
 * libcurl's text may be of an attempt on a dead connection before the one that failed for good: "Broken
 * pipe" for a certificate that it does not trust. So the failure itself is named first.
 */
static void fail_of_tls(struct http_failure *failure, int code, const char *words)
{
	const char *name = curl_easy_strerror((CURLcode)code);

	if (!strcmp(words, name))
		http_failure_set(failure, LAMBDA_TLS_FAILED, "%s", name);
	else
		http_failure_set(failure, LAMBDA_TLS_FAILED, "%s: %s", name, words);
}

void http_failure_of_curl(
	struct http_failure *failure, int code, int system_error, const char *text)
{
	const char *words = text && *text ? text : curl_easy_strerror((CURLcode)code);

	if (!strncmp(words, UNSUPPORTED_PROXY, strlen(UNSUPPORTED_PROXY))) {
		/* libcurl goes on with the whole address, and the password in it. */
		http_failure_set(failure, LAMBDA_HOST_UNREACHABLE,
			"the proxy's address in the environment cannot be understood");
		failure->transient = false;
		return;
	}
	switch (code) {
	case CURLE_OUT_OF_MEMORY:
		http_failure_set(failure, LAMBDA_NO_MEMORY, "out of memory");
		break;
	case CURLE_OPERATION_TIMEDOUT:
		http_failure_set(failure, LAMBDA_TIMED_OUT, "%s", words);
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		http_failure_set(failure, LAMBDA_HOST_UNREACHABLE, "%s", words);
		break;
	case CURLE_COULDNT_CONNECT:
		http_failure_set(failure, class_of_system_error(system_error), "%s", words);
		break;
	case CURLE_SSL_CONNECT_ERROR: /* the handshake failed: may be a reset */
		fail_of_tls(failure, code, words);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_USE_SSL_FAILED:
		fail_of_tls(failure, code, words);
		failure->transient = false;
		break;
	case CURLE_ABORTED_BY_CALLBACK: /* our own: libcurl wanted to send it again */
	case CURLE_GOT_NOTHING:
		http_failure_set(
			failure, LAMBDA_BAD_ANSWER, "the connection ended without an answer");
		break;
	case CURLE_PARTIAL_FILE:
		http_failure_set(failure, LAMBDA_BAD_ANSWER, "the answer was cut off");
		break;
	default: /* resets, broken HTTP */
		http_failure_set(failure, LAMBDA_BAD_ANSWER, "%s", words);
		break;
	}
}
