/* SPDX-License-Identifier: MIT */
/* What the program that asks is known to do on its way to a replaced link (TOOLS.md). Pure. */
#ifndef ALIASFS_TOOL_H
#define ALIASFS_TOOL_H

#include "fs/request/caller.h"

/*
 * Which random names (enum name_patterns) the program makes up for links: a matter of its executable, so that a
 * script called ln makes none. Where /proc/PID/exe cannot be read (a process of another user, setuid) or is the
 * dynamic loader or an emulator, its name is what the command name says, and an ln may be anybody's.
 */
unsigned int tool_name_patterns(const struct caller *caller);

/* Whether the program unlinks a name only for the sake of what it then makes there (contract 2.4.20). */
bool tool_only_replaces(const struct caller *caller);

#endif
