/* SPDX-License-Identifier: MIT */
#include "backend/catalog/crawl.h"

/* Milliseconds since the oldest want in which no caller waited for an answer. */
static int64_t idle_ms(const struct crawl *crawl, int64_t now_ms)
{
	int64_t idle = 0;
	size_t i;

	for (i = 0; i < crawl->count; i++) {
		int64_t next = i + 1 < crawl->count ? crawl->wants[i + 1].asked_ms : now_ms;

		if (next > crawl->wants[i].answered_ms)
			idle += next - crawl->wants[i].answered_ms;
	}
	return idle;
}

static void forget_oldest(struct crawl *crawl)
{
	size_t i;

	for (i = 1; i < crawl->count; i++)
		crawl->wants[i - 1] = crawl->wants[i];
	crawl->count--;
}

bool crawl_want(struct crawl *crawl, uint64_t function, int64_t now_ms)
{
	bool crawling;
	size_t i;

	while (crawl->count && idle_ms(crawl, now_ms) > CRAWL_WINDOW_MS)
		forget_oldest(crawl);
	for (i = 0; i < crawl->count; i++)
		if (crawl->wants[i].function == function)
			return false;
	crawling = crawl->count == CRAWL_FUNCTIONS - 1;
	if (crawling)
		forget_oldest(crawl);
	crawl->wants[crawl->count++] = (struct crawl_want){function, now_ms, now_ms};
	return crawling;
}

void crawl_answered(struct crawl *crawl, uint64_t function, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < crawl->count; i++)
		if (crawl->wants[i].function == function)
			crawl->wants[i].answered_ms = now_ms;
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
	crawl->count = 0;
}

void crawl_failed(struct crawl *crawl, int64_t now_ms)
{
	crawl->blocked_until_ms = now_ms + CRAWL_RETRY_MS;
}
