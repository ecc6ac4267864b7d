/* SPDX-License-Identifier: MIT */
/*
 * Open files. What a read gives is what the file held when it was opened; what is written is kept until
 * the FLUSH after it (or the RELEASE of a bare truncation) and is then one change.
 *
 * Functions that take a request may block on the network within its deadlines; they give 0 or -errno with
 * request->error filled. A file has one mutex, never held across the network.
 */
#ifndef ALIASFS_FILE_H
#define ALIASFS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/request/request.h"
#include "fs/tree/node.h"

struct aliasfs_invocation;
struct tree_attributes;
struct open_file;

/* Opens what the node shows; `flags` are open(2)'s. -EROFS, -EACCES, -ENOENT … */
int file_open(struct request *request, const struct node *node, int flags,
	struct open_file **ret_file) must_check;

/* CREATE in `.aliases/NAME`: a draft, or the description again. *ret_node is what was made. */
int file_create(struct request *request, const struct node *directory, const char *name, int flags,
	struct node *ret_node, struct open_file **ret_file) must_check;

/* How the kernel may treat the open file. */
bool file_is_immutable(const struct open_file *file); /* its pages may be kept for ever */

/* A READ of up to `size` bytes from `offset` into `bytes`, which has room for them. */
int file_read(struct request *request, struct open_file *file, char *bytes, size_t size,
	off_t offset, size_t *ret_length) must_check;

/* The ioctl of aliasfs_invoke.h. -ENOTTY: it is no .invoke. -ENODATA: there is no answer. Does not block. */
int file_describe_invocation(
	struct open_file *file, struct aliasfs_invocation *ret_description) must_check;

/*
 * Gives the attributes of a document or draft the size that the asker has made: of the open file, where the kernel names
 * one (fstat(2) does not); else of the file that the asker, or a process it comes from, opened and wrote, while AWS has
 * not those bytes. While any process has such bytes, the kernel does not cache the size. Leaves other attributes alone.
 */
void file_show_size(struct request *request, const struct node *node, struct open_file *file,
	struct tree_attributes *attributes);

/* The node that was opened; belongs to the file. */
const struct node *file_node(const struct open_file *file);

/*
 * A WRITE: *ret_written is how much was taken. `appends`: after the last byte, wherever that is by what the kernel knows,
 * which is the size that was returned last. -EFBIG over the maximum.
 */
int file_write(struct request *request, struct open_file *file, const char *data, size_t size,
	off_t offset, bool appends, size_t *ret_written) must_check;

/* SETATTR of the size: of an open file, or (file NULL) of the node at once. */
int file_truncate(struct request *request, const struct node *node, struct open_file *file,
	off_t size) must_check;

/* FLUSH: carries out what was written since the last one. */
int file_flush(struct request *request, struct open_file *file) must_check;

/* RELEASE: carries out what nothing flushed, and frees. */
int file_release(struct request *request, struct open_file *file) must_check;

/* Frees a file whose OPEN was interrupted: nothing is carried out. */
void file_abandon(const struct aliasfs *fs, struct open_file *file);

#endif
