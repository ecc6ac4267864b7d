/* SPDX-License-Identifier: MIT */
#include "backend/http/sigv4.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>

#include "backend/base/text.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define CANONICAL_MAX                                                                              \
	(1024 * 1024) /* bytes of a canonical request: headers and URL, not the body */
#define DAY_LENGTH 8  /* "20150830", the start of the date */

/* Hop-by-hop headers, and those that change between us and AWS: never signed (section 9, step 4). */
static const char *const unsigned_headers[] = {
	"authorization",
	"connection",
	"content-length",
	"expect",
	"keep-alive",
	"proxy-authenticate",
	"proxy-authorization",
	"te",
	"trailer",
	"transfer-encoding",
	"upgrade",
	"user-agent",
	"x-amzn-trace-id",
	NULL,
};

/* A name and a value in canonical form: a header or a query parameter. */
struct pair {
	char *name;
	char *value;
	size_t order; /* of a header, where it stood: those of one name keep their order */
};

struct pairs {
	struct pair *items;
	size_t count;
};

static void pairs_release(struct pairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->count; i++) {
		free(pairs->items[i].name);
		if (pairs->items[i].value) /* the session token, perhaps */
			explicit_bzero(pairs->items[i].value, strlen(pairs->items[i].value));
		free(pairs->items[i].value);
	}
	free(pairs->items);
	pairs->items = NULL;
	pairs->count = 0;
}

void sigv4_format_date(int64_t seconds, char date[SIGV4_DATE_SIZE])
{
	time_t when = (time_t)seconds;
	struct tm parts;

	memset(&parts, 0, sizeof(parts));
	gmtime_r(&when, &parts);
	if (!strftime(date, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &parts))
		date[0] = '\0';
}

static int compute_hmac(const void *key, size_t key_length, const char *text, size_t length,
	unsigned char code[SIGV4_KEY_SIZE])
{
	size_t written = 0;
	const unsigned char *made = EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_length,
		(const unsigned char *)text, length, code, SIGV4_KEY_SIZE, &written);

	return made && written == SIGV4_KEY_SIZE ? 0 : -EIO;
}

int sigv4_hex_digest(const void *data, size_t length, char digest[SIGV4_DIGEST_SIZE])
{
	unsigned char bytes[SIGV4_KEY_SIZE];

	if (EVP_Digest(data ? data : "", length, bytes, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	text_format_hex(bytes, sizeof(bytes), digest);
	return 0;
}

/* --- path --- */

/* Appends one segment, encoded once more, after dropping "", "." and, for "..", the segment before. */
static int append_segment(struct buffer *out, const char *text, size_t length)
{
	cleanup(free_pointer) char *segment = strndup(text, length);
	int error;

	if (!segment)
		return -ENOMEM;
	if (!length || !strcmp(segment, "."))
		return 0;
	if (!strcmp(segment, "..")) {
		while (out->length > 0 && out->data[--out->length] != '/')
			;
		if (out->data)
			out->data[out->length] = '\0';
		return 0;
	}
	error = buffer_append_byte(out, '/');
	return error ? error : text_append_percent_encoded(out, segment);
}

/* The path normalized, and encoded again but for its slashes: `%3A` on the wire is signed as `%253A`. */
static int append_canonical_path(struct buffer *out, const char *path)
{
	cleanup(buffer_release) struct buffer normal = BUFFER_INIT(out->maximum);
	bool slash_at_end = *path && path[strlen(path) - 1] == '/';
	int error = 0;

	while (!error && *path) {
		size_t length = strcspn(path, "/");

		error = append_segment(&normal, path, length);
		path += length + (path[length] == '/');
	}
	if (!error && (slash_at_end || !normal.length))
		error = buffer_append_byte(&normal, '/');
	return error ? error : buffer_append(out, normal.data, normal.length);
}

/* --- query and headers: pairs, sorted --- */

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	if (!order)
		order = (a->order > b->order) - (a->order < b->order);
	return order ? order : strcmp(a->value, b->value);
}

/* Decodes and encodes again, so that any spelling of the same value is signed alike. */
static char *canonical_query_part(const char *text, size_t length)
{
	cleanup(buffer_release) struct buffer decoded = BUFFER_INIT(length);
	cleanup(buffer_release) struct buffer encoded = BUFFER_INIT(CANONICAL_MAX);

	if (text_percent_decode(text, length, &decoded) ||
		memchr(buffer_text(&decoded), '\0', decoded.length)) {
		/* A stray % or %00: what we send never has one; sign what stands there. */
		buffer_reset(&decoded);
		if (buffer_append(&decoded, text, length))
			return NULL;
	}
	if (text_append_percent_encoded(&encoded, buffer_text(&decoded)))
		return NULL;
	return buffer_detach(&encoded, NULL);
}

static int split_query(const char *query, struct pairs *ret_pairs)
{
	size_t maximum = 1;
	const char *at;

	for (at = query; *at; at++)
		maximum += *at == '&';
	ret_pairs->items = calloc(maximum, sizeof(*ret_pairs->items));
	if (!ret_pairs->items)
		return -ENOMEM;
	while (*query) {
		size_t length = strcspn(query, "&"), name = strcspn(query, "&=");
		struct pair *pair = &ret_pairs->items[ret_pairs->count];
		size_t value = name < length ? name + 1 : length;

		if (length) {
			pair->name = canonical_query_part(query, name);
			pair->value = canonical_query_part(query + value, length - value);
			ret_pairs->count++;
			if (!pair->name || !pair->value)
				return -ENOMEM;
		}
		query += length + (query[length] == '&');
	}
	return 0;
}

static int append_canonical_query(struct buffer *out, const char *query)
{
	cleanup(pairs_release) struct pairs pairs = {0};
	int error = split_query(query, &pairs);
	size_t i;

	if (!error && pairs.count)
		qsort(pairs.items, pairs.count, sizeof(*pairs.items), compare_pairs);
	for (i = 0; !error && i < pairs.count; i++)
		error = buffer_appendf(
			out, "%s%s=%s", i ? "&" : "", pairs.items[i].name, pairs.items[i].value);
	return error;
}

static char *lower_case(const char *text)
{
	char *copy = strdup(text);
	char *at;

	for (at = copy; at && *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return copy;
}

/* The value trimmed, every run of blanks inside made one space. */
static char *squeeze_blanks(const char *value)
{
	char *copy = malloc(strlen(value) + 1);
	size_t length = 0;

	if (!copy)
		return NULL;
	for (; *value; value++) {
		if (!isspace((unsigned char)*value))
			copy[length++] = *value;
		else if (length && copy[length - 1] != ' ')
			copy[length++] = ' ';
	}
	while (length && copy[length - 1] == ' ')
		length--;
	copy[length] = '\0';
	return copy;
}

static int collect_headers(const struct sigv4_request *request, struct pairs *ret_pairs)
{
	size_t i;

	ret_pairs->items = calloc(request->header_count + 1, sizeof(*ret_pairs->items));
	if (!ret_pairs->items)
		return -ENOMEM;
	for (i = 0; i < request->header_count; i++) {
		cleanup(free_pointer) char *name = lower_case(request->headers[i].name);
		struct pair *pair = &ret_pairs->items[ret_pairs->count];

		if (!name)
			return -ENOMEM;
		if (!request->every_header && text_is_one_of(name, unsigned_headers))
			continue;
		pair->value = squeeze_blanks(request->headers[i].value);
		if (!pair->value)
			return -ENOMEM;
		pair->name = take_pointer(name);
		pair->order = i;
		ret_pairs->count++;
	}
	if (ret_pairs->count)
		qsort(ret_pairs->items, ret_pairs->count, sizeof(*ret_pairs->items), compare_pairs);
	return 0;
}

static int append_canonical_headers(
	const struct sigv4_request *request, struct buffer *out, struct buffer *ret_signed)
{
	cleanup(pairs_release) struct pairs pairs = {0};
	int error = collect_headers(request, &pairs);
	size_t i;

	for (i = 0; !error && i < pairs.count; i++) {
		const struct pair *pair = &pairs.items[i];
		bool same = i > 0 && !strcmp(pair->name, pairs.items[i - 1].name);

		if (same) {
			error = buffer_appendf(out, ",%s", pair->value);
			continue;
		}
		error = buffer_appendf(out, "%s%s:%s", i ? "\n" : "", pair->name, pair->value);
		if (!error)
			error = buffer_appendf(ret_signed, "%s%s", i ? ";" : "", pair->name);
	}
	return !error && pairs.count ? buffer_append_byte(out, '\n') : error;
}

/* --- the request, the string, the signature --- */

int sigv4_canonical_request(
	const struct sigv4_request *request, struct buffer *out, struct buffer *ret_signed)
{
	char digest[SIGV4_DIGEST_SIZE];
	int error = request->body_digest
			    ? 0
			    : sigv4_hex_digest(request->body, request->body_length, digest);

	if (!error)
		error = buffer_appendf(out, "%s\n", request->method);
	if (!error)
		error = append_canonical_path(out, request->path);
	if (!error)
		error = buffer_append_byte(out, '\n');
	if (!error && request->query)
		error = append_canonical_query(out, request->query);
	if (!error)
		error = buffer_append_byte(out, '\n');
	if (!error)
		error = append_canonical_headers(request, out, ret_signed);
	if (!error)
		error = buffer_appendf(out, "\n%s\n%s", buffer_text(ret_signed),
			request->body_digest ? request->body_digest : digest);
	return error;
}

/* Appends the string to sign for a canonical request. */
static int append_string_to_sign(const struct sigv4_scope *scope, const char *canonical_request,
	size_t length, struct buffer *out)
{
	char digest[SIGV4_DIGEST_SIZE];
	int error = sigv4_hex_digest(canonical_request, length, digest);

	return error ? error
		     : buffer_appendf(out, ALGORITHM "\n%s\n%.*s/%s/%s/" TERMINATOR "\n%s",
			       scope->date, DAY_LENGTH, scope->date, scope->region, scope->service,
			       digest);
}

int sigv4_derive_key(const char *secret_access_key, const struct sigv4_scope *scope,
	unsigned char key[SIGV4_KEY_SIZE])
{
	cleanup(buffer_release_secret) struct buffer seed = BUFFER_INIT(CANONICAL_MAX);
	unsigned char day[SIGV4_KEY_SIZE], region[SIGV4_KEY_SIZE], service[SIGV4_KEY_SIZE];
	int error = buffer_appendf(&seed, "AWS4%s", secret_access_key);

	if (!error)
		error = compute_hmac(seed.data, seed.length, scope->date, DAY_LENGTH, day);
	if (!error)
		error = compute_hmac(
			day, sizeof(day), scope->region, strlen(scope->region), region);
	if (!error)
		error = compute_hmac(
			region, sizeof(region), scope->service, strlen(scope->service), service);
	if (!error)
		error = compute_hmac(service, sizeof(service), TERMINATOR, strlen(TERMINATOR), key);
	explicit_bzero(day, sizeof(day));
	explicit_bzero(region, sizeof(region));
	explicit_bzero(service, sizeof(service));
	return error;
}

int sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
	const char *access_key_id, const unsigned char key[SIGV4_KEY_SIZE], struct buffer *out)
{
	cleanup(buffer_release_secret) struct buffer canonical = BUFFER_INIT(CANONICAL_MAX);
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(CANONICAL_MAX);
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CANONICAL_MAX);
	unsigned char signature[SIGV4_KEY_SIZE];
	char hex[SIGV4_DIGEST_SIZE];
	int error = sigv4_canonical_request(request, &canonical, &names);

	if (!error)
		error = append_string_to_sign(
			scope, buffer_text(&canonical), canonical.length, &text);
	if (!error)
		error = compute_hmac(
			key, SIGV4_KEY_SIZE, buffer_text(&text), text.length, signature);
	if (error)
		return error;
	text_format_hex(signature, sizeof(signature), hex);
	return buffer_appendf(out,
		ALGORITHM " Credential=%s/%.*s/%s/%s/" TERMINATOR
			  ", SignedHeaders=%s, Signature=%s",
		access_key_id, DAY_LENGTH, scope->date, scope->region, scope->service,
		buffer_text(&names), hex);
}
