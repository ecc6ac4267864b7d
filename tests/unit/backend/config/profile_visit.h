/* SPDX-License-Identifier: MIT */
/* All values of one of AWS's INI files, for tests. */
#ifndef ALIASFS_TESTS_PROFILE_VISIT_H
#define ALIASFS_TESTS_PROFILE_VISIT_H

#include "backend/config/profile_ini.h"

static inline void visit_value(const struct ini_section *section, const struct ini_value *value,
	void (*visit)(void *data, const char *section, const char *key, const char *nested,
		const char *value),
	void *data)
{
	size_t i;

	if (!value->nested_count)
		visit(data, section->name, value->key, NULL, value->text);
	for (i = 0; i < value->nested_count; i++)
		visit(data, section->name, value->key, value->nested[i].key, value->nested[i].text);
}

/* Calls `visit` for every value as it stands, nested ones with `nested` not NULL; inherited ones as their section's. */
static inline void profile_file_visit(const struct profile_file *file,
	void (*visit)(void *data, const char *section, const char *key, const char *nested,
		const char *value),
	void *data)
{
	const struct ini_section *defaults = NULL;
	size_t i, j;

	for (i = 0; i < file->count; i++)
		if (!strcmp(file->sections[i].name, INI_DEFAULTS))
			defaults = &file->sections[i];
	for (i = 0; i < file->count; i++) {
		const struct ini_section *section = &file->sections[i];

		if (section == defaults)
			continue;
		for (j = 0; j < section->count; j++)
			visit_value(section, &section->values[j], visit, data);
		for (j = 0; defaults && j < defaults->count; j++)
			if (ini_find(file, section, defaults->values[j].key) ==
				&defaults->values[j])
				visit_value(section, &defaults->values[j], visit, data);
	}
}

#endif
