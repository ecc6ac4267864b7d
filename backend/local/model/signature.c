/* SPDX-License-Identifier: MIT */
#include "backend/local/model/signature.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <strings.h>

#include "backend/base/text.h"
#include "backend/local/model/sender.h"

#define SKEW_MAX 900 /* seconds, both ways */
#define HEADERS_MAX 64
#define CANONICAL_MAX (1u << 20)
#define ALGORITHM "AWS4-HMAC-SHA256"

/* The parts of an Authorization header. */
struct authorization {
	char access_key_id[129];
	char day[16], region[64], service[32], terminator[32];
	char signed_headers[2048];
	char signature[SIGV4_DIGEST_SIZE];
};

static int refuse_signature(struct signature_verdict *verdict, enum failure failure,
	const char *format, ...) printf_like(3, 4);

static int refuse_signature(
	struct signature_verdict *verdict, enum failure failure, const char *format, ...)
{
	va_list arguments;

	verdict->good = false;
	verdict->failure = failure;
	va_start(arguments, format);
	vsnprintf(verdict->message, sizeof(verdict->message), format, arguments);
	va_end(arguments);
	return 0;
}

/* Copies up to one of `ends`; gives what stands behind it, or NULL when it does not fit. */
static const char *take_part(const char *text, const char *ends, char *part, size_t size)
{
	size_t length = strcspn(text, ends);

	if (length >= size)
		return NULL;
	memcpy(part, text, length);
	part[length] = '\0';
	return text[length] ? text + length + 1 : text + length;
}

/* "KEY/20150830/us-east-1/lambda/aws4_request" */
static bool parse_credential(const char *text, struct authorization *parts)
{
	text = take_part(text, "/", parts->access_key_id, sizeof(parts->access_key_id));
	if (text)
		text = take_part(text, "/", parts->day, sizeof(parts->day));
	if (text)
		text = take_part(text, "/", parts->region, sizeof(parts->region));
	if (text)
		text = take_part(text, "/", parts->service, sizeof(parts->service));
	if (text)
		text = take_part(text, "/", parts->terminator, sizeof(parts->terminator));
	return text && parts->terminator[0];
}

static bool parse_parameter(const char *parameter, struct authorization *parts, unsigned *seen)
{
	if (text_starts_with(parameter, "Credential=") && !(*seen & 1)) {
		*seen |= 1;
		return parse_credential(parameter + strlen("Credential="), parts);
	}
	if (text_starts_with(parameter, "SignedHeaders=") && !(*seen & 2)) {
		*seen |= 2;
		return take_part(parameter + strlen("SignedHeaders="), "", parts->signed_headers,
			sizeof(parts->signed_headers));
	}
	if (text_starts_with(parameter, "Signature=") && !(*seen & 4)) {
		*seen |= 4;
		return take_part(parameter + strlen("Signature="), "", parts->signature,
			sizeof(parts->signature));
	}
	return false;
}

static bool parse_authorization(const char *text, struct authorization *parts)
{
	char parameter[2100];
	unsigned seen = 0;

	memset(parts, 0, sizeof(*parts));
	if (!text_starts_with(text, ALGORITHM " "))
		return false;
	text += strlen(ALGORITHM " ");
	while (text && *text) {
		while (*text == ' ' || *text == ',')
			text++;
		text = take_part(text, ",", parameter, sizeof(parameter));
		if (text && !parse_parameter(parameter, parts, &seen))
			return false;
	}
	return text && seen == 7;
}

/* Seconds of "20150830T123600Z", by way of the spelling that text_parse_time() knows. */
static bool parse_date(const char *date, int64_t *ret_seconds)
{
	char text[32];

	if (strlen(date) != SIGV4_DATE_SIZE - 1 || date[8] != 'T' || date[15] != 'Z')
		return false;
	snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", date, date + 4, date + 6,
		date + 9, date + 11, date + 13);
	return !text_parse_time(text, ret_seconds);
}

static int check_date(struct signature_verdict *verdict, const char *date, int64_t now)
{
	char now_text[SIGV4_DATE_SIZE], limit[SIGV4_DATE_SIZE];
	int64_t seconds;

	if (!parse_date(date, &seconds))
		return refuse_signature(verdict, FAILURE_SIGNATURE_INCOMPLETE,
			"Date must be in ISO-8601 'basic format'. Got '%s'.", date);
	sigv4_format_date(now, now_text);
	if (seconds < now - SKEW_MAX) {
		sigv4_format_date(now - SKEW_MAX, limit);
		return refuse_signature(verdict, FAILURE_SIGNATURE,
			"Signature expired: %s is now earlier than %s (%s - 15 min.)", date, limit,
			now_text);
	}
	if (seconds > now + SKEW_MAX) {
		sigv4_format_date(now + SKEW_MAX, limit);
		return refuse_signature(verdict, FAILURE_SIGNATURE,
			"Signature not yet current: %s is still later than %s (%s + 15 min.)", date,
			limit, now_text);
	}
	return 0;
}

static int check_scope(struct signature_verdict *verdict, const struct signature_key *key,
	const struct authorization *parts, const char *date)
{
	if (strcmp(parts->access_key_id, key->access_key_id))
		return refuse_signature(verdict, FAILURE_TOKEN_UNKNOWN,
			"The security token included in the request is invalid.");
	if (strcmp(parts->terminator, "aws4_request"))
		return refuse_signature(verdict, FAILURE_SIGNATURE,
			"Credential should be scoped with a valid terminator: 'aws4_request'.");
	if (strcmp(parts->service, key->service))
		return refuse_signature(verdict, FAILURE_SIGNATURE,
			"Credential should be scoped to correct service: '%s'.", key->service);
	if (strcmp(parts->region, key->region))
		return refuse_signature(verdict, FAILURE_SIGNATURE,
			"Credential should be scoped to a valid region.");
	if (strlen(parts->day) != 8 || strncmp(parts->day, date, 8))
		return refuse_signature(verdict, FAILURE_SIGNATURE,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
			"date from HTTP: '%s' != '%.8s', from '%s'.",
			parts->day, date, date);
	return 0;
}

static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (*list) {
		size_t part = strcspn(list, ";");

		if (part == length && !strncasecmp(list, name, length))
			return true;
		list += part + (list[part] == ';');
	}
	return false;
}

static int check_signed_headers(
	struct signature_verdict *verdict, const struct sigv4_request *request, const char *list)
{
	if (!is_listed(list, "host"))
		return refuse_signature(verdict, FAILURE_SIGNATURE,
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS "
			"Authorization.");
	for (size_t i = 0; i < request->header_count; i++) {
		const char *name = request->headers[i].name;

		if (text_starts_with(name, "X-Amz-") || text_starts_with(name, "x-amz-")) {
			if (!is_listed(list, name))
				return refuse_signature(verdict, FAILURE_SIGNATURE,
					"'%s' must be a 'SignedHeader' in the AWS Authorization.",
					name);
		}
	}
	return 0;
}

/* The signature that the request should have, over exactly the headers that it names. */
static int compute_signature(const struct signature_key *key, const struct sigv4_request *request,
	const struct authorization *parts, const char *date, struct buffer *ret_authorization)
{
	struct http_header headers[HEADERS_MAX];
	struct sigv4_request covered = *request;
	struct sigv4_scope scope = {.region = key->region, .service = key->service};
	unsigned char derived[SIGV4_KEY_SIZE];
	int error;

	covered.every_header = true;
	covered.headers = headers;
	covered.header_count = 0;
	for (size_t i = 0; i < request->header_count && covered.header_count < HEADERS_MAX; i++) {
		if (is_listed(parts->signed_headers, request->headers[i].name))
			headers[covered.header_count++] = request->headers[i];
	}
	snprintf(scope.date, sizeof(scope.date), "%s", date);
	error = sigv4_derive_key(key->secret_access_key, &scope, derived);
	if (!error)
		error = sigv4_authorization(
			&covered, &scope, key->access_key_id, derived, ret_authorization);
	explicit_bzero(derived, sizeof(derived));
	return error;
}

static int compare_signature(const struct signature_key *key, const struct sigv4_request *request,
	const struct authorization *given, const char *date, struct signature_verdict *verdict)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CANONICAL_MAX);
	struct authorization wanted;
	int error = compute_signature(key, request, given, date, &text);

	if (error == -EFBIG)
		return refuse_signature(
			verdict, FAILURE_SIGNATURE_INCOMPLETE, "The request is too large to sign.");
	if (error)
		return error;
	if (parse_authorization(buffer_text(&text), &wanted) &&
		!strcmp(wanted.signed_headers, given->signed_headers) &&
		strlen(given->signature) == SIGV4_DIGEST_SIZE - 1 &&
		!CRYPTO_memcmp(wanted.signature, given->signature, SIGV4_DIGEST_SIZE - 1))
		return 0;
	return refuse_signature(verdict, FAILURE_SIGNATURE,
		"The request signature we calculated does not match the signature you provided. "
		"Check your AWS Secret Access Key and signing method. Consult the service "
		"documentation for details.");
}

int signature_verify(const struct signature_key *key, const struct sigv4_request *request,
	int64_t now, struct signature_verdict *ret_verdict)
{
	const char *text = find_header(request->headers, request->header_count, "Authorization");
	const char *date = find_header(request->headers, request->header_count, "X-Amz-Date");
	struct authorization parts;
	int error = 0;

	memset(ret_verdict, 0, sizeof(*ret_verdict));
	ret_verdict->good = true;
	if (!text)
		return refuse_signature(
			ret_verdict, FAILURE_TOKEN_MISSING, "Missing Authentication Token");
	if (!parse_authorization(text, &parts))
		return refuse_signature(ret_verdict, FAILURE_SIGNATURE_INCOMPLETE,
			"Authorization header requires 'Credential', 'Signature' and "
			"'SignedHeaders' "
			"parameters of " ALGORITHM ".");
	if (!date)
		return refuse_signature(ret_verdict, FAILURE_SIGNATURE_INCOMPLETE,
			"Authorization header requires existence of either a 'X-Amz-Date' or a "
			"'Date' header.");
	error = check_date(ret_verdict, date, now);
	if (!error && ret_verdict->good)
		error = check_scope(ret_verdict, key, &parts, date);
	if (!error && ret_verdict->good)
		error = check_signed_headers(ret_verdict, request, parts.signed_headers);
	if (!error && ret_verdict->good)
		error = compare_signature(key, request, &parts, date, ret_verdict);
	return error;
}
