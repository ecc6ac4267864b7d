/* SPDX-License-Identifier: MIT */
#include "backend/document_store/private.h"

struct kept_answer {
	struct kept_answer *older, *newer;
	struct answer *answer;
	char *function; /* owned; "" for what belongs to the account */
	char key[ANSWER_KEY_SIZE];
};

void answer_key_format(const struct answer_key *key, char text[ANSWER_KEY_SIZE])
{
	snprintf(
		text, ANSWER_KEY_SIZE, "%d %s %s", (int)key->source, key->function, key->qualifier);
}

struct answer *keep_find(const struct document_store *store, const struct answer_key *key)
{
	char text[ANSWER_KEY_SIZE];
	const struct kept_answer *kept;

	answer_key_format(key, text);
	kept = name_map_find(&store->answers, text);
	return kept ? kept->answer : NULL;
}

static void free_kept(struct kept_answer *kept)
{
	if (kept->answer)
		snapshot_unref(&kept->answer->snapshot);
	free(kept->function);
	free(kept);
}

static void drop_kept(struct document_store *store, struct kept_answer *kept)
{
	name_map_remove(&store->answers, kept->key);
	if (kept->older)
		kept->older->newer = kept->newer;
	else
		store->oldest = kept->newer;
	if (kept->newer)
		kept->newer->older = kept->older;
	else
		store->newest = kept->older;
	store->bytes -= kept->answer->size;
	free_kept(kept);
}

void keep_add(struct document_store *store, const struct answer_key *key, struct answer *answer)
{
	struct kept_answer *kept = calloc(1, sizeof(*kept)), *old;

	if (!kept)
		return;
	answer_key_format(key, kept->key);
	kept->function = strdup(key->function);
	old = name_map_find(&store->answers, kept->key);
	if (old)
		drop_kept(store, old);
	if (!kept->function || name_map_add(&store->answers, kept->key, kept)) {
		free_kept(kept);
		return;
	}
	kept->answer = (struct answer *)snapshot_ref(&answer->snapshot);
	kept->older = store->newest;
	if (kept->older)
		kept->older->newer = kept;
	else
		store->oldest = kept;
	store->newest = kept;
	store->bytes += answer->size;
	while (store->bytes > DOCUMENT_STORE_BYTES_MAX && store->oldest)
		drop_kept(store, store->oldest);
}

void keep_drop(struct document_store *store, const char *function)
{
	struct kept_answer *kept, *next;

	for (kept = store->oldest; kept; kept = next) {
		next = kept->newer;
		if (!function || !*kept->function || !strcmp(kept->function, function))
			drop_kept(store, kept);
	}
}
