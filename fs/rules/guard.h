/* SPDX-License-Identifier: MIT */
/*
 * Which processes are deleting recursively (contract, section 3.1): those whose removal of something
 * inside a function's versions was refused a moment ago. rm, find and their like go on after a refusal and
 * would take every alias with them (tool-traces.md, section D). No clock, no lock of its own: the
 * time is passed in and the owner serialises.
 */
#ifndef ALIASFS_GUARD_H
#define ALIASFS_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/lambda/types.h"

#define GUARD_MS 10000
#define GUARD_ENTRIES 128

struct guard {
	struct guard_entry {
		pid_t process;    /* 0: callers that are not known count as one process */
		int64_t until_ms; /* 0: the entry is free */
		char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	} entries[GUARD_ENTRIES];
};

/* A removal by that process inside the function was refused. When all entries are taken, the oldest gives way. */
void guard_note_refusal(struct guard *guard, int64_t now_ms, pid_t process, const char *function);

/* Whether that process is guarded in the function. */
bool guard_holds(const struct guard *guard, int64_t now_ms, pid_t process, const char *function);

#endif
