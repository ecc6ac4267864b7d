/* SPDX-License-Identifier: MIT */
/* url.json: a function URL. Its address is AWS's to choose, and lost for ever with it. */
#include <errno.h>

#include "backend/documents/ways.h"

#define DEFAULT_MODE "BUFFERED"

static const struct document_member cors_members[] = {{"AllowCredentials", DOCUMENT_BOOLEAN},
	{"AllowHeaders", DOCUMENT_TEXTS}, {"AllowMethods", DOCUMENT_TEXTS},
	{"AllowOrigins", DOCUMENT_TEXTS}, {"ExposeHeaders", DOCUMENT_TEXTS},
	{"MaxAge", DOCUMENT_INTEGER}, {NULL}};

static const struct document_member url_members[] = {{"AuthType", DOCUMENT_TEXT, NULL, true},
	{"Cors", DOCUMENT_OBJECT, cors_members}, {"FunctionUrl", DOCUMENT_TEXT},
	{"InvokeMode", DOCUMENT_TEXT}, {NULL}};

static const char *const shown_members[] = {"AuthType", "Cors", "FunctionUrl", "InvokeMode", NULL};

static enum lambda_status shape_url(const struct document_subject *subject,
	const struct json *answer, struct json **ret_document, struct lambda_error *reterr)
{
	const struct json *item;
	enum lambda_status status =
		document_find_item(answer, "FunctionUrlConfigs", subject, &item, reterr);
	int error;

	if (status || !item)
		return status;
	if (!json_string(json_member(item, "AuthType")))
		return document_fail_answer(reterr, "AuthType");
	error = document_pick(item, shown_members, ret_document);
	return error ? document_fail_errno(reterr, error) : LAMBDA_OK;
}

/* The address is not compared: it is not known before the URL is created. */
static int normalize_url(struct json *document)
{
	int error = document_drop_empty(document);

	json_remove(document, "FunctionUrl");
	if (!error && json_count(document) && !json_member(document, "InvokeMode"))
		error = json_set_string(document, "InvokeMode", DEFAULT_MODE);
	return error;
}

/* The address that was written has to be the one that is there. */
static enum lambda_status check_address(
	const struct document_planning *planning, struct lambda_error *reterr)
{
	const struct json *address = json_member(planning->text->tree, "FunctionUrl");
	const struct json *item = NULL;
	enum lambda_status status;

	if (!address)
		return LAMBDA_OK;
	status = document_find_item(
		planning->answer, "FunctionUrlConfigs", planning->subject, &item, reterr);
	if (status || !strcmp(json_member_string(item, "FunctionUrl", ""), json_string(address)))
		return status;
	return document_fail_at(planning->text, address, reterr,
		"the member 'FunctionUrl' cannot be chosen, AWS gives the address: %s",
		item ? "leave it as it is" : "leave it out");
}

static int copy_written(const struct document_planning *planning, const char *member,
	struct json *body, bool when_absent)
{
	const struct json *written = json_member(planning->text->tree, member);

	if (written)
		return json_set(body, member, json_copy(written));
	return when_absent ? json_set(body, member, json_new_object()) : 0;
}

/* What differs; all of it for a new one. */
static int make_body(const struct document_planning *planning, struct json **ret_body)
{
	static const char *const names[] = {"AuthType", "Cors", "InvokeMode"};
	cleanup(json_free_pointer) struct json *body = json_new_object();
	int error = body ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < array_count(names) && !error; i++) {
		const char *name = names[i];
		const struct json *wanted = json_member(planning->wanted, name);
		int same = document_equals(json_member(planning->shown, name), wanted);

		if (same < 0)
			return same;
		if (same && planning->is_configured)
			continue;
		if (!strcmp(name, "InvokeMode"))
			error = json_set(body, name, json_copy(wanted));
		else
			error = copy_written(planning, name, body, planning->is_configured);
	}
	if (!error)
		*ret_body = take_pointer(body);
	return error;
}

static enum lambda_status plan_url(struct document_planning *planning, struct lambda_error *reterr)
{
	struct json *body = NULL;
	int error;

	if (planning->removes)
		return lambda_fail(reterr, LAMBDA_REFUSED,
			"writing does not remove a function URL, because its address cannot be had "
			"again: use aws lambda delete-function-url-config");
	error = make_body(planning, &body);
	if (error)
		return document_fail_errno(reterr, error);
	return document_add_call(planning,
		planning->is_configured ? LAMBDA_UPDATE_URL : LAMBDA_CREATE_URL, NULL, NULL, body,
		planning->wanted, reterr);
}

const struct document_ways document_url_ways = {
	.type = DOCUMENT_OBJECT,
	.members = url_members,
	.is_removable = true,
	.shape = shape_url,
	.normalize = normalize_url,
	.refuse = check_address,
	.plan = plan_url,
};
