/* SPDX-License-Identifier: MIT */
/* One caller's question, and the way to its answer: what is known, another's fetch, or one of its own. */
#ifndef ALIASFS_CATALOG_QUESTION_H
#define ALIASFS_CATALOG_QUESTION_H

#include "backend/catalog/state.h"

struct question {
	struct catalog *catalog;
	const struct call_scope *scope;
	enum flight_kind kind;
	struct function *function; /* NULL: of FLIGHT_FUNCTIONS */
	struct keyed_key key;      /* of FLIGHT_VERSION, FLIGHT_ALIAS */
	bool one_page;   /* of a list: its first page will do, to show that the function is there */
	bool first_page; /* the same, but that page is wanted */
	int64_t crawl_began_ms; /* of the crawl that asks: what it has read is fresh for it; 0: none */
	bool afresh;            /* what is known, and fetches that have started, are no answer */
	uint64_t asked_after; /* afresh: what started up to this tick is no answer */
	/* Without the lock, may block: fetches and keeps; *ret_set is a reference, or NULL. */
	enum lambda_status (*fetch)(struct question *question, uint64_t tick,
		struct keyed_set **ret_set, struct lambda_error *reterr);
};

/*
 * Begins a question about a function, whose reference is taken, and finds out whether a crawl asks. May read
 * /proc for that; the lock must not be held. question_close() ends it.
 */
enum lambda_status question_open(
	struct question *question, const char *function, struct lambda_error *reterr) must_check;
void question_close(struct question *question);

/* Finds out whether a crawl asks, for a question about no function or one whose function is set. The same. */
void question_find_crawl(struct question *question);

/* The moment at which things must be fresh: now, or for a crawl an earlier one. */
int64_t question_moment(const struct question *question);

/*
 * Answers the question; the function's reference stays the caller's. Blocks as flight_run() does. *ret_set is
 * a reference to a set with what was asked for, or NULL where that is only whether the function is there.
 */
enum lambda_status question_ask(struct question *question, struct keyed_set **ret_set,
	struct lambda_error *reterr) must_check;

/* Whether what is known answers; then as question_ask(). The lock must be held. */
bool question_is_known(struct question *question, enum lambda_status *ret_status,
	struct keyed_set **ret_set, struct lambda_error *reterr);

/* What is kept of the kind of thing that is asked for. */
struct kept *question_kept(const struct question *question);

/* What started up to this tick is no answer. The lock must be held. */
uint64_t question_floor(const struct question *question);

/* LAMBDA_NOT_FOUND with a sentence: there is no such version or alias. */
enum lambda_status question_fail_missing(
	const struct question *question, struct lambda_error *reterr);

#endif
