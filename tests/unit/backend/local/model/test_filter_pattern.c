/* SPDX-License-Identifier: MIT */
/* Event patterns of event source mappings: which are well-formed. */
#include "tests/unit/unit.h"

#include "backend/base/cleanup.h"
#include "backend/local/model/filter_pattern.h"

static const char *const good[] = {
	"{\"a\":[1]}",
	"{\"a\":[\"x\",2,null,true]}",
	"{\"a\":{\"b\":{\"c\":[\"x\"]}}}",
	"{\"a\":[{\"prefix\":\"x\"},{\"suffix\":\"y\"},\"z\"]}",
	"{\"a\":[{\"prefix\":{\"equals-ignore-case\":\"x\"}}]}",
	"{\"a\":[{\"exists\":false}]}",
	"{\"a\":[{\"numeric\":[\">\",0]}]}",
	"{\"a\":[{\"numeric\":[\">=\",0,\"<\",10.5]}]}",
	"{\"a\":[{\"numeric\":[\"=\",5]}]}",
	"{\"a\":[{\"anything-but\":\"x\"}]}",
	"{\"a\":[{\"anything-but\":[1,\"x\"]}]}",
	"{\"a\":[{\"anything-but\":{\"prefix\":\"x\"}}]}",
	"{\"a\":[{\"equals-ignore-case\":\"x\"},{\"wildcard\":\"a*b\"},{\"cidr\":\"10.0.0.0/8\"}]}",
	"{\"$or\":[{\"a\":[1]},{\"b\":[2]}],\"c\":[3]}",
};

static const char *const bad[] = {
	"",
	"x",
	"1",
	"[]",
	"{}",
	"{\"a\":1}",
	"{\"a\":\"x\"}",
	"{\"a\":[]}",
	"{\"a\":{}}",
	"{\"a\":null}",
	"{\"a\":[[1]]}",
	"{\"a\":[{}]}",
	"{\"a\":[{\"between\":1}]}",
	"{\"a\":[{\"prefix\":1}]}",
	"{\"a\":[{\"prefix\":\"x\",\"suffix\":\"y\"}]}",
	"{\"a\":[{\"exists\":\"yes\"}]}",
	"{\"a\":[{\"numeric\":[]}]}",
	"{\"a\":[{\"numeric\":[\">\"]}]}",
	"{\"a\":[{\"numeric\":[\">\",\"x\"]}]}",
	"{\"a\":[{\"numeric\":[\"<\",1,\">\",0]}]}",
	"{\"a\":[{\"numeric\":[\">\",1,\">\",0]}]}",
	"{\"a\":[{\"numeric\":[\"=\",1,\"<\",2]}]}",
	"{\"a\":[{\"anything-but\":[]}]}",
	"{\"a\":[{\"anything-but\":{\"exists\":true}}]}",
	"{\"$or\":[{\"a\":[1]}]}",
	"{\"$or\":[1,2]}",
	"{\"a\":[1]",
	"{\"a\":[1]} x",
};

static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(good); i++) {
		if (!filter_pattern_is_valid(good[i]))
			fail_msg("%s is well-formed", good[i]);
	}
	for (size_t i = 0; i < array_count(bad); i++) {
		if (filter_pattern_is_valid(bad[i]))
			fail_msg("%s is not well-formed", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_patterns)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
