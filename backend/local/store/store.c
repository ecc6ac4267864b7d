/* SPDX-License-Identifier: MIT */
#include "backend/local/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

#define STATEMENTS_MAX 256
#define IDLE_MAX 64 /* idle connections kept open */
#define BUSY_TIMEOUT_MS 20000

/*
 * The header of SQLite's wal-index: 48 bytes that every commit of every process changes, and nothing
 * else (sqlite.org/walformat.html, section 2.1).
 */
#define LOG_HEADER_WORDS 12
#define LOG_REGION_SIZE 32768

struct kept_statement {
	const char *sql; /* its address is the key */
	sqlite3_stmt *statement;
};

struct store {
	sqlite3 *database;
	struct store_pool *pool;
	bool writing;                        /* holds pool->writer */
	bool has_snapshot;                   /* a read transaction is open */
	uint32_t snapshot[LOG_HEADER_WORDS]; /* what the log's header was when it began */
	struct kept_statement kept[STATEMENTS_MAX];
};

struct store_pool {
	char *path;
	struct log *log;
	pthread_mutex_t writer; /* held by the one writing transaction of this process */
	struct store *anchor;   /* keeps `log_header` mapped; never given out */
	const _Atomic uint32_t *log_header;     /* in SQLite's shared memory, or NULL */
	_Atomic(struct store *) idle[IDLE_MAX]; /* idle connections, in any order */
};

static int store_errno(struct store *store, int code)
{
	int error;

	switch (code & 0xff) {
	case SQLITE_FULL:
		error = -ENOSPC;
		break;
	case SQLITE_NOMEM:
		error = -ENOMEM;
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		error = -EAGAIN;
		break;
	case SQLITE_READONLY:
		error = -EROFS;
		break;
	case SQLITE_TOOBIG:
		error = -EFBIG;
		break;
	default:
		error = -EIO;
	}
	log_write(store->pool->log, error == -EAGAIN ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR,
		"store: %s (%d)", sqlite3_errmsg(store->database),
		sqlite3_extended_errcode(store->database));
	return error;
}

static int run_sql(struct store *store, const char *sql)
{
	int code = sqlite3_exec(store->database, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : store_errno(store, code);
}

static void store_close(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < STATEMENTS_MAX; i++)
		sqlite3_finalize(store->kept[i].statement);
	sqlite3_close(store->database);
	free(store);
}

/*
 * Turning a new database to WAL needs it alone for a moment and does not wait by itself when another
 * process does the same.
 */
static int configure_database(struct store *store)
{
	int error = 0;

	for (int i = 0; i < BUSY_TIMEOUT_MS / 20; i++) {
		error = run_sql(store,
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
			"PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096;");
		if (error != -EAGAIN)
			break;
		usleep(20000);
	}
	return error;
}

static struct store *store_open(struct store_pool *pool)
{
	struct store *store = calloc(1, sizeof(*store));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_PRIVATECACHE;

	if (!store)
		return NULL;
	store->pool = pool;
	if (sqlite3_open_v2(pool->path, &store->database, flags, NULL) != SQLITE_OK) {
		log_write(pool->log, LOG_LEVEL_ERROR, "store: %s: %s", pool->path,
			store->database ? sqlite3_errmsg(store->database) : "out of memory");
		store_close(store);
		return NULL;
	}
	sqlite3_extended_result_codes(store->database, 1);
	sqlite3_busy_timeout(store->database, BUSY_TIMEOUT_MS);
	if (configure_database(store)) {
		store_close(store);
		return NULL;
	}
	return store;
}

static int run_all(struct store *store, const char *const *statements)
{
	int error = 0;

	while (*statements && !error)
		error = run_sql(store, *statements++);
	return error;
}

/* Makes the tables or brings older ones up to date, and refuses those of a newer program. */
static int ensure_schema(struct store *store, char *reterr, size_t reterr_size)
{
	int64_t version;
	int error = store_begin_write(store);

	if (error)
		return error;
	error = store_integer(store, "PRAGMA user_version", 0, &version, "");
	if (!error && version == 0)
		error = run_all(store, store_schema);
	if (!error && version < 2)
		error = run_all(store, store_schema_2);
	if (!error && version < 3)
		error = run_all(store, store_schema_3);
	if (!error && version > STORE_SCHEMA_VERSION) {
		snprintf(reterr, reterr_size,
			"the state directory has schema version %lld, this program knows %d",
			(long long)version, STORE_SCHEMA_VERSION);
		error = -EPROTONOSUPPORT;
	}
	if (!error)
		error = store_commit(store);
	else
		store_rollback(store);
	return error;
}

/*
 * Finds the log's header in the memory that SQLite has mapped for the anchor. Opening that file
 * ourselves would be wrong: closing it would drop all of SQLite's locks on it (fcntl(2)).
 */
static void map_log_header(struct store_pool *pool)
{
	sqlite3_file *file = NULL;
	void volatile *region = NULL;

	if (sqlite3_file_control(pool->anchor->database, "main", SQLITE_FCNTL_FILE_POINTER,
		    &file) != SQLITE_OK ||
		!file || !file->pMethods || file->pMethods->iVersion < 2 ||
		file->pMethods->xShmMap(file, 0, LOG_REGION_SIZE, 0, &region) != SQLITE_OK)
		return;
	pool->log_header = (const _Atomic uint32_t *)(uintptr_t)region;
}

static void read_log_header(const struct store_pool *pool, uint32_t header[LOG_HEADER_WORDS])
{
	for (size_t i = 0; i < LOG_HEADER_WORDS; i++)
		header[i] = atomic_load(&pool->log_header[i]);
}

/* Whether there was no commit since the connection's snapshot began. */
static bool is_newest(const struct store *store)
{
	uint32_t header[LOG_HEADER_WORDS];

	if (!store->pool->log_header)
		return false;
	read_log_header(store->pool, header);
	return !memcmp(header, store->snapshot, sizeof(header));
}

/*
 * Counting memory would make every allocation of every connection take one lock. SQLite refuses this
 * once it is in use: then it counts, and all works.
 */
static void configure_once(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/*
 * It holds secrets: the functions' environment variables. SQLite would leave its mode to the umask; its
 * other files get this one's mode. Only a new file is opened here: closing one that SQLite knows would
 * drop its locks.
 */
static void make_private(const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file >= 0)
		close(file);
}

int store_pool_open(const char *directory, struct log *log, struct store_pool **ret_pool,
	char *reterr, size_t reterr_size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct store_pool *pool = calloc(1, sizeof(*pool));
	struct store *store;
	int error;

	pthread_once(&once, configure_once);
	if (!pool || asprintf(&pool->path, "%s/lambda.db", directory) < 0) {
		free(pool);
		return -ENOMEM;
	}
	pool->log = log;
	pthread_mutex_init(&pool->writer, NULL);
	make_private(pool->path);
	store = store_open(pool);
	if (!store) {
		snprintf(reterr, reterr_size, "cannot open %s as a database", pool->path);
		store_pool_close(pool);
		return -EIO;
	}
	snprintf(reterr, reterr_size, "cannot set up %s", pool->path);
	error = ensure_schema(store, reterr, reterr_size);
	pool->anchor = store;
	if (error) {
		store_pool_close(pool);
		return error;
	}
	map_log_header(pool);
	*ret_pool = pool;
	return 0;
}

void store_pool_close(struct store_pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < IDLE_MAX; i++)
		store_close(atomic_load(&pool->idle[i]));
	store_close(pool->anchor);
	pthread_mutex_destroy(&pool->writer);
	free(pool->path);
	free(pool);
}

struct store *store_pool_take(struct store_pool *pool)
{
	for (size_t i = 0; i < IDLE_MAX; i++) {
		struct store *store = atomic_load_explicit(&pool->idle[i], memory_order_relaxed);

		if (store)
			store = atomic_exchange(&pool->idle[i], NULL);
		if (store)
			return store;
	}
	return store_open(pool);
}

void store_pool_give(struct store_pool *pool, struct store *store)
{
	for (size_t i = 0; i < IDLE_MAX && store; i++) {
		struct store *empty = NULL;

		if (atomic_compare_exchange_strong(&pool->idle[i], &empty, store))
			return;
	}
	store_close(store);
}

static void end_snapshot(struct store *store)
{
	if (store->has_snapshot && store_execute(store, "COMMIT", ""))
		log_write(store->pool->log, LOG_LEVEL_ERROR, "store: a read did not end");
	store->has_snapshot = false;
}

int store_begin_read(struct store *store)
{
	int error;

	if (store->has_snapshot && is_newest(store))
		return 0;
	end_snapshot(store);
	/* Before the transaction: what is committed in between is seen, and seen as a change. */
	if (store->pool->log_header)
		read_log_header(store->pool, store->snapshot);
	error = store_execute(store, "BEGIN", "");
	store->has_snapshot = !error;
	return error;
}

void store_end_read(struct store *store)
{
	if (!store->pool->log_header)
		end_snapshot(store);
}

void store_pool_tick(struct store_pool *pool)
{
	for (size_t i = 0; i < IDLE_MAX; i++) {
		struct store *store = atomic_exchange(&pool->idle[i], NULL);

		if (!store)
			continue;
		if (!is_newest(store))
			end_snapshot(store);
		store_pool_give(pool, store);
	}
}

int store_begin_write(struct store *store)
{
	int error;

	end_snapshot(store);
	pthread_mutex_lock(&store->pool->writer);
	store->writing = true;
	error = store_execute(store, "BEGIN IMMEDIATE", "");
	if (error)
		store_rollback(store);
	return error;
}

static void release_writer(struct store *store)
{
	if (store->writing) {
		store->writing = false;
		pthread_mutex_unlock(&store->pool->writer);
	}
}

int store_commit(struct store *store)
{
	int error = store_execute(store, "COMMIT", "");

	if (error)
		store_rollback(store);
	else
		release_writer(store);
	return error;
}

void store_rollback(struct store *store)
{
	store->has_snapshot = false;
	/* After some failures SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(store->database) && store_execute(store, "ROLLBACK", ""))
		log_write(store->pool->log, LOG_LEVEL_ERROR, "store: the rollback failed");
	release_writer(store);
}

/* The place of this text's statement: where it stands, or the empty one where it belongs. */
static struct kept_statement *find_statement(struct store *store, const char *sql)
{
	size_t index = ((uintptr_t)sql >> 3) % STATEMENTS_MAX;

	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		struct kept_statement *kept = &store->kept[(index + i) % STATEMENTS_MAX];

		if (!kept->sql || kept->sql == sql)
			return kept;
	}
	return NULL;
}

static int bind_one(sqlite3_stmt *statement, int index, char type, va_list *arguments)
{
	const void *pointer;

	switch (type) {
	case 't':
		return sqlite3_bind_text(
			statement, index, va_arg(*arguments, const char *), -1, SQLITE_STATIC);
	case 'i':
		return sqlite3_bind_int64(statement, index, va_arg(*arguments, int64_t));
	case 'd':
		return sqlite3_bind_double(statement, index, va_arg(*arguments, double));
	case 'b':
		pointer = va_arg(*arguments, const void *);
		return sqlite3_bind_blob64(
			statement, index, pointer, va_arg(*arguments, size_t), SQLITE_STATIC);
	case 'n':
		return sqlite3_bind_null(statement, index);
	default:
		return SQLITE_MISUSE;
	}
}

static sqlite3_stmt *run_query(
	struct store *store, const char *sql, const char *types, va_list *arguments)
{
	struct kept_statement *kept = find_statement(store, sql);
	int code = SQLITE_OK;

	if (!kept) {
		log_write(store->pool->log, LOG_LEVEL_ERROR, "store: too many statements");
		return NULL;
	}
	if (!kept->sql) {
		code = sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
			&kept->statement, NULL);
		if (code == SQLITE_OK)
			kept->sql = sql;
	}
	for (int i = 0; code == SQLITE_OK && types[i]; i++)
		code = bind_one(kept->statement, i + 1, types[i], arguments);
	if (code != SQLITE_OK) {
		store_errno(store, code);
		return NULL;
	}
	return kept->statement;
}

sqlite3_stmt *store_query(struct store *store, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list arguments;

	va_start(arguments, types);
	statement = run_query(store, sql, types, &arguments);
	va_end(arguments);
	return statement;
}

int store_next(struct store *store, sqlite3_stmt *statement)
{
	int code, error = 0;

	if (!statement)
		return -EIO;
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		error = store_errno(store, code);
	sqlite3_reset(statement);
	return error;
}

void store_done(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
}

int store_execute(struct store *store, const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list arguments;
	int error;

	va_start(arguments, types);
	statement = run_query(store, sql, types, &arguments);
	va_end(arguments);
	do {
		error = store_next(store, statement);
	} while (error == 1);
	return error;
}

int store_integer(struct store *store, const char *sql, int64_t fallback, int64_t *ret_value,
	const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list arguments;
	int error;

	va_start(arguments, types);
	statement = run_query(store, sql, types, &arguments);
	va_end(arguments);
	error = store_next(store, statement);
	if (error < 0)
		return error;
	*ret_value = fallback;
	if (error == 1) {
		if (sqlite3_column_type(statement, 0) != SQLITE_NULL)
			*ret_value = sqlite3_column_int64(statement, 0);
		store_done(statement);
	}
	return 0;
}

int store_changed(struct store *store)
{
	return sqlite3_changes(store->database);
}

const char *store_text_or_null(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

const char *store_text(sqlite3_stmt *statement, int column)
{
	const char *text = store_text_or_null(statement, column);

	return text ? text : "";
}
