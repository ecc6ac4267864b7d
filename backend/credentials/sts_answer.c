/* SPDX-License-Identifier: MIT */
#include "backend/credentials/sts_answer.h"

#include <errno.h>
#include <expat.h>

#include "backend/credentials/providers.h"
#include "backend/http/error_answer.h"

#define DEPTH_MAX 16
#define TEXT_MAX (32 * 1024) /* bytes of one element: session tokens are some KB */

/* The elements whose text is wanted, wherever they stand. */
enum wanted {
	ACCESS_KEY_ID,
	SECRET_ACCESS_KEY,
	SESSION_TOKEN,
	EXPIRATION,
	ERROR_CODE,
	ERROR_MESSAGE,
	ACCOUNT,
	ARN,
	WANTED_COUNT,
};

static const struct {
	const char *parent, *name;
} wanted_elements[WANTED_COUNT] = {
	[ACCESS_KEY_ID] = {"Credentials", "AccessKeyId"},
	[SECRET_ACCESS_KEY] = {"Credentials", "SecretAccessKey"},
	[SESSION_TOKEN] = {"Credentials", "SessionToken"},
	[EXPIRATION] = {"Credentials", "Expiration"},
	[ERROR_CODE] = {"Error", "Code"},
	[ERROR_MESSAGE] = {"Error", "Message"},
	[ACCOUNT] = {"GetCallerIdentityResult", "Account"},
	[ARN] = {"GetCallerIdentityResult", "Arn"},
};

#define NAME_MAX_BYTES 64

struct document {
	XML_Parser parser;
	char names[DEPTH_MAX][NAME_MAX_BYTES];
	size_t depth;
	int collecting; /* enum wanted, or -1 */
	struct buffer texts[WANTED_COUNT];
	bool refused;
};

static void refuse_document(struct document *document)
{
	document->refused = true;
	XML_StopParser(document->parser, XML_FALSE);
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct document *document = data;
	const char *parent = document->depth ? document->names[document->depth - 1] : "";
	size_t i;

	document->collecting = -1;
	if (document->depth == DEPTH_MAX) {
		refuse_document(document);
		return;
	}
	for (i = 0; i < WANTED_COUNT; i++)
		if (!strcmp(name, wanted_elements[i].name) &&
			!strcmp(parent, wanted_elements[i].parent) && !document->texts[i].length)
			document->collecting = (int)i;
	snprintf(document->names[document->depth++], NAME_MAX_BYTES, "%s", name);
}

static void on_end(void *data, const XML_Char *name)
{
	struct document *document = data;

	document->collecting = -1;
	document->depth--;
}

static void on_text(void *data, const XML_Char *text, int length)
{
	struct document *document = data;

	if (document->collecting >= 0 &&
		buffer_append(&document->texts[document->collecting], text, (size_t)length))
		refuse_document(document);
}

/* Entities are how a few bytes become many: no document of STS declares any. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
	const XML_Char *public_id, int has_subset)
{
	refuse_document(data);
}

static void document_release(struct document *document)
{
	size_t i;

	for (i = 0; i < WANTED_COUNT; i++)
		buffer_release_secret(&document->texts[i]);
}

/* 0, -EINVAL, -ENOMEM. */
static int parse_answer(const char *text, size_t length, struct document *document)
{
	enum XML_Status status;
	size_t i;

	memset(document, 0, sizeof(*document));
	document->collecting = -1;
	for (i = 0; i < WANTED_COUNT; i++)
		document->texts[i].maximum = TEXT_MAX;
	if (length > CREDENTIALS_BODY_MAX)
		return -EINVAL;
	document->parser = XML_ParserCreate("UTF-8");
	if (!document->parser)
		return -ENOMEM;
	XML_SetUserData(document->parser, document);
	XML_SetElementHandler(document->parser, on_start, on_end);
	XML_SetCharacterDataHandler(document->parser, on_text);
	XML_SetStartDoctypeDeclHandler(document->parser, on_doctype);
	status = XML_Parse(document->parser, text, (int)length, XML_TRUE);
	XML_ParserFree(document->parser);
	return status == XML_STATUS_OK && !document->refused ? 0 : -EINVAL;
}

static bool has_member(const struct document *document, enum wanted wanted)
{
	return document->texts[wanted].length > 0;
}

enum lambda_status credentials_read_sts(const char *text, size_t length, const char *source,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	cleanup(document_release) struct document document;
	int error = parse_answer(text, length, &document);
	int64_t expires_s = 0;

	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error || !has_member(&document, ACCESS_KEY_ID) ||
		!has_member(&document, SECRET_ACCESS_KEY) ||
		!has_member(&document, SESSION_TOKEN) ||
		credentials_parse_time(buffer_text(&document.texts[EXPIRATION]), &expires_s))
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"%s: the answer of STS has no usable credentials", source);
	return credentials_set(ret_credentials, buffer_text(&document.texts[ACCESS_KEY_ID]),
		buffer_text(&document.texts[SECRET_ACCESS_KEY]),
		buffer_text(&document.texts[SESSION_TOKEN]), expires_s, source, reterr);
}

int credentials_read_identity(
	const char *text, size_t length, char *account, char *arn, size_t size)
{
	cleanup(document_release) struct document document;
	int error = parse_answer(text, length, &document);

	if (!error && (!has_member(&document, ACCOUNT) || !has_member(&document, ARN)))
		error = -EINVAL;
	if (error)
		return error;
	lambda_error_copy_line(account, size, buffer_text(&document.texts[ACCOUNT]),
		document.texts[ACCOUNT].length);
	lambda_error_copy_line(
		arn, size, buffer_text(&document.texts[ARN]), document.texts[ARN].length);
	return 0;
}

void credentials_read_sts_error(const char *text, size_t length, struct lambda_error *ret_error)
{
	cleanup(document_release) struct document document;
	const struct buffer *code, *message;

	ret_error->code[0] = '\0';
	ret_error->message[0] = '\0';
	if (parse_answer(text, length, &document))
		return;
	code = &document.texts[ERROR_CODE];
	message = &document.texts[ERROR_MESSAGE];
	lambda_error_copy_line(
		ret_error->code, sizeof(ret_error->code), buffer_text(code), code->length);
	lambda_error_copy_line(ret_error->message, sizeof(ret_error->message), buffer_text(message),
		message->length);
}
