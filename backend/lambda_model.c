/* SPDX-License-Identifier: MIT */
#include "backend/lambda_model.h"

#include <errno.h>
#include <inttypes.h>

#include "backend/base/number.h"
#include "backend/document.h"

#define LATEST "$LATEST"
#define LATEST_PUBLISHED "$LATEST.PUBLISHED"

/* --- versions --- */

void lambda_version_format(uint64_t version, char text[LAMBDA_VERSION_TEXT_SIZE])
{
	if (version == LAMBDA_VERSION_LATEST)
		snprintf(text, LAMBDA_VERSION_TEXT_SIZE, LATEST);
	else if (version == LAMBDA_VERSION_LATEST_PUBLISHED)
		snprintf(text, LAMBDA_VERSION_TEXT_SIZE, LATEST_PUBLISHED);
	else
		snprintf(text, LAMBDA_VERSION_TEXT_SIZE, "%" PRIu64, version);
}

int lambda_version_parse(const char *text, uint64_t *ret_version)
{
	uint64_t version;

	if (!strcmp(text, LATEST)) {
		*ret_version = LAMBDA_VERSION_LATEST;
		return 0;
	}
	if (!strcmp(text, LATEST_PUBLISHED)) {
		*ret_version = LAMBDA_VERSION_LATEST_PUBLISHED;
		return 0;
	}
	if (text[0] == '0' || number_parse_u64(text, UINT64_MAX - 1, &version))
		return -EINVAL;
	*ret_version = version;
	return 0;
}

void lambda_version_release(struct lambda_version *version)
{
	free(version->function_name);
	free(version->configuration);
	if (version->environment)
		explicit_bzero(version->environment, version->environment_length);
	free(version->environment);
	memset(version, 0, sizeof(*version));
}

void lambda_version_page_release(struct lambda_version_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++)
		lambda_version_release(&page->items[i]);
	for (i = 0; i < page->unlistable_count; i++)
		free(page->unlistable[i]);
	free(page->unlistable);
	free(page->items);
	free(page->next_marker);
	memset(page, 0, sizeof(*page));
}

/* --- aliases --- */

void lambda_alias_release(struct lambda_alias *alias)
{
	free(alias->description);
	alias->description = NULL;
}

int lambda_alias_copy(const struct lambda_alias *from, struct lambda_alias *ret_alias)
{
	char *description = strdup(from->description ? from->description : "");

	if (!description)
		return -ENOMEM;
	*ret_alias = *from;
	ret_alias->description = description;
	return 0;
}

void lambda_alias_page_release(struct lambda_alias_page *page)
{
	size_t i;

	for (i = 0; i < page->count; i++)
		lambda_alias_release(&page->items[i]);
	free(page->items);
	free(page->next_marker);
	memset(page, 0, sizeof(*page));
}

bool lambda_alias_is(
	const struct lambda_alias *alias, const struct lambda_alias *wanted, bool with_description)
{
	const char *description = wanted->description ? wanted->description : "";
	double difference = alias->weight - wanted->weight;

	if (alias->version != wanted->version ||
		alias->weighted_version != wanted->weighted_version)
		return false;
	if (wanted->weighted_version && (difference < -1e-12 || difference > 1e-12))
		return false;
	return !with_description || !strcmp(alias->description, description);
}

/* AWS's own pattern: anything else could not be told from a version or a local name. */
static bool is_alias_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	size_t length = strlen(name);

	return length && length <= LAMBDA_ALIAS_NAME_MAX && strspn(name, allowed) == length &&
	       strspn(name, "0123456789") != length;
}

static enum lambda_status bad_alias(
	struct lambda_error *reterr, const struct lambda_alias *alias, const char *member)
{
	return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "alias %s has no usable %s",
		alias->name[0] ? alias->name : "(without a name)", member);
}

static enum lambda_status read_weights(
	const struct json *json, struct lambda_alias *alias, struct lambda_error *reterr)
{
	const struct json *routing = json_member(json, "RoutingConfig");
	const struct json *weights = json_member(routing, "AdditionalVersionWeights");
	const struct json *weight = json_first(weights);
	double value;

	if ((routing && !json_is_object(routing)) || (weights && !json_is_object(weights)) ||
		json_next(weight))
		return bad_alias(reterr, alias, "RoutingConfig");
	if (!weight)
		return LAMBDA_OK;
	if (lambda_version_parse(json_name(weight), &alias->weighted_version) ||
		alias->weighted_version == LAMBDA_VERSION_LATEST || !json_number(weight, &value) ||
		value < 0 || value > 1)
		return bad_alias(reterr, alias, "RoutingConfig");
	alias->weight = value;
	return LAMBDA_OK;
}

enum lambda_status lambda_read_alias(
	const struct json *json, struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	const char *name = json_member_string(json, "Name", "");
	const char *revision = json_member_string(json, "RevisionId", "");
	const char *version = json_member_string(json, "FunctionVersion", "");
	const struct json *description = json_member(json, "Description");
	struct lambda_alias alias = {0};
	enum lambda_status status;

	if (!is_alias_name(name))
		return bad_alias(reterr, &alias, "Name");
	snprintf(alias.name, sizeof(alias.name), "%s", name);
	if (lambda_version_parse(version, &alias.version))
		return bad_alias(reterr, &alias, "FunctionVersion");
	if (!*revision || strlen(revision) > LAMBDA_REVISION_ID_MAX)
		return bad_alias(reterr, &alias, "RevisionId");
	snprintf(alias.revision_id, sizeof(alias.revision_id), "%s", revision);
	if (description && !json_string(description))
		return bad_alias(reterr, &alias, "Description");
	status = read_weights(json, &alias, reterr);
	if (status)
		return status;
	alias.description = strdup(description ? json_string(description) : "");
	if (!alias.description)
		return lambda_fail_memory(reterr);
	*ret_alias = alias;
	return LAMBDA_OK;
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
	struct lambda_version_page *page, struct lambda_error *reterr)
{
	const char *name = json_member_string(item, "FunctionName", NULL);
	enum lambda_status status;

	if (!of_functions || !name || document_is_entry_name(name)) {
		status = document_read_version(item, &page->items[page->count], reterr);
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
	struct lambda_version_page *ret_page, struct lambda_error *reterr)
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
		status = read_page_item(item, of_functions, &page, reterr);
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

static int set_version(struct json *body, uint64_t version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(version, text);
	return json_set_string(body, "FunctionVersion", text);
}

/* Always sets RoutingConfig: left out, AWS would keep the old weights. */
static int set_weights(struct json *body, const struct lambda_alias *wanted)
{
	struct json *routing = json_new_object(), *weights = json_new_object();
	char text[LAMBDA_VERSION_TEXT_SIZE];
	int error = routing && weights ? 0 : -ENOMEM;

	if (!error && wanted->weighted_version) {
		lambda_version_format(wanted->weighted_version, text);
		error = json_set_number(weights, text, wanted->weight);
	}
	if (error) {
		json_free(weights);
		json_free(routing);
		return error;
	}
	error = json_set(routing, "AdditionalVersionWeights", weights);
	if (error) {
		json_free(routing);
		return error;
	}
	return json_set(body, "RoutingConfig", routing);
}

int lambda_write_create_alias(const struct lambda_alias *wanted, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	int error = body ? json_set_string(body, "Name", wanted->name) : -ENOMEM;

	if (!error)
		error = set_version(body, wanted->version);
	if (!error && wanted->description && *wanted->description)
		error = json_set_string(body, "Description", wanted->description);
	if (!error && wanted->weighted_version)
		error = set_weights(body, wanted);
	return error ? error : json_print(body, out);
}

int lambda_write_update_alias(
	const struct lambda_alias *wanted, bool with_description, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	const char *description = wanted->description ? wanted->description : "";
	int error = body ? set_version(body, wanted->version) : -ENOMEM;

	if (!error)
		error = set_weights(body, wanted);
	if (!error && with_description)
		error = json_set_string(body, "Description", description);
	if (!error)
		error = json_set_string(body, "RevisionId", wanted->revision_id);
	return error ? error : json_print(body, out);
}

int lambda_write_publish_version(const char *description, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	int error = body ? 0 : -ENOMEM;

	if (!error && description && *description)
		error = json_set_string(body, "Description", description);
	return error ? error : json_print(body, out);
}
