/* SPDX-License-Identifier: MIT */
#include "backend/moves/notes.h"

#include <errno.h>
#include <string.h>

#define KEY_SIZE (LAMBDA_FUNCTION_NAME_MAX + 1 + LAMBDA_ALIAS_NAME_MAX + 1)

int notes_init(struct notes *notes, size_t owns, size_t sightings)
{
	*notes = (struct notes){.capacity = owns, .sightings_max = sightings};
	notes->owns = calloc(owns, sizeof(struct own_change *));
	return notes->owns ? 0 : -ENOMEM;
}

static void unref_own(struct own_change *own)
{
	if (!own || atomic_fetch_sub(&own->references, 1) > 1)
		return;
	lambda_alias_release(&own->before);
	lambda_alias_release(&own->after);
	free(own);
}

void notes_release(struct notes *notes)
{
	struct name_map_entry *entry;
	size_t i;

	for (i = 0; notes->owns && i < notes->capacity; i++)
		unref_own(notes->owns[i]);
	free(notes->owns);
	for (entry = name_map_first(&notes->sightings); entry;
		entry = name_map_next(&notes->sightings, entry))
		free(entry->value);
	name_map_release(&notes->sightings);
	*notes = (struct notes){0};
}

/* --- what was seen --- */

static void make_key(char key[KEY_SIZE], const char *function, const char *alias)
{
	snprintf(key, KEY_SIZE, "%s %s", function, alias);
}

static bool leads_alike(
	const struct catalog_routing_config *one, const struct catalog_routing_config *other)
{
	return one->version == other->version && one->weighted_version == other->weighted_version &&
	       (!one->weighted_version || one->weight == other->weight);
}

/* The alias's entry, a new one where there is none; NULL: no memory or no room. */
static struct sighting *make_sighting(
	struct notes *notes, const char *function, const struct lambda_alias *alias)
{
	struct sighting *sighting;
	char key[KEY_SIZE];

	make_key(key, function, alias->name);
	sighting = name_map_find(&notes->sightings, key);
	if (sighting || notes->sightings.table.count >= notes->sightings_max)
		return sighting;
	sighting = calloc(1, sizeof(*sighting));
	if (sighting && name_map_add(&notes->sightings, key, sighting)) {
		free(sighting);
		return NULL;
	}
	return sighting;
}

void notes_add_sighting(
	struct notes *notes, int64_t now_s, const char *function, const struct lambda_alias *alias)
{
	const struct catalog_routing_config routing = catalog_routing_of(alias);
	struct sighting *sighting = make_sighting(notes, function, alias);

	if (!sighting)
		return;
	if (*sighting->revision_id && !leads_alike(&sighting->routing, &routing)) {
		sighting->previous = sighting->routing;
		sighting->has_previous = true;
	}
	if (strcmp(sighting->revision_id, alias->revision_id) != 0)
		sighting->since_s = now_s;
	sighting->read_s = now_s;
	sighting->routing = routing;
	memcpy(sighting->revision_id, alias->revision_id, sizeof(sighting->revision_id));
}

const struct sighting *notes_find_sighting(
	const struct notes *notes, const char *function, const char *alias)
{
	char key[KEY_SIZE];

	make_key(key, function, alias);
	return name_map_find(&notes->sightings, key);
}

/* --- what this mount did --- */

static enum cloudtrail_operation operation_of(const char *name)
{
	enum cloudtrail_operation operation;

	for (operation = CLOUDTRAIL_CREATE_ALIAS; operation <= CLOUDTRAIL_DELETE_ALIAS; operation++)
		if (!strcmp(name, cloudtrail_operation_name(operation)))
			return operation;
	return CLOUDTRAIL_OTHER;
}

static int copy_state(const struct lambda_alias *from, struct lambda_alias *to)
{
	return from ? lambda_alias_copy(from, to) : 0;
}

int notes_add_own(
	struct notes *notes, int64_t now_s, const struct catalog_write *write, const char *who)
{
	enum cloudtrail_operation operation = operation_of(write->operation);
	struct own_change *own;

	/* What may not have happened has no RevisionId by which CloudTrail's event could be joined to it. */
	if (operation == CLOUDTRAIL_OTHER || write->outcome_unknown || !write->alias)
		return 0;
	own = calloc(1, sizeof(*own));
	if (!own)
		return -ENOMEM;
	own->references = 1;
	own->time_s = now_s;
	own->operation = operation;
	snprintf(own->function, sizeof(own->function), "%s", write->function);
	snprintf(own->alias, sizeof(own->alias), "%s", write->alias);
	snprintf(own->who, sizeof(own->who), "%s", who);
	if (!write->answer_lost)
		snprintf(own->request_id, sizeof(own->request_id), "%s", write->request_id);
	/* A state that was read back may have come of more than this call: what it replaced is not proven. */
	if (copy_state(write->answer_lost ? NULL : write->replaced, &own->before) ||
		copy_state(write->answer, &own->after)) {
		unref_own(own);
		return -ENOMEM;
	}
	unref_own(notes->owns[notes->next]);
	notes->owns[notes->next] = own;
	notes->next = (notes->next + 1) % notes->capacity;
	return 0;
}

/* --- the own changes of one alias --- */

static bool is_about(const struct own_change *own, const char *function, const char *alias)
{
	return own && !strcmp(own->alias, alias) && !strcmp(own->function, function);
}

static struct history_own describe_own(const struct own_change *own)
{
	return (struct history_own){.time_s = own->time_s,
		.operation = own->operation,
		.before = *own->before.name ? &own->before : NULL,
		.after = *own->after.name ? &own->after : NULL,
		.request_id = own->request_id,
		.who = own->who};
}

int notes_list_owns(const struct notes *notes, const char *function, const char *alias,
	struct own_list *ret_list)
{
	struct own_list list = {0};
	size_t i;

	list.items = calloc(notes->capacity, sizeof(*list.items));
	list.changes = calloc(notes->capacity, sizeof(struct own_change *));
	if (!list.items || !list.changes) {
		own_list_release(&list);
		return -ENOMEM;
	}
	for (i = 0; i < notes->capacity; i++) {
		struct own_change *own = notes->owns[i];

		if (!is_about(own, function, alias))
			continue;
		atomic_fetch_add(&own->references, 1);
		list.changes[list.count] = own;
		list.items[list.count++] = describe_own(own);
	}
	*ret_list = list;
	return 0;
}

void own_list_release(struct own_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		unref_own(list->changes[i]);
	free(list->changes);
	free(list->items);
	*list = (struct own_list){0};
}
