/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <linux/fuse.h>

#include "fs/fuse/channel.h"

struct request {
	struct fuse_in_header header;
	struct fuse_init_in init;
};

/* semantics(4.4.1) */
static void only_an_init_that_offers_it_is_known(void **state)
{
	static const size_t old = sizeof(struct fuse_in_header) + 16;
	static const struct {
		uint32_t opcode;
		uint32_t flags;
		size_t length;
		uint64_t init;
	} cases[] = {
		{FUSE_INIT, FUSE_PARALLEL_DIROPS, sizeof(struct request), 7},
		{FUSE_INIT, FUSE_PARALLEL_DIROPS | FUSE_ASYNC_READ, old, 7},
		{FUSE_INIT, FUSE_ASYNC_READ, sizeof(struct request), 0},
		{FUSE_INIT, FUSE_PARALLEL_DIROPS, old - 1, 0},
		{FUSE_INIT, FUSE_PARALLEL_DIROPS, 0, 0},
		{FUSE_LOOKUP, FUSE_PARALLEL_DIROPS, sizeof(struct request), 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		const struct request request = {.header = {.opcode = cases[i].opcode, .unique = 7},
			.init = {.flags = cases[i].flags}};

		assert_int_equal(channel_read_init(&request, cases[i].length), cases[i].init);
	}
}

/* semantics(4.4.1) */
static void only_its_answer_is_amended(void **state)
{
	static const struct {
		uint64_t init, unique;
		int32_t error;
		int count;
		size_t length;
		bool amended;
	} cases[] = {
		{7, 7, 0, 2, sizeof(struct fuse_init_out), true},
		{7, 7, 0, 2, 24, true}, /* to a kernel before 4.2 */
		{0, 0, 0, 2, sizeof(struct fuse_init_out), false},
		{7, 9, 0, 2, sizeof(struct fuse_init_out), false},
		{7, 7, -71, 2, sizeof(struct fuse_init_out), false},
		{7, 7, 0, 1, sizeof(struct fuse_init_out), false},
		{7, 7, 0, 3, sizeof(struct fuse_init_out), false},
		{7, 7, 0, 2, 8, false},
		{7, 7, 0, 2, sizeof(struct fuse_init_out) + 1, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		struct fuse_init_out given = {.flags = FUSE_ASYNC_READ, .max_write = 4096}, body;
		struct fuse_out_header header = {
			.unique = cases[i].unique, .error = cases[i].error};
		const struct iovec parts[] = {{&header, sizeof(header)}, {&given, cases[i].length}};
		struct iovec amended[2];

		assert_int_equal(
			channel_amend_init(cases[i].init, parts, cases[i].count, amended, &body),
			cases[i].amended);
		assert_int_equal(given.flags, FUSE_ASYNC_READ);
		if (!cases[i].amended)
			continue;
		assert_ptr_equal(amended[0].iov_base, &header);
		assert_int_equal(amended[0].iov_len, sizeof(header));
		assert_ptr_equal(amended[1].iov_base, &body);
		assert_int_equal(amended[1].iov_len, cases[i].length);
		assert_int_equal(body.flags, FUSE_ASYNC_READ | FUSE_PARALLEL_DIROPS);
		if (cases[i].length == sizeof(body))
			assert_int_equal(body.max_write, 4096);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_an_init_that_offers_it_is_known),
		cmocka_unit_test(only_its_answer_is_amended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
