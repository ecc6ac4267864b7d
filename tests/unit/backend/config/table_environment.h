/* SPDX-License-Identifier: MIT */
/* An environment that is a table: struct variable rows[] = {{"NAME", "value"}, {NULL, NULL}}. */
#ifndef ALIASFS_TESTS_TABLE_ENVIRONMENT_H
#define ALIASFS_TESTS_TABLE_ENVIRONMENT_H

#include "backend/config/environment.h"

struct variable {
	const char *name, *value;
};

static inline const char *table_environment_get(void *data, const char *name)
{
	const struct variable *row;

	for (row = data; row->name; row++)
		if (!strcmp(row->name, name))
			return row->value;
	return NULL;
}

static inline struct environment table_environment(struct variable *rows)
{
	struct environment environment = {.get = table_environment_get, .data = rows};

	return environment;
}

#endif
