/* SPDX-License-Identifier: MIT */
/* Credentials as JSON, and moments as the services spell them. */
#include <errno.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/credentials/providers.h"
#include "backend/http/error_answer.h"

/* Seconds of an offset: "", "Z", "+0100", "+01:00". 0 or -EINVAL. */
static int parse_offset(const char *text, int64_t *ret_seconds)
{
	uint64_t hours, minutes;
	bool colon;

	*ret_seconds = 0;
	if (!*text || !strcmp(text, "Z") || !strcmp(text, "z"))
		return 0;
	if (*text != '+' && *text != '-')
		return -EINVAL;
	if (strlen(text) != 5 && strlen(text) != 6)
		return -EINVAL;
	colon = strlen(text) == 6;
	if (colon && text[3] != ':')
		return -EINVAL;
	if (number_parse_u64_bytes(text + 1, 2, 23, &hours) ||
		number_parse_u64_bytes(text + 3 + colon, 2, 59, &minutes))
		return -EINVAL;
	*ret_seconds = (int64_t)(hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
	return 0;
}

int credentials_parse_time(const char *text, int64_t *ret_seconds)
{
	static const size_t plain = sizeof("2020-04-10T19:06:32") - 1;
	char moment[TEXT_TIME_SIZE];
	int64_t seconds, offset;
	const char *rest;

	if (strlen(text) < plain || strlen(text) >= TEXT_TIME_SIZE + 8)
		return -EINVAL;
	snprintf(moment, sizeof(moment), "%.*sZ", (int)plain, text);
	/* Python prints a datetime with a blank, and its json with default=str does. */
	if (moment[10] == ' ')
		moment[10] = 'T';
	rest = text + plain;
	if (*rest == '.') {
		rest += 1 + strspn(rest + 1, "0123456789");
		if (rest[-1] == '.')
			return -EINVAL;
	}
	/* SSO's cache of the CLI says "UTC" behind the seconds. */
	if (!strcmp(rest, "UTC"))
		rest = "";
	if (text_parse_time(moment, &seconds) || parse_offset(rest, &offset))
		return -EINVAL;
	*ret_seconds = seconds - offset;
	return 0;
}

static enum lambda_status lacks_member(const struct credentials_document *document,
	const char *member, struct lambda_error *reterr)
{
	return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: the answer has no usable %s",
		document->source, member);
}

/* {"Code": …, "Message": …}: a metadata service's way to say no. */
static enum lambda_status say_its_message(const struct credentials_document *document,
	const struct json *json, struct lambda_error *reterr)
{
	const char *code = json_member_string(json, "Code", NULL);
	const char *message = json_member_string(json, "Message", NULL);
	char line[256];

	if (!code || !message)
		return lacks_member(document, "AccessKeyId", reterr);
	lambda_error_copy_line(line, sizeof(line), message, strlen(message));
	return lambda_fail(
		reterr, LAMBDA_NO_CREDENTIALS, "%s: %.64s: %s", document->source, code, line);
}

static enum lambda_status read_members(const struct json *json,
	const struct credentials_document *document, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	const char *id = json_member_string(json, "AccessKeyId", NULL);
	const char *secret = json_member_string(json, "SecretAccessKey", NULL);
	const char *token = json_member_string(json, document->token, NULL);
	const struct json *expiration = json_member(json, "Expiration");
	int64_t expires_s = 0;

	if (!id || !*id)
		return say_its_message(document, json, reterr);
	if (!secret || !*secret)
		return lacks_member(document, "SecretAccessKey", reterr);
	if (!token && (document->expiration_required || json_member(json, document->token)))
		return lacks_member(document, document->token, reterr);
	if (!expiration && document->expiration_required)
		return lacks_member(document, "Expiration", reterr);
	if (expiration && (!json_string(expiration) ||
				  credentials_parse_time(json_string(expiration), &expires_s) ||
				  expires_s <= 0))
		return lacks_member(document, "Expiration", reterr);
	return credentials_set(
		ret_credentials, id, secret, token, expires_s, document->source, reterr);
}

enum lambda_status credentials_read_document(const char *text, size_t length,
	const struct credentials_document *document, struct credentials *ret_credentials,
	struct lambda_error *reterr)
{
	const char *reason = NULL;
	cleanup(json_free_pointer) struct json *json = json_parse(text, length, &reason);

	if (!json)
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS, "%s: the answer %s",
			document->source, reason);
	return read_members(json, document, ret_credentials, reterr);
}
