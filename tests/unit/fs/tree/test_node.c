/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/lambda/types.h"
#include "fs/tree/node.h"

static struct node make(
	enum node_kind kind, const char *function, uint64_t version, const char *name)
{
	struct node node;

	node_make(&node, kind, function, version, name);
	return node;
}

static void inode_numbers_are_stable_and_apart(void **state)
{
	const struct node nodes[] = {
		make(NODE_FUNCTION, "hello", 0, NULL),
		make(NODE_VERSION, "hello", 0, NULL),
		make(NODE_VERSION, "hello", 1, NULL),
		make(NODE_CONFIGURATION, "hello", 1, NULL),
		make(NODE_ENVIRONMENT, "hello", 1, NULL),
		make(NODE_LINK, "hello", 0, "PROD"),
		make(NODE_ALIAS, "hello", 0, "PROD"),
		make(NODE_LINK, "hello2", 0, "PROD"),
		make(NODE_LINK, "hello", 0, "PROD2"),
		make(NODE_FUNCTION_DOCUMENTS, "hello", 0, NULL),
		make(NODE_DOCUMENT, "hello", 0, "policy.json"),
		make(NODE_DOCUMENT, "hello", 0, "PROD/policy.json"),
		make(NODE_DRAFT, "hello", 0, "PROD/policy.json"),
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < array_count(nodes); i++) {
		struct node again = nodes[i];

		assert_true(node_inode(&nodes[i]) > 1);
		assert_true(node_inode(&nodes[i]) == node_inode(&again));
		for (j = 0; j < i; j++)
			assert_true(node_inode(&nodes[i]) != node_inode(&nodes[j]));
	}
}

/* A tool's temporary link: its directory's version is a number, not a part of its name. */
static void a_link_inside_a_version_is_one_of_its_own(void **state)
{
	static const uint64_t versions[] = {LAMBDA_VERSION_LATEST, 1, 2};
	const struct node function = make(NODE_FUNCTION, "hello", 0, NULL);
	struct node_table *table = node_table_new();
	struct node nodes[4], found;
	char path[64];
	size_t i, j;

	(void)state;
	assert_non_null(table);
	node_make_link(&nodes[3], &function, "2_a1b2c3");
	assert_true(node_inode(&nodes[3]) ==
		    node_table_remember(table,
			    &(struct node){
				    .kind = NODE_LINK, .function = "hello", .name = "2_a1b2c3"}));
	for (i = 0; i < 3; i++) {
		const struct node directory = make(NODE_VERSION, "hello", versions[i], NULL);
		struct gesture_place place;

		node_make_link(&nodes[i], &directory, "2_a1b2c3");
		assert_true(node_table_find(table, node_table_remember(table, &nodes[i]), &found));
		assert_int_equal(found.kind, NODE_LINK);
		assert_string_equal(found.name, "2_a1b2c3");
		place = node_place(&found);
		assert_string_equal(place.function, "hello");
		assert_true(place.in_version);
		assert_int_equal(place.version, versions[i]);
		for (j = 0; j < 4; j++)
			assert_true(i == j || node_inode(&nodes[i]) != node_inode(&nodes[j]));
	}
	assert_false(node_place(&nodes[3]).in_version);
	node_path(&nodes[1], NULL, path, sizeof(path));
	assert_string_equal(path, "hello/1/2_a1b2c3");
	/* Moved out of the version, the number by which the kernel knows it means the new place. */
	node_table_renamed(table, &nodes[1], &function);
	assert_true(node_table_find(table, node_inode(&nodes[1]), &found));
	assert_true(found.in_version);
	node_make_link(&nodes[3], &function, "PROD");
	node_table_renamed(table, &nodes[1], &nodes[3]);
	assert_true(node_table_find(table, node_inode(&nodes[1]), &found));
	assert_false(found.in_version);
	assert_string_equal(found.name, "PROD");
	node_table_free(table);
}

static void a_document_belongs_to_a_function_or_an_alias(void **state)
{
	static const struct {
		enum document_id id;
		const char *alias, *path;
	} rows[] = {
		{DOCUMENT_POLICY, "", "hello/.function/policy.json"},
		{DOCUMENT_TAGS, "", "hello/.function/tags.json"},
		{DOCUMENT_POLICY, "PROD", "hello/.aliases/PROD/policy.json"},
		{DOCUMENT_PROVISIONED_CONCURRENCY, "PROD",
			"hello/.aliases/PROD/provisioned-concurrency.json"},
	};
	struct node_table *table = node_table_new();
	size_t i;

	(void)state;
	assert_non_null(table);
	for (i = 0; i < array_count(rows); i++) {
		char alias[LAMBDA_ALIAS_NAME_MAX + 1], path[128];
		struct node node, found;

		node_make_document(&node, "hello", rows[i].alias, document_kind(rows[i].id));
		assert_true(node_table_find(table, node_table_remember(table, &node), &found));
		assert_int_equal(found.kind, NODE_DOCUMENT);
		assert_ptr_equal(node_document_kind(&found), document_kind(rows[i].id));
		node_document_alias(&found, alias);
		assert_string_equal(alias, rows[i].alias);
		node_path(&found, NULL, path, sizeof(path));
		assert_string_equal(path, rows[i].path);
	}
	node_table_free(table);
}

/* .invoke of an alias, and of a version. */
static void what_is_invoked_is_known_by_its_directory(void **state)
{
	const struct node directories[] = {
		make(NODE_ALIAS, "hello", 0, "PROD"),
		make(NODE_ALIAS, "hello", 0, "BETA"),
		make(NODE_VERSION, "hello", LAMBDA_VERSION_LATEST, NULL),
		make(NODE_VERSION, "hello", 2, NULL),
		make(NODE_VERSION, "hello2", 2, NULL),
	};
	static const char *const paths[] = {"hello/.aliases/PROD/.invoke",
		"hello/.aliases/BETA/.invoke", "hello/$LATEST/.invoke", "hello/2/.invoke",
		"hello2/2/.invoke"};
	struct node_table *table = node_table_new();
	struct node nodes[array_count(directories)], found;
	char path[64];
	size_t i, j;

	(void)state;
	assert_non_null(table);
	for (i = 0; i < array_count(directories); i++) {
		node_make_invoke(&nodes[i], &directories[i]);
		assert_true(node_table_find(table, node_table_remember(table, &nodes[i]), &found));
		assert_int_equal(found.kind, NODE_INVOKE);
		assert_string_equal(found.function, directories[i].function);
		assert_string_equal(found.name, directories[i].name);
		assert_int_equal(found.in_version, directories[i].kind == NODE_VERSION);
		assert_true(found.version == directories[i].version);
		node_path(&found, NULL, path, sizeof(path));
		assert_string_equal(path, paths[i]);
		for (j = 0; j < i; j++)
			assert_true(node_inode(&nodes[i]) != node_inode(&nodes[j]));
	}
	node_table_free(table);
}

static void the_table_holds_what_the_kernel_holds(void **state)
{
	struct node_table *table = node_table_new();
	struct node node = make(NODE_LINK, "hello", 0, "PROD"), found;
	uint64_t inode;

	(void)state;
	assert_non_null(table);
	inode = node_table_remember(table, &node);
	assert_true(inode == node_inode(&node));
	assert_true(inode == node_table_remember(table, &node));
	assert_int_equal(node_table_count(table), 1);
	assert_true(node_table_find(table, inode, &found));
	assert_string_equal(found.function, "hello");
	assert_string_equal(found.name, "PROD");
	node_table_forget(table, inode, 1);
	assert_int_equal(node_table_count(table), 1);
	node_table_forget(table, inode, 1);
	assert_int_equal(node_table_count(table), 0);
	assert_false(node_table_find(table, inode, &found));
	assert_true(node_table_find(table, 1, &found));
	assert_int_equal(found.kind, NODE_ROOT);
	node_table_free(table);
}

static void many_nodes_are_all_found(void **state)
{
	struct node_table *table = node_table_new();
	struct node node, found;
	uint64_t version;

	(void)state;
	for (version = 1; version <= 20000; version++) {
		node = make(NODE_VERSION, "hello", version, NULL);
		assert_true(node_table_remember(table, &node) == node_inode(&node));
	}
	for (version = 1; version <= 20000; version++) {
		node = make(NODE_VERSION, "hello", version, NULL);
		assert_true(node_table_find(table, node_inode(&node), &found));
		assert_true(found.version == version);
		node_table_forget(table, node_inode(&node), 1);
	}
	assert_int_equal(node_table_count(table), 0);
	node_table_free(table);
}

static void a_renamed_link_keeps_its_inode_and_means_its_new_name(void **state)
{
	struct node_table *table = node_table_new();
	struct node prod = make(NODE_LINK, "hello", 0, "PROD");
	struct node live = make(NODE_LINK, "hello", 0, "LIVE");
	struct node last = make(NODE_LINK, "hello", 0, "LAST"), found;
	uint64_t inode = node_table_remember(table, &prod), again;

	(void)state;
	node_table_renamed(table, &prod, &live);
	assert_true(node_table_find(table, inode, &found));
	assert_string_equal(found.name, "LIVE");
	assert_true(node_table_inode(table, &live) == inode);
	/* PROD is made anew while the kernel still holds the old one: they do not share a number */
	again = node_table_remember(table, &prod);
	assert_true(again != inode);
	assert_true(node_table_find(table, again, &found));
	assert_string_equal(found.name, "PROD");
	node_table_renamed(table, &live, &last);
	assert_true(node_table_find(table, inode, &found));
	assert_string_equal(found.name, "LAST");
	/* looked up by its name it gets its own number */
	assert_true(node_table_remember(table, &last) == node_inode(&last));
	node_table_forget(table, inode, 1);
	assert_false(node_table_find(table, inode, &found));
	assert_true(node_table_inode(table, &last) == node_inode(&last));
	node_table_free(table);
}

static void exchanged_links_mean_each_other(void **state)
{
	struct node_table *table = node_table_new();
	struct node prod = make(NODE_LINK, "hello", 0, "PROD");
	struct node beta = make(NODE_LINK, "hello", 0, "BETA"), found;
	uint64_t first = node_table_remember(table, &prod);
	uint64_t second = node_table_remember(table, &beta);

	(void)state;
	node_table_exchanged(table, &prod, &beta);
	assert_true(node_table_find(table, first, &found));
	assert_string_equal(found.name, "BETA");
	assert_true(node_table_find(table, second, &found));
	assert_string_equal(found.name, "PROD");
	node_table_exchanged(table, &prod, &beta);
	assert_true(node_table_find(table, first, &found));
	assert_string_equal(found.name, "PROD");
	node_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inode_numbers_are_stable_and_apart),
		cmocka_unit_test(a_link_inside_a_version_is_one_of_its_own),
		cmocka_unit_test(a_document_belongs_to_a_function_or_an_alias),
		cmocka_unit_test(what_is_invoked_is_known_by_its_directory),
		cmocka_unit_test(the_table_holds_what_the_kernel_holds),
		cmocka_unit_test(many_nodes_are_all_found),
		cmocka_unit_test(a_renamed_link_keeps_its_inode_and_means_its_new_name),
		cmocka_unit_test(exchanged_links_mean_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
