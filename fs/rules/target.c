/* SPDX-License-Identifier: MIT */
#include "fs/rules/target.h"

#include <string.h>

#include "fs/rules/name.h"

#define PATH_SIZE_MAX (3 * 4096)

/* An absolute path; "" is the root. Not on the heap: that memory is short must not look like a bad target. */
struct path {
	size_t length;
	char text[PATH_SIZE_MAX];
};

/* Drops the last component: "/a/b" becomes "/a", "/a" becomes "". */
static void drop_component(struct path *path)
{
	const char *slash = strrchr(path->text, '/');

	path->length = slash ? (size_t)(slash - path->text) : 0;
	path->text[path->length] = '\0';
}

/* Adds "/" and the component; false when there is no room. */
static bool add_component(struct path *path, const char *text, size_t length)
{
	if (length + 2 > sizeof(path->text) - path->length)
		return false;
	path->text[path->length] = '/';
	memcpy(path->text + path->length + 1, text, length);
	path->length += length + 1;
	path->text[path->length] = '\0';
	return true;
}

/* Follows `text` from the path, by its letters alone; false when there is no room. */
static bool follow_path(struct path *path, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "/");

		if (length == 2 && !strncmp(text, "..", 2))
			drop_component(path);
		else if (length && !(length == 1 && *text == '.') &&
			 !add_component(path, text, length))
			return false;
		text += length;
		text += strspn(text, "/");
	}
	return true;
}

/* What follows `prefix` and a slash in the path, NULL when it does not lie below. */
static char *path_below(char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(path, prefix, length) != 0 || path[length] != '/')
		return NULL;
	return path + length + 1;
}

static void set_invalid(struct target *target, const char *sentence)
{
	target->kind = TARGET_INVALID;
	target->sentence = sentence;
}

/* Takes "=REVISION" off the end of the name; false when that is none. */
static bool take_revision(char *text, struct target *target)
{
	char *equals = strchr(text, '=');
	size_t length;

	if (!equals)
		return true;
	*equals++ = '\0';
	length = strlen(equals);
	if (!length || length > LAMBDA_REVISION_ID_MAX || equals[strcspn(equals, "=")])
		return false;
	memcpy(target->revision_id, equals, length + 1);
	return true;
}

static void read_name(const char *text, struct target *target)
{
	struct name name;

	name_parse(text, &name);
	switch (name.kind) {
	case NAME_VERSION:
		target->kind = TARGET_VERSION;
		target->version = name.version;
		break;
	case NAME_ALIAS:
		target->kind = TARGET_ALIAS;
		memcpy(target->alias, name.alias, sizeof(target->alias));
		break;
	case NAME_NEWEST:
		target->kind = TARGET_NEWEST;
		break;
	case NAME_SETTLED:
		target->kind = name.number ? TARGET_SETTLED : TARGET_MISSING;
		target->number = name.number;
		if (!name.number)
			target->sentence =
				"earlier states are numbered from @1, without leading zeros";
		memcpy(target->alias, name.alias, sizeof(target->alias));
		break;
	case NAME_NUMERIC:
		target->kind = TARGET_MISSING;
		target->sentence = "no version has that number";
		break;
	default:
		set_invalid(target,
			"an alias leads to a version, $LATEST, another alias's name, .newest or "
			"what it was before (PROD@1)");
	}
}

static void read_last_part(char *text, struct target *target)
{
	if (take_revision(text, target))
		read_name(text, target);
	else
		set_invalid(target, "in a target, the text after '=' is the alias's RevisionId");
}

static bool find_path(const char *mountpoint, const struct gesture_place *place, const char *text,
	struct path *path)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];

	path->length = 0;
	path->text[0] = '\0';
	if (*text == '/')
		return follow_path(path, text);
	if (!follow_path(path, mountpoint) || !follow_path(path, place->function))
		return false;
	if (place->in_version) {
		lambda_version_format(place->version, version);
		if (!follow_path(path, version))
			return false;
	}
	return follow_path(path, text);
}

void target_parse(const char *mountpoint, const struct gesture_place *place, const char *text,
	struct target *ret_target)
{
	struct target target = {.kind = TARGET_INVALID};
	struct path path;
	char *rest;

	if (!find_path(mountpoint, place, text, &path)) {
		set_invalid(&target, "the target is too long");
	} else if (!(rest = path_below(path.text, mountpoint))) {
		set_invalid(&target, "the target lies outside this mount");
	} else if (!(rest = path_below(rest, place->function))) {
		set_invalid(&target, "the target is not a version of the same function");
	} else if (strchr(rest, '/')) {
		set_invalid(
			&target, "the target, read from where the link is, lies inside a version");
	} else {
		read_last_part(rest, &target);
	}
	*ret_target = target;
}

void target_parse_through(const char *mountpoint, const struct gesture_place *place,
	const char *text, struct target *ret_target)
{
	struct gesture_place beside = {.function = place->function};

	target_parse(mountpoint, &beside, text, ret_target);
	if (ret_target->kind == TARGET_INVALID)
		target_parse(mountpoint, place, text, ret_target);
}

bool target_ends_with_name(const char *text, const char *name)
{
	size_t length = strlen(text), name_length = strlen(name);

	while (length && text[length - 1] == '/')
		length--;
	if (length < name_length || strncmp(text + length - name_length, name, name_length) != 0)
		return false;
	return length == name_length || text[length - name_length - 1] == '/';
}
