/* SPDX-License-Identifier: MIT */
#include "backend/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>

int number_parse_u64_bytes(const char *text, size_t length, uint64_t maximum, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t i;

	if (!length)
		return -EINVAL;
	for (i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
	for (i = 0; i < length; i++) {
		uint64_t digit = (uint64_t)(text[i] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value > maximum)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int number_parse_u64(const char *text, uint64_t maximum, uint64_t *ret_value)
{
	return number_parse_u64_bytes(text, strlen(text), maximum, ret_value);
}

/* [-]digits[.digits][(e|E)[+|-]digits], with a digit on at least one side of the point. */
static bool is_plain_decimal(const char *text)
{
	size_t digits = 0;

	if (*text == '-')
		text++;
	for (; isdigit((unsigned char)*text); text++)
		digits++;
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++)
			digits++;
	if (!digits)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		if (*text == '+' || *text == '-')
			text++;
		if (!isdigit((unsigned char)*text))
			return false;
		while (isdigit((unsigned char)*text))
			text++;
	}
	return *text == '\0';
}

int number_parse_double(const char *text, double minimum, double maximum, double *ret_value)
{
	double value;

	if (!is_plain_decimal(text))
		return -EINVAL;
	value = strtod(text, NULL);
	if (!isfinite(value) || value < minimum || value > maximum)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int number_parse_boolean(const char *text, bool *ret_value)
{
	static const char *const yes[] = {"true", "yes", "on", "1"};
	static const char *const no[] = {"false", "no", "off", "0"};
	size_t i;

	for (i = 0; i < array_count(yes); i++) {
		if (!strcasecmp(text, yes[i])) {
			*ret_value = true;
			return 0;
		}
		if (!strcasecmp(text, no[i])) {
			*ret_value = false;
			return 0;
		}
	}
	return -EINVAL;
}

void number_format_double(double value, char text[NUMBER_DOUBLE_SIZE])
{
	int precision;

	if (value == trunc(value) && fabs(value) < 9007199254740992.0) {
		snprintf(text, NUMBER_DOUBLE_SIZE, "%.0f", value == 0 ? 0.0 : value);
		return;
	}
	for (precision = 1; precision <= 17; precision++) {
		snprintf(text, NUMBER_DOUBLE_SIZE, "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			return;
	}
}
