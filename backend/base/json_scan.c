/* SPDX-License-Identifier: MIT */
#include "backend/base/json_scan.h"

#include "backend/base/json.h"
#include "backend/base/text.h"

#define NUL_BYTE "holds a NUL byte"
#define PLAIN_DIGITS_MAX 15 /* so many digits always fit into a double */

static size_t skip_digits(const char *data, size_t length, size_t at)
{
	while (at < length && data[at] >= '0' && data[at] <= '9')
		at++;
	return at;
}

/* Bytes of the number that stands there, by JSON's grammar; 0: none. cJSON takes 01, 1. and -.5 as well. */
static size_t number_length(const char *data, size_t length)
{
	size_t start = data[0] == '-', end = skip_digits(data, length, start), more;

	if (end == start || (data[start] == '0' && end > start + 1))
		return 0;
	if (end < length && data[end] == '.') {
		more = skip_digits(data, length, end + 1);
		if (more == end + 1)
			return 0;
		end = more;
	}
	if (end < length && (data[end] | 0x20) == 'e') {
		start = end + 1;
		start += start < length && (data[start] == '+' || data[start] == '-');
		more = skip_digits(data, length, start);
		if (more == start)
			return 0;
		end = more;
	}
	return end;
}

static bool are_hexadecimal(const char *four)
{
	int i;

	for (i = 0; i < 4; i++)
		if (!four[i] || !strchr("0123456789abcdefABCDEF", four[i]))
			return false;
	return true;
}

/* Goes over a string, from behind its first quote to its last; NULL or what is wrong. */
static const char *scan_string(const char *data, size_t length, size_t *at)
{
	for (; *at < length && data[*at] != '"'; ++*at) {
		if ((unsigned char)data[*at] < 0x20)
			return data[*at] ? "holds a control character in a string" : NUL_BYTE;
		if (data[*at] != '\\')
			continue;
		if (length - *at > 5 && !strncmp(data + *at, "\\u0000", 6))
			return NUL_BYTE;
		/* cJSON makes a NUL of digits that are none. */
		if (length - *at > 5 && data[*at + 1] == 'u' && !are_hexadecimal(data + *at + 2))
			return "holds an escape that is none";
		++*at;
	}
	return NULL;
}

static bool starts_number(char byte)
{
	return byte == '-' || (byte >= '0' && byte <= '9');
}

bool json_number_is_plain(const char *digits, size_t length)
{
	size_t start = digits[0] == '-';

	if (length > PLAIN_DIGITS_MAX || (start && digits[1] == '0'))
		return false;
	return skip_digits(digits, length, start) == length;
}

const char *json_scan(const char *data, size_t length, struct json_numbers *numbers)
{
	size_t depth = 0, values = 1, i, size;
	const char *reason = NULL;

	if (!text_is_utf8(data, length))
		return "is not UTF-8";
	for (i = 0; !reason && i < length; i++) {
		char byte = data[i];

		if (byte == '"') {
			i++;
			reason = scan_string(data, length, &i);
		} else if (byte == '{' || byte == '[') {
			values++;
			if (++depth > JSON_DEPTH_MAX)
				reason = "is nested too deeply";
		} else if (byte == '}' || byte == ']') {
			depth -= depth > 0;
		} else if (byte == ',') {
			values++;
		} else if (starts_number(byte)) {
			size = number_length(data + i, length - i);
			if (!size)
				return "holds a number that is none";
			if (size > numbers->longest)
				numbers->longest = size;
			numbers->need_digits |= !json_number_is_plain(data + i, size);
			i += size - 1;
		} else if ((unsigned char)byte < 0x20 && !strchr("\t\r\n", byte)) {
			reason = "holds a control character";
		} else if (!byte) {
			reason = NUL_BYTE;
		}
		if (values > JSON_VALUES_MAX)
			reason = "holds too many values";
	}
	return reason;
}

size_t json_find_number(const char *data, size_t length, size_t at, size_t *ret_size)
{
	*ret_size = 0;
	for (; at < length && !starts_number(data[at]); at++) {
		if (data[at] == '"') {
			at++;
			if (scan_string(data, length, &at))
				return length;
		}
	}
	if (at >= length)
		return length;
	*ret_size = number_length(data + at, length - at);
	return at;
}
