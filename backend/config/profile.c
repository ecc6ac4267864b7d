/* SPDX-License-Identifier: MIT */
#include "backend/config/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include "backend/base/buffer.h"
#include "backend/config/profile_ini.h"

struct profile_set {
	struct profile_file *files[2]; /* by enum profile_source; never NULL */
	char *paths[2];
};

/* --- words --- */

void profile_free_words(char **words)
{
	size_t i;

	for (i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

/* Appends the word that starts at *text, which moves behind it. 0, -EINVAL, -ENOMEM, -EFBIG. */
static int take_word(const char **text, struct buffer *word)
{
	char quote = '\0';
	int error = 0;

	for (; !error && **text && (quote || !strchr(" \t\r\n", **text)); (*text)++) {
		char byte = **text;

		if (quote ? byte == quote : byte == '"' || byte == '\'') {
			quote = quote ? '\0' : byte;
		} else if (byte == '\\' && quote != '\'') {
			byte = *++*text;
			if (!byte)
				return -EINVAL;
			if (quote && byte != '"' && byte != '\\')
				error = buffer_append_byte(word, '\\');
			if (!error)
				error = buffer_append_byte(word, byte);
		} else {
			error = buffer_append_byte(word, byte);
		}
	}
	return !error && quote ? -EINVAL : error;
}

int profile_split_words(const char *text, char ***ret_words, size_t *ret_count)
{
	size_t maximum = strlen(text) / 2 + 2, count = 0;
	cleanup(profile_free_words_pointer) char **words = calloc(maximum, sizeof(*words));

	if (!words)
		return -ENOMEM;
	for (;;) {
		cleanup(buffer_release_secret) struct buffer word = BUFFER_INIT(PROFILE_FILE_MAX);
		int error;

		text += strspn(text, " \t\r\n");
		if (!*text)
			break;
		error = take_word(&text, &word);
		if (error)
			return error;
		words[count] = buffer_detach(&word, NULL);
		if (!words[count])
			return -ENOMEM;
		count++;
	}
	*ret_words = take_pointer(words);
	*ret_count = count;
	return 0;
}

/* --- files --- */

static char *home_of_user(void)
{
	char text[4096];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(getuid(), &entry, text, sizeof(text), &found) || !found)
		return strdup("/");
	return strdup(found->pw_dir);
}

char *profile_resolve_path(const struct environment *environment, const char *path)
{
	const char *home = environment_get(environment, "HOME");
	cleanup(free_pointer) char *looked_up = NULL;
	const char *directory = environment->directory;
	char *expanded = NULL;

	if (path[0] != '~' || (path[1] && path[1] != '/')) {
		if (path[0] == '/' || !directory)
			return strdup(path);
		return asprintf(&expanded, "%s/%s", directory, path) < 0 ? NULL : expanded;
	}
	if (!home) {
		looked_up = home_of_user();
		home = looked_up;
	}
	if (!home || asprintf(&expanded, "%s%s", home, path + 1) < 0)
		return NULL;
	return expanded;
}

int profile_read_file(const char *path, struct buffer *out)
{
	/* Without O_NONBLOCK the open of a pipe waits for its writer, for ever perhaps. */
	cleanup(close_descriptor) int descriptor =
		open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat what;

	if (descriptor < 0 || fstat(descriptor, &what))
		return -errno;
	if (S_ISFIFO(what.st_mode))
		return -EOPNOTSUPP;
	return buffer_append_descriptor(out, descriptor);
}

static enum lambda_status load_file(
	const char *path, struct profile_file **ret_file, struct lambda_error *reterr)
{
	cleanup(buffer_release_secret) struct buffer text = BUFFER_INIT(PROFILE_FILE_MAX);
	struct profile_problem problem = {0};
	int error = profile_read_file(path, &text);

	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error == -EFBIG)
		return lambda_fail(
			reterr, LAMBDA_INVALID, "%s is over %d bytes", path, PROFILE_FILE_MAX);
	if (error == -EOPNOTSUPP)
		return lambda_fail(reterr, LAMBDA_INVALID,
			"%s is a pipe, and a mount reads it more than once", path);
	if (error && error != -ENOENT && error != -ENOTDIR)
		return lambda_fail(reterr, LAMBDA_INVALID, "%s cannot be read: %s", path,
			strerrordesc_np(-error));
	error = profile_file_parse(buffer_text(&text), text.length, ret_file, &problem);
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error && problem.line)
		return lambda_fail(reterr, LAMBDA_INVALID, "%s: line %u %s", path, problem.line,
			problem.reason);
	if (error)
		return lambda_fail(reterr, LAMBDA_INVALID, "%s %s", path, problem.reason);
	return LAMBDA_OK;
}

static char *locate_file(
	const struct environment *environment, const char *name, const char *fallback)
{
	const char *path = environment_get(environment, name);

	return profile_resolve_path(environment, path ? path : fallback);
}

enum lambda_status profile_set_load(const struct environment *environment,
	struct profile_set **ret_set, struct lambda_error *reterr)
{
	cleanup(free_pointer) char *config_path =
		locate_file(environment, "AWS_CONFIG_FILE", "~/.aws/config");
	cleanup(free_pointer) char *credentials_path =
		locate_file(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
	cleanup(profile_file_free_pointer) struct profile_file *config = NULL;
	cleanup(profile_file_free_pointer) struct profile_file *credentials = NULL;
	enum lambda_status status;

	if (!config_path || !credentials_path)
		return lambda_fail_memory(reterr);
	status = load_file(config_path, &config, reterr);
	if (!status)
		status = load_file(credentials_path, &credentials, reterr);
	if (status)
		return status;
	*ret_set = profile_set_new(
		take_pointer(config), config_path, take_pointer(credentials), credentials_path);
	return *ret_set ? LAMBDA_OK : lambda_fail_memory(reterr);
}

/* --- the set --- */

struct profile_set *profile_set_new(struct profile_file *config, const char *config_path,
	struct profile_file *credentials, const char *credentials_path)
{
	cleanup(profile_set_free_pointer) struct profile_set *set = calloc(1, sizeof(*set));
	cleanup(profile_file_free_pointer) struct profile_file *one = config;
	cleanup(profile_file_free_pointer) struct profile_file *other = credentials;

	if (!set)
		return NULL;
	set->paths[PROFILE_CONFIG] = strdup(config_path);
	set->paths[PROFILE_CREDENTIALS] = strdup(credentials_path);
	if (!set->paths[PROFILE_CONFIG] || !set->paths[PROFILE_CREDENTIALS])
		return NULL;
	set->files[PROFILE_CONFIG] = take_pointer(one);
	set->files[PROFILE_CREDENTIALS] = take_pointer(other);
	return take_pointer(set);
}

void profile_set_free(struct profile_set *set)
{
	size_t i;

	if (!set)
		return;
	for (i = 0; i < array_count(set->files); i++) {
		profile_file_free(set->files[i]);
		free(set->paths[i]);
	}
	free(set);
}

const char *profile_set_path(const struct profile_set *set, enum profile_source source)
{
	return set->paths[source];
}

/*
 * Whether a section's name is `kind NAME`, its words split as a shell would. As botocore does it,
 * whatever starts with the kind counts.
 */
static bool is_section_named(const char *section, const char *kind, const char *name)
{
	cleanup(profile_free_words_pointer) char **words = NULL;
	size_t count = 0;

	if (strncmp(section, kind, strlen(kind)) != 0)
		return false;
	return !profile_split_words(section, &words, &count) && count == 2 &&
	       !strcmp(words[1], name);
}

/* The section of a profile in the config file: of several that spell the same name the last. */
static const struct ini_section *config_section(
	const struct profile_set *set, const char *kind, const char *name)
{
	const struct profile_file *file = set->files[PROFILE_CONFIG];
	bool is_default = !strcmp(kind, "profile") && !strcmp(name, "default");
	size_t i;

	for (i = file ? file->count : 0; i > 0; i--) {
		const struct ini_section *section = &file->sections[i - 1];

		if (is_section_named(section->name, kind, name) ||
			(is_default && !strcmp(section->name, "default")))
			return section;
	}
	return NULL;
}

static const struct ini_section *credentials_section(
	const struct profile_set *set, const char *name)
{
	const struct profile_file *file = set->files[PROFILE_CREDENTIALS];
	size_t i;

	for (i = 0; file && i < file->count; i++)
		if (!strcmp(file->sections[i].name, name) && strcmp(name, INI_DEFAULTS))
			return &file->sections[i];
	return NULL;
}

static const struct ini_section *section_in(
	const struct profile_set *set, enum profile_source source, const char *profile)
{
	return source == PROFILE_CONFIG ? config_section(set, "profile", profile)
					: credentials_section(set, profile);
}

bool profile_set_has(const struct profile_set *set, const char *profile)
{
	return section_in(set, PROFILE_CREDENTIALS, profile) ||
	       section_in(set, PROFILE_CONFIG, profile);
}

/* The value of a key that has no nested block, with where it stands. */
static const char *value_of(const struct profile_set *set, enum profile_source source,
	const struct ini_section *section, const char *key, struct profile_origin *ret_origin)
{
	const struct ini_value *value = section ? ini_find(set->files[source], section, key) : NULL;

	if (!value || value->nested_count)
		return NULL;
	if (ret_origin) {
		ret_origin->path = set->paths[source];
		ret_origin->line = value->line;
	}
	return value->text;
}

const char *profile_set_get_in(const struct profile_set *set, enum profile_source source,
	const char *profile, const char *key, struct profile_origin *ret_origin)
{
	return value_of(set, source, section_in(set, source, profile), key, ret_origin);
}

const char *profile_set_get(const struct profile_set *set, const char *profile, const char *key,
	struct profile_origin *ret_origin)
{
	const char *value = profile_set_get_in(set, PROFILE_CREDENTIALS, profile, key, ret_origin);

	return value ? value : profile_set_get_in(set, PROFILE_CONFIG, profile, key, ret_origin);
}

bool profile_set_has_session(const struct profile_set *set, const char *session)
{
	return config_section(set, "sso-session", session) != NULL;
}

const char *profile_set_get_session(const struct profile_set *set, const char *session,
	const char *key, struct profile_origin *ret_origin)
{
	return value_of(
		set, PROFILE_CONFIG, config_section(set, "sso-session", session), key, ret_origin);
}

bool profile_set_has_services(const struct profile_set *set, const char *services)
{
	return config_section(set, "services", services) != NULL;
}

const char *profile_set_get_service(const struct profile_set *set, const char *services,
	const char *service, const char *key, struct profile_origin *ret_origin)
{
	const struct ini_section *section = config_section(set, "services", services);
	const struct ini_value *block =
		section ? ini_find(set->files[PROFILE_CONFIG], section, service) : NULL;
	size_t i;

	for (i = block ? block->nested_count : 0; i > 0; i--) {
		if (strcmp(block->nested[i - 1].key, key) != 0)
			continue;
		if (ret_origin) {
			ret_origin->path = set->paths[PROFILE_CONFIG];
			ret_origin->line = block->line;
		}
		return block->nested[i - 1].text;
	}
	return NULL;
}
