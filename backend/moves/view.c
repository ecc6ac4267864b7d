/* SPDX-License-Identifier: MIT */
/* What is known of one alias, joined. */
#include <string.h>

#include "backend/moves/private.h"

void moves_view_release(struct moves_view *view)
{
	history_release(&view->history);
	own_list_release(&view->owns);
	trail_events_release(&view->events);
	lambda_alias_release(&view->present);
	memset(view, 0, sizeof(*view));
}

/* The events, when CloudTrail has been asked about an alias of that function. */
static int copy_events(struct moves *moves, const char *function, const char *alias,
	struct trail_events *ret_events)
{
	cleanup(buffer_release) struct buffer arn = BUFFER_INIT(4096);
	struct trail_subject subject = {.function = function, .alias = alias};
	const char *known;
	int error = 0;

	pthread_mutex_lock(&moves->mutex);
	known = name_map_find(&moves->arns, function);
	if (known)
		error = buffer_appendf(&arn, "%s:%s", known, alias);
	pthread_mutex_unlock(&moves->mutex);
	if (error || !arn.length)
		return error;
	subject.arn = buffer_text(&arn);
	return trail_copy(moves->trail, &subject, ret_events);
}

/* What this mount did and saw. When it saw the present state is put into the input. */
static int copy_notes(struct moves *moves, const char *function, const char *alias,
	struct moves_view *view, struct history_input *input)
{
	const struct sighting *sighting;
	int error;

	pthread_mutex_lock(&moves->mutex);
	error = notes_list_owns(&moves->notes, function, alias, &view->owns);
	sighting = notes_find_sighting(&moves->notes, function, alias);
	if (sighting && sighting->has_previous) {
		view->has_last_seen = true;
		view->last_seen = sighting->previous;
	}
	if (sighting && input->present &&
		!strcmp(sighting->revision_id, input->present->revision_id)) {
		input->present_since_s = sighting->since_s;
		input->present_read_s = sighting->read_s;
	}
	pthread_mutex_unlock(&moves->mutex);
	return error;
}

/* Fills the view, and what is to be joined. 0 or -ENOMEM. */
static int fill_view(struct moves *moves, const char *function, const char *alias,
	const struct lambda_alias *present, struct moves_view *view, struct history_input *input)
{
	int error = 0;

	input->present_since_s = input->present_read_s = view->now_s;
	if (present) {
		error = lambda_alias_copy(present, &view->present);
		input->present = &view->present;
	}
	if (!error)
		error = copy_events(moves, function, alias, &view->events);
	if (!error)
		error = copy_notes(moves, function, alias, view, input);
	view->changes = view->events.changes;
	view->all = view->events.all;
	input->events = view->events.items;
	input->event_count = view->events.count;
	input->changes = view->changes;
	input->all = view->all;
	input->owns = view->owns.items;
	input->own_count = view->owns.count;
	return error;
}

/* What is known of the alias, whose present state is `present` (NULL: there is none). 0 or -ENOMEM. */
static int make_view(struct moves *moves, const char *function, const char *alias,
	const struct lambda_alias *present, struct moves_view *ret_view)
{
	struct history_input input = {0};
	int error;

	*ret_view = (struct moves_view){.now_s = moves_now_s(moves)};
	error = fill_view(moves, function, alias, present, ret_view, &input);
	if (!error)
		error = history_find(&input, &ret_view->history);
	if (error)
		moves_view_release(ret_view);
	return error;
}

enum lambda_status moves_view_present(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, bool afresh, struct moves_view *ret_view,
	struct lambda_error *reterr)
{
	struct lambda_alias present;
	enum lambda_status status = afresh ? catalog_alias_get_afresh(moves->catalog, scope,
						     function, alias, &present, reterr)
					   : catalog_alias_get(moves->catalog, scope, function,
						     alias, &present, reterr);
	bool is_there = !status;
	int error;

	if (status && status != LAMBDA_NOT_FOUND)
		return status;
	error = make_view(moves, function, alias, is_there ? &present : NULL, ret_view);
	if (is_there)
		lambda_alias_release(&present);
	return error ? lambda_fail_memory(reterr) : LAMBDA_OK;
}
