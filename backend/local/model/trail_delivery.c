/* SPDX-License-Identifier: MIT */
#include "backend/local/model/trail_delivery.h"

#include <errno.h>

#include "backend/base/hash.h"
#include "backend/base/number.h"

#define SEED_MAX ((int64_t)1 << 53)

enum question {
	QUESTION_SPREAD,
	QUESTION_WITHHELD,
	QUESTION_DUPLICATED,
	QUESTION_ORDER
};

/* A number that looks like chance and is the same every time; the end spreads FNV's low bits (splitmix64). */
static uint64_t answer_question(const struct trail_delivery *delivery, int64_t sequence,
	enum question question, unsigned copy)
{
	uint64_t words[] = {delivery->seed, (uint64_t)sequence, (uint64_t)question, copy};
	uint64_t hash = hash_bytes(HASH_START, words, sizeof(words));

	hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
	return hash ^ (hash >> 31);
}

/* The same as a fraction: 0 to less than 1. */
static double answer_fraction(
	const struct trail_delivery *delivery, int64_t sequence, enum question question)
{
	return (double)(answer_question(delivery, sequence, question, 0) >> 11) /
	       9007199254740992.0;
}

bool trail_is_delivered(
	const struct trail_delivery *delivery, int64_t sequence, int64_t time_ms, int64_t now_ms)
{
	int64_t late_ms = delivery->delay_ms +
			  (int64_t)((double)delivery->spread_ms *
				    answer_fraction(delivery, sequence, QUESTION_SPREAD));

	return time_ms + late_ms <= now_ms &&
	       answer_fraction(delivery, sequence, QUESTION_WITHHELD) >= delivery->withheld;
}

bool trail_is_duplicated(const struct trail_delivery *delivery, int64_t sequence)
{
	return answer_fraction(delivery, sequence, QUESTION_DUPLICATED) < delivery->duplicates;
}

uint64_t trail_order(const struct trail_delivery *delivery, int64_t sequence, unsigned copy)
{
	if (delivery->shuffled)
		return answer_question(delivery, sequence, QUESTION_ORDER, copy);
	return UINT64_MAX - 2 * (uint64_t)sequence + copy;
}

static bool parse_seconds(const struct json *value, int64_t *milliseconds)
{
	double seconds;

	if (!value)
		return true;
	if (!json_number(value, &seconds) || !(seconds >= 0) ||
		seconds > TRAIL_DELAY_MAX_MS / 1000.0)
		return false;
	*milliseconds = (int64_t)(seconds * 1000);
	return true;
}

static bool parse_part(const struct json *value, double *part)
{
	double number;

	if (!value)
		return true;
	if (!json_number(value, &number) || !(number >= 0 && number <= 1))
		return false;
	*part = number;
	return true;
}

static const char *parse_members(const struct json *object, struct trail_delivery *delivery)
{
	const struct json *shuffled = json_member(object, "shuffled");
	const struct json *seed = json_member(object, "seed");
	int64_t number = 0;

	if (!parse_seconds(json_member(object, "delay"), &delivery->delay_ms) ||
		!parse_seconds(json_member(object, "spread"), &delivery->spread_ms))
		return "delay and spread are seconds, 0 to 3600";
	if (!parse_part(json_member(object, "withheld"), &delivery->withheld) ||
		!parse_part(json_member(object, "duplicates"), &delivery->duplicates))
		return "withheld and duplicates are numbers from 0 to 1";
	if (shuffled && !json_is_boolean(shuffled))
		return "shuffled is true or false";
	if (seed && !json_integer(seed, 0, SEED_MAX, &number))
		return "seed is a number from 0 to 2^53";
	if (shuffled)
		delivery->shuffled = json_is_true(shuffled);
	if (seed)
		delivery->seed = (uint64_t)number;
	return NULL;
}

const char *trail_delivery_parse(const struct json *object, struct trail_delivery *delivery)
{
	static const char *const names[] = {
		"delay", "spread", "withheld", "duplicates", "shuffled", "seed"};
	struct trail_delivery parsed = *delivery;
	size_t known = 0;
	const char *reason;

	if (!json_is_object(object))
		return "the delivery of events is an object";
	for (size_t i = 0; i < array_count(names); i++)
		known += json_has_member(object, names[i]);
	if (known != json_count(object))
		return "the delivery of events has delay, spread, withheld, duplicates, shuffled, "
		       "seed";
	reason = parse_members(object, &parsed);
	if (!reason)
		*delivery = parsed;
	return reason;
}

int trail_delivery_append(struct buffer *out, const struct trail_delivery *delivery)
{
	char delay[NUMBER_DOUBLE_SIZE], spread[NUMBER_DOUBLE_SIZE];
	char withheld[NUMBER_DOUBLE_SIZE], duplicates[NUMBER_DOUBLE_SIZE];

	number_format_double((double)delivery->delay_ms / 1000, delay);
	number_format_double((double)delivery->spread_ms / 1000, spread);
	number_format_double(delivery->withheld, withheld);
	number_format_double(delivery->duplicates, duplicates);
	return buffer_appendf(out,
		"{\"delay\":%s,\"spread\":%s,\"withheld\":%s,\"duplicates\":%s,\"shuffled\":%s,"
		"\"seed\":%llu}",
		delay, spread, withheld, duplicates, delivery->shuffled ? "true" : "false",
		(unsigned long long)delivery->seed);
}
