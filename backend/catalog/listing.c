/* SPDX-License-Identifier: MIT */
#include "backend/catalog/listing.h"

#include <errno.h>

int page_guard_check(struct page_guard *guard, const char *next_marker, size_t items)
{
	char *copy;

	guard->pages++;
	guard->items += items;
	if (guard->items > LISTING_ITEMS_MAX || guard->pages > LISTING_PAGES_MAX)
		return -E2BIG;
	if (!next_marker)
		return 0;
	if (guard->marker && !strcmp(guard->marker, next_marker))
		return -ELOOP;
	if (guard->pages <= guard->replace_at)
		return 0;
	copy = strdup(next_marker);
	if (!copy)
		return -ENOMEM;
	free(guard->marker);
	guard->marker = copy;
	guard->replace_at = guard->pages * 2;
	return 0;
}

void page_guard_release(struct page_guard *guard)
{
	free(guard->marker);
	*guard = (struct page_guard){0};
}

/* --- one function's versions --- */

struct version_builder *version_builder_new(void)
{
	return calloc(1, sizeof(struct version_builder));
}

void version_builder_free(struct version_builder *builder)
{
	size_t i;

	if (!builder)
		return;
	for (i = 0; i < builder->count; i++)
		pack_unref(builder->items[i].pack);
	free(builder->items);
	pack_dictionary_unref(builder->dictionary);
	if (builder->previous)
		snapshot_unref(&builder->previous->snapshot);
	free(builder);
}

/* The pack that was made of the same documents before, with a reference, or NULL. */
static struct pack *find_previous(
	const struct version_set *previous, const struct lambda_version *version)
{
	size_t at = version_set_index(previous, version->version);
	struct pack *pack;

	if (at == SIZE_MAX)
		return NULL;
	pack = previous->notes[at].pack;
	if (pack->lengths[CATALOG_CONFIGURATION] != version->configuration_length ||
		pack->lengths[CATALOG_ENVIRONMENT] != version->environment_length ||
		pack->fingerprint != pack_fingerprint(version))
		return NULL;
	return pack_ref(pack);
}

static int grow_items(struct version_builder *builder)
{
	size_t capacity = builder->capacity ? builder->capacity + builder->capacity / 2 : 4;
	struct built_version *items;

	if (builder->count < builder->capacity)
		return 0;
	items = realloc(builder->items, capacity * sizeof(*items));
	if (!items)
		return -ENOMEM;
	builder->items = items;
	builder->capacity = capacity;
	return 0;
}

int version_builder_add(struct version_builder *builder, struct packer *packer,
	const struct lambda_version *version)
{
	struct built_version *item;
	struct pack *pack;

	if (grow_items(builder))
		return -ENOMEM;
	if (!builder->dictionary)
		builder->dictionary = pack_dictionary_new(version);
	if (!builder->dictionary)
		return -ENOMEM;
	pack = find_previous(builder->previous, version);
	if (!pack)
		pack = pack_new(packer, builder->dictionary, version);
	if (!pack)
		return -ENOMEM;
	item = &builder->items[builder->count];
	memset(item, 0, sizeof(*item));
	item->version.version = version->version;
	item->version.last_modified = version->last_modified;
	item->version.code_size = version->code_size;
	item->version.configuration_length = (uint32_t)version->configuration_length;
	item->version.environment_length = (uint32_t)version->environment_length;
	item->version.has_code_sha256 = version->has_code_sha256;
	memcpy(item->version.code_sha256, version->code_sha256, sizeof(version->code_sha256));
	item->pack = pack;
	item->at = builder->count++;
	return 0;
}

static int compare_built(const void *left, const void *right)
{
	const struct built_version *a = left, *b = right;

	if (a->version.version != b->version.version)
		return a->version.version > b->version.version ? 1 : -1;
	return (a->at > b->at) - (a->at < b->at);
}

static bool can_change(uint64_t version)
{
	return version == LAMBDA_VERSION_LATEST || version == LAMBDA_VERSION_LATEST_PUBLISHED;
}

/* Sorts, and of items of one version keeps the one that came last. */
static void sort_items(struct version_builder *builder)
{
	struct built_version *items = builder->items;
	size_t kept = 0, i;

	if (builder->count)
		qsort(items, builder->count, sizeof(*items), compare_built);
	for (i = 0; i < builder->count; i++) {
		if (i + 1 < builder->count &&
			items[i].version.version == items[i + 1].version.version)
			pack_unref(items[i].pack);
		else
			items[kept++] = items[i];
	}
	builder->count = kept;
}

struct version_set *version_builder_finish(
	struct version_builder *builder, bool complete, int64_t expires_ms, uint64_t tick)
{
	struct version_set *set;
	size_t i;

	sort_items(builder);
	set = version_set_new(builder->count);
	if (!set)
		return NULL;
	for (i = 0; i < builder->count; i++) {
		set->entries[i] = builder->items[i].version;
		set->entries[i].expires_ms =
			can_change(set->entries[i].version) ? expires_ms : INT64_MAX;
		set->notes[i] = (struct version_note){builder->items[i].pack, tick};
	}
	free(take_pointer(builder->items));
	builder->count = 0;
	builder->capacity = 0;
	set->complete = complete;
	set->tick = complete ? tick : 0;
	set->view.expires_ms = complete ? expires_ms : 0;
	version_set_finish(set);
	return set;
}

/* --- pages --- */

struct listing *listing_new(uint64_t tick)
{
	struct listing *listing = calloc(1, sizeof(*listing));

	if (listing)
		listing->tick = tick;
	return listing;
}

void listing_free(struct listing *listing)
{
	struct name_map_entry *entry;
	size_t i;

	if (!listing)
		return;
	for (entry = name_map_first(&listing->functions); entry;
		entry = name_map_next(&listing->functions, entry))
		version_builder_free(entry->value);
	name_map_release(&listing->functions);
	for (i = 0; i < listing->alias_count; i++)
		lambda_alias_release(&listing->aliases[i]);
	free(listing->aliases);
	for (i = 0; i < listing->unlistable_count; i++)
		free(listing->unlistable[i]);
	free(listing->unlistable);
	page_guard_release(&listing->guard);
	packer_free(listing->packer);
	free(listing->marker);
	free(listing);
}

static enum lambda_status fail_guard(struct lambda_error *reterr, int error)
{
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
		error == -ELOOP ? "the list does not end: a marker came a second time"
				: "the list is longer than anything that can be shown");
}

/* Moves on to the page behind. */
static enum lambda_status turn_page(
	struct listing *listing, const char *next_marker, size_t items, struct lambda_error *reterr)
{
	const char *marker = next_marker && *next_marker ? next_marker : NULL;
	int error = page_guard_check(&listing->guard, marker, items);
	char *copy = NULL;

	if (error)
		return fail_guard(reterr, error);
	if (marker) {
		copy = strdup(marker);
		if (!copy)
			return lambda_fail_memory(reterr);
	}
	free(listing->marker);
	listing->marker = copy;
	return LAMBDA_OK;
}

/* The builder of a function, made when it is the first item of it. NULL when out of memory. */
static struct version_builder *builder_of(
	struct listing *listing, const char *function, const struct listing_lookup *lookup)
{
	struct version_builder *builder = name_map_find(&listing->functions, function);

	if (builder)
		return builder;
	builder = version_builder_new();
	if (!builder)
		return NULL;
	if (name_map_add(&listing->functions, function, builder)) {
		version_builder_free(builder);
		return NULL;
	}
	if (lookup)
		lookup->find(lookup->data, function, &builder->dictionary, &builder->previous);
	return builder;
}

/* Notes a function's name that cannot be a directory entry; the long list has it once for each version. */
static enum lambda_status add_unlistable(
	struct listing *listing, const char *name, struct lambda_error *reterr)
{
	size_t i;

	for (i = 0; i < listing->unlistable_count; i++)
		if (!strcmp(listing->unlistable[i], name))
			return LAMBDA_OK;
	if (listing->unlistable_count == LISTING_UNLISTABLE_MAX)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the list holds more than %d names that cannot be a directory entry, the "
			"last is '%.256s'",
			LISTING_UNLISTABLE_MAX, name);
	if (!listing->unlistable)
		listing->unlistable = calloc(LISTING_UNLISTABLE_MAX, sizeof(*listing->unlistable));
	if (!listing->unlistable)
		return lambda_fail_memory(reterr);
	listing->unlistable[listing->unlistable_count] = strdup(name);
	if (!listing->unlistable[listing->unlistable_count])
		return lambda_fail_memory(reterr);
	listing->unlistable_count++;
	return LAMBDA_OK;
}

static enum lambda_status add_version(struct listing *listing, const struct lambda_version *version,
	const char *function, const struct listing_lookup *lookup, struct lambda_error *reterr)
{
	struct version_builder *builder;

	if (function && strcmp(version->function_name, function))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the list of versions of '%.128s' holds one of '%.128s'", function,
			version->function_name);
	if (!lambda_is_entry_name(version->function_name))
		return add_unlistable(listing, version->function_name, reterr);
	builder = builder_of(listing, version->function_name, lookup);
	if (!builder || version_builder_add(builder, listing->packer, version))
		return lambda_fail_memory(reterr);
	listing->bytes += pack_size(builder->items[builder->count - 1].pack);
	if (listing->bytes > LISTING_BYTES_MAX)
		return fail_guard(reterr, -E2BIG);
	return LAMBDA_OK;
}

enum lambda_status listing_add_versions(struct listing *listing,
	const struct lambda_version_page *page, const char *function,
	const struct listing_lookup *lookup, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	size_t i;

	if (!listing->packer)
		listing->packer = packer_new();
	if (!listing->packer)
		return lambda_fail_memory(reterr);
	for (i = 0; i < page->count && !status; i++)
		status = add_version(listing, &page->items[i], function, lookup, reterr);
	for (i = 0; i < page->unlistable_count && !status; i++)
		status = add_unlistable(listing, page->unlistable[i], reterr);
	if (status)
		return status;
	return turn_page(listing, page->next_marker, page->count + page->unlistable_count, reterr);
}

static enum lambda_status check_alias_name(const char *name, struct lambda_error *reterr)
{
	if (lambda_is_entry_name(name))
		return LAMBDA_OK;
	return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
		"the list holds an alias whose name cannot be a directory entry: '%.128s'", name);
}

enum lambda_status listing_add_aliases(
	struct listing *listing, struct lambda_alias_page *page, struct lambda_error *reterr)
{
	size_t wanted = listing->alias_count + page->count, i;
	enum lambda_status status = LAMBDA_OK;

	for (i = 0; i < page->count && !status; i++)
		status = check_alias_name(page->items[i].name, reterr);
	if (!status)
		status = turn_page(listing, page->next_marker, page->count, reterr);
	if (status)
		return status;
	if (wanted > listing->alias_capacity) {
		size_t capacity = wanted + listing->alias_capacity / 2;
		struct lambda_alias *aliases =
			realloc(listing->aliases, capacity * sizeof(*aliases));

		if (!aliases)
			return lambda_fail_memory(reterr);
		listing->aliases = aliases;
		listing->alias_capacity = capacity;
	}
	for (i = 0; i < page->count; i++) {
		listing->aliases[listing->alias_count++] = page->items[i];
		page->items[i].description = NULL;
	}
	page->count = 0;
	return LAMBDA_OK;
}

struct alias_set *listing_peek_aliases(const struct listing *listing, int64_t expires_ms)
{
	size_t count = listing->alias_count, made, i;
	cleanup(free_pointer) struct lambda_alias *copies =
		calloc(count ? count : 1, sizeof(*copies));

	if (!copies)
		return NULL;
	for (made = 0; made < count; made++)
		if (lambda_alias_copy(&listing->aliases[made], &copies[made]))
			break;
	if (made == count)
		return alias_set_new(copies, count, false, expires_ms, listing->tick);
	for (i = 0; i < made; i++)
		lambda_alias_release(&copies[i]);
	return NULL;
}
