/* SPDX-License-Identifier: MIT */
#include "backend/base/text.h"

#include <errno.h>
#include <fnmatch.h>

#include "backend/base/number.h"

/* Length of the well-formed UTF-8 sequence that starts `text`, 0 where there is none. */
static size_t utf8_sequence(const unsigned char *text, size_t length)
{
	unsigned char lowest = 0x80, highest = 0xbf;
	size_t needed, i;

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		needed = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		needed = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		needed = 4;
	else
		return 0;
	if (length < needed)
		return 0;
	if (text[0] == 0xe0)
		lowest = 0xa0;
	else if (text[0] == 0xed)
		highest = 0x9f;
	else if (text[0] == 0xf0)
		lowest = 0x90;
	else if (text[0] == 0xf4)
		highest = 0x8f;
	if (text[1] < lowest || text[1] > highest)
		return 0;
	for (i = 2; i < needed; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return needed;
}

bool text_is_utf8(const char *text, size_t length)
{
	while (length) {
		const unsigned char *bytes = (const unsigned char *)text;
		size_t step = *bytes < 0x80 ? 1 : utf8_sequence(bytes, length);

		if (!step)
			return false;
		text += step;
		length -= step;
	}
	return true;
}

size_t text_next_character(const char *text, size_t length, bool *ret_shown)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t step = utf8_sequence(bytes, length);
	unsigned int last = step == 3 ? (bytes[1] & 0x3fU) << 6 | (bytes[2] & 0x3fU) : 0;

	if (step == 1)
		*ret_shown = bytes[0] >= 0x20 && bytes[0] != 0x7f;
	else if (step == 2)
		*ret_shown = bytes[0] != 0xc2 || bytes[1] >= 0xa0;
	else if (step == 3 && bytes[0] == 0xe2) /* U+2028 to 202E, U+2066 to 2069 */
		*ret_shown = !(last >= 0x28 && last <= 0x2e) && !(last >= 0x66 && last <= 0x69);
	else
		*ret_shown = step != 0;
	return step ? step : 1;
}

int text_append_shown(struct buffer *out, const char *text)
{
	size_t length = strlen(text), step;
	bool shown;
	int error = 0;

	for (; !error && length; text += step, length -= step) {
		step = text_next_character(text, length, &shown);
		error = shown ? buffer_append(out, text, step) : buffer_append_byte(out, '?');
	}
	return error;
}

size_t text_whole_characters(const char *data, size_t length)
{
	size_t back;

	for (back = 1; back <= 3 && back <= length; back++) {
		unsigned char byte = (unsigned char)data[length - back];
		size_t size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;

		if (byte >= 0xc2 && byte <= 0xf4)
			return size > back ? length - back : length;
		if (byte < 0x80)
			break;
	}
	return length;
}

size_t text_count_code_points(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			count++;
	return count;
}

bool text_is_one_of(const char *text, const char *const *texts)
{
	while (texts && *texts && strcmp(*texts, text))
		texts++;
	return texts && *texts;
}

bool text_matches(const char *text, const char *globs)
{
	char glob[TEXT_GLOB_MAX + 1];

	while (*globs) {
		size_t length = strcspn(globs, ":");

		if (length && length < sizeof(glob)) {
			memcpy(glob, globs, length);
			glob[length] = '\0';
			if (!fnmatch(glob, text, 0))
				return true;
		}
		globs += length + (globs[length] == ':');
	}
	return false;
}

size_t text_longest_glob(const char *globs)
{
	size_t longest = 0;

	while (*globs) {
		size_t length = strcspn(globs, ":");

		longest = length > longest ? length : longest;
		globs += length + (globs[length] == ':');
	}
	return longest;
}

bool text_starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool text_ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), wanted = strlen(suffix);

	return length >= wanted && !strcmp(text + length - wanted, suffix);
}

static bool is_name_character(char character)
{
	return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
	       (character >= 'a' && character <= 'z') || character == '_' || character == '-';
}

bool text_holds_name(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *at = text;

	while ((at = strstr(at, name))) {
		if ((at == text || !is_name_character(at[-1])) && !is_name_character(at[length]))
			return true;
		at++;
	}
	return false;
}

static int take_digits(const char **text, size_t count, uint64_t maximum, int *ret_value)
{
	uint64_t value;

	if (strnlen(*text, count) < count || number_parse_u64_bytes(*text, count, maximum, &value))
		return -EINVAL;
	*text += count;
	*ret_value = (int)value;
	return 0;
}

static int take_byte(const char **text, char byte)
{
	if (**text != byte)
		return -EINVAL;
	(*text)++;
	return 0;
}

int text_parse_time(const char *text, int64_t *ret_seconds)
{
	struct tm moment = {0};
	int64_t seconds;

	if (take_digits(&text, 4, 9999, &moment.tm_year) || take_byte(&text, '-') ||
		take_digits(&text, 2, 12, &moment.tm_mon) || take_byte(&text, '-') ||
		take_digits(&text, 2, 31, &moment.tm_mday) || take_byte(&text, 'T') ||
		take_digits(&text, 2, 23, &moment.tm_hour) || take_byte(&text, ':') ||
		take_digits(&text, 2, 59, &moment.tm_min) || take_byte(&text, ':') ||
		take_digits(&text, 2, 60, &moment.tm_sec))
		return -EINVAL;
	if (moment.tm_year < 1970 || moment.tm_mon < 1 || moment.tm_mday < 1)
		return -EINVAL;
	if (*text == '.') {
		text++;
		if (*text < '0' || *text > '9')
			return -EINVAL;
		while (*text >= '0' && *text <= '9')
			text++;
	}
	if (strcmp(text, "Z") && strcmp(text, "+0000") && strcmp(text, "+00:00"))
		return -EINVAL;
	moment.tm_year -= 1900;
	moment.tm_mon -= 1;
	seconds = timegm(&moment);
	if (seconds < 0)
		return -EINVAL;
	*ret_seconds = seconds;
	return 0;
}

void text_format_time(int64_t milliseconds, char text[TEXT_TIME_SIZE])
{
	time_t seconds = (time_t)(milliseconds / 1000);
	struct tm moment;
	size_t length;

	gmtime_r(&seconds, &moment);
	length = strftime(text, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &moment);
	snprintf(text + length, TEXT_TIME_SIZE - length, ".%03d+0000", (int)(milliseconds % 1000));
}

void text_format_utc(int64_t seconds, char text[TEXT_TIME_SIZE])
{
	time_t time = (time_t)seconds;
	struct tm moment;

	if (!gmtime_r(&time, &moment) ||
		!strftime(text, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &moment))
		snprintf(text, TEXT_TIME_SIZE, "?");
}

void text_format_hex(const unsigned char *bytes, size_t length, char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < length; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * length] = '\0';
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int text_append_base64(struct buffer *out, const void *data, size_t length)
{
	const unsigned char *bytes = data;
	size_t i;

	for (i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)bytes[i] << 16 |
				 (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				 (left > 2 ? bytes[i + 2] : 0);
		char quad[4] = {base64_digits[group >> 18], base64_digits[group >> 12 & 63],
			left > 1 ? base64_digits[group >> 6 & 63] : '=',
			left > 2 ? base64_digits[group & 63] : '='};
		int error = buffer_append(out, quad, sizeof(quad));

		if (error)
			return error;
	}
	return 0;
}

static int base64_value(char digit)
{
	const char *found = digit ? strchr(base64_digits, digit) : NULL;

	return found ? (int)(found - base64_digits) : -1;
}

int text_decode_base64(const char *text, size_t length, struct buffer *out)
{
	size_t i;

	if (length % 4)
		return -EINVAL;
	for (i = 0; i < length; i += 4) {
		bool last = i + 4 == length;
		size_t padding = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
		uint32_t group = 0;
		char bytes[3];
		size_t digit;
		int error;

		for (digit = 0; digit < 4; digit++) {
			int value = digit >= 4 - padding ? 0 : base64_value(text[i + digit]);

			if (value < 0)
				return -EINVAL;
			group = group << 6 | (uint32_t)value;
		}
		bytes[0] = (char)(group >> 16);
		bytes[1] = (char)(group >> 8);
		bytes[2] = (char)group;
		error = buffer_append(out, bytes, 3 - padding);
		if (error)
			return error;
	}
	return 0;
}

int text_append_percent_encoded(struct buffer *out, const char *text)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++) {
		int error = strchr(unreserved, *text)
				    ? buffer_append_byte(out, *text)
				    : buffer_appendf(out, "%%%02X", (unsigned char)*text);

		if (error)
			return error;
	}
	return 0;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

int text_parse_hex(const char *text, size_t length, unsigned char *bytes)
{
	size_t i;

	for (i = 0; i < length; i++) {
		int high = hex_value(text[2 * i]), low = high < 0 ? -1 : hex_value(text[2 * i + 1]);

		if (low < 0)
			return -EINVAL;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

int text_percent_decode(const char *text, size_t length, struct buffer *out)
{
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		int error;

		if (byte == '%') {
			if (length - i < 3 || text_parse_hex(text + i + 1, 1, &byte))
				return -EINVAL;
			i += 2;
		}
		error = buffer_append_byte(out, (char)byte);
		if (error)
			return error;
	}
	return 0;
}
