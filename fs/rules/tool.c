/* SPDX-License-Identifier: MIT */
#include "fs/rules/tool.h"

#include "backend/base/text.h"
#include "fs/rules/name.h"

/* GNU's tools, one by one or all in one program, with a g in front where others come first; uutils. */
static bool is_coreutils(const char *executable)
{
	static const char *const tools[] = {"ln", "cp", "mv", "install"};
	size_t i;

	if (strstr(executable, "coreutils") || strstr(executable, "uutils"))
		return true;
	for (i = 0; i < array_count(tools); i++)
		if (!strcmp(executable + (*executable == 'g'), tools[i]))
			return true;
	return false;
}

/* The dynamic loader or an emulator: its file says nothing about the program that it runs. */
static bool runs_other_programs(const char *executable)
{
	static const char *const beginnings[] = {"ld-", "ld.so", "qemu-", "box64", "rosetta"};
	size_t i;

	for (i = 0; i < array_count(beginnings); i++)
		if (text_starts_with(executable, beginnings[i]))
			return true;
	return false;
}

unsigned int tool_name_patterns(const struct caller *caller)
{
	const char *executable = caller->executable;
	bool is_ln = caller_runs(caller, "ln");

	if (text_starts_with(executable, "toybox"))
		return is_ln ? NAME_PATTERN_TOYBOX : 0;
	if (is_coreutils(executable))
		return NAME_PATTERN_COREUTILS;
	if (*executable && !runs_other_programs(executable))
		return 0;
	if (is_ln)
		return NAME_PATTERNS_ALL;
	return caller_runs(caller, "cp") || caller_runs(caller, "mv") ? NAME_PATTERN_COREUTILS : 0;
}

bool tool_only_replaces(const struct caller *caller)
{
	static const char *const tools[] = {"ln", "cp", "install", "cpio"};
	size_t i;

	for (i = 0; i < array_count(tools); i++)
		if (caller_runs(caller, tools[i]))
			return true;
	/* --remove-files, or what is short for it */
	return caller_runs(caller, "tar") && !caller_has_argument(caller, "--rem");
}
