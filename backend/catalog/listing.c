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

struct version_builder *version_builder_new(uint64_t tick)
{
	cleanup(version_builder_free_pointer) struct version_builder *builder =
		calloc(1, sizeof(*builder));

	if (builder)
		builder->set = keyed_set_new(&versions_kind, 0, tick);
	return builder && builder->set ? take_pointer(builder) : NULL;
}

void version_builder_free(struct version_builder *builder)
{
	if (!builder)
		return;
	keyed_set_unref(builder->set);
	keyed_set_unref(builder->previous);
	pack_dictionary_unref(builder->dictionary);
	free(builder);
}

/* The pack that was made of the same documents before, with a reference, or NULL. */
static struct pack *find_previous(
	const struct keyed_set *previous, const struct lambda_version *version)
{
	size_t at = keyed_set_find(previous, key_of_version(version->version));
	struct pack *pack;

	if (at == SIZE_MAX)
		return NULL;
	pack = previous->notes[at].value;
	if (pack->lengths[CATALOG_CONFIGURATION] != version->configuration_length ||
		pack->lengths[CATALOG_ENVIRONMENT] != version->environment_length ||
		pack->fingerprint != pack_fingerprint(version))
		return NULL;
	return pack_ref(pack);
}

int version_builder_add(struct version_builder *builder, struct packer *packer,
	const struct lambda_version *version)
{
	struct catalog_version entry = {
		.version = version->version,
		.last_modified = version->last_modified,
		.code_size = version->code_size,
		.configuration_length = (uint32_t)version->configuration_length,
		.environment_length = (uint32_t)version->environment_length,
		.has_code_sha256 = version->has_code_sha256,
	};
	struct pack *pack;

	if (!builder->dictionary)
		builder->dictionary = pack_dictionary_new(version);
	if (!builder->dictionary)
		return -ENOMEM;
	pack = find_previous(builder->previous, version);
	if (!pack)
		pack = pack_new(packer, builder->dictionary, version);
	if (!pack)
		return -ENOMEM;
	memcpy(entry.code_sha256, version->code_sha256, sizeof(entry.code_sha256));
	return keyed_set_add(builder->set, &entry, pack, builder->set->tick, INT64_MAX);
}

struct keyed_set *version_builder_finish(
	struct version_builder *builder, bool complete, int64_t expires_ms)
{
	cleanup(keyed_set_unref_pointer) struct keyed_set *set = take_pointer(builder->set);
	size_t i;

	for (i = 0; i < set->total; i++)
		if (!lambda_version_is_published(version_at(set, i)->version))
			set->notes[i].expires_ms = expires_ms;
	return keyed_set_finish(set, complete, expires_ms) ? NULL : take_pointer(set);
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

	if (!listing)
		return;
	for (entry = name_map_first(&listing->functions); entry;
		entry = name_map_next(&listing->functions, entry))
		version_builder_free(entry->value);
	name_map_release(&listing->functions);
	keyed_set_unref(listing->aliases);
	keyed_set_unref(listing->unlistable);
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
	builder = version_builder_new(listing->tick);
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

	if (!listing->unlistable)
		listing->unlistable = keyed_set_new(&names_kind, 4, listing->tick);
	if (!listing->unlistable)
		return lambda_fail_memory(reterr);
	for (i = 0; i < listing->unlistable->total; i++)
		if (!strcmp(*(char **)keyed_set_entry(listing->unlistable, i), name))
			return LAMBDA_OK;
	if (i == LISTING_UNLISTABLE_MAX)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the list holds more than %d names that cannot be a directory entry, the "
			"last is '%.256s'",
			LISTING_UNLISTABLE_MAX, name);
	return add_name(listing->unlistable, name) ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

static enum lambda_status add_version(struct listing *listing, const struct lambda_version *version,
	const char *function, const struct listing_lookup *lookup, struct lambda_error *reterr)
{
	struct version_builder *builder;

	if (function && strcmp(version->function_name, function))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the list of versions of '%.128s' holds one of '%.128s'", function,
			version->function_name);
	builder = builder_of(listing, version->function_name, lookup);
	if (!builder || version_builder_add(builder, listing->packer, version))
		return lambda_fail_memory(reterr);
	listing->bytes += pack_size(builder->set->notes[builder->set->total - 1].value);
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
	struct listing *listing, const struct lambda_alias_page *page, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	size_t i;

	if (!listing->aliases)
		listing->aliases = keyed_set_new(&aliases_kind, page->count, listing->tick);
	if (!listing->aliases)
		return lambda_fail_memory(reterr);
	for (i = 0; i < page->count && !status; i++) {
		status = check_alias_name(page->items[i].name, reterr);
		if (!status && add_alias(listing->aliases, &page->items[i], 0))
			status = lambda_fail_memory(reterr);
	}
	return status ? status : turn_page(listing, page->next_marker, page->count, reterr);
}

struct keyed_set *listing_aliases(const struct listing *listing, int64_t expires_ms)
{
	cleanup(keyed_set_unref_pointer) struct keyed_set *set = keyed_set_copy(listing->aliases);
	size_t i;

	if (!set)
		return NULL;
	for (i = 0; i < set->total; i++)
		set->notes[i].expires_ms = expires_ms;
	return keyed_set_finish(set, !listing->marker, expires_ms) ? NULL : take_pointer(set);
}
