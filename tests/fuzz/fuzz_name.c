/* SPDX-License-Identifier: MIT */
/* Names in a function's directory, and targets of links. */
#include "tests/fuzz/fuzz.h"

#include "backend/base/cleanup.h"
#include "fs/rules/name.h"
#include "fs/rules/target.h"

#define NAME_BYTES_MAX 255

static void check_name(const char *text)
{
	char version[LAMBDA_VERSION_TEXT_SIZE], weight[NAME_WEIGHT_SIZE];
	struct name name;

	if (!*text || strlen(text) > NAME_BYTES_MAX || strchr(text, '/'))
		return;
	name_parse(text, &name);
	name_looks_temporary(text, NAME_PATTERNS_ALL);
	if (name.kind == NAME_VERSION) {
		lambda_version_format(name.version, version);
		PROMISE(!strcmp(version, text));
	}
	if (name.kind == NAME_ALIAS)
		PROMISE(!strcmp(name.alias, text));
	if (name.kind == NAME_WEIGHT) {
		PROMISE(name.weight >= 0 && name.weight <= 1);
		PROMISE(!name_format_weight(name.alias, name.weight, weight));
		PROMISE(!strcmp(weight, text));
	}
	if (name.kind == NAME_PUBLISH)
		PROMISE(name.description >= text && name.description <= text + strlen(text));
	if (name.kind == NAME_BACKUP)
		PROMISE(name.backup_of && name.backup_of < strlen(text));
}

static void check_target(
	const struct gesture_place *place, const char *mountpoint, const char *text)
{
	struct target target;

	target_parse(mountpoint, place, text, &target);
	PROMISE(target.kind != TARGET_INVALID || target.sentence);
	PROMISE(target.kind != TARGET_ALIAS || target.alias[0]);
	target_parse_through(mountpoint, place, text, &target);
	PROMISE(target.kind != TARGET_INVALID || target.sentence);
	target_ends_with_name(text, "PROD");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gesture_place places[] = {
		{.function = "hello", .in_version = false},
		{.function = "hello", .in_version = true, .version = 2},
		{.function = "us-east-1.fn", .in_version = false},
	};
	cleanup(free_pointer) char *text = NULL;
	size_t i;

	if (size > TARGET_TEXT_MAX || (size && memchr(data, 0, size)))
		return 0;
	text = fuzz_text(data, size);
	check_name(text);
	for (i = 0; i < array_count(places); i++) {
		check_target(&places[i], "/mnt/aws", text);
		check_target(&places[i], "", text);
	}
	return 0;
}
