/* SPDX-License-Identifier: MIT */
/*
 * What FUSE itself costs: `bench-server SOURCE MOUNTPOINT` reads SOURCE into memory, mounts it, and returns. It
 * answers what aliasfs answers and lets the kernel keep the same for as long (fs/tree/tree.c, fs/fuse/directory.c
 * with a long ttl), but has no catalog, no rules, and counts nothing. It never changes and ends with its mount.
 */
#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/cleanup.h"

#define KEEP_SECONDS 3600

struct entry {
	char *path; /* in SOURCE */
	const char *name;
	char *bytes; /* a file's content, a link's target */
	struct stat stat;
	size_t first, count; /* a directory's entries, by name */
};

static struct entry *entries; /* of inode n: entries[n - 1] */
static size_t total;

static bool read_bytes(struct entry *entry)
{
	const struct stat *stat = &entry->stat;
	size_t size = (size_t)stat->st_size;
	ssize_t length = 0;
	int file;

	if (S_ISLNK(stat->st_mode)) {
		length = readlink(entry->path, entry->bytes, size);
	} else if (S_ISREG(stat->st_mode)) {
		file = open(entry->path, O_RDONLY | O_CLOEXEC);
		length = file < 0 ? -1 : read(file, entry->bytes, size);
		close(file);
	}
	return length >= 0;
}

static bool add_entry(const char *directory, const char *name)
{
	struct entry *grown = reallocarray(entries, total + 1, sizeof(*entries));
	struct entry *entry;

	if (!grown)
		return false;
	entries = grown;
	entry = &entries[total++];
	*entry = (struct entry){0};
	if (asprintf(&entry->path, "%s/%s", directory, name) < 0 ||
		lstat(entry->path, &entry->stat))
		return false;
	entry->name = entry->path + strlen(directory) + 1;
	entry->bytes = calloc(1, (size_t)entry->stat.st_size + 1);
	entry->stat.st_ino = total;
	return entry->bytes && read_bytes(entry);
}

static int is_entry(const struct dirent *dirent)
{
	return strcmp(dirent->d_name, ".") && strcmp(dirent->d_name, "..");
}

static int by_name(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

static bool add_entries(size_t directory)
{
	struct dirent **names = NULL;
	int i, found = scandir(entries[directory].path, &names, is_entry, by_name);
	bool good = found >= 0;

	entries[directory].first = total;
	for (i = 0; i < found; i++) {
		good = good && add_entry(entries[directory].path, names[i]->d_name);
		free(names[i]);
	}
	entries[directory].count = total - entries[directory].first;
	free(names);
	return good;
}

static bool read_tree(const char *source)
{
	bool good = add_entry(source, ".");
	size_t i;

	for (i = 0; good && i < total; i++)
		good = !S_ISDIR(entries[i].stat.st_mode) || add_entries(i);
	return good;
}

/* Links and descriptions change without the kernel noticing: their names are kept, their attributes not. */
static double keep_attributes(const struct entry *entry)
{
	bool changes = S_ISLNK(entry->stat.st_mode) || !strcmp(entry->name, "description");

	return changes ? 0 : KEEP_SECONDS;
}

static struct fuse_entry_param parameters_of(const struct entry *entry)
{
	return (struct fuse_entry_param){.ino = entry->stat.st_ino,
		.attr = entry->stat,
		.attr_timeout = keep_attributes(entry),
		.entry_timeout = KEEP_SECONDS};
}

static int compare_name(const void *name, const void *entry)
{
	return strcmp(name, ((const struct entry *)entry)->name);
}

static void serve_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	const struct entry *directory = &entries[parent - 1];
	const struct entry *entry = bsearch(
		name, entries + directory->first, directory->count, sizeof(*entries), compare_name);
	struct fuse_entry_param answer;

	if (!entry) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	answer = parameters_of(entry);
	fuse_reply_entry(request, &answer);
}

static void serve_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info)
{
	const struct entry *entry = &entries[inode - 1];

	(void)info;
	fuse_reply_attr(request, &entry->stat, keep_attributes(entry));
}

static void serve_readlink(fuse_req_t request, fuse_ino_t inode)
{
	fuse_reply_readlink(request, entries[inode - 1].bytes);
}

/* Of a file and of a directory. */
static void serve_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *info)
{
	(void)inode;
	info->keep_cache = 1;
	info->cache_readdir = 1;
	fuse_reply_open(request, info);
}

static void serve_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset,
	struct fuse_file_info *info)
{
	const struct entry *entry = &entries[inode - 1];
	size_t left = offset < entry->stat.st_size ? (size_t)(entry->stat.st_size - offset) : 0;

	(void)info;
	fuse_reply_buf(request, entry->bytes + offset, left < size ? left : size);
}

/* As in aliasfs, a listing of the root brings no attributes, so that its names are looked up. */
static void serve_readdirplus(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset,
	struct fuse_file_info *info)
{
	static const char *const dots[] = {".", ".."};
	const struct entry *directory = &entries[inode - 1];
	char data[65536];
	size_t used = 0, needed, i;

	(void)info;
	size = size < sizeof(data) ? size : sizeof(data);
	for (i = (size_t)offset; i < directory->count + 2; i++, used += needed) {
		const struct entry *entry = i < 2 ? directory : &entries[directory->first + i - 2];
		struct fuse_entry_param answer = parameters_of(entry);

		if (i < 2 || inode == FUSE_ROOT_ID || !strcmp(entry->name, "description"))
			answer.ino = 0;
		needed = fuse_add_direntry_plus(request, data + used, size - used,
			i < 2 ? dots[i] : entry->name, &answer, (off_t)i + 1);
		if (needed > size - used)
			break;
	}
	fuse_reply_buf(request, data, used);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = serve_lookup,
	.getattr = serve_getattr,
	.readlink = serve_readlink,
	.open = serve_open,
	.read = serve_read,
	.opendir = serve_open,
	.readdirplus = serve_readdirplus,
};

int main(int count, char **words)
{
	char *options[] = {words[0], NULL};
	struct fuse_args arguments = FUSE_ARGS_INIT(1, options);
	struct fuse_loop_config *loop = fuse_loop_cfg_create();
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct fuse_session *session;

	if (count != 3 || !loop || !read_tree(words[1])) {
		fprintf(stderr, "bench-server SOURCE MOUNTPOINT: %s\n", strerror(errno));
		return 2;
	}
	/* As many idle threads as aliasfs keeps (fs/fuse/session.c); it is fewer than libfuse's default. */
	fuse_loop_cfg_set_idle_threads(loop, processors > 2 ? (unsigned int)processors : 2);
	session = fuse_session_new(&arguments, &operations, sizeof(operations), NULL);
	return !session || fuse_session_mount(session, words[2]) || fuse_daemonize(0) ||
	       fuse_session_loop_mt(session, loop);
}
