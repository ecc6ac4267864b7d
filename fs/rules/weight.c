/* SPDX-License-Identifier: MIT */
#include "fs/rules/weight.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>

#include "backend/base/number.h"

#define DIGITS_MAX                                                                                 \
	17 /* significant decimal digits that distinguish any double from its neighbours */

/* A positive number as 0.DIGITS * 10^point. */
struct decimal {
	char digits[DIGITS_MAX + 1]; /* without zeros at either end */
	int point;
};

static void find_shortest_decimal(double value, struct decimal *ret_decimal)
{
	char text[DIGITS_MAX + 16];
	const char *exponent;
	size_t length = 0;
	int precision;
	char *from;

	for (precision = 0; precision < DIGITS_MAX; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	exponent = strchr(text, 'e') + 1;
	for (from = text; *from != 'e'; from++)
		if (*from != '.')
			ret_decimal->digits[length++] = *from;
	while (length > 1 && ret_decimal->digits[length - 1] == '0')
		length--;
	ret_decimal->digits[length] = '\0';
	ret_decimal->point = (int)strtol(exponent, NULL, 10) + 1;
}

int weight_format(double weight, char text[WEIGHT_TEXT_SIZE])
{
	struct decimal decimal;
	int length, point;

	if (!(weight >= 0 && weight <= 1))
		return -ERANGE;
	if (weight == 0) {
		snprintf(text, WEIGHT_TEXT_SIZE, "0");
		return 0;
	}
	find_shortest_decimal(weight, &decimal);
	length = (int)strlen(decimal.digits);
	point = decimal.point + 2;
	if (point >= length)
		snprintf(text, WEIGHT_TEXT_SIZE, "%s%.*s", decimal.digits, point - length, "00");
	else if (point > 0)
		snprintf(text, WEIGHT_TEXT_SIZE, "%.*s.%s", point, decimal.digits,
			decimal.digits + point);
	else if (2 - point + length <= WEIGHT_TEXT_MAX)
		snprintf(text, WEIGHT_TEXT_SIZE, "0.%0*d%s", -point, 0, decimal.digits);
	else
		snprintf(text, WEIGHT_TEXT_SIZE, "%.1s%s%se%d", decimal.digits,
			length > 1 ? "." : "", decimal.digits + 1, point - 1);
	/* printf's minimum width of the zeros is one even where none is wanted. */
	if (point == 0)
		snprintf(text, WEIGHT_TEXT_SIZE, "0.%s", decimal.digits);
	return 0;
}

/* [digits].[digits]e-[digits], parts missing; checked in full by writing it back. */
static bool may_be_percentage(const char *text)
{
	const char *exponent = strstr(text, "e-");
	size_t length = exponent ? (size_t)(exponent - text) : strlen(text);

	if (!isdigit((unsigned char)*text) || strspn(text, "0123456789.") != length)
		return false;
	return !exponent ||
	       (strspn(exponent + 2, "0123456789") == strlen(exponent + 2) && exponent[2]);
}

/* The text of the same number with its point two places to the left. False when it does not fit. */
static bool shift_point(const char *text, char shifted[WEIGHT_TEXT_SIZE + 8])
{
	const char *exponent = strstr(text, "e-");
	uint64_t places = 0;
	int length = exponent ? (int)(exponent - text) : (int)strlen(text);

	if (exponent && number_parse_u64(exponent + 2, 999, &places) < 0)
		return false;
	snprintf(shifted, WEIGHT_TEXT_SIZE + 8, "%.*se-%d", length, text, (int)places + 2);
	return true;
}

int weight_parse(const char *text, double *ret_weight)
{
	char shifted[WEIGHT_TEXT_SIZE + 8], canonical[WEIGHT_TEXT_SIZE];
	double weight;
	int error;

	if (strlen(text) > WEIGHT_TEXT_MAX || !may_be_percentage(text) ||
		!shift_point(text, shifted))
		return -EINVAL;
	error = number_parse_double(shifted, 0, 1, &weight);
	if (error)
		return error;
	error = weight_format(weight, canonical);
	if (error || strcmp(canonical, text) != 0)
		return -EINVAL;
	*ret_weight = weight;
	return 0;
}
