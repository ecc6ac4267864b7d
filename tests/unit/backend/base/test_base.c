/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/buffer.h"
#include "backend/base/file.h"
#include "backend/base/hash_map.h"
#include "backend/base/number.h"
#include "backend/base/text.h"

static void buffer_refuses_to_pass_its_maximum(void **state)
{
	cleanup(buffer_release) struct buffer buffer = BUFFER_INIT(5);

	(void)state;
	assert_string_equal(buffer_text(&buffer), "");
	assert_int_equal(buffer_append_string(&buffer, "abcd"), 0);
	assert_int_equal(buffer_append_string(&buffer, "ef"), -EFBIG);
	assert_string_equal(buffer_text(&buffer), "abcd");
	assert_int_equal(buffer_appendf(&buffer, "%d", 7), 0);
	assert_int_equal(buffer_append_byte(&buffer, '!'), -EFBIG);
	assert_string_equal(buffer_text(&buffer), "abcd7");
}

static void a_file_is_read_to_its_end_or_the_buffers_maximum(void **state)
{
	cleanup(buffer_release) struct buffer all = BUFFER_INIT(50000), few = BUFFER_INIT(40000);
	cleanup(close_descriptor) int root = open("/", O_PATH | O_CLOEXEC);
	static char bytes[50000];
	int ends[2];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	close(ends[1]);
	assert_int_equal(buffer_append_descriptor(&all, ends[0]), 0);
	assert_int_equal(all.length, sizeof(bytes));
	assert_memory_equal(all.data, bytes, sizeof(bytes));
	close(ends[0]);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	close(ends[1]);
	assert_int_equal(buffer_append_descriptor(&few, ends[0]), -EFBIG);
	close(ends[0]);
	assert_int_equal(buffer_append_descriptor(&all, ends[0]), -EBADF);
	buffer_reset(&all);
	assert_int_equal(buffer_append_file(&all, root, "dev/null"), 0);
	assert_string_equal(buffer_text(&all), "");
	assert_int_equal(buffer_append_file(&all, AT_FDCWD, "/"), -EISDIR);
	assert_int_equal(buffer_append_file(&all, root, "no/such/file"), -ENOENT);
}

static void numbers_are_strict(void **state)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "1x", "0x1", "1.0", "１"};
	uint64_t value = 99;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(bad); i++)
		assert_int_equal(number_parse_u64(bad[i], UINT64_MAX, &value), -EINVAL);
	assert_int_equal(number_parse_u64("11", 10, &value), -ERANGE);
	assert_int_equal(number_parse_u64("18446744073709551616", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(value, 99);
	assert_int_equal(number_parse_u64("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
}

static void doubles_are_plain_and_survive_a_round_trip(void **state)
{
	static const char *const bad[] = {
		"", ".", "inf", "nan", "0x1p3", "1e", " 1", "1 ", "--1", "1e+"};
	static const double values[] = {
		0, 1, 0.1, 0.333, 0.0001, 1.0 / 3, 5e-324, 1e300, 0.30000000000000004};
	char text[NUMBER_DOUBLE_SIZE];
	double value = 7;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(bad); i++)
		assert_int_equal(number_parse_double(bad[i], -10, 10, &value), -EINVAL);
	assert_int_equal(number_parse_double("1.01", 0, 1, &value), -ERANGE);
	for (i = 0; i < array_count(values); i++) {
		number_format_double(values[i], text);
		assert_int_equal(number_parse_double(text, -1e308, 1e308, &value), 0);
		assert_true(value == values[i]);
	}
	number_format_double(0.1, text);
	assert_string_equal(text, "0.1");
	number_format_double(1099511627776.0, text);
	assert_string_equal(text, "1099511627776");
}

static void utf8_is_checked(void **state)
{
	static const char *const good[] = {"", "a", "\u00e9", "\u20ac", "\U0001f680"};
	static const char *const bad[] = {
		"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(good); i++)
		assert_true(text_is_utf8(good[i], strlen(good[i])));
	for (i = 0; i < array_count(bad); i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
	assert_int_equal(text_count_code_points("a\u00e9\U0001f680"), 3);
}

static void what_no_terminal_should_see_is_known(void **state)
{
	static const char *const good[] = {"a", " ", "~", "\u00a0", "\u00e9", "\u2027", "\u202f",
		"\u2065", "\u206a", "\u20ac", "\u3028", "\U0001f680"};
	static const char *const bad[] = {"\n", "\x1b", "\x7f", "\xc2\x80", "\xc2\x9b", "\xc2\x9f",
		"\u2028", "\u202a", "\u202e", "\u2066", "\u2069", "\x9b", "\xe2", "\xe2\x80"};
	bool shown;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(good); i++) {
		assert_int_equal(
			text_next_character(good[i], strlen(good[i]), &shown), strlen(good[i]));
		assert_true(shown);
	}
	for (i = 0; i < array_count(bad); i++) {
		text_next_character(bad[i], strlen(bad[i]), &shown);
		assert_false(shown);
	}
}

static void what_no_terminal_should_see_becomes_a_question_mark(void **state)
{
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(64), few = BUFFER_INIT(4);

	(void)state;
	assert_int_equal(text_append_shown(&out, ""), 0);
	assert_int_equal(text_append_shown(&out, "a\nb\x1b[1mü\xff\xe2\x80\xae."), 0);
	assert_string_equal(buffer_text(&out), "a?b?[1mü??.");
	assert_int_equal(text_append_shown(&few, "abcü"), -EFBIG);
	assert_string_equal(buffer_text(&few), "abc");
}

static void times_are_read_and_written_as_lambda_does(void **state)
{
	char text[TEXT_TIME_SIZE];
	int64_t seconds = 0;

	(void)state;
	assert_int_equal(text_parse_time("2020-04-10T19:06:32.563+0000", &seconds), 0);
	assert_int_equal(seconds, 1586545592);
	assert_int_equal(text_parse_time("2019-12-31T20:28:49+0000", &seconds), 0);
	assert_int_equal(text_parse_time("2019-12-31T20:28:49Z", &seconds), 0);
	assert_int_equal(text_parse_time("2019-12-31T20:28:49", &seconds), -EINVAL);
	assert_int_equal(text_parse_time("2019-13-31T20:28:49Z", &seconds), -EINVAL);
	assert_int_equal(text_parse_time("yesterday", &seconds), -EINVAL);
	text_format_time(1586545592563, text);
	assert_string_equal(text, "2020-04-10T19:06:32.563+0000");
}

static void base64_and_percent_encoding_round_trip(void **state)
{
	cleanup(buffer_release) struct buffer encoded = BUFFER_INIT(100),
					      decoded = BUFFER_INIT(100);

	(void)state;
	assert_int_equal(text_append_base64(&encoded, "fooba", 5), 0);
	assert_string_equal(buffer_text(&encoded), "Zm9vYmE=");
	assert_int_equal(text_decode_base64("Zm9vYmE=", 8, &decoded), 0);
	assert_string_equal(buffer_text(&decoded), "fooba");
	assert_int_equal(text_decode_base64("Zm9v=mE=", 8, &decoded), -EINVAL);
	assert_int_equal(text_decode_base64("Zm9vYmE", 7, &decoded), -EINVAL);
	buffer_reset(&encoded);
	buffer_reset(&decoded);
	assert_int_equal(text_append_percent_encoded(&encoded, "a:$/ ~\xc3\xa9"), 0);
	assert_string_equal(buffer_text(&encoded), "a%3A%24%2F%20~%C3%A9");
	assert_int_equal(text_percent_decode(encoded.data, encoded.length, &decoded), 0);
	assert_string_equal(buffer_text(&decoded), "a:$/ ~\xc3\xa9");
	assert_int_equal(text_percent_decode("%4", 2, &decoded), -EINVAL);
	assert_int_equal(text_percent_decode("%zz", 3, &decoded), -EINVAL);
	buffer_reset(&decoded);
	assert_int_equal(text_percent_decode("%41", 3, &decoded), 0);
	assert_string_equal(buffer_text(&decoded), "A");
}

struct item {
	struct hash_entry entry;
	bool there;
};

/* Item i has the hash i / 3: three each hash alike. */
static void entries_that_hash_alike_are_all_found(void **state)
{
	struct hash_map map = {0};
	struct item items[900] = {0};
	struct hash_entry *entry;
	size_t i, found, walked = 0;

	(void)state;
	assert_null(hash_map_find(&map, 0));
	assert_null(hash_map_first(&map));
	for (i = 0; i < array_count(items); i++) {
		assert_int_equal(hash_map_add(&map, &items[i].entry, i / 3), 0);
		items[i].there = true;
	}
	for (i = 0; i < array_count(items); i += 2) {
		hash_map_remove(&map, &items[i].entry);
		items[i].there = false;
	}
	for (i = 0; i < array_count(items); i += 3) {
		found = 0;
		for (entry = hash_map_find(&map, i / 3); entry; entry = hash_map_find_next(entry)) {
			assert_true(((struct item *)entry)->there);
			assert_int_equal(entry->hash, i / 3);
			found++;
		}
		assert_int_equal(found, items[i].there + items[i + 1].there + items[i + 2].there);
	}
	for (entry = hash_map_first(&map); entry; entry = hash_map_next(&map, entry))
		walked++;
	assert_int_equal(walked, array_count(items) / 2);
	assert_int_equal(map.count, walked);
	hash_map_release(&map);
	assert_null(hash_map_find(&map, 1));
}

static void a_file_without_a_name_is_read_whole_or_not(void **state)
{
	cleanup(close_descriptor) int file = file_open_unlinked("/tmp");
	char bytes[4] = "";
	struct stat status;

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(fstat(file, &status), 0);
	assert_int_equal(status.st_nlink, 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(file_write_at(file, "abcd", 4, 3), 0);
	assert_int_equal(file_read_at(file, bytes, 4, 3), 0);
	assert_memory_equal(bytes, "abcd", 4);
	assert_int_equal(file_read_at(file, bytes, 4, 4), -EIO);
	assert_int_equal(file_read_at(file, bytes, 0, 100), 0);
	assert_int_equal(file_open_unlinked("/nowhere"), -ENOENT);
	assert_int_equal(file_write_at(-1, "a", 1, 0), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_refuses_to_pass_its_maximum),
		cmocka_unit_test(a_file_is_read_to_its_end_or_the_buffers_maximum),
		cmocka_unit_test(a_file_without_a_name_is_read_whole_or_not),
		cmocka_unit_test(numbers_are_strict),
		cmocka_unit_test(entries_that_hash_alike_are_all_found),
		cmocka_unit_test(doubles_are_plain_and_survive_a_round_trip),
		cmocka_unit_test(utf8_is_checked),
		cmocka_unit_test(what_no_terminal_should_see_is_known),
		cmocka_unit_test(what_no_terminal_should_see_becomes_a_question_mark),
		cmocka_unit_test(times_are_read_and_written_as_lambda_does),
		cmocka_unit_test(base64_and_percent_encoding_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
