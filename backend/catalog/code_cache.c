/* SPDX-License-Identifier: MIT */
#include "backend/catalog/code_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>

#include "backend/base/condition.h"
#include "backend/base/file.h"

/* Each holds a descriptor, of which a process has 1,024 by default. */
#define CODE_FILES_MAX 256

struct code_file {
	struct code_file *next;
	struct lambda_code code;
	int file;                /* -1 until it is made */
	bool ready;              /* fetched and verified */
	unsigned int references; /* protected by the cache's mutex, as all that follows */
	uint64_t used_tick;
};

struct code_cache {
	struct lambda_client *client;
	char *directory;
	uint64_t maximum;
	pthread_mutex_t mutex; /* protects what is below */
	pthread_cond_t changed;
	struct code_file *files;
	size_t count;
	uint64_t total; /* bytes of all files, those under way included */
	uint64_t tick;
};

struct code_cache *code_cache_new(
	struct lambda_client *client, const char *directory, uint64_t maximum)
{
	struct code_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->directory = strdup(directory);
	if (!cache->directory || condition_init(&cache->changed)) {
		free(cache->directory);
		free(cache);
		return NULL;
	}
	cache->client = client;
	cache->maximum = maximum;
	pthread_mutex_init(&cache->mutex, NULL);
	return cache;
}

static void destroy_file(struct code_file *file)
{
	if (file->file >= 0)
		close(file->file);
	free(file);
}

void code_cache_free(struct code_cache *cache)
{
	if (!cache)
		return;
	while (cache->files) {
		struct code_file *file = cache->files;

		cache->files = file->next;
		destroy_file(file);
	}
	pthread_cond_destroy(&cache->changed);
	pthread_mutex_destroy(&cache->mutex);
	free(cache->directory);
	free(cache);
}

/* --- under the mutex --- */

static struct code_file *find_file(struct code_cache *cache, const struct lambda_code *code)
{
	struct code_file *file;

	for (file = cache->files; file; file = file->next)
		if (file->code.size == code->size &&
			!memcmp(file->code.sha256, code->sha256, sizeof(code->sha256)))
			return file;
	return NULL;
}

static void remove_file(struct code_cache *cache, struct code_file *file)
{
	struct code_file **link = &cache->files;

	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	cache->count--;
	cache->total -= file->code.size;
	destroy_file(file);
}

/* Drops what was not used for longest until a file of `size` bytes fits; false when what is in use leaves too little. */
static bool make_room(struct code_cache *cache, uint64_t size)
{
	while (cache->total + size > cache->maximum || cache->count >= CODE_FILES_MAX) {
		struct code_file *oldest = NULL, *file;

		for (file = cache->files; file; file = file->next)
			if (!file->references && (!oldest || file->used_tick < oldest->used_tick))
				oldest = file;
		if (!oldest)
			return false;
		remove_file(cache, oldest);
	}
	return true;
}

/* An entry that the caller is to fill, with a reference. */
static enum lambda_status add_file(struct code_cache *cache, const struct lambda_code *code,
	struct code_file **ret_file, struct lambda_error *reterr)
{
	struct code_file *file;

	if (code->size > cache->maximum)
		return lambda_fail(reterr, LAMBDA_TOO_LARGE,
			"the code does not fit in code_cache=%llu MiB",
			(unsigned long long)(cache->maximum >> 20));
	if (!make_room(cache, code->size))
		return lambda_fail(reterr, LAMBDA_LIMIT_EXCEEDED,
			"all of code_cache=%llu MiB, or of its %d files, is in use",
			(unsigned long long)(cache->maximum >> 20), CODE_FILES_MAX);
	file = calloc(1, sizeof(*file));
	if (!file)
		return lambda_fail_memory(reterr);
	file->code = *code;
	file->file = -1;
	file->references = 1;
	file->next = cache->files;
	cache->files = file;
	cache->count++;
	cache->total += code->size;
	*ret_file = file;
	return LAMBDA_OK;
}

/* --- without it --- */

/* A file without a name; its room is taken at once, so that a full disk shows before anything is fetched. */
static int make_file(const struct code_cache *cache, uint64_t size)
{
	int file = file_open_unlinked(cache->directory);
	int error;

	if (file < 0)
		return file;
	error = size ? posix_fallocate(file, 0, (off_t)size) : 0;
	if (error && error != EOPNOTSUPP && error != EINVAL) {
		close(file);
		return -error;
	}
	return file;
}

enum lambda_status code_cache_check(const struct code_cache *cache, struct lambda_error *reterr)
{
	int file = make_file(cache, 0);

	if (file < 0)
		return lambda_fail_disk(reterr, -file, "the code", cache->directory);
	close(file);
	return LAMBDA_OK;
}

static enum lambda_status fill_file(struct code_cache *cache, const struct call_scope *scope,
	const char *function, uint64_t version, struct code_file *file, struct lambda_error *reterr)
{
	int made = make_file(cache, file->code.size);

	if (made < 0)
		return lambda_fail_disk(reterr, -made, "the code", cache->directory);
	file->file = made;
	return lambda_fetch_code(
		cache->client, scope, function, version, &file->code, file->file, reterr);
}

enum lambda_status code_cache_get(struct code_cache *cache, const struct call_scope *scope,
	const char *function, uint64_t version, const struct lambda_code *wanted,
	struct code_file **ret_file, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	struct code_file *file;

	pthread_mutex_lock(&cache->mutex);
	while (!status && (file = find_file(cache, wanted)) && !file->ready)
		status = call_scope_wait(scope, &cache->changed, &cache->mutex,
			"another reader is fetching the same code, and that did not end in time: "
			"try again",
			reterr);
	if (!status && file) {
		file->references++;
		file->used_tick = ++cache->tick;
	} else if (!status) {
		status = add_file(cache, wanted, &file, reterr);
		if (!status) {
			pthread_mutex_unlock(&cache->mutex);
			status = fill_file(cache, scope, function, version, file, reterr);
			pthread_mutex_lock(&cache->mutex);
			file->ready = !status;
			file->used_tick = ++cache->tick;
			if (status)
				remove_file(cache, file);
			pthread_cond_broadcast(&cache->changed);
		}
	}
	pthread_mutex_unlock(&cache->mutex);
	if (!status)
		*ret_file = file;
	return status;
}

void code_file_unref(struct code_cache *cache, struct code_file *file)
{
	pthread_mutex_lock(&cache->mutex);
	file->references--;
	pthread_mutex_unlock(&cache->mutex);
}

ssize_t code_file_read(const struct code_file *file, void *into, size_t size, uint64_t offset)
{
	int error;

	if (offset >= file->code.size)
		return 0;
	if (size > file->code.size - offset)
		size = (size_t)(file->code.size - offset);
	error = file_read_at(file->file, into, size, offset);
	return error ? error : (ssize_t)size;
}
