/* SPDX-License-Identifier: MIT */
#include "fs/tree/spool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/file.h"

struct spool {
	struct spools *spools;
	atomic_uint references;
	uint64_t maximum;
	uint64_t size;
	pthread_mutex_t moving; /* protects what is below while others hold references */
	char *memory;           /* owned; while there is no file */
	size_t charged;         /* bytes of `memory` */
	int file;               /* -1: none */
};

struct spools *spools_new(const char *directory)
{
	struct spools *spools = calloc(1, sizeof(*spools));

	if (!spools || !(spools->directory = strdup(directory))) {
		free(spools);
		return NULL;
	}
	return spools;
}

void spools_free(struct spools *spools)
{
	if (!spools)
		return;
	free(spools->directory);
	free(spools);
}

/* Takes `more` bytes (less than none: gives them back); false when there is no room. */
static bool take_room(atomic_int_least64_t *used, int64_t more, int64_t maximum)
{
	if (atomic_fetch_add(used, more) + more <= maximum || more <= 0)
		return true;
	atomic_fetch_sub(used, more);
	return false;
}

struct spool *spool_new(struct spools *spools, uint64_t maximum)
{
	struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return NULL;
	spool->spools = spools;
	spool->references = 1;
	pthread_mutex_init(&spool->moving, NULL);
	spool->maximum = maximum;
	spool->file = -1;
	return spool;
}

struct spool *spool_ref(struct spool *spool)
{
	atomic_fetch_add(&spool->references, 1);
	return spool;
}

void spool_unref(struct spool *spool)
{
	if (!spool || atomic_fetch_sub(&spool->references, 1) > 1)
		return;
	take_room(&spool->spools->memory, -(int64_t)spool->charged, SPOOLS_MEMORY_MAX);
	if (spool->file >= 0) {
		take_room(&spool->spools->disk, -(int64_t)spool->size, SPOOLS_DISK_MAX);
		close(spool->file);
	}
	free(spool->memory);
	pthread_mutex_destroy(&spool->moving);
	free(spool);
}

uint64_t spool_size(const struct spool *spool)
{
	return spool->size;
}

/* --- the file --- */

static int write_file(int file, const char *data, size_t size, uint64_t offset)
{
	int error = file_write_at(file, data, size, offset);

	if (!error)
		return 0;
	return error == -ENOSPC || error == -EDQUOT ? -ENOSPC : -EIO;
}

/* What is in memory goes to the disk. */
static int move_to_disk(struct spool *spool)
{
	int file, error;

	if (spool->file >= 0)
		return 0;
	if (!take_room(&spool->spools->disk, (int64_t)spool->size, SPOOLS_DISK_MAX))
		return -ENOSPC;
	file = file_open_unlinked(spool->spools->directory);
	error = file < 0 ? (file == -ENOSPC ? -ENOSPC : -EIO)
			 : write_file(file, spool->memory, (size_t)spool->size, 0);
	if (error) {
		if (file >= 0)
			close(file);
		take_room(&spool->spools->disk, -(int64_t)spool->size, SPOOLS_DISK_MAX);
		return error;
	}
	take_room(&spool->spools->memory, -(int64_t)spool->charged, SPOOLS_MEMORY_MAX);
	spool->charged = 0;
	free(spool->memory);
	spool->memory = NULL;
	spool->file = file;
	return 0;
}

static int resize_file(struct spool *spool, uint64_t size)
{
	int64_t more = (int64_t)size - (int64_t)spool->size;

	if (!take_room(&spool->spools->disk, more, SPOOLS_DISK_MAX))
		return -ENOSPC;
	if (ftruncate(spool->file, (off_t)size)) {
		take_room(&spool->spools->disk, -more, SPOOLS_DISK_MAX);
		return errno == ENOSPC ? -ENOSPC : -EIO;
	}
	spool->size = size;
	return 0;
}

/* --- memory --- */

/* Room for `size` bytes, which grows in steps. */
static int reserve_memory(struct spool *spool, size_t size)
{
	size_t capacity = spool->charged ? spool->charged : 1024;
	char *grown;

	if (size <= spool->charged)
		return 0;
	while (capacity < size)
		capacity *= 2;
	if (!take_room(&spool->spools->memory, (int64_t)(capacity - spool->charged),
		    SPOOLS_MEMORY_MAX))
		return -ENOSPC;
	grown = realloc(spool->memory, capacity);
	if (!grown) {
		take_room(&spool->spools->memory, (int64_t)spool->charged - (int64_t)capacity,
			SPOOLS_MEMORY_MAX);
		return -ENOMEM;
	}
	spool->memory = grown;
	spool->charged = capacity;
	return 0;
}

static int resize_memory(struct spool *spool, size_t size)
{
	int error = reserve_memory(spool, size);

	if (error)
		return error;
	if (size > spool->size)
		memset(spool->memory + spool->size, 0, size - (size_t)spool->size);
	spool->size = size;
	return 0;
}

/* --- what others use --- */

int spool_truncate(struct spool *spool, uint64_t size)
{
	int error = 0;

	if (size > spool->maximum)
		return -EFBIG;
	if (size > SPOOL_MEMORY_MAX)
		error = move_to_disk(spool);
	if (error)
		return error;
	return spool->file >= 0 ? resize_file(spool, size) : resize_memory(spool, (size_t)size);
}

int spool_write(struct spool *spool, const void *data, size_t size, uint64_t offset)
{
	uint64_t old = spool->size;
	int error = 0;

	if (offset == SPOOL_END)
		offset = old;
	if (size > spool->maximum || offset > spool->maximum - size)
		return -EFBIG;
	if (offset + size > spool->size)
		error = spool_truncate(spool, offset + size);
	if (error || !size)
		return error;
	if (spool->file < 0) {
		memcpy(spool->memory + offset, data, size);
		return 0;
	}
	error = write_file(spool->file, data, size, offset);
	if (error && resize_file(spool, old))
		return -EIO;
	return error;
}

ssize_t spool_read(struct spool *spool, void *into, size_t size, uint64_t offset)
{
	ssize_t length;
	int file;

	if (offset >= spool->size)
		return 0;
	if (size > spool->size - offset)
		size = (size_t)(spool->size - offset);
	pthread_mutex_lock(&spool->moving);
	file = spool->file;
	if (file < 0)
		memcpy(into, spool->memory + offset, size);
	pthread_mutex_unlock(&spool->moving);
	if (file < 0)
		return (ssize_t)size;
	do
		length = pread(file, into, size, (off_t)offset);
	while (length < 0 && errno == EINTR);
	return length < 0 ? -EIO : length;
}

/* Hands all bytes to `take`, in pieces. 0, its first failure, or -EIO. */
static int pass_on(struct spool *spool,
	int (*take)(void *data, const char *bytes, size_t length, uint64_t offset), void *data)
{
	char piece[16 * 1024];
	uint64_t offset = 0;
	int error = 0;

	while (offset < spool->size && !error) {
		ssize_t length = spool_read(spool, piece, sizeof(piece), offset);

		if (length <= 0)
			return -EIO;
		error = take(data, piece, (size_t)length, offset);
		offset += (uint64_t)length;
	}
	return error;
}

static int take_into_buffer(void *data, const char *bytes, size_t length, uint64_t offset)
{
	(void)offset;
	return buffer_append(data, bytes, length);
}

int spool_append_to(struct spool *spool, struct buffer *out)
{
	return pass_on(spool, take_into_buffer, out);
}

static int take_into_spool(void *data, const char *bytes, size_t length, uint64_t offset)
{
	return spool_write(data, bytes, length, offset);
}

int spool_make_own(struct spool **spool)
{
	struct spool *copy;
	int error;

	if (atomic_load(&(*spool)->references) == 1)
		return 0;
	copy = spool_new((*spool)->spools, (*spool)->maximum);
	if (!copy)
		return -ENOMEM;
	error = pass_on(*spool, take_into_spool, copy);
	if (error) {
		spool_unref(copy);
		return error;
	}
	spool_unref(*spool);
	*spool = copy;
	return 0;
}

int spool_descriptor(struct spool *spool)
{
	int file;

	pthread_mutex_lock(&spool->moving);
	file = move_to_disk(spool);
	if (!file)
		file = spool->file;
	pthread_mutex_unlock(&spool->moving);
	return file;
}
