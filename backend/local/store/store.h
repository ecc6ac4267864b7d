/* SPDX-License-Identifier: MIT */
/*
 * The SQLite store: connections with their prepared statements, and transactions. WAL with
 * synchronous=FULL: a commit that returned survives a kill -9 and a power cut. Several processes may
 * work on one state directory at once.
 *
 * A `struct store` is one connection and belongs to one thread at a time, from store_pool_take() to
 * store_pool_give(). Readers never wait for writers. Writers of this process take turns at the
 * pool's mutex, those of other processes at SQLite's lock, for at most 20 s.
 */
#ifndef ALIASFS_LOCAL_STORE_H
#define ALIASFS_LOCAL_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/base/log.h"

struct store;
struct store_pool;

/*
 * Opens DIR/lambda.db, making it when it is not there. 0, or a negative errno with a sentence in
 * `reterr`. Blocks on the disk.
 */
int store_pool_open(const char *directory, struct log *log, struct store_pool **ret_pool,
	char *reterr, size_t reterr_size) must_check;

/* Closes all connections: none may be taken. NULL is fine. */
void store_pool_close(struct store_pool *pool);

/*
 * Ends the snapshots that idle connections hold: while they are open, SQLite cannot
 * start its log over. To be called every second or so.
 */
void store_pool_tick(struct store_pool *pool);

/* A connection that is in no transaction; NULL when none can be opened. Give it back. */
struct store *store_pool_take(struct store_pool *pool) must_check;
void store_pool_give(struct store_pool *pool, struct store *store);

/*
 * Each 0 or a negative errno: -EAGAIN when others kept the lock for too long, -ENOSPC, -EIO …
 *
 * Reads see one snapshot, the newest at their begin. It stays open behind store_end_read() for the
 * next read of this connection, which uses it again when there was no commit since: beginning one
 * takes locks that all threads share, looking whether one is still the newest takes none.
 */
int store_begin_read(struct store *store) must_check;
void store_end_read(struct store *store);
int store_begin_write(struct store *store) must_check;
int store_commit(struct store *store) must_check;
void store_rollback(struct store *store);

/*
 * The prepared statement of `sql`, a string literal (statements are kept by its address), with the
 * arguments bound: `types` has one letter for each: t text or NULL, i int64_t, d double, b blob (a
 * pointer and a size_t), n NULL (no argument). Texts must live until the statement is reset. NULL on
 * failure. One statement of a text may run at a time on a connection.
 */
sqlite3_stmt *store_query(struct store *store, const char *sql, const char *types, ...) must_check;

/* Steps: 1 with a row, 0 at the end (the statement is then reset), or a negative errno (reset too). */
int store_next(struct store *store, sqlite3_stmt *statement) must_check;

/* Ends a statement that may have rows left. NULL is fine. */
void store_done(sqlite3_stmt *statement);

/* Query, step to the end, no rows wanted. 0 or a negative errno. */
int store_execute(struct store *store, const char *sql, const char *types, ...) must_check;

/* The first column of the first row as an integer, `fallback` without a row. 0 or a negative errno. */
int store_integer(struct store *store, const char *sql, int64_t fallback, int64_t *ret_value,
	const char *types, ...) must_check;

/* How many rows the last store_execute() changed. */
int store_changed(struct store *store);

/* The text column, "" for NULL; valid until the statement moves on. */
const char *store_text(sqlite3_stmt *statement, int column);

/* The same, NULL for NULL. */
const char *store_text_or_null(sqlite3_stmt *statement, int column);

/*
 * The schema of version 1, what takes each to the next, and the version (PRAGMA user_version) that
 * this program works with. NULL at the end of each.
 */
#define STORE_SCHEMA_VERSION 3
extern const char *const store_schema[];
extern const char *const store_schema_2[];
extern const char *const store_schema_3[];

#endif
