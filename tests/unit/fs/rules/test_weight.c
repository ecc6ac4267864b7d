/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

#include "fs/rules/weight.h"

/* semantics(3.3.2, 3.3.3, 3.3.4) */
static void weights_are_shown_as_the_shortest_percentage(void **state)
{
	static const struct {
		double weight;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "100"},
		{0.1, "10"},
		{0.25, "25"},
		{0.5, "50"},
		{0.01, "1"},
		{0.05, "5"},
		{0.333, "33.3"},
		{0.0001, "0.01"},
		{0.001, "0.1"},
		{0.999, "99.9"},
		{0.30000000000000004, "30.000000000000004"},
		{1.0 / 3, "33.33333333333333"},
		{0.1 + 0.7, "79.99999999999999"},
		{0.07, "7"}, /* 7 / 100.0 * 100 is not 7 in doubles */
		{0.29, "29"},
		{0.57, "57"},
		{1e-10, "0.00000001"},
		{5e-324, "5e-322"},
		{2.2250738585072014e-308, "2.2250738585072014e-306"},
	};
	char text[WEIGHT_TEXT_SIZE];
	double weight;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		assert_int_equal(weight_format(cases[i].weight, text), 0);
		assert_string_equal(text, cases[i].text);
		assert_int_equal(weight_parse(text, &weight), 0);
		assert_true(weight == cases[i].weight);
	}
}

static void numbers_outside_0_to_1_are_no_weights(void **state)
{
	char text[WEIGHT_TEXT_SIZE];

	(void)state;
	assert_int_equal(weight_format(-0.1, text), -ERANGE);
	assert_int_equal(weight_format(1.0000000000000002, text), -ERANGE);
	assert_int_equal(weight_format((double)NAN, text), -ERANGE);
	assert_int_equal(weight_format((double)INFINITY, text), -ERANGE);
}

/* semantics(3.3.10) */
static void only_the_shortest_spelling_is_a_weight(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{"", -EINVAL},
		{".", -EINVAL},
		{".5", -EINVAL},
		{"5.", -EINVAL},
		{"10.0", -EINVAL},
		{"010", -EINVAL},
		{"00", -EINVAL},
		{"-1", -EINVAL},
		{"+1", -EINVAL},
		{" 1", -EINVAL},
		{"1 ", -EINVAL},
		{"1e1", -EINVAL},
		{"1e-2", -EINVAL},
		{"1E-322", -EINVAL},
		{"5e-", -EINVAL},
		{"5e-99999", -EINVAL},
		{"1.2.3", -EINVAL},
		{"0x10", -EINVAL},
		{"nan", -EINVAL},
		{"33.33333333333333333333", -EINVAL},
		{"10%", -EINVAL},
		{"101", -ERANGE},
		{"100.1", -ERANGE},
	};
	double weight = 7;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++)
		if (weight_parse(cases[i].text, &weight) != cases[i].error)
			fail_msg("%s: %d", cases[i].text, weight_parse(cases[i].text, &weight));
	assert_true(weight == 7);
}

/* The generator of Numerical Recipes; the seed is fixed, so a failure repeats. */
static void any_double_survives(void **state)
{
	uint64_t seed = 20240607, i;
	char text[WEIGHT_TEXT_SIZE];
	double weight, back;

	(void)state;
	for (i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		weight = (double)(seed >> 11) / 9007199254740992.0;
		if (i % 4 == 0)
			weight = ldexp(weight, -(int)(seed % 1074));
		if (i % 4 == 1)
			weight = round(weight * 10000) / 10000;
		if (weight_format(weight, text) != 0 || weight_parse(text, &back) != 0 ||
			back != weight)
			fail_msg("seed 20240607, step %d: %a became %s", (int)i, weight, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_are_shown_as_the_shortest_percentage),
		cmocka_unit_test(numbers_outside_0_to_1_are_no_weights),
		cmocka_unit_test(only_the_shortest_spelling_is_a_weight),
		cmocka_unit_test(any_double_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
