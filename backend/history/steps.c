/* SPDX-License-Identifier: MIT */
#include "backend/history/steps.h"

#include <errno.h>
#include <string.h>

#define EVENT_SLACK_S 1 /* a call's time is when it arrived, in whole seconds */
#define OWN_SLACK_S 60  /* the clock of this machine */
#define RUN_MAX 256     /* steps of one second that are put in order by what they name */

bool step_is(const struct step *step, enum cloudtrail_operation operation)
{
	return !step->failed && step->operation == operation;
}

bool step_is_change(const struct step *step)
{
	return step_is(step, CLOUDTRAIL_CREATE_ALIAS) || step_is(step, CLOUDTRAIL_UPDATE_ALIAS);
}

bool step_is_permission(const struct step *step)
{
	return step_is(step, CLOUDTRAIL_ADD_PERMISSION) ||
	       step_is(step, CLOUDTRAIL_REMOVE_PERMISSION);
}

bool step_follows(const struct step *newer, const struct step *older)
{
	return !newer->failed && older->result && newer->before_revision_id[0] &&
	       !strcmp(newer->before_revision_id, older->result->revision_id);
}

struct step *steps_find(const struct steps *steps, const char *revision_id)
{
	return *revision_id ? name_map_find(&steps->by_result, revision_id) : NULL;
}

void steps_release(struct steps *steps)
{
	name_map_release(&steps->by_result);
	free(steps->items);
	memset(steps, 0, sizeof(*steps));
}

/* --- collecting --- */

static struct step step_of_event(const struct cloudtrail_event *event)
{
	return (struct step){.operation = event->operation,
		.failed = event->failed,
		.time_s = event->time_s,
		.slack_s = EVENT_SLACK_S,
		.before_revision_id = event->before_revision_id,
		.result = event->has_result ? &event->result : NULL,
		.event = event};
}

/* What this mount knows of a step, added to what the event says. */
static void add_own(struct step *step, const struct history_own *own)
{
	step->own = own;
	if (!own->before || (step->before_revision_id[0] && strcmp(step->before_revision_id,
								    own->before->revision_id) != 0))
		return;
	step->before = own->before;
	step->before_revision_id = own->before->revision_id;
}

static struct step step_of_own(const struct history_own *own)
{
	struct step step = {.operation = own->operation,
		.time_s = own->time_s,
		.slack_s = OWN_SLACK_S,
		.before_revision_id = "",
		.result = own->after};

	add_own(&step, own);
	return step;
}

static int newer_first(const void *left, const void *right)
{
	const struct step *a = left, *b = right;

	if (a->time_s != b->time_s)
		return a->time_s < b->time_s ? 1 : -1;
	return strcmp(a->event ? a->event->id : "", b->event ? b->event->id : "");
}

/* The event of an own change: by the RevisionId that came of it, a deletion by its request. */
static struct step *find_event_of(struct step *steps, size_t count,
	const struct name_map *by_result, const struct history_own *own)
{
	size_t i;

	if (own->after)
		return name_map_find(by_result, own->after->revision_id);
	for (i = 0; i < count; i++)
		if (steps[i].event && steps[i].operation == own->operation && *own->request_id &&
			!strcmp(steps[i].event->request_id, own->request_id))
			return &steps[i];
	return NULL;
}

static int index_result(struct name_map *by_result, struct step *step)
{
	if (!step_is_change(step) || !step->result || !step->result->revision_id[0] ||
		name_map_find(by_result, step->result->revision_id))
		return 0;
	return name_map_add(by_result, step->result->revision_id, step);
}

/* Events once each, then what this mount did and CloudTrail has not delivered. 0 or -ENOMEM. */
static int fill_steps(const struct history_input *input, struct steps *steps)
{
	struct name_map by_id = {0}, by_result = {0};
	int error = 0;
	size_t i, events;

	for (i = 0; !error && i < input->event_count; i++) {
		const struct cloudtrail_event *event = &input->events[i];
		struct step *step = &steps->items[steps->count];

		if (name_map_find(&by_id, event->id))
			continue;
		*step = step_of_event(event);
		steps->count++;
		error = name_map_add(&by_id, event->id, step);
		if (!error)
			error = index_result(&by_result, step);
	}
	events = steps->count;
	for (i = 0; !error && i < input->own_count; i++) {
		const struct history_own *own = &input->owns[i];
		struct step *known = find_event_of(steps->items, events, &by_result, own);

		if (known) {
			add_own(known, own);
			continue;
		}
		steps->items[steps->count] = step_of_own(own);
		error = index_result(&by_result, &steps->items[steps->count++]);
	}
	name_map_release(&by_id);
	name_map_release(&by_result);
	return error;
}

/* Puts steps of one second in order, where one names another. */
static void order_run(struct step *run, size_t count)
{
	size_t i, j, k;

	for (i = 0; i + 1 < count; i++) {
		for (j = i; j < count; j++) {
			bool is_last = true;

			for (k = i; k < count; k++)
				is_last = is_last && !step_follows(&run[k], &run[j]);
			if (is_last)
				break;
		}
		if (j < count && j != i) {
			struct step last = run[j];

			memmove(&run[i + 1], &run[i], (j - i) * sizeof(*run));
			run[i] = last;
		}
	}
}

static void order_steps(struct steps *steps)
{
	size_t begin = 0, end;

	if (!steps->count)
		return;
	qsort(steps->items, steps->count, sizeof(*steps->items), newer_first);
	for (; begin < steps->count; begin = end) {
		end = begin + 1;
		while (end < steps->count && steps->items[end].time_s == steps->items[begin].time_s)
			end++;
		if (end - begin <= RUN_MAX)
			order_run(&steps->items[begin], end - begin);
	}
}

int steps_collect(const struct history_input *input, struct steps *ret_steps)
{
	struct steps steps = {0};
	int error = 0;
	size_t i;

	steps.items = calloc(input->event_count + input->own_count + 1, sizeof(*steps.items));
	if (!steps.items)
		return -ENOMEM;
	error = fill_steps(input, &steps);
	if (!error)
		order_steps(&steps);
	for (i = 0; !error && i < steps.count; i++)
		error = index_result(&steps.by_result, &steps.items[i]);
	if (error)
		steps_release(&steps);
	else
		*ret_steps = steps;
	return error;
}
