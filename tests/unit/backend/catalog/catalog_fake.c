/* SPDX-License-Identifier: MIT */
#include "tests/unit/backend/catalog/catalog_fake.h"

#include <pthread.h>

#include "backend/base/number.h"

#define FAKE_FUNCTIONS 2048
#define FAKE_ALIASES 128

struct fake_function {
	char name[64];
	unsigned int versions;
	unsigned int touched;
	char environment[64];
	struct lambda_alias aliases[FAKE_ALIASES];
	size_t alias_count;
	unsigned int revisions;
};

static struct {
	pthread_mutex_t lock;
	struct fake_options options;
	struct fake_function *functions[FAKE_FUNCTIONS];
	size_t count;
	unsigned int calls[FAKE_CALLS];
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock(void)
{
	pthread_mutex_lock(&fake.lock);
}

static void unlock(void)
{
	pthread_mutex_unlock(&fake.lock);
}

static struct fake_function *find(const char *name)
{
	size_t i;

	for (i = 0; i < fake.count; i++)
		if (!strcmp(fake.functions[i]->name, name))
			return fake.functions[i];
	return NULL;
}

/* find() of one that is there: the test made it. */
static struct fake_function *must_find(const char *name)
{
	struct fake_function *function = find(name);

	if (!function)
		abort();
	return function;
}

void fake_begin(const struct fake_options *options)
{
	fake_end();
	fake.options = *options;
	if (!fake.options.page)
		fake.options.page = 50;
}

static void drop(size_t at)
{
	struct fake_function *function = fake.functions[at];
	size_t i;

	for (i = 0; i < function->alias_count; i++)
		lambda_alias_release(&function->aliases[i]);
	free(function);
	memmove(&fake.functions[at], &fake.functions[at + 1],
		(fake.count - at - 1) * sizeof(fake.functions[0]));
	fake.count--;
}

void fake_end(void)
{
	while (fake.count)
		drop(fake.count - 1);
	memset(fake.calls, 0, sizeof(fake.calls));
	memset(&fake.options, 0, sizeof(fake.options));
}

void fake_add_function(const char *name, unsigned int versions)
{
	struct fake_function *function = calloc(1, sizeof(*function));

	lock();
	snprintf(function->name, sizeof(function->name), "%s", name);
	snprintf(function->environment, sizeof(function->environment), "{}\n");
	function->versions = versions;
	fake.functions[fake.count++] = function;
	unlock();
}

void fake_remove_function(const char *name)
{
	size_t i;

	lock();
	for (i = 0; i < fake.count; i++)
		if (!strcmp(fake.functions[i]->name, name)) {
			drop(i);
			break;
		}
	unlock();
}

static struct lambda_alias *find_alias(struct fake_function *function, const char *name)
{
	size_t i;

	for (i = 0; function && i < function->alias_count; i++)
		if (!strcmp(function->aliases[i].name, name))
			return &function->aliases[i];
	return NULL;
}

static struct lambda_alias *put_alias(
	struct fake_function *function, const char *name, uint64_t version)
{
	struct lambda_alias *alias = find_alias(function, name);

	if (!alias) {
		alias = &function->aliases[function->alias_count++];
		memset(alias, 0, sizeof(*alias));
		snprintf(alias->name, sizeof(alias->name), "%s", name);
		alias->description = strdup("");
	}
	alias->version = version;
	snprintf(alias->revision_id, sizeof(alias->revision_id), "r%u", ++function->revisions);
	return alias;
}

void fake_set_alias(const char *function, const char *name, uint64_t version)
{
	lock();
	put_alias(must_find(function), name, version);
	unlock();
}

static void take_alias(struct fake_function *function, const char *name)
{
	struct lambda_alias *alias = find_alias(function, name);

	if (!alias)
		return;
	lambda_alias_release(alias);
	*alias = function->aliases[--function->alias_count];
}

void fake_remove_alias(const char *function, const char *name)
{
	lock();
	take_alias(find(function), name);
	unlock();
}

void fake_touch(const char *function)
{
	lock();
	must_find(function)->touched++;
	unlock();
}

void fake_add_version(const char *function)
{
	lock();
	must_find(function)->versions++;
	unlock();
}

void fake_set_environment(const char *function, const char *text)
{
	struct fake_function *found;

	lock();
	found = must_find(function);
	snprintf(found->environment, sizeof(found->environment), "%s", text);
	unlock();
}

unsigned int fake_count(enum fake_call call)
{
	unsigned int count;

	lock();
	count = fake.calls[call];
	unlock();
	return count;
}

unsigned int fake_total(void)
{
	unsigned int total = 0, i;

	lock();
	for (i = 0; i < FAKE_CALLS; i++)
		total += fake.calls[i];
	unlock();
	return total;
}

void fake_reset_counts(void)
{
	lock();
	memset(fake.calls, 0, sizeof(fake.calls));
	unlock();
}

static void fill_version(
	const struct fake_function *function, uint64_t version, struct lambda_version *ret_version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE], document[512];
	unsigned int touched = version == LAMBDA_VERSION_LATEST ? function->touched : 0;

	if (fake.options.make) {
		fake.options.make(function->name, version, ret_version);
		return;
	}
	memset(ret_version, 0, sizeof(*ret_version));
	lambda_version_format(version, text);
	snprintf(document, sizeof(document),
		"{\n  \"FunctionArn\": \"arn:aws:lambda:us-east-1:000000000000:function:%s:%s\",\n"
		"  \"FunctionName\": \"%s\",\n  \"Touched\": %u,\n  \"Version\": \"%s\"\n}\n",
		function->name, text, function->name, touched, text);
	ret_version->function_name = strdup(function->name);
	ret_version->version = version;
	ret_version->last_modified =
		1600000000 + (version == LAMBDA_VERSION_LATEST ? 1000 + touched : (int64_t)version);
	ret_version->code_size = 100 + version;
	ret_version->configuration = strdup(document);
	ret_version->configuration_length = strlen(document);
	ret_version->environment = strdup(function->environment);
	ret_version->environment_length = strlen(function->environment);
}

char *fake_configuration(const char *function, uint64_t version)
{
	struct lambda_version filled;
	char *text;

	lock();
	fill_version(must_find(function), version, &filled);
	unlock();
	text = filled.configuration;
	filled.configuration = NULL;
	lambda_version_release(&filled);
	return text;
}

/* Counts the call and gives the test its say. */
static enum lambda_status ask(enum fake_call call, const struct call_scope *scope,
	const char *function, const char *marker, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;

	lock();
	fake.calls[call]++;
	unlock();
	if (call_scope_interrupted(scope) && call < FAKE_CREATE_ALIAS)
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	if (fake.options.hook)
		status = fake.options.hook(
			fake.options.hook_data, call, FAKE_ASKED, function, marker);
	return status ? lambda_fail(reterr, status, "the test said so") : LAMBDA_OK;
}

static enum lambda_status answer(
	enum fake_call call, const char *function, const char *marker, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;

	if (fake.options.hook)
		status = fake.options.hook(
			fake.options.hook_data, call, FAKE_ANSWERED, function, marker);
	return status ? lambda_fail(reterr, status, "the test said so") : LAMBDA_OK;
}

static enum lambda_status fail_function(struct lambda_error *reterr)
{
	return lambda_fail(reterr, LAMBDA_NOT_FOUND, "Function not found");
}

static size_t start_of(const char *marker)
{
	uint64_t start = 0;

	if (marker && number_parse_u64(marker, SIZE_MAX, &start))
		return SIZE_MAX;
	return (size_t)start;
}

/* The marker behind a page that ends before `end` of `total`; NULL on the last one. */
static char *marker_behind(size_t end, size_t total)
{
	char text[32];

	if (fake.options.endless)
		return strdup("0");
	if (end >= total)
		return NULL;
	snprintf(text, sizeof(text), "%zu", end);
	return strdup(text);
}

/* As backend/lambda/model.c does it: what cannot be a directory entry is no item. */
static void fill_item(
	const struct fake_function *function, uint64_t version, struct lambda_version_page *page)
{
	if (lambda_is_entry_name(function->name))
		fill_version(function, version, &page->items[page->count++]);
	else
		page->unlistable[page->unlistable_count++] = strdup(function->name);
}

enum lambda_status lambda_list_functions(struct lambda_client *client,
	const struct call_scope *scope, bool all_versions, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	enum fake_call call = all_versions ? FAKE_LIST_ALL : FAKE_LIST_FUNCTIONS;
	enum lambda_status status = ask(call, scope, "", marker, reterr);
	struct lambda_version_page page = {0};
	size_t start = start_of(marker), end = start + fake.options.page, seen = 0, i;

	(void)client;
	if (status)
		return status;
	lock();
	page.items = calloc(fake.options.page, sizeof(*page.items));
	page.unlistable = calloc(fake.options.page, sizeof(*page.unlistable));
	for (i = 0; i < fake.count; i++) {
		unsigned int last = all_versions ? fake.functions[i]->versions : 0, version;

		for (version = 0; version <= last; version++, seen++)
			if (seen >= start && seen < end)
				fill_item(fake.functions[i], version, &page);
	}
	page.next_marker = marker_behind(end, seen);
	unlock();
	status = answer(call, "", marker, reterr);
	if (status)
		lambda_version_page_release(&page);
	else
		*ret_page = page;
	return status;
}

enum lambda_status lambda_list_versions(struct lambda_client *client,
	const struct call_scope *scope, const char *name, const char *marker,
	struct lambda_version_page *ret_page, struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_LIST_VERSIONS, scope, name, marker, reterr);
	struct lambda_version_page page = {0};
	const struct fake_function *function;
	size_t version;

	(void)client;
	if (status)
		return status;
	lock();
	function = find(name);
	page.items = calloc(fake.options.page, sizeof(*page.items));
	for (version = start_of(marker);
		function && version <= function->versions && page.count < fake.options.page;
		version++)
		fill_version(function, version, &page.items[page.count++]);
	if (function)
		page.next_marker = marker_behind(version, function->versions + 1);
	unlock();
	status =
		function ? answer(FAKE_LIST_VERSIONS, name, marker, reterr) : fail_function(reterr);
	if (status)
		lambda_version_page_release(&page);
	else
		*ret_page = page;
	return status;
}

enum lambda_status lambda_get_version(struct lambda_client *client, const struct call_scope *scope,
	const char *name, uint64_t version, struct lambda_version *ret_version,
	struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_GET_VERSION, scope, name, NULL, reterr);
	const struct fake_function *function;
	struct lambda_version filled;
	bool found;

	(void)client;
	if (status)
		return status;
	lock();
	function = find(name);
	found = function && version <= function->versions;
	if (found)
		fill_version(function, version, &filled);
	unlock();
	status = answer(FAKE_GET_VERSION, name, NULL, reterr);
	if (!found)
		return status ? status : fail_function(reterr);
	if (status)
		lambda_version_release(&filled);
	else
		*ret_version = filled;
	return status;
}

enum lambda_status lambda_list_aliases(struct lambda_client *client, const struct call_scope *scope,
	const char *name, const char *marker, struct lambda_alias_page *ret_page,
	struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_LIST_ALIASES, scope, name, marker, reterr);
	struct lambda_alias_page page = {0};
	const struct fake_function *function;
	size_t at;

	(void)client;
	if (status)
		return status;
	lock();
	function = find(name);
	page.items = calloc(fake.options.page, sizeof(*page.items));
	for (at = start_of(marker);
		function && at < function->alias_count && page.count < fake.options.page; at++)
		if (!lambda_alias_copy(&function->aliases[at], &page.items[page.count]))
			page.count++;
	if (function)
		page.next_marker = marker_behind(at, function->alias_count);
	unlock();
	status = answer(FAKE_LIST_ALIASES, name, marker, reterr);
	if (!status && !function)
		status = fail_function(reterr);
	if (status)
		lambda_alias_page_release(&page);
	else
		*ret_page = page;
	return status;
}

enum lambda_status lambda_get_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *name, const char *alias_name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_GET_ALIAS, scope, name, alias_name, reterr);
	const struct lambda_alias *alias;
	struct lambda_alias copy;

	(void)client;
	if (status)
		return status;
	lock();
	alias = find_alias(find(name), alias_name);
	if (alias && lambda_alias_copy(alias, &copy))
		alias = NULL;
	unlock();
	status = answer(FAKE_GET_ALIAS, name, alias_name, reterr);
	if (!alias)
		return status ? status : lambda_fail(reterr, LAMBDA_NOT_FOUND, "Cannot find alias");
	if (status)
		lambda_alias_release(&copy);
	else
		*ret_alias = copy;
	return status;
}

enum lambda_status lambda_get_alias_target(struct lambda_client *client,
	const struct call_scope *scope, const char *name, const char *alias_name,
	struct lambda_alias_target *ret_target, struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_GET_FUNCTION, scope, name, alias_name, reterr);
	const struct lambda_alias *alias;
	struct lambda_version version;

	(void)client;
	if (status)
		return status;
	lock();
	alias = find_alias(find(name), alias_name);
	if (alias) {
		fill_version(find(name), alias->version, &version);
		*ret_target = (struct lambda_alias_target){version.version, version.last_modified};
		lambda_version_release(&version);
	}
	unlock();
	status = answer(FAKE_GET_FUNCTION, name, alias_name, reterr);
	if (!alias && !status)
		return lambda_fail(reterr, LAMBDA_NOT_FOUND, "Function not found");
	return status;
}

enum lambda_status lambda_create_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *name, const struct lambda_alias *wanted, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_CREATE_ALIAS, scope, name, wanted->name, reterr);
	struct fake_function *function;

	(void)client;
	if (status)
		return status;
	lock();
	function = find(name);
	if (!function)
		status = fail_function(reterr);
	else if (find_alias(function, wanted->name))
		status = lambda_fail(reterr, LAMBDA_ALREADY_EXISTS, "Alias already exists");
	else if (lambda_alias_copy(put_alias(function, wanted->name, wanted->version), ret_alias))
		status = lambda_fail_memory(reterr);
	unlock();
	if (!status)
		(void)!answer(FAKE_CREATE_ALIAS, name, wanted->name, reterr);
	return status;
}

enum lambda_status lambda_update_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *name, const struct lambda_alias *wanted, bool with_description,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_UPDATE_ALIAS, scope, name, wanted->name, reterr);
	struct fake_function *function;
	const struct lambda_alias *alias;

	(void)client;
	(void)with_description;
	if (status)
		return status;
	lock();
	function = find(name);
	alias = find_alias(function, wanted->name);
	if (!alias)
		status = lambda_fail(reterr, LAMBDA_NOT_FOUND, "Alias not found");
	else if (strcmp(alias->revision_id, wanted->revision_id))
		status = lambda_fail(reterr, LAMBDA_REVISION_CHANGED, "The Revision Id …");
	else if (lambda_alias_copy(put_alias(function, wanted->name, wanted->version), ret_alias))
		status = lambda_fail_memory(reterr);
	unlock();
	if (!status)
		(void)!answer(FAKE_UPDATE_ALIAS, name, wanted->name, reterr);
	return status;
}

static char deleted_revision[LAMBDA_REVISION_ID_MAX + 1];

const char *fake_deleted_revision(void)
{
	return deleted_revision;
}

enum lambda_status lambda_delete_alias(struct lambda_client *client, const struct call_scope *scope,
	const char *name, const char *alias_name, const char *revision_id,
	struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_DELETE_ALIAS, scope, name, alias_name, reterr);

	(void)client;
	if (status)
		return status;
	snprintf(deleted_revision, sizeof(deleted_revision), "%s", revision_id);
	fake_remove_alias(name, alias_name);
	return answer(FAKE_DELETE_ALIAS, name, alias_name, reterr);
}

enum lambda_status lambda_publish_version(struct lambda_client *client,
	const struct call_scope *scope, const char *name, const char *description,
	const char *code_sha256, uint64_t known_latest, struct lambda_version *ret_version,
	struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_PUBLISH, scope, name, description, reterr);
	struct fake_function *function;

	(void)client;
	(void)code_sha256;
	if (status)
		return status;
	lock();
	function = must_find(name);
	if (function->versions > known_latest)
		status = lambda_fail(reterr, LAMBDA_ALREADY_EXISTS, "published by another");
	else
		fill_version(function, ++function->versions, ret_version);
	unlock();
	return status;
}

enum lambda_status lambda_delete_version(struct lambda_client *client,
	const struct call_scope *scope, const char *name, uint64_t version,
	struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_DELETE_VERSION, scope, name, NULL, reterr);

	(void)client;
	if (status)
		return status;
	lock();
	/* Only the last one can go: the account is that small. */
	if (must_find(name)->versions == version)
		must_find(name)->versions--;
	else
		status = lambda_fail(reterr, LAMBDA_CONFLICT, "in use");
	unlock();
	return status;
}

enum lambda_status lambda_get_account(struct lambda_client *client, const struct call_scope *scope,
	struct lambda_account *ret_account, struct lambda_error *reterr)
{
	enum lambda_status status = ask(FAKE_ACCOUNT, scope, "", NULL, reterr);

	(void)client;
	if (status)
		return status;
	*ret_account = (struct lambda_account){1000, 10, fake.count};
	return answer(FAKE_ACCOUNT, "", NULL, reterr);
}
