/* SPDX-License-Identifier: MIT */
#include "backend/catalog/walk.h"

#include <string.h>

static struct walk *find_walk(const struct walks *walks, uint64_t process)
{
	size_t i;

	for (i = 0; i < WALKS_MAX; i++)
		if (walks->items[i].process == process)
			return (struct walk *)(uintptr_t)&walks->items[i];
	return NULL;
}

/* The process's place, made by giving up the quietest one without a call under way. NULL: all have one. */
static struct walk *take_walk(struct walks *walks, uint64_t process)
{
	struct walk *walk = find_walk(walks, process);
	size_t i;

	if (walk)
		return walk;
	for (i = 0; i < WALKS_MAX; i++) {
		struct walk *other = &walks->items[i];

		if (!other->calls && (!walk || other->called_ms < walk->called_ms))
			walk = other;
	}
	if (walk)
		*walk = (struct walk){.process = process};
	return walk;
}

static bool goes_on(const struct walk *walk, int64_t ttl_ms, int64_t now_ms)
{
	return walk->crawling && now_ms < walk->began_ms + WALK_LONGEST_MS &&
	       (walk->calls || now_ms < walk->called_ms + ttl_ms);
}

int64_t walks_find_crawl(const struct walks *walks, const struct call_lineage *lineage,
	int64_t ttl_ms, int64_t now_ms)
{
	int64_t began_ms = INT64_MAX;
	size_t i;

	for (i = 0; lineage && i < lineage->count; i++) {
		const struct walk *walk = find_walk(walks, lineage->processes[i]);

		if (walk && goes_on(walk, ttl_ms, now_ms) && walk->began_ms < began_ms)
			began_ms = walk->began_ms;
	}
	return began_ms;
}

/* Notes the want of one process. */
static void note_want(struct walk *walk, uint64_t function, int64_t ttl_ms, int64_t now_ms)
{
	int64_t began_ms;

	if (walk->crawling && !goes_on(walk, ttl_ms, now_ms)) {
		walk->crawling = false;
		walk->wants.count = 0;
	}
	if (function && crawl_want(&walk->wants, function, now_ms, &began_ms) && !walk->crawling) {
		walk->crawling = true;
		walk->began_ms = began_ms;
	}
	walk->calls++;
	walk->called_ms = now_ms;
}

void walks_begin_call(struct walks *walks, const struct call_lineage *lineage, uint64_t function,
	int64_t ttl_ms, int64_t now_ms)
{
	/*
	 * A child's first want counts for its parent, too: a shell's loop starts a process for each function. A
	 * child that crawls by itself makes no crawl of its parent's.
	 */
	bool first = lineage && !find_walk(walks, lineage->processes[0]);
	size_t i;

	for (i = 0; lineage && i < lineage->count; i++) {
		uint64_t process = lineage->processes[i];
		bool counts = i == 0 || (i == 1 && first);
		/* A crawl goes on by what any descendant reads. */
		struct walk *walk = counts ? take_walk(walks, process) : find_walk(walks, process);

		if (walk)
			note_want(walk, counts ? function : 0, ttl_ms, now_ms);
	}
}

void walks_end_call(
	struct walks *walks, const struct call_lineage *lineage, uint64_t function, int64_t now_ms)
{
	size_t i;

	for (i = 0; lineage && i < lineage->count; i++) {
		struct walk *walk = find_walk(walks, lineage->processes[i]);

		if (!walk || !walk->calls)
			continue;
		if (function)
			crawl_answered(&walk->wants, function, now_ms);
		walk->calls--;
		walk->called_ms = now_ms;
	}
}
