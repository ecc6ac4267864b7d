/* SPDX-License-Identifier: MIT */
/* AWS's answers: JSON to structs. The first byte chooses the call that was answered. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/json.h"
#include "backend/base/text.h"
#include "backend/documents/document.h"
#include "backend/lambda/model.h"

static void check_alias(const struct lambda_alias *alias)
{
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(1024 * 1024);
	cleanup(json_free_pointer) struct json *again = NULL;
	struct lambda_alias copy;

	PROMISE(alias->description && alias->revision_id[0]);
	PROMISE(lambda_is_entry_name(alias->name) && !strpbrk(alias->name, "./%$~"));
	PROMISE(alias->weight >= 0 && alias->weight <= 1);
	PROMISE(!lambda_write_update_alias(alias, true, &body));
	again = json_parse(buffer_text(&body), body.length, NULL);
	PROMISE(again);
	PROMISE(!json_set_string(again, "Name", alias->name));
	PROMISE(!lambda_read_alias(again, &copy, NULL));
	PROMISE(lambda_alias_is(&copy, alias, true));
	lambda_alias_release(&copy);
}

static void check_version(const struct lambda_version *version)
{
	cleanup(json_free_pointer) struct json *configuration = NULL;
	cleanup(json_free_pointer) struct json *environment = NULL;
	cleanup(buffer_release) struct buffer again = BUFFER_INIT(2 * DOCUMENT_MAX);

	PROMISE(lambda_is_entry_name(version->function_name));
	configuration = json_parse(version->configuration, version->configuration_length, NULL);
	environment = json_parse(version->environment, version->environment_length, NULL);
	PROMISE(configuration && environment);
	PROMISE(!json_print_canonical(configuration, &again));
	PROMISE(again.length == version->configuration_length &&
		!memcmp(again.data, version->configuration, again.length));
}

static void read_versions(const struct json *json, const char *member)
{
	struct lambda_version_page page;
	struct lambda_error error = {0};
	size_t i;

	if (lambda_read_version_page(json, member, &document_printer, &page, &error)) {
		PROMISE(error.message[0]);
		return;
	}
	for (i = 0; i < page.count; i++)
		check_version(&page.items[i]);
	PROMISE(!page.next_marker || page.next_marker[0]);
	lambda_version_page_release(&page);
}

static void read_aliases(const struct json *json)
{
	struct lambda_alias_page page;
	struct lambda_error error = {0};
	size_t i;

	if (lambda_read_alias_page(json, &page, &error)) {
		PROMISE(error.message[0]);
		return;
	}
	for (i = 0; i < page.count; i++)
		check_alias(&page.items[i]);
	lambda_alias_page_release(&page);
}

static void read_one(const struct json *json)
{
	struct lambda_version version;
	struct lambda_alias alias;
	struct lambda_error error = {0};

	if (!lambda_read_version(json, &document_printer, &version, &error)) {
		check_version(&version);
		lambda_version_release(&version);
	}
	if (!lambda_read_alias(json, &alias, &error)) {
		check_alias(&alias);
		lambda_alias_release(&alias);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	struct lambda_account account;

	if (!size)
		return 0;
	json = json_parse((const char *)data + 1, size - 1, NULL);
	if (!json)
		return 0;
	switch (data[0]) {
	case 'F':
		read_versions(json, "Functions");
		break;
	case 'V':
		read_versions(json, "Versions");
		break;
	case 'A':
		read_aliases(json);
		break;
	case 'S':
		if (lambda_read_account(json, &account, NULL))
			break;
		break;
	default:
		read_one(json);
		break;
	}
	return 0;
}
