/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/startup/mountpoint.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_topmost_mount_counts),
		cmocka_unit_test(broken_lines_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
