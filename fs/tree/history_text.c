/* SPDX-License-Identifier: MIT */
#include "fs/tree/history_text.h"

#include <errno.h>

#include "backend/base/text.h"
#include "fs/rules/weight.h"

#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)

/* --- fields --- */

/* A field and the tab behind it; what could end a field or a line is printed as '?'. */
static int append_field(struct buffer *out, const char *text)
{
	size_t from = out->length, i;
	int error = buffer_appendf(out, "%s\t", *text ? text : "-");

	for (i = from; !error && i + 1 < out->length; i++)
		if ((unsigned char)out->data[i] < ' ' || out->data[i] == 0x7f)
			out->data[i] = '?';
	return error;
}

static int append_time(struct buffer *out, int64_t time_s)
{
	char time[TEXT_TIME_SIZE];

	text_format_utc(time_s, time);
	return append_field(out, time);
}

/* "2", "2,10%3". */
static int append_route(struct buffer *out, uint64_t version, uint64_t weighted, double weight)
{
	char text[LAMBDA_VERSION_TEXT_SIZE], percent[WEIGHT_TEXT_SIZE];
	int error;

	lambda_version_format(version, text);
	error = buffer_append_string(out, text);
	if (error || !weighted)
		return error;
	if (weight_format(weight, percent))
		snprintf(percent, sizeof(percent), "?");
	lambda_version_format(weighted, text);
	return buffer_appendf(out, ",%s%%%s", percent, text);
}

/* `absent`: what a state stands for that is not there. */
static int append_state(struct buffer *out, const struct lambda_alias *state, const char *absent)
{
	int error;

	if (!state)
		return append_field(out, absent);
	error = append_route(out, state->version, state->weighted_version, state->weight);
	return error ? error : buffer_append_byte(out, '\t');
}

static int append_note(struct buffer *out, const struct history_move *move)
{
	size_t from = out->length;
	int error = 0;

	if (move->kind == HISTORY_FAILED && move->event)
		error = buffer_appendf(out, "error %s; ", move->event->error);
	if (!error && move->kind == HISTORY_PERMISSION && move->event)
		error = buffer_appendf(out, "%s %s; ",
			move->operation == CLOUDTRAIL_ADD_PERMISSION ? "added" : "removed",
			*move->event->statement_id ? move->event->statement_id : "?");
	if (!error && move->own)
		error = buffer_appendf(out, "by this mount, %s; ", move->own->who);
	if (!error && move->from && !move->from_proven)
		error = buffer_append_string(out, "order not proven; ");
	if (error)
		return error;
	if (out->length == from)
		return buffer_append_string(out, "-\n");
	out->data[out->length - 2] = '\n';
	out->length--;
	out->data[out->length] = '\0';
	return 0;
}

static int append_move(struct buffer *out, const struct history_move *move)
{
	const struct cloudtrail_event *event = move->event;
	const struct history_own *own = move->own;
	bool has_from = move->kind == HISTORY_MOVED || move->kind == HISTORY_DESCRIBED ||
			move->kind == HISTORY_UNCHANGED || move->kind == HISTORY_DELETED;
	bool has_to = has_from || move->kind == HISTORY_CREATED;
	int error = append_time(out, move->time_s);

	if (!error)
		error = append_field(out, history_kind_text(move->kind));
	if (!error)
		error = append_state(out, has_from ? move->from : NULL, has_from ? "?" : "-");
	if (!error)
		error = append_state(out, has_to ? move->to : NULL,
			has_to && move->kind != HISTORY_DELETED ? "?" : "-");
	if (!error)
		error = append_field(out, event ? event->who : "");
	if (!error)
		error = append_field(out, event ? event->user_agent : "");
	if (!error)
		error = append_field(out, event ? event->request_id : own ? own->request_id : "");
	return error ? error : append_note(out, move);
}

/* --- for people --- */

/* Whether CloudTrail returns changes here. */
static bool is_answered(const struct moves_view *view)
{
	return view->trail_status != LAMBDA_ACCESS_DENIED && !view->is_trail_unknown;
}

static int append_unexplained(const char *name, const struct moves_view *view, struct buffer *out)
{
	int error;

	if (!*view->present.name)
		return buffer_appendf(out, "# there is no alias %s now\n", name);
	if (view->history.newest_is_present)
		return 0;
	error = buffer_appendf(out, "# %s leads to ", name);
	if (!error)
		error = append_route(out, view->present.version, view->present.weighted_version,
			view->present.weight);
	if (!error)
		error = buffer_appendf(out, ", and no known change made it so%s",
			is_answered(view) ? " (CloudTrail has a change minutes after it)" : "");
	if (error || !view->has_last_seen)
		return error ? error : buffer_append_byte(out, '\n');
	error = buffer_append_string(out, "; before, this mount saw it lead to ");
	if (!error)
		error = append_route(out, view->last_seen.version, view->last_seen.weighted_version,
			view->last_seen.weight);
	return error ? error : buffer_append_string(out, " (seen, not proven)\n");
}

/* "are complete from TIME on"; a time 90 days ago on the hour, so that several aliases have the same. */
static int append_coverage(const struct cloudtrail_coverage *coverage, struct buffer *out)
{
	int64_t from_s = coverage->from_s;
	bool is_whole =
		coverage->complete && coverage->until_s - from_s >= (CLOUDTRAIL_DAYS - 1) * DAY_S;
	char from[TEXT_TIME_SIZE];

	if (is_whole)
		from_s += HOUR_S - from_s % HOUR_S;
	text_format_utc(from_s, from);
	return buffer_appendf(out, "are complete from %s on%s\n", from,
		!coverage->complete ? ""
		: is_whole          ? " (CloudTrail keeps no older ones)"
				    : " (there is no room for older ones)");
}

/* The last lines: how far back the list reaches, or why no further. */
static int append_reach(const struct moves_view *view, struct buffer *out)
{
	char from[TEXT_TIME_SIZE], until[TEXT_TIME_SIZE];
	int error;

	if (view->trail_status == LAMBDA_ACCESS_DENIED)
		return buffer_appendf(out,
			"# CloudTrail is denied, so this is what this mount did: %s%s%s\n",
			view->trail_error.message, *view->trail_error.hint ? " - " : "",
			view->trail_error.hint);
	if (view->is_trail_unknown)
		return buffer_append_string(out,
			"# the server does not know CloudTrail, so this is what this mount did\n");
	if (view->trail_status) {
		text_format_utc(view->changes.from_s, from);
		text_format_utc(view->changes.until_s, until);
		return buffer_appendf(out,
			"# time ran out: moves are complete from %s to %s; others may be missing: "
			"try again\n",
			from, until);
	}
	error = buffer_append_string(out,
		"# CloudTrail may deliver an event half an hour after the call\n"
		"# deletions, permissions and failed tries ");
	if (!error)
		error = append_coverage(&view->all, out);
	if (!error)
		error = buffer_append_string(out, "# moves ");
	return error ? error : append_coverage(&view->changes, out);
}

int history_text_print(const char *name, const struct moves_view *view, struct buffer *out)
{
	int error = append_unexplained(name, view, out);
	size_t i;

	for (i = 0; i < view->history.count && !error; i++)
		error = append_move(out, &view->history.moves[i]);
	return error ? error : append_reach(view, out);
}

int history_read(struct request *request, const struct node *node, struct buffer *out)
{
	struct moves_view view;
	enum lambda_status status = moves_read(request->fs->moves, &request->scope, node->function,
		node->name, &view, &request->error);
	int error;

	if (status)
		return request_errno(status, ERRNO_READ);
	error = history_text_print(node->name, &view, out);
	moves_view_release(&view);
	return error;
}
