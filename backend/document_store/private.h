/* SPDX-License-Identifier: MIT */
/* What store.c (questions), keep.c (what is kept), divide.c (the account's event sources) and turn.c (order) share. */
#ifndef ALIASFS_DOCUMENT_STORE_PRIVATE_H
#define ALIASFS_DOCUMENT_STORE_PRIVATE_H

#include "backend/base/map.h"
#include "backend/catalog/flight.h"
#include "backend/document_store/document_store.h"

/* One answer, immutable. */
struct answer {
	struct snapshot snapshot; /* first: it is cast back */
	char *text;               /* owned; NULL: AWS said that there is none, or it is divided */
	size_t length;
	struct name_map parts; /* of LAMBDA_SOURCE_ALL_EVENT_SOURCES: subject_key() → struct part */
	bool is_divided;
	size_t size;        /* bytes, to count */
	int64_t fetched_ms; /* clock_monotonic_ms() */
};

/* Which answer. Borrowed. */
struct answer_key {
	enum lambda_source source;
	const char *function, *qualifier; /* "" as far as lambda_source_scope() says */
};

struct kept_answer;

/* A change that is under way or waits for one of the same document. All borrowed. */
struct turn {
	const struct document_kind *kind; /* NULL: the code of $LATEST */
	const char *function, *qualifier;
	const atomic_bool *interrupted; /* ends the wait; NULL: nothing does */
	struct turn *next; /* the change that came after this one, of whichever document */
};

struct document_store {
	struct document_store_options options;
	struct flight_room room;
	/* all that follows is protected by room.lock */
	struct flight_list flights;
	struct name_map answers;             /* by answer_key as text → struct kept_answer */
	struct kept_answer *oldest, *newest; /* by fetched_ms */
	size_t bytes;
	uint64_t
		forget_tick; /* a fetch that started up to here is not kept, nor shared with later callers */
	struct turn *first_turn;
	pthread_cond_t turn_ended; /* first_turn has lost one */
};

/* --- keep.c; the lock is held, nothing blocks --- */

#define ANSWER_KEY_SIZE 512 /* bytes of a key as text; names are shorter */

/* "7 hello PROD". */
void answer_key_format(const struct answer_key *key, char text[ANSWER_KEY_SIZE]);

/* The kept answer, however old, or NULL. A reference stays with the store. */
struct answer *keep_find(const struct document_store *store, const struct answer_key *key);

/* Keeps the answer in place of an older one; takes a reference of its own. Without memory it is not kept. */
void keep_add(struct document_store *store, const struct answer_key *key, struct answer *answer);

/* Drops what is kept of the function and of the account; NULL: all. */
void keep_drop(struct document_store *store, const char *function);

/* --- divide.c; pure --- */

/* Sorts the account's event sources by what they belong to. LAMBDA_BAD_ANSWER when one names no function. */
enum lambda_status divide_event_sources(
	const struct json *all, struct answer *answer, struct lambda_error *reterr) must_check;

/* The part of the function (`qualifier` "") or alias, as AWS would have answered for it alone; static where there is none. */
const char *divide_find(const struct answer *answer, const char *function, const char *qualifier);

void divide_release(struct answer *answer);

/* --- turn.c --- */

/*
 * Waits until no earlier change of the same document is under way: what one compares with, the other cannot change
 * meanwhile. LAMBDA_TIMED_OUT at `deadline_ms` (clock_monotonic_ms()) and LAMBDA_INTERRUPTED: there is nothing to end then. The lock is
 * not held by the caller, nor during the change.
 */
enum lambda_status turn_begin(struct document_store *store, struct turn *turn, int64_t deadline_ms,
	struct lambda_error *reterr) must_check;
void turn_end(struct document_store *store, struct turn *turn);

#endif
