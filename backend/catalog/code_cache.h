/* SPDX-License-Identifier: MIT */
/*
 * Code that was fetched, on the disk: one unlinked file per zip, so that no other process can reach it and nothing is
 * left behind, kept by its SHA-256 as long as there is room. What is in the cache has been verified. One mutex
 * inside, never held across the network or the disk.
 */
#ifndef ALIASFS_CATALOG_CODE_CACHE_H
#define ALIASFS_CATALOG_CODE_CACHE_H

#include "backend/lambda/code.h"

struct code_cache;
struct code_file;

/* `directory` (copied) is where the files are made; `maximum` is in bytes. `client` is kept. NULL: no memory. */
struct code_cache *code_cache_new(
	struct lambda_client *client, const char *directory, uint64_t maximum) must_check;
/* Whether a file can be made in the directory now: LAMBDA_OK or as lambda_fail_disk(). Waits for the disk. */
enum lambda_status code_cache_check(
	const struct code_cache *cache, struct lambda_error *reterr) must_check;

/* No file may be in use. NULL is fine. */
void code_cache_free(struct code_cache *cache);

/*
 * The verified code, fetched if need be: one fetch at a time for the same code, whose result all share. The
 * caller gives it back with code_file_unref(). LAMBDA_TOO_LARGE when it does not fit in the cache,
 * LAMBDA_LIMIT_EXCEEDED when what is in use leaves no room,
 * LAMBDA_NO_SPACE and LAMBDA_DISK_FAILED as lambda_fail_disk(); else as lambda_fetch_code().
 */
enum lambda_status code_cache_get(struct code_cache *cache, const struct call_scope *scope,
	const char *function, uint64_t version, const struct lambda_code *wanted,
	struct code_file **ret_file, struct lambda_error *reterr) must_check;
void code_file_unref(struct code_cache *cache, struct code_file *file);

/* Reads up to `size` bytes at `offset`: how many, or -errno. */
ssize_t code_file_read(
	const struct code_file *file, void *into, size_t size, uint64_t offset) must_check;

#endif
