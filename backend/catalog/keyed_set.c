/* SPDX-License-Identifier: MIT */
#include "backend/catalog/keyed_set.h"

#include <errno.h>

static void set_destroy(struct snapshot *snapshot)
{
	struct keyed_set *set = (struct keyed_set *)snapshot;
	size_t i;

	for (i = 0; i < set->total; i++)
		if (set->notes[i].value)
			set->kind->unref(set->notes[i].value);
	keyed_set_unref(set->others);
	free(set->entries);
	free(set->notes);
	free(set);
}

static int resize_set(struct keyed_set *set, size_t capacity)
{
	size_t room = capacity ? capacity : 1;
	void *entries = realloc(set->entries, room * set->kind->entry_size);
	struct keyed_note *notes;

	if (!entries)
		return -ENOMEM;
	set->entries = entries;
	notes = realloc(set->notes, room * sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	set->notes = notes;
	set->capacity = (uint32_t)capacity;
	return 0;
}

struct keyed_set *keyed_set_new(const struct keyed_kind *kind, size_t capacity, uint64_t tick)
{
	struct keyed_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	snapshot_init(&set->snapshot, set_destroy);
	set->kind = kind;
	set->tick = tick;
	if (resize_set(set, capacity)) {
		keyed_set_unref(set);
		return NULL;
	}
	return set;
}

void keyed_set_unref(struct keyed_set *set)
{
	if (set)
		snapshot_unref(&set->snapshot);
}

struct keyed_set *keyed_set_ref(struct keyed_set *set)
{
	if (set)
		snapshot_ref(&set->snapshot);
	return set;
}

static void *value_ref(void *value)
{
	if (value)
		atomic_fetch_add((atomic_uint *)value, 1);
	return value;
}

int keyed_set_add(
	struct keyed_set *set, const void *entry, void *value, uint64_t tick, int64_t expires_ms)
{
	size_t more = set->capacity < 4 ? 4 : set->capacity + set->capacity / 2;

	if (set->total == set->capacity && resize_set(set, more)) {
		if (value)
			set->kind->unref(value);
		return -ENOMEM;
	}
	memcpy(keyed_set_entry(set, set->total), entry, set->kind->entry_size);
	set->notes[set->total++] = (struct keyed_note){value, tick, expires_ms};
	return 0;
}

/* Adds what stands at `at` in another set, which has room. */
static int add_from(struct keyed_set *set, const struct keyed_set *from, size_t at)
{
	const struct keyed_note *note = &from->notes[at];

	return keyed_set_add(set, keyed_set_entry(from, at), value_ref(note->value), note->tick,
		note->expires_ms);
}

struct keyed_set *keyed_set_copy(const struct keyed_set *set)
{
	struct keyed_set *copy = keyed_set_new(set->kind, set->total, set->tick);
	size_t i;

	for (i = 0; copy && i < set->total; i++)
		if (add_from(copy, set, i)) {
			keyed_set_unref(copy);
			return NULL;
		}
	return copy;
}

/* --- order --- */

static int compare_keys(struct keyed_key left, struct keyed_key right)
{
	if (left.name)
		return strcmp(left.name, right.name);
	return (left.number > right.number) - (left.number < right.number);
}

static struct keyed_key key_at(const struct keyed_set *set, size_t at)
{
	return set->kind->key(keyed_set_entry(set, at));
}

/* Where an entry stood before the sort. */
struct place {
	const struct keyed_set *set;
	size_t at;
};

/* By key, and of one key in the order in which they came. */
static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = compare_keys(key_at(a->set, a->at), key_at(b->set, b->at));

	return order ? order : (a->at > b->at) - (a->at < b->at);
}

static bool is_sorted(const struct keyed_set *set)
{
	size_t i;

	for (i = 1; i < set->total; i++)
		if (compare_keys(key_at(set, i - 1), key_at(set, i)) >= 0)
			return false;
	return true;
}

/* Moves what is in `set` into the order of `places`, without what comes again behind it. 0 or -ENOMEM. */
static int rearrange_entries(struct keyed_set *set, const struct place *places)
{
	struct keyed_set old = *set;
	size_t i;

	set->entries = NULL;
	set->notes = NULL;
	set->total = 0;
	if (resize_set(set, old.total)) {
		free(set->entries);
		*set = old;
		return -ENOMEM;
	}
	for (i = 0; i < old.total; i++) {
		const struct keyed_note *note = &old.notes[places[i].at];

		if (i + 1 < old.total &&
			!compare_keys(key_at(&old, places[i].at), key_at(&old, places[i + 1].at))) {
			if (note->value)
				set->kind->unref(note->value);
			continue;
		}
		memcpy(keyed_set_entry(set, set->total), keyed_set_entry(&old, places[i].at),
			set->kind->entry_size);
		set->notes[set->total++] = *note;
	}
	free(old.entries);
	free(old.notes);
	return 0;
}

static int sort_entries(struct keyed_set *set)
{
	cleanup(free_pointer) struct place *places = NULL;
	size_t i;

	if (is_sorted(set))
		return 0;
	places = calloc(set->total, sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (i = 0; i < set->total; i++)
		places[i] = (struct place){set, i};
	qsort(places, set->total, sizeof(*places), compare_places);
	return rearrange_entries(set, places);
}

/* The first `count` are the entries: fills the view. */
static void fill_view(struct keyed_set *set, size_t count, bool complete, int64_t expires_ms)
{
	set->count = count;
	set->complete = complete;
	set->expires_ms = complete ? expires_ms : 0;
	set->kind->finish(set);
}

int keyed_set_finish(struct keyed_set *set, bool complete, int64_t expires_ms)
{
	if (sort_entries(set) || (set->capacity > set->total && resize_set(set, set->total)))
		return -ENOMEM;
	fill_view(set, set->total, complete, expires_ms);
	return 0;
}

struct keyed_set *keyed_set_of_one(const struct keyed_kind *kind, const void *entry, void *value,
	uint64_t tick, int64_t expires_ms)
{
	struct keyed_set *set = keyed_set_new(kind, 1, tick);

	if (!set && value)
		kind->unref(value);
	/* There is room for one. */
	if (!set || keyed_set_add(set, entry, value, tick, expires_ms)) {
		keyed_set_unref(set);
		return NULL;
	}
	fill_view(set, 1, false, 0);
	return set;
}

struct keyed_set *keyed_set_of_mark(const struct keyed_kind *kind, const void *entry, void *value,
	uint64_t tick, int64_t expires_ms)
{
	struct keyed_set *set = keyed_set_of_one(kind, entry, value, tick, expires_ms);

	if (set)
		fill_view(set, 0, false, 0);
	return set;
}

/* The first place in [low, high) whose key is `key`, or SIZE_MAX. */
static size_t find_between(
	const struct keyed_set *set, size_t low, size_t high, struct keyed_key key)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_keys(key_at(set, middle), key);

		if (!order)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return SIZE_MAX;
}

size_t keyed_set_find(const struct keyed_set *set, struct keyed_key key)
{
	return set ? find_between(set, 0, set->count, key) : SIZE_MAX;
}

size_t keyed_set_find_mark(const struct keyed_set *set, struct keyed_key key)
{
	return set ? find_between(set, set->count, set->total, key) : SIZE_MAX;
}

/* --- merging --- */

/* A walk through a set by key, entries and marks together. */
struct walk {
	const struct keyed_set *set;
	size_t entry, mark;
};

/* Where the walk stands, or SIZE_MAX behind the end. */
static size_t walk_at(const struct walk *walk)
{
	const struct keyed_set *set = walk->set;
	bool entry = walk->entry < set->count, mark = walk->mark < set->total;

	if (entry && mark)
		mark = compare_keys(key_at(set, walk->mark), key_at(set, walk->entry)) < 0;
	if (mark)
		return walk->mark;
	return entry ? walk->entry : SIZE_MAX;
}

static void walk_on(struct walk *walk, size_t at)
{
	if (at < walk->set->count)
		walk->entry++;
	else
		walk->mark++;
}

/* How new it is that the set holds this at `at`, or (SIZE_MAX) nothing of the key. */
static uint64_t tick_at(const struct keyed_set *set, size_t at)
{
	if (at != SIZE_MAX)
		return set->notes[at].tick;
	return set->complete ? set->tick : 0;
}

uint64_t keyed_set_tick(const struct keyed_set *set, struct keyed_key key)
{
	size_t at = keyed_set_find(set, key);

	if (at == SIZE_MAX)
		at = keyed_set_find_mark(set, key);
	return set ? tick_at(set, at) : 0;
}

/* Adds what stays of both: the entries, or the marks. 0 or -ENOMEM. */
static int add_newer(struct keyed_set *merged, const struct keyed_set *known,
	const struct keyed_set *incoming, bool marks)
{
	struct walk left = {known, 0, known->count}, right = {incoming, 0, incoming->count};
	size_t mine = walk_at(&left), theirs = walk_at(&right);
	int error = 0;

	for (; !error && (mine != SIZE_MAX || theirs != SIZE_MAX);
		mine = walk_at(&left), theirs = walk_at(&right)) {
		const struct keyed_set *from = known;
		size_t at;

		if (mine != SIZE_MAX && theirs != SIZE_MAX) {
			int order = compare_keys(key_at(known, mine), key_at(incoming, theirs));

			if (order > 0)
				mine = SIZE_MAX;
			else if (order < 0)
				theirs = SIZE_MAX;
		}
		if (tick_at(incoming, theirs) >= tick_at(known, mine))
			from = incoming;
		at = from == known ? mine : theirs;
		if (at != SIZE_MAX && (at >= from->count) == marks)
			error = add_from(merged, from, at);
		if (mine != SIZE_MAX)
			walk_on(&left, mine);
		if (theirs != SIZE_MAX)
			walk_on(&right, theirs);
	}
	return error;
}

struct keyed_set *keyed_set_merge(const struct keyed_set *known, const struct keyed_set *incoming)
{
	bool newer = incoming->complete && (!known->complete || incoming->tick >= known->tick);
	const struct keyed_set *head = newer ? incoming : known;
	struct keyed_set *merged =
		keyed_set_new(known->kind, known->total + incoming->total, head->tick);
	size_t count = 0;
	int error;

	if (!merged)
		return NULL;
	error = add_newer(merged, known, incoming, false);
	count = merged->total;
	if (!error)
		error = add_newer(merged, known, incoming, true);
	if (error || (merged->capacity > merged->total && resize_set(merged, merged->total))) {
		keyed_set_unref(merged);
		return NULL;
	}
	merged->others = keyed_set_ref(head->others);
	fill_view(merged, count, head->complete, head->expires_ms);
	return merged;
}

bool keyed_set_drop_mark(struct keyed_set *set)
{
	size_t oldest = set->count, behind, i;
	bool lasting;

	for (i = set->count; i < set->total; i++)
		if (set->notes[i].tick < set->notes[oldest].tick)
			oldest = i;
	lasting = !set->notes[oldest].expires_ms;
	if (set->notes[oldest].value)
		set->kind->unref(set->notes[oldest].value);
	behind = --set->total - oldest;
	memmove(keyed_set_entry(set, oldest), keyed_set_entry(set, oldest + 1),
		behind * set->kind->entry_size);
	memmove(&set->notes[oldest], &set->notes[oldest + 1], behind * sizeof(*set->notes));
	return lasting;
}

/* --- comparing --- */

static bool entries_match(
	const struct keyed_set *left, size_t l, const struct keyed_set *right, size_t r)
{
	return !compare_keys(key_at(left, l), key_at(right, r)) &&
	       left->kind->same(keyed_set_entry(left, l), left->notes[l].value,
		       keyed_set_entry(right, r), right->notes[r].value);
}

bool keyed_sets_match(const struct keyed_set *left, const struct keyed_set *right)
{
	size_t count = left ? left->count : 0, i;

	if (count != (right ? right->count : 0))
		return false;
	for (i = 0; i < count; i++)
		if (!entries_match(left, i, right, i))
			return false;
	if ((left && left->others) || (right && right->others))
		return keyed_sets_match(left ? left->others : NULL, right ? right->others : NULL);
	return true;
}

bool keyed_set_contains(const struct keyed_set *whole, const struct keyed_set *part)
{
	size_t i;

	for (i = 0; i < part->count; i++) {
		size_t at = keyed_set_find(whole, key_at(part, i));

		if (at == SIZE_MAX || !entries_match(whole, at, part, i))
			return false;
	}
	return true;
}
