/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/logging.h"
#include "fs/mountpoint.h"
#include "fs/selection.h"
#include "fs/show.h"

static const char mountinfo[] =
	"22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	"40 22 0:40 / /mnt/a rw shared:5 master:2 - autofs systemd-1 rw,fd=50\n"
	"41 40 0:41 / /mnt/a rw - fuse.aliasfs aws rw,user_id=0\n"
	"42 22 0:42 / /mnt/with\\040blank\\134 rw - fuse.sshfs host: rw\n"
	"43 22 0:43 / /mnt/ab rw - tmpfs tmpfs rw\n"
	"44 22 0:44 / /mnt/b rw - fuse.aliasfs aws rw\n"
	"45 44 0:45 / /mnt/b rw - tmpfs tmpfs rw\n";

static void the_topmost_mount_counts(void **state)
{
	static const struct {
		const char *path, *type;
	} rows[] = {
		{"/", "ext4"},
		{"/mnt/a", "fuse.aliasfs"},
		{"/mnt/with blank\\", "fuse.sshfs"},
		{"/mnt/ab", "tmpfs"},
		{"/mnt/b", "tmpfs"},
		{"/mnt", NULL},
		{"/mnt/a/", NULL},
		{"/mnt/abc", NULL},
		{"", NULL},
	};
	char type[MOUNTPOINT_TYPE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		assert_int_equal(
			mountpoint_type(mountinfo, rows[i].path, type), rows[i].type != NULL);
		if (rows[i].type)
			assert_string_equal(type, rows[i].type);
	}
}

static void broken_lines_are_passed_over(void **state)
{
	static const char *const texts[] = {
		"", "\n", "1 2 3", "1 2 3 4 /x", "1 2 3 4 /x\n\n", "1 2 3 4 /x rw -"};
	char type[MOUNTPOINT_TYPE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < array_count(texts); i++)
		if (mountpoint_type(texts[i], "/x", type))
			assert_string_equal(type, "");
}

static void the_journal_is_known_by_its_file(void **state)
{
	static const struct {
		const char *value;
		bool is_journal;
	} rows[] = {
		{"8:77", true},
		{"8:78", false},
		{"9:77", false},
		{"8:77x", false},
		{"8", false},
		{":", false},
		{"", false},
		{NULL, false},
	};
	const struct stat file = {.st_dev = 8, .st_ino = 77};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++)
		assert_int_equal(logging_is_journal(rows[i].value, &file), rows[i].is_journal);
}

static void globs_choose_functions(void **state)
{
	static const struct {
		const char *globs, *function;
		bool shown;
	} rows[] = {
		{NULL, "anything", true},
		{"shop-*", "shop-front", true},
		{"shop-*", "shop", false},
		{"a:shop-*:b", "shop-x", true},
		{"a::b", "b", true},
		{"a::b", "", false},
		{"", "a", false},
		{":", "a", false},
		{"[ab]", "b", true},
		{"a", "ab", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++)
		assert_int_equal(selection_shows(rows[i].globs, rows[i].function), rows[i].shown);
}

static void shares_add_up_in_the_table(void **state)
{
	static char function_name[] = "f", alias_name[] = "PROD";
	struct show_version versions[] = {{0, 0}, {2, 0}, {1, 0}};
	struct show_alias alias = {
		.name = alias_name, .version = 1, .weighted_version = 2, .weight = 0.1};
	struct show_function function = {function_name, versions, 3, &alias, 1};
	struct show_list list = {&function, 1};
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(4096);

	(void)state;
	assert_int_equal(show_print_table(&list, false, &out), 0);
	assert_string_equal(buffer_text(&out), "FUNCTION  VERSION  MODIFIED          ALIASES\n"
					       "f         $LATEST\n"
					       "          2                          PROD 10%\n"
					       "          1                          PROD 90%\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_topmost_mount_counts),
		cmocka_unit_test(broken_lines_are_passed_over),
		cmocka_unit_test(globs_choose_functions),
		cmocka_unit_test(shares_add_up_in_the_table),
		cmocka_unit_test(the_journal_is_known_by_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
