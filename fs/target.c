/* SPDX-License-Identifier: MIT */
#include "fs/target.h"

#include "backend/base/buffer.h"
#include "backend/base/text.h"
#include "fs/name.h"

#define PATH_SIZE_MAX (3 * 4096)

/* Drops the last component of an absolute path: "/a/b" becomes "/a", "/a" becomes "". */
static void drop_component(struct buffer *path)
{
	const char *slash = path->length ? strrchr(buffer_text(path), '/') : NULL;

	path->length = slash ? (size_t)(slash - path->data) : 0;
	if (path->data)
		path->data[path->length] = '\0';
}

/* Follows `text` from the absolute path that `path` holds, by its letters alone. 0 or -errno of the buffer. */
static int follow(struct buffer *path, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "/");
		int r = 0;

		if (length == 2 && !strncmp(text, "..", 2)) {
			drop_component(path);
		} else if (length && !(length == 1 && *text == '.')) {
			r = buffer_append_byte(path, '/');
			if (r == 0)
				r = buffer_append(path, text, length);
		}
		if (r < 0)
			return r;
		text += length;
		text += strspn(text, "/");
	}
	return 0;
}

/* What follows `prefix` and a slash in the path, NULL when it does not lie below. */
static const char *path_below(const char *path, const char *prefix)
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

static void read_last_part(const char *text, struct target *target)
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
	case NAME_NUMERIC:
		target->kind = TARGET_MISSING;
		target->sentence = "no version has that number";
		break;
	default:
		set_invalid(target,
			"an alias leads to a version, $LATEST, another alias's name or .newest");
	}
}

static int find_path(const char *mountpoint, const struct gesture_place *place, const char *text,
	struct buffer *path)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];
	int r;

	if (*text == '/')
		return follow(path, text);
	r = follow(path, mountpoint);
	if (r == 0)
		r = follow(path, place->function);
	if (r == 0 && place->in_version) {
		lambda_version_format(place->version, version);
		r = follow(path, version);
	}
	return r < 0 ? r : follow(path, text);
}

void target_parse(const char *mountpoint, const struct gesture_place *place, const char *text,
	struct target *ret_target)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(PATH_SIZE_MAX);
	struct target target = {.kind = TARGET_INVALID};
	const char *rest;

	if (find_path(mountpoint, place, text, &path) < 0) {
		set_invalid(&target, "the target is too long");
	} else if (!(rest = path_below(buffer_text(&path), mountpoint))) {
		set_invalid(&target, "the target lies outside this mount");
	} else if (!(rest = path_below(rest, place->function))) {
		set_invalid(&target, "the target is not a version of the same function");
	} else if (strchr(rest, '/')) {
		set_invalid(&target, "the target lies inside a version");
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
