/* SPDX-License-Identifier: MIT */
/* AWS's INI files: the bytes up to the first 0xff are the config file, the rest the credentials. */
#include "tests/fuzz/fuzz.h"

#include <errno.h>

#include "backend/base/cleanup.h"
#include "backend/config/profile.h"
#include "backend/config/profile_ini.h"
#include "tests/unit/backend/config/profile_visit.h"

static struct profile_file *parse(const char *text, size_t length)
{
	struct profile_problem problem = {0};
	struct profile_file *file = NULL;
	int error = profile_file_parse(text, length, &file, &problem);

	PROMISE(!error || (error == -EINVAL && problem.reason && !file));
	return file;
}

static void look_up(
	void *data, const char *section, const char *key, const char *nested, const char *value)
{
	const struct profile_set *set = data;
	cleanup(profile_free_words_pointer) char **words = NULL;
	struct profile_origin origin = {0};
	const char *found;
	size_t count = 0;

	PROMISE(section && *key && value && (!nested || strchr(value, '\0')));
	found = profile_set_get(set, section, key, &origin);
	PROMISE(!found || (origin.path && origin.line));
	profile_set_get_session(set, section, key, NULL);
	profile_set_get_service(set, section, key, nested ? nested : "endpoint_url", NULL);
	if (!profile_split_words(value, &words, &count))
		PROMISE(words && !words[count]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(free_pointer) char *text = fuzz_text(data, size);
	const uint8_t *mark = size ? memchr(data, 0xff, size) : NULL;
	size_t first = mark ? (size_t)(mark - data) : size;
	struct profile_file *config = parse(text, first);
	struct profile_file *credentials =
		mark ? parse(text + first + 1, size - first - 1) : parse("", 0);
	struct profile_set *set = profile_set_new(config, "config", credentials, "credentials");

	PROMISE(set);
	if (config)
		profile_file_visit(config, look_up, set);
	if (credentials)
		profile_file_visit(credentials, look_up, set);
	profile_set_free(set);
	return 0;
}
