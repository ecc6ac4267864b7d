/* SPDX-License-Identifier: MIT */
/*
 * Where settings come from besides files: the process's environment, or a table in a test. What
 * decides by the environment takes one of these, so that it stays a pure function.
 */
#ifndef ALIASFS_CONFIG_ENVIRONMENT_H
#define ALIASFS_CONFIG_ENVIRONMENT_H

#include <stdlib.h>

struct environment {
	/* The variable's value, or NULL when it is not set. Belongs to the environment. */
	const char *(*get)(void *data, const char *name);
	void *data;
	/* Where relative paths start, as a daemon leaves for "/"; NULL: wherever the process is. */
	char *directory;
};

/* The value, or NULL when it is unset or empty: AWS's tools take an empty variable as unset. */
static inline const char *environment_get(const struct environment *environment, const char *name)
{
	const char *value = environment->get(environment->data, name);

	return value && *value ? value : NULL;
}

static inline const char *environment_of_process_get(void *data, const char *name)
{
	return getenv(name);
}

/* The process's own; it does not change after the start. */
static inline struct environment environment_of_process(void)
{
	struct environment environment = {.get = environment_of_process_get};

	return environment;
}

#endif
