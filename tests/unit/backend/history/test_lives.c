/* SPDX-License-Identifier: MIT */
/*
 * Random lives of an alias, against a model that knows all of it: strangers who name a RevisionId or not, canaries,
 * grants, failures, deletions, this mount's own changes, what AWS changes by itself; CloudTrail delivers within half an
 * hour, twice, and in any order. What is proven is never wrong.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "backend/history/history.h"

#define LIVES 20000
#define STATES_MAX 64
#define EVENTS_MAX 128
#define DELAY_MAX_MS (HISTORY_LATE_S * 1000)

struct event {
	struct cloudtrail_event event; /* its strings are static */
	int64_t delivered_ms;
};

struct world {
	uint64_t random;
	int64_t now_ms;
	bool careful; /* time goes on between any two calls, and AWS does nothing by itself */
	bool is_last; /* AWS changed it without a trace: what strangers do from now on cannot be told */
	struct lambda_alias states[STATES_MAX];
	int64_t made_ms[STATES_MAX], replaced_ms[STATES_MAX];
	size_t count, begin; /* of the states; where this life began */
	bool exists;
	struct event events[EVENTS_MAX];
	size_t event_count;
	struct history_own owns[STATES_MAX];
	size_t own_count;
	unsigned int revisions;
};

static struct world world;
static struct cloudtrail_event delivered[3 * EVENTS_MAX];

static uint64_t pick(uint64_t below)
{
	world.random ^= world.random << 13;
	world.random ^= world.random >> 7;
	world.random ^= world.random << 17;
	return (world.random >> 11) % below;
}

static bool chance(unsigned int percent)
{
	return pick(100) < percent;
}

static struct lambda_alias *present(void)
{
	return &world.states[world.count - 1];
}

/* The next state, which is the present one's copy with a RevisionId of its own. */
static struct lambda_alias *push_state(bool anew)
{
	static char nothing[] = "";
	struct lambda_alias *state = &world.states[world.count];

	if (anew)
		world.begin = world.count;
	else
		world.replaced_ms[world.count - 1] = world.now_ms;
	*state = anew ? (struct lambda_alias){.description = nothing} : *present();
	snprintf(state->revision_id, sizeof(state->revision_id), "r%u", ++world.revisions);
	world.made_ms[world.count] = world.now_ms;
	world.replaced_ms[world.count] = INT64_MAX;
	world.count++;
	world.exists = true;
	return state;
}

static struct cloudtrail_event *add_event(enum cloudtrail_operation operation)
{
	static char nobody[] = "";
	struct event *event = &world.events[world.event_count];
	int64_t late_ms = (int64_t)pick(900); /* a call is recorded when it arrives */

	*event = (struct event){.event = {.operation = operation,
					.time_s = (world.now_ms - late_ms) / 1000,
					.who = nobody,
					.user_agent = nobody,
					.error = nobody},
		.delivered_ms = world.now_ms + (int64_t)pick(chance(70) ? 150000 : DELAY_MAX_MS)};
	snprintf(event->event.id, sizeof(event->event.id), "e%zu", world.event_count++);
	return &event->event;
}

static void name_present(struct cloudtrail_event *event, unsigned int percent)
{
	if (chance(percent))
		memcpy(event->before_revision_id, present()->revision_id,
			sizeof(event->before_revision_id));
}

static void create(void)
{
	struct cloudtrail_event *event = add_event(CLOUDTRAIL_CREATE_ALIAS);
	struct lambda_alias *state = push_state(true);

	state->version = 1 + pick(4);
	event->has_result = event->sent_version = true;
	event->result = *state;
}

static void update(bool own)
{
	static char texts[][2] = {"", "a", "b"};
	struct cloudtrail_event *event = add_event(CLOUDTRAIL_UPDATE_ALIAS);
	const struct lambda_alias *before = present();
	struct lambda_alias *state;

	event->sent_version = own || chance(70);
	event->sent_routing = own || chance(50);
	event->sent_description = chance(20);
	name_present(event, own ? 100 : 40);
	state = push_state(false);
	if (event->sent_version)
		state->version = 1 + pick(4);
	if (event->sent_routing) {
		state->weighted_version = chance(50) ? 5 + pick(2) : 0;
		state->weight = state->weighted_version ? 0.25 : 0;
	}
	if (event->sent_description)
		state->description = texts[pick(3)];
	event->has_result = true;
	event->result = *state;
	if (own)
		world.owns[world.own_count++] = (struct history_own){.time_s = world.now_ms / 1000,
			.operation = CLOUDTRAIL_UPDATE_ALIAS,
			.before = before,
			.after = state,
			.request_id = "",
			.who = "this mount"};
}

static void act_of_aws(void)
{
	bool silent = chance(50);
	struct lambda_alias *state = push_state(false);

	if (silent) /* even the RevisionId stays */
		memcpy(state->revision_id, state[-1].revision_id, sizeof(state->revision_id));
	state->weighted_version = state->weighted_version ? 0 : 6;
	state->weight = state->weighted_version ? 0.25 : 0;
	world.is_last = true;
}

static void act(void)
{
	static const int64_t pauses_ms[] = {0, 300, 1000, 2000, 20000, 300000, 2000000};
	uint64_t what = pick(100);

	world.now_ms += pauses_ms[pick(array_count(pauses_ms))] + (world.careful ? 3000 : 0);
	if (!world.exists) {
		create();
	} else if (what < 10 && !world.is_last) {
		name_present(add_event(chance(50) ? CLOUDTRAIL_ADD_PERMISSION
						  : CLOUDTRAIL_REMOVE_PERMISSION),
			30);
		push_state(false);
	} else if (what < 20) {
		add_event(CLOUDTRAIL_UPDATE_ALIAS)->failed = true;
	} else if (what < 25 && !world.is_last) {
		add_event(CLOUDTRAIL_DELETE_ALIAS);
		world.replaced_ms[world.count - 1] = world.now_ms;
		world.exists = false;
	} else if (what < 30 && !world.careful && !world.is_last) {
		act_of_aws();
	} else if (what < 55 || world.is_last) {
		update(true);
	} else {
		update(false);
	}
}

/* --- what is true, and what is found --- */

/* The version of @number when the state at `index` is the present one; 0: there is none. */
static uint64_t truth(size_t index, uint64_t number)
{
	const struct lambda_alias *states = world.states;
	bool any = states[index].weighted_version != 0;
	uint64_t successor = states[index].version;
	size_t begin = index >= world.begin ? world.begin : 0, i;

	for (i = index; i-- > begin;) {
		if (states[i].weighted_version || (!any && states[i].version == successor))
			continue;
		any = false;
		successor = states[i].version;
		if (!--number)
			return successor;
	}
	return 0;
}

/* What CloudTrail had delivered by then, some of it twice, in any order. */
static size_t deliver(int64_t from_s, int64_t until_s, bool names)
{
	size_t count = 0, i;

	for (i = 0; i < world.event_count; i++) {
		const struct event *event = &world.events[i];
		bool is_change = event->event.has_result;

		if (event->event.time_s < from_s || event->delivered_ms > until_s * 1000 ||
			(!names && !is_change))
			continue;
		delivered[count++] = event->event;
		if (chance(20))
			delivered[count++] = event->event;
	}
	for (i = count; i > 1; i--) {
		size_t other = pick(i);
		struct cloudtrail_event swapped = delivered[i - 1];

		delivered[i - 1] = delivered[other];
		delivered[other] = swapped;
	}
	return count;
}

/* Which state this mount believes to be the present one: seldom one that has gone meanwhile. */
static size_t believed(void)
{
	size_t back = chance(85) ? 0 : pick(3);

	return world.count - 1 - back >= world.begin && world.count - 1 >= back
		       ? world.count - 1 - back
		       : world.count - 1;
}

static struct history_input look(size_t index, int64_t *ret_from_s)
{
	int64_t until_s = world.now_ms / 1000 - (int64_t)pick(100);
	int64_t last_ms =
		world.replaced_ms[index] < world.now_ms ? world.replaced_ms[index] : world.now_ms;
	int64_t made_ms = world.made_ms[index], from_s = 0;
	bool names = world.careful || chance(80);
	struct history_input input;

	while (index &&
		!strcmp(world.states[index - 1].revision_id, world.states[index].revision_id))
		made_ms = world.made_ms[--index];
	if (!world.careful && chance(20))
		from_s = (int64_t)pick((uint64_t)until_s);
	input = (struct history_input){.events = delivered,
		.event_count = deliver(from_s, until_s, names),
		.changes = {.from_s = from_s,
			.until_s = until_s,
			.complete = !from_s || chance(50)},
		.owns = world.owns,
		.own_count = world.own_count,
		.present_since_s =
			(made_ms + (int64_t)pick((uint64_t)(last_ms - made_ms + 1))) / 1000};
	input.present_read_s =
		input.present_since_s +
		(int64_t)pick((uint64_t)(last_ms / 1000 - input.present_since_s + 1));
	if (world.careful || chance(50))
		input.present_read_s = last_ms / 1000;
	if (world.careful)
		input.present_since_s = made_ms / 1000;
	if (names)
		input.all = input.changes;
	if (!world.careful && !world.is_last && world.own_count &&
		chance(20)) { /* a mount that is younger than the alias */
		size_t forgotten = pick(world.own_count);

		input.owns += forgotten;
		input.own_count -= forgotten;
	}
	*ret_from_s = from_s;
	return input;
}

static void print_life(const struct history_input *input)
{
	size_t i;

	for (i = 0; i < world.count; i++)
		print_error("  state %s: %u+%u, made at %lld ms\n", world.states[i].revision_id,
			(unsigned int)world.states[i].version,
			(unsigned int)world.states[i].weighted_version,
			(long long)world.made_ms[i]);
	for (i = 0; i < input->event_count; i++)
		print_error("  %s %s at %lld s: %s -> %s\n", input->events[i].id,
			cloudtrail_operation_name(input->events[i].operation),
			(long long)input->events[i].time_s, input->events[i].before_revision_id,
			input->events[i].result.revision_id);
	for (i = 0; i < input->own_count; i++)
		print_error("  own at %lld s: -> %s\n", (long long)input->owns[i].time_s,
			input->owns[i].after->revision_id);
	print_error("  present %s since %lld s, asked at %lld s\n", input->present->revision_id,
		(long long)input->present_since_s, (long long)input->changes.until_s);
}

static unsigned int check(uint64_t seed)
{
	size_t index = world.careful ? world.count - 1 : believed();
	struct history history;
	struct history_input input;
	unsigned int proven = 0;
	int64_t from_s;
	uint64_t number;

	input = look(index, &from_s);
	input.present = &world.states[index];
	assert_int_equal(history_find(&input, &history), 0);
	for (number = 1; number < 8; number++) {
		uint64_t version = 0, expected = truth(index, number);
		enum history_proof proof = history_at(&history, number, &version);
		bool right = proof == HISTORY_PROVEN ? version == expected
			     : proof == HISTORY_NONE ? !expected || from_s > 0
						     : !world.careful;

		if (!right)
			print_life(&input);
		if (!right)
			print_error("life %llu: @%u is %u, and %u was found (%d: %s)\n",
				(unsigned long long)seed, (unsigned int)number,
				(unsigned int)expected, (unsigned int)version, (int)proof,
				history_end_text(history.end));
		assert_true(right);
		proven += proof == HISTORY_PROVEN;
	}
	history_release(&history);
	return proven;
}

static void live(uint64_t seed, bool careful)
{
	size_t acts = 1 + seed % 30;

	memset(&world, 0, sizeof(world));
	world.random = seed * 0x9e3779b97f4a7c15U + 1;
	world.now_ms = 100000000;
	world.careful = careful;
	for (; acts || !world.exists; acts -= acts > 0)
		act();
}

static void what_is_proven_is_never_wrong(void **state)
{
	unsigned int proven = 0, looks;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= LIVES; seed++) {
		live(seed, false);
		for (looks = 0; looks < 4; looks++) {
			proven += check(seed);
			world.now_ms += (int64_t)pick(chance(50) ? 100000 : 3000000);
		}
	}
	/* The proofs are not few. */
	assert_within(proven, LIVES, 7 * 4 * LIVES);
}

/* Where there is time between any two calls, half an hour later everything is proven. */
static void what_can_be_proven_is(void **state)
{
	unsigned int proven = 0;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= LIVES / 4; seed++) {
		live(seed, true);
		world.now_ms += DELAY_MAX_MS + 200000;
		proven += check(seed);
	}
	assert_within(proven, LIVES / 4, 7 * LIVES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_proven_is_never_wrong),
		cmocka_unit_test(what_can_be_proven_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
