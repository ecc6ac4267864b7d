/* SPDX-License-Identifier: MIT */
#include "backend/catalog/crawl.h"

/* Milliseconds since the oldest want in which no caller waited for an answer. */
static int64_t idle_ms(const struct crawl_wants *wants, int64_t now_ms)
{
	int64_t idle = 0;
	size_t i;

	for (i = 0; i < wants->count; i++) {
		int64_t next = i + 1 < wants->count ? wants->items[i + 1].asked_ms : now_ms;

		if (next > wants->items[i].answered_ms)
			idle += next - wants->items[i].answered_ms;
	}
	return idle;
}

static void forget_oldest(struct crawl_wants *wants)
{
	size_t i;

	for (i = 1; i < wants->count; i++)
		wants->items[i - 1] = wants->items[i];
	wants->count--;
}

bool crawl_want(struct crawl_wants *wants, uint64_t function, int64_t now_ms, int64_t *ret_began_ms)
{
	bool crawling;
	size_t i;

	while (wants->count && idle_ms(wants, now_ms) > CRAWL_WINDOW_MS)
		forget_oldest(wants);
	for (i = 0; i < wants->count; i++)
		if (wants->items[i].function == function)
			return false;
	crawling = wants->count == CRAWL_FUNCTIONS - 1;
	if (crawling && ret_began_ms)
		*ret_began_ms = wants->items[0].asked_ms;
	if (crawling)
		forget_oldest(wants);
	wants->items[wants->count++] = (struct crawl_want){function, now_ms, now_ms};
	return crawling;
}

void crawl_answered(struct crawl_wants *wants, uint64_t function, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < wants->count; i++)
		if (wants->items[i].function == function)
			wants->items[i].answered_ms = now_ms;
}

bool crawl_allowed(const struct crawl *crawl, int64_t now_ms)
{
	if (now_ms < crawl->blocked_until_ms)
		return false;
	if (!crawl->completed_ms || crawl->used >= crawl->pages)
		return true;
	return now_ms >=
	       crawl->completed_ms + CRAWL_UNUSED_MS + (int64_t)crawl->pages * CRAWL_UNUSED_PAGE_MS;
}

void crawl_completed(struct crawl *crawl, uint64_t pages, int64_t now_ms)
{
	crawl->completed_ms = now_ms;
	crawl->pages = pages;
	crawl->used = 0;
	crawl->wants.count = 0;
}

void crawl_failed(struct crawl *crawl, int64_t now_ms)
{
	crawl->blocked_until_ms = now_ms + CRAWL_RETRY_MS;
}
