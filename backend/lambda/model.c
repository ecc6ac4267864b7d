/* SPDX-License-Identifier: MIT */
#include "backend/lambda/model.h"

#include <errno.h>

#include "backend/base/text.h"

#define CODE_SIZE_MAX 9007199254740991 /* 2^53 - 1: what JSON can carry exactly */

/* --- aliases --- */

static enum lambda_status bad_alias(
	struct lambda_error *reterr, const struct lambda_alias *alias, const char *member)
{
	return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "alias %s has no usable %s",
		alias->name[0] ? alias->name : "(without a name)", member);
}

bool lambda_read_weights(const struct json *routing, const char *member, struct lambda_alias *alias)
{
	const struct json *weights = json_member(routing, member);
	const struct json *weight = json_first(weights);

	if ((routing && !json_is_object(routing)) || (weights && !json_is_object(weights)) ||
		json_next(weight))
		return false;
	if (!weight)
		return true;
	return !lambda_version_parse(json_name(weight), &alias->weighted_version) &&
	       alias->weighted_version != LAMBDA_VERSION_LATEST &&
	       json_number(weight, &alias->weight) && alias->weight >= 0 && alias->weight <= 1;
}

enum lambda_status lambda_read_alias(
	const struct json *json, struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	const char *name = json_member_string(json, "Name", "");
	const char *revision = json_member_string(json, "RevisionId", "");
	const char *version = json_member_string(json, "FunctionVersion", "");
	const struct json *description = json_member(json, "Description");
	struct lambda_alias alias = {0};

	if (!lambda_is_alias_name(name))
		return bad_alias(reterr, &alias, "Name");
	snprintf(alias.name, sizeof(alias.name), "%s", name);
	if (lambda_version_parse(version, &alias.version))
		return bad_alias(reterr, &alias, "FunctionVersion");
	if (!*revision || strlen(revision) > LAMBDA_REVISION_ID_MAX)
		return bad_alias(reterr, &alias, "RevisionId");
	snprintf(alias.revision_id, sizeof(alias.revision_id), "%s", revision);
	if (description && !json_string(description))
		return bad_alias(reterr, &alias, "Description");
	if (!lambda_read_weights(
		    json_member(json, "RoutingConfig"), "AdditionalVersionWeights", &alias))
		return bad_alias(reterr, &alias, "RoutingConfig");
	alias.description = strdup(description ? json_string(description) : "");
	if (!alias.description)
		return lambda_fail_memory(reterr);
	*ret_alias = alias;
	return LAMBDA_OK;
}

/* --- versions --- */

/* Base64 of a zip's hash, or hexadecimal of an image's digest. 0, -EINVAL or -ENOMEM. */
static int read_sha256(const char *text, unsigned char sha256[32])
{
	cleanup(buffer_release) struct buffer bytes = BUFFER_INIT(64);
	size_t length = strlen(text);
	int error;

	if (length == 64)
		return text_parse_hex(text, 32, sha256);
	error = text_decode_base64(text, length, &bytes);
	if (error == -ENOMEM)
		return error;
	if (error || bytes.length != 32)
		return -EINVAL;
	memcpy(sha256, bytes.data, 32);
	return 0;
}

enum lambda_status lambda_fail_member(
	struct lambda_error *reterr, const struct json *configuration, const char *member)
{
	return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
		"the answer's %s of function '%.64s' is missing or cannot be read", member,
		json_member_string(configuration, "FunctionName", "?"));
}

/* The plain members; what is allocated goes into `version` by the caller. */
static enum lambda_status read_members(const struct json *configuration,
	struct lambda_version *version, struct lambda_error *reterr)
{
	const struct json *size = json_member(configuration, "CodeSize");
	const char *hash = json_member_string(configuration, "CodeSha256", "");
	int64_t code_size = 0;
	int error;

	if (lambda_version_parse(
		    json_member_string(configuration, "Version", ""), &version->version))
		return lambda_fail_member(reterr, configuration, "Version");
	if (text_parse_time(
		    json_member_string(configuration, "LastModified", ""), &version->last_modified))
		return lambda_fail_member(reterr, configuration, "LastModified");
	if (size && !json_integer(size, 0, CODE_SIZE_MAX, &code_size))
		return lambda_fail_member(reterr, configuration, "CodeSize");
	version->code_size = (uint64_t)code_size;
	if (*hash) {
		error = read_sha256(hash, version->code_sha256);
		if (error)
			return error == -ENOMEM
				       ? lambda_fail_memory(reterr)
				       : lambda_fail_member(reterr, configuration, "CodeSha256");
		version->has_code_sha256 = true;
	}
	return LAMBDA_OK;
}

static enum lambda_status check_name(const char *name, struct lambda_error *reterr)
{
	if (!name)
		return lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer holds a function without a name");
	if (!lambda_is_entry_name(name))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer holds a function whose name cannot be a directory entry: "
			"'%.256s'",
			name);
	return LAMBDA_OK;
}

enum lambda_status lambda_read_version(const struct json *configuration,
	const struct lambda_printer *printer, struct lambda_version *ret_version,
	struct lambda_error *reterr)
{
	const char *name = json_member_string(configuration, "FunctionName", NULL);
	struct lambda_version version = {0};
	enum lambda_status status = check_name(name, reterr);

	if (!status)
		status = read_members(configuration, &version, reterr);
	if (status)
		return status;
	version.function_name = strdup(name);
	if (!version.function_name)
		return lambda_fail_memory(reterr);
	if (printer)
		status = printer->print(printer, configuration, &version, reterr);
	if (status)
		lambda_version_release(&version);
	else
		*ret_version = version;
	return status;
}

/* --- pages --- */

/* Checks a page's list and reads the marker; *ret_marker is NULL on the last page. */
static enum lambda_status read_page(const struct json *json, const char *member,
	const struct json **ret_list, char **ret_marker, struct lambda_error *reterr)
{
	const struct json *marker = json_member(json, "NextMarker");
	const struct json *list = json_member(json, member);
	const char *text = json_string(marker);

	if (!json_is_array(list))
		return lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer has no list of %s", member);
	if (json_count(list) > LAMBDA_PAGE_MAX)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the answer has a page of over %d %s",
			LAMBDA_PAGE_MAX, member);
	if (marker && (!text || strlen(text) > LAMBDA_MARKER_MAX))
		return lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer has no usable NextMarker");
	*ret_list = list;
	*ret_marker = text && *text ? strdup(text) : NULL;
	return text && *text && !*ret_marker ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

/* One element of the list: a function whose name no directory can hold is no reason to lose the others. */
static enum lambda_status read_page_item(const struct json *item, bool of_functions,
	const struct lambda_printer *printer, struct lambda_version_page *page,
	struct lambda_error *reterr)
{
	const char *name = json_member_string(item, "FunctionName", NULL);
	enum lambda_status status;

	if (!of_functions || !name || lambda_is_entry_name(name)) {
		status = lambda_read_version(item, printer, &page->items[page->count], reterr);
		page->count += !status;
		return status;
	}
	page->unlistable[page->unlistable_count] = strdup(name);
	if (!page->unlistable[page->unlistable_count])
		return lambda_fail_memory(reterr);
	page->unlistable_count++;
	return LAMBDA_OK;
}

enum lambda_status lambda_read_version_page(const struct json *json, const char *member,
	const struct lambda_printer *printer, struct lambda_version_page *ret_page,
	struct lambda_error *reterr)
{
	bool of_functions = !strcmp(member, "Functions");
	struct lambda_version_page page = {0};
	const struct json *list = NULL, *item;
	enum lambda_status status = read_page(json, member, &list, &page.next_marker, reterr);

	if (!status && json_count(list)) {
		page.items = calloc(json_count(list), sizeof(*page.items));
		page.unlistable = calloc(json_count(list), sizeof(*page.unlistable));
		if (!page.items || !page.unlistable)
			status = lambda_fail_memory(reterr);
	}
	for (item = json_first(list); !status && item; item = json_next(item))
		status = read_page_item(item, of_functions, printer, &page, reterr);
	if (status) {
		lambda_version_page_release(&page);
		return status;
	}
	*ret_page = page;
	return LAMBDA_OK;
}

enum lambda_status lambda_read_alias_page(
	const struct json *json, struct lambda_alias_page *ret_page, struct lambda_error *reterr)
{
	struct lambda_alias_page page = {0};
	const struct json *list = NULL, *item;
	enum lambda_status status = read_page(json, "Aliases", &list, &page.next_marker, reterr);

	if (!status && json_count(list)) {
		page.items = calloc(json_count(list), sizeof(*page.items));
		if (!page.items)
			status = lambda_fail_memory(reterr);
	}
	for (item = json_first(list); !status && item; item = json_next(item)) {
		status = lambda_read_alias(item, &page.items[page.count], reterr);
		if (!status)
			page.count++;
	}
	if (status) {
		lambda_alias_page_release(&page);
		return status;
	}
	*ret_page = page;
	return LAMBDA_OK;
}

enum lambda_status lambda_read_account(
	const struct json *json, struct lambda_account *ret_account, struct lambda_error *reterr)
{
	const struct json *limit = json_member(json, "AccountLimit");
	const struct json *usage = json_member(json, "AccountUsage");
	const int64_t most = INT64_C(1) << 53;
	int64_t allowed, used, functions;

	if (!json_integer(json_member(limit, "TotalCodeSize"), 0, most, &allowed) ||
		!json_integer(json_member(usage, "TotalCodeSize"), 0, most, &used) ||
		!json_integer(json_member(usage, "FunctionCount"), 0, most, &functions))
		return lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer has no usable account settings");
	ret_account->code_storage_limit = (uint64_t)allowed;
	ret_account->code_storage_used = (uint64_t)used;
	ret_account->function_count = (uint64_t)functions;
	return LAMBDA_OK;
}

/* --- bodies of requests --- */

int lambda_set_version(struct json *object, const char *name, uint64_t version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(version, text);
	return json_set_string(object, name, text);
}

int lambda_set_weights(struct json *object, const char *name, uint64_t version, double weight)
{
	cleanup(json_free_pointer) struct json *weights = json_new_object();
	char text[LAMBDA_VERSION_TEXT_SIZE];
	int error = weights ? 0 : -ENOMEM;

	lambda_version_format(version, text);
	if (!error && version)
		error = json_set_number(weights, text, weight);
	return error ? error : json_set(object, name, take_pointer(weights));
}

/* Always sets RoutingConfig: left out, AWS would keep the old weights. */
static int set_routing(struct json *body, const struct lambda_alias *wanted)
{
	cleanup(json_free_pointer) struct json *routing = json_new_object();
	int error = routing ? lambda_set_weights(routing, "AdditionalVersionWeights",
				      wanted->weighted_version, wanted->weight)
			    : -ENOMEM;

	return error ? error : json_set(body, "RoutingConfig", take_pointer(routing));
}

int lambda_write_create_alias(const struct lambda_alias *wanted, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	int error = body ? json_set_string(body, "Name", wanted->name) : -ENOMEM;

	if (!error)
		error = lambda_set_version(body, "FunctionVersion", wanted->version);
	if (!error && wanted->description && *wanted->description)
		error = json_set_string(body, "Description", wanted->description);
	if (!error && wanted->weighted_version)
		error = set_routing(body, wanted);
	return error ? error : json_print(body, out);
}

int lambda_write_update_alias(
	const struct lambda_alias *wanted, bool with_description, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	const char *description = wanted->description ? wanted->description : "";
	int error = body ? lambda_set_version(body, "FunctionVersion", wanted->version) : -ENOMEM;

	if (!error)
		error = set_routing(body, wanted);
	if (!error && with_description)
		error = json_set_string(body, "Description", description);
	if (!error)
		error = json_set_string(body, "RevisionId", wanted->revision_id);
	return error ? error : json_print(body, out);
}

int lambda_write_publish_version(
	const char *description, const char *code_sha256, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	int error = body ? 0 : -ENOMEM;

	if (!error && description && *description)
		error = json_set_string(body, "Description", description);
	if (!error && code_sha256)
		error = json_set_string(body, "CodeSha256", code_sha256);
	return error ? error : json_print(body, out);
}
