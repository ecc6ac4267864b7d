/* SPDX-License-Identifier: MIT */
#include "backend/credentials/credentials.h"

#include <errno.h>

static void forget_text(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

void credentials_release(struct credentials *credentials)
{
	forget_text(&credentials->access_key_id);
	forget_text(&credentials->secret_access_key);
	forget_text(&credentials->session_token);
}

bool credentials_are_equal(const struct credentials *one, const struct credentials *other)
{
	const char *token = one->session_token ? one->session_token : "";

	return !strcmp(one->access_key_id, other->access_key_id) &&
	       !strcmp(one->secret_access_key, other->secret_access_key) &&
	       !strcmp(token, other->session_token ? other->session_token : "");
}

/* Whether a string may stand in a header as it is. */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < 0x21 || *text > 0x7e)
			return false;
	return true;
}

enum lambda_status credentials_set(struct credentials *ret_credentials, const char *access_key_id,
	const char *secret_access_key, const char *session_token, int64_t expires_s,
	const char *source, struct lambda_error *reterr)
{
	char *token = session_token && *session_token ? strdup(session_token) : NULL;
	struct credentials made = {.access_key_id = strdup(access_key_id),
		.secret_access_key = strdup(secret_access_key),
		.session_token = token,
		.expires_s = expires_s};

	snprintf(made.source, sizeof(made.source), "%s", source);
	if (!made.access_key_id || !made.secret_access_key ||
		(session_token && *session_token && !token)) {
		credentials_release(&made);
		return lambda_fail_memory(reterr);
	}
	if (!is_printable(made.access_key_id) || !is_printable(token ? token : "")) {
		credentials_release(&made);
		return lambda_fail(reterr, LAMBDA_NO_CREDENTIALS,
			"the credentials of %s hold blanks or unprintable bytes", source);
	}
	*ret_credentials = made;
	return LAMBDA_OK;
}

int credentials_copy(const struct credentials *from, struct credentials *ret_copy)
{
	if (credentials_set(ret_copy, from->access_key_id, from->secret_access_key,
		    from->session_token, from->expires_s, from->source, NULL))
		return -ENOMEM;
	ret_copy->of_machine = from->of_machine;
	return 0;
}

enum lambda_status credentials_ask(const struct credentials_provider *providers,
	const struct credentials_context *context, bool *ret_found,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;

	*ret_found = false;
	for (; !status && !*ret_found && providers->name; providers++) {
		status = providers->fetch(context, ret_found, ret_credentials, reterr);
		if (!status && *ret_found)
			ret_credentials->of_machine = providers->of_machine;
	}
	return status;
}

enum credentials_need credentials_need(int64_t expires_s, int64_t now_s)
{
	if (!expires_s || expires_s - now_s > CREDENTIALS_ADVISORY_S)
		return CREDENTIALS_FRESH;
	return expires_s - now_s > CREDENTIALS_MANDATORY_S ? CREDENTIALS_REFRESH_SOON
							   : CREDENTIALS_REFRESH_NOW;
}
