/* SPDX-License-Identifier: MIT */
/* Where `aliasfs log` finds histories. For log.c only; one thread. */
#ifndef ALIASFS_LOG_SOURCES_H
#define ALIASFS_LOG_SOURCES_H

#include "fs/commands/log.h"

struct alias_log_set {
	struct alias_log *items; /* in the order in which they were named; owned */
	size_t count;
};

/*
 * Fill `set` with what options->source_text and options->words name. EXIT_OK, or another having complained; then
 * nothing is to be printed, as a part would be taken for all. Both wait for CloudTrail.
 */
enum exit_code alias_log_read_mount(
	const struct options *options, struct alias_log_set *set) must_check;
enum exit_code alias_log_ask_account(
	const struct options *options, struct alias_log_set *set) must_check;

#endif
