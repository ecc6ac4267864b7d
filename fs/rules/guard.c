/* SPDX-License-Identifier: MIT */
#include "fs/rules/guard.h"

static bool is_entry_of(const struct guard_entry *entry, pid_t process, const char *function)
{
	return entry->until_ms && entry->process == process && !strcmp(entry->function, function);
}

void guard_note_refusal(struct guard *guard, int64_t now_ms, pid_t process, const char *function)
{
	struct guard_entry *chosen = &guard->entries[0];
	size_t i;

	for (i = 0; i < GUARD_ENTRIES; i++) {
		struct guard_entry *entry = &guard->entries[i];

		if (is_entry_of(entry, process, function)) {
			chosen = entry;
			break;
		}
		if (entry->until_ms < chosen->until_ms)
			chosen = entry;
	}
	chosen->process = process;
	chosen->until_ms = now_ms + GUARD_MS;
	snprintf(chosen->function, sizeof(chosen->function), "%s", function);
}

bool guard_holds(const struct guard *guard, int64_t now_ms, pid_t process, const char *function)
{
	size_t i;

	for (i = 0; i < GUARD_ENTRIES; i++)
		if (is_entry_of(&guard->entries[i], process, function))
			return now_ms < guard->entries[i].until_ms;
	return false;
}
