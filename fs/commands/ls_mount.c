/* SPDX-License-Identifier: MIT */
/* `aliasfs ls` of a mount. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "backend/base/number.h"
#include "backend/documents/document.h"
#include "fs/commands/ls_gather.h"
#include "fs/commands/mount_path.h"
#include "fs/rules/name.h"

#define PATH_SIZE 512 /* bytes of a path within a function: names and a document */

/* --- paths --- */

/* Takes a path of the command line apart: *root (NULL at first) is the mountpoint of all; a function becomes a word. */
static int read_path(struct gathering *gathering, const char *text, char **root)
{
	struct stat status;
	bool is_there = !lstat(text, &status);
	cleanup(free_pointer) char *path = mount_real_path(text);
	const char *below;

	if (!path)
		return gathering_fail(
			gathering, EXIT_MOUNTPOINT, "'%s': %s", text, strerrordesc_np(errno));
	if (!mount_split(path, &below))
		return gathering_fail(gathering, EXIT_MOUNTPOINT,
			is_there ? "'%s' is neither a mount of aliasfs, or in one, nor aws, "
				   "aws:REGION or local:DIR"
				 : "'%s': No such file or directory",
			text);
	if (*root && strcmp(*root, path) != 0)
		return gathering_fail(gathering, EXIT_MOUNTPOINT,
			"'%s' is in another mount than '%s': list them one after the other", text,
			*root);
	if (strchr(below, '/'))
		return gathering_fail(gathering, EXIT_FAILED,
			"'%s' is inside a function: name the function itself", text);
	if (*below && gathering_add_word(gathering, below))
		return -1;
	if (!*root)
		*root = take_pointer(path);
	return 0;
}

static int read_paths(struct gathering *gathering, char **root)
{
	const struct options *options = gathering->options;
	int failed = read_path(gathering, options->source_text, root);
	size_t i;

	for (i = 0; i < options->word_count && !failed; i++)
		if (strchr(options->words[i], '/'))
			failed = read_path(gathering, options->words[i], root);
	return failed;
}

/* --- a function --- */

/* Where a function is being gathered. */
struct directory {
	struct gathering *gathering;
	struct show_function *function;
	int descriptor;
};

static int read_link(int directory, const char *name, uint64_t *ret_version)
{
	char target[LAMBDA_VERSION_TEXT_SIZE + 1];
	ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return lambda_version_parse(target, ret_version);
}

static int gather_version(struct directory *directory, const char *text, uint64_t number)
{
	cleanup(buffer_release) struct buffer document = BUFFER_INIT(DOCUMENT_MAX);
	struct show_version version = {.version = number};
	char path[PATH_SIZE];
	struct stat status;
	int error;

	if (!gathering_shows_versions(directory->gathering))
		return 0;
	if (fstatat(directory->descriptor, text, &status, AT_SYMLINK_NOFOLLOW))
		return -errno;
	version.last_modified = status.st_mtim.tv_sec;
	snprintf(path, sizeof(path), "%s/configuration.json", text);
	error = buffer_append_file(&document, directory->descriptor, path);
	if (!error)
		error = gathering_read_description(
			buffer_text(&document), document.length, &version.description);
	if (!error)
		error = gathering_add_version(directory->function, &version);
	if (error)
		free(version.description);
	return error;
}

/* The description of an alias, without its line end. */
static int gather_description(struct directory *directory, struct show_alias *alias)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(DOCUMENT_MAX);
	char path[PATH_SIZE];
	int error;

	if (!gathering_shows_versions(directory->gathering))
		return 0;
	snprintf(path, sizeof(path), ".aliases/%s/description", alias->name);
	error = buffer_append_file(&text, directory->descriptor, path);
	if (error || text.length < 2)
		return error == -ENOENT ? 0 : error; /* gone meanwhile */
	alias->description = strndup(buffer_text(&text), text.length - 1);
	return alias->description ? 0 : -ENOMEM;
}

/* Since when an alias leads there, as far as the mount knows without asking CloudTrail. */
static void gather_since(struct directory *directory, struct show_alias *alias)
{
	char path[PATH_SIZE], text[32];
	ssize_t length;
	uint64_t since;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", directory->descriptor, alias->name);
	length = lgetxattr(path, "lambda.since", text, sizeof(text) - 1);
	if (length <= 0)
		return;
	text[length] = '\0';
	if (!number_parse_u64(text, INT64_MAX, &since))
		alias->since = (int64_t)since;
}

/* One entry of a function's directory. 0 or -errno. */
static int gather_entry(struct directory *directory, const char *text)
{
	struct show_alias *alias;
	struct name name;
	uint64_t version;
	int error;

	name_parse(text, &name);
	if (name.kind == NAME_VERSION)
		return gather_version(directory, text, name.version);
	if (name.kind != NAME_ALIAS && name.kind != NAME_WEIGHT)
		return 0;
	error = read_link(directory->descriptor, text, &version);
	if (error)
		return error == -ENOENT ? 0 : error; /* gone meanwhile */
	alias = gathering_alias_of(directory->function, name.alias);
	if (!alias)
		return -ENOMEM;
	if (name.kind == NAME_WEIGHT) {
		alias->weighted_version = version;
		alias->weight = name.weight;
		return 0;
	}
	alias->version = version;
	gather_since(directory, alias);
	return gather_description(directory, alias);
}

static int gather_entries(struct gathering *gathering, DIR *stream, struct show_function *function)
{
	struct directory directory = {gathering, function, dirfd(stream)};
	const struct dirent *entry;
	int error = 0;

	while (!error) {
		errno = 0;
		entry = readdir(stream);
		if (!entry)
			return -errno;
		if (entry->d_name[0] != '.')
			error = gather_entry(&directory, entry->d_name);
	}
	return error;
}

static int gather_function(struct gathering *gathering, int root, const char *name)
{
	int descriptor = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = descriptor < 0 ? NULL : fdopendir(descriptor);
	struct show_function function = {0};
	int error;

	if (!stream)
		return gathering_fail(
			gathering, EXIT_FAILED, "%s: %s", name, strerrordesc_np(errno));
	function.name = strdup(name);
	error = function.name ? gather_entries(gathering, stream, &function) : -ENOMEM;
	closedir(stream);
	if (!error)
		return gathering_add_function(gathering, &function);
	show_function_release(&function);
	return gathering_fail(gathering, EXIT_FAILED, "%s: %s", name, strerrordesc_np(-error));
}

/* --- which functions --- */

/* Whether each word is a function's name: they are looked up by their paths, whatever else is there. */
static bool names_functions(const struct gathering *gathering)
{
	size_t i;

	for (i = 0; i < gathering->word_count; i++)
		if (!gathering->words[i][0] || gathering->words[i][0] == '.' ||
			strpbrk(gathering->words[i], "*?[\\/"))
			return false;
	return gathering->word_count > 0;
}

/* The functions that the words name; gathering_end_names() reports one that is not there. */
static int name_words(struct gathering *gathering, int root)
{
	struct stat status;
	int failed = 0;
	size_t i;

	for (i = 0; i < gathering->word_count && !failed; i++) {
		const char *name = gathering->words[i];

		if (gathering_wants(gathering, name) &&
			!(fstatat(root, name, &status, AT_SYMLINK_NOFOLLOW) && errno == ENOENT))
			failed = gathering_add_name(gathering, name);
	}
	return failed;
}

/* Every function that is listed and wanted. */
static int name_listed(struct gathering *gathering, int root, const char *path)
{
	int descriptor = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = descriptor < 0 ? NULL : fdopendir(descriptor);
	const struct dirent *entry;
	int failed = 0;

	if (!directory)
		return gathering_fail(gathering, EXIT_FAILED, "'%s': %s - see %s/.aliasfs/errors",
			path, strerrordesc_np(errno), path);
	while (!failed) {
		errno = 0;
		entry = readdir(directory);
		if (!entry) {
			if (errno)
				failed = gathering_fail(gathering, EXIT_FAILED, "'%s': %s", path,
					strerrordesc_np(errno));
			break;
		}
		if (entry->d_name[0] != '.' && gathering_wants(gathering, entry->d_name))
			failed = gathering_add_name(gathering, entry->d_name);
	}
	closedir(directory);
	return failed;
}

int ls_gather_mount(struct gathering *gathering)
{
	cleanup(free_pointer) char *path = NULL;
	cleanup(close_descriptor) int root = -1;
	int failed = read_paths(gathering, &path);
	size_t i;

	if (failed)
		return failed;
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return gathering_fail(
			gathering, EXIT_MOUNTPOINT, "'%s': %s", path, strerrordesc_np(errno));
	failed = names_functions(gathering) ? name_words(gathering, root)
					    : name_listed(gathering, root, path);
	if (!failed)
		failed = gathering_end_names(gathering);
	for (i = 0; i < gathering->name_count && !failed; i++) {
		gathering_tell_progress(gathering, gathering->names[i]);
		failed = gather_function(gathering, root, gathering->names[i]);
	}
	return failed;
}
